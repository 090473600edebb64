"""What was changed about the sources at the desk; the configuration stays the base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONGEST_OUTLET = 80
"""Characters of an outlet's name, and of a section."""
LONGEST_LANGUAGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSource:
    """A source of the web that an admin added, with the fields of one in the configuration."""

    slug: str
    kind: str
    url: str
    outlet: str
    section: str = ""
    language: str = ""
    newsletters: tuple[str, ...] = ()
    """Slugs of the newsletters that read it; empty = all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """One source as the desk left it."""

    source: str
    off: bool
    """It is not read; what was collected before stays a candidate until it is too old."""
    by: str
    at: datetime
    added: AddedSource | None = None
    """None for one of the configuration."""
