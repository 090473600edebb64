"""Correction: a dated note on an edition that is out. What was sent stays as it was sent (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.model.change import SecondAsked

MARK = "correction-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One note, plain text, as it stands on top of the edition's page."""

    at: datetime
    by: str
    """Who wrote it; not shown to readers."""
    text: str
    id: int = 0
    """The database's; 0 = not stored yet."""
    approved_by: str = ""
    """Who let it be mailed to those who got the edition; empty = nobody has."""
    approved_at: datetime | None = None
    asked: SecondAsked | None = None
    """Who approves of a large mailing of it and waits for a second person; of version 0, for its text stays."""

    @property
    def mark(self) -> str:
        """What the keys of its frozen renderings begin with, beside those of the edition."""
        return f"{MARK}{self.id}/"


def as_read(notes: Sequence[Correction]) -> tuple[Correction, ...]:
    """What readers are shown of them, newest first: one that was mailed anew to the rest is still the first one."""
    first = {note.text: note.id for note in sorted(notes, key=lambda note: (note.at, note.id), reverse=True)}
    return tuple(note for note in notes if first[note.text] == note.id)
