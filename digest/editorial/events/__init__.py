"""Stories of one happening become one event, and copies count once."""
