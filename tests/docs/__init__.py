"""The documentation is tried: what it says to type is typed, and what it says is printed is printed."""
