"""Segments under a name, and what readers did with their mail, which segments may ask about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select

from subscribers.model import SLUG, ModelError, plain_text
from subscribers.segmentcodec import from_json, to_json
from subscribers.segments import Moment, Predicate
from subscribers.tables import engagements, insert_into, segments

LONGEST_SLUG = 80
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSegment:
    """A predicate over one list under a name."""

    list_id: int
    slug: str
    name: str
    predicate: Predicate
    updated_at: datetime


def save_segment(
    conn: Connection, list_id: int, slug: str, predicate: Predicate, *, now: datetime, name: str = ""
) -> SavedSegment:
    """Write a segment, new or instead of the one called so.

    Raises ModelError for an impossible slug or too long a name, SegmentError for one without a condition.
    """
    from_json(to_json(predicate))
    if not SLUG.fullmatch(slug):
        raise ModelError(f"segment {slug!r} is no slug: use a-z, 0-9 and single hyphens")
    called = plain_text(name) or slug
    for what, text, most in (("slug", slug, LONGEST_SLUG), ("name", called, LONGEST_NAME)):
        if len(text) > most:
            raise ModelError(f"the {what} of a segment has at most {most} characters, and this one {len(text)}")
    columns = {"name": called, "tree": to_json(predicate), "updated_at": now}
    row = conn.execute(
        insert_into(conn, segments)
        .values(list_id=list_id, slug=slug, **columns)
        .on_conflict_do_update(index_elements=["list_id", "slug"], set_=columns)
        .returning(segments)
    ).one()
    return _saved(row)


def get_segment(conn: Connection, list_id: int, slug: str) -> SavedSegment | None:
    """The segment of this list called so, or None."""
    row = conn.execute(select(segments).where(segments.c.list_id == list_id, segments.c.slug == slug)).one_or_none()
    return None if row is None else _saved(row)


def segments_of(conn: Connection, list_id: int) -> list[SavedSegment]:
    """All segments of a list, by slug."""
    rows = conn.execute(select(segments).where(segments.c.list_id == list_id).order_by(segments.c.slug))
    return [_saved(row) for row in rows]


def remove_segment(conn: Connection, list_id: int, slug: str) -> bool:
    """False where there was none."""
    gone = conn.execute(delete(segments).where(segments.c.list_id == list_id, segments.c.slug == slug))
    return gone.rowcount == 1


def note_engagement(conn: Connection, moment: Moment, seen: Sequence[tuple[int, int, datetime]]) -> None:
    """(list, reader, when) of openings or clicks, in any order and as often as they come: the last one stays.

    Raises ValueError for another moment.
    """
    if moment not in (Moment.OPENED, Moment.CLICKED):
        raise ValueError(f"{moment.value} is no engagement")
    last: dict[tuple[int, int], datetime] = {}
    for list_id, reader, at in seen:
        last[list_id, reader] = max(at, last.get((list_id, reader), at))
    if not last:
        return
    name = f"{moment.value}_at"
    wanted = insert_into(conn, engagements)
    column, new = engagements.c[name], wanted.excluded[name]
    conn.execute(
        wanted.on_conflict_do_update(
            index_elements=["list_id", "subscriber_id"], set_={name: new}, where=or_(column.is_(None), column < new)
        ),
        [{"list_id": list_id, "subscriber_id": reader, name: at} for (list_id, reader), at in sorted(last.items())],
    )


def engagement_of(conn: Connection, list_id: int, subscriber_id: int) -> Mapping[Moment, datetime]:
    """When the reader last opened and clicked a mail of this list; absent where we do not know of any."""
    row = conn.execute(
        select(engagements.c.opened_at, engagements.c.clicked_at).where(
            engagements.c.list_id == list_id, engagements.c.subscriber_id == subscriber_id
        )
    ).one_or_none()
    if row is None:
        return {}
    found = {Moment.OPENED: row.opened_at, Moment.CLICKED: row.clicked_at}
    return {moment: at for moment, at in found.items() if at is not None}


def _saved(row: Row[Any]) -> SavedSegment:
    return SavedSegment(
        list_id=row.list_id,
        slug=row.slug,
        name=row.name,
        predicate=from_json(row.tree, stored=True),
        updated_at=row.updated_at,
    )
