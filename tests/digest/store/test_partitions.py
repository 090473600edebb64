"""Ranges of mailings on PostgreSQL: rows lie where they belong, nothing is refused, and old ranges go whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from digest.model.errors import StorageFailed
from digest.store import db, installation, partitions, schema
from digest.store.tables import chunks, deliveries, feedback, mailings
from digest.store.tx import Store
from digest.workflow.clock.retention import forget
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import fresh_engine, fresh_url
from tests.fakes import FakeClock, ScriptedProvider

pytestmark = pytest.mark.postgres
OLD = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine("postgresql", tmp_path) as made:
        yield made


def write_mailings(conn: Connection, first: int, end: int, *, count: int = 1) -> None:
    """Closed mailings of long ago, with a chunk, a delivery and an event each."""
    for number in range(first, end):
        conn.execute(
            insert(mailings).values(
                id=number, edition=f"world/{number}", list="world", state="closed", planned_at=OLD, count=count,
                plan_sha256="",
            )
        )  # fmt: skip
        span = {"mailing_id": number, "variant": "en", "due_at": OLD, "first_seq": 0, "last_seq": 0}
        conn.execute(insert(chunks).values(**span, state="accepted"))
        conn.execute(insert(deliveries).values(mailing_id=number, seq=0, subscriber_id=1, status="delivered"))
        hear(conn, number)


def hear(conn: Connection, number: int, key: str = "") -> None:
    conn.execute(
        insert(feedback).values(
            event_key=key or f"key{number}", provider="x", kind="delivered", at=OLD, received_at=OLD,
            mailing_id=number, seq=0,
        )
    )  # fmt: skip


def places(conn: Connection, table: str) -> dict[str, int]:
    """How many rows lie in which table of the database."""
    counted = f"SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1"  # noqa: S608
    return {name: count for name, count in conn.execute(text(counted))}  # noqa: C416 - rows are no pairs to mypy


def test_rows_lie_in_the_range_of_their_mailing_and_what_comes_too_soon_in_the_rest(engine: Engine) -> None:
    with db.write(engine) as conn:
        write_mailings(conn, 31, 35)
        assert places(conn, "deliveries") == {"deliveries_from_1": 2, "deliveries_rest": 2}
        assert places(conn, "feedback") == {"feedback_from_1": 2, "feedback_rest": 2}
    with db.write(engine) as conn:
        assert partitions.make_room(conn) == 1
        # What lies in the rest stays there: the next range begins behind it.
        assert [(one.first, one.end) for one in partitions.ranges(conn)] == [(1, 33), (35, 67)]
        write_mailings(conn, 35, 36)
        assert places(conn, "feedback") == {"feedback_from_1": 2, "feedback_from_35": 1, "feedback_rest": 2}
        assert partitions.make_room(conn) == 0
    assert schema.drift(engine) == []


def test_a_range_holds_fewer_large_mailings(engine: Engine) -> None:
    with db.write(engine) as conn:
        write_mailings(conn, 1, 3, count=10_000_000)
        conn.execute(text("DROP TABLE deliveries_from_1, feedback_from_1"))
        for table in ("deliveries", "feedback"):
            conn.execute(text(f"CREATE TABLE {table}_from_1 PARTITION OF {table} FOR VALUES FROM (1) TO (3)"))
        assert partitions.make_room(conn) == 1
        assert [(one.first, one.end) for one in partitions.ranges(conn)] == [(1, 3), (3, 5)]


def test_a_plan_makes_room_before_it_is_needed(engine: Engine) -> None:
    store = Store(engine)
    with db.write(engine) as conn:
        write_mailings(conn, 1, 20)
        conn.execute(text("SELECT setval('mailings_id_seq', 19)"))
    people(store, 3)
    approve_plainly(store)
    mailing = plan(app_on(store, provider=ScriptedProvider()), EDITION)
    assert mailing.id == 20
    with db.read(engine) as conn:
        assert [one.end for one in partitions.ranges(conn)] == [33, 65]


def test_a_mailing_after_an_adoption_lies_in_a_range_of_its_own(engine: Engine, tmp_path: Path) -> None:
    store = Store(engine)
    with db.write(engine) as conn:
        write_mailings(conn, 1, 20)
        conn.execute(text("SELECT setval('mailings_id_seq', 19)"))
        installation.adopt(conn, NOW, tmp_path / "mark")
    people(store, 3)
    approve_plainly(store)
    mailing = plan(app_on(store, provider=ScriptedProvider()), EDITION)
    assert mailing.id > 1000
    with db.read(engine) as conn:
        found = partitions.ranges(conn)
        assert [one.first <= mailing.id < one.end for one in found] == [False, True], "no range for what was skipped"
        assert places(conn, "deliveries") == {"deliveries_from_1": 19, f"deliveries{found[1].name}": 3}
        assert partitions.goes_with_its_range(conn, mailing.id, partitions.LARGE)


def test_a_plan_goes_on_where_somebody_is_in_the_way_of_a_new_range(engine: Engine) -> None:
    store = Store(engine)
    with db.write(engine) as conn:
        write_mailings(conn, 1, 20)
        conn.execute(text("SELECT setval('mailings_id_seq', 19)"))
    people(store, 3)
    approve_plainly(store)
    app = app_on(store, provider=ScriptedProvider())
    with engine.connect() as other:
        # An account that takes long: it reads deliveries and has not ended.
        other.execute(select(func.count()).select_from(deliveries))
        with pytest.raises(StorageFailed, match="lock timeout"), store.begin() as tx:
            tx.ledger.make_room()
        assert plan(app, EDITION).count == 3
        other.rollback()
    send(app, EDITION)
    with store.read() as tx:
        assert tx.ledger.account(20).adds_up
        assert tx.ledger.account(20).accepted == 3


def test_a_repeated_event_is_known_in_every_range(engine: Engine) -> None:
    with db.write(engine) as conn:
        write_mailings(conn, 5, 6)
    with pytest.raises(StorageFailed, match="duplicate key"), db.write(engine) as conn:
        hear(conn, 5)


def test_a_range_is_dropped_when_all_of_its_mailings_are_let_go_and_not_before(engine: Engine) -> None:
    store = Store(engine)
    with db.write(engine) as conn:
        write_mailings(conn, 1, 33)
        write_mailings(conn, 33, 34)
        conn.execute(update(mailings).where(mailings.c.id == 2).values(count=partitions.LARGE))
        conn.execute(update(mailings).where(mailings.c.id == 7).values(state="sending"))
    clock = FakeClock()
    app = replace(app_on(store, provider=ScriptedProvider()), clock=clock)
    forget(app)
    with store.read() as tx:
        kept = tx.ledger.account(2)
        # One of them is not over: the large one waits for it, the small ones went at once.
        assert places(tx.connection, "deliveries") == {"deliveries_from_1": 2}
    with db.write(engine) as conn:
        conn.execute(update(mailings).values(state="closed"))
        # An event of long after.
        hear(conn, 2, "late")
    # What the large one planned, and a delivery, an event and a chunk of the one that was not over.
    assert forget(app).deliveries == partitions.LARGE + 3
    with db.write(engine) as conn:
        assert [one.first for one in partitions.ranges(conn)] == []
        hear(conn, 2, "later still")
        assert conn.scalar(select(func.count()).select_from(feedback)) == 1
        # Made anew behind the last mailing, not over those that were let go.
        assert partitions.make_room(conn) == 1
        assert partitions.ranges(conn)[0].first == 34
    assert forget(app).deliveries == 1
    with store.read() as tx:
        assert tx.ledger.account(2) == kept
    assert schema.drift(engine) == []


def test_a_filled_database_keeps_its_rows_where_they_lie(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine, to="0012")
        with db.write(engine) as conn:
            write_mailings(conn, 1, 4, count=partitions.LARGE)
            conn.execute(text("SELECT setval('mailings_id_seq', 3)"))
            conn.execute(
                text(
                    "INSERT INTO feedback (event_key, provider, kind, at, received_at)"
                    " VALUES ('nobody', 'x', 'other', now(), now())"
                )
            )
            before = conn.execute(text("SELECT 'deliveries_past'::text, relfilenode FROM pg_class"
                                       " WHERE relname = 'deliveries'")).one()  # fmt: skip
        schema.upgrade(engine)
        assert schema.drift(engine) == []
        with db.write(engine) as conn:
            assert places(conn, "deliveries") == {"deliveries_past": 3}
            assert places(conn, "feedback") == {"feedback_past": 3, "feedback_rest": 1}
            after = conn.execute(text("SELECT relname::text, relfilenode FROM pg_class"
                                      " WHERE relname = 'deliveries_past'")).one()  # fmt: skip
            assert after == before, "no row was written anew"
            # Keys go on where they were, and what is new lies in a range of its own.
            write_mailings(conn, 4, 5)
            assert conn.scalar(text("SELECT max(id) FROM feedback")) == 5
            assert places(conn, "deliveries") == {"deliveries_from_4": 1, "deliveries_past": 3}
        clock = FakeClock()
        clock.now = NOW + timedelta(days=500)
        forget(replace(app_on(Store(engine), provider=ScriptedProvider()), clock=clock))
        with db.read(engine) as conn:
            # The past is let go row by row, whatever the size; its empty tables then go too.
            assert places(conn, "deliveries") == {}
            assert [one.name for one in partitions.ranges(conn)] == ["_from_4"]
        engine.dispose()


def test_sqlite_has_no_ranges(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine, db.write(engine) as conn:
        assert partitions.ranges(conn) == []
        assert (partitions.make_room(conn), partitions.drop_oldest(conn), partitions.forget_late(conn, 5)) == (0, 0, 0)


def test_parts_are_told_from_other_tables() -> None:
    assert partitions.whole_of("deliveries_from_12") == "deliveries"
    assert partitions.whole_of("feedback_rest") == "feedback"
    assert partitions.whole_of("deliveries") == "deliveries"
    assert partitions.whole_of("my_feedback_rest") == "my_feedback_rest"
