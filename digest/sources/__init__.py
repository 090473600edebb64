"""Where stories come in: one file per kind of source, and `fetch` as the one HTTP door."""
