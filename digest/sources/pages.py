"""Looks up the whole article that an entry only announces, through the one HTTP door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.detect import Address, read_document
from digest.sources.fetch import Fetcher

FetchPages = Literal["short", "never", "always"]
SHORT_WORDS = 120
"""An entry with fewer words than this does not say enough to be matched with the other reports of its event."""
_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


class ArticlePages:
    """The port `Pages`: `rules` says by source when its entries are completed, `otherwise` for who is not in it."""

    def __init__(self, *, fetcher: Fetcher, rules: Mapping[str, FetchPages], otherwise: FetchPages = "never") -> None:
        self._fetcher = fetcher
        self._rules = rules
        self._otherwise = otherwise

    def wanted(self, source: str, words: int) -> bool:
        """True where an entry of so many words shall be completed."""
        rule = self._rules.get(source, self._otherwise)
        return rule == "always" or (rule == "short" and words < SHORT_WORDS)

    def read(self, url: str) -> Entry:
        """The article at `url`. Raises Transient, Permanent or BadDocument."""
        fetched = self._fetcher.get(url, accept=_ACCEPT)
        address = Address(url=fetched.url, charset=fetched.charset)
        (entry,) = read_document(url, fetched.content, hint="page", address=address)
        if not entry.paragraphs:
            raise BadDocument(url, "no article text was found on the page")
        return entry
