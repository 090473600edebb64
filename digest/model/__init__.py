"""The nouns: frozen dataclasses and their rules, standard library only, no I/O."""
