"""A correction that is mailed: to those who got the edition and may still be mailed, approved again, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import update

from digest.model.correction import Correction, as_read
from digest.model.delivery import DeliveryStatus, Mailing, MailingState
from digest.model.edition import EditionStatus
from digest.model.errors import DigestError, NotFound, OutcomeUnknown
from digest.model.newsletter import OnDoubt, Schedule
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.due import sweep
from digest.workflow.edition.archive import correct, uncorrect
from digest.workflow.edition.review import require
from digest.workflow.send.corrections import HAVE_IT, LEFT, mail_correction, whom
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import abandon, mailing_of, release, resume, stop
from subscribers.tables import subscriptions
from tests.builders import EDITION, newsletter
from tests.digest.workflow.mailings import chunks, clock_of, everybody_once, logged, mailing, numbers, raises, ready
from tests.fakes import MORNING, ScriptedProvider

WORDS = "The bridge is in Durban, not in Lima."


def sent(store: Store, provider: ScriptedProvider, readers: int = 5, **changes: object) -> tuple[App, Correction]:
    """An edition that is out, and a correction of it."""
    app = ready(store, provider, readers, **changes)
    send(app, EDITION)
    return app, correct(app, EDITION, WORDS, by="Ann")


def numbers_of(app: App, correction: Correction) -> dict[str, int]:
    """The account of its mailing, which has to add up."""
    with app.read() as tx:
        found = tx.ledger.account(mailing_of(app, EDITION, correction=correction.id).id)
    assert found.adds_up, found
    return numbers(found)


def test_it_goes_to_those_who_got_the_edition_and_may_still_be_mailed(store: Store) -> None:
    provider = ScriptedProvider()
    app, note = sent(store, provider)
    with app.begin() as tx:
        # One came back, one has left since: of the five, three are to be mailed.
        tx.ledger.mark(mailing(app).id, {0: (DeliveryStatus.BOUNCED, "no such box")}, app.clock())
        left = tx.ledger.received(mailing(app).id)[-1]
        tx.connection.execute(update(subscriptions).where(subscriptions.c.subscriber_id == left).values(state="ended"))
    provider.taken.clear()
    assert whom(app, EDITION).readers == 3
    planned = mail_correction(app, EDITION, note.id, by="Ann Lee")
    assert (planned.count, planned.correction) == (4, note.id)
    assert numbers_of(app, note) == {"ready": 3, LEFT: 1}
    send(app, EDITION, correction=note.id)
    assert sorted(provider.taken) == [f"reader{n}@example.test" for n in (2, 3, 4)]
    assert numbers_of(app, note) == {"accepted": 3, LEFT: 1}
    mail = provider.calls[-1]
    assert mail.rendered.subject == "Correction: One thing happened"
    assert WORDS in mail.rendered.text
    assert WORDS in mail.rendered.html
    assert all(one.unsubscribe_url for one in mail.recipients)
    # The edition and its own account are as they were.
    with app.read() as tx:
        assert require(tx, EDITION).status is EditionStatus.SENT
        assert tx.ledger.account(mailing(app).id).accepted == 4
        assert tx.archive.corrections([EDITION])[EDITION][0].approved_by == "Ann Lee"
    assert logged(store, "correction.approved") == ["correction.approved"]


def test_a_pause_that_is_over_and_other_days_chosen_since_keep_nobody_from_it(store: Store) -> None:
    """They read what was wrong; the edition's own day says nothing of the day on which its correction comes."""
    provider = ScriptedProvider()
    app, note = sent(store, provider)
    today = MORNING.date()
    changes = (
        {"paused_until": today + timedelta(days=2)},
        {"frequency": "weekly"},
        {"paused_until": today + timedelta(days=9)},
    )
    with app.begin() as tx:
        for place, change in enumerate(changes):
            one = tx.ledger.received(mailing(app).id)[place]
            tx.connection.execute(update(subscriptions).where(subscriptions.c.subscriber_id == one).values(**change))
    clock_of(app).now += timedelta(days=3)
    provider.taken.clear()
    assert whom(app, EDITION, note).readers == 4
    mail_correction(app, EDITION, note.id, by="Ann")
    send(app, EDITION, correction=note.id)
    assert sorted(provider.taken) == [f"reader{n}@example.test" for n in (1, 2, 4, 5)]
    assert numbers_of(app, note) == {"accepted": 4, "paused": 1}


def test_it_goes_out_on_the_list_that_the_edition_went_out_on(store: Store) -> None:
    """The newsletter has another list in its configuration since, and the edition's readers are not on it."""
    provider = ScriptedProvider()
    app, note = sent(store, provider)
    provider.taken.clear()
    app = replace(app, newsletters={"world": newsletter(list="globe")})
    assert (whom(app, EDITION, note).readers, whom(app, EDITION, note).list) == (5, "world")
    assert mail_correction(app, EDITION, note.id, by="Ann").list == "world"
    send(app, EDITION, correction=note.id)
    assert everybody_once(5, provider)
    assert {call.envelope.list_id for call in provider.calls} == {"world.digest.example"}


def test_nobody_gets_it_twice(store: Store) -> None:
    provider = ScriptedProvider()
    app, note = sent(store, provider)
    provider.taken.clear()
    first = mail_correction(app, EDITION, note.id, by="Ann")
    again = mail_correction(app, EDITION, note.id, by="Bob")
    assert first == again
    send(app, EDITION, correction=note.id)
    send(app, EDITION, correction=note.id)
    mail_correction(app, EDITION, note.id, by="Bob")
    assert everybody_once(5, provider)
    # Another correction of the same edition is another mailing.
    second = mail_correction(app, EDITION, correct(app, EDITION, "And the year is 2021.", by="Ann").id, by="Ann")
    assert second.id != first.id


def test_not_while_the_edition_is_going_out_nor_of_one_that_is_not_there(store: Store) -> None:
    app = ready(store, ScriptedProvider(), 5)
    with app.begin() as tx:
        tx.ledger.change(mailing(app).id, expected=MailingState.PLANNED, to=MailingState.SENDING)
        made = require(tx, EDITION)
        tx.editions.change(made.to(EditionStatus.SENDING), expected=made.status)
    note = correct(app, EDITION, WORDS, by="Ann")
    with pytest.raises(DigestError, match="still going out"):
        mail_correction(app, EDITION, note.id, by="Ann")
    with pytest.raises(NotFound):
        mail_correction(app, EDITION, note.id + 1, by="Ann")
    stop(app, EDITION, by="Ann", reason="wrong town")
    with pytest.raises(DigestError, match="nobody who got it"):
        mail_correction(app, EDITION, note.id, by="Ann")


def test_who_may_have_the_edition_or_not_is_not_mailed(store: Store) -> None:
    app = ready(store, ScriptedProvider(batch_size=2, script=iter([raises(OutcomeUnknown("no answer"))])), 5)
    send(app, EDITION)
    stop(app, EDITION, by="Ann", reason="enough")
    assert {one.state.value for one in chunks(app)} == {"in_doubt", "accepted"}
    assert whom(app, EDITION).readers == 3


def test_it_can_be_taken_back_until_it_is_mailed(store: Store) -> None:
    app, note = sent(store, ScriptedProvider())
    other = correct(app, EDITION, "Something else.", by="Ann")
    uncorrect(app, EDITION, other.id, by="Bob")
    with pytest.raises(NotFound):
        uncorrect(app, EDITION, other.id, by="Bob")
    mail_correction(app, EDITION, note.id, by="Ann")
    with pytest.raises(DigestError, match="was mailed"):
        uncorrect(app, EDITION, note.id, by="Bob")
    with app.read() as tx:
        assert [one.text for one in tx.archive.corrections([EDITION])[EDITION]] == [WORDS]
    assert logged(store, "edition.uncorrected") == ["edition.uncorrected"]


def test_it_does_not_come_in_quiet_hours_and_the_clock_goes_on_with_it(store: Store) -> None:
    provider = ScriptedProvider()
    quiet = Schedule(
        compose_at=time(4, 55), approve_at=time(5, 58), send_at=time(6, 0), reader_hours=False,
        quiet_from=time(22), quiet_until=time(5), window_hours=24,
    )  # fmt: skip
    app, note = sent(store, provider, schedule=quiet)
    clock_of(app).now = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    provider.taken.clear()
    mail_correction(app, EDITION, note.id, by="Ann")
    send(app, EDITION, correction=note.id)
    assert provider.taken == []
    clock_of(app).now = datetime(2026, 11, 24, 5, 0, 30, tzinfo=UTC)
    assert f"correction {note.id} of {EDITION}" in [wave.mailing for wave in sweep(app).sent]
    assert everybody_once(5, provider)


def test_a_stop_stops_the_correction_alone(store: Store) -> None:
    app, note = sent(store, ScriptedProvider())
    mail_correction(app, EDITION, note.id, by="Ann")
    stopped: Mailing = stop(app, EDITION, by="Ann", reason="a word is missing", correction=note.id)
    assert stopped.state is MailingState.STOPPED
    assert mailing(app).state is MailingState.CLOSED
    with app.read() as tx:
        assert require(tx, EDITION).status is EditionStatus.SENT
    send(app, EDITION, correction=note.id)
    assert mailing_of(app, EDITION, correction=note.id).state is MailingState.CLOSED


def test_the_rest_gets_the_same_correction_once_it_has_the_edition(store: Store) -> None:
    provider = ScriptedProvider(batch_size=2)
    app = ready(store, provider, 5)

    def halt() -> None:
        stop(app, EDITION, by="Ann", reason="wrong town")

    provider.before = halt
    send(app, EDITION)
    provider.before = lambda: None
    assert len(provider.taken) == 2
    note = correct(app, EDITION, WORDS, by="Ann")
    mail_correction(app, EDITION, note.id, by="Ann")
    send(app, EDITION, correction=note.id)
    resume(app, EDITION, by="Ann")
    send(app, EDITION)
    assert whom(app, EDITION, note).readers == 5, "asked as if it had not been mailed: it never is again"
    provider.taken.clear()
    again = correct(app, EDITION, WORDS, by="Ann")
    assert again.id != note.id
    assert (whom(app, EDITION, again).readers, len(whom(app, EDITION, again).skipped[HAVE_IT])) == (3, 2)
    mail_correction(app, EDITION, again.id, by="Ann")
    send(app, EDITION, correction=again.id)
    assert sorted(provider.taken) == [f"reader{n}@example.test" for n in (3, 4, 5)]
    assert numbers_of(app, again) == {"accepted": 3, HAVE_IT: 2}
    with app.read() as tx:
        notes = tx.archive.corrections([EDITION])[EDITION]
    assert [one.id for one in notes] == [again.id, note.id]
    assert [one.id for one in as_read(notes)] == [note.id], "readers of the archive see it once"


def half(store: Store, **changes: object) -> tuple[App, ScriptedProvider]:
    """An edition that two of five readers have."""
    provider = ScriptedProvider(batch_size=2)
    app = ready(store, provider, 5, **changes)
    provider.before = lambda: stop(app, EDITION, by="Ann", reason="wrong town") and None
    send(app, EDITION)
    provider.before = lambda: None
    assert len(provider.taken) == 2
    provider.taken.clear()
    return app, provider


def test_who_waits_in_an_earlier_mailing_of_the_same_words_is_in_no_second_one(store: Store) -> None:
    """Planned and not sent yet; and two people wrote the same, each for themselves."""
    app, provider = half(store)
    notes = [correct(app, EDITION, WORDS, by=by) for by in ("Ann", "Bob")]
    mail_correction(app, EDITION, notes[0].id, by="Ann")
    with pytest.raises(DigestError, match="everybody who got it is in an earlier mailing of this correction"):
        mail_correction(app, EDITION, notes[1].id, by="Bob")
    resume(app, EDITION, by="Ann")
    send(app, EDITION)
    provider.taken.clear()
    assert mail_correction(app, EDITION, notes[1].id, by="Bob").count == 5
    send(app, EDITION, correction=notes[1].id)
    send(app, EDITION, correction=notes[0].id)
    assert everybody_once(5, provider)
    assert numbers_of(app, notes[1]) == {"accepted": 3, HAVE_IT: 2}


@pytest.mark.parametrize("rule", OnDoubt)
def test_who_may_have_a_correction_is_not_mailed_the_same_words_again(store: Store, rule: OnDoubt) -> None:
    """A call that was reset after everybody was taken: held, given up by the rule, or repeated by it."""
    app, provider = half(store, on_doubt=rule)
    note = correct(app, EDITION, WORDS, by="Ann")
    mail_correction(app, EDITION, note.id, by="Ann")
    provider.script = iter([raises(OutcomeUnknown("reset"))])
    send(app, EDITION, correction=note.id)
    resume(app, EDITION, by="Ann")
    send(app, EDITION)
    again = correct(app, EDITION, WORDS, by="Bob")
    assert (whom(app, EDITION, again).readers, len(whom(app, EDITION, again).skipped[HAVE_IT])) == (3, 2)


def test_who_was_given_up_in_an_earlier_mailing_is_not_in_a_second_one_and_can_be_taken_up(store: Store) -> None:
    app, provider = half(store)
    note = correct(app, EDITION, WORDS, by="Ann")
    mail_correction(app, EDITION, note.id, by="Ann")
    abandon(app, EDITION, by="Ann", reason="not needed", correction=note.id)
    again = correct(app, EDITION, WORDS, by="Bob")
    with pytest.raises(DigestError, match="go on with that one"):
        mail_correction(app, EDITION, again.id, by="Bob")
    assert release(app, EDITION, by="Ann", correction=note.id, given_up=True) == 1
    resume(app, EDITION, by="Ann", correction=note.id)
    send(app, EDITION, correction=note.id)
    assert sorted(provider.taken) == ["reader1@example.test", "reader2@example.test"]
