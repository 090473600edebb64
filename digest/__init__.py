"""Digest picks the day's world stories, renders one good mail, and accounts for every reader."""

__version__ = "0.1.0"
