"""One function per thing that a person or a clock can ask for: each is safe to run twice."""
