"""Column types mean the same on both databases, and keys never come back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from subscribers.model import MailList
from subscribers.tables import lists, metadata, subscribers, subscriptions
from tests.subscribers.people import NOW, member, person


def _store(conn: Connection, instant: datetime) -> datetime:
    conn.execute(insert(lists).values(slug="x", name="X", opt_in="single", created_at=instant))
    return conn.execute(select(lists.c.created_at)).scalar_one()


def test_an_instant_comes_back_as_aware_utc(conn: Connection) -> None:
    instant = datetime(2022, 4, 8, 11, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    found = _store(conn, instant)
    assert found == instant
    assert found.tzinfo is UTC


def test_a_naive_instant_is_refused(conn: Connection) -> None:
    with pytest.raises(StatementError, match="naive datetime"):
        _store(conn, datetime(2022, 4, 8, 5, 30))  # noqa: DTZ001 - the very mistake


def test_order_of_instants_is_order_in_time(conn: Connection, world: MailList) -> None:
    early = NOW.astimezone(timezone(timedelta(hours=14)))
    late = (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-10)))
    conn.execute(insert(lists).values(slug="a", name="A", opt_in="single", created_at=late))
    conn.execute(insert(lists).values(slug="b", name="B", opt_in="single", created_at=early))
    slugs = conn.execute(select(lists.c.slug).where(lists.c.slug.in_(["a", "b"])).order_by(lists.c.created_at))
    assert slugs.scalars().all() == ["b", "a"]


def test_a_subscriber_id_is_never_given_again(conn: Connection) -> None:
    first = person(conn)
    conn.execute(delete(subscribers).where(subscribers.c.id == first))
    assert person(conn, "ben@mail.example") > first


@pytest.mark.parametrize("columns", [{"state": "lost"}, {"hour": 24}, {"frequency": "hourly"}, {"hour": -1}])
def test_the_database_refuses_what_the_model_refuses(
    conn: Connection, world: MailList, columns: dict[str, object]
) -> None:
    subscriber_id = member(conn, world)
    change = subscriptions.update().where(subscriptions.c.subscriber_id == subscriber_id)
    with pytest.raises(IntegrityError):
        conn.execute(change.values(**columns))


def test_every_constraint_and_index_has_a_name() -> None:
    for table in metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name
