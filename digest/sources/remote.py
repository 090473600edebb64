"""A source on the web: one address, fetched through the one HTTP door and read by the parser of its kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from digest.model.errors import BadDocument, Permanent
from digest.model.health import Validators
from digest.model.story import Origin
from digest.ports import Reading
from digest.sources.detect import Address, read_document
from digest.sources.fetch import Fetcher
from digest.sources.wordpress import posts_address


class RemoteSource:
    """A feed, JSON Feed, article page, WordPress site or news sitemap at `url`.

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
        address = Address(url=fetched.url, charset=fetched.charset)
        try:
            entries = read_document(self._url, fetched.content, hint=self._kind, address=address)
        except BadDocument as error:
            raise Permanent(f"source {self._origin.source}: {error}") from error
        return Reading(entries=entries, validators=validators)
