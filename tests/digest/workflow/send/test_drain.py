"""What a drain asks of the database: so much for each call, and nothing that grows with the mailing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from digest.model.delivery import ChunkState, DeliveryStatus, MailingState, PlannedGroup
from digest.model.errors import OutcomeUnknown
from digest.model.newsletter import OnDoubt
from digest.ports import App
from digest.store.feedback import ASKED
from digest.store.tables import chunks
from digest.store.tx import Store
from digest.workflow.send.deliver import drain, send
from digest.workflow.send.doubts import BEYOND_BELIEF, share_of_silent
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, crowd
from tests.digest.workflow.mailings import counts, everybody_once, mailing, ready
from tests.fakes import MORNING, ScriptedProvider

CALL = 1_000
STATEMENTS_A_CALL = 15
"""Claim, gate, list, the look before the call, record, and what begins each of these transactions."""


@dataclass
class Work:
    """What was asked of the database."""

    statements: int = 0
    work: int = 0
    """Rows that PostgreSQL's queries read of the ledger, or hundreds of steps of SQLite's machine."""


def rows_read(plan_of: dict[str, Any]) -> int:
    """Rows of the ledger that a plan that was run has read."""
    read = 0
    if plan_of.get("Relation Name", "").startswith(("deliveries", "chunks")):
        each = plan_of["Actual Rows"] + plan_of.get("Rows Removed by Filter", 0)
        read = int(each * plan_of["Actual Loops"])
    return read + sum(rows_read(inner) for inner in plan_of.get("Plans", ()))


@contextmanager
def counted(engine: Engine) -> Iterator[Work]:
    """Counts while it is open."""
    found, counting = Work(), True

    def step() -> int:
        # It stays on its connection, and counts rows as they are fetched.
        found.work += counting
        return 0

    def before(conn: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        found.statements += 1
        driver: Any = conn.connection.driver_connection
        if engine.dialect.name == "sqlite":
            driver.set_progress_handler(step, 100)
        elif statement.split(None, 1)[0] == "SELECT":
            with driver.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
                (row,) = cursor.fetchone()
            found.work += rows_read((row if isinstance(row, list) else json.loads(row))[0]["Plan"])

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)
        counting = False


def draining(store: Store, readers: int) -> tuple[App, ScriptedProvider]:
    """A planned mailing to so many, a thousand a call, by a process that is asked to end while it makes its call."""
    approve_plainly(store)
    crowd(store, readers)
    provider = ScriptedProvider(batch_size=CALL)
    app = app_on(store, provider=provider)
    plan(app, EDITION)
    return replace(app, stopping=until_calls(provider, 1)), provider


def until_calls(provider: ScriptedProvider, calls: int) -> Callable[[], bool]:
    """Asked to end after so many more calls."""
    before = len(provider.calls)
    return lambda: len(provider.calls) >= before + calls


def test_a_drain_of_one_call_asks_no_more_of_a_large_mailing_than_of_a_small_one(engine: Engine, store: Store) -> None:
    asked: dict[int, Work] = {}
    for readers in (2 * CALL, 20 * CALL):
        # A database without the other's rows, which the fixture gives once.
        with engine.begin() as conn:
            for table in reversed(chunks.metadata.sorted_tables):
                conn.execute(table.delete())
        app, provider = draining(store, readers)
        with counted(engine) as found:
            assert drain(app, EDITION).calls == 1
        asked[readers] = found
    small, large = asked.values()
    assert large.statements == small.statements
    # Ten times the mailing: one read of all its rows would be eighteen thousand more on the one database, and twice
    # the steps on the other.
    assert large.work < 1.2 * small.work, asked
    # And what each further call of the same drain adds.
    app = replace(app, stopping=until_calls(provider, 4))
    with counted(engine) as more:
        assert drain(app, EDITION).calls == 4
    assert (more.statements - large.statements) / 3 <= STATEMENTS_A_CALL
    assert (more.work - large.work) / 3 <= 1.2 * small.work


def test_the_last_of_many_drains_closes_the_mailing(store: Store) -> None:
    app = ready(store, ScriptedProvider(batch_size=10), readers=25)
    for _ in range(3):
        provider = app.provider
        assert isinstance(provider, ScriptedProvider)
        assert mailing(app).state is not MailingState.CLOSED
        drain(replace(app, stopping=until_calls(provider, 1)), EDITION)
    assert mailing(app).state is MailingState.CLOSED
    assert everybody_once(25, app.provider)  # type: ignore[arg-type]  # as above
    assert drain(app, EDITION).calls == 0


def calls_of_four(store: Store, calls: int, *, heard: Callable[[int, int], bool]) -> int:
    """A mailing of calls with four readers each, one a second, all taken. Returns its id.

    `heard(call, place)`: who of them the provider has spoken of.
    """
    with store.begin() as tx:
        groups = [PlannedGroup(variant="en", due_at=MORNING, subscribers=list(range(1, 4 * calls + 1)))]
        made = tx.ledger.plan(
            edition=str(EDITION), list_slug="world", groups=groups, skipped={}, chunk_size=4, now=MORNING
        )
        of = tx.ledger.chunks(made.id)
        for call, chunk in enumerate(of):
            values = {"state": ChunkState.ACCEPTED, "provider": "x", "sent_at": MORNING + timedelta(seconds=call)}
            tx.connection.execute(chunks.update().where(chunks.c.id == chunk.id).values(values))
        spoken = [4 * call + place for call in range(calls) for place in range(4) if heard(call, place)]
        tx.ledger.mark(made.id, dict.fromkeys(spoken, (DeliveryStatus.PROCESSED, "")), MORNING)
    return made.id


def test_the_latest_calls_say_how_many_are_never_heard_of(store: Store) -> None:
    # Of the old ones, which had the most time, everybody was heard of; of each of the latest three of four.
    calls_of_four(store, ASKED + 60, heard=lambda call, place: call < 60 or place > 0)
    later = MORNING + timedelta(hours=1)
    with store.read() as tx:
        assert tx.feedback.heard_before(later, MORNING - timedelta(days=1), "x") == (3 * ASKED, 4 * ASKED)
        # Up to an earlier instant: those before it.
        assert tx.feedback.heard_before(MORNING + timedelta(seconds=59), MORNING, "x") == (240, 240)
        assert tx.feedback.heard_before(later, MORNING, "y") == (0, 0)


@pytest.mark.parametrize(("asked", "readers"), [(4, 8), (40, 4), (800, 3), (200_000, 2), (1_000_000, 1)])
def test_who_asks_about_few_needs_more_silent_readers(asked: int, readers: int) -> None:
    """Everybody who was asked about was heard of: how many silent ones are no chance any more."""
    assert share_of_silent(asked, asked) ** readers <= BEYOND_BELIEF
    assert share_of_silent(asked, asked) ** (readers - 1) > BEYOND_BELIEF
    # Who asks about fewer believes less, so that no limit of the question makes a repeat out of a doubt.
    assert share_of_silent(asked // 2, asked // 2) > share_of_silent(asked, asked)


@pytest.mark.parametrize("rule", [OnDoubt.HOLD, OnDoubt.SKIP])
def test_whatever_the_odds_say_nothing_is_repeated_by_them(store: Store, rule: OnDoubt) -> None:
    """Nobody twice (P1): the taken call whose events are later than all belief is not made again."""
    scripted: list[ScriptedProvider] = []

    def taken(batch: Any) -> Any:
        scripted[0].take(batch)
        raise OutcomeUnknown("no answer")

    scripted.append(ScriptedProvider(script=iter([taken]), batch_size=3, events=True))
    app = ready(store, scripted[0], readers=24, on_doubt=rule)
    drain(app, EDITION)
    with app.begin() as tx:
        rest = range(3, 24)
        tx.ledger.mark(mailing(app).id, dict.fromkeys(rest, (DeliveryStatus.DELIVERED, "")), app.clock())
        tx.feedback.echo(mailing(app).id, rest, app.clock())
    for hours in (0.2, 0.2, 1, 3, 3, 12):
        app.wait(3_600 * hours)
        send(app, EDITION)
    assert len(scripted[0].calls) == 8
    assert everybody_once(24, scripted[0])
    assert counts(app)["delivered"] == 21
