"""An entry as published becomes a story: clean, with a safe address, and with whoever owns its outlet."""
