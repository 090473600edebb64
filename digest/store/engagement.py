"""What providers told us of openings and clicks, written where segments look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.model.feedback import FeedbackKind
from digest.store.tables import deliveries, mailings
from subscribers.saved import note_engagement
from subscribers.segments import Moment
from subscribers.tables import is_among, lists

_MOMENTS = {FeedbackKind.OPENED: Moment.OPENED, FeedbackKind.CLICKED: Moment.CLICKED}


def note_openings(conn: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Rows of `feedback` that are new: those of people who opened or clicked, not of machines, count as engagement."""
    for kind, moment in _MOMENTS.items():
        by_mailing: dict[int, dict[int, datetime]] = {}
        for event in events:
            mailing, seq = event["mailing_id"], event["seq"]
            if event["kind"] != kind or event["machine"] or mailing is None or seq is None:
                continue
            seqs = by_mailing.setdefault(mailing, {})
            seqs[seq] = max(event["at"], seqs.get(seq, event["at"]))
        for mailing, seqs in by_mailing.items():
            _note(conn, moment, mailing, seqs)


def _note(conn: Connection, moment: Moment, mailing: int, seqs: Mapping[int, datetime]) -> None:
    rows = conn.execute(
        select(lists.c.id, deliveries.c.subscriber_id, deliveries.c.seq)
        .select_from(deliveries)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .join(lists, lists.c.slug == mailings.c.list)
        .where(deliveries.c.mailing_id == mailing, is_among(conn, deliveries.c.seq, seqs))
    )
    note_engagement(conn, moment, [(row.id, row.subscriber_id, seqs[row.seq]) for row in rows])
