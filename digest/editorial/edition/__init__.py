"""The edition: put together, changed by an editor, carried over, checked, and found again."""
