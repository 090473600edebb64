"""Refusals in a row: whoever is refused with everybody else is not refused; a mailing pauses, and nobody is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.model.delivery import MailingState
from digest.model.errors import Permanent, Transient
from digest.model.mail import Batch, Receipt, Variant
from digest.model.newsletter import CanaryRule
from digest.ports import App
from digest.providers.smtp import SmtpProvider
from digest.store.tables import chunks
from digest.store.tx import Store
from digest.workflow.send.deliver import drain, send
from digest.workflow.send.mailing import abandon, resume
from digest.workflow.send.plan import plan
from subscribers.tables import subscribers
from tests.builders import EDITION, app_on, approve_plainly, newsletter, people
from tests.digest.workflow.mailings import counts, everybody_once, logged, mailing, ready
from tests.fakes import Answer, ScriptedProvider
from tests.servers.smtp_sink import SmtpSink

GONE = "550 5.1.1 mailbox unavailable"
HARDLY = "none of them counts as refused"


def refusing(provider: list[ScriptedProvider], refused: Callable[[str], bool]) -> Iterator[Answer]:
    """Every answer refuses these addresses and takes the others; `provider` is filled by then."""

    def answer(batch: Batch) -> Receipt:
        keys = {one.delivery: GONE for one in batch.recipients if refused(one.email)}
        provider[0].take(batch, keys=[one.delivery for one in batch.recipients if one.delivery not in keys])
        return Receipt(refused=keys)

    return itertools.repeat(answer)


def scripted(refused: Callable[[str], bool], **more: object) -> ScriptedProvider:
    filled: list[ScriptedProvider] = []
    made = ScriptedProvider(script=refusing(filled, refused), **more)  # type: ignore[arg-type]
    filled.append(made)
    return made


def number(email: str) -> int:
    return int(email.removeprefix("reader").split("@")[0])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("taken", [0, 12])
def test_a_run_of_refusals_refuses_nobody_however_often_it_is_resumed(store: Store, whole: bool, taken: int) -> None:
    provider = scripted(lambda email: number(email) > taken, batch_size=4, whole=whole)
    app = ready(store, provider, readers=60)
    for _ in range(3):
        sent = send(app, EDITION)
        assert HARDLY in sent.problem
        assert GONE in sent.problem
        assert sent.mailing.state is MailingState.PAUSED
        assert counts(app) == {"ready": 60 - taken} | ({"accepted": taken} if taken else {})
        assert len(provider.calls) <= 4 + 2 * (taken // 4)
        provider.calls.clear()
        app.wait(120)
    assert logged(store, "mailing.paused")
    # Mended: everybody has it, once.
    provider.script = iter(())
    send(app, EDITION)
    assert everybody_once(60, provider)
    assert mailing(app).state is MailingState.CLOSED


def test_the_rest_of_a_call_that_ends_in_refusals_is_ready_again_too(store: Store) -> None:
    provider = scripted(lambda email: number(email) > 15, batch_size=10, whole=False)
    app = ready(store, provider, readers=40)
    assert HARDLY in send(app, EDITION).problem
    assert counts(app) == {"accepted": 15, "ready": 25}


def test_nearly_everybody_of_a_mailing_is_not_refused_either(store: Store) -> None:
    """One of twelve is taken, again and again: never ten in a row with nobody taken after them."""
    provider = scripted(lambda email: number(email) % 12 != 0, batch_size=12, whole=False)
    app = ready(store, provider, readers=48)
    sent = send(app, EDITION)
    assert "nearly everybody was refused" in sent.problem
    assert counts(app) == {"accepted": 4, "ready": 44}
    assert sent.mailing.state is MailingState.PAUSED
    # They are gone indeed: a person says so.
    abandon(app, EDITION, by="ann", reason="an old list")
    assert counts(app) == {"accepted": 4, "abandoned": 44}
    assert mailing(app).state is MailingState.CLOSED


def test_a_rendering_that_is_refused_is_nobodys_address(store: Store) -> None:
    """English is taken, and every call of the French one is answered with 400."""

    def answer(batch: Batch) -> Receipt:
        if batch.rendered.variant.language == "fr":
            raise Permanent("400: something about this message")
        provider.take(batch)
        return Receipt()

    provider = ScriptedProvider(script=itertools.repeat(answer), batch_size=5)
    app = in_two_languages(store, provider)
    for _ in range(3):
        assert "None of them counts as refused" in send(app, EDITION).problem
        app.wait(600)
    assert counts(app) == {"accepted": 15, "ready": 15}


def test_a_rendering_that_a_relay_refuses_is_nobodys_address_either(store: Store) -> None:
    def answer(batch: Batch) -> Receipt:
        if batch.rendered.variant.language == "fr":
            return Receipt(refused={one.delivery: GONE for one in batch.recipients})
        provider.take(batch)
        return Receipt()

    provider = ScriptedProvider(script=itertools.repeat(answer), batch_size=5, whole=False)
    app = in_two_languages(store, provider)
    assert HARDLY in send(app, EDITION).problem
    send(app, EDITION)
    assert counts(app) == {"accepted": 15, "ready": 15}


def in_two_languages(store: Store, provider: ScriptedProvider) -> App:
    """Thirty readers, half of them in French; English and French waves take turns."""
    approve_plainly(store, Variant(language="en"), Variant(language="fr"))
    readers = people(store, 30)
    with store.begin() as tx:
        tx.connection.execute(update(subscribers).where(subscribers.c.id.in_(readers[:15])).values(language="fr"))
    app = app_on(store, provider=provider)
    plan(app, EDITION)
    with store.begin() as tx:
        found = tx.ledger.chunks(mailing(app).id)
        for chunk in found:
            turn = sum(one.variant == chunk.variant and one.id < chunk.id for one in found)
            due = app.clock() + timedelta(seconds=turn)
            tx.connection.execute(update(chunks).where(chunks.c.id == chunk.id).values(due_at=due))
    return app


@pytest.mark.parametrize("readers", [1, 2, 3, 9])
def test_a_small_mailing_of_which_nobody_is_taken_waits(store: Store, readers: int) -> None:
    app = ready(store, scripted(lambda email: True, batch_size=4, whole=False), readers=readers)
    sent = send(app, EDITION)
    assert HARDLY in sent.problem
    assert counts(app) == {"ready": readers}


@pytest.mark.parametrize("whole", [True, False])
def test_who_is_gone_is_refused_where_others_are_taken(store: Store, whole: bool) -> None:
    provider = scripted(lambda email: number(email) in {1, 5, 6, 7, 20}, batch_size=4, whole=whole)
    app = ready(store, provider, readers=20)
    sent = send(app, EDITION)
    assert sent.problem == ""
    assert counts(app) == {"accepted": 15, "rejected": 5}
    assert sent.mailing.state is MailingState.CLOSED


def test_one_reader_of_one_may_be_gone_and_a_person_says_so(store: Store) -> None:
    """As likely it is the first mail of a new installation, and its sender that is refused."""

    def answer(batch: Batch) -> Receipt:
        raise Permanent("400: the from address does not match a verified Sender Identity")

    app = ready(store, ScriptedProvider(script=itertools.repeat(answer)), readers=1)
    for _ in range(2):
        sent = send(app, EDITION)
        assert sent.mailing.state is MailingState.PAUSED
        assert HARDLY in sent.problem
        assert counts(app) == {"ready": 1}
        app.wait(120)
    abandon(app, EDITION, by="ann", reason="the address is gone")
    assert mailing(app).state is MailingState.CLOSED


def test_one_reader_of_a_rendering_may_be_gone_where_others_are_taken(store: Store) -> None:
    app = ready(store, scripted(lambda email: number(email) == 3, batch_size=1), readers=3)
    assert send(app, EDITION).mailing.state is MailingState.CLOSED
    assert counts(app) == {"accepted": 2, "rejected": 1}


def test_tries_that_were_put_off_count_for_no_refusal(store: Store) -> None:
    """Twenty-five times "too many calls", and then one bad address: the others go out."""
    tries = itertools.count(1)

    def answer(batch: Batch) -> Receipt:
        if next(tries) <= 25:
            raise Transient("429", retry_after=0)
        if any(one.email == "reader1@example.test" for one in batch.recipients):
            raise Permanent("400: bad address")
        provider.take(batch)
        return Receipt()

    provider = ScriptedProvider(script=itertools.repeat(answer), batch_size=10)
    app = ready(store, provider, readers=30)
    for _ in range(5):
        assert send(app, EDITION).mailing.state is not MailingState.PAUSED
        app.wait(30)
    assert counts(app) == {"accepted": 29, "rejected": 1}


def test_a_reader_who_is_refused_again_and_again_with_nobody_taken_is_seen_by_a_person(store: Store) -> None:
    """Over many sweeps, each of which sees that one reader only: somebody else waits for a later hour."""

    def answer(batch: Batch) -> Receipt:
        raise Permanent("400: something")

    provider = ScriptedProvider(script=itertools.repeat(answer), batch_size=1)
    app = ready(store, provider, readers=2)
    with store.begin() as tx:
        later = tx.ledger.chunks(mailing(app).id)[1]
        due = app.clock() + timedelta(days=2)
        tx.connection.execute(update(chunks).where(chunks.c.id == later.id).values(due_at=due))
    sweeps = 0
    while mailing(app).state is not MailingState.PAUSED:
        drain(app, EDITION)
        app.wait(120)
        sweeps += 1
        assert sweeps < 60, "nobody looks"
    assert len(provider.calls) == 20
    assert counts(app) == {"ready": 2}


class Picky(ScriptedProvider):
    """Refuses the call of reader 1, and takes everybody else."""

    def send(self, batch: Batch) -> Receipt:
        """As a provider that halves."""
        if any(one.email == "reader1@example.test" for one in batch.recipients):
            self.calls.append(batch)
            raise Permanent("400: bad address")
        return super().send(batch)


def one_french_in_each_of_two_zones(store: Store, provider: ScriptedProvider, **changes: object) -> App:
    """Readers 1 (early) and 4 (five hours later) read French, the others English."""
    approve_plainly(store, Variant(language="en"), Variant(language="fr"))
    early, late = people(store, 3), people(store, 3, start=4, timezone="America/Lima")
    with store.begin() as tx:
        french = subscribers.c.id.in_([early[0], late[0]])
        tx.connection.execute(update(subscribers).where(french).values(language="fr"))
    hours = replace(newsletter().schedule, reader_hours=True)
    app = app_on(store, provider=provider, schedule=hours, **changes)  # type: ignore[arg-type]  # its own fields
    plan(app, EDITION)
    return app


def two_french_at_once(store: Store, provider: ScriptedProvider) -> App:
    """Readers 1 and 2 read French, four others English, all at one hour."""
    approve_plainly(store, Variant(language="en"), Variant(language="fr"))
    readers = people(store, 6)
    with store.begin() as tx:
        tx.connection.execute(update(subscribers).where(subscribers.c.id.in_(readers[:2])).values(language="fr"))
    app = app_on(store, provider=provider)
    plan(app, EDITION)
    return app


@pytest.mark.parametrize("canary", [CanaryRule(), CanaryRule(share=0.2, at_least=3, wait_minutes=5, max_bounced=0.4)])
def test_one_bad_address_alone_in_its_rendering_keeps_nobody_else_waiting(store: Store, canary: CanaryRule) -> None:
    """Others of its rendering are due hours later. Twenty refusals of it paused the mailing of everybody."""
    provider = Picky(batch_size=10)
    app = one_french_in_each_of_two_zones(store, provider, canary=canary)
    for _ in range(90):
        drain(app, EDITION)
        assert mailing(app).state is not MailingState.PAUSED
        if mailing(app).state is MailingState.CLOSED:
            break
        app.wait(305)
    assert counts(app) == {"accepted": 5, "rejected": 1}
    assert len(provider.calls) < 45, "after twenty tries it is asked for less often"


def test_who_is_left_alone_is_seen_by_a_person_and_a_resume_tries_twenty_times_again(store: Store) -> None:
    """A rendering of two that is refused, where everybody else has theirs."""

    def answer(batch: Batch) -> Receipt:
        if batch.rendered.variant.language == "fr":
            raise Permanent("400: something about this message")
        provider.take(batch)
        return Receipt()

    provider = ScriptedProvider(script=itertools.repeat(answer), batch_size=10)
    app = two_french_at_once(store, provider)
    reasons = []
    for _ in range(2):
        for _ in range(60):
            drain(app, EDITION)
            if mailing(app).state is MailingState.PAUSED:
                break
            app.wait(61)
        reasons.append(mailing(app).reason)
        before = len(provider.calls)
        resume(app, EDITION, by="ann")
        app.wait(305)
        drain(app, EDITION)
        assert mailing(app).state is MailingState.SENDING, "one more refusal does not pause it anew"
        assert len(provider.calls) > before
    assert all("nobody else waits" in reason and "fr" in reason for reason in reasons)
    assert counts(app) == {"accepted": 4, "ready": 2}


def test_sweeps_count_on(store: Store) -> None:
    """Each sweep of the clock mails a wave of four, and nobody is taken: no sweep alone sees ten."""
    provider = scripted(lambda email: number(email) > 4, batch_size=4, whole=False)
    app = ready(store, provider, readers=40)
    with store.begin() as tx:
        for wave, chunk in enumerate(tx.ledger.chunks(mailing(app).id)):
            due = app.clock() + timedelta(hours=wave)
            tx.connection.execute(update(chunks).where(chunks.c.id == chunk.id).values(due_at=due))
    for _ in range(4):
        assert mailing(app).state is not MailingState.PAUSED
        drain(app, EDITION)
        app.wait(3600)
    assert HARDLY in mailing(app).reason
    assert counts(app) == {"accepted": 4, "ready": 36}


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("reply", [GONE, "550 5.7.1 Message rejected due to local policy", "552 5.2.2 over quota"])
def test_a_relay_that_begins_to_refuse_midway_refuses_nobody(store: Store, reply: str, connections: int) -> None:
    with SmtpSink() as sink:
        seen = itertools.count()
        sink.replies = _After(20, reply, seen)
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, timeout=10, connections=connections)
        app = ready(store, provider, readers=80)  # type: ignore[arg-type]  # not a scripted one
        for _ in range(3):
            sent = send(app, EDITION)
            assert HARDLY in sent.problem
            assert sent.mailing.state is MailingState.PAUSED
            assert counts(app) == {"accepted": 20, "ready": 60}
            app.wait(120)
        sink.replies = {}
        send(app, EDITION)
        provider.close()
        assert counts(app) == {"accepted": 80}
        assert len({one.reader for one in sink.taken}) == len(sink.taken) == 80


class _After(dict[str, str]):
    """RCPT replies: so many are taken, and everybody later is refused."""

    def __init__(self, taken: int, reply: str, seen: Iterator[int]) -> None:
        super().__init__()
        self._taken, self._reply, self._seen = taken, reply, seen

    def get(self, address: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """As the server asks."""
        return self._reply if next(self._seen) >= self._taken else default
