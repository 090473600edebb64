"""What providers say later: statuses rise, doubts are settled, whoever bounced or complained is not mailed again."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.model.delivery import Account, ChunkState, MailingState
from digest.model.errors import NotFound, OutcomeUnknown, Unauthorised
from digest.model.mail import Batch
from digest.model.newsletter import Bounces, Doubts, OnDoubt
from digest.ports import App, Heard
from digest.providers.hits import Hits
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tables import deliveries
from digest.store.tx import Store
from digest.workflow.clock.retention import forget
from digest.workflow.feedback.events import Applied, apply, apply_posts, receive
from digest.workflow.send.deliver import send
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import abandon, account, pause, release
from digest.workflow.send.plan import plan
from subscribers.address import parse_address
from subscribers.tables import suppressions
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.digest.workflow.send.test_deliver import counts, everybody_once, raises, scripted
from tests.fakes import FakeClock, ScriptedProvider
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()


def ready(store: Store, provider: ScriptedProvider, readers: int = 25, **changes: object) -> App:
    """An app that listens to SendGrid's webhook, with a planned mailing."""
    approve_plainly(store)
    people(store, readers)
    app = app_on(store, provider=provider, feedback={"sendgrid": SendGridEvents(SIGNER.public_key)}, **changes)
    plan(app, EDITION)
    return app


def tell(app: App, *events: dict[str, object]) -> Applied:
    """Post these events and apply them."""
    body = post(events)
    receive(app, "sendgrid", SIGNER.headers(body, app.clock()), body)
    return apply_posts(app)


def about(app: App, batch: Batch, kind: str, **more: object) -> list[dict[str, object]]:
    """The same event for everybody in a call."""
    return [event(batch, place, kind, app.clock(), **more) for place in range(len(batch.recipients))]


def later(app: App, **time: float) -> None:
    """The clock moves."""
    assert isinstance(app.clock, FakeClock)
    app.clock.now += timedelta(**time)


def test_statuses_rise_and_never_fall(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=3)
    send(app, EDITION)
    (batch,) = provider.calls
    tell(app, *about(app, batch, "delivered"))
    assert counts(account(app, EDITION)) == {"delivered": 3}
    tell(app, *about(app, batch, "processed"), *about(app, batch, "deferred"))
    assert counts(account(app, EDITION)) == {"delivered": 3}
    tell(app, event(batch, 0, "bounce", app.clock(), type="bounce"), event(batch, 1, "spamreport", app.clock()))
    found = account(app, EDITION)
    assert (found.delivered, found.bounced, found.complained) == (1, 1, 1)
    assert found.adds_up


def test_any_order_and_any_repeats_end_the_same(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider)
    send(app, EDITION)
    events = [one for batch in provider.calls for kind in ("processed", "delivered") for one in about(app, batch, kind)]
    events += [event(provider.calls[0], 2, "bounce", app.clock(), type="bounce")]
    # A repeat comes under a new id, as users of SendGrid report.
    repeats = [{**one, "sg_event_id": f"again {place}"} for place, one in enumerate(events)]
    told = events + repeats
    random.Random(7).shuffle(told)
    new = sum(tell(app, *told[start : start + 13]).new for start in range(0, len(told), 13))
    assert new == len(events)
    found = account(app, EDITION)
    assert (found.delivered, found.bounced) == (24, 1)
    assert found.adds_up


def test_a_hard_bounce_a_complaint_and_an_unsubscribe_end_all_mail(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=4)
    send(app, EDITION)
    (batch,) = provider.calls
    tell(
        app,
        event(batch, 0, "bounce", app.clock(), type="bounce", reason="550 no such user"),
        event(batch, 1, "spamreport", app.clock()),
        event(batch, 2, "group_unsubscribe", app.clock()),
    )
    with store.read() as tx:
        blocked = {reader.email: reader.blocked for reader in tx.audience.candidates("world", EDITION.date)}
    assert blocked == {
        "reader1@example.test": "suppressed",
        "reader2@example.test": "suppressed",
        "reader4@example.test": None,
    }


@pytest.mark.parametrize("gone", ["let go of", "restored"])
def test_who_complains_when_the_rows_are_gone_is_known_by_the_address(store: Store, gone: str) -> None:
    """After retention, and after a restore: the provider names an address, and our own rows name nobody."""
    provider = scripted(events=True)
    app = ready(store, provider, readers=5)
    send(app, EDITION)
    (batch,) = provider.calls
    later(app, days=500)
    if gone == "let go of":
        forget(app)
    told = [
        event(batch, 0, "bounce", app.clock(), type="bounce", reason="550 no such user"),
        event(batch, 1, "spamreport", app.clock()),
        event(batch, 2, "group_unsubscribe", app.clock()),
        event(batch, 3, "bounce", app.clock(), type="blocked"),
        event(batch, 0, "spamreport", app.clock(), email="stranger@example.test"),
    ]
    if gone == "restored":
        unknown = {one.delivery: app.links.delivery_key(4711, place) for place, one in enumerate(batch.recipients)}
        told = [{**one, "delivery": unknown[str(one["delivery"])]} for one in told]
    tell(app, *told)
    with store.read() as tx:
        blocked = {reader.email: reader.blocked for reader in tx.audience.candidates("world", EDITION.date)}
        held = set(tx.connection.scalars(select(suppressions.c.email_key)))
    assert blocked == {
        "reader1@example.test": "suppressed",
        "reader2@example.test": "suppressed",
        "reader4@example.test": None,
        "reader5@example.test": None,
    }
    # Whoever is no reader here is not written down.
    assert held == {"reader1@example.test", "reader2@example.test"}


def test_soft_bounces_count_by_rule(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=1, bounces=Bounces(soft_count=1, soft_days=30))
    send(app, EDITION)
    tell(app, *about(app, provider.calls[0], "bounce", type="blocked"))
    with store.read() as tx:
        assert [reader.blocked for reader in tx.audience.candidates("world", EDITION.date)] == ["suppressed"]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_late_bounce_is_about_the_address_that_the_mail_went_to(store: Store, kind: str, *, named: bool) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=1, bounces=Bounces(soft_count=1, soft_days=30))
    send(app, EDITION)
    later(app, hours=1)
    new = parse_address("moved@example.test", allow_reserved=True)
    with store.begin() as tx:
        (reader,) = tx.audience.subscribers_at(["reader1@example.test"]).values()
        change = tx.audience.ask_change(reader, new, erasure_key=b"k" * 16, now=app.clock())
        assert change is not None
        assert tx.audience.confirm_change(change.id, reader, now=app.clock())
    later(app, hours=1)
    (bounce,) = about(app, provider.calls[0], "bounce", type="bounce" if kind == "hard" else "blocked")
    tell(app, bounce if named else {name: said for name, said in bounce.items() if name != "email"})
    with store.read() as tx:
        assert [reader.blocked for reader in tx.audience.candidates("world", EDITION.date)] == [None]
        held = tx.connection.execute(select(suppressions.c.email_key)).scalars().all()
    assert held == (["reader1@example.test"] if kind == "hard" else [])


def test_one_who_looked_says_nothing_of_those_who_did_not(store: Store) -> None:
    """Where a provider tells nothing, our own pages count an open: the others' silence means what it meant before."""
    provider = scripted()
    app = ready(store, provider)
    send(app, EDITION)
    told = {"delivery": provider.calls[0].recipients[0].delivery, "kind": "opened", "at": app.clock().isoformat()}
    (hit,) = Hits().parse(json.dumps({**told, "rule": "", "url": ""}).encode())
    found = app.links.read_delivery_key(hit.delivery)
    assert found is not None
    with store.begin() as tx:
        apply(app, tx, [Heard(mailing=found[0], seq=found[1], feedback=hit)], app.clock())
    later(app, hours=30)
    assert counts(account(app, EDITION)) == {"delivered": 1, "accepted": 24}


def test_an_event_settles_a_doubt(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer"), taking=True), events=True)
    app = ready(store, provider)
    send(app, EDITION)
    assert account(app, EDITION).in_doubt == 10
    # One word about one reader proves that the whole call was taken.
    assert tell(app, event(provider.calls[0], 4, "processed", app.clock())).settled == 1
    assert send(app, EDITION).mailing.state is MailingState.CLOSED
    assert everybody_once(provider, 25)


def test_a_doubt_is_sent_again_only_when_every_other_call_was_heard_of(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")), events=True)
    app = ready(store, provider, readers=65)
    send(app, EDITION)
    later(app, minutes=11)
    assert counts(send(app, EDITION).account)["in_doubt"] == 10, "the webhook has said nothing yet"
    for call in provider.calls[1:6]:
        tell(app, *about(app, call, "processed"))
    # The last call began with the others and is silent: so may be the events of the first one.
    later(app, hours=4)
    assert counts(send(app, EDITION).account)["in_doubt"] == 10
    tell(app, *about(app, provider.calls[6], "processed"))
    # It took four hours: nothing is too late to come any more.
    later(app, minutes=90)
    assert counts(send(app, EDITION).account)["in_doubt"] == 10
    assert len(provider.calls) == 7


def test_a_doubt_is_sent_again_when_nothing_was_ever_so_late(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")), events=True)
    app = ready(store, provider, readers=65, on_doubt=OnDoubt.RESEND)
    send(app, EDITION)
    later(app, minutes=1)
    for call in provider.calls[1:]:
        tell(app, *about(app, call, "processed"))
    # Six others were heard of within a minute: half an hour is what one in a million needs.
    later(app, minutes=20)
    assert counts(send(app, EDITION).account)["in_doubt"] == 10
    later(app, minutes=10)
    assert counts(send(app, EDITION).account) == {"accepted": 65}
    assert everybody_once(provider, 65)


def test_late_events_within_the_grace_make_no_double(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer"), taking=True), events=True)
    app = ready(store, provider)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[1], "processed"), *about(app, provider.calls[2], "processed"))
    later(app, minutes=5)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[0], "processed"))
    later(app, minutes=30)
    send(app, EDITION)
    assert everybody_once(provider, 25)


@pytest.mark.parametrize(
    ("rule", "then"),
    [
        (OnDoubt.HOLD, {"held": 10, "accepted": 15}),
        (OnDoubt.SKIP, {"abandoned": 10, "accepted": 15}),
        (OnDoubt.RESEND, {"accepted": 25}),
    ],
)
def test_past_the_deadline_the_newsletters_rule_decides(store: Store, rule: OnDoubt, then: dict[str, int]) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")), events=True)
    app = ready(store, provider, on_doubt=rule, doubts=Doubts(deadline_hours=2))
    send(app, EDITION)
    later(app, hours=2, minutes=1)
    assert counts(send(app, EDITION).account) == then


def test_an_event_that_comes_after_all_frees_what_is_held(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer"), taking=True), events=True)
    app = ready(store, provider, doubts=Doubts(deadline_hours=1))
    send(app, EDITION)
    later(app, hours=2)
    recover(app)
    assert account(app, EDITION).held == 10
    tell(app, event(provider.calls[0], 0, "delivered", app.clock()))
    assert account(app, EDITION).held == 0


def test_who_is_silent_while_others_are_heard_is_unconfirmed(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=10)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[0], "delivered")[:9])
    assert counts(account(app, EDITION)) == {"delivered": 9, "accepted": 1}
    later(app, hours=2)
    found: Account = account(app, EDITION)
    assert (found.delivered, found.unconfirmed) == (9, 1)
    assert found.adds_up


def test_a_person_releases_or_gives_up_what_is_held(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")))
    app = ready(store, provider)
    send(app, EDITION)
    recover(app)
    assert account(app, EDITION).held == 10
    assert abandon(app, EDITION, by="ann", reason="too late to matter") == 1
    assert counts(account(app, EDITION)) == {"abandoned": 10, "accepted": 15}
    assert release(app, EDITION, by="bob", given_up=True) == 1
    assert counts(send(app, EDITION).account) == {"accepted": 25}


def test_pause_and_go_on(store: Store) -> None:
    provider = scripted()
    app = ready(store, provider)
    provider.before = lambda: pause(app, EDITION, by="ann", reason="a look at the bounces") and None
    assert send(app, EDITION).mailing.state is MailingState.PAUSED
    provider.before = lambda: None
    assert counts(send(app, EDITION).account) == {"accepted": 25}


def test_a_stranger_s_post_is_not_kept(store: Store) -> None:
    app = ready(store, scripted(events=True), readers=1)
    with pytest.raises(Unauthorised):
        receive(app, "sendgrid", HookSigner().headers(b"[]", app.clock()), b"[]")
    with pytest.raises(NotFound):
        receive(app, "mailgun", {}, b"[]")
    assert apply_posts(app) == Applied()


def test_events_of_other_mail_and_forged_keys_change_nothing(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=1)
    send(app, EDITION)
    real = event(provider.calls[0], 0, "bounce", app.clock(), type="bounce")
    found = tell(app, {**real, "delivery": ""}, {**real, "delivery": str(real["delivery"])[:-1] + "x"})
    assert (found.events, found.unknown, found.new) == (2, 2, 0)
    assert counts(account(app, EDITION)) == {"accepted": 1}


def test_a_post_that_cannot_be_read_is_set_aside_and_stops_nobody(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=1)
    send(app, EDITION)
    body = b'{"not": "a list"}'
    receive(app, "sendgrid", SIGNER.headers(body, app.clock()), body)
    found = tell(app, *about(app, provider.calls[0], "delivered"))
    assert (found.posts, found.unreadable, found.new) == (2, 1, 1)
    assert account(app, EDITION).delivered == 1


def test_words_that_no_database_holds_do_not_keep_a_post_waiting_for_ever(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=2)
    send(app, EDITION)
    (batch,) = provider.calls
    found = tell(
        app,
        event(batch, 0, "bounce", app.clock(), type="bounce", reason="550 no\x00body \ud83d here"),
        event(batch, 1, "click", app.clock(), url="https://news.example/\x00\udc00"),
    )
    assert (found.posts, found.events, found.new) == (1, 2, 2)
    assert counts(account(app, EDITION)) == {"bounced": 1, "delivered": 1}
    assert apply_posts(app) == Applied()


def test_many_events_of_all_kinds_in_one_post_leave_each_reader_with_the_highest(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=25)
    send(app, EDITION)
    places = [(batch, place) for batch in provider.calls for place in range(len(batch.recipients))]
    words = [
        ("processed",), ("deferred", "processed"), ("delivered", "processed"), ("bounce", "deferred"),
        ("dropped",), ("spamreport", "delivered"),
    ]  # fmt: skip
    events = [
        event(batch, place, word, app.clock(), reason=f"{word} {number}", type="bounce")
        for number, (batch, place) in enumerate(places)
        for word in words[number % len(words)]
    ]
    random.Random(3).shuffle(events)
    before = {"accepted": 9, "delivered": 4, "bounced": 4, "rejected": 4, "complained": 4}
    assert (tell(app, *events).new, counts(account(app, EDITION))) == (len(events), before)
    # Everything that is lower comes late, and once more all of it: nobody falls, and nothing is new.
    late = [event(batch, place, "delivered", app.clock()) for batch, place in places[3::6] + places[4::6]]
    # Of two that say as much the first stands.
    late += [event(batch, place, "dropped", app.clock(), reason="later") for batch, place in places[3::6]]
    assert (tell(app, *late).new, counts(account(app, EDITION))) == (len(late), before)
    assert tell(app, *events).new == 0
    assert counts(account(app, EDITION)) == before
    with store.read() as tx:
        rows = tx.connection.execute(select(deliveries.c.status, deliveries.c.note).order_by(deliveries.c.seq)).all()
    assert [note for status, note in rows if status == "bounced"] == [f"bounce {number}" for number in range(3, 25, 6)]
    assert {note for status, note in rows if status in ("processed", "deferred", "delivered")} == {""}


def test_chunks_keep_their_states_by_the_table(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider)
    send(app, EDITION)
    tell(app, *about(app, provider.calls[0], "delivered"))
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert {chunk.state for chunk in tx.ledger.chunks(mailing.id)} == {ChunkState.ACCEPTED}
