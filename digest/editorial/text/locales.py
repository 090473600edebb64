"""What CLDR knows of a language: its months, its names for countries."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError


def locale_of(language: str) -> Locale:
    """What CLDR knows of a language; English where it knows none, for a feed may call itself anything."""
    try:
        return Locale.parse("en" if language == "und" else language)
    except (ValueError, LookupError, UnknownLocaleError):
        return Locale.parse("en")
