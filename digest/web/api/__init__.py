"""The API for programs, below /api/v1: JSON, tokens with scopes, no cookies. `pages` has all of it."""
