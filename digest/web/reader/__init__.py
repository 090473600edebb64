"""Pages for readers: the archive, leaving, choosing. None has a script, a cookie or anything from elsewhere."""
