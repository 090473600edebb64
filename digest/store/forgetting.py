"""What an erasure takes out of digest's own tables: a reader's address in bounces, and in posts kept as they came."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Text, cast, func, or_, select, tuple_, update

from digest.store.tables import deliveries, feedback, hook_posts

ERASED = b"erased"
"""What stands in a kept post where an address stood."""


def forget_in_feedback(conn: Connection, subscriber: int, addresses: Collection[str]) -> None:
    """Empty what providers said about this reader's deliveries, and strike their addresses out of kept posts."""
    mine = select(deliveries.c.mailing_id, deliveries.c.seq).where(deliveries.c.subscriber_id == subscriber)
    conn.execute(
        update(feedback).where(tuple_(feedback.c.mailing_id, feedback.c.seq).in_(mine)).values(detail="", url="")
    )
    # A skipped delivery's note is a word of ours; any other is the provider's, and may quote the address.
    conn.execute(
        update(deliveries)
        .where(deliveries.c.subscriber_id == subscriber, deliveries.c.note.contains("@"))
        .values(note="")
    )
    _strike_out(conn, addresses)


def _strike_out(conn: Connection, addresses: Collection[str]) -> None:
    spelt = {form for address in addresses if address for form in _spellings(address)}
    if not spelt:
        return
    wanted = re.compile(
        b"|".join(re.escape(form.encode()) for form in sorted(spelt, key=len, reverse=True)), re.IGNORECASE
    )
    held = [_holds(conn, form) for form in sorted({form.lower() for form in spelt})]
    rows = conn.execute(select(hook_posts.c.id, hook_posts.c.body).where(or_(*held))).all()
    for post, body in rows:
        conn.execute(update(hook_posts).where(hook_posts.c.id == post).values(body=wanted.sub(ERASED, body)))


def _spellings(address: str) -> set[str]:
    """As it stands in JSON, and in a form post or an address of the web."""
    return {address, address.replace("/", "\\/"), quote(address, safe="@"), quote(address, safe="")}


def _holds(conn: Connection, form: str) -> ColumnElement[bool]:
    """SQL: the raw body holds these ASCII bytes, in whatever case."""
    if conn.dialect.name == "postgresql":
        # `escape` reads any bytes, and writes a backslash as two.
        return func.strpos(func.lower(func.encode(hook_posts.c.body, "escape")), form.replace("\\", "\\\\")) > 0
    return func.instr(func.lower(cast(hook_posts.c.body, Text)), form) > 0
