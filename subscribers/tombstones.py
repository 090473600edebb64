"""What stays of a reader who is gone: an id, so that the accounts of past mailings still add up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, update

from subscribers.happenings import Happened, lists_of, note
from subscribers.letter_tables import address_changes, letters
from subscribers.model import LISTS, Befell
from subscribers.tables import consents, engagements, former_addresses, subscribers, subscriptions


def bury(conn: Connection, subscriber_id: int, now: datetime) -> None:
    """Everything in the reader's rows goes. Nothing of it is remembered: what an erasure remembers is not done here."""
    # Whoever was told of the reader on a list, left or not, is to forget them too.
    known_to = lists_of(conn, subscriber_id, left_too=True)
    for table in (letters, address_changes, engagements, consents, subscriptions, former_addresses):
        conn.execute(delete(table).where(table.c.subscriber_id == subscriber_id))
    conn.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            email="",
            email_key=f"erased {subscriber_id}",
            fold_key=f"erased {subscriber_id}",
            domain="",
            name="",
            language="",
            timezone="",
            attributes={},
            link_version=subscribers.c.link_version + 1,
            created_at=now,
            updated_at=now,
            chosen_at=None,
            erased_at=now,
        )
    )
    note(conn, [Happened(kind=Befell.ERASED, at=now, subscriber_id=subscriber_id, detail={LISTS: known_to})])
