"""Imports in the background: begun, carried out by the clock, stopped, taken up, and their files cleared away."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from digest.model.errors import BadDocument, NotFound
from digest.ports import App
from digest.store import imports as storing
from digest.store.db import open_engine
from digest.store.imports import StoredImports
from digest.store.tx import Store
from digest.workflow.clock.alarms import watch
from digest.workflow.readers.imports import (
    LEFT_AFTER,
    NOBODY_COMES,
    begin_import,
    bring_in,
    carry_imports,
    carry_left_imports,
    go_on,
    import_of,
    import_troubles,
    recent_imports,
    stop_import,
)
from subscribers.tables import imports, subscribers
from subscribers.transfer.carrying import LEASE
from subscribers.transfer.jobs import ImportJob
from tests.builders import KEY, app_on
from tests.databases import fresh_engine
from tests.digest.workflow.mailings import clock_of, logged
from tests.fakes import ScriptedProvider

ROWS = 11_000
FILE = ("email,sections\n" + "".join(f"r{n}@mail.example,asia\n" for n in range(ROWS)) + "nonsense,\n").encode()


def office(store: Store, folder: Path, **changes: Any) -> App:
    """An app that keeps imports in the folder, with the list `world`."""
    app = replace(
        app_on(store, provider=ScriptedProvider()),
        imports=StoredImports(store.engine, folder / "imports", erasure_key=KEY),
        **changes,
    )
    with app.begin() as tx:
        tx.audience.ensure_list("world", "World", app.clock())
    return app


def begin(app: App, file: bytes = FILE, **changes: Any) -> ImportJob:
    asked = {"file_name": "readers.csv", "list_slug": "world", "consent": "a form", "by": "ann", **changes}
    return begin_import(app, io.BytesIO(file), **asked)


def readers(store: Store) -> int:
    with store.read() as tx:
        return int(tx.connection.execute(select(func.count()).select_from(subscribers)).scalar_one())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "imports").iterdir())


def after(batches: int) -> Callable[[], bool]:
    """A process that begins to end once so many batches are done."""
    asked = 0

    def stopping() -> bool:
        nonlocal asked
        asked += 1
        # Once before the import is begun, and once after each batch.
        return asked > batches

    return stopping


def test_it_waits_is_carried_out_and_its_file_goes(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app)
    assert (job.state, job.share, job.by, readers(store)) == ("waiting", 0.0, "ann", 0)
    (kept,) = files(tmp_path)
    assert stat.S_IMODE((tmp_path / "imports" / kept).stat().st_mode) == 0o600
    (done,) = carry_imports(app)
    assert (done.id, done.state, done.share, done.rows_done) == (job.id, "done", 1.0, ROWS + 1)
    assert readers(store) == ROWS
    seen = import_of(app, job.id)
    assert [problem.line for problem in seen.problems] == [ROWS + 2]
    assert files(tmp_path) == []
    assert carry_imports(app) == ()
    assert recent_imports(app, "world") == (done,)
    assert logged(store, "import.begun") == ["import.begun"]


def test_a_process_that_ends_leaves_it_to_the_next_one(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app)
    (paused,) = carry_imports(replace(app, stopping=after(1)))
    assert (paused.state, paused.rows_done, readers(store)) == ("waiting", 5_000, 5_000)
    (done,) = carry_imports(replace(app, owner="another"))
    assert (done.id, done.state, readers(store)) == (job.id, "done", ROWS)


def test_a_rehearsal_is_brought_in_afterwards(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    rehearsal = begin(app, dry_run=True)
    carry_imports(app)
    seen = import_of(app, rehearsal.id)
    assert (seen.job.state, seen.job.numbers["counts"]["add"], readers(store)) == ("done", ROWS, 0)
    opened = bring_in(app, rehearsal.id, by="ann")
    assert (opened.id != rehearsal.id, opened.state, opened.dry_run) == (True, "waiting", False)
    carry_imports(app)
    assert readers(store) == ROWS
    assert files(tmp_path) == []
    with pytest.raises(NotFound, match="not kept any more"):
        bring_in(app, rehearsal.id, by="ann")


def test_one_that_is_stopped_is_left_alone_until_somebody_goes_on_with_it(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app)
    assert stop_import(app, job.id, by="ann")
    assert carry_imports(app) == ()
    assert go_on(app, job.id, by="ann").state == "waiting"
    carry_imports(app)
    assert readers(store) == ROWS
    assert not stop_import(app, job.id, by="ann")
    assert logged(store, "import.stopped", "import.taken_up") == ["import.stopped", "import.taken_up"]


def test_the_same_file_again_takes_the_same_import_up(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app)
    assert begin(app).id == job.id
    stop_import(app, job.id, by="ann")
    assert (begin(app).id, begin(app).state) == (job.id, "waiting")
    assert begin(app, consent="another way").id != job.id
    assert len(files(tmp_path)) == 1


def test_a_file_of_no_use_is_refused_at_once_and_not_kept(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    with pytest.raises(BadDocument, match="no column `email`"):
        begin(app, b"name\nAna\n")
    with pytest.raises(NotFound, match="there is no list 'moon'"):
        begin(app, list_slug="moon")
    assert files(tmp_path) == []
    assert recent_imports(app) == ()


def test_the_notes_say_how_the_file_is_read(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app, b"Courriel,plan\nana@mail.example,gift\n", columns={"Courriel": "email"})
    assert import_of(app, job.id).notes == ("Column `plan` is kept as a custom attribute.",)


def test_the_newsletters_sections_are_the_ones_that_count(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    job = begin(app, b"email,sections\nana@mail.example,sport\n")
    carry_imports(app)
    (problem,) = import_of(app, job.id).problems
    assert "unknown section 'sport'" in problem.reason


def test_an_import_whose_file_lies_elsewhere_holds_up_no_other(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    here = replace(app, imports=StoredImports(store.engine, tmp_path / "here", erasure_key=KEY))
    elsewhere = begin(app)
    mine = begin(here, b"email\nana@mail.example\n")
    assert [one.id for one in carry_imports(here)] == [mine.id]
    assert import_of(app, elsewhere.id).job.state == "waiting"


def test_files_that_nobody_comes_back_for_go(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    begin(app, dry_run=True)
    carry_imports(app)
    stopped = begin(app, b"email\nana@mail.example\n")
    stop_import(app, stopped.id, by="ann")
    carry_imports(app)
    assert len(files(tmp_path)) == 2
    clock_of(app).now += storing.REHEARSED_KEPT + timedelta(minutes=1)
    carry_imports(app)
    assert len(files(tmp_path)) == 1
    clock_of(app).now += storing.UNFINISHED_KEPT
    carry_imports(app)
    assert files(tmp_path) == []
    with pytest.raises(NotFound, match="give it again"):
        go_on(app, stopped.id, by="ann")


def _import_slowly(url: str, folder: str) -> None:
    app = office(Store(open_engine(url)), Path(folder), owner="child")
    # It looks whether it shall end after each batch: there it is slow for ever.
    carry_imports(replace(app, stopping=_slowly()))


def _slowly() -> Callable[[], bool]:
    first = after(1)

    def stopping() -> bool:
        if first():
            time.sleep(600)
        return False

    return stopping


def test_kill_9_in_the_middle_and_the_clock_goes_on(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        store = Store(engine)
        app = office(store, tmp_path)
        job = begin(app)
        child = multiprocessing.get_context("spawn").Process(
            target=_import_slowly, args=(str(engine.url), str(tmp_path))
        )
        child.start()
        deadline = time.monotonic() + 60
        while import_of(app, job.id).job.rows_done == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        killed = import_of(app, job.id).job
        assert (killed.state, killed.rows_done, readers(store)) == ("running", 5_000, 5_000)
        # Nobody can know yet that it is dead: it is left alone.
        assert carry_imports(app) == ()
        (done,) = carry_imports(replace(app, is_gone=lambda owner: owner == "child"))
        assert (done.state, done.rows_done, readers(store)) == ("done", ROWS + 1, ROWS)
        assert done.numbers["counts"]["add"] == ROWS


def test_an_import_that_no_clock_sees_is_an_alarm(store: Store, tmp_path: Path) -> None:
    web, clock = office(store, tmp_path / "web"), office(store, tmp_path / "clock")
    job = begin(web)
    assert carry_imports(clock) == ()
    begun = clock_of(clock).now
    clock_of(clock).now = clock_of(web).now = begun + NOBODY_COMES - timedelta(seconds=1)
    assert list(import_troubles(clock, clock.clock())) == []
    assert not import_of(web, job.id).left
    clock_of(clock).now = clock_of(web).now = begun + NOBODY_COMES
    (found,) = import_troubles(clock, clock.clock())
    assert (found.key, "no clock sees it" in found.why) == (f"import/{job.id}", True)
    assert found.key in {trouble.key for trouble in watch(clock).standing}
    # Where the file lies it is known that it is there: then something else is wrong.
    assert "the log says why" in next(import_troubles(web, web.clock())).why
    assert import_of(web, job.id).left
    carry_imports(web)
    assert list(import_troubles(clock, clock.clock())) == []
    assert not import_of(web, job.id).left


def test_an_import_waits_its_turn_without_an_alarm(store: Store, tmp_path: Path) -> None:
    app = office(store, tmp_path)
    first = begin(app).id
    second = begin(app, b"email\none@mail.example\n", file_name="other.csv").id
    clock_of(app).now += 2 * NOBODY_COMES
    assert len(list(import_troubles(app, app.clock()))) == 2
    now = app.clock()
    with app.begin() as tx:
        taken = {"state": "running", "owner": "somebody", "lease_until": now + timedelta(minutes=5)}
        tx.connection.execute(update(imports).where(imports.c.id == first).values(**taken))  # type: ignore[attr-defined]
    assert list(import_troubles(app, now)) == []
    # Whoever had it died: nothing is in hand any more.
    assert [one.key for one in import_troubles(app, now + timedelta(minutes=5))] == [f"import/{second}"]


def test_whoever_has_the_file_brings_it_in_where_no_clock_does(store: Store, tmp_path: Path) -> None:
    web, clock = office(store, tmp_path / "web"), office(store, tmp_path / "clock")
    job = begin(web, dry_run=True)
    assert carry_left_imports(web) == ()
    clock_of(web).now += LEFT_AFTER
    assert carry_left_imports(clock) == ()
    assert [one.id for one in carry_left_imports(web)] == [job.id]
    assert import_of(web, job.id).job.state == "done"
    # What nobody asks for any more does not stay for want of a clock.
    assert len(files(tmp_path / "web")) == 1
    clock_of(web).now += storing.REHEARSED_KEPT + timedelta(seconds=1)
    carry_left_imports(web)
    assert files(tmp_path / "web") == []


def test_what_a_killed_server_of_pages_had_in_hand_is_gone_on_with(store: Store, tmp_path: Path) -> None:
    web, clock = office(store, tmp_path / "web"), office(store, tmp_path / "clock")
    job = begin(web)
    now = web.clock()
    with web.begin() as tx:
        taken = {"state": "running", "owner": "killed", "lease_until": now + LEASE, "updated_at": now}
        tx.connection.execute(update(imports).where(imports.c.id == job.id).values(**taken))  # type: ignore[attr-defined]
    assert carry_left_imports(web) == ()
    clock_of(clock).now = clock_of(web).now = now + LEASE + NOBODY_COMES - timedelta(seconds=1)
    assert list(import_troubles(clock, clock.clock())) == []
    clock_of(clock).now = clock_of(web).now = now + LEASE + NOBODY_COMES
    assert [one.key for one in import_troubles(clock, clock.clock())] == [f"import/{job.id}"]
    assert import_of(web, job.id).left
    assert carry_left_imports(clock) == ()
    assert [(one.id, one.state) for one in carry_left_imports(web)] == [(job.id, "done")]
    assert readers(store) == ROWS
    assert list(import_troubles(clock, clock.clock())) == []
