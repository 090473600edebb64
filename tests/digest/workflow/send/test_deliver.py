"""Nobody twice, nobody forgotten: what happens to a mailing when the provider answers well, badly or not at all."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model.delivery import Account, ChunkState, MailingState
from digest.model.edition import EditionStatus
from digest.model.errors import DigestError, NotFound, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Receipt, Slot
from digest.model.newsletter import OnDoubt, Schedule
from digest.model.throttle import CallResult
from digest.ports import App, Provider
from digest.providers.resend import ResendProvider
from digest.store.tx import Store
from digest.workflow.send.deliver import Sent, drain, send
from digest.workflow.send.doubts import recover
from digest.workflow.send.mailing import account, stop
from digest.workflow.send.plan import plan
from digest.workflow.send.sender import LEASE
from subscribers import lists as memberships
from subscribers.consent import Basis
from subscribers.model import Frequency, Preferences, SuppressionReason
from subscribers.suppression import suppress
from tests.builders import EDITION, app_on, approve_plainly, newsletter, people
from tests.fakes import Answer, FakeClock, ScriptedProvider
from tests.servers import resend_api
from tests.servers.letters import from_sendgrid
from tests.servers.resend_api import ResendServer
from tests.servers.sendgrid_api import Fault


def ready(store: Store, provider: Provider, readers: int = 25, **changes: object) -> App:
    """An app with an approved edition and so many readers, planned."""
    approve_plainly(store)
    people(store, readers)
    app = app_on(store, provider=provider, **changes)
    plan(app, EDITION)
    return app


def raises(error: BaseException, *, taking: bool = False) -> Answer:
    """An answer that fails; with `taking`, the provider has taken everybody all the same."""

    def answer(batch: Batch) -> Receipt:
        if taking:
            batch_of[0].take(batch)
        raise error

    batch_of: list[ScriptedProvider] = []
    answer.provider = batch_of  # type: ignore[attr-defined]  # filled by `scripted`
    return answer


def scripted(*answers: Answer, **options: object) -> ScriptedProvider:
    """A provider that gives these answers first."""
    made = ScriptedProvider(script=iter(answers), **options)  # type: ignore[arg-type]
    for answer in answers:
        if hasattr(answer, "provider"):
            answer.provider.append(made)
    return made


def everybody_once(provider: ScriptedProvider, readers: int) -> bool:
    """True where each reader has exactly one message."""
    return Counter(provider.taken) == Counter(f"reader{number}@example.test" for number in range(1, readers + 1))


def counts(found: Account) -> dict[str, int]:
    """The numbers of an account that are not 0."""
    named = (
        "ready", "sending", "accepted", "delivered", "bounced", "complained", "rejected", "in_doubt", "held"
    )  # fmt: skip
    return {name: value for name in named if (value := getattr(found, name))} | dict(found.skipped)


def test_everybody_gets_it_once_and_the_mailing_closes(store: Store) -> None:
    provider = scripted()
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert everybody_once(provider, 25)
    assert [len(call.recipients) for call in provider.calls] == [10, 10, 5]
    assert sent.mailing.state is MailingState.CLOSED
    assert counts(sent.account) == {"accepted": 25}
    assert sent.account.adds_up
    with store.read() as tx:
        found = tx.editions.get(EDITION)
    assert found is not None
    assert found.status is EditionStatus.SENT


def test_a_second_send_mails_nobody(store: Store) -> None:
    provider = scripted()
    app = ready(store, provider)
    send(app, EDITION)
    again = send(app, EDITION)
    assert again.calls == 0
    assert len(provider.taken) == 25


def test_a_second_plan_is_the_first_one(store: Store) -> None:
    app = ready(store, scripted())
    people(store, 3, start=100)
    assert plan(app, EDITION).count == 25


def test_the_keys_and_links_of_readers_are_their_own(store: Store) -> None:
    provider = scripted()
    send(ready(store, provider), EDITION)
    recipients = [recipient for call in provider.calls for recipient in call.recipients]
    assert len({recipient.delivery for recipient in recipients}) == 25
    assert len({recipient.unsubscribe_url for recipient in recipients}) == 25
    assert all(r.slots[Slot.UNSUBSCRIBE] == r.unsubscribe_url for r in recipients)


def test_what_was_not_taken_is_tried_again(store: Store) -> None:
    provider = scripted(raises(Transient("busy")), raises(Transient("busy", retry_after=7)))
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert everybody_once(provider, 25)
    assert len(provider.calls) == 5
    assert sent.account.adds_up


def test_a_provider_that_is_away_for_long_leaves_the_rest_to_the_next_sweep(store: Store) -> None:
    provider = scripted(raises(Transient("away", retry_after=600)))
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"ready": 25}
    # It said when calls are welcome again: that holds for every chunk.
    assert len(provider.calls) == 1
    assert sent.waiting_until is not None
    assert isinstance(app.clock, FakeClock)
    app.clock.now = sent.waiting_until
    assert counts(send(app, EDITION).account) == {"accepted": 25}
    assert everybody_once(provider, 25)


def test_an_answer_that_never_came_is_not_tried_again(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer"), taking=True), events=True)
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"in_doubt": 10, "accepted": 15}
    send(app, EDITION)
    assert everybody_once(provider, 25)
    assert sent.mailing.state is MailingState.SENDING


def test_events_that_are_faster_than_an_answer_that_never_comes_are_believed(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer"), taking=True), events=True)
    app = ready(store, provider)

    def heard_meanwhile() -> None:
        provider.before = lambda: None
        with app.begin() as tx:
            mailing = tx.ledger.mailing(str(EDITION))
            assert mailing is not None
            tx.feedback.echo(mailing.id, [3], app.clock())

    provider.before = heard_meanwhile
    send(app, EDITION)
    for _ in range(3):
        recover(app)
    assert everybody_once(provider, 25)
    assert counts(account(app, EDITION)) == {"accepted": 25}


@pytest.mark.parametrize(
    ("rule", "then"),
    [
        (OnDoubt.HOLD, {"held": 10, "accepted": 15}),
        (OnDoubt.SKIP, {"abandoned": 10, "accepted": 15}),
        (OnDoubt.RESEND, {"accepted": 25}),
    ],
)
def test_a_doubt_that_nothing_can_settle_goes_by_the_newsletters_rule(
    store: Store, rule: OnDoubt, then: dict[str, int]
) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")))
    app = ready(store, provider, on_doubt=rule)
    send(app, EDITION)
    assert counts(send(app, EDITION).account) == then


def test_a_provider_that_keeps_one_message_for_one_key_is_asked_again(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")), idempotent=True)
    app = ready(store, provider)
    send(app, EDITION)
    assert counts(send(app, EDITION).account) == {"accepted": 25}


def test_another_list_in_the_configuration_makes_no_other_mailing_of_one_under_way(store: Store) -> None:
    """Resend knows a repeated call by a key that the name of the list is part of: another name mailed twice."""
    with ResendServer(faults=iter([Fault.TAKEN_RESET])) as server:
        provider = ResendProvider(api_key=resend_api.KEY, base_url=server.url, timeout=20.0)
        app = ready(store, provider)
        send(app, EDITION)
        app = replace(app, newsletters={"world": newsletter(list="globe")})
        assert isinstance(app.clock, FakeClock)
        app.clock.now += timedelta(minutes=15)
        send(app, EDITION)
        provider.close()
        assert counts(account(app, EDITION)) == {"accepted": 25}
        assert Counter(taken.email for taken in server.taken) == Counter(
            f"reader{n}@example.test" for n in range(1, 26)
        )
        listed = {from_sendgrid(taken).headers["list-id"] for taken in server.taken}
        assert listed == {"The World Brief <world.digest.example>"}


def test_a_sender_that_is_killed_again_and_again_is_no_silence_of_the_provider(store: Store) -> None:
    """Repeats of a call without an answer wait for longer each time. A death says nothing about the provider."""

    class Killed(BaseException):
        pass

    provider = scripted(*[raises(Killed())] * 3, idempotent=True, batch_size=25)
    app = ready(store, provider)
    for _ in range(3):
        with pytest.raises(Killed):
            send(app, EDITION)
        app.wait(LEASE.total_seconds() + 1)
    assert counts(send(app, EDITION).account) == {"accepted": 25}


def test_a_defect_in_an_adapter_is_a_doubt_and_stops_the_mailing(store: Store) -> None:
    provider = scripted(raises(ZeroDivisionError("oops")), events=True)
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"in_doubt": 10, "ready": 15}
    assert sent.mailing.state is MailingState.PAUSED
    assert "ZeroDivisionError" in sent.problem


def bad_address(batch: Batch) -> Receipt:
    """Refuse every call that holds reader 7."""
    if any(recipient.email == "reader7@example.test" for recipient in batch.recipients):
        raise Permanent("reader 7 is not to be had")
    raise AssertionError("this call should have been answered by the default")


def test_a_bad_address_ends_up_alone_and_everybody_else_gets_it(store: Store) -> None:
    provider = ScriptedProvider()

    def judge() -> Iterator[Answer | None]:
        while True:
            last = provider.calls[-1]
            yield bad_address if any(r.email == "reader7@example.test" for r in last.recipients) else None

    provider.script = judge()  # type: ignore[assignment]  # None means the default answer
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"accepted": 24, "rejected": 1}
    assert sent.account.adds_up
    assert sorted(provider.taken) == sorted(f"reader{n}@example.test" for n in range(1, 26) if n != 7)
    assert sent.mailing.state is MailingState.CLOSED


def test_who_left_proves_no_address_bad(store: Store) -> None:
    """A chunk of which everybody has left is done with, and no call was made of it."""
    provider = ScriptedProvider(script=itertools.repeat(raises(Permanent("400: something about all"))), batch_size=5)
    app = ready(store, provider, readers=40)
    with store.begin() as tx:
        for number in range(6, 11):
            address = f"reader{number}@example.test"
            suppress(tx.connection, address, SuppressionReason.COMPLAINT, now=app.clock())
    for _ in range(4):
        assert "None of them counts as refused" in send(app, EDITION).problem
        app.wait(30)
    assert counts(account(app, EDITION)) == {"ready": 35, "suppressed": 5}


def test_who_cannot_be_written_to_proves_no_other_address_bad(store: Store) -> None:
    def answer(batch: Batch) -> Receipt:
        odd = {one.delivery: "not plain ASCII" for one in batch.recipients if one.email == "reader7@example.test"}
        if len(odd) == len(batch.recipients):
            return Receipt(refused=odd)
        raise Permanent("400: something about all")

    app = ready(store, ScriptedProvider(script=itertools.repeat(answer)), readers=40)
    for _ in range(4):
        assert "None of them counts as refused" in send(app, EDITION).problem
        app.wait(30)
    assert counts(account(app, EDITION)) == {"ready": 39, "rejected": 1}


def test_a_key_that_is_refused_pauses_the_mailing(store: Store) -> None:
    provider = scripted(raises(Unauthorised("who are you")))
    app = ready(store, provider)
    sent = send(app, EDITION)
    assert sent.mailing.state is MailingState.PAUSED
    assert counts(sent.account) == {"ready": 25}
    assert len(provider.calls) == 1
    assert isinstance(app.clock, FakeClock)
    app.clock.wait(120)
    assert counts(send(app, EDITION).account) == {"accepted": 25}


def test_a_partial_answer_parts_the_chunk(store: Store) -> None:
    def partly(batch: Batch) -> Receipt:
        keys = [recipient.delivery for recipient in batch.recipients]
        provider.take(batch, keys=[*keys[:3], *keys[7:]])
        return Receipt(
            refused={keys[1]: "no such mailbox"},
            not_sent=frozenset(keys[3:5]),
            unknown=frozenset(keys[5:7]),
            note="the line broke",
        )

    provider = scripted(partly, events=True)
    app = ready(store, provider, readers=10)
    sent = send(app, EDITION)
    # 3 and 4 were sent on a second call; 5 and 6 are in doubt; 1 was refused by name.
    assert counts(sent.account) == {"accepted": 7, "rejected": 1, "in_doubt": 2}
    assert sent.account.adds_up
    assert [len(call.recipients) for call in provider.calls] == [10, 2]


def test_an_unsubscribe_takes_effect_before_the_next_call(store: Store) -> None:
    provider = scripted()
    approve_plainly(store)
    ids = people(store, 25)
    app = app_on(store, provider=provider)
    plan(app, EDITION)

    def leave() -> None:
        with store.begin() as tx:
            mail_list = tx.audience.list_of("world")
            memberships.unsubscribe(tx.connection, ids[-1], mail_list.id, Basis(method="page"), app.clock())
            suppress(tx.connection, "reader24@example.test", SuppressionReason.COMPLAINT, now=app.clock())

    provider.before = leave
    sent = send(app, EDITION)
    assert counts(sent.account) == {"accepted": 23, "unsubscribed": 1, "suppressed": 1}
    assert "reader25@example.test" not in provider.taken
    assert sent.account.adds_up


def test_a_choice_made_after_the_plan_takes_effect_before_the_next_call(store: Store) -> None:
    provider = scripted()
    approve_plainly(store)
    ids = people(store, 25)
    app = app_on(store, provider=provider)
    plan(app, EDITION)

    def choose() -> None:
        with store.begin() as tx:
            list_id = tx.audience.list_of("world").id
            wishes = Preferences(paused_until=EDITION.date + timedelta(days=7))
            tx.audience.choose(ids[20], list_id, wishes, now=app.clock())
            tx.audience.choose(ids[21], list_id, Preferences(frequency=Frequency.WEEKLY), now=app.clock())

    provider.before = choose
    sent = send(app, EDITION)
    assert sent.account.adds_up
    assert sent.account.skipped["paused"] == 1
    assert "reader21@example.test" not in provider.taken
    # A Monday's edition is the weekly one.
    assert "reader22@example.test" in provider.taken


def test_whoever_may_not_be_mailed_is_planned_as_skipped(store: Store) -> None:
    approve_plainly(store)
    people(store, 5)
    with store.begin() as tx:
        suppress(tx.connection, "reader2@example.test", SuppressionReason.HARD_BOUNCE, now=FakeClock().now)
    app = app_on(store, provider=scripted())
    plan(app, EDITION)
    found = account(app, EDITION)
    assert (found.planned, found.ready, found.skipped) == (5, 4, {"suppressed": 1})
    assert found.adds_up


def test_stop_makes_no_new_call_and_resume_goes_on(store: Store) -> None:
    provider = scripted()
    app = ready(store, provider)
    provider.before = lambda: stop(app, EDITION, by="ann", reason="a wrong headline") and None
    stopped = send(app, EDITION)
    assert len(provider.calls) == 1
    assert stopped.mailing.state is MailingState.STOPPED
    assert counts(stopped.account) == {"accepted": 10, "ready": 15}
    provider.before = lambda: None
    assert counts(send(app, EDITION).account) == {"accepted": 25}
    assert everybody_once(provider, 25)


def test_no_transaction_is_open_while_the_provider_is_called(store: Store) -> None:
    provider = scripted()
    app = ready(store, provider)

    def write_something() -> None:
        # With a transaction open across the call, SQLite would wait here until it gave up.
        with store.begin() as tx:
            tx.log("test", "nothing", by="test", now=app.clock())

    provider.before = write_something
    assert send(app, EDITION).account.adds_up


def test_the_account_adds_up_in_the_middle_of_everything(store: Store) -> None:
    provider = scripted(
        raises(Transient("busy")), raises(OutcomeUnknown("gone"), taking=True), raises(Permanent("bad")), events=True
    )
    app = ready(store, provider)
    seen: list[Account] = []
    provider.before = lambda: seen.append(account(app, EDITION))
    seen.append(send(app, EDITION).account)
    assert len(seen) > 5
    assert all(found.adds_up and found.planned == 25 for found in seen)


def claim(app: App) -> None:
    """What a process leaves behind that is killed during its first call."""
    with app.begin() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        tx.ledger.change(mailing.id, expected=MailingState.PLANNED, to=MailingState.SENDING)
        now = app.clock()
        assert tx.ledger.claim(mailing.id, owner="killed", now=now, lease_until=now + timedelta(minutes=5))


def test_the_chunk_of_a_killed_sender_is_in_doubt_and_not_ready(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, gone=frozenset({"killed"}))
    claim(app)
    assert counts(account(app, EDITION)) == {"sending": 10, "ready": 15}
    sent = send(app, EDITION)
    assert counts(sent.account) == {"in_doubt": 10, "accepted": 15}


def test_a_claim_is_believed_until_its_lease_runs_out(store: Store) -> None:
    app = ready(store, scripted(events=True))
    claim(app)
    assert recover(app) == 0
    assert isinstance(app.clock, FakeClock)
    app.clock.wait(301)
    assert recover(app) == 1
    assert counts(account(app, EDITION)) == {"in_doubt": 10, "ready": 15}


def test_an_answer_after_the_lease_settles_the_doubt(store: Store) -> None:
    provider = scripted(events=True)
    app = ready(store, provider, readers=10)

    def too_slow() -> None:
        assert isinstance(app.clock, FakeClock)
        app.clock.wait(LEASE.total_seconds() + 1)
        assert recover(app) == 1

    provider.before = too_slow
    sent = send(app, EDITION)
    assert counts(sent.account) == {"accepted": 10}
    assert everybody_once(provider, 10)


def test_a_wave_whose_window_is_over_is_held_and_can_be_released(store: Store) -> None:
    provider = scripted()
    schedule = Schedule(reader_hours=False, window_hours=2)
    app = ready(store, provider, readers=10, schedule=schedule)
    assert isinstance(app.clock, FakeClock)
    app.clock.wait(3 * 3600)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"held": 10}
    assert provider.calls == []
    assert counts(send(app, EDITION, late=True).account) == {"accepted": 10}


def test_waiting_waves_go_when_told(store: Store) -> None:
    provider = scripted()
    approve_plainly(store)
    people(store, 3, timezone="America/Lima")
    app = app_on(store, provider=provider, schedule=Schedule())
    plan(app, EDITION)
    sent = send(app, EDITION)
    assert counts(sent.account) == {"ready": 3}
    assert sent.waiting_until is not None
    assert sent.waiting_until.hour == 11
    assert counts(send(app, EDITION, everybody_now=True).account) == {"accepted": 3}


def test_many_threads_give_everybody_one_message(store: Store) -> None:
    provider = scripted(concurrency=4)
    app = ready(store, provider, readers=60)
    sent = send(app, EDITION)
    assert everybody_once(provider, 60)
    assert sent.account.adds_up


def test_nothing_is_planned_that_was_not_approved(store: Store) -> None:
    approve_plainly(store, status=EditionStatus.READY)
    people(store, 1)
    app = app_on(store, provider=scripted())
    with pytest.raises(DigestError, match="not approved"):
        plan(app, EDITION)
    with pytest.raises(NotFound):
        send(app, EDITION)


def test_chunks_never_overlap_or_leave_a_gap(store: Store) -> None:
    provider = scripted(raises(Permanent("bad")), raises(Permanent("bad")))
    app = ready(store, provider)
    sent: Sent = send(app, EDITION)
    with store.read() as tx:
        alive = [c for c in tx.ledger.chunks(sent.mailing.id) if c.state is not ChunkState.SPLIT]
    assert alive[0].first_seq == 0
    assert alive[-1].last_seq == 24
    assert all(after.first_seq == before.last_seq + 1 for before, after in itertools.pairwise(alive))


def test_a_drain_leaves_the_mailing_open_while_a_call_is_in_doubt_and_the_last_one_closes_it(store: Store) -> None:
    provider = scripted(raises(OutcomeUnknown("no answer")), events=True)
    app = ready(store, provider)
    assert drain(app, EDITION).calls == 3
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert mailing.state is MailingState.SENDING
        assert tx.ledger.under_way(mailing.id)
        (doubted,) = tx.ledger.chunks(mailing.id, ChunkState.IN_DOUBT)
    with store.begin() as tx:
        assert tx.ledger.doubt(doubted, to=ChunkState.ACCEPTED, now=app.clock(), note="an event echoed it")
    assert drain(app, EDITION).calls == 0
    with store.read() as tx:
        assert not tx.ledger.under_way(mailing.id)
        after = tx.ledger.mailing(str(EDITION))
        assert after is not None
        assert after.state is MailingState.CLOSED
        assert counts(tx.ledger.account(mailing.id)) == {"accepted": 25}


def test_a_drain_says_why_it_stopped(store: Store) -> None:
    app = ready(store, scripted(raises(Unauthorised("the key is not taken"))))
    assert "the key is not taken" in drain(app, EDITION).problem


def test_what_became_of_readers_in_calls_is_counted_for_all_senders(store: Store) -> None:
    def some(batch: Batch) -> Receipt:
        keys = [one.delivery for one in batch.recipients]
        provider.take(batch, keys=keys[3:])
        return Receipt(refused={keys[0]: "no such user"}, not_sent=frozenset(keys[1:2]), unknown=frozenset(keys[2:3]))

    provider = scripted(some, raises(Transient("503")), raises(OutcomeUnknown("no answer")), concurrency=1)
    app = ready(store, provider)
    sent = send(app, EDITION)
    with store.read() as tx:
        found = tx.throttles.counted()
    by_result = {result: readers for (_, result), readers in found.items()}
    assert by_result[CallResult.REFUSED] == 1
    assert by_result[CallResult.NOT_TAKEN] == 1 + 10
    assert by_result[CallResult.IN_DOUBT] >= 1
    assert by_result[CallResult.TAKEN] == len(provider.taken) == sent.account.accepted
    before = dict(found)
    send(app, EDITION)
    with store.read() as tx:
        assert tx.throttles.counted() == before, "a second send mails nobody, and counts nobody"
