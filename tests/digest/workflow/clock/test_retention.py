"""Old rows go step by step; the account of a mailing is the same at every instant, and no edition is sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, insert, select

from digest.model.delivery import MailingState
from digest.model.feedback import Feedback, FeedbackKind
from digest.ports import App, Heard, Keep
from digest.store.tables import alarms, chunks, deliveries, feedback, hook_posts, log, runs, stories
from digest.store.tx import Store
from digest.workflow.clock.aftermath import settle_old
from digest.workflow.clock.due import sweep
from digest.workflow.clock.retention import Forgotten, forget
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from tests.builders import EDITION, approve_plainly, people
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import MORNING, FakeClock, ScriptedProvider


def sent(store: Store) -> tuple[App, FakeClock, ScriptedProvider]:
    """A newsroom whose edition is out."""
    clock, provider = FakeClock(), ScriptedProvider()
    people(store, 25)
    app = replace(newsroom(store, provider=provider), clock=clock, wait=clock.wait)
    sweep(app)
    return app, clock, provider


def rows(store: Store, *tables: object) -> int:
    with store.read() as tx:
        return sum(tx.connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables)  # type: ignore[arg-type]


def test_nothing_goes_before_its_time(store: Store) -> None:
    app, clock, _ = sent(store)
    clock.now += timedelta(days=29)
    with store.begin() as tx:
        tx.connection.execute(insert(hook_posts).values(provider="ses", received_at=MORNING, body=b"x"))
    assert forget(app) == Forgotten()


def test_an_old_mailing_is_compacted_and_its_account_stays(store: Store) -> None:
    app, clock, provider = sent(store)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        before = tx.ledger.account(mailing.id)
    clock.now += timedelta(days=401)
    seen = []

    def look() -> bool:
        with store.read() as tx:
            seen.append(tx.ledger.account(mailing.id))
        return False

    gone = forget(replace(app, stopping=look, keep=Keep(step_rows=7)))
    assert gone.deliveries == 25 + 3
    assert len(seen) > 5
    assert all(account == before for account in seen), "the account is the same in the middle of it"
    assert rows(store, deliveries, chunks, feedback) == 0
    assert before.adds_up
    taken = len(provider.taken)
    plan(app, EDITION)
    send(app, EDITION)
    assert len(provider.taken) == taken, "the mailing is known for ever"
    assert forget(app).deliveries == 0


def test_what_is_heard_of_a_mailing_that_was_let_go_of_goes_with_the_next_round(store: Store) -> None:
    """Somebody opens a mail of last year: the event is in no account, and is not kept for ever."""
    app, clock, _ = sent(store)
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
    assert mailing is not None
    clock.now += timedelta(days=401)
    forget(app)
    heard = Feedback(provider="sendgrid", event_id="late", kind=FeedbackKind.DELIVERED, at=clock.now)
    with store.begin() as tx:
        tx.feedback.record([Heard(mailing=mailing.id, seq=seq, feedback=heard) for seq in range(9)], clock.now)
    assert rows(store, feedback) == 9
    forget(replace(app, keep=Keep(step_rows=4)))
    with store.read() as tx:
        parted = tx.connection.dialect.name == "postgresql"
    # There they lie in the range of the mailing, and go when it is dropped.
    assert rows(store, feedback) == (9 if parted else 0)


def test_a_mailing_that_nobody_ended_keeps_its_rows_until_they_are_old(store: Store) -> None:
    clock = FakeClock()
    people(store, 3)
    app = replace(newsroom(store), clock=clock, stopping=lambda: False)
    sweep(replace(app, paused=lambda: ""))
    with store.begin() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        tx.connection.execute(chunks.update().values(state="held"))
        tx.connection.execute(chunks.metadata.tables["mailings"].update().values(state="sending"))
        held = replace(mailing, state=MailingState.SENDING)
    clock.now += timedelta(days=6)
    assert settle_old(app) == 0
    with store.read() as tx:
        assert (tx.ledger.account(held.id).held, tx.ledger.account(held.id).accepted) == (3, 0)
    clock.now += timedelta(days=2)
    assert settle_old(app) == 1
    assert settle_old(app) == 0
    with store.read() as tx:
        found, account = tx.ledger.mailing(str(EDITION)), tx.ledger.account(held.id)
    assert found is not None
    assert found.state is MailingState.CLOSED
    assert account.adds_up
    assert dict(account.skipped) == {"abandoned": 3}, "a person may still release them"
    clock.now += timedelta(days=400)
    assert forget(app).deliveries > 0
    with store.read() as tx:
        assert tx.ledger.account(held.id) == account


def test_whatever_state_a_mailing_was_left_in_its_rows_go_with_their_days(store: Store) -> None:
    clock, provider = FakeClock(), ScriptedProvider()
    people(store, 3)
    app = replace(newsroom(store, provider=provider), clock=clock)
    approve_plainly(store)
    plan(app, EDITION)
    clock.now += timedelta(days=401)
    assert settle_old(replace(app, newsletters={})) == 1
    assert forget(app).deliveries > 0
    assert provider.calls == []
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert mailing.state is MailingState.CLOSED
        assert tx.ledger.account(mailing.id).adds_up


def test_stories_posts_and_log_go_each_at_its_time(store: Store) -> None:
    app, clock, _ = sent(store)
    with store.begin() as tx:
        for applied in (MORNING, None):
            tx.connection.execute(
                insert(hook_posts).values(provider="ses", received_at=MORNING, applied_at=applied, body=b"x")
            )
        values = {"key": "x", "level": "warning", "what": "x", "since": MORNING, "try_at": MORNING, "over_at": MORNING}
        tx.connection.execute(insert(alarms).values(values))
    clock.now = MORNING + timedelta(days=31)
    gone = forget(app)
    assert gone.happenings > 0
    assert replace(gone, happenings=0) == Forgotten(posts=1)
    clock.now = MORNING + timedelta(days=402)
    assert forget(app).stories == 10
    clock.now = MORNING + timedelta(days=732)
    assert forget(app).log > 0
    assert rows(store, stories, log, runs, alarms) == 0
    assert rows(store, hook_posts) == 1, "a post that was never applied stays"


def test_it_stops_when_it_is_asked_to(store: Store) -> None:
    app, clock, _ = sent(store)
    clock.now += timedelta(days=2000)
    assert forget(replace(app, stopping=lambda: True)) == Forgotten()


def test_the_clock_does_it_once_a_day(store: Store) -> None:
    app, clock, _ = sent(store)
    # The servers of the sources say that it is right.
    app = replace(app, ask_time=timedelta)
    clock.now += timedelta(days=402)
    assert "retention" in [done.name for done in sweep(app).chores]
    assert rows(store, deliveries) == 25, "the clock may be wrong: it is believed when phases began by it hours ago"
    clock.now += timedelta(hours=24)
    assert "retention" in [done.name for done in sweep(app).chores]
    assert rows(store, deliveries) == 0
    clock.now += timedelta(hours=23)
    assert "retention" not in [done.name for done in sweep(app).chores]


def test_a_clock_that_is_years_ahead_for_a_while_deletes_nothing_and_stops_no_chore(store: Store) -> None:
    app, clock, _ = sent(store)
    sweep(app)
    before = rows(store, stories, log, deliveries)
    right, clock.now = clock.now, clock.now + timedelta(days=1100)
    for _ in range(3):
        assert sweep(app).doubted
        clock.now += timedelta(minutes=1)
    assert rows(store, stories, log, deliveries) >= before
    clock.now = right + timedelta(days=1)
    assert "retention" in [done.name for done in sweep(app).chores], "it is not left for three years"
