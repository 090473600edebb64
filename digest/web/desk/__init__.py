"""The editor's desk: pages for the people who make the newsletter, all below /desk. `pages` has all of it."""
