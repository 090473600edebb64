"""The archive: editions that readers may look up, the words they are found by, and the corrections on top of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from digest.editorial.edition.findable import FOLDING
from digest.model.change import SecondAsked
from digest.model.correction import Correction
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.store.editions import edition_from
from digest.store.tables import corrections, edition_words, editions
from digest.store.wording import holds
from subscribers.tables import JsonObject

SHOWN = (EditionStatus.SENDING, EditionStatus.SENT)
"""Offered to everybody."""

_WORKINGS = ("scored", "composed")
"""Of an edition's document: what its editors chose from and wrote over."""

_READ = f"_{FOLDING}"
"""Kept among an edition's words, and none itself: its words, if it has any, were read in today's way."""


class StoredArchive:
    """The port `Archive` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def shown(self, newsletters: Collection[str], *, before: date, limit: int) -> tuple[Edition, ...]:
        """Editions that are offered to everybody, dated before `before`, newest first, without their candidates."""
        rows = self._conn.execute(
            self._as_read()
            .where(editions.c.newsletter.in_(newsletters), editions.c.date < before, editions.c.status.in_(SHOWN))
            .order_by(editions.c.date.desc(), editions.c.name)
            .limit(limit)
        )
        return tuple(edition_from(row) for row in rows)

    def next_shown(self, newsletter: str, day: date) -> Edition | None:
        """The first one of this newsletter after `day` that is offered to everybody, without its candidates."""
        row = self._conn.execute(
            self._as_read()
            .where(editions.c.newsletter == newsletter, editions.c.date > day, editions.c.status.in_(SHOWN))
            .order_by(editions.c.date)
            .limit(1)
        ).first()
        return edition_from(row) if row else None

    def names(self, newsletters: Collection[str], *, limit: int) -> tuple[EditionId, ...]:
        """The names alone, newest first: for a map of the site."""
        rows = self._conn.scalars(
            select(editions.c.name)
            .where(editions.c.newsletter.in_(newsletters), editions.c.status.in_(SHOWN))
            .order_by(editions.c.date.desc(), editions.c.name)
            .limit(limit)
        )
        return tuple(EditionId.parse(name) for name in rows)

    def unindexed(self, limit: int) -> tuple[Edition, ...]:
        """Editions that are out and whose words are not kept, or those of another version."""
        indexed = exists().where(
            edition_words.c.edition == editions.c.name,
            edition_words.c.word == _READ,
            edition_words.c.version == editions.c.version,
        )
        rows = self._conn.execute(
            select(editions)
            .where(editions.c.status.in_((*SHOWN, EditionStatus.STOPPED)), not_(indexed))
            .order_by(editions.c.date.desc())
            .limit(limit)
        )
        return tuple(edition_from(row) for row in rows)

    def index(self, edition: Edition, words: Collection[str]) -> None:
        """Keep the words of this version in place of what was kept of the edition."""
        name = str(edition.id)
        self._conn.execute(delete(edition_words).where(edition_words.c.edition == name))
        rows = [{"edition": name, "word": word, "version": edition.version} for word in {_READ, *words}]
        self._conn.execute(insert(edition_words), rows)

    def search(
        self, terms: Sequence[str], newsletters: Collection[str], *, before: date, limit: int
    ) -> tuple[Edition, ...]:
        """Shown editions that hold a word beginning with each of `terms`, dated before `before`, newest first.

        Without their candidates.
        """
        rows = self._conn.execute(
            self._as_read()
            .where(
                editions.c.newsletter.in_(newsletters),
                editions.c.date < before,
                editions.c.status.in_(SHOWN),
                *map(holds, terms),
            )
            .order_by(editions.c.date.desc(), editions.c.name)
            .limit(limit)
        )
        return tuple(edition_from(row) for row in rows)

    def _as_read(self) -> Select[Any]:
        # The candidates are nine tenths of an edition, and no reader ever sees them.
        content: ColumnElement[Any] = editions.c.content
        if self._conn.dialect.name == "postgresql":
            content = content.op("-")(cast(_WORKINGS, ARRAY(Text)))
        else:
            content = func.json_remove(content, *(f"$.{name}" for name in _WORKINGS))
        others = (column for column in editions.c if column is not editions.c.content)
        return select(*others, type_coerce(content, JsonObject).label("content"))

    def correct(self, edition: EditionId, correction: Correction) -> int:
        """Put a note on top of the edition's page. Returns its id."""
        made = self._conn.scalar(
            insert(corrections)
            .values(edition=str(edition), at=correction.at, by=correction.by, text=correction.text)
            .returning(corrections.c.id)
        )
        return int(made or 0)

    def correction(self, edition: EditionId, correction: int) -> Correction | None:
        """One note on this edition, or None."""
        row = self._conn.execute(
            select(corrections).where(corrections.c.id == correction, corrections.c.edition == str(edition))
        ).first()
        return _correction(row) if row else None

    def approve_correction(self, correction: int, *, by: str, now: datetime) -> bool:
        """It may be mailed. False where somebody said so before, or it is gone."""
        changed = self._conn.execute(
            update(corrections)
            .where(corrections.c.id == correction, corrections.c.approved_by == "")
            .values(approved_by=by, approved_at=now)
        )
        return changed.rowcount == 1

    def ask_second(self, correction: int, asked: SecondAsked) -> bool:
        """Somebody waits for a second person; the first who asked stays so. False where it is gone, or mailed."""
        standing = and_(corrections.c.id == correction, corrections.c.approved_by == "")
        if self._conn.scalar(select(corrections.c.id).where(standing)) is None:
            return False
        self._conn.execute(
            update(corrections)
            .where(standing, corrections.c.asked_person.is_(None))
            .values(asked_person=asked.person, asked_by=asked.by, asked_at=asked.at)
        )
        return True

    def unask_second(self, correction: int) -> bool:
        """Nobody waits for a second person any more. False where nobody did, or it was mailed."""
        waits = and_(corrections.c.id == correction, corrections.c.approved_by == "")
        changed = self._conn.execute(
            update(corrections)
            .where(waits, corrections.c.asked_person.is_not(None))
            .values(asked_person=None, asked_by="", asked_at=None)
        )
        return changed.rowcount == 1

    def take_back(self, edition: EditionId, correction: int) -> bool:
        """Take the note off the page. False where it is gone, or was mailed."""
        gone = self._conn.execute(
            delete(corrections).where(
                corrections.c.id == correction, corrections.c.edition == str(edition), corrections.c.approved_by == ""
            )
        )
        return gone.rowcount == 1

    def corrections(self, names: Collection[EditionId]) -> dict[EditionId, tuple[Correction, ...]]:
        """The notes on each of these editions that has any, newest first."""
        found: dict[EditionId, list[Correction]] = {}
        rows = self._conn.execute(
            select(corrections)
            .where(corrections.c.edition.in_([str(name) for name in names]))
            .order_by(corrections.c.at.desc(), corrections.c.id.desc())
        )
        for row in rows:
            found.setdefault(EditionId.parse(row.edition), []).append(_correction(row))
        return {name: tuple(notes) for name, notes in found.items()}


def _correction(row: Row[Any]) -> Correction:
    asked = row.asked_person and SecondAsked(version=0, person=row.asked_person, by=row.asked_by, at=row.asked_at)
    return Correction(
        id=row.id, at=row.at, by=row.by, text=row.text, approved_by=row.approved_by, approved_at=row.approved_at,
        asked=asked or None,
    )  # fmt: skip
