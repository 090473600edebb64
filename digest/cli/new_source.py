"""What speaks against a new source: no story in it, no such country, no such language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.exits import Exit, Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.model.story import Entry, Story

_ARTICLE_WORDS = 40
"""Words of text from which a page that states no date is taken for an article."""
_NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Codes of two letters in CLDR beside those of ISO 3166."""


def refuse_storyless(place: str, kind: str, entries: Sequence[Entry], verdicts: Sequence[Story | str]) -> None:
    """Stop where none of the entries would ever be told, or a page is no article: it is the wrong address.

    `verdicts` are what would be stored of each entry, or why nothing would.
    """
    if kind in ("page", "textdoc") and (told := _no_article(entries, verdicts)):
        raise Stopped(
            f"{place}: it reads like no article ({told}); look at it with `digest sources test`, give the address of "
            "the feed, or add it with --untested",
            Exit.BAD_DOCUMENT,
        )
    if not entries and kind != "folder":
        raise Stopped(f"{place}: it is a {kind} without entries; add it with --untested", Exit.BAD_DOCUMENT)
    if not verdicts or not all(isinstance(verdict, str) for verdict in verdicts):
        return
    advice = "; look at it with `digest sources test`, or add it with --untested"
    if kind == "sitemap":
        advice = (
            ": a plain list of addresses; name the site's news sitemap (often in its robots.txt), or its feed, "
            "or add it with --untested"
        )
    raise Stopped(f"{place}: none of its {len(entries)} entries is a story ({verdicts[0]}){advice}", Exit.BAD_DOCUMENT)


def _no_article(entries: Sequence[Entry], verdicts: Sequence[Story | str]) -> str:
    """What is missing where no page of them states a date or has a text: a front page, "We are down"; else empty."""
    if any(entry.date or entry.published_at for entry in entries):
        return ""
    words = [len(one.text.split()) for one in verdicts if not isinstance(one, str)]
    most = max(words, default=0)
    return f"it states no date, and has {most} words of text" if words and most < _ARTICLE_WORDS else ""


def refuse_no_country(country: str | None) -> None:
    """Stop where ISO 3166 does not know the code."""
    from babel import Locale

    territories = map(str, Locale.parse("en").territories)
    known = {code for code in territories if len(code) == 2 and code.isalpha()} - _NO_COUNTRIES
    if country and country not in known:
        meant = {"UK": "GB", "EL": "GR"}.get(country.upper(), country.upper())
        advice = f"; did you mean {meant}?" if meant in known else "; give one such as GB or IN"
        raise Stopped(f"--country {country}: ISO 3166 knows no such code{advice}", Exit.USAGE)


def refuse_no_language(language: str | None) -> None:
    """Stop where CLDR knows no language by the first part of the tag."""
    from babel import Locale

    base = (language or "").replace("_", "-").partition("-")[0]
    if language and base.casefold() not in Locale.parse("en").languages:
        raise Stopped(f"--language {language}: no language has such a code; give one such as en, fr or ar", Exit.USAGE)
