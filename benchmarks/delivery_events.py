"""How fast events are taken and applied: `python -m benchmarks.delivery_events [sqlite] [postgresql]`.

Posts of 1,000 signed events each, in random order of the readers: verified and kept as the web page does it, then
applied as the sweep does it. Beside it the bare limit: prepared rows inserted with the same driver, and nothing else.
PostgreSQL is the server that the tests use, at DIGEST_TEST_POSTGRES; where there is none, one is started.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from digest.model.delivery import PlannedGroup
from digest.model.mail import Variant
from digest.ports import App
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tables import feedback
from digest.store.tx import Store
from digest.workflow.feedback.events import apply_posts, receive
from tests.builders import app_on, approve_plainly
from tests.databases import POSTGRES, fresh_engine
from tests.fakes import MORNING, FakeClock, ScriptedProvider
from tests.servers.postgres import PrivatePostgres
from tests.servers.sendgrid_hooks import HookSigner, post

POSTS = 40
EACH = 1_000
SIGNER = HookSigner()
KINDS = ("processed", "delivered")


def main() -> None:
    """Print the rows of the databases that are named, or of both."""
    print(f"load of the machine {os.getloadavg()[0]:.1f}; {POSTS} posts of {EACH:,} events")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for kind in sys.argv[1:] or ("sqlite", "postgresql"):
            if kind == "postgresql" and not os.environ.get(POSTGRES):
                server = PrivatePostgres()
                stack.callback(server.stop)
                os.environ[POSTGRES] = server.url
            _one(kind, stack.enter_context(fresh_engine(kind, Path(folder))))


def _one(kind: str, engine: Engine) -> None:
    store = Store(engine)
    app = app_on(
        store, provider=ScriptedProvider(), clock=FakeClock(), feedback={"sendgrid": SendGridEvents(SIGNER.public_key)}
    )
    posts = _posts(app, _plan(store, POSTS * EACH // len(KINDS)))
    events = sum(map(len, posts))
    signed = [(body := post(one), SIGNER.headers(body, MORNING)) for one in posts]
    began, processor = time.perf_counter(), time.process_time()
    for body, headers in signed:
        receive(app, "sendgrid", headers, body)
    _row(f"{kind}: verified and kept", events, began, processor)
    began, processor = time.perf_counter(), time.process_time()
    applied = apply_posts(app)
    assert (applied.events, applied.new, applied.unknown) == (events, events, 0), applied
    _row(f"{kind}: applied", events, began, processor)
    for body, headers in signed[:10]:
        receive(app, "sendgrid", headers, body)
    began, processor = time.perf_counter(), time.process_time()
    applied = apply_posts(app)
    assert (applied.events, applied.new) == (10 * EACH, 0), applied
    _row(f"{kind}: applied again, nothing new", applied.events, began, processor)
    _bare(kind, engine, events)


def _plan(store: Store, readers: int) -> int:
    """A mailing of so many readers; who they are does not matter here."""
    approve_plainly(store)
    with store.begin() as tx:
        tx.audience.ensure_list("world", "World", MORNING)
        groups = [PlannedGroup(variant=Variant(language="en").key, due_at=MORNING, subscribers=range(1, readers + 1))]
        made = tx.ledger.plan(
            edition="world/2026-11-23", list_slug="world", groups=groups, skipped={}, chunk_size=1_000, now=MORNING
        )
    return made.id


def _posts(app: App, mailing: int) -> list[list[dict[str, object]]]:
    readers = POSTS * EACH // len(KINDS)
    with app.read() as tx:
        first = tx.ledger.chunks(mailing)[0].first_seq
    events = [
        {
            "email": f"reader{seq}@readers.example", "event": kind, "timestamp": int(MORNING.timestamp()) + place,
            "sg_event_id": f"{kind}-{seq}", "sg_message_id": "x.filter", "response": "250 OK", "smtp-id": "<x>",
            "delivery": app.links.delivery_key(mailing, seq), "chunk": "1.1", "category": ["world"],
        }
        for place, kind in enumerate(KINDS)
        for seq in range(first, first + readers)
    ]  # fmt: skip
    random.Random(5).shuffle(events)
    return [events[start : start + EACH] for start in range(0, len(events), EACH)]


def _bare(kind: str, engine: Engine, events: int) -> None:
    rows = [
        {
            "event_key": f"{number:040}", "provider": "x", "kind": "delivered", "received_at": MORNING, "mailing_id": 1,
            "at": MORNING + timedelta(seconds=number), "seq": number,
        }
        for number in range(events)
    ]  # fmt: skip
    random.Random(6).shuffle(rows)
    began, processor = time.perf_counter(), time.process_time()
    with engine.begin() as conn:
        for start in range(0, events, EACH):
            conn.execute(insert(feedback), rows[start : start + EACH])
    _row(f"{kind}: bare, prepared rows inserted", events, began, processor)


def _row(name: str, events: int, began: float, processor: float) -> None:
    wall, spent = time.perf_counter() - began, time.process_time() - processor
    print(
        f"  {name:42} {events / wall:10,.0f} events/s on the clock  {spent / events * 1e6:6.1f} us of processor each",
        flush=True,
    )


if __name__ == "__main__":
    main()
