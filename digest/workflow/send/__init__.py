"""An edition goes out: planned whole, claimed chunk by chunk, handed to providers, accounted for."""
