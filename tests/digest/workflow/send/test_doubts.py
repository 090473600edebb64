"""What can go wrong around a call: late answers, late events, sleepers, clocks apart, a provider that is gone.

Each is a case that an attacker of "nobody twice, nobody forgotten" would try.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from itertools import chain, count, repeat
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.model.delivery import ChunkState, MailingState
from digest.model.errors import AdapterError, OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import Doubts, OnDoubt
from digest.ports import App
from digest.providers.outbox import OutboxProvider
from digest.providers.sendgrid_events import SendGridEvents
from digest.render.links import SignedLinks
from digest.store.tx import Store
from digest.workflow.feedback.events import apply_posts, receive
from digest.workflow.send.deliver import send
from digest.workflow.send.doubts import BEYOND_BELIEF, odds_of_a_later_call, recover
from digest.workflow.send.mailing import account, release
from digest.workflow.send.sender import LEASE
from subscribers.consent import Basis
from tests.builders import EDITION, KEY
from tests.digest.workflow.mailings import chunks, clock_of, counts, everybody_once, mailing, raises, ready
from tests.fakes import Answer, ScriptedProvider
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()
HOOK = {"sendgrid": SendGridEvents(SIGNER.public_key)}


def tell(app: App, *told: dict[str, object]) -> None:
    """Post these events and apply them."""
    body = post(told)
    receive(app, "sendgrid", SIGNER.headers(body, app.clock()), body)
    apply_posts(app)


def about(app: App, batch: Batch, *places: int) -> list[dict[str, object]]:
    """A first event about these readers of a call, or about all of them."""
    return [event(batch, place, "processed", app.clock()) for place in places or range(len(batch.recipients))]


def scripted(*answers: Answer, **options: object) -> ScriptedProvider:
    """A provider that reports events and answers so at first."""
    return ScriptedProvider(script=iter(answers), **({"events": True} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [Transient("429"), Permanent("413")], ids=["429", "413"])
def test_events_that_come_before_a_refusal_are_believed(store: Store, error: AdapterError) -> None:
    apps: list[App] = []

    def taken_and_refused(batch: Batch) -> Receipt:
        provider.take(batch)
        tell(apps[0], *about(apps[0], batch, 0))
        raise error

    provider = scripted(taken_and_refused)
    apps.append(ready(store, provider, feedback=HOOK))
    send(apps[0], EDITION)
    assert counts(apps[0]) == {"accepted": 25}
    assert everybody_once(25, provider)


def test_an_event_of_the_first_call_ends_the_tries_of_the_second(store: Store) -> None:
    apps: list[App] = []

    def first(batch: Batch) -> Receipt:
        provider.take(batch)
        raise OutcomeUnknown("no answer")

    def second(batch: Batch) -> Receipt:
        tell(apps[0], *about(apps[0], provider.calls[0], 3))
        raise Transient("429")

    provider = scripted(first, second, batch_size=25)
    apps.append(ready(store, provider, feedback=HOOK, on_doubt=OnDoubt.RESEND, doubts=Doubts(deadline_hours=1)))
    send(apps[0], EDITION)
    clock_of(apps[0]).wait(3_700)
    send(apps[0], EDITION)
    clock_of(apps[0]).wait(3_700)
    send(apps[0], EDITION)
    assert len(provider.calls) == 2
    # An hour later the one who was heard of stands beside those who were not.
    found = account(apps[0], EDITION)
    assert (found.accepted, found.unconfirmed) == (1, 24)
    assert everybody_once(25, provider)


def test_an_event_in_the_instant_in_which_a_chunk_is_given_back(store: Store) -> None:
    """Whichever of the two transactions comes first, and whatever each saw when it began."""
    app = ready(store, scripted(batch_size=25))
    planned = mailing(app).id

    def hear() -> None:
        with app.begin() as tx:
            tx.feedback.echo(planned, [3], app.clock())

    with app.begin() as tx:
        tx.ledger.change(planned, expected=MailingState.PLANNED, to=MailingState.SENDING)
        claim = {"owner": "o", "now": app.clock(), "lease_until": app.clock() + LEASE}
        claimed = tx.ledger.claim(planned, provider="scripted", **claim)  # type: ignore[arg-type]
    assert claimed is not None
    hearing = threading.Thread(target=hear)
    with app.begin() as tx:
        tx.ledger.settle(claimed, to=ChunkState.READY, now=app.clock())
        hearing.start()
        if tx.connection.dialect.name == "postgresql":  # type: ignore[attr-defined]
            _wait_for_a_lock(store)
        # On SQLite the other one waits for its turn before it begins.
    hearing.join(120)
    assert chunks(app)[0].state is ChunkState.ACCEPTED


def _wait_for_a_lock(store: Store) -> None:
    """Until another connection waits for this one."""
    here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(2_400):
        with store.read() as tx:
            waits = text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN ({here})")  # noqa: S608
            if tx.connection.scalar(waits):
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_a_sender_that_slept_past_its_lease_makes_no_call(store: Store) -> None:
    provider = ScriptedProvider(batch_size=25)
    app = ready(store, provider, on_doubt=OnDoubt.RESEND)
    looks = count()
    woken: list[int] = []

    def asleep_while_it_builds() -> object:
        # Reading the frozen rendering comes after the claim and before the call.
        if next(looks) == place:
            clock_of(app).wait(LEASE.total_seconds() + 1)
            recover(replace(app, owner="other"))
            send(replace(app, owner="other"), EDITION)
            woken.append(len(provider.calls))
        return app.read()

    place = _reads_until_built(app)
    send(replace(app, read=asleep_while_it_builds), EDITION)  # type: ignore[arg-type]
    assert woken == [1], "the other one has sent it meanwhile"
    assert len(provider.calls) == 1
    assert everybody_once(25, provider)


def _reads_until_built(app: App) -> int:
    """How many reads a `send` makes before the one of the frozen rendering, which comes while a chunk is claimed."""
    seen: list[int] = []

    def read() -> object:
        if mailing(app).state is MailingState.SENDING and any(one.state is ChunkState.SENDING for one in chunks(app)):
            raise _Found
        seen.append(1)
        return app.read()

    with pytest.raises(_Found):
        send(replace(app, read=read, owner="scout"), EDITION)  # type: ignore[arg-type]
    with app.begin() as tx:
        for chunk in tx.ledger.chunks(mailing(app).id, ChunkState.SENDING):
            tx.ledger.settle(chunk, to=ChunkState.READY, now=app.clock())
    return len(seen)


class _Found(BaseException):
    """The place that was looked for."""


def test_a_late_answer_that_nobody_was_taken_is_believed_too(store: Store) -> None:
    provider = ScriptedProvider(batch_size=25)
    app = ready(store, provider)

    def slow_and_refused(batch: Batch) -> Receipt:
        clock_of(app).wait(LEASE.total_seconds() + 1)
        recover(replace(app, owner="other"))
        assert counts(app) == {"held": 25}, "nothing is ever heard of this provider: the rule is hold"
        raise Transient("429 at last")

    provider.script = iter([slow_and_refused])
    send(app, EDITION)
    assert counts(app) == {"accepted": 25}
    assert everybody_once(25, provider)


def test_what_the_rule_gave_up_is_not_sent_because_of_a_late_answer(store: Store) -> None:
    provider = ScriptedProvider(batch_size=25)
    app = ready(store, provider, on_doubt=OnDoubt.SKIP)

    def slow_and_refused(batch: Batch) -> Receipt:
        clock_of(app).wait(LEASE.total_seconds() + 1)
        recover(replace(app, owner="other"))
        raise Transient("429 at last")

    provider.script = iter([slow_and_refused])
    send(app, EDITION)
    assert counts(app) == {"abandoned": 25}
    assert len(provider.calls) == 1


def test_a_clock_that_is_ahead_takes_nobody_for_dead(store: Store) -> None:
    provider = ScriptedProvider(batch_size=25)
    app = ready(store, provider, on_doubt=OnDoubt.RESEND)
    ahead = replace(app, owner="other", clock=lambda: clock_of(app).now + timedelta(minutes=5))
    provider.before = lambda: send(ahead, EDITION)  # type: ignore[assignment, return-value]
    send(app, EDITION)
    assert len(provider.calls) == 1
    assert everybody_once(25, provider)


def test_a_new_secret_key_between_a_doubt_and_its_repeat_doubles_nobody(store: Store, tmp_path: Path) -> None:
    """The outbox keeps one message for a key: the key stays that of the plan, whichever signs links today."""
    box = OutboxProvider(tmp_path / "box")

    def dies(batch: Batch) -> Receipt:
        box.send(batch)
        raise OutcomeUnknown("killed")

    provider = ScriptedProvider(script=chain([dies], repeat(box.send)), idempotent=True)
    app = ready(store, provider, readers=5)
    send(app, EDITION)
    assert counts(app) == {"in_doubt": 5}
    app.wait(700)
    older, newer = app.links, SignedLinks("https://digest.example", [KEY, b"another key, 32 bytes long......"])
    send(replace(app, links=newer), EDITION)
    assert counts(app) == {"delivered": 5}
    assert len(list((tmp_path / "box" / "new").iterdir())) == 5
    assert mailing(app).signed_by == older.signing != newer.signing
    first, again = ([one.delivery for one in call.recipients] for call in provider.calls)
    assert first == again


@pytest.mark.parametrize("field", ["refused", "not_sent", "unknown"])
def test_a_receipt_about_strangers_is_not_believed(store: Store, field: str) -> None:
    names: object = {"a stranger": "why"} if field == "refused" else frozenset({"a stranger"})
    provider = scripted(lambda batch: Receipt(**{field: names}))  # type: ignore[arg-type]
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert counts(app)["in_doubt"] == 10
    assert sent.mailing.state is MailingState.PAUSED
    assert "were not in the call" in sent.problem


def test_of_a_provider_that_is_gone_nothing_is_assumed(store: Store) -> None:
    first = ScriptedProvider(name="first", script=iter([raises(OutcomeUnknown("reset"))]), events=True, batch_size=25)
    app = ready(store, first)
    send(app, EDITION)
    # From now on mail goes by another one, which may repeat a call: the first one's call it may not.
    second = ScriptedProvider(name="second", idempotent=True, batch_size=25)
    moved = replace(app, provider=second)
    clock_of(app).wait(60)
    send(moved, EDITION)
    assert counts(app) == {"held": 25}
    assert "first is not configured any more" in chunks(app)[0].note
    assert second.calls == []
    assert release(moved, EDITION, by="ann") == 1
    send(moved, EDITION)
    assert counts(app) == {"accepted": 25}
    assert everybody_once(25, second)


def test_where_readers_are_taken_one_by_one_word_of_one_speaks_for_one(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("the sender died")), whole=False, batch_size=25)
    app = ready(store, provider, feedback=HOOK)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[0], 4, 5, 20))
    assert counts(app) == {"in_doubt": 25}
    assert recover(app) == 1
    assert counts(app) == {"accepted": 3, "in_doubt": 22}
    clock_of(app).wait(7 * 3_600)
    recover(app)
    assert counts(app) == {"accepted": 3, "held": 22}


def test_whoever_is_in_doubt_stands_alone(store: Store) -> None:
    def two_unknown(batch: Batch) -> Receipt:
        keys = [recipient.delivery for recipient in batch.recipients]
        provider.take(batch, keys=[*keys[:3], *keys[5:]])
        return Receipt(unknown=frozenset(keys[3:5]))

    provider = scripted(two_unknown, whole=False, batch_size=25)
    app = ready(store, provider, feedback=HOOK)
    send(app, EDITION)
    doubtful = [one.size for one in chunks(app) if one.state is ChunkState.IN_DOUBT]
    assert doubtful == [1, 1]
    tell(app, *about(app, provider.calls[0], 4))
    assert counts(app) == {"accepted": 24, "in_doubt": 1}


def test_a_call_that_was_taken_and_dropped_shows_as_unconfirmed(store: Store) -> None:
    provider = scripted(lambda batch: Receipt(message_id="taken, and dropped"))
    app = ready(store, provider, feedback=HOOK)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[1]), *about(app, provider.calls[2]))
    assert account(app, EDITION).unconfirmed == 0
    clock_of(app).wait(3_700)
    found = account(app, EDITION)
    assert (found.unconfirmed, found.accepted) == (10, 15)
    assert found.adds_up


def test_where_nothing_is_ever_heard_nobody_is_unconfirmed(store: Store) -> None:
    app = ready(store, ScriptedProvider())
    send(app, EDITION)
    clock_of(app).wait(3_700)
    assert account(app, EDITION).accepted == 25


def test_a_chunk_of_nobody_keeps_no_doubt_waiting(store: Store) -> None:
    """All its readers left: there was no call, and never will be an event."""
    provider = scripted(raises(OutcomeUnknown("no answer")))
    app = ready(store, provider, readers=75, feedback=HOOK, on_doubt=OnDoubt.RESEND)
    with app.begin() as tx:
        mine = tx.audience.list_of("world").id
        for reader in tx.audience.groups("world", EDITION.date)[0].readers[70:]:
            tx.audience.unsubscribe(reader, mine, now=app.clock(), basis=Basis(method="form"))
    send(app, EDITION)
    clock_of(app).wait(60)
    for call in provider.calls[1:]:
        tell(app, *about(app, call))
    clock_of(app).wait(3_600)
    send(app, EDITION)
    assert counts(app) == {"accepted": 70, "unsubscribed": 5}


def test_whoever_leaves_while_a_call_gets_its_name_is_not_mailed(store: Store) -> None:
    provider = scripted(recall_ahead=900.0, batch_size=25)
    app = ready(store, provider, doubts=Doubts(recall=True))
    with app.read() as tx:
        leaver = tx.audience.groups("world", EDITION.date)[0].readers[7]
    named = provider.reserve

    def slow_to_name() -> str:
        with app.begin() as tx:
            tx.audience.unsubscribe(
                leaver, tx.audience.list_of("world").id, now=app.clock(), basis=Basis(method="form")
            )
        return named()

    provider.reserve = slow_to_name  # type: ignore[method-assign]  # our own fake, at its own seam
    send(app, EDITION)
    assert counts(app) == {"accepted": 24, "unsubscribed": 1}
    assert len(provider.taken) == 24


@pytest.mark.parametrize(("calls", "ratio"), [(1_000, 2.2), (20, 7.2), (6, 27.0), (3, 182.0)])
def test_how_long_silence_has_to_last(calls: int, ratio: float) -> None:
    slowest = timedelta(seconds=60)
    assert odds_of_a_later_call(calls, slowest, slowest * ratio) <= BEYOND_BELIEF
    assert odds_of_a_later_call(calls, slowest, slowest * ratio * 0.9) > BEYOND_BELIEF


def test_one_other_call_never_proves_silence_within_a_day() -> None:
    assert odds_of_a_later_call(1, timedelta(seconds=60), timedelta(hours=24)) > BEYOND_BELIEF
    assert odds_of_a_later_call(5, timedelta(seconds=60), timedelta(seconds=-1)) == 1.0
