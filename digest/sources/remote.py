"""A source on the web: one address, fetched through the one HTTP door and read by the parser of its kind."""

from __future__ import annotations

from datetime import datetime

from digest.model.errors import BadDocument, Permanent
from digest.model.story import Origin
from digest.ports import Reading
from digest.sources.detect import Address, read_document
from digest.sources.fetch import Fetcher, Validators


class RemoteSource:
    """A feed, JSON Feed or article page at `url`.

    `validators` are those of the last successful read, kept by the caller between runs; without them everything is
    fetched anew. They change only after a read that succeeded.
    """

    def __init__(
        self, *, origin: Origin, url: str, kind: str, fetcher: Fetcher, validators: Validators | None = None
    ) -> None:
        self._origin = origin
        self._url = url
        self._kind = kind
        self._fetcher = fetcher
        self._validators = validators or Validators()

    @property
    def origin(self) -> Origin:
        return self._origin

    @property
    def validators(self) -> Validators:
        """What to pass to the next RemoteSource for this address."""
        return self._validators

    def read(self, now: datetime) -> Reading:
        """Fetch once. Raises Transient or Permanent; an answer that is no feed or page is Permanent."""
        fetched = self._fetcher.get(self._url, validators=self._validators)
        if fetched.unchanged:
            return Reading(entries=(), unchanged=True)
        address = Address(url=fetched.url, charset=fetched.charset)
        try:
            entries = read_document(self._url, fetched.content, hint=self._kind, address=address)
        except BadDocument as error:
            raise Permanent(f"source {self._origin.source}: {error}") from error
        self._validators = fetched.validators
        return Reading(entries=entries)
