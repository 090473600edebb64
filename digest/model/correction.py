"""Correction: a dated note on an edition that is out. What was sent stays as it was sent (P12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One note, plain text, as it stands on top of the edition's page."""

    at: datetime
    by: str
    """Who wrote it; not shown to readers."""
    text: str
