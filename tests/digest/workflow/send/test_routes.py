"""How fast providers are called, who goes on where one fails, and that nobody is mailed by both."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.delivery import ChunkState, MailingState
from digest.model.errors import ConfigError, OutcomeUnknown, Transient, Unauthorised
from digest.model.newsletter import OnDoubt
from digest.model.throttle import Rates
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import resume
from digest.workflow.send.routes import Claimed, Route
from digest.workflow.send.sender import LEASE
from tests.builders import EDITION, app_on
from tests.databases import fresh_engine
from tests.digest.workflow.mailings import (
    chunks,
    clock_of,
    counts,
    everybody_once,
    logged,
    mailing,
    raises,
    ready,
    takes_and_raises,
)
from tests.fakes import MORNING, ScriptedProvider


def named(name: str, *answers: Exception, **options: object) -> ScriptedProvider:
    """A provider that fails with these first."""
    script = iter([raises(error) for error in answers])
    return ScriptedProvider(name=name, script=script, **options)  # type: ignore[arg-type]


def by_two(store: Store, first: ScriptedProvider, second: ScriptedProvider, **changes: object) -> App:
    """A planned mailing to 25 that goes by the first, and by the second where the first fails."""
    app = ready(store, first, **changes)
    both = {"first": first, "second": second}
    paper = replace(app.newsletters["world"], providers=tuple(both))
    return replace(app, providers=both, newsletters={"world": paper})


def pace(app: App, provider: ScriptedProvider) -> list[tuple[float, int]]:
    """Wrap the provider's `before` so that it notes when each call was made: (seconds since morning, readers)."""
    found: list[tuple[float, int]] = []
    clock = clock_of(app)
    provider.before = lambda: found.append(((clock() - MORNING).total_seconds(), len(provider.calls[-1].recipients)))
    return found


def test_calls_keep_the_pace(store: Store) -> None:
    provider = ScriptedProvider()
    app = ready(store, provider, rates={"scripted": Rates(per_second=0.5)})
    seen = pace(app, provider)
    send(app, EDITION)
    assert everybody_once(25, provider)
    # 0.5 readers a second, and no call of more readers than that: one every two seconds.
    assert {readers for _, readers in seen} == {1}
    assert all(after - before >= 2 for (before, _), (after, _) in itertools.pairwise(seen))
    assert seen[-1][0] == pytest.approx(48, abs=2)


def test_a_minute_holds_its_readers_and_one_call_more(store: Store) -> None:
    provider = ScriptedProvider()
    app = ready(store, provider, rates={"scripted": Rates(per_minute=10)})
    seen = pace(app, provider)
    for _ in range(3):
        send(app, EDITION)
        clock_of(app).wait(60)
    assert everybody_once(25, provider)
    for begin, _ in seen:
        assert sum(readers for at, readers in seen if begin <= at < begin + 60) <= 10


def test_two_senders_share_one_pace(store: Store) -> None:
    provider = ScriptedProvider()
    rates = {"scripted": Rates(per_second=10)}
    app = ready(store, provider, rates=rates)
    other = app_on(store, provider=provider, clock=clock_of(app), owner="other", rates=rates)
    seen = pace(app, provider)
    # The second begins in the middle of the first one's calls, and finds what they still owe.
    begun: list[int] = []
    note = provider.before

    def meanwhile() -> None:
        note()
        if not begun:
            begun.append(len(provider.calls))
            send(other, EDITION)

    provider.before = meanwhile
    send(app, EDITION)
    assert everybody_once(25, provider)
    assert seen[-1][0] >= 1.9


def test_the_warm_up_leaves_the_rest_to_the_next_days(store: Store) -> None:
    provider = ScriptedProvider()
    rates = Rates(warm_up=(4, 11), warm_up_from=MORNING.date())
    app = ready(store, provider, rates={"scripted": rates})
    sent = send(app, EDITION)
    assert len(provider.taken) == 4
    assert counts(app) == {"accepted": 4, "ready": 21}
    assert sent.waiting_until is not None
    assert sent.waiting_until.date() == MORNING.date() + timedelta(days=1)
    clock_of(app).now = sent.waiting_until
    send(app, EDITION, late=True)
    assert len(provider.taken) == 15
    clock_of(app).wait(86_400)
    send(app, EDITION, late=True)
    assert everybody_once(25, provider)
    assert counts(app) == {"accepted": 25}


def test_the_breaker_opens_asks_a_few_readers_and_closes(store: Store) -> None:
    provider = named("scripted", *[Transient("503")] * 3, batch_size=25)
    app = ready(store, provider, rates={"scripted": Rates(breaker_failures=3, breaker_seconds=50)})
    seen = pace(app, provider)
    send(app, EDITION)
    assert everybody_once(25, provider)
    # Three failures, fifty seconds of peace, ten readers to ask whether it is back, and then the others.
    assert [readers for _, readers in seen] == [25, 25, 25, 10, 15]
    assert seen[3][0] - seen[2][0] >= 50
    assert logged(store, "provider.rests") == ["provider.rests"]


def test_while_the_breaker_is_open_no_other_sender_calls(store: Store) -> None:
    provider = named("scripted", *[OutcomeUnknown("503")] * 9, events=True)
    rates = {"scripted": Rates(breaker_failures=2, breaker_seconds=600)}
    app = ready(store, provider, readers=60, rates=rates)
    send(app, EDITION)
    assert len(provider.calls) == 2
    other = app_on(store, provider=provider, clock=clock_of(app), owner="other", rates=rates)
    waiting = send(other, EDITION)
    assert len(provider.calls) == 2
    assert counts(app) == {"in_doubt": 20, "ready": 40}
    assert waiting.waiting_until == MORNING + timedelta(seconds=600)


def test_a_refused_key_pauses_and_is_told_once(store: Store) -> None:
    provider = named("scripted", *[Unauthorised("401: who are you")] * 8, concurrency=4)
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert mailing(app).state is MailingState.PAUSED
    assert "401" in mailing(app).reason
    assert "401" in sent.problem
    assert counts(app) == {"ready": 25}
    assert logged(store, "mailing.paused") == ["mailing.paused"]
    calls = len(provider.calls)
    # Quiet: the clock leaves it alone until a person says so.
    assert send(app, EDITION, resume=False).calls == 0
    assert len(provider.calls) == calls
    provider.script = iter(())
    clock_of(app).wait(120)
    resume(app, EDITION, by="ann")
    send(app, EDITION, resume=False)
    assert everybody_once(25, provider)


def test_a_second_provider_goes_on_where_the_key_of_the_first_is_refused(store: Store) -> None:
    first, second = named("first", Unauthorised("401")), named("second")
    app = by_two(store, first, second)
    send(app, EDITION)
    assert everybody_once(25, first, second)
    assert first.taken == []
    assert {one.provider for one in chunks(app)} == {"second"}
    assert logged(store, "provider.refused", "mailing.paused") == ["provider.refused"]
    assert mailing(app).state is MailingState.CLOSED


def test_where_both_keys_are_refused_the_mailing_pauses(store: Store) -> None:
    first, second = named("first", Unauthorised("401")), named("second", Unauthorised("403"))
    app = by_two(store, first, second)
    send(app, EDITION)
    assert mailing(app).state is MailingState.PAUSED
    assert counts(app) == {"ready": 25}
    clock_of(app).wait(60)
    send(app, EDITION)
    assert everybody_once(25, first, second)


def test_a_second_provider_takes_what_nobody_has_and_never_what_is_in_doubt(store: Store) -> None:
    lost: list[ScriptedProvider] = []
    first = ScriptedProvider(
        name="first",
        events=True,
        script=iter([takes_and_raises(lost, OutcomeUnknown("reset")), raises(Transient("503"))]),
    )
    lost.append(first)
    second = named("second", events=True)
    app = by_two(store, first, second, rates={"first": Rates(breaker_failures=2, breaker_seconds=900)})
    send(app, EDITION)
    # The call without an answer was taken: it stays with the first, in doubt. The others go by the second.
    assert counts(app) == {"in_doubt": 10, "accepted": 15}
    assert everybody_once(25, first, second)
    by_state = {one.state: one.provider for one in chunks(app)}
    assert by_state == {ChunkState.IN_DOUBT: "first", ChunkState.ACCEPTED: "second"}


def test_a_doubt_that_is_sent_again_by_rule_goes_to_the_provider_that_may_have_it(store: Store) -> None:
    first = named("first", OutcomeUnknown("reset"), *[Transient("503")] * 2)
    second = named("second")
    app = by_two(
        store, first, second, on_doubt=OnDoubt.RESEND, rates={"first": Rates(breaker_failures=1, breaker_seconds=300)}
    )
    send(app, EDITION)
    assert len(second.taken) == 15
    for _ in range(4):
        clock_of(app).wait(900)
        send(app, EDITION)
    assert everybody_once(25, first, second)
    assert len(first.taken) == 10
    # The one with the doubt has carried its key to the first all the time: there it is one message (P1).
    keys = {r.delivery for call in first.calls for r in call.recipients if r.email in first.taken}
    assert len(keys) == 10


def test_a_slow_provider_is_waited_for_and_not_replaced(store: Store) -> None:
    first, second = named("first"), named("second")
    app = by_two(store, first, second, rates={"first": Rates(per_day=12)})
    send(app, EDITION)
    assert len(first.taken) == 12
    assert second.calls == []
    clock_of(app).wait(86_400)
    send(app, EDITION, late=True)
    assert second.calls == []


def test_when_the_first_is_back_it_takes_what_is_left(store: Store) -> None:
    first, second = named("first", Transient("503")), named("second")
    app = by_two(store, first, second, rates={"first": Rates(breaker_failures=1, breaker_seconds=60)})
    clock = clock_of(app)
    second.before = lambda: clock.wait(45)
    send(app, EDITION)
    assert everybody_once(25, first, second)
    assert first.taken
    assert second.taken


def test_events_of_either_provider_settle_their_own_doubts_only(store: Store) -> None:
    lost: list[ScriptedProvider] = []
    first = ScriptedProvider(name="first", events=True, script=iter([takes_and_raises(lost, OutcomeUnknown("reset"))]))
    lost.append(first)
    second = named("second", events=True)
    app = by_two(store, first, second, rates={"first": Rates(breaker_failures=1, breaker_seconds=3_600)})
    send(app, EDITION)
    with app.begin() as tx:
        # Everything of the second has been heard of. That says nothing about what the first has.
        assert tx.feedback.echo(mailing(app).id, range(10, 25), app.clock()) == 0
    clock_of(app).wait(1_800)
    send(app, EDITION)
    assert counts(app) == {"in_doubt": 10, "accepted": 15}
    with app.begin() as tx:
        assert tx.feedback.echo(mailing(app).id, [3], app.clock()) == 1
    assert counts(app) == {"accepted": 25}


def test_chunks_fit_the_smallest_of_the_providers(store: Store) -> None:
    first, second = named("first", batch_size=25), named("second", batch_size=4)
    app = ready(store, first, readers=0)
    both = {"first": first, "second": second}
    paper = replace(app.newsletters["world"], providers=tuple(both))
    assert Route(replace(app, providers=both), paper).batch_size == 4


def test_a_provider_that_is_not_open_is_named(store: Store) -> None:
    app = ready(store, named("first"), readers=1)
    paper = replace(app.newsletters["world"], providers=("first", "nobody"))
    with pytest.raises(ConfigError, match=r"newsletters\.world\.providers: first is not open"):
        send(replace(app, newsletters={"world": paper}), EDITION)


@pytest.mark.postgres
def test_the_row_of_a_provider_that_rests_is_left_to_others(tmp_path: Path) -> None:
    paced = Rates(per_second=10)
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)
        app = by_two(store, named("first"), named("second"), rates={"first": paced, "second": paced})
        now = app.clock()
        with app.begin() as tx:
            for name in ("first", "second"):
                tx.throttles.get(name, now, lock=True)
            tx.throttles.put(tx.throttles.get("first", now).barred(paced, now, "no key"))
            tx.ledger.change(mailing(app).id, expected=MailingState.PLANNED, to=MailingState.SENDING)
        with app.begin() as tx:
            claimed = Route(app, app.newsletters["world"]).claim(tx, mailing(app), now=now, lease_until=now + LEASE)
            assert isinstance(claimed, Claimed)
            assert claimed.name == "second"
            # A route in the other order asks for it next: whoever kept it would be waited for, and wait in turn.
            with app.begin() as other:
                other.connection.exec_driver_sql("SET LOCAL lock_timeout = 500")  # type: ignore[attr-defined]
                other.throttles.get("first", now, lock=True)


@pytest.mark.postgres
def test_two_routes_in_opposite_orders_never_wait_for_each_other_in_a_ring(tmp_path: Path) -> None:
    """Where nothing is due by the first provider each asked for the second one's row, and kept its own."""
    paced = Rates(per_second=10)
    with fresh_engine("postgresql", tmp_path) as engine:
        store = Store(engine)
        app = by_two(store, named("first"), named("second"), rates={"first": paced, "second": paced})
        planned, now = mailing(app), app.clock()
        both = threading.Barrier(2)

        def ask(order: tuple[str, ...]) -> int:
            route = Route(app, replace(app.newsletters["world"], providers=order))
            both.wait()
            for _ in range(200):
                with route.turn, app.begin() as tx:
                    assert route.claim(tx, planned, now=now, lease_until=now + LEASE) is None
            return 200

        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(ask, order) for order in (("first", "second"), ("second", "first"))]
            assert [one.result(timeout=120) for one in asked] == [200, 200]
