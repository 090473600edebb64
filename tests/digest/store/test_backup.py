"""What is backed up while others write is one consistent state, and comes back whole, paused, on both databases."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from digest.model.delivery import MailingState
from digest.model.errors import BadDocument, ConfigError
from digest.store import backup, db, installation, schema
from digest.store.tables import hook_posts, log
from digest.store.tx import Store
from digest.workflow.clock.due import sweep
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import mailing_of, resume
from digest.workflow.send.plan import plan
from subscribers.tables import metadata
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import KINDS, fresh_engine, fresh_url
from tests.fakes import MORNING, ScriptedProvider

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PICTURE = "a" * 40 + ".jpg"


@contextmanager
def filled(kind: str, folder: Path) -> Iterator[Engine]:
    folder.mkdir(exist_ok=True)
    with fresh_engine(kind, folder) as engine:
        installation.recognise(engine, NOW)
        with db.write(engine) as conn:
            conn.execute(insert(log), [_line(number) for number in range(500)])
            conn.execute(insert(hook_posts).values(provider="sendgrid", received_at=NOW, body=bytes(range(256))))
        (folder / "pictures").mkdir()
        (folder / "pictures" / PICTURE).write_bytes(b"picture")
        yield engine


def _line(number: int) -> dict[str, object]:
    return {"at": NOW, "event": "test", "subject": f"Grüße\t{number}\n\\N \N{GRINNING FACE}", "by": "x", "detail": ""}


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the two that a restore itself writes to."""
    with db.read(engine) as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
            if table.name not in ("installation", "log")
        }


def lines(engine: Engine) -> list[str]:
    with db.read(engine) as conn:
        return list(conn.execute(select(log.c.subject).where(log.c.event == "test").order_by(log.c.id)).scalars())


@pytest.mark.parametrize("kind", KINDS)
def test_everything_comes_back_and_is_paused(kind: str, tmp_path: Path) -> None:
    with filled(kind, tmp_path / "one") as engine, fresh_url(kind, tmp_path) as url:
        made = backup.make(engine, tmp_path / "one" / "pictures", tmp_path / "backups", now=NOW)
        found = backup.read(made.path)
        assert found == made
        modes = {stat.S_IMODE(one.stat().st_mode) for one in made.path.rglob("*") if one.is_file()}
        assert modes == {0o600}, "they may be moved out of their folder"
        target = db.open_engine(url)
        backup.restore(found, target, tmp_path / "pictures", now=NOW + timedelta(hours=1))
        assert contents(target) == contents(engine)
        assert lines(target) == lines(engine)
        assert schema.drift(target) == []
        assert (tmp_path / "pictures" / PICTURE).read_bytes() == b"picture"
        assert "restored from a backup of 2026-11-22 06:00" in installation.recognise(target, NOW).paused
        with db.write(target) as conn:
            # A key that is given next is a new one: sequences were moved.
            conn.execute(insert(log).values(_line(1)))
            conn.execute(insert(hook_posts).values(provider="ses", received_at=NOW, body=b""))
        target.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mailing_that_went_on_after_the_backup_is_not_sent_twice(kind: str, tmp_path: Path) -> None:
    """What the original sent since is not known here: the clock sends nothing of it until a person has looked."""
    provider = ScriptedProvider(batch_size=5)
    with filled(kind, tmp_path / "one") as engine, fresh_url(kind, tmp_path) as url:
        store = Store(engine)
        people(store, 20)
        approve_plainly(store)
        original = app_on(store, provider=provider)
        plan(original, EDITION)
        made = backup.make(engine, tmp_path / "one" / "pictures", tmp_path / "backups", now=MORNING)
        send(original, EDITION)
        target = db.open_engine(url)
        backup.restore(made, target, tmp_path / "pictures", now=MORNING)
        with db.write(target) as conn:
            assert installation.adopt(conn, MORNING, tmp_path / "mark").halted == (str(EDITION),)
        there = app_on(Store(target), provider=provider, owner="there")
        sweep(there)
        found = mailing_of(there, EDITION)
        assert (found.state, found.reason) == (MailingState.PAUSED, installation.BEHIND)
        assert Counter(provider.taken) == Counter(f"reader{number}@example.test" for number in range(1, 21))
        # A person looks, and lets it go on. To adopt what is not behind pauses nothing.
        resume(there, EDITION, by="Ann")
        with db.write(target) as conn:
            assert installation.adopt(conn, MORNING, tmp_path / "mark").halted == ()
        assert mailing_of(there, EDITION).state is MailingState.SENDING
        target.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_in_the_middle_of_writes_is_one_state(kind: str, tmp_path: Path) -> None:
    """Two tables that change together in every transaction agree in the backup, whenever it is taken."""
    with filled(kind, tmp_path / "one") as engine:
        with db.write(engine) as conn:
            conn.execute(log.delete())
            conn.execute(hook_posts.delete())
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                with db.write(engine) as conn:
                    conn.execute(insert(log).values(_line(0)))
                    conn.execute(insert(hook_posts).values(provider="ses", received_at=NOW, body=b"x"))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            made = [
                backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW + timedelta(seconds=number))
                for number in range(4)
            ]
        finally:
            stop.set()
            writer.join()
    counts = [(one.rows["log"], one.rows["hook_posts"]) for one in made]
    assert all(first == second for first, second in counts)
    assert counts[-1][0] > counts[0][0], "nothing was written meanwhile: the test has shown nothing"


def test_a_damaged_backup_is_refused_by_name(tmp_path: Path) -> None:
    with filled("sqlite", tmp_path / "one") as engine:
        made = backup.make(engine, tmp_path / "one" / "pictures", tmp_path / "backups", now=NOW)
    with (made.path / backup.SQLITE).open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff")
    with pytest.raises(BadDocument, match=r"digest\.sqlite is missing or was changed"):
        backup.read(made.path)


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname"])
def test_a_manifest_cannot_point_outside(name: str, tmp_path: Path) -> None:
    with filled("sqlite", tmp_path / "one") as engine:
        made = backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW)
    (tmp_path / "backups" / "outside").write_bytes(b"")
    said = json.loads((made.path / backup.MANIFEST).read_text())
    said["files"][name] = {"size": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    (made.path / backup.MANIFEST).write_text(json.dumps(said))
    with pytest.raises(BadDocument, match="is missing or was changed"):
        backup.read(made.path)


@pytest.mark.parametrize("text_", ["", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_a_manifest_that_is_none_is_explained(text_: str, tmp_path: Path) -> None:
    (tmp_path / backup.MANIFEST).write_text(text_)
    with pytest.raises(BadDocument, match=r"manifest|format 99"):
        backup.read(tmp_path)
    with pytest.raises(BadDocument, match="no backup"):
        backup.read(tmp_path / "nowhere")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with filled("sqlite", tmp_path / "one") as engine:
        made = backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW)
        with pytest.raises(ConfigError, match="is not empty"):
            backup.restore(made, engine, tmp_path / "pictures", now=NOW)
        with pytest.raises(ConfigError, match="is there already"):
            backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW)


@pytest.mark.postgres
def test_a_backup_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    with filled("sqlite", tmp_path / "one") as engine, fresh_url("postgresql", tmp_path) as url:
        made = backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW)
        target = db.open_engine(url)
        with pytest.raises(ConfigError, match=r"a backup of sqlite, storage\.url is postgresql"):
            backup.restore(made, target, tmp_path / "pictures", now=NOW)
        target.dispose()


def test_a_failed_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    with filled("sqlite", tmp_path / "one") as engine:
        with db.write(engine) as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        with pytest.raises(ConfigError, match="upgrade first"):
            backup.make(engine, tmp_path / "none", tmp_path / "backups", now=NOW)
    assert not list(tmp_path.glob("backups/*"))


def limited(
    engine: Engine, folder: Path, *, size: int, killed: bool = False, now: datetime = NOW
) -> subprocess.CompletedProcess[str]:
    """A backup by a process of its own that may write files of so many bytes only; `killed` by what is more."""
    url = engine.url.render_as_string(hide_password=False)
    code = (
        "import resource, signal, sys, pathlib, datetime\n"
        "from digest.store import backup, db\n"
        f"signal.signal(signal.SIGXFSZ, signal.{'SIG_DFL' if killed else 'SIG_IGN'})\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        f"backup.make(db.open_engine({url!r}), pathlib.Path({str(folder / 'none')!r}), "
        f"pathlib.Path({str(folder / 'backups')!r}), now=datetime.datetime.fromisoformat({now.isoformat()!r}))\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_what_a_killed_backup_left_is_no_backup_and_goes_with_the_next_one(tmp_path: Path) -> None:
    """Whoever looks for the newest one, by the how-to's `ls -d backups/digest-*`, finds whole ones only."""
    folder = tmp_path / "backups"
    with filled("sqlite", tmp_path / "one") as engine:
        whole = backup.make(engine, tmp_path / "none", folder, now=NOW)
        assert limited(engine, tmp_path, size=100_000, killed=True, now=NOW + timedelta(days=1)).returncode < 0
        left = sorted(folder.iterdir())
        assert len(left) == 2
        assert sorted(folder.glob("digest-*")) == [whole.path]
        # Of a version that called it so.
        (folder / "digest-20261124T060000Z.part").mkdir()
        begun = folder / ".digest-20261124T070000Z.part"
        begun.mkdir()
        handle = os.open(begun, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        made = backup.make(engine, tmp_path / "none", folder, now=NOW + timedelta(days=3))
        assert sorted(folder.iterdir()) == [begun, whole.path, made.path], "one that is being written stays"
        os.close(handle)
        last = backup.make(engine, tmp_path / "none", folder, now=NOW + timedelta(days=4))
        assert sorted(folder.iterdir()) == [whole.path, made.path, last.path]


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_that_the_disk_does_not_take_says_what_to_do(kind: str, tmp_path: Path) -> None:
    with filled(kind, tmp_path / "one") as engine:
        done = limited(engine, tmp_path, size=100)
        last = done.stderr.splitlines()[-1]
    assert "StorageFailed: no backup was made in " in last
    assert last.endswith("make room there, or name a folder on another disk")
    assert not list((tmp_path / "backups").iterdir())
