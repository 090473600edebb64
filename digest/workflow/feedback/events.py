"""Feedback: what a provider says later -> delivery status, settled doubts, suppressions.

A post is verified and stored at once, so that the provider has its answer in milliseconds; the next sweep applies it.
Applying is safe to repeat and in any order: a status only rises, an event is kept once, a suppression is one row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.delivery import DeliveryStatus, Mailing
from digest.model.edition import EditionId
from digest.model.errors import BadDocument, NotFound, StorageFailed
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.job import Job, JobKind
from digest.model.newsletter import Bounces
from digest.ports import App, Heard, Tx
from digest.workflow.feedback.tracking import sorted_apart
from subscribers.consent import Basis
from subscribers.model import SuppressionReason

POSTS = 1_000
"""Posts applied in one transaction, at most: hits on our own links are a post each."""
POSTS_BYTES = 6_000_000
"""Bytes of them, at most: some 20,000 events, well under a second."""
ROUNDS = 200
"""Transactions of one sweep, at most: the rest waits for the next one."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 16, 64))
"""Before each further try of a post that cannot be applied. After the last it is set aside, as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A post that could not be applied."""

    post: int
    provider: str
    tries: int
    error: Exception

    @property
    def aside(self) -> bool:
        """True where it was set aside, and is tried no more."""
        return self.tries > len(WAITS)

    def __str__(self) -> str:
        return f"post {self.post} of {self.provider}, try {self.tries}" + (", set aside" if self.aside else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was made of waiting posts."""

    posts: int = 0
    events: int = 0
    new: int = 0
    """Events that were not known yet."""
    unknown: int = 0
    """Events without a key of ours: other mail of the same account."""
    settled: int = 0
    """Chunks in doubt that an event proved to be accepted."""
    unreadable: int = 0
    letters: int = 0
    """Events about single letters."""
    failed: tuple[Failed, ...] = ()
    """Posts that could not be applied. The others were."""


def receive(app: App, provider: str, headers: Mapping[str, str], body: bytes) -> None:
    """Verify a post and keep it. Raises NotFound without such a hook, Unauthorised where the post is not genuine."""
    reader = app.feedback.get(provider)
    if reader is None:
        raise NotFound(f"no webhook of {provider} is configured here")
    now = app.clock()
    reader.verify({name.lower(): value for name, value in headers.items()}, body, now)
    with app.begin() as tx:
        tx.feedback.keep_post(provider, body, now)
        tx.jobs.put(Job(kind=JobKind.POSTS))


def apply_posts(app: App) -> Applied:
    """Apply every post that waits, oldest first.

    A post that breaks whoever applies it (a stranger wrote what is in it) stops no other: it is found by halves, tried
    again later and then set aside. Raises StorageFailed where the database is out of reach.
    """
    total, most = Applied(), POSTS
    for _ in range(ROUNDS):
        found, most = _apply_some(app, most)
        total = Applied(**{name: getattr(total, name) + getattr(found, name) for name in Applied.__slots__})
        if not most:
            break
    return total


def apply_again(app: App) -> int:
    """Let posts that failed or were set aside wait once more, for a version that knows better. Returns how many."""
    with app.begin() as tx:
        return tx.feedback.posts_again()


def _apply_some(app: App, most: int) -> tuple[Applied, int]:
    """Apply so many posts in one transaction. Returns what it made of them, and how many to take next; 0: none wait."""
    now = app.clock()
    posts: tuple[tuple[int, str, bytes], ...] = ()
    try:
        with app.begin() as tx:
            posts = tx.feedback.waiting_posts(most, POSTS_BYTES, now)
            if not posts:
                return Applied(), 0
            applied = _apply_these(app, tx, posts, now)
    except Exception as error:  # whatever a stranger's post may break: all feedback of all readers stands behind it
        if not posts:
            raise
        if len(posts) > 1:
            return Applied(), len(posts) // 2
        return Applied(failed=_put_off(app, posts[0], error)), 1
    return applied, min(POSTS, 2 * most)


def _put_off(app: App, post: tuple[int, str, bytes], error: Exception) -> tuple[Failed, ...]:
    number, provider, _ = post
    # What any other error says may be a stranger's words again, or an address: this goes into an alarm.
    said = f": {error}" if isinstance(error, StorageFailed) else ""
    note = ascii(type(error).__name__ + said)[1:-1]
    with app.begin() as tx:
        tries = tx.feedback.post_failed(number, note, now=app.clock(), waits=WAITS)
    return (Failed(post=number, provider=provider, tries=tries, error=error),) if tries else ()


def _apply_these(app: App, tx: Tx, posts: Sequence[tuple[int, str, bytes]], now: datetime) -> Applied:
    events: list[Feedback] = []
    notes: dict[int, str] = {}
    for post, provider, body in posts:
        reader = app.feedback.get(provider)
        note = "" if reader else f"no webhook of {provider} is configured any more"
        if reader is not None:
            try:
                events.extend(reader.parse(body))
            except BadDocument as error:
                note = str(error)
        notes[post] = note
    tx.feedback.posts_done(notes, now=now)
    heard = sorted_apart(tx, list(_heard(app, events)))
    new, settled = apply(app, tx, heard, now)
    of_letters = _follow_letters(app, tx, events, now)
    return Applied(
        posts=len(posts),
        events=len(events),
        new=new,
        unknown=len(events) - len(heard) - of_letters,
        letters=of_letters,
        settled=settled,
        unreadable=sum(map(bool, notes.values())),
    )


def _heard(app: App, events: Iterable[Feedback]) -> Iterable[Heard]:
    for event in events:
        found = app.links.read_delivery_key(event.delivery) if event.delivery else None
        if found is not None:
            yield Heard(mailing=found[0], seq=found[1], feedback=event.storable)


def _follow_letters(app: App, tx: Tx, events: Iterable[Feedback], now: datetime) -> int:
    """What became of single letters: the address that one bounced at is not written to again. Returns how many.

    It is the letter's own address that counts: a letter that asks about a new address does not go to the reader's.
    """
    found = 0
    for event in (one.storable for one in events):
        number = app.links.read_letter_key(event.delivery) if event.delivery else None
        if number is None:
            continue
        found += 1
        letter = tx.audience.letter(number) if event.kind in _FOLLOWED else None
        if letter is None:
            continue
        reason = _ENDS.get(event.kind)
        if reason is not None:
            tx.audience.suppress_address(letter.address, reason, now=now, note=event.detail)
        elif event.kind is FeedbackKind.UNSUBSCRIBED and letter.list_id is not None:
            basis = Basis(method="provider", evidence=event.provider)
            tx.audience.unsubscribe(letter.subscriber_id, letter.list_id, now=now, basis=basis)
    return found


def apply(app: App, tx: Tx, heard: Sequence[Heard], now: datetime) -> tuple[int, int]:
    """Record events and what follows from them, in the caller's transaction. Returns (new events, settled chunks)."""
    new = tx.feedback.record(heard, now)
    by_mailing: dict[int, list[Heard]] = defaultdict(list)
    for one in heard:
        by_mailing[one.mailing].append(one)
    settled = 0
    open_now = {**app.providers, app.provider.capabilities.name: app.provider}
    # Of a provider that is gone nobody can say any more whether it took its calls whole.
    whole = ["", *(name for name, provider in open_now.items() if provider.capabilities.whole)]
    for mailing, found in sorted(by_mailing.items()):
        loud = sorted({one.seq for one in found if not one.feedback.lone})
        settled += tx.feedback.echo(mailing, loud, now, whole=whole) if loud else 0
        lone = sorted({one.seq for one in found if one.feedback.lone})
        settled += tx.feedback.prove(mailing, lone, now, whole=whole) if lone else 0
        tx.ledger.mark(mailing, _statuses(found), now)
        _follow(app, tx, mailing, found, now)
    return new, settled


def _statuses(found: Iterable[Heard]) -> dict[int, tuple[DeliveryStatus, str]]:
    """For each delivery the highest status that these events speak for."""
    best: dict[int, tuple[DeliveryStatus, str]] = {}
    for one in found:
        status = _STATUS[one.feedback.kind]
        if status is None or ((before := best.get(one.seq)) and _RANK[before[0]] >= _RANK[status]):
            continue
        # Only what went wrong has a reason worth keeping beside the delivery.
        best[one.seq] = (status, one.feedback.detail if _RANK[status] >= _WRONG else "")
    return best


# Looked up once and not for each of a million events.
_STATUS = {kind: kind.status for kind in FeedbackKind}
_RANK = {status: status.rank for status in DeliveryStatus}
_WRONG = DeliveryStatus.BOUNCED.rank

_ENDS = {
    FeedbackKind.BOUNCED_HARD: SuppressionReason.HARD_BOUNCE,
    FeedbackKind.COMPLAINED: SuppressionReason.COMPLAINT,
}


def _follow(app: App, tx: Tx, mailing: int, found: Sequence[Heard], now: datetime) -> None:
    """A hard bounce, a complaint and an unsubscribe stop all further mail at once."""
    telling = [one for one in found if one.feedback.kind in _FOLLOWED]
    if not telling:
        return
    readers = tx.feedback.subscribers(mailing, sorted({one.seq for one in telling}))
    home = tx.ledger.mailing_by_id(mailing)
    _follow_by_address(tx, home, [one.feedback for one in telling if one.seq not in readers], now)
    moved = tx.audience.moved_lately(sorted(set(readers.values())))
    for one in telling:
        subscriber = readers.get(one.seq)
        if subscriber is None or home is None:
            continue
        reason = _ENDS.get(one.feedback.kind)
        if reason is not None:
            where = _sent_elsewhere(tx, one, subscriber, home.planned_at) if subscriber in moved else None
            if where is None:
                tx.audience.suppress(subscriber, reason, now=now, note=one.feedback.detail)
            else:
                tx.audience.suppress_address(where, reason, now=now, note=one.feedback.detail)
        elif one.feedback.kind is FeedbackKind.UNSUBSCRIBED:
            basis = Basis(method="provider", evidence=one.feedback.provider)
            tx.audience.unsubscribe(subscriber, tx.audience.list_of(home.list).id, now=now, basis=basis)
        else:
            newsletter = app.newsletters.get(EditionId.parse(home.edition).newsletter)
            rule = newsletter.bounces if newsletter else Bounces()
            since = now - timedelta(days=rule.soft_days)
            if subscriber in moved:
                # What came back from the address before is nothing against this one.
                if _sent_elsewhere(tx, one, subscriber, home.planned_at) is not None:
                    continue
                since = max(since, moved[subscriber])
            if tx.feedback.soft_bounces(subscriber, since) >= rule.soft_count:
                note = f"{rule.soft_count} soft bounces within {rule.soft_days} days"
                tx.audience.suppress(subscriber, SuppressionReason.HARD_BOUNCE, now=now, note=note)


def _follow_by_address(tx: Tx, home: Mailing | None, told: Sequence[Feedback], now: datetime) -> None:
    """Whom our rows do not name, as on a provider's own lists: by the address that it says.

    The rows were let go of, or the mailing went out after the backup was made that this database was restored from.
    """
    addresses = {one.email for one in told if one.email}
    readers = tx.audience.subscribers_at(addresses) if addresses else {}
    for one in told:
        subscriber = readers.get(one.email)
        if subscriber is None:
            continue
        if one.kind in _ENDS:
            tx.audience.suppress(subscriber, _ENDS[one.kind], now=now, note=one.detail)
        elif one.kind is FeedbackKind.UNSUBSCRIBED:
            basis = Basis(method="provider", evidence=one.provider)
            if home is not None:
                tx.audience.unsubscribe(subscriber, tx.audience.list_of(home.list).id, now=now, basis=basis)
            else:
                # Nobody knows which list it was. Who joined one after that has changed their mind.
                tx.audience.leave_all(subscriber, joined_before=one.at, now=now, basis=basis)


def _sent_elsewhere(tx: Tx, one: Heard, subscriber: int, planned_at: datetime) -> str | None:
    """The address that the mail went to, where the reader has another one since."""
    sent = tx.tracking.sent_at(one.mailing, [one.seq]).get(one.seq, planned_at)
    return tx.audience.address_then(subscriber, sent, said=one.feedback.email)


_FOLLOWED = frozenset({*_ENDS, FeedbackKind.UNSUBSCRIBED, FeedbackKind.BOUNCED_SOFT})
