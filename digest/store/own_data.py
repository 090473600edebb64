"""Everything that is kept about one reader, for their own eyes: what the lists know, and what was sent to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, select

from digest.store.tables import deliveries, feedback, mailings
from subscribers.letter_tables import address_changes, letters
from subscribers.transfer import export_reader


def own_data(conn: Connection, subscriber: int) -> Mapping[str, Any] | None:
    """All that is known of a reader, as JSON takes it; None where there is nobody, or nobody any more."""
    known = export_reader(conn, subscriber)
    if known is None:
        return None
    return {
        **known,
        "changes_of_address": _changes(conn, subscriber),
        "letters": _letters(conn, subscriber),
        "mailings": _mailings(conn, subscriber),
        "provider_reports": _reports(conn, subscriber),
    }


def _changes(conn: Connection, subscriber: int) -> list[dict[str, str]]:
    rows = conn.execute(
        select(address_changes).where(address_changes.c.subscriber_id == subscriber).order_by(address_changes.c.id)
    )
    return [
        {
            "from": row.old_email,
            "to": row.new_email,
            "state": row.state,
            "asked": row.asked_at.isoformat(),
            "changed": "" if row.changed_at is None else row.changed_at.isoformat(),
        }
        for row in rows
    ]


def _letters(conn: Connection, subscriber: int) -> list[dict[str, str]]:
    """Single mails: the question to confirm, the welcome, and the like; their addresses while they are kept."""
    rows = conn.execute(select(letters).where(letters.c.subscriber_id == subscriber).order_by(letters.c.id))
    return [
        {"kind": row.kind, "address": row.address, "state": row.state, "asked": row.queued_at.isoformat()}
        for row in rows
    ]


def _mailings(conn: Connection, subscriber: int) -> list[dict[str, str]]:
    rows = conn.execute(
        select(mailings.c.edition, mailings.c.correction, deliveries.c.status, deliveries.c.changed_at)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(deliveries.c.subscriber_id == subscriber)
        .order_by(mailings.c.id)
    )
    return [
        {
            "edition": _named(row.edition, row.correction),
            "status": row.status,
            "at": "" if row.changed_at is None else row.changed_at.isoformat(),
        }
        for row in rows
    ]


def _reports(conn: Connection, subscriber: int) -> list[dict[str, Any]]:
    """What providers told of this reader's mails: delivered, bounced, opened, clicked, and where."""
    rows = conn.execute(
        select(mailings.c.edition, mailings.c.correction, feedback)
        .select_from(
            deliveries.join(
                feedback,
                and_(feedback.c.mailing_id == deliveries.c.mailing_id, feedback.c.seq == deliveries.c.seq),
            ).join(mailings, mailings.c.id == deliveries.c.mailing_id)
        )
        .where(deliveries.c.subscriber_id == subscriber)
        .order_by(feedback.c.at, feedback.c.id)
    )
    return [
        {
            "edition": _named(row.edition, row.correction),
            "provider": row.provider,
            "kind": row.kind,
            "at": row.at.isoformat(),
            "detail": row.detail,
            "url": row.url,
            "by_machine": row.machine,
        }
        for row in rows
    ]


def _named(edition: str, correction: object) -> str:
    return f"{edition} (correction)" if correction else edition
