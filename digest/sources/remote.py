"""A source on the web: one address, fetched through the one HTTP door and read by the parser of its kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from digest.model.errors import AdapterError, BadDocument, Permanent
from digest.model.health import Validators
from digest.model.story import Entry, Origin
from digest.ports import Reading, Refusal
from digest.sources.detect import Address, read_document
from digest.sources.fetch import Fetched, Fetcher
from digest.sources.sitemap import sitemaps_in
from digest.sources.wordpress import posts_address

MAX_SITEMAPS = 3
"""Sitemaps read of one index: each is a request, and the news stands in the first or the newest."""


class RemoteSource:
    """A feed, JSON Feed, article page, page of text, WordPress site or news sitemap (or index of them) at `url`.

    It remembers nothing: the caller keeps a reading's validators.
    """

    def __init__(self, *, origin: Origin, url: str, kind: str, fetcher: Fetcher) -> None:
        self._origin = origin
        self._url = posts_address(url) if kind == "wordpress" else url
        self._kind = kind
        self._fetcher = fetcher

    @property
    def origin(self) -> Origin:
        return self._origin

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """Fetch once. Raises Transient or Permanent; an answer that is no feed or page is Permanent.

        `validators` are those of the last successful reading; those of another address are not used.
        """
        known = validators if validators is not None and validators.url == self._url else Validators()
        fetched = self._fetcher.get(self._url, validators=replace(known, url=""))
        validators = replace(fetched.validators, url=self._url)
        if fetched.unchanged:
            return Reading(entries=(), unchanged=True, validators=validators)
        return self.read_fetched(fetched, validators)

    def read_fetched(self, fetched: Fetched, validators: Validators | None = None) -> Reading:
        """Read an answer that is there already; of an index of sitemaps those that it names are fetched too."""
        try:
            inside = self._sitemaps(fetched)
            if inside is None:
                return Reading(entries=self._entries(self._url, fetched), validators=validators or Validators())
        except BadDocument as error:
            raise Permanent(f"source {self._origin.source}: {error}") from error
        return self._read_all(inside)

    def _sitemaps(self, fetched: Fetched) -> tuple[str, ...] | None:
        if self._kind != "sitemap":
            return None
        return sitemaps_in(self._url, fetched.content, charset=fetched.charset, base_url=fetched.url)

    def _read_all(self, sitemaps: tuple[str, ...]) -> Reading:
        """The first sitemaps of an index. One that fails is a refusal; where all fail, the source has failed.

        No validators are kept: an index that is unchanged says nothing about what it names.
        """
        entries: list[Entry] = []
        refusals: list[Refusal] = []
        failure: AdapterError | None = None
        for url in sitemaps[:MAX_SITEMAPS]:
            try:
                entries += self._entries(url, self._fetcher.get(url))
            except (AdapterError, BadDocument) as error:
                failure = error if isinstance(error, AdapterError) else Permanent(str(error))
                refusals.append(Refusal(source=self._origin.source, path=url, reason=str(error)))
        if failure is not None and len(refusals) == len(sitemaps[:MAX_SITEMAPS]):
            raise failure
        placed = tuple(replace(entry, position=place) for place, entry in enumerate(entries))
        return Reading(entries=placed, refusals=tuple(refusals))

    def _entries(self, path: str, fetched: Fetched) -> tuple[Entry, ...]:
        address = Address(url=fetched.url, charset=fetched.charset)
        return read_document(path, fetched.content, hint=self._kind, address=address)
