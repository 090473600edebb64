"""Chores: one process at a time, no sooner than due, and whatever one of them does, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from digest.model.chore import RETRY, Chore
from digest.model.errors import NotFound, Transient, Unauthorised
from digest.model.feedback import BOUNCES, FeedbackKind
from digest.ports import App, FeedbackReader, Rounds, Suppressed
from digest.providers.bounce_mail import BounceMail
from digest.store.tables import chunks
from digest.store.tx import Store
from digest.workflow.clock.chores import do_chore, do_chores
from digest.workflow.clock.due import sweep
from digest.workflow.feedback.bounces import PAGE, read_bounces
from digest.workflow.feedback.events import apply_posts, receive
from digest.workflow.feedback.suppressions import sync_suppressions
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from subscribers.tables import suppressions
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.digest.workflow.send.test_deliver import counts, scripted
from tests.fakes import MORNING, FakeClock
from tests.servers.bounce_mails import arf, away, dsn

HARD, SPAM, LEFT = FeedbackKind.BOUNCED_HARD, FeedbackKind.COMPLAINED, FeedbackKind.UNSUBSCRIBED


class Box:
    """A mailbox in memory."""

    def __init__(self, *mails: bytes) -> None:
        self.new = list(mails)

    def take(self, keep: Callable[[Sequence[bytes]], None], *, limit: int) -> int:
        given = self.new[:limit]
        if given:
            keep(given)
        del self.new[: len(given)]
        return len(given)


class Lists:
    """A provider's lists in memory: pages, or errors in the middle."""

    def __init__(self, *pages: Sequence[Suppressed] | Exception) -> None:
        self.script = list(pages)
        self.since: list[datetime | None] = []

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        self.since.append(since)
        for page in self.script:
            if isinstance(page, Exception):
                raise page
            yield page


def entry(number: int, kind: FeedbackKind, *, days: float = 0, address: str = "") -> Suppressed:
    """An entry that is `days` younger than the mailing (older where negative)."""
    email = address or f"READER{number}@example.test"
    return Suppressed(email=email, kind=kind, at=MORNING + timedelta(days=days), detail="550 no such user")


def app_with(store: Store, **changes: object) -> App:
    readers: dict[str, FeedbackReader] = {BOUNCES: BounceMail()}
    # Retention has tests of its own: here it would only stand beside every list.
    changes = {"rounds": Rounds(retention=timedelta(0)), **changes}
    return replace(app_on(store, provider=scripted(), feedback=readers), **changes)  # type: ignore[arg-type]


def mailed(store: Store, count: int = 4) -> tuple[App, list[str]]:
    """A mailing that is out, and the delivery keys of reader1, reader2 and so on."""
    approve_plainly(store)
    people(store, count)
    provider = scripted()
    app = app_with(store, provider=provider)
    plan(app, EDITION)
    send(app, EDITION)
    sent = [recipient for call in provider.calls for recipient in call.recipients]
    return app, [recipient.delivery for recipient in sorted(sent, key=lambda recipient: recipient.email)]


def blocked(store: Store) -> dict[str, str | None]:
    with store.read() as tx:
        found = {one.email: one.blocked for one in tx.audience.candidates("world", EDITION.date)}
    return {email.partition("@")[0]: reason for email, reason in found.items()}


def later(app: App, **time: float) -> None:
    assert isinstance(app.clock, FakeClock)
    app.clock.now += timedelta(**time)


def test_bounces_out_of_a_mailbox_end_in_the_account_and_in_suppressions(store: Store) -> None:
    app, keys = mailed(store)
    box = Box(dsn(keys[0]), dsn(keys[1], status="5.2.2", said="smtp; full"), arf(keys[2]), away(f"bounces+{keys[3]}@x"))
    app = replace(app, mailbox=box)
    assert read_bounces(app) == 4
    assert counts(account(app, EDITION)) == {"accepted": 4}, "kept, not applied yet"
    applied = apply_posts(app)
    assert (applied.posts, applied.new, applied.unknown) == (4, 4, 0)
    found = account(app, EDITION)
    assert (found.bounced, found.complained, found.accepted) == (2, 1, 1)
    assert found.adds_up
    assert blocked(store) == {"reader1": "suppressed", "reader2": None, "reader3": "suppressed", "reader4": None}


def test_a_bounce_that_is_read_twice_counts_once(store: Store) -> None:
    app, keys = mailed(store)
    for _ in range(2):
        read_bounces(replace(app, mailbox=Box(dsn(keys[0]), dsn(keys[0]))))
    assert apply_posts(app).new == 1


def test_one_bounce_of_a_call_does_not_make_the_others_suspicious(store: Store) -> None:
    """Nobody tells what became of the rest: their silence says nothing, now or in a week."""
    app, keys = mailed(store)
    read_bounces(replace(app, mailbox=Box(dsn(keys[0]))))
    apply_posts(app)
    later(app, days=7)
    found = account(app, EDITION)
    assert (found.bounced, found.accepted, found.unconfirmed) == (1, 3, 0)


def test_a_forged_bounce_ends_nobodys_mail(store: Store) -> None:
    app, keys = mailed(store)
    forged = [dsn(""), dsn("a" * 29), dsn(keys[0][:-1] + ("a" if keys[0][-1] != "a" else "b")), arf("")]
    read_bounces(replace(app, mailbox=Box(*forged)))
    applied = apply_posts(app)
    assert (applied.unknown, applied.new) == (4, 0)
    assert set(blocked(store).values()) == {None}


def test_a_stranger_cannot_post_a_bounce(store: Store) -> None:
    app, keys = mailed(store)
    with pytest.raises(Unauthorised):
        receive(app, BOUNCES, {}, dsn(keys[0]))
    assert apply_posts(app).posts == 0


def test_a_full_mailbox_is_read_in_pages(store: Store) -> None:
    app, _ = mailed(store)
    box = Box(*[b"Subject: %d\n\n" % number for number in range(2 * PAGE + 7)])
    assert read_bounces(replace(app, mailbox=box)) == 2 * PAGE + 7
    assert box.new == []


def test_a_bounce_settles_a_doubt(store: Store) -> None:
    """Whoever got a bounce had been mailed."""
    app, keys = mailed(store)
    with store.begin() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        chunk = tx.ledger.chunks(mailing.id)[0]
        tx.connection.execute(update(chunks).where(chunks.c.id == chunk.id).values(state="in_doubt"))
    read_bounces(replace(app, mailbox=Box(dsn(keys[0]))))
    assert apply_posts(app).settled == 1


def test_lists_of_a_provider_stop_mail_to_our_readers_and_keep_nobody_elses_address(store: Store) -> None:
    app, _ = mailed(store)
    page = [entry(1, HARD), entry(2, SPAM), entry(3, LEFT, days=1), entry(0, HARD, address="stranger@else.example")]
    page.append(entry(0, HARD, address="no address"))
    app = replace(app, suppressions={"scripted": Lists(page)})
    found = sync_suppressions(app, "scripted", since=None)
    assert (found.entries, found.readers, found.suppressed, found.left) == (5, 3, 2, 1)
    assert blocked(store) == {"reader1": "suppressed", "reader2": "suppressed", "reader4": None}
    with store.read() as tx:
        kept = set(tx.connection.scalars(select(suppressions.c.email_key)))
    assert kept == {"reader1@example.test", "reader2@example.test"}
    again = sync_suppressions(app, "scripted", since=None)
    assert (again.suppressed, again.left) == (0, 0), "safe to repeat"


def test_who_signed_up_after_leaving_there_stays(store: Store) -> None:
    app, _ = mailed(store)
    app = replace(app, suppressions={"scripted": Lists([entry(1, LEFT, days=-3)])})
    assert sync_suppressions(app, "scripted", since=None).left == 0
    assert blocked(store)["reader1"] is None


def test_what_came_before_a_failure_stands(store: Store) -> None:
    app, _ = mailed(store)
    app = replace(app, suppressions={"scripted": Lists([entry(1, HARD)], Transient("gone"), [entry(2, HARD)])})
    with pytest.raises(Transient):
        sync_suppressions(app, "scripted", since=None)
    assert blocked(store)["reader1"] == "suppressed"
    assert blocked(store)["reader2"] is None


def test_a_provider_without_lists_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="postmark"):
        sync_suppressions(app_with(store), "postmark", since=None)


def test_the_clock_asks_for_what_was_added_and_now_and_then_for_all(store: Store) -> None:
    lists = Lists([])
    app = app_with(store, suppressions={"scripted": lists})
    assert [done.name for done in do_chores(app)] == ["all-suppressions/scripted", "suppressions/scripted"]
    assert do_chores(app) == ()
    later(app, hours=24)
    assert [done.name for done in do_chores(app)] == ["suppressions/scripted"]
    assert lists.since == [None, None, MORNING - timedelta(days=2)]
    later(app, days=6)
    assert len(do_chores(app)) == 2


def test_a_chore_that_fails_says_so_is_tried_again_soon_and_stops_no_other(store: Store) -> None:
    broken = Lists(Unauthorised("the key is wrong"))
    app = app_with(store, suppressions={"scripted": broken}, mailbox=Box(b"\n"))
    found = {done.name: done.good for done in do_chores(app)}
    assert found == {"bounces": True, "all-suppressions/scripted": False, "suppressions/scripted": False}
    with store.read() as tx:
        chore = tx.chores.get("suppressions/scripted")
        assert chore is not None
        assert (chore.failed, chore.good_at, chore.note) == (True, None, "the key is wrong")
    broken.script = [[]]
    later(app, seconds=RETRY.total_seconds())
    assert {done.name: done.good for done in do_chores(app)} == {
        "bounces": True,
        "all-suppressions/scripted": True,
        "suppressions/scripted": True,
    }


def test_one_process_at_a_time_and_a_dead_one_is_followed(store: Store) -> None:
    app = app_with(store)
    other = replace(app, owner="other")

    def work(chore: Chore) -> str:
        inner = do_chore(other, "x", timedelta(0), lambda _: "twice")
        assert inner is None, "nobody else has a turn meanwhile"
        return "once"

    assert do_chore(app, "x", timedelta(0), work) is not None

    def dies(chore: Chore) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_chore(app, "x", timedelta(0), dies)
    assert do_chore(other, "x", timedelta(minutes=5), lambda _: "fine") is None, "not due: it ended, and badly"
    with store.begin() as tx:
        gone = tx.chores.begin(
            "y", every=timedelta(0), owner="gone", now=app.clock(), lease_until=app.clock() + timedelta(hours=1),
            is_gone=lambda _: False,
        )  # fmt: skip
        assert gone is not None
    assert do_chore(other, "y", timedelta(0), lambda _: "fine") is None
    assert do_chore(replace(other, is_gone=lambda owner: owner == "gone"), "y", timedelta(0), lambda _: "fine")


def test_a_turn_that_was_taken_over_says_nothing_any_more(store: Store) -> None:
    app = app_with(store)
    now = app.clock()
    begin = {"every": timedelta(0), "lease_until": now, "is_gone": lambda _: True}
    with store.begin() as tx:
        first = tx.chores.begin("x", owner="a", now=now, **begin)
        second = tx.chores.begin("x", owner="b", now=now, **begin)
        assert first is not None
        assert second is not None
        tx.chores.end(first, good=True, note="late", now=now)
        found = tx.chores.get("x")
        assert found is not None
        assert (found.turn, found.ended_at, found.note) == (2, None, "")


def test_zero_means_never(store: Store) -> None:
    never = Rounds(bounces=timedelta(0), suppressions=timedelta(0), retention=timedelta(0))
    app = app_with(store, suppressions={"scripted": Lists([])}, mailbox=Box(b"\n"), rounds=never)
    assert do_chores(app) == ()


def test_the_sweep_does_chores_but_not_in_a_copy(store: Store) -> None:
    box = Box(b"Subject: x\n\n")
    app = app_with(store, mailbox=box, newsletters={})
    assert sweep(replace(app, paused=lambda: "a copy")).chores == ()
    assert len(box.new) == 1, "a copy that is being looked at reads nobody's mailbox empty"
    (done,) = sweep(app).chores
    assert (done.name, done.good, done.note) == ("bounces", True, "1 mails read")
    assert box.new == []
