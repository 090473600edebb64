"""What a text is made of, in every script: words, names, numbers, sentences, its language."""
