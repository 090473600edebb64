"""From SQLite to PostgreSQL: everything is there, compared, safe to begin again, and sends nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text

from digest.model.errors import ConfigError, OutcomeUnknown, StorageFailed
from digest.model.mail import Batch, Receipt
from digest.store import db, installation, schema
from digest.store.moving import Moved, move
from digest.store.tables import deliveries, log, mailings
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import pause, release
from digest.workflow.send.plan import plan
from digest.workflow.send.sender import LEASE
from subscribers.tables import metadata
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import fresh_url
from tests.digest.store.test_migrations import revisions
from tests.fakes import FakeClock, ScriptedProvider

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    """A newsroom that has sent an edition."""
    engine = db.open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    schema.upgrade(engine)
    installation.recognise(engine, NOW)
    store = Store(engine)
    app = app_on(store, provider=ScriptedProvider())
    people(store, 40)
    approve_plainly(store)
    plan(app, EDITION)
    send(app, EDITION)
    yield engine
    engine.dispose()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Engine]:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(url)
        yield engine
        engine.dispose()


def bytes_of(engine: Engine) -> bytes:
    engine.dispose()
    return Path(str(engine.url.database)).read_bytes()


def test_everything_is_there_and_the_source_is_as_it_was(source: Engine, target: Engine) -> None:
    before = bytes_of(source)
    moved = {one.table: one for one in move(source, target, now=NOW)}
    assert bytes_of(source) == before
    assert moved["deliveries"].rows == 40
    assert all(one.copied for one in moved.values() if one.rows)
    assert set(moved) == set(metadata.tables) - {"installation", "processes", "leases"}
    with Store(target).read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert tx.ledger.account(mailing.id).adds_up
    with Store(source).read() as old, Store(target).read() as new:
        assert new.editions.get(EDITION) == old.editions.get(EDITION)


def test_it_sends_nothing_until_it_is_adopted(source: Engine, target: Engine, tmp_path: Path) -> None:
    move(source, target, now=NOW)
    mark = tmp_path / "mark"
    assert "moved here" in installation.standing(target, mark)
    # Looked at by a process of ours: it stays paused.
    assert installation.recognise(target, NOW).paused
    assert installation.standing(source, mark) == ""
    with db.write(target) as conn:
        installation.adopt(conn, NOW, mark)
    assert installation.standing(target, mark) == ""


def test_a_mailing_that_was_paused_midway_goes_on_there(tmp_path: Path, target: Engine) -> None:
    """One call taken, one without an answer, a sender that died in the third; then the move, and the rest."""

    class Killed(BaseException):
        pass

    def dies(batch: Batch) -> Receipt:
        raise Killed

    def is_silent(batch: Batch) -> Receipt:
        first.take(batch)
        raise OutcomeUnknown("silence")

    def takes(batch: Batch) -> Receipt:
        first.take(batch)
        return Receipt(message_id="1")

    old = db.open_engine(f"sqlite:///{tmp_path / 'midway.db'}")
    schema.upgrade(old)
    installation.recognise(old, NOW)
    first = ScriptedProvider(script=iter([takes, is_silent, dies]))
    app = app_on(Store(old), provider=first, owner="dead")
    people(Store(old), 50)
    approve_plainly(Store(old))
    plan(app, EDITION)
    with pytest.raises(Killed):
        send(app, EDITION)
    pause(app, EDITION, by="ann", reason="we move")
    move(old, target, now=NOW)
    old.dispose()
    with db.write(target) as conn:
        installation.adopt(conn, NOW, tmp_path / "mark")
    second, clock = ScriptedProvider(), FakeClock()
    clock.now += 2 * LEASE
    there = app_on(Store(target), provider=second, clock=clock, gone=frozenset({"dead"}))
    sent = send(there, EDITION)
    assert sent.account.adds_up
    assert sent.account.held == 20, "the call without an answer, and the one of the dead"
    assert len(first.taken) == len(second.taken) == 20
    assert not {*first.taken} & {*second.taken}, "nobody twice"
    release(there, EDITION, by="ann")
    assert send(there, EDITION).account.settled
    assert len({*first.taken, *second.taken}) == 50, "nobody forgotten"


def test_keys_go_on_after_the_greatest_that_ever_was(source: Engine, target: Engine) -> None:
    with db.write(source) as conn:
        # A mailing that is gone: its id was printed in mails.
        conn.execute(text("UPDATE sqlite_sequence SET seq = 41 WHERE name = 'mailings'"))
    move(source, target, now=NOW)
    row = {"edition": "world/2026-12-01", "list": "world", "state": "planned", "planned_at": NOW, "count": 0}
    with db.write(target) as conn:
        made = conn.scalar(insert(mailings).values(plan_sha256="", **row).returning(mailings.c.id))
        logged = conn.scalar(insert(log).values(at=NOW, event="x", subject="x", by="x").returning(log.c.id))
        greatest = conn.scalar(select(func.max(log.c.id)))
    assert made == 42
    assert logged == greatest


def test_again_copies_nothing_and_goes_on_where_it_differs(source: Engine, target: Engine) -> None:
    move(source, target, now=NOW)
    assert not any(one.copied for one in move(source, target, now=NOW))
    with db.write(target) as conn:
        conn.execute(text("DELETE FROM deliveries WHERE seq > 20"))
    again = {one.table: one for one in move(source, target, now=NOW)}
    assert again["deliveries"].copied
    assert not again["subscribers"].copied
    with db.read(target) as conn:
        assert conn.scalar(select(func.count()).select_from(deliveries)) == 40


def test_what_broke_off_goes_on(source: Engine, target: Engine) -> None:
    class Cut(Exception):
        pass

    def cut(one: Moved) -> None:
        if one.table == "mailings":
            raise Cut

    with pytest.raises(Cut):
        move(source, target, now=NOW, told=cut)
    moved = {one.table: one for one in move(source, target, now=NOW)}
    assert not moved["mailings"].copied
    assert moved["deliveries"].rows == 40


def test_one_changed_letter_is_seen(source: Engine, target: Engine) -> None:
    first = {one.table: one.sum for one in move(source, target, now=NOW)}
    with db.write(source) as conn:
        conn.execute(text("UPDATE subscribers SET name = 'Reader X' WHERE id = 1"))
    second = {one.table: one.sum for one in move(source, target, now=NOW)}
    assert {table for table in first if first[table] != second[table]} == {"subscribers"}


@pytest.mark.parametrize("ours", [True, False])
def test_a_target_in_use_is_refused(source: Engine, target: Engine, ours: bool) -> None:
    if ours:
        schema.upgrade(target)
        installation.recognise(target, NOW)
    else:
        with db.write(target) as conn:
            conn.execute(text("CREATE TABLE somebody_elses (one integer)"))
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        move(source, target, now=NOW)


def test_an_older_installation_that_is_named_by_mistake_stays_as_it_is(source: Engine, target: Engine) -> None:
    before = revisions()[-2]
    schema.upgrade(target, to=before)
    installation.recognise(target, NOW)
    with pytest.raises(ConfigError, match="in use already"):
        move(source, target, now=NOW)
    assert schema.current(target) == before


def test_the_database_that_cannot_be_reached_is_the_one_that_is_named(source: Engine) -> None:
    nowhere = db.open_engine("postgresql+psycopg://digest@127.0.0.1:1/nowhere")
    with pytest.raises(StorageFailed, match=r"1:1/nowhere.*; mend --to"):
        move(source, nowhere, now=NOW)


def test_only_sqlite_is_left_this_way(target: Engine) -> None:
    with pytest.raises(ConfigError, match="pg_dump"):
        move(target, target, now=NOW)


def test_of_two_moves_at_once_the_second_says_so(source: Engine, target: Engine) -> None:
    first = db.open_engine(source.url.render_as_string(hide_password=False))
    second = db.open_engine(target.url.render_as_string(hide_password=False))
    refused: list[str] = []

    def meanwhile(_moved: Moved) -> None:
        if not refused:
            with pytest.raises(ConfigError, match="another `digest db move`") as found:
                move(first, second, now=NOW)
            refused.append(str(found.value))

    moved = move(source, target, now=NOW, told=meanwhile)
    assert len(refused) == 1
    assert {one.table: one.rows for one in moved}["deliveries"] == 40
    # The first has ended: nothing is in the way any more, and nothing is left to do.
    assert not any(one.copied for one in move(first, second, now=NOW))
    first.dispose()
    second.dispose()


def test_a_move_from_another_installation_is_not_continued(source: Engine, target: Engine) -> None:
    move(source, target, now=NOW)
    with db.write(source) as conn:
        installation.adopt(conn, NOW)
    with pytest.raises(ConfigError, match="in use already"):
        move(source, target, now=NOW)


def test_only_postgresql_is_a_goal(source: Engine) -> None:
    with pytest.raises(ConfigError, match="no PostgreSQL"):
        move(source, source, now=NOW)


def test_what_postgresql_cannot_hold_is_named(source: Engine, target: Engine) -> None:
    with db.write(source) as conn:
        conn.execute(text("UPDATE subscribers SET name = 'a' || char(0) || 'b' WHERE id = 1"))
    with pytest.raises(StorageFailed, match="subscribers"):
        move(source, target, now=NOW)
