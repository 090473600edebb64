"""Stories to events to an edition: what is worth telling today, and why. Pure: no I/O, no clock, no chance."""
