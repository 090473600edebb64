"""What readers ask for, and what programs ask for them; the single letters that answer."""
