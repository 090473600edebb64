"""What a sender leaves behind that ends in the middle of a mailing by a slow server: few in doubt, none twice."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from digest.model.delivery import ChunkState
from digest.ports import App
from digest.providers.smtp import SmtpProvider
from digest.store import db, schema
from digest.store.tx import Store
from digest.workflow.send.deliver import drain, send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from digest.workflow.send.strides import FEWEST, Strides
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import KINDS, fresh_url
from tests.digest.workflow.mailings import mailing, numbers
from tests.servers.smtp_sink import Fault, SmtpSink

CONNECTIONS = 4
READERS = 60
SECONDS = 60
"""How long anything may take on the busiest machine."""
SLOW = 0.25
"""Seconds that the server takes for each message: four a second, so that a call holds four readers and no more."""


def app_of(store: Store, port: int, *, owner: str, gone: frozenset[str] = frozenset()) -> App:
    provider = SmtpProvider(host="127.0.0.1", port=port, connections=CONNECTIONS, parting=0.0)
    return app_on(store, provider=provider, owner=owner, gone=gone)


def sender(url: str, port: int) -> None:
    """What the process does that is killed."""
    send(app_of(Store(db.open_engine(url)), port, owner="killed"), EDITION)


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_sender_leaves_a_second_of_work_in_doubt_and_not_whole_calls(kind: str, tmp_path: Path) -> None:
    with fresh_url(kind, tmp_path) as url, SmtpSink() as sink:
        sink.before_final = lambda: time.sleep(SLOW)
        engine = db.open_engine(url)
        schema.upgrade(engine)
        store = Store(engine)
        approve_plainly(store)
        people(store, READERS)
        app = app_of(store, sink.port, owner="after", gone=frozenset({"killed"}))
        plan(app, EDITION)
        process = multiprocessing.get_context("spawn").Process(target=sender, args=(url, sink.port))
        process.start()
        deadline = time.monotonic() + SECONDS
        while len(sink.taken) < READERS // 3 and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.join()
        assert len(sink.taken) < READERS, "the send was over before it could be killed"
        # What stands in the server's hands now is taken, and what the dead process had only claimed is not.
        sink.before_final = lambda: None
        drain(app, EDITION)
        found = account(app, EDITION)
        assert found.adds_up
        assert 0 < found.held <= CONNECTIONS * FEWEST
        assert found.accepted == READERS - found.held
        assert max(Counter(one.reader for one in sink.taken).values()) == 1
        app.provider.close()
        engine.dispose()


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
