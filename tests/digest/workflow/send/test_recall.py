"""Calls that are scheduled a while ahead: one in doubt is taken back, and then certainly nobody has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.model.delivery import ChunkState
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.newsletter import Doubts, OnDoubt
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.doubts import recover
from tests.builders import EDITION, app_on
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
from tests.fakes import MORNING, Answer, ScriptedProvider

AHEAD = 900.0
DOUBTS = Doubts(recall=True)


def scheduling(*answers: Answer, **options: object) -> ScriptedProvider:
    """A provider that schedules calls a quarter of an hour ahead."""
    return ScriptedProvider(script=iter(answers), events=True, recall_ahead=AHEAD, **options)  # type: ignore[arg-type]


def losing(error: Exception) -> ScriptedProvider:
    """A provider that takes the first call and does not say so."""
    lost: list[ScriptedProvider] = []
    provider = scheduling(takes_and_raises(lost, error))
    lost.append(provider)
    return provider


def test_every_call_has_a_name_of_its_own_and_its_hour(store: Store) -> None:
    provider = scheduling()
    app = ready(store, provider, doubts=DOUBTS)
    stored: list[str] = []
    # The name is in the ledger before the call is made.
    provider.before = lambda: stored.extend(one.reservation for one in chunks(app) if one.state is ChunkState.SENDING)
    send(app, EDITION)
    assert [call.reservation for call in provider.calls] == provider.reserved == stored
    assert {call.send_at for call in provider.calls} == {MORNING + timedelta(seconds=AHEAD)}
    assert everybody_once(25, provider)


def test_a_call_in_doubt_is_taken_back_and_made_again_under_another_name(store: Store) -> None:
    provider = losing(OutcomeUnknown("reset"))
    app = ready(store, provider, doubts=DOUBTS)
    send(app, EDITION)
    assert provider.cancelled == ["reservation-1"]
    assert everybody_once(25, provider)
    assert counts(app) == {"accepted": 25}
    assert len(set(provider.reserved)) == 4


def test_a_sender_that_died_in_its_call_leaves_the_name_to_the_next_one(store: Store) -> None:
    provider = scheduling()
    app = ready(store, provider, doubts=DOUBTS)

    def die() -> None:
        provider.take(provider.calls[-1])
        raise KeyboardInterrupt

    provider.before = die
    try:
        send(app, EDITION)
    except KeyboardInterrupt:
        provider.before = lambda: None
    assert counts(app) == {"sending": 10, "ready": 15}
    clock_of(app).wait(200)
    other = app_on(
        store, provider=provider, clock=clock_of(app), owner="other", gone=frozenset({"test"}), doubts=DOUBTS
    )
    send(other, EDITION)
    assert provider.cancelled == ["reservation-1"]
    assert everybody_once(25, provider)


def test_what_cannot_be_taken_back_stays_in_doubt_until_it_can(store: Store) -> None:
    provider = losing(OutcomeUnknown("reset"))
    provider.cancelling = Transient("503")
    app = ready(store, provider, doubts=DOUBTS)
    send(app, EDITION)
    assert counts(app) == {"in_doubt": 10, "accepted": 15}
    assert logged(store, "chunk.not_recalled") == ["chunk.not_recalled"]
    provider.cancelling = None
    send(app, EDITION)
    assert everybody_once(25, provider)
    assert counts(app) == {"accepted": 25}


def test_nothing_is_taken_back_when_it_is_too_late_to_be_certain(store: Store) -> None:
    provider = losing(OutcomeUnknown("reset"))
    provider.cancelling = Transient("503")
    app = ready(store, provider, doubts=DOUBTS)
    send(app, EDITION)
    provider.cancelling = None
    clock_of(app).wait(AHEAD - 600)
    assert recover(app) == 0
    assert provider.cancelled == []
    assert counts(app) == {"in_doubt": 10, "accepted": 15}


def test_an_answer_that_comes_after_it_was_taken_back_counts_no_more(store: Store) -> None:
    provider = scheduling()
    app = ready(store, provider, readers=10, doubts=DOUBTS)

    def too_slow() -> None:
        provider.before = lambda: None
        clock_of(app).wait(120)
        with app.begin() as tx:
            (mine,) = tx.ledger.chunks(mailing(app).id, ChunkState.SENDING)
            assert tx.ledger.doubt(mine, to=ChunkState.IN_DOUBT, now=app.clock(), note="its lease ran out")
        assert recover(app) == 1

    provider.before = too_slow
    send(app, EDITION)
    # The slow call took ten readers under a name that was cancelled by then: the answer to it is not believed.
    assert provider.cancelled == ["reservation-1"]
    assert [call.reservation for call in provider.calls] == ["reservation-1", "reservation-2"]
    assert counts(app) == {"accepted": 10}
    assert logged(store, "chunk.answered_late") == ["chunk.answered_late"]


def test_where_no_name_is_to_be_had_nobody_is_mailed(store: Store) -> None:
    provider = scheduling()
    provider.reserving = Permanent("403: no right to schedule")
    app = ready(store, provider, doubts=DOUBTS)
    sent = send(app, EDITION)
    assert "gives no name" in sent.problem
    assert provider.calls == []
    assert counts(app) == {"ready": 25}


def test_it_is_an_option(store: Store) -> None:
    provider = scheduling()
    send(ready(store, provider), EDITION)
    assert provider.reserved == []
    assert {call.send_at for call in provider.calls} == {None}


def test_a_call_that_was_taken_back_may_go_by_another_provider_unless_an_earlier_one_is_in_doubt(
    store: Store,
) -> None:
    first = scheduling(raises(OutcomeUnknown("reset")), raises(OutcomeUnknown("reset")), name="first")
    second = ScriptedProvider(name="second")
    app = ready(store, first, readers=10, doubts=DOUBTS, on_doubt=OnDoubt.RESEND)
    both = {"first": first, "second": second}
    paper = replace(app.newsletters["world"], providers=tuple(both))
    app = replace(app, providers=both, newsletters={"world": paper})
    first.cancelling = Transient("503")
    send(app, EDITION)
    (doubtful,) = chunks(app)
    assert (doubtful.provider, doubtful.doubts) == ("first", 1)
    # Its time passes: the rule sends it again, by the first. That call is in doubt too, and is taken back.
    clock_of(app).wait(8 * 3_600)
    first.cancelling = None
    send(app, EDITION, late=True)
    (again,) = chunks(app)
    assert first.cancelled == ["reservation-2"]
    assert again.provider == "first"
    assert second.calls == []
