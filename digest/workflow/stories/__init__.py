"""Stories come in: collected from the sources, completed, with their pictures and summaries."""
