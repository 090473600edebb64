"""The examples in deploy/ are read by the programs they are for, and name only what exists."""
