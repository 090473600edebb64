"""What segments may ask of mailings: whom the last one of a list went to, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, not_, select

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

    def ours(table: FromClause) -> ColumnElement[bool]:
        bounds = [table.c.planned_at >= first] if first is not None else []
        bounds += [table.c.planned_at < before] if before is not None else []
        return and_(table.c.list == slug, *bounds)

    mailing, other = mailings.alias(), mailings.alias()
    oldest = select(func.min(other.c.id)).where(ours(other)).scalar_subquery()
    # By the key (reader, mailing) from the oldest of them on: a question for each reader that ends at the first row.
    # Asked with a set of mailings instead, SQLite looks for each reader in each of them.
    return exists().where(
        deliveries.c.subscriber_id == reader,
        deliveries.c.mailing_id >= oldest,
        deliveries.c.mailing_id == mailing.c.id,
        ours(mailing),
        deliveries.c.status != DeliveryStatus.SKIPPED.value,
    )
