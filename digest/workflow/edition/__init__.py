"""An edition is made: composed, changed, looked at, checked, approved, and kept in the archive."""
