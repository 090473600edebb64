"""Letters: each handed to the provider at most once, whatever it answers and whoever is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.model.errors import OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Receipt
from digest.ports import App
from digest.providers.outbox import OutboxProvider
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tx import Store
from digest.workflow.clock.housework import do_housework
from digest.workflow.feedback.events import Applied, apply_posts, receive
from digest.workflow.readers.letters import LEASE, Posted, send_letters
from subscribers.letter_tables import letters
from subscribers.model import LetterKind
from subscribers.tables import suppressions
from tests import builders
from tests.fakes import FakeClock, ScriptedProvider
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()
NOT_FOR_MEMBERS = (LetterKind.CONFIRM, LetterKind.GOODBYE)
"""Pointless for somebody who is on the list: they would be dropped."""


def queue(store: Store, kind: LetterKind = LetterKind.LINKS, count: int = 1) -> list[int]:
    """Letters of that kind to that many readers."""
    now = FakeClock().now
    readers = builders.people(store, count)
    with store.begin() as tx:
        list_id = tx.audience.list_of("world").id
        for number, reader in enumerate(readers, 1):
            tx.audience.queue_letter(kind, reader, address=f"r{number}@example.org", list_id=list_id, now=now)
    return readers


def state(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        rows = tx.connection.execute(select(letters.c.state, letters.c.note).order_by(letters.c.id))
        return [(row.state, row.note) for row in rows]


def refuse(error: Exception) -> Callable[[Batch], Receipt]:
    def answer(_batch: Batch) -> Receipt:
        raise error

    return answer


def app_with(store: Store, *script: Callable[[Batch], Receipt], **how: object) -> tuple[App, ScriptedProvider]:
    provider = ScriptedProvider(script=iter(script), **how)  # type: ignore[arg-type]
    return builders.app_on(store, provider=provider), provider


def test_a_letter_is_sent_once_with_the_same_key_for_every_try(store: Store) -> None:
    queue(store)
    app, provider = app_with(store, refuse(Transient("busy", retry_after=30)))
    assert send_letters(app) == Posted(later=1)
    assert state(store) == [("waiting", "busy")]
    assert send_letters(app) == Posted()
    app.wait(31)
    assert send_letters(app) == Posted(sent=1)
    assert send_letters(app) == Posted()
    first, second = provider.calls
    assert first.recipients == second.recipients
    assert first.envelope == second.envelope
    assert first.rendered == second.rendered
    assert f"letter-{app.links.read_letter_key(first.recipients[0].delivery)}.1" == first.chunk
    assert app.links.read_delivery_key(first.recipients[0].delivery) is None


@pytest.mark.parametrize(
    ("error", "said", "kept"),
    [
        (OutcomeUnknown("no answer"), Posted(doubtful=1), "doubtful"),
        (ValueError("a defect"), Posted(doubtful=1), "doubtful"),
        (Permanent("no such mailbox"), Posted(dropped=1), "dropped"),
        (Unauthorised("wrong key"), Posted(later=1, problem="wrong key"), "waiting"),
    ],
)
def test_what_an_answer_means(store: Store, error: Exception, said: Posted, kept: str) -> None:
    queue(store)
    app, provider = app_with(store, refuse(error))
    assert send_letters(app) == said
    assert state(store)[0][0] == kept
    app.wait(3600)
    send_letters(app)
    assert len(provider.calls) == (2 if kept == "waiting" else 1)


def test_a_refused_address_or_an_unclear_receipt(store: Store) -> None:
    queue(store, count=3)

    def receipt(**named: object) -> Callable[[Batch], Receipt]:
        def answer(batch: Batch) -> Receipt:
            key = batch.recipients[0].delivery
            return Receipt(**{n: {key: "bad"} if n == "refused" else frozenset({key}) for n in named})  # type: ignore[arg-type]

        return answer

    app, _ = app_with(store, receipt(refused=1), receipt(not_sent=1), receipt(unknown=1))
    assert send_letters(app) == Posted(dropped=1, later=1, doubtful=1)


def test_where_a_repeat_does_no_harm_a_doubt_is_a_repeat(store: Store) -> None:
    queue(store)
    app, provider = app_with(store, refuse(OutcomeUnknown("no answer")), idempotent=True)
    assert send_letters(app) == Posted(later=1)
    app.wait(61)
    assert send_letters(app) == Posted(sent=1)
    assert len({call.recipients[0].delivery for call in provider.calls}) == 1


def test_a_wrong_key_stops_the_others_untried(store: Store) -> None:
    queue(store, count=5)
    app, provider = app_with(store, refuse(Unauthorised("wrong key")))
    assert send_letters(app) == Posted(later=5, problem="wrong key")
    assert len(provider.calls) == 1


def test_a_sender_that_died_leaves_a_doubt_and_no_second_mail(store: Store) -> None:
    """P8: killed between the claim and the answer, at whichever moment: one mail or none, never two."""
    queue(store)
    app, provider = app_with(store, refuse(KeyboardInterrupt()))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        send_letters(app)
    assert state(store) == [("sending", "")]
    app.wait(LEASE.total_seconds() + 1)
    assert do_housework(app).forgotten == {"doubtful letters": 1}
    assert state(store)[0][0] == "doubtful"
    assert send_letters(app) == Posted()
    assert len(provider.calls) == 1


def test_several_senders_send_each_letter_once(store: Store) -> None:
    queue(store, count=40)
    app, provider = app_with(store)
    threads = [threading.Thread(target=send_letters, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.taken) == len(set(provider.taken)) == 40


def test_what_came_too_late_or_lost_its_reader_is_dropped(store: Store) -> None:
    reader = queue(store, LetterKind.ERASE)[0]
    app, provider = app_with(store)
    app.wait(24 * 3600)
    assert send_letters(app) == Posted(dropped=1)
    with store.begin() as tx:
        tx.audience.queue_letter(LetterKind.EXPORT, reader, address="r@example.org", now=app.clock())
        tx.audience.erase(reader, erasure_key=builders.KEY, now=app.clock())
    send_letters(app)
    assert provider.calls == []


def test_a_copy_or_a_process_that_ends_sends_nothing(store: Store) -> None:
    queue(store)
    app, provider = app_with(store)
    assert send_letters(replace(app, paused=lambda: "a copy")) == Posted()
    assert send_letters(replace(app, stopping=lambda: True)) == Posted()
    assert send_letters(replace(app, letters=None)) == Posted()
    assert provider.calls == []


def test_every_kind_can_be_written_and_lands_in_the_outbox(store: Store, tmp_path: Path) -> None:
    reader = builders.people(store, 1)[0]
    with store.begin() as tx:
        list_id = tx.audience.list_of("world").id
        for kind in LetterKind:
            if kind not in NOT_FOR_MEMBERS:
                tx.audience.queue_letter(kind, reader, address="r@example.org", list_id=list_id, now=FakeClock().now)
    app = builders.app_on(store, provider=OutboxProvider(tmp_path / "outbox"))
    assert send_letters(app) == Posted(sent=len(LetterKind) - len(NOT_FOR_MEMBERS))
    mails = [path.read_text() for path in (tmp_path / "outbox" / "new").iterdir()]
    assert len(mails) == len(LetterKind) - len(NOT_FOR_MEMBERS)
    for mail in mails:
        assert "Auto-Submitted: auto-generated" in mail
        assert "List-ID" not in mail


def _said_of_letters(app: App, provider: ScriptedProvider, kind: str, **more: object) -> Applied:
    body = post([event(batch, 0, kind, app.clock(), **more) for batch in provider.calls])
    receive(app, "sendgrid", SIGNER.headers(body, app.clock()), body)
    return apply_posts(app)


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("bounce", {"type": "bounce", "reason": "550 no such user"}, "hard_bounce"),
        ("spamreport", {}, "complaint"),
        ("delivered", {}, None),
    ],
)
def test_a_letter_that_comes_back_ends_all_mail_to_its_address(
    store: Store, kind: str, more: dict[str, object], reason: str | None
) -> None:
    queue(store, LetterKind.ADDRESS)
    app, provider = app_with(store)
    app = replace(app, feedback={"sendgrid": SendGridEvents(SIGNER.public_key)})
    assert send_letters(app) == Posted(sent=1)
    for _ in range(2):
        applied = _said_of_letters(app, provider, kind, **more)
        assert (applied.letters, applied.unknown) == (1, 0)
    with store.read() as tx:
        rows = tx.connection.execute(select(suppressions.c.email_key, suppressions.c.reason)).all()
    # The letter's address, which is not the reader's: they keep their mail.
    assert [tuple(row) for row in rows] == ([("r1@example.org", reason)] if reason else [])


def test_somebody_who_leaves_by_the_provider_of_a_letter_has_left(store: Store) -> None:
    (reader,) = queue(store, LetterKind.WELCOME)
    app, provider = app_with(store)
    app = replace(app, feedback={"sendgrid": SendGridEvents(SIGNER.public_key)})
    send_letters(app)
    _said_of_letters(app, provider, "unsubscribe")
    with store.read() as tx:
        assert [one.state.value for one in tx.audience.subscriptions_of(reader)] == ["ended"]
