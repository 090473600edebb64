"""What an erasure takes out of digest's own tables: an address in bounces, in posts kept as they came, in the log, and
in what people of the desk wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from email import message_from_bytes
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Table, Text, and_, cast, func, or_, select, tuple_, update

from digest.model.feedback import BOUNCES
from digest.store.api_tables import webhook_posts
from digest.store.desk_tables import desk_notes, edition_decisions, edition_waivers
from digest.store.tables import alarms, corrections, deliveries, feedback, hook_posts, log
from subscribers.tables import segments, suppressions

ERASED = b"erased"
"""What stands in a kept post where an address stood."""

WRITTEN: Mapping[Table, tuple[str, ...]] = {
    log: ("subject", "detail"),
    desk_notes: ("text",),
    edition_waivers: ("reason",),
    edition_decisions: ("was_reason",),
    corrections: ("text",),
    alarms: ("what", "why"),
    suppressions: ("note",),
    segments: ("name",),
    webhook_posts: ("note",),
    hook_posts: ("note",),
}
"""Where somebody may have written an address down, by table. Not what readers or imports said of other readers (names,
attributes, evidence of consent): a million texts, none of which is ours to write over."""


def forget_in_feedback(conn: Connection, subscriber: int | None, addresses: Collection[str]) -> None:
    """Empty what providers said of this reader's deliveries; strike their addresses out of kept posts, the log, and
    what the desk wrote.

    None for addresses that no reader has.
    """
    if subscriber is not None:
        _empty_deliveries(conn, subscriber)
    _strike_out(conn, addresses)
    _strike_out_of_mails(conn, addresses)
    _strike_out_of_texts(conn, addresses)
    _strike_out_of_segments(conn, addresses)


def _empty_deliveries(conn: Connection, subscriber: int) -> None:
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


def _strike_out_of_mails(conn: Connection, addresses: Collection[str]) -> None:
    """A bounce may quote the mail in an encoding that no search sees through: where it does, its whole body goes."""
    wanted = [address.lower().encode() for address in addresses if address]
    encoded = or_(_holds(conn, "base64"), _holds(conn, "quoted-printable"))
    ids = conn.scalars(select(hook_posts.c.id).where(hook_posts.c.provider == BOUNCES, encoded)).all()
    for post in ids:
        body = conn.execute(select(hook_posts.c.body).where(hook_posts.c.id == post)).scalar_one()
        if any(address in text for text in _decoded_parts(body) for address in wanted):
            conn.execute(update(hook_posts).where(hook_posts.c.id == post).values(body=ERASED))


def _decoded_parts(mail: bytes) -> list[bytes]:
    """The parts of a mail and of the mails in it, out of base64 and quoted-printable, in lower case."""
    found: list[bytes] = []
    for part in message_from_bytes(mail).walk():
        text = part.get_payload(decode=True)
        if isinstance(text, bytes):
            found.append(text.lower())
    return found


def _strike_out_of_texts(conn: Connection, addresses: Collection[str]) -> None:
    """Who did what stays; to whom does not."""
    for address in _longest_first(addresses):
        wanted = _whole(address)
        for table, names in WRITTEN.items():
            keys = list(table.primary_key.columns)
            texts = [table.c[name] for name in names]
            held = or_(*(func.lower(column).contains(address, autoescape=True) for column in texts))
            for row in conn.execute(select(*keys, *texts).where(held)).all():
                struck = {name: wanted.sub(ERASED.decode(), getattr(row, name)) for name in names}
                mine = and_(*(key == getattr(row, key.name) for key in keys))
                conn.execute(update(table).where(mine).values(**struck))


def _strike_out_of_segments(conn: Connection, addresses: Collection[str]) -> None:
    """A condition that names somebody holds nobody from now on."""
    for row in conn.execute(select(segments.c.id, segments.c.tree)).all():
        before = after = json.dumps(row.tree, ensure_ascii=False)
        for address in _longest_first(addresses):
            after = _whole(address).sub(ERASED.decode(), after)
        if after != before:
            conn.execute(update(segments).where(segments.c.id == row.id).values(tree=json.loads(after)))


def _longest_first(addresses: Collection[str]) -> list[str]:
    return sorted({address.lower() for address in addresses if address}, key=len, reverse=True)


def _whole(address: str) -> re.Pattern[str]:
    """Whole addresses only: another one may end or begin like it."""
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)


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
