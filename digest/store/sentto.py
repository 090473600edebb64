"""What segments may ask of mailings: whom the last one of a list went to, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, not_, select

from digest.model.delivery import DeliveryStatus
from digest.store.tables import deliveries, mailings
from subscribers.tables import lists


def sent_to(
    reader: ColumnElement[int], list_id: int, first: datetime | None, before: datetime | None
) -> ColumnElement[bool]:
    """SQL: the last mailing of the list that had the reader in it was planned within these bounds.

    It is `segmentsql.SentTo`. Whom a mailing skipped did not get it. Mailings whose rows were let go (retention) are
    not known any more.
    """
    within = _was_in(reader, list_id, first, before)
    return within if before is None else and_(within, not_(_was_in(reader, list_id, before, None)))


def _was_in(
    reader: ColumnElement[int], list_id: int, first: datetime | None, before: datetime | None
) -> ColumnElement[bool]:
    slug = select(lists.c.slug).where(lists.c.id == list_id).scalar_subquery()
    ours = select(mailings.c.id).where(mailings.c.list == slug)
    ours = ours if first is None else ours.where(mailings.c.planned_at >= first)
    ours = ours if before is None else ours.where(mailings.c.planned_at < before)
    # By the key (reader, mailing): a question for each reader that ends at the first row.
    return exists().where(
        deliveries.c.subscriber_id == reader,
        deliveries.c.mailing_id.in_(ours),
        deliveries.c.status != DeliveryStatus.SKIPPED.value,
    )
