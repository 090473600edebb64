"""Nothing is repeated that nobody decided to repeat, and nobody is refused for what is not theirs; given up is so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat

import pytest
from sqlalchemy import insert, update

from digest.model.delivery import ChunkState, MailingState
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.feedback import BOUNCES, Feedback, FeedbackKind
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import OnDoubt
from digest.model.throttle import Rates
from digest.ports import Heard
from digest.store.tables import chunks as ledger
from digest.store.tx import Store
from digest.workflow.feedback.events import apply
from digest.workflow.send.deliver import send
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import abandon, pause, release, resume, stop
from digest.workflow.send.outcomes import LONGEST_DISBELIEF
from tests.builders import EDITION
from tests.digest.workflow.mailings import (
    chunks,
    clock_of,
    counts,
    everybody_once,
    mailing,
    raises,
    ready,
    takes_and_raises,
)  # fmt: skip
from tests.digest.workflow.send.test_doubts import HOOK, about, scripted, tell
from tests.fakes import Answer, ScriptedProvider

DAY = 24 * 3_600.0


def keyed(error: Exception) -> ScriptedProvider:
    """It keeps a key for a day; its first call is taken and has no answer."""
    found: list[ScriptedProvider] = []
    found.append(ScriptedProvider(script=iter([takes_and_raises(found, error)]), idempotent=True, idempotent_for=DAY))
    return found[0]


@pytest.mark.parametrize("rule", [OnDoubt.HOLD, OnDoubt.RESEND])
def test_odds_repeat_only_where_the_newsletter_wants_that(store: Store, rule: OnDoubt) -> None:
    """A webhook post with all events of one call fails at our door, and comes again half an hour later."""
    provider = scripted(raises(OutcomeUnknown("reset")))
    app = ready(store, provider, readers=100, feedback=HOOK, on_doubt=rule)
    send(app, EDITION)
    clock_of(app).wait(5)
    for call in provider.calls[1:]:
        tell(app, *about(app, call))
    clock_of(app).wait(1_200)
    send(app, EDITION)
    if rule is OnDoubt.RESEND:
        assert counts(app) == {"accepted": 100}
        return
    assert counts(app) == {"accepted": 90, "held": 10}
    assert len(provider.calls) == 10
    assert "released, it is sent again" in chunks(app)[0].note
    tell(app, *about(app, provider.calls[0]))
    assert counts(app) == {"accepted": 100}, "what comes late is believed all the same"


@pytest.mark.parametrize("rule", [OnDoubt.HOLD, OnDoubt.SKIP])
def test_a_forgotten_key_is_not_relied_on_after_a_pause(store: Store, rule: OnDoubt) -> None:
    provider = keyed(OutcomeUnknown("reset"))
    app = ready(store, provider, readers=10, on_doubt=rule)
    provider.before = lambda: pause(app, EDITION, by="ann", reason="wait") and None  # type: ignore[func-returns-value]
    send(app, EDITION)
    recover(app)
    assert counts(app) == {"ready": 10}, "within a day it is safe to repeat"
    clock_of(app).wait(DAY + 3_600)
    resume(app, EDITION, by="ann")
    send(app, EDITION, late=True)
    assert counts(app) == ({"held": 10} if rule is OnDoubt.HOLD else {"abandoned": 10})
    assert len(provider.calls) == 1
    provider.before = lambda: None
    release(app, EDITION, by="ann", given_up=rule is OnDoubt.SKIP)
    send(app, EDITION)
    assert len(provider.calls) == 2, "a person decided it"


def test_what_may_have_been_taken_is_called_as_it_was(store: Store) -> None:
    """A part of the call would be another call to its provider, and mail its readers twice."""
    provider = keyed(OutcomeUnknown("reset"))
    # The day has room for half of the call that is in doubt.
    app = ready(store, provider, readers=10, rates={"scripted": Rates(per_day=15)}, on_doubt=OnDoubt.HOLD)
    send(app, EDITION)
    clock_of(app).wait(60)
    send(app, EDITION)
    assert len(provider.calls) == 1
    clock_of(app).wait(DAY - 5.5 * 3_600)
    send(app, EDITION, late=True)
    assert [len(call.recipients) for call in provider.calls] == [10, 10]
    assert {call.chunk.partition(".")[0] for call in provider.calls} == {str(chunks(app)[0].id)}


def test_calls_in_doubt_ask_whole_whether_a_provider_is_back(store: Store) -> None:
    found: list[ScriptedProvider] = []
    fails = [takes_and_raises(found, OutcomeUnknown("reset"))] * 2
    found.append(ScriptedProvider(script=iter(fails), batch_size=20, idempotent=True, idempotent_for=DAY))
    app = ready(store, found[0], readers=40, rates={"scripted": Rates(breaker_failures=2)})
    for _ in range(4):
        send(app, EDITION)
        clock_of(app).wait(120)
    assert counts(app) == {"accepted": 40}
    assert {len(call.recipients) for call in found[0].calls} == {20}


def test_late_and_in_doubt_is_named_so_and_not_sent_by_late(store: Store) -> None:
    provider = keyed(OutcomeUnknown("reset"))
    app = ready(store, provider, readers=10)
    send(app, EDITION)
    stop(app, EDITION, by="ann", reason="wait")
    recover(app)
    clock_of(app).wait(20 * 3_600)
    resume(app, EDITION, by="ann")
    send(app, EDITION)
    assert chunks(app)[0].note.startswith("its outcome is unknown, and late")
    send(app, EDITION, late=True)
    assert (counts(app), len(provider.calls)) == ({"held": 10}, 1)


def test_stopped_and_then_given_up_while_a_call_is_under_way(store: Store) -> None:
    def stopped_and_given_up(batch: Batch) -> Receipt:
        stop(app, EDITION, by="ann", reason="a wrong headline")
        abandon(app, EDITION, by="ann", reason="overtaken by events")
        raise Transient("429")

    provider = ScriptedProvider(script=iter([stopped_and_given_up]))
    app = ready(store, provider)
    send(app, EDITION)
    assert counts(app) == {"abandoned": 25}
    assert mailing(app).state is MailingState.CLOSED


def test_given_up_while_its_sender_dies(store: Store) -> None:
    class Killed(BaseException):
        """As kill -9 leaves it."""

    def given_up_and_killed(batch: Batch) -> Receipt:
        abandon(app, EDITION, by="ann", reason="overtaken by events")
        raise Killed

    provider = ScriptedProvider(script=iter([given_up_and_killed]))
    app = ready(store, provider, on_doubt=OnDoubt.RESEND)
    with pytest.raises(Killed):
        send(app, EDITION)
    clock_of(app).wait(3_600)
    recover(app)
    assert counts(app) == {"abandoned": 25}
    assert mailing(app).state is MailingState.CLOSED


def test_nobody_is_refused_for_a_call_that_is_refused_whoever_is_in_it(store: Store) -> None:
    def never(batch: Batch) -> Receipt:
        raise Permanent("400: Bad Request")

    provider = ScriptedProvider(script=iter([never] * 10_000), batch_size=50)
    app = ready(store, provider, readers=200)
    sent = send(app, EDITION)
    assert counts(app) == {"ready": 200}
    assert sent.mailing.state is MailingState.PAUSED
    assert "None of them counts as refused" in sent.problem
    assert len(provider.calls) < 100


def turning(calls: int) -> ScriptedProvider:
    """It takes so many calls, one a second; then it refuses whoever is in a call, and names nobody."""

    def refuse(batch: Batch) -> Receipt:
        raise Permanent("400: Bad Request")

    return ScriptedProvider(script=chain(repeat(None, calls), repeat(refuse)), batch_size=20)  # type: ignore[arg-type]


@pytest.mark.parametrize("readers", [83, 61], ids=["three calls more", "one reader more"])
def test_nobody_is_lost_where_the_provider_turns_in_the_middle_of_a_mailing(store: Store, readers: int) -> None:
    provider = turning(2)
    app = ready(store, provider, readers=readers)
    provider.before = lambda: app.wait(1)
    sent = send(app, EDITION)
    assert counts(app) == {"accepted": 40, "ready": readers - 40}
    assert sent.mailing.state is MailingState.PAUSED
    assert "None of them counts as refused" in sent.problem
    assert len(provider.calls) < 60
    # A person resumes, and it is the same: still nobody is lost, and nobody of those alone is believed.
    clock_of(app).wait(3_600)
    send(app, EDITION)
    assert counts(app) == {"accepted": 40, "ready": readers - 40}
    # Mended: whoever waited gets it.
    provider.script = iter(())
    clock_of(app).wait(LONGEST_DISBELIEF.total_seconds())
    send(app, EDITION)
    assert everybody_once(readers, provider)
    assert mailing(app).state is MailingState.CLOSED


def test_a_bad_address_alone_in_its_call_waits_for_others_and_is_refused_then(store: Store) -> None:
    """Until the next wave there is nobody by whom it could be told: it waits, asks seldom, and stops nobody."""
    provider = ScriptedProvider(batch_size=24)
    bad = "reader25@example.test"

    def answers() -> Iterator[Answer | None]:
        while True:
            last = provider.calls[-1].recipients
            yield raises(Permanent("a bad address")) if any(one.email == bad for one in last) else None

    provider.script = answers()  # type: ignore[assignment]  # None means the default answer
    app = ready(store, provider, readers=26)
    provider.before = lambda: app.wait(1)
    later = clock_of(app).now + timedelta(hours=1)
    with store.begin() as tx:
        # Twenty-four at once, then one, and one more an hour later.
        last = tx.ledger.chunks(mailing(app).id)[-1]
        values = {"first_seq": 25, "last_seq": 25, "due_at": later}
        tx.connection.execute(update(ledger).where(ledger.c.id == last.id).values(last_seq=24))
        row = {"mailing_id": last.mailing, "variant": last.variant, "state": ChunkState.READY, "attempt": 0}
        tx.connection.execute(insert(ledger).values(row | values))
    while clock_of(app).now < later - timedelta(minutes=10):
        send(app, EDITION, resume=False)
        clock_of(app).wait(300)
    assert counts(app) == {"accepted": 24, "ready": 2}
    assert mailing(app).state is MailingState.SENDING
    assert len(provider.calls) < 16
    for _ in range(3):
        clock_of(app).wait(LONGEST_DISBELIEF.total_seconds())
        send(app, EDITION, resume=False)
    assert mailing(app).state is MailingState.CLOSED
    assert counts(app) == {"accepted": 25, "rejected": 1}


def test_who_was_not_taken_does_not_count_for_the_day(store: Store) -> None:
    provider = ScriptedProvider(script=iter([raises(Transient("429", retry_after=1))] * 5))
    app = ready(store, provider, readers=60, rates={"scripted": Rates(per_day=50)})
    send(app, EDITION)
    assert counts(app) == {"accepted": 50, "ready": 10}


def test_a_bounce_speaks_for_one_reader_of_a_provider_that_is_gone(store: Store) -> None:
    """It may have taken readers one by one: three of ten were taken, and one of them bounces."""
    first = ScriptedProvider(name="first", whole=False, script=iter([raises(OutcomeUnknown("gone"))]))
    app = ready(store, first, readers=10, providers={})
    send(app, EDITION)
    second = ScriptedProvider(name="second")
    moved = type(app)(**{name: getattr(app, name) for name in app.__slots__} | {"provider": second})
    clock_of(app).wait(60)
    recover(moved)
    told = Feedback(
        provider=BOUNCES, event_id="1", kind=FeedbackKind.BOUNCED_SOFT, at=app.clock() + timedelta(0), lone=True
    )
    with moved.begin() as tx:
        apply(moved, tx, [Heard(mailing=mailing(app).id, seq=chunks(app)[0].first_seq, feedback=told)], app.clock())
    assert chunks(app)[0].state is ChunkState.HELD
    release(moved, EDITION, by="ann")
    send(moved, EDITION)
    assert everybody_once(10, second) or len(second.taken) == 9
