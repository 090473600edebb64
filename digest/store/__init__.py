"""What is remembered: the one engine, the tables, and one file per noun."""
