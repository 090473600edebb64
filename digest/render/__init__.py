"""Edition to mail: engine, design, slots, message and checks. Pure: no clock, no network, no settings."""
