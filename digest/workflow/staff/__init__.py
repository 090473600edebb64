"""Who works at the desk: people, how they sign in, and the tokens of programs."""
