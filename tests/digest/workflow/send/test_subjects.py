"""Two subjects: tried on the first readers, judged by their clicks; a tie keeps the first, and the account adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from digest.model.change import IllegalEdit, SubjectLine
from digest.model.edition import EditionStatus
from digest.model.feedback import FeedbackKind
from digest.model.mail import Variant
from digest.model.newsletter import CanaryRule, SubjectTest, Tracking
from digest.ports import App
from digest.store.tables import deliveries, feedback
from digest.store.tx import Store
from digest.workflow.edition.archive import correct
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve, proof
from digest.workflow.send.corrections import mail_correction, whom
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import stop
from digest.workflow.send.plan import plan
from subscribers.tables import subscriptions
from tests.builders import EDITION, app_on, edition, people
from tests.digest.workflow.mailings import chunks, clock_of, counts, everybody_once, logged, mailing
from tests.fakes import ScriptedProvider

CLICKS = Tracking(clicks=True)
FIRST, SECOND = "One thing happened", "You will want to know this"
RULE = {"canary": CanaryRule(at_least=1, wait_minutes=1), "subject_test": SubjectTest(share=0.4, wait_minutes=20)}


def written(store: Store, provider: ScriptedProvider, *, readers: int = 20, tracking: Tracking = CLICKS) -> App:
    """An app with an edition of two subjects, ready to be approved."""
    people(store, readers)
    app = app_on(store, provider=provider, tracking=tracking, **RULE)
    with store.begin() as tx:
        tx.editions.put(replace(edition(), subject_b=SECOND), expected_version=0)
    return app


def begun(store: Store, provider: ScriptedProvider) -> App:
    """The same, its first readers served."""
    app = written(store, provider)
    approve(app, EDITION, by="Ann", despite_blockers=True)
    plan(app, EDITION)
    send(app, EDITION)
    return app


def subjects(provider: ScriptedProvider) -> Counter[str]:
    """How many got which."""
    return Counter(batch.rendered.subject for batch in provider.calls for _ in batch.recipients)


def press(app: App, store: Store, subject: str, many: int, *, machine: bool = False) -> None:
    """So many of the first readers of this subject press a link."""
    second = subject == SECOND
    seqs = [seq for one in chunks(app) if one.canary and Variant.parse(one.variant).other is second
            for seq in range(one.first_seq, one.last_seq + 1)]  # fmt: skip
    _clicks(app, store, seqs[:many], machine=machine)


def _clicks(app: App, store: Store, seqs: Iterable[int], *, machine: bool) -> None:
    at = app.clock()
    with store.begin() as tx:
        for seq in seqs:
            tx.connection.execute(
                insert(feedback).values(
                    event_key=f"{seq}-{machine}", provider="tracking", kind=FeedbackKind.CLICKED, at=at,
                    received_at=at, mailing_id=mailing(app).id, seq=seq, url="https://e.test/", machine=machine,
                )
            )  # fmt: skip


def test_half_of_the_first_get_each_and_the_rest_waits(store: Store) -> None:
    provider = ScriptedProvider()
    app = begun(store, provider)
    assert subjects(provider) == {FIRST: 4, SECOND: 4}
    assert counts(app) == {"accepted": 8, "ready": 12}
    clock_of(app).wait(18 * 60)
    assert send(app, EDITION).calls == 0


@pytest.mark.parametrize(("first", "second", "winner"), [(1, 3, SECOND), (3, 1, FIRST), (2, 2, FIRST), (0, 0, FIRST)])
def test_the_rest_gets_what_more_people_pressed_and_a_tie_keeps_the_first(
    store: Store, first: int, second: int, winner: str
) -> None:
    provider = ScriptedProvider()
    app = begun(store, provider)
    press(app, store, FIRST, first)
    press(app, store, SECOND, second)
    # Robots press everything: they decide nothing.
    press(app, store, FIRST, 4, machine=True)
    clock_of(app).wait(20 * 60)
    send(app, EDITION)
    assert subjects(provider)[winner] == 16
    assert everybody_once(20, provider)
    assert counts(app) == {"accepted": 20}
    assert logged(store, "subject.chosen") == ["subject.chosen"]
    with app.read() as tx:
        tried = tx.reports.subjects(mailing(app).id)
    assert [(one.readers, one.clicked, one.given) for one in tried] == [
        (4, first, 16 if winner == FIRST else 4), (4, second, 16 if winner == SECOND else 4),
    ]  # fmt: skip


def test_who_is_not_counted_is_not_asked(store: Store) -> None:
    provider = ScriptedProvider()
    app = written(store, provider)
    with store.begin() as tx:
        tx.connection.execute(subscriptions.update().values(tracking_off=True))
    approve(app, EDITION, by="Ann", despite_blockers=True)
    plan(app, EDITION)
    send(app, EDITION)
    assert subjects(provider) == {FIRST: 20}


def test_both_are_part_of_what_is_approved(store: Store) -> None:
    app = written(store, ScriptedProvider())
    approve(app, EDITION, by="Ann", despite_blockers=True)
    with app.read() as tx:
        keys = tx.editions.frozen_variants(EDITION)
        both = [tx.editions.frozen(EDITION, key) for key in ("en:all:tracked", "en:all:tracked:b")]
    assert keys == ("en:all", "en:all:b", "en:all:tracked", "en:all:tracked:b")
    assert [one.subject for one in both if one] == [FIRST, SECOND]
    assert len({one.sha256 for one in both if one}) == 2
    made = edit(app, EDITION, SubjectLine(subject=FIRST, preheader="", other="Another"), by="Ann", expected_version=1)
    assert (made.status, made.subject_b) == (EditionStatus.READY, "Another")  # the approval is void


def test_without_clicks_it_is_refused_with_the_reason(store: Store) -> None:
    app = written(store, ScriptedProvider(), tracking=Tracking(opens=True))
    with pytest.raises(IllegalEdit, match="judged by clicks, and world counts none"):
        edit(app, EDITION, SubjectLine(subject="A", preheader="", other="B"), by="Ann", expected_version=1)
    # Turned off since it was written: everybody gets the first, and the checks say so.
    found = proof(app, EDITION)
    assert "second-subject" in {one.id for one in found.findings}
    assert not any(one.variant.other for one in found.rendered)


def test_a_form_that_does_not_ask_leaves_it_and_an_empty_one_takes_it_out(store: Store) -> None:
    app = written(store, ScriptedProvider())
    kept = edit(app, EDITION, SubjectLine(subject="New", preheader=""), by="Ann", expected_version=1)
    assert kept.subject_b == SECOND
    with pytest.raises(IllegalEdit, match="same as the first"):
        edit(app, EDITION, SubjectLine(subject="New", preheader="", other="New"), by="Ann", expected_version=2)
    gone = edit(app, EDITION, SubjectLine(subject="New", preheader="", other=""), by="Ann", expected_version=2)
    assert gone.subject_b == ""


def test_everybody_of_a_plan_is_in_it_once(store: Store) -> None:
    app = written(store, ScriptedProvider(), readers=7)
    approve(app, EDITION, by="Ann", despite_blockers=True)
    planned = plan(app, EDITION)
    with store.read() as tx:
        found = tx.connection.scalars(
            select(deliveries.c.subscriber_id).where(deliveries.c.mailing_id == planned.id)
        ).all()
    assert len(found) == len(set(found)) == planned.count == 7


def test_a_correction_bears_the_subject_that_its_reader_knows(store: Store) -> None:
    provider = ScriptedProvider()
    app = begun(store, provider)
    known = {one.email: batch.rendered.subject for batch in provider.calls for one in batch.recipients}
    stop(app, EDITION, by="Ann", reason="wrong town")
    provider.calls.clear()
    note = correct(app, EDITION, "It is Durban.", by="Ann")
    assert (whom(app, EDITION, note).readers, whom(app, EDITION, note).seconds) == (8, True)
    mail_correction(app, EDITION, note.id, by="Ann")
    send(app, EDITION, correction=note.id)
    mailed = {one.email: batch.rendered.subject for batch in provider.calls for one in batch.recipients}
    assert mailed == {email: f"Correction: {subject}" for email, subject in known.items()}


def test_which_variant_each_reader_got(store: Store) -> None:
    provider = ScriptedProvider()
    app = begun(store, provider)
    got = {one.email: batch.rendered.variant.key for batch in provider.calls for one in batch.recipients}
    with app.read() as tx:
        number = mailing(app).id
        known = tx.audience.subscribers_at(sorted(got))
        assert {email: tx.ledger.variant_given(number, known[email]) for email in got} == got
        assert sorted(tx.ledger.given_second(number)) == sorted(
            known[email] for email, key in got.items() if key.endswith(":b")
        )
        assert tx.ledger.variant_given(number, 10_000) == ""
