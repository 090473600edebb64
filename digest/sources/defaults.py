"""What the operator says of a source's entries, where they do not say it themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from digest.model.health import Validators
from digest.model.story import Entry, Origin
from digest.ports import Reading, Source


class WithDefaults:
    """A Source whose entries get a section and a language where they state none."""

    def __init__(self, source: Source, *, section: str, language: str) -> None:
        self._source = source
        self._section = section or None
        self._language = language or None

    @property
    def origin(self) -> Origin:
        return self._source.origin

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """Read the inner source; raises what it raises."""
        reading = self._source.read(now, validators=validators)
        return replace(reading, entries=tuple(self._described(entry) for entry in reading.entries))

    def _described(self, entry: Entry) -> Entry:
        return replace(entry, section=entry.section or self._section, language=entry.language or self._language)
