"""What a sender leaves behind that ends in the middle of a mailing: as few in doubt as were on the wire, none twice."""

from __future__ import annotations

import fcntl
import multiprocessing
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from digest.model.delivery import Account, ChunkState
from digest.ports import App
from digest.providers.smtp import SmtpProvider
from digest.store import db, schema
from digest.store.journal import FileJournal
from digest.store.tx import Store
from digest.workflow.send.deliver import drain, send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from digest.workflow.send.strides import FEWEST, Strides
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import KINDS, fresh_url
from tests.digest.workflow.mailings import chunks, mailing, numbers
from tests.servers.smtp_sink import Fault, SmtpSink

CONNECTIONS = 4
READERS = 60
SECONDS = 60
"""How long anything may take on the busiest machine."""
SLOW = 0.25
"""Seconds that the server takes for each message: four a second, so that a call holds four readers and no more."""


QUICK = 0.02
"""The same for a server whose calls hold some fifty readers each."""


def app_of(store: Store, port: int, *, owner: str, gone: frozenset[str] = frozenset(), var: Path | None = None) -> App:
    provider = SmtpProvider(host="127.0.0.1", port=port, connections=CONNECTIONS, parting=0.0)
    app = app_on(store, provider=provider, owner=owner, gone=gone)
    return replace(app, journal=FileJournal(var)) if var else app


def sender(url: str, port: int, var: Path | None) -> None:
    """What the process does that is killed."""
    send(app_of(Store(db.open_engine(url)), port, owner="killed", var=var), EDITION)


def killed(kind: str, folder: Path, *, readers: int, seconds: float, var: Path | None) -> Account:
    """The account after a process was killed in the middle of a mailing and another one went on; none is twice."""
    with fresh_url(kind, folder) as url, SmtpSink() as sink:
        sink.before_final = lambda: time.sleep(seconds)
        engine = db.open_engine(url)
        schema.upgrade(engine)
        store = Store(engine)
        approve_plainly(store)
        people(store, readers)
        app = app_of(store, sink.port, owner="after", gone=frozenset({"killed"}), var=var)
        plan(app, EDITION)
        process = multiprocessing.get_context("spawn").Process(target=sender, args=(url, sink.port, var))
        process.start()
        deadline = time.monotonic() + SECONDS
        while len(sink.taken) < readers // 3 and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.join()
        assert len(sink.taken) < readers, "the send was over before it could be killed"
        # What stands in the server's hands now is taken, and what the dead process had only claimed is not.
        sink.before_final = lambda: None
        drain(app, EDITION)
        found = account(app, EDITION)
        assert found.adds_up
        assert found.held > 0
        assert found.accepted == readers - found.held
        assert max(Counter(one.reader for one in sink.taken).values()) == 1
        app.provider.close()
        engine.dispose()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_sender_leaves_in_doubt_what_was_on_the_wire_and_no_more(kind: str, tmp_path: Path) -> None:
    found = killed(kind, tmp_path, readers=300, seconds=QUICK, var=tmp_path / "calls")
    assert found.held <= CONNECTIONS
    assert list((tmp_path / "calls").iterdir()) == [], "the ledger knows it all"


def test_on_another_machine_it_is_a_second_of_work_and_not_whole_calls(tmp_path: Path) -> None:
    """Nobody there can read what the dead one wrote down."""
    found = killed("sqlite", tmp_path, readers=60, seconds=SLOW, var=None)
    assert found.held <= CONNECTIONS * FEWEST


def test_a_process_that_is_asked_to_end_records_what_it_waited_for(store: Store) -> None:
    reached = threading.Event()
    with SmtpSink(faults=[Fault.TAKEN_HANG] * CONNECTIONS) as sink:
        approve_plainly(store)
        people(store, READERS)
        app = replace(app_of(store, sink.port, owner="ending"), stopping=reached.is_set)
        plan(app, EDITION)
        sink.before_final = lambda: reached.set() if len(sink.taken) == CONNECTIONS else None
        drain(app, EDITION)
        app.provider.close()
    with store.read() as tx:
        doubtful = tx.ledger.chunks(mailing(app).id, ChunkState.IN_DOUBT)
    assert [chunk.size for chunk in doubtful] == [1] * CONNECTIONS
    assert "this process had to end" in doubtful[0].note
    assert numbers(account(app, EDITION)) == {"in_doubt": CONNECTIONS, "ready": READERS - CONNECTIONS}


def test_a_call_is_about_a_second_of_work() -> None:
    strides = Strides()
    assert strides.most("smtp") == FEWEST
    strides.took("smtp", 4, 0.001)
    assert strides.most("smtp") == 4_000
    strides.took("smtp", 100, 10.0)
    assert strides.most("smtp") == 10
    strides.took("smtp", 0, 30.0)
    assert strides.most("smtp") == 10, "nobody was mailed, and nothing measured"
    strides.took("smtp", 3, 30.0)
    assert strides.most("smtp") == FEWEST
    strides.took("smtp", 100, 0.1)
    strides.forget("smtp")
    assert strides.most("smtp") == FEWEST
    assert strides.most("ses") == FEWEST


def test_what_was_cut_from_a_call_goes_out_too(store: Store) -> None:
    with SmtpSink() as sink:
        approve_plainly(store)
        people(store, READERS)
        app = app_of(store, sink.port, owner="one")
        plan(app, EDITION)
        with store.read() as tx:
            assert [chunk.size for chunk in tx.ledger.chunks(mailing(app).id)] == [READERS]
        send(app, EDITION)
        app.provider.close()
        assert numbers(account(app, EDITION)) == {"accepted": READERS}
        assert len({one.reader for one in sink.taken}) == len(sink.taken) == READERS


def test_who_was_given_up_for_dead_before_the_first_byte_mails_nobody(store: Store, tmp_path: Path) -> None:
    """Somebody reads what the call came to in the very moment in which it is about to begin."""
    with SmtpSink() as sink:
        approve_plainly(store)
        people(store, READERS)
        app = app_of(store, sink.port, owner="slow to begin", var=tmp_path)
        plan(app, EDITION)
        (chunk,) = chunks(app)
        with (tmp_path / f"{chunk.id}.1").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            send(app, EDITION)
        app.provider.close()
        found = numbers(account(app, EDITION))
        assert found == {"sending": FEWEST, "accepted": READERS - FEWEST}
        assert len(sink.taken) == READERS - FEWEST
