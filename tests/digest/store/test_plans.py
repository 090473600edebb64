"""No statement of a port that reaches a large table reads it from end to end.

On PostgreSQL, with its own plans. Those few that have to read everything are named here with their reason; a method
that is added without a call here fails the test.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from digest.model.delivery import Canary, ChunkState, DeliveryStatus, MailingState, PlannedGroup
from digest.model.edition import EditionId
from digest.model.errors import DigestError
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.report import TomorrowNote
from digest.model.webhook import Endpoint, PostState
from digest.ports import Heard
from digest.store.partitions import whole_of
from digest.store.tx import Store, StoredTx
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.limits import AskLimits
from subscribers.model import LetterKind, MailList, OptIn, Preferences, SubscriptionState, SuppressionReason
from subscribers.segments import Happened, Moment, TakesSection
from subscribers.signup import Applicant, Asker
from subscribers.tokens import LinkClaim, Purpose
from tests.builders import EDITION, app_on, approve_plainly, edition, people
from tests.databases import fresh_engine
from tests.digest.store.plans import WAYS, Plans, plans
from tests.fakes import FakeClock, ScriptedProvider
from tests.morning import stories as collected

pytestmark = pytest.mark.postgres
NOW = FakeClock().now
LATER = NOW + timedelta(days=30)
EARLY = datetime(2020, 1, 1, tzinfo=UTC)
BASIS = Basis(method="form")
NEW = parse_address("somebody.new@readers.example", allow_reserved=True)
ASKER = Asker(client="192.0.2.1", limits=AskLimits(per_client=20, in_all=2_000), key=b"k" * 16, erasure_key=b"k" * 16)
Calls = Mapping[str, Callable[[StoredTx], object]]

WHOLE = {
    ("candidates", "subscribers"): "planning asks of every reader of the list",
    ("candidates", "subscriptions"): "planning asks of every reader of the list",
    ("groups", "subscribers"): "planning asks of every reader of the list",
    ("groups", "subscriptions"): "planning asks of every reader of the list",
    ("groups", "suppressions"): "everybody who is blocked, once, beside every reader",
    ("counts", "subscriptions"): "counts every reader of the list",
    ("export_csv", "subscribers"): "writes every reader of the list",
    ("erase", "log"): "looks for an address within what people wrote; it is kept for retention.log_days",
    ("erase", "desk_notes"): "looks for an address within what people wrote",
    ("erase", "edition_waivers"): "looks for an address within what people wrote",
    ("erase", "edition_decisions"): "looks for an address within what people wrote",
    ("erase", "corrections"): "looks for an address within what people wrote",
    ("erase", "alarms"): "looks for an address within what it says",
    ("erase", "suppressions"): "looks for an address within what people wrote",
    ("erase", "segments"): "looks for an address within what people wrote",
    ("erase", "webhook_posts"): "looks for an address within what others answered; kept for webhooks.keep_days",
    ("posts_set_aside", "hook_posts"): "walks an index that holds only the posts that failed",
    ("share", "happenings"): "walks an index that holds only what is not shared yet",
    ("posts", "webhook_posts"): "the newest of most of them; those that wait or were given up have an index each",
    ("parked_since", "webhook_posts"): "walks an index that holds only the posts that were given up",
    ("posts_again", "hook_posts"): "walks an index that holds only the posts that failed",
    ("erase", "hook_posts"): "looks for an address within what providers posted; it is kept for retention.posts_days",
}
"""(method, table): why it is right that it reads the whole table."""
WHOLLY = ("ledger", "feedback", "retention", "readership", "reports", "stories", "tracking", "webhooks")
"""Where a mailing's millions are, or all readers: a new method must be called here."""


FILL = """
INSERT INTO mailings (edition, list, state, planned_at, count, plan_sha256)
  SELECT 'world/past-' || n, 'world', 'closed', now() - n * interval '1 day', 200, '' FROM generate_series(1, 60) n;
INSERT INTO chunks (mailing_id, variant, due_at, first_seq, last_seq, state, sent_at)
  SELECT m.id, 'en', m.planned_at, n * 2, n * 2 + 1, 'accepted', m.planned_at
  FROM mailings m CROSS JOIN generate_series(0, 99) n WHERE m.state = 'closed' AND m.count = 200 AND m.id > 1;
INSERT INTO deliveries (mailing_id, seq, subscriber_id, status)
  SELECT m.id, n - 1, n, 'delivered' FROM mailings m CROSS JOIN generate_series(1, 200) n WHERE m.id > 1;
INSERT INTO feedback (event_key, provider, kind, at, received_at, mailing_id, seq)
  SELECT d.mailing_id || '/' || d.seq, 'x', 'delivered', now(), now(), d.mailing_id, d.seq FROM deliveries d;
INSERT INTO hook_posts (provider, received_at, body, applied_at)
  SELECT 'x', now(), 'body', now() FROM generate_series(1, 4000);
INSERT INTO log (at, event, subject, by) SELECT now() - n * interval '1 minute', 'e', 's' || n, 'x'
  FROM generate_series(1, 20000) n;
INSERT INTO stories (id, source, language, published_at, first_seen, content)
  SELECT 's' || n, 'x', 'en', now() - n * interval '1 hour', now(), '{}' FROM generate_series(1, 8000) n;
INSERT INTO suppressions (email_key, reason, since) SELECT n || '@gone.example', 'complaint', now()
  FROM generate_series(1, 8000) n;
INSERT INTO letters (kind, subscriber_id, list_id, address, values, state, queued_at, not_before, settled_at)
  SELECT 'welcome', 1 + mod(n, 200), 1, n || '@a.example', '{}', 'sent', now(), now(), now()
  FROM generate_series(1, 8000) n;
INSERT INTO webhook_endpoints (url, salt, created_at)
  SELECT 'https://told.example/' || n, decode('00', 'hex'), '2020-01-01' FROM generate_series(1, 2) n;
INSERT INTO happenings (key, kind, at, detail, shared_at) SELECT 'e' || n, 'x', now() - n * interval '1 minute', '{}',
  CASE WHEN n > 10 THEN now() END FROM generate_series(1, 8000) n;
INSERT INTO webhook_posts (endpoint_id, happening_id, state, try_at, done_at)
  SELECT e.id, h.id, CASE mod(h.id, 100) WHEN 1 THEN 'waiting' WHEN 2 THEN 'parked' ELSE 'sent' END, '2020-01-01', now()
  FROM webhook_endpoints e CROSS JOIN happenings h WHERE h.shared_at IS NOT NULL;
INSERT INTO asks (at, address_hash, client_hash) SELECT now() - n * interval '1 minute', sha256(n::text::bytea), 'c'
  FROM generate_series(1, 8000) n
"""
"""Enough for the planner to tell an index from a table of one page."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("plans")
    with fresh_engine("postgresql", folder) as engine:
        made = Store(engine)
        app = app_on(made, provider=ScriptedProvider())
        people(made, 200)
        approve_plainly(made)
        plan(app, EDITION)
        send(app, EDITION)
        with engine.begin() as conn:
            # Statement by statement: with the driver's parameters, a text holds one.
            for statement in FILL.split(";\n"):
                conn.execute(text(statement.replace(":", "\\:")))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("ANALYZE"))
        yield made


def heard(seq: int) -> Heard:
    said = Feedback(provider="x", kind=FeedbackKind.BOUNCED_SOFT, at=NOW, event_id=f"e{seq}", delivery="k")
    return Heard(mailing=1, seq=seq, feedback=said)


def ledger() -> Calls:
    day = date(2026, 11, 23)

    def with_chunk(work: Callable[[StoredTx, Any], object]) -> Callable[[StoredTx], object]:
        return lambda tx: work(tx, tx.ledger.chunks(1)[0])

    def with_refused(work: Callable[[StoredTx], object]) -> Callable[[StoredTx], object]:
        def refuse_and_work(tx: StoredTx) -> None:
            tx.connection.execute(text("UPDATE chunks SET state = 'refused' WHERE id = 1 AND mailing_id = 1"))
            work(tx)

        return refuse_and_work

    return {
        "plan": lambda tx: tx.ledger.plan(
            edition="world/2026-12-24", list_slug="world", skipped={"paused": [9]}, chunk_size=10, now=NOW,
            groups=[PlannedGroup(variant="en", due_at=NOW, subscribers=[1, 2, 3])],
        ),
        "make_room": lambda tx: tx.ledger.make_room(),
        # ANALYZE looks at a sample of fixed size, however large the tables are.
        "learn_sizes": lambda tx: [tx.ledger.learn_sizes(one) for one in tx.ledger.mailings(*MailingState)],
        "mailing": lambda tx: tx.ledger.mailing(str(EDITION)),
        "mailing_by_id": lambda tx: tx.ledger.mailing_by_id(1),
        "mailings": lambda tx: tx.ledger.mailings(MailingState.SENDING),
        "change": lambda tx: tx.ledger.change(1, expected=MailingState.PLANNED, to=MailingState.SENDING),
        "claim": lambda tx: tx.ledger.claim(1, owner="o", now=NOW, lease_until=LATER, provider="p"),
        "addressees": with_chunk(lambda tx, one: tx.ledger.addressees(one, on=day)),
        "skip": lambda tx: tx.ledger.skip(1, {3: "left"}),
        "settle": with_chunk(lambda tx, one: tx.ledger.settle(one, to=ChunkState.ACCEPTED, now=NOW)),
        "cut": with_chunk(lambda tx, one: tx.ledger.cut(one, 1)),
        "reserve": with_chunk(lambda tx, one: tx.ledger.reserve(one, "r", NOW)),
        "recalling": with_chunk(lambda tx, one: tx.ledger.recalling(one, now=NOW)),
        "judge": lambda tx: tx.ledger.judge(1, expected=Canary.OUT, to=Canary.PASSED),
        "release": lambda tx: tx.ledger.release(1, ChunkState.HELD, now=NOW, note="n"),
        "give_second_subject": lambda tx: tx.ledger.give_second_subject(1),
        "received": lambda tx: tx.ledger.received(1),
        "carve": with_chunk(
            lambda tx, one: tx.ledger.carve(one, [(one.first_seq, one.last_seq, ChunkState.READY)], now=NOW, note="n")
        ),
        "mark": lambda tx: tx.ledger.mark(1, {2: (DeliveryStatus.DELIVERED, ""), 3: (DeliveryStatus.BOUNCED, "")}, NOW),
        "mark_range": lambda tx: tx.ledger.mark_range(1, 0, 5, DeliveryStatus.DELIVERED, NOW),
        "bring_forward": lambda tx: tx.ledger.bring_forward(1, now=NOW),
        "release_late": lambda tx: tx.ledger.release_late(1, now=NOW),
        "stale_claims": lambda tx: tx.ledger.stale_claims(NOW),
        "doubt": with_chunk(
            lambda tx, one: tx.ledger.doubt(
                replace(one, state=ChunkState.SENDING), to=ChunkState.IN_DOUBT, now=NOW, note="n"
            )
        ),
        "set_apart": with_chunk(lambda tx, one: tx.ledger.set_apart(one, now=NOW, note="n")),
        "may_call": with_chunk(lambda tx, one: tx.ledger.may_call(one, now=NOW)),
        "chunk": lambda tx: tx.ledger.chunk(1),
        "waiting": lambda tx: tx.ledger.waiting(1),
        "waiting_since": lambda tx: tx.ledger.waiting_since(1, now=NOW),
        "under_way": lambda tx: tx.ledger.under_way(1),
        "chunks": lambda tx: tx.ledger.chunks(1, ChunkState.READY),
        "has": lambda tx: tx.ledger.has(1, ChunkState.ACCEPTED, ChunkState.HELD),
        "anybody_taken": lambda tx: tx.ledger.anybody_taken(1),
        "all_skipped_for": lambda tx: tx.ledger.all_skipped_for(1, ["paused", "not_today"]),
        "doubtful": lambda tx: tx.ledger.doubtful([1]),
        "overdue": lambda tx: tx.ledger.overdue(1, before=NOW),
        "mailings_of": lambda tx: tx.ledger.mailings_of([str(EDITION)]),
        "next_due": lambda tx: tx.ledger.next_due(1, now=NOW),
        "account": lambda tx: tx.ledger.account(1, now=NOW),
        "canary_account": lambda tx: tx.ledger.canary_account(1),
        "others_of": with_chunk(lambda tx, one: tx.ledger.others_of(one)),
        "count_refusals_anew": lambda tx: tx.ledger.count_refusals_anew(1),
        "waves": lambda tx: tx.ledger.waves(1),
        "waves_open": lambda tx: tx.ledger.waves_open(1),
        "due_for": lambda tx: tx.ledger.due_for(5, "world"),
        "given_second": lambda tx: tx.ledger.given_second(1),
        "reach": lambda tx: tx.ledger.reach(1),
        "variant_given": lambda tx: tx.ledger.variant_given(1, 5),
        "waits_in": lambda tx: tx.ledger.waits_in(1, 5),
        "refused_since": with_chunk(lambda tx, one: tx.ledger.refused_since(one)),
        "believable": with_chunk(lambda tx, one: tx.ledger.believable(one, since=NOW)),
        "refused_in_a_row": with_refused(lambda tx: tx.ledger.refused_in_a_row(1)),
        "nearly_all_refused": with_refused(lambda tx: tx.ledger.nearly_all_refused(1, for_each=9)),
        "take_back_refusals": with_refused(
            lambda tx: tx.ledger.take_back_refusals(1, now=NOW, note="n", not_before=LATER)
        ),
        "explain": lambda tx: tx.ledger.explain(1, expected=MailingState.CLOSED, reason="x"),
    }  # fmt: skip


def feedback() -> Calls:
    return {
        "keep_post": lambda tx: tx.feedback.keep_post("x", b"{}", NOW),
        "waiting_posts": lambda tx: tx.feedback.waiting_posts(100, 1_000_000, NOW),
        "posts_done": lambda tx: tx.feedback.posts_done({1: ""}, now=NOW),
        "post_failed": lambda tx: tx.feedback.post_failed(1, "x", now=NOW, waits=[]),
        "posts_set_aside": lambda tx: tx.feedback.posts_set_aside(EARLY),
        "posts_again": lambda tx: tx.feedback.posts_again(),
        "record": lambda tx: tx.feedback.record([heard(1), heard(2)], NOW),
        "echo": lambda tx: tx.feedback.echo(1, [1, 2], NOW),
        "prove": lambda tx: tx.feedback.prove(1, [1, 2], NOW),
        "subscribers": lambda tx: tx.feedback.subscribers(1, [1, 2]),
        "soft_bounces": lambda tx: tx.feedback.soft_bounces(1, EARLY),
        "is_heard": lambda tx: tx.feedback.is_heard(tx.ledger.chunks(1)[0]),
        "slowest_before": lambda tx: tx.feedback.slowest_before(NOW, EARLY, "x"),
        "silent_before": lambda tx: tx.feedback.silent_before(NOW, EARLY, "x"),
        "heard_before": lambda tx: tx.feedback.heard_before(NOW, EARLY, "x"),
    }


def audience() -> Calls:
    letter = {"owner": "o", "now": NOW}

    def world(work: Callable[[StoredTx, Any], object]) -> Callable[[StoredTx], object]:
        return lambda tx: work(tx, tx.audience.list_of("world"))

    claim = LinkClaim(purpose=Purpose.UNSUBSCRIBE, subscriber_id=1, list_id=1, version=1)
    return {
        "ensure_list": lambda tx: tx.audience.ensure_list("other", "Other", NOW),
        "list_of": lambda tx: tx.audience.list_of("world"),
        "candidates": lambda tx: list(tx.audience.candidates("world", NOW.date())),
        "groups": lambda tx: tx.audience.groups("world", NOW.date()),
        "blocked": lambda tx: tx.audience.blocked("world", 1, NOW.date()),
        "readers_at": lambda tx: tx.audience.readers_at(["reader1@example.test"]),
        "counts": lambda tx: tx.audience.counts("world"),
        "reader_behind": lambda tx: tx.audience.reader_behind(claim),
        "unsubscribe": lambda tx: tx.audience.unsubscribe(1, 1, now=NOW, basis=BASIS),
        "suppress": lambda tx: tx.audience.suppress(2, SuppressionReason.COMPLAINT, now=NOW),
        "subscribers_at": lambda tx: tx.audience.subscribers_at(["reader1@example.test"]),
        "leave_all": lambda tx: tx.audience.leave_all(3, joined_before=LATER, now=NOW, basis=BASIS),
        "resubscribe": world(lambda tx, one: tx.audience.resubscribe(3, one, now=NOW, basis=BASIS)),
        "choose": lambda tx: tx.audience.choose(4, 1, Preferences(), now=NOW),
        "choose_profile": lambda tx: tx.audience.choose_profile(4, language="fr", timezone="", now=NOW),
        "note_leaving": lambda tx: tx.audience.note_leaving(1, 1, "too many"),
        "lists": lambda tx: tx.audience.lists(),
        "list_by_id": lambda tx: tx.audience.list_by_id(1),
        "reader": lambda tx: tx.audience.reader(1),
        "subscriptions_of": lambda tx: tx.audience.subscriptions_of(1),
        "sign_up": world(lambda tx, one: tx.audience.sign_up(one, Applicant(address=NEW), ASKER, basis=BASIS, now=NOW)),
        "admit": lambda tx: tx.audience.admit(NEW, ASKER, now=NOW),
        "asks_since": lambda tx: tx.audience.asks_since(NOW),
        "send_links": world(lambda tx, one: tx.audience.send_links(one, NEW, ASKER, now=NOW)),
        "confirm": lambda tx: tx.audience.confirm(5, 1, now=NOW, basis=BASIS),
        "queue_letter": lambda tx: tx.audience.queue_letter(
            LetterKind.WELCOME, 5, address="reader5@example.test", now=NOW, list_id=1, none_since=EARLY
        ),
        "claim_letters": lambda tx: tx.audience.claim_letters(owner="o", now=LATER, lease_until=LATER, limit=10),
        "letter_sent": lambda tx: tx.audience.letter_sent(1, **letter),
        "letter_put_back": lambda tx: tx.audience.letter_put_back(1, owner="o", not_before=NOW),
        "letter_doubted": lambda tx: tx.audience.letter_doubted(1, **letter),
        "letter_dropped": lambda tx: tx.audience.letter_dropped(1, **letter),
        "ask_change": lambda tx: tx.audience.ask_change(6, NEW, erasure_key=b"k" * 16, now=NOW),
        "confirm_change": lambda tx: tx.audience.confirm_change(1, 6, now=NOW),
        "undo_change": lambda tx: tx.audience.undo_change(1, 6, now=NOW),
        "moved_lately": lambda tx: tx.audience.moved_lately([5, 6]),
        "address_then": lambda tx: tx.audience.address_then(6, NOW, said="a@b.example"),
        "change_of": lambda tx: tx.audience.change_of(1, 6),
        "undone_at": lambda tx: tx.audience.undone_at(6, now=NOW),
        "everything_about": lambda tx: tx.audience.everything_about(7),
        "erase": lambda tx: tx.audience.erase(8, erasure_key=b"k" * 16, now=NOW),
        "tidy": lambda tx: tx.audience.tidy(LATER, erasure_key=b"k" * 16),
        "public_attributes": lambda tx: tx.audience.public_attributes(),
        "letter": lambda tx: tx.audience.letter(1),
        "suppress_address": lambda tx: tx.audience.suppress_address(
            "a@b.example", SuppressionReason.COMPLAINT, now=NOW
        ),
    }


def retention() -> Calls:
    return {
        "forget_stories": lambda tx: tx.retention.forget_stories(EARLY, 100),
        "forget_posts": lambda tx: tx.retention.forget_posts(EARLY, 100),
        "forget_log": lambda tx: tx.retention.forget_log(EARLY, 100),
        "to_compact": lambda tx: tx.retention.to_compact(LATER),
        "compact": lambda tx: [tx.retention.compact(1, NOW, 100) for _ in range(6)],
        "drop_range": lambda tx: tx.retention.drop_range(100),
    }


def readership() -> Calls:
    asia = TakesSection(section="asia")
    last = Happened(moment=Moment.SENT, within_days=30)

    def held(work: Callable[[StoredTx, Any], object], rule: Any = asia) -> Callable[[StoredTx], object]:
        return lambda tx: work(tx, tx.readership.save_segment(1, "held", rule, now=NOW, name="Held"))

    page: dict[str, Any] = {"after": 0, "limit": 20}
    profile: dict[str, Any] = {"now": NOW, "name": "A", "language": "fr", "timezone": None, "attributes": {}}
    back: dict[str, Any] = {"list_id": None, "now": NOW, "note": ""}
    new = MailList(id=0, slug="new", name="New", public=True, opt_in=OptIn.DOUBLE, created_at=NOW)

    def lift(tx: StoredTx) -> None:
        tx.readership.lift(tx.readership.suppress("a@b.example", SuppressionReason.MANUAL, **back)[0])

    return {
        "page": lambda tx: [tx.readership.page(state=state, **page) for state in (None, *SubscriptionState)],
        "by_joining": lambda tx: [
            tx.readership.by_joining([1, 2], state=state, now=NOW, **page) for state in (None, *SubscriptionState)
        ],
        "on_list": lambda tx: [tx.readership.on_list(1, state=state, **page) for state in (None, *SubscriptionState)],
        "at": lambda tx: tx.readership.at(NEW),
        "add": lambda tx: tx.readership.add(NEW, now=NOW),
        "change": lambda tx: tx.readership.change(5, **profile),
        "attribute_types": lambda tx: tx.readership.attribute_types(),
        "was_erased": lambda tx: tx.readership.was_erased(NEW, erasure_key=b"k" * 16),
        "kept_back": lambda tx: tx.readership.kept_back(NEW, 1, erasure_key=b"k" * 16),
        "enrol": lambda tx: tx.readership.enrol(5, 1, basis=BASIS, now=NOW, preferences=None),
        "add_list": lambda tx: tx.readership.add_list(new),
        "change_list": lambda tx: tx.readership.change_list(tx.audience.list_of("world")),
        "segments": lambda tx: tx.readership.segments(1),
        "segment": lambda tx: tx.readership.segment(1, "x"),
        "count": held(lambda tx, one: tx.readership.count(one, now=NOW)),
        "count_matching": lambda tx: [tx.readership.count_matching(1, rule, now=NOW) for rule in (asia, last)],
        "save_segment": held(lambda tx, one: one),
        "remove_segment": lambda tx: tx.readership.remove_segment(1, "x"),
        "export_csv": held(lambda tx, one: tx.readership.export_csv(1, io.StringIO(), segment=one, now=NOW)),
        "members": held(lambda tx, one: tx.readership.members(one, now=NOW, **page)),
        "suppressions": lambda tx: [
            tx.readership.suppressions(list_ids=ids, key=key, **page) for ids in (None, [1]) for key in (None, "a@b.c")
        ],
        "suppression": lambda tx: tx.readership.suppression(5),
        "suppress": lambda tx: tx.readership.suppress("a@b.example", SuppressionReason.MANUAL, **back),
        "lift": lift,
    }


def reports() -> Calls:
    note = TomorrowNote(newsletter="world", edition=str(EDITION), text="look", by="ann", at=NOW)
    return {
        "heard": lambda tx: tx.reports.heard(1),
        "clicked": lambda tx: tx.reports.clicked(1, 20),
        "subjects": lambda tx: tx.reports.subjects(1),
        "slowest": lambda tx: tx.reports.slowest(2, 10),
        "zones": lambda tx: tx.reports.zones(2, "UTC"),
        "calls": lambda tx: tx.reports.calls(1),
        "reasons": lambda tx: tx.reports.reasons(1, 10),
        "log": lambda tx: [
            tx.reports.log(before=before, limit=50, newsletters=of) for before in (None, 900) for of in (None, ("x",))
        ],
        "lines_since": lambda tx: [tx.reports.lines_since(NOW, "e", about=about) for about in ("s1", "world/")],
        "last_line": lambda tx: tx.reports.last_line("doctor.ran"),
        "note": lambda tx: tx.reports.note(note),
        "take_note_back": lambda tx: tx.reports.take_note_back("world", 1),
        "notes": lambda tx: tx.reports.notes("world", 5),
    }


def archive() -> Calls:
    until = date(2026, 11, 23)
    return {
        "shown": lambda tx: tx.archive.shown(["world"], before=until, limit=20),
        "names": lambda tx: tx.archive.names(["world"], limit=100),
        "unindexed": lambda tx: tx.archive.unindexed(10),
        "index": lambda tx: tx.archive.index(edition(), ["minister", "vote"]),
        "search": lambda tx: tx.archive.search(["minis", "vote"], ["world"], before=until, limit=20),
        "corrections": lambda tx: tx.archive.corrections([EDITION]),
        "next_shown": lambda tx: tx.archive.next_shown("world", until),
    }


def stories() -> Calls:
    # Those of the test hold nothing that could be read.
    return {
        "between": lambda tx: tx.stories.between(["x"], EARLY, EARLY + timedelta(days=1), seen_after=EARLY),
        "came": lambda tx: tx.stories.came([], NOW - timedelta(days=1), NOW, seen_after=EARLY),
        "known": lambda tx: tx.stories.known(["s1", "s2"]),
        "get": lambda tx: tx.stories.get(["nobody"]),
        "add": lambda tx: tx.stories.add(collected(NOW)),
    }


def webhooks() -> Calls:
    told = Endpoint(id=0, url="https://told.example/", kinds=(), salt=b"s" * 16, created_at=EARLY)
    lease: dict[str, Any] = {"owner": "o", "now": NOW, "lease_until": LATER, "limit": 20}

    def with_post(work: Callable[[StoredTx, Any], object]) -> Callable[[StoredTx], object]:
        return lambda tx: work(tx, tx.webhooks.claim(1, **lease)[0])

    return {
        "add": lambda tx: tx.webhooks.add(told),
        "get": lambda tx: tx.webhooks.get(1),
        "everything": lambda tx: tx.webhooks.everything(),
        "change": lambda tx: tx.webhooks.change(tx.webhooks.everything()[0]),
        "remove": lambda tx: tx.webhooks.remove(2),
        "note": lambda tx: tx.webhooks.note("mailing.sent", list_slug="world", detail={}, now=NOW),
        "share": lambda tx: tx.webhooks.share(100, now=NOW),
        "claim": lambda tx: tx.webhooks.claim(1, **lease),
        "settle": with_post(
            lambda tx, one: tx.webhooks.settle(one, owner="o", state=PostState.SENT, try_at=NOW, now=NOW, note="")
        ),
        "put_back": with_post(lambda tx, one: tx.webhooks.put_back([one], owner="o")),
        "put_off": lambda tx: tx.webhooks.put_off(1, until=LATER),
        "park": lambda tx: tx.webhooks.park(1, now=NOW, note="n"),
        "posts": lambda tx: [tx.webhooks.posts(1, state, limit=20) for state in (None, *PostState)],
        "counts": lambda tx: tx.webhooks.counts(1),
        "replay": lambda tx: [
            tx.webhooks.replay(1, since=since, all_of_them=False, now=NOW, key=key)
            for since, key in ((None, None), (NOW, None), (None, "e5"))
        ],
        "parked_since": lambda tx: tx.webhooks.parked_since(NOW),
        "forget_happenings": lambda tx: tx.webhooks.forget_happenings(EARLY, 100),
    }


def tracking() -> Calls:
    named = EditionId(newsletter="world", date=date(2026, 11, 23))
    return {
        "keep_links": lambda tx: tx.tracking.keep_links(edition(), ["https://a.example/"]),
        "link": lambda tx: tx.tracking.link(named, 1),
        "is_off": lambda tx: tx.tracking.is_off(1, 1),
        "sent_at": lambda tx: tx.tracking.sent_at(1, [1, 2]),
        "clicks": lambda tx: tx.tracking.clicks(1, [1, 2], EARLY),
        "mark_machine": lambda tx: tx.tracking.mark_machine(1, 1, EARLY, "rule"),
        "counts": lambda tx: tx.tracking.counts(1),
    }


def methods(port: object) -> set[str]:
    return {name for name in dir(port) if not name.startswith("_") and callable(getattr(port, name))}


def run_all(store: Store, calls: Calls) -> Plans:
    """Each call in a transaction of its own that is taken back: they do not see each other."""

    class Back(Exception):
        pass

    with plans(store.engine) as found:
        for name, call in calls.items():
            found.step = name
            with suppress(Back, DigestError), store.begin() as tx:
                call(tx)
                raise Back
    return found


@pytest.mark.parametrize(
    ("port", "calls"),
    [
        ("ledger", ledger()),
        ("feedback", feedback()),
        ("audience", audience()),
        ("retention", retention()),
        ("tracking", tracking()),
        ("readership", readership()),
        ("reports", reports()),
        ("archive", archive()),
        ("stories", stories()),
        ("webhooks", webhooks()),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_no_statement_reads_a_large_table_from_end_to_end(store: Store, port: str, calls: Calls) -> None:
    with store.read() as tx:
        unknown = methods(getattr(tx, port)) - set(calls)
    assert port not in WHOLLY or unknown == set(), f"every method of {port} stands in this test"
    found = run_all(store, calls)
    assert found.seen >= len(calls)
    read = {place: statement for place, statement in found.whole.items() if place not in WHOLE}
    assert read == {}, "\n".join(f"{place}: {statement}" for place, statement in read.items())


def test_a_statement_without_an_index_is_seen(store: Store) -> None:
    with plans(store.engine) as found, store.read() as tx:
        found.step = "probe"
        tx.connection.execute(text("SELECT seq FROM deliveries WHERE note = 'x'"))
        tx.connection.execute(text("SELECT seq FROM deliveries WHERE mailing_id = 1 AND seq = 2"))
    assert list(found.whole) == [("probe", "deliveries")]


def test_a_page_of_readers_in_a_rare_state_reads_those_alone(store: Store) -> None:
    """An index that is walked from its start with a filter looks like a search: what counts is what was read."""
    read: list[int] = []

    def walk(plan: Mapping[str, Any]) -> int:
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
        large = whole_of(plan.get("Relation Name", "")) in ("subscribers", "subscriptions")
        return int(own if large else 0) + sum(walk(inner) for inner in plan.get("Plans", ()))

    def explain(conn: Any, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        with conn.connection.driver_connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
            read.append(walk(cursor.fetchone()[0][0]["Plan"]))

    with store.begin() as tx:
        tx.connection.execute(text("UPDATE subscriptions SET state = 'pending' WHERE subscriber_id IN (190, 195)"))
        tx.connection.execute(text("ANALYZE subscriptions"))
        for way in WAYS:
            tx.connection.execute(text(f"SET LOCAL {way} = off"))
        event.listen(store.engine, "before_cursor_execute", explain)
        try:
            found = tx.readership.page(state=SubscriptionState.PENDING, after=0, limit=20)
        finally:
            event.remove(store.engine, "before_cursor_execute", explain)
        tx.connection.rollback()
    assert [one.id for one in found] == [190, 195]
    assert sum(read) <= 4 * len(found)


def test_every_sweep_asks_a_small_index_for_posts_that_were_given_up(store: Store) -> None:
    asked: list[str] = []

    def explain(conn: Any, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        with conn.connection.driver_connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + statement, parameters)
            asked.extend(row[0] for row in cursor.fetchall())

    with store.read() as tx:
        event.listen(store.engine, "before_cursor_execute", explain)
        try:
            tx.webhooks.parked_since(NOW)
        finally:
            event.remove(store.engine, "before_cursor_execute", explain)
    assert any("ix_webhook_posts_parked" in line for line in asked), asked
