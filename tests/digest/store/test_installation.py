"""A copied database knows that it is a copy; the original does not mind."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, event, insert, select, text

from digest.model.errors import Paused
from digest.store import db, installation, schema
from digest.store.tables import chunks, deliveries, mailings, sends
from digest.store.tx import Store
from digest.workflow.clock.due import sweep
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.address import parse_address
from subscribers.store import add_subscriber
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import KINDS, fresh_engine, fresh_url
from tests.fakes import ScriptedProvider

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_the_original_is_known_again_and_not_paused(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        first = installation.recognise(engine, NOW)
        assert first.paused == ""
        assert installation.recognise(engine, NOW) == first


def test_a_copied_file_is_paused_until_it_is_adopted(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        original = installation.recognise(engine, NOW)
    shutil.copyfile(tmp_path / "digest.db", tmp_path / "copy.db")
    copy = db.open_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    assert "copy" in installation.recognise(copy, NOW).paused
    with db.write(copy) as conn:
        adopted = installation.adopt(conn, NOW)
    assert adopted.id != original.id
    assert installation.recognise(copy, NOW) == adopted
    copy.dispose()
    again = db.open_engine(f"sqlite:///{tmp_path / 'digest.db'}")
    assert installation.recognise(again, NOW) == original
    again.dispose()


@pytest.mark.postgres
def test_a_database_made_from_another_one_is_paused(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        original = installation.recognise(engine, NOW)
        engine.dispose()
        name = url.rpartition("/")[2]
        admin = db.open_engine(url.rpartition("/")[0] + "/postgres")
        try:
            _run(admin, f"CREATE DATABASE {name}_copy TEMPLATE {name}")
            copy = db.open_engine(url + "_copy")
            assert "copy" in installation.recognise(copy, NOW).paused
            copy.dispose()
            assert installation.recognise(engine, NOW) == original
        finally:
            _run(admin, f"DROP DATABASE IF EXISTS {name}_copy WITH (FORCE)")
            admin.dispose()
            engine.dispose()


def _run(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(statement))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_stays(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        installation.recognise(engine, NOW)
        with db.write(engine) as conn:
            installation.pause(conn, "restored")
        assert installation.recognise(engine, NOW).paused == "restored"


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_knows_less_than_was_sent_is_paused(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "var" / "newest-mailing"
    with fresh_engine(kind, tmp_path) as engine:
        installation.recognise(engine, NOW)
        assert installation.standing(engine, mark) == ""
        with db.write(engine) as conn:
            conn.execute(insert(mailings).values(edition="world/2026-11-22", list="world", state="sending",
                                                 planned_at=NOW, count=1, plan_sha256="0" * 64))  # fmt: skip
        assert installation.standing(engine, mark) == ""
        assert mark.read_text() == "1\n"
        with db.write(engine) as conn:
            # As if the file had been put back from yesterday.
            conn.execute(mailings.delete())
        assert "older than what was sent" in installation.standing(engine, mark)
        assert "older than what was sent" in installation.recognise(engine, NOW).paused
        with db.write(engine) as conn:
            installation.adopt(conn, NOW, mark)
        assert installation.standing(engine, mark) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_put_back_in_the_middle_of_a_mailing_is_paused_with_it(kind: str, tmp_path: Path) -> None:
    """As if its file had been overwritten by a copy of an hour ago: the place and the newest mailing are the same."""
    mark = tmp_path / "var" / "newest-mailing"
    with fresh_engine(kind, tmp_path) as engine:
        installation.recognise(engine, NOW)
        store = Store(engine)
        people(store, 20)
        approve_plainly(store)
        provider = ScriptedProvider(batch_size=5)
        app = replace(app_on(store, provider=provider), paused=lambda: installation.standing(engine, mark))
        plan(app, EDITION)
        before = {table.name: _all_of(engine, table) for table in (mailings, chunks, deliveries, sends)}
        send(app, EDITION)
        assert app.paused() == ""
        assert mark.read_text() == "1 20\n"
        with db.write(engine) as conn:
            for table in (deliveries, chunks, mailings, sends):
                conn.execute(table.delete())
            for table in (mailings, chunks, deliveries, sends):
                if before[table.name]:
                    conn.execute(insert(table), before[table.name])
        with pytest.raises(Paused, match="it knows of 0 readers who were mailed, of 20"):
            send(app, EDITION)
        with db.write(engine) as conn:
            assert installation.adopt(conn, NOW, mark).halted == (str(EDITION),)
        assert app.paused() == ""
        sweep(app)
        assert len(provider.taken) == 20, "whoever has it was not sent it again"


def _all_of(engine: Engine, table: Table) -> list[dict[str, object]]:
    with db.read(engine) as conn:
        return [dict(row) for row in conn.execute(select(table)).mappings()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mailing_that_another_process_plans_meanwhile_pauses_nobody(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "newest-mailing"
    with fresh_engine(kind, tmp_path) as engine:
        installation.recognise(engine, NOW)

        @event.listens_for(engine, "rollback")
        @event.listens_for(engine, "commit")
        def another(_: object) -> None:
            # This process has looked into the database, and stands still.
            installation.write_mark(mark, 1)

        assert installation.standing(engine, mark) == ""
        assert mark.read_text() == "1\n", "it was in the middle"


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_is_given_again_that_a_mail_out_there_may_name(kind: str, tmp_path: Path) -> None:
    """Numbers that were given after the copy was made: of mailings and of readers, among others."""
    mark = tmp_path / "var" / "newest-mailing"
    installation.write_mark(mark, 70)
    with fresh_engine(kind, tmp_path) as engine:
        ana = parse_address("ana@example.test", allow_reserved=True)
        ben = parse_address("ben@example.test", allow_reserved=True)
        with db.write(engine) as conn:
            first = add_subscriber(conn, ana, now=NOW)
            for _ in range(2):
                installation.adopt(conn, NOW, mark)
            number = conn.execute(
                insert(mailings)
                .values(edition="world/2026-11-22", list="world", state="sending", planned_at=NOW, count=1,
                        plan_sha256="0" * 64)
                .returning(mailings.c.id)
            ).scalar_one()  # fmt: skip
            assert number > 70 + 1_000
            assert add_subscriber(conn, ben, now=NOW).id > first.id + 1_000_000


@pytest.mark.parametrize("content", ["", "many", "-"])
def test_a_broken_mark_is_written_anew(content: str, tmp_path: Path) -> None:
    mark = tmp_path / "newest-mailing"
    mark.write_text(content)
    with fresh_engine("sqlite", tmp_path) as engine:
        installation.recognise(engine, NOW)
        assert installation.standing(engine, mark) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_person_who_was_asked_about_the_clock_vouches_for_it(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        store = Store(engine)

        def adopt(hours: int, paused: str) -> None:
            at = NOW + timedelta(hours=hours)
            with store.begin() as tx:
                installation.adopt(tx.connection, at)
                tx.log(installation.ADOPTED, "database", by="cli", now=at, detail=paused)

        assert installation.vouched_at(engine) is None
        installation.recognise(engine, NOW)
        assert installation.vouched_at(engine) is None, "a new place"
        adopt(1, "restored from a backup")
        assert installation.vouched_at(engine) is None, "that was about the copy"
        adopt(2, "")
        assert installation.vouched_at(engine) == NOW + timedelta(hours=2)
        adopt(3, "a copy")
        assert installation.vouched_at(engine) is None
