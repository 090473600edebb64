"""Stories as collected: each kept once, with the instant of its first sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, func, select

from digest.model.story import Story
from digest.store.codec import from_json, to_json
from digest.store.tables import stories
from subscribers.tables import insert_into

_BATCH = 500


class StoredStories:
    """The port `Stories` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, found: Iterable[Story]) -> int:
        """Store those not known yet; known ones keep their first_seen. Returns how many are new."""
        new = 0
        for batch in _batches(found, _BATCH):
            rows = {
                story.id: {
                    "id": story.id,
                    "source": story.origin.source,
                    "language": story.language,
                    "published_at": story.published_at,
                    "first_seen": story.first_seen,
                    "content": to_json(story),
                }
                for story in batch
            }
            known = set(self._conn.scalars(select(stories.c.id).where(stories.c.id.in_(rows))))
            fresh = [row for key, row in rows.items() if key not in known]
            if fresh:
                # Two collectors may find the same story at the same time: the second one is no error.
                statement = insert_into(self._conn, stories).values(fresh).on_conflict_do_nothing()
                new += len(self._conn.execute(statement.returning(stories.c.id)).all())
        return new

    def between(
        self, sources: Sequence[str], start: datetime, end: datetime, *, seen_after: datetime | None = None
    ) -> tuple[Story, ...]:
        """Stories of these sources (empty = all) published in [start, end), oldest first, then by id.

        With `seen_after`, those alone that were first seen later than that.
        """
        query = select(stories.c.content).where(*_within(sources, start, end, seen_after))
        query = query.order_by(stories.c.published_at, stories.c.id)
        return tuple(from_json(Story, content) for content in self._conn.scalars(query))

    def came(
        self, sources: Sequence[str], start: datetime, end: datetime, *, seen_after: datetime
    ) -> tuple[int, datetime | None]:
        """How many such stories there are, and when the last of them was first seen; none of them is read."""
        query = select(func.count(), func.max(stories.c.first_seen)).where(*_within(sources, start, end, seen_after))
        many, newest = self._conn.execute(query).one()
        return many, newest

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that are stored."""
        found: set[str] = set()
        for batch in _batches(ids, _BATCH):
            found.update(self._conn.scalars(select(stories.c.id).where(stories.c.id.in_(batch))))
        return frozenset(found)

    def get(self, ids: Iterable[str]) -> Mapping[str, Story]:
        """The stories by id, those that are stored."""
        found: dict[str, Story] = {}
        for batch in _batches(ids, _BATCH):
            query = select(stories.c.id, stories.c.content).where(stories.c.id.in_(batch))
            found.update((row.id, from_json(Story, row.content)) for row in self._conn.execute(query))
        return found


def _within(
    sources: Sequence[str], start: datetime, end: datetime, seen_after: datetime | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [stories.c.published_at >= start, stories.c.published_at < end]
    if sources:
        found.append(stories.c.source.in_(sources))
    if seen_after is not None:
        found.append(stories.c.first_seen > seen_after)
    return found


_T = TypeVar("_T")


def _batches(found: Iterable[_T], size: int) -> Iterator[list[_T]]:
    stream = iter(found)
    while batch := list(islice(stream, size)):
        yield batch
