"""Looking a doubt up: found proves that a call was taken; not found proves nothing, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from digest.model.errors import NotFound, OutcomeUnknown, Transient
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.newsletter import Doubts, OnDoubt
from digest.ports import App, Missed
from digest.store.tx import Store
from digest.workflow.feedback.lookups import look_up_doubts
from digest.workflow.send.deliver import send
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.digest.workflow.send.test_deliver import counts, raises, scripted
from tests.fakes import FakeClock, ScriptedProvider


@dataclass
class Shown:
    """What the provider shows: these deliveries, and no others."""

    deliveries: set[str] = field(default_factory=set)
    per_turn: int = 5
    asked: list[Missed] = field(default_factory=list)
    error: Exception | None = None

    def find(self, missed: Missed) -> Feedback | None:
        self.asked.append(missed)
        if self.error is not None:
            raise self.error
        if missed.delivery not in self.deliveries:
            return None
        return Feedback(
            provider="scripted", event_id="x", kind=FeedbackKind.ACCEPTED, at=missed.sent_at,
            delivery=missed.delivery, lone=True,
        )  # fmt: skip


def in_doubt(store: Store, calls: int = 1, **changes: object) -> tuple[App, Shown, ScriptedProvider]:
    """25 readers in calls of ten, the first of which got no answer."""
    approve_plainly(store)
    people(store, 25)
    unknown = [raises(OutcomeUnknown("no answer"), taking=True) for _ in range(calls)]
    provider = scripted(*unknown, events=True)
    shown = Shown()
    app = replace(app_on(store, provider=provider, **changes), lookups={"scripted": shown})
    plan(app, EDITION)
    send(app, EDITION)
    return app, shown, provider


def later(app: App, **time: float) -> None:
    assert isinstance(app.clock, FakeClock)
    app.clock.now += timedelta(**time)


def test_a_message_that_is_shown_settles_its_call(store: Store) -> None:
    app, shown, provider = in_doubt(store)
    shown.deliveries = {recipient.delivery for recipient in provider.calls[0].recipients}
    assert look_up_doubts(app, "scripted").waiting == 0, "not before the grace has passed"
    later(app, minutes=11)
    found = look_up_doubts(app, "scripted")
    assert (found.waiting, found.asked, found.found, found.settled) == (1, 1, 1, 1)
    assert counts(account(app, EDITION)) == {"accepted": 25}
    assert len(provider.calls) == 3, "nobody is mailed again"
    assert look_up_doubts(app, "scripted").asked == 0


def test_not_found_changes_nothing(store: Store) -> None:
    app, shown, _ = in_doubt(store)
    later(app, minutes=11)
    for turn in range(30):
        found = look_up_doubts(app, "scripted", turn=turn)
        assert (found.asked, found.found, found.settled) == (1, 0, 0)
    assert counts(account(app, EDITION)) == {"in_doubt": 10, "accepted": 15}
    assert len({missed.delivery for missed in shown.asked}) == 10, "everybody of the call is asked about in turn"


def test_one_that_was_lost_does_not_hide_the_others_for_ever(store: Store) -> None:
    app, shown, provider = in_doubt(store)
    shown.deliveries = {provider.calls[0].recipients[7].delivery}
    later(app, minutes=11)
    settled = [look_up_doubts(app, "scripted", turn=turn).settled for turn in range(10)]
    assert sum(settled) == 1


def test_several_calls_share_the_questions_of_a_minute(store: Store) -> None:
    app, shown, _ = in_doubt(store, calls=3)
    shown.per_turn = 2
    later(app, minutes=11)
    for turn in range(3):
        assert look_up_doubts(app, "scripted", turn=turn).asked == 2
    assert len({missed.sent_at for missed in shown.asked}) == 1
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        held = [(chunk.first_seq, chunk.last_seq) for chunk in tx.ledger.chunks(mailing.id)]
    keys = [app.links.read_delivery_key(missed.delivery) for missed in shown.asked]
    asked = {next(span for span in held if key and span[0] <= key[1] <= span[1]) for key in keys}
    assert len(asked) == 3


def test_a_provider_is_not_asked_about_the_calls_of_another(store: Store) -> None:
    app, shown, _ = in_doubt(store)
    other = Shown()
    both = replace(app, lookups={"scripted": shown, "other": other})
    later(app, minutes=11)
    assert look_up_doubts(both, "other").waiting == 0
    assert (look_up_doubts(both, "scripted").asked, other.asked) == (1, [])


def test_what_is_held_can_still_be_found(store: Store) -> None:
    app, shown, provider = in_doubt(store, doubts=Doubts(deadline_hours=1))
    later(app, hours=2)
    recover(app)
    assert account(app, EDITION).held == 10
    shown.deliveries = {recipient.delivery for recipient in provider.calls[0].recipients}
    assert look_up_doubts(app, "scripted").settled == 1
    assert account(app, EDITION).held == 0


def test_after_days_nobody_is_asked_any_more(store: Store) -> None:
    app, shown, _ = in_doubt(store)
    later(app, days=4)
    assert look_up_doubts(app, "scripted").waiting == 0
    assert shown.asked == []


def test_without_events_a_doubt_waits_for_the_look_up_and_then_for_the_rule(store: Store) -> None:
    app, _, provider = in_doubt(store, on_doubt=OnDoubt.HOLD, doubts=Doubts(grace_minutes=10, deadline_hours=2))
    provider.events = False
    recover(app)
    assert account(app, EDITION).in_doubt == 10
    assert account(replace(app, lookups={}), EDITION).in_doubt == 10
    later(app, hours=2, minutes=1)
    recover(app)
    assert account(app, EDITION).held == 10


def test_without_either_the_rule_decides_at_once(store: Store) -> None:
    app, _, provider = in_doubt(store)
    provider.events = False
    recover(replace(app, lookups={}))
    assert account(app, EDITION).held == 10


def test_an_answer_about_another_message_settles_nothing(store: Store) -> None:
    app, _, _ = in_doubt(store)

    class Confused(Shown):
        def find(self, missed: Missed) -> Feedback | None:
            return Feedback(
                provider="scripted", event_id="", kind=FeedbackKind.ACCEPTED, at=missed.sent_at, delivery="nonsense"
            )

    later(app, minutes=11)
    assert look_up_doubts(replace(app, lookups={"scripted": Confused()}), "scripted").settled == 0


def test_errors_go_through_and_leave_the_doubt(store: Store) -> None:
    app, shown, _ = in_doubt(store)
    shown.error = Transient("six a minute")
    later(app, minutes=11)
    with pytest.raises(Transient):
        look_up_doubts(app, "scripted")
    assert account(app, EDITION).in_doubt == 10
    with pytest.raises(NotFound):
        look_up_doubts(app, "postmark")
