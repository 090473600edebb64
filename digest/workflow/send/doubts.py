"""Doubts: what becomes of a provider call whose outcome nobody knows. Never a repeat by a timer alone (P1).

Where the newsletter holds or skips what is in doubt, nothing is repeated but what its provider keeps one message of
for one key. Where it sends again, the odds say when.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from math import exp, lgamma

from digest.model.delivery import Chunk, ChunkState, Mailing, MailingState
from digest.model.edition import EditionId
from digest.model.errors import AdapterError
from digest.model.mail import Capabilities, Receipt
from digest.model.newsletter import Doubts, OnDoubt
from digest.ports import App, Recalling, Tx
from digest.workflow.send.mailing import close_if_settled
from digest.workflow.send.outcomes import is_given_up, record
from digest.workflow.send.routes import is_open, provider_named

LOOK_BACK = timedelta(hours=24)
"""How far back other calls are asked whether the webhook works."""
BEYOND_BELIEF = 1e-6
"""Odds at which silence counts as an answer."""
CLOCKS_APART = timedelta(minutes=5)
"""So far the clocks of two senders may be apart: calls that began so shortly after count as sent at the same time."""
LONGEST_PAUSE = timedelta(hours=1)
"""Between two repeats of a call that is safe to repeat and has no answer again."""


def recover(app: App) -> int:
    """Claims of processes that live no more are settled by what they left behind, or in doubt; and doubts by rule.

    Returns how many.
    """
    now = app.clock()
    settled = 0
    buried = set()
    with app.read() as tx:
        stale = [
            chunk
            for chunk in tx.ledger.stale_claims(now)
            if app.is_gone(chunk.owner) or (chunk.lease_until is not None and chunk.lease_until < now)
        ]
    for chunk in stale:
        if _bury(app, chunk, now):
            settled += 1
            buried.add(chunk.id)
    return settled + _settle(app, now, buried)


def _bury(app: App, chunk: Chunk, now: datetime) -> bool:
    """A claim whose sender is gone: nobody knows what it came to, unless it was written down from reader to reader."""
    note = f"its sender {chunk.owner} is gone"
    told = app.journal.told(chunk) if app.journal else None
    with app.begin() as tx:
        if told is None:
            return tx.ledger.doubt(chunk, to=ChunkState.IN_DOUBT, now=now, note=note)
        mailing = tx.ledger.mailing_by_id(chunk.mailing)
    if mailing is None:
        return False
    readers = {str(seq): seq for seq in sorted(told.taken | told.waited_for | told.left)}
    receipt = Receipt(
        not_sent=frozenset(map(str, told.left)),
        unknown=frozenset(map(str, told.waited_for)),
        note=f"{note}: {len(told.taken)} were taken, {len(told.left)} not, {len(told.waited_for)} waited for an answer",
    )
    record(app, mailing, chunk, readers, receipt, in_turn=True)
    if app.journal:
        app.journal.forget(chunk)
    return True


def _settle(app: App, now: datetime, buried: Collection[int]) -> int:
    """`buried` are the chunks whose sender died: a death is no silence of the provider, and they wait for nothing."""
    settled = 0
    waiting = _waiting(app, now)
    if scheduled := [one for _, found in waiting for one in found if one.state is _IN_DOUBT and one.reservation]:
        settled += sum(recall(app, chunk) for chunk in scheduled)
        waiting = _waiting(app, now)
    if not any(found for _, found in waiting):
        return settled
    with app.begin() as tx:
        for mailing, found in waiting:
            newsletter = app.newsletters.get(EditionId.parse(mailing.edition).newsletter)
            rule = newsletter.on_doubt if newsletter else OnDoubt.HOLD
            patience = newsletter.doubts if newsletter else Doubts()
            for chunk in found:
                if is_given_up(mailing):
                    settled += tx.ledger.doubt(chunk, to=ChunkState.ABANDONED, now=now, note=mailing.reason)
                elif chunk.state is ChunkState.READY:
                    settled += _forgotten(tx, chunk, rule, now)
                else:
                    settled += _settle_one(app, tx, chunk, rule, patience, now, died=chunk.id in buried)
            if found and is_given_up(mailing):
                close_if_settled(app, tx, mailing, now=now)
    return settled


def _waiting(app: App, now: datetime) -> list[tuple[Mailing, Sequence[Chunk]]]:
    """Mailings that are not over, and the chunks of each that a rule has something to say about."""
    with app.read() as tx:
        under_way = tx.ledger.mailings(MailingState.SENDING, MailingState.PAUSED, MailingState.STOPPED)
        found: dict[int, list[Chunk]] = {mailing.id: [] for mailing in under_way if not is_given_up(mailing)}
        for chunk in tx.ledger.doubtful(found):
            if chunk.state is _IN_DOUBT or not _still_known(
                provider_named(app, chunk.provider).capabilities, chunk, now
            ):
                found[chunk.mailing].append(chunk)
        return [
            (mailing, found[mailing.id] if mailing.id in found else tx.ledger.chunks(mailing.id, *_GIVEN_UP))
            for mailing in under_way
        ]


def _forgotten(tx: Tx, chunk: Chunk, rule: OnDoubt, now: datetime) -> bool:
    """It waited to be repeated safely until its provider forgot the key: nobody has decided to repeat it for that."""
    if rule is OnDoubt.RESEND:
        return False
    if rule is OnDoubt.SKIP:
        return _by_rule(tx, chunk, rule, now)
    note = "its outcome is unknown, and its provider has forgotten the key by which it was safe to repeat"
    return tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note=note)


def recall(app: App, chunk: Chunk) -> bool:
    """Take a scheduled call in doubt back. True: nobody has it, and it is ready again for any provider.

    No transaction is open while the provider is asked. From before the question on no late answer to the call counts;
    where the provider does not confirm in time, the call stays in doubt and its events settle it.
    """
    provider = provider_named(app, chunk.provider)
    if not chunk.reservation or chunk.send_at is None or not isinstance(provider, Recalling):
        return False
    until = chunk.send_at - timedelta(seconds=provider.capabilities.recall_until)
    if app.clock() >= until:
        return False
    with app.begin() as tx:
        fenced = tx.ledger.recalling(chunk, now=app.clock())
    if fenced is None:
        return False
    try:
        provider.cancel(chunk.reservation)
    except AdapterError as error:
        with app.begin() as tx:
            tx.log("chunk.not_recalled", str(chunk.id), by=app.owner, now=app.clock(), detail=str(error))
        return False
    now = app.clock()
    if now >= until:
        return False
    with app.begin() as tx:
        note = "taken back before its time: nobody has it"
        return tx.ledger.doubt(fenced, to=ChunkState.READY, now=now, note=note, free=True)


def _settle_one(app: App, tx: Tx, chunk: Chunk, rule: OnDoubt, patience: Doubts, now: datetime, *, died: bool) -> bool:
    known = is_open(app, chunk.provider)
    can = provider_named(app, chunk.provider).capabilities
    if tx.feedback.is_heard(chunk):
        # It was heard of while its call was under way, or since.
        if not (known and can.whole) and chunk.size > 1:
            return tx.ledger.set_apart(chunk, now=now, note="some of its readers were heard of")
        return tx.ledger.doubt(chunk, to=ChunkState.ACCEPTED, now=now, note="an event echoed it")
    if not known:
        return _of_a_gone_provider(tx, chunk, rule, now)
    if can.idempotent and _still_known(can, chunk, now):
        asked = chunk.settled_at if chunk.doubts > 1 and not died else None
        if asked is not None and now - asked < _pause(chunk.doubts):
            return False
        return tx.ledger.doubt(chunk, to=ChunkState.READY, now=now, note="safe to repeat")
    if not can.events and (chunk.provider or can.name) not in app.lookups:
        # Nothing will ever be heard of it: the newsletter's rule decides at once.
        return _by_rule(tx, chunk, rule, now)
    since = max(filter(None, (chunk.settled_at, chunk.sent_at, chunk.send_at)), default=now)
    grace_over = now - since >= timedelta(minutes=patience.grace_minutes)
    if grace_over and rule is not OnDoubt.SKIP and _nobody_has_it(tx, chunk, now):
        return _by_odds(tx, chunk, rule, now)
    if now - since >= timedelta(hours=patience.deadline_hours):
        return _by_rule(tx, chunk, rule, now)
    return False


def _pause(doubts: int) -> timedelta:
    """Before a call is repeated once more that got no answer so often: two minutes, four, … an hour."""
    return min(timedelta(minutes=2.0 ** min(doubts - 1, 10)), LONGEST_PAUSE)


def _by_odds(tx: Tx, chunk: Chunk, rule: OnDoubt, now: datetime) -> bool:
    """Most likely nobody has it. Odds send again only where the newsletter wants that; else a person hears of it now.

    A provider posts a whole call's events at once: one post that fails at our door is posted again half an hour later,
    and such a call is silent for longer than any other, although it was taken.
    """
    note = "every other call was heard of, this one not"
    if rule is OnDoubt.RESEND:
        return tx.ledger.doubt(chunk, to=ChunkState.READY, now=now, note=note, decided=True)
    note += ": most likely nobody has it; released, it is sent again"
    return tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note=note)


def _nobody_has_it(tx: Tx, chunk: Chunk, now: datetime) -> bool:
    """The watermark: events have flowed up to the time of this call, and not one of them was about its readers.

    Every call answered up to then must have shown an event: a fixed pause alone mailed 1,520 of 18,000 readers twice
    in a trial with late events, the watermark none (research: delivery, section 6). That all events of this one call
    are late must be beyond belief, whether they are late each for itself or all together.
    """
    if chunk.sent_at is None:
        return False
    until, since = chunk.sent_at + CLOCKS_APART, chunk.sent_at - LOOK_BACK
    silent, speaking = tx.feedback.silent_before(until, since, chunk.provider)
    if silent or not speaking:
        return False
    slowest = tx.feedback.slowest_before(until, since, chunk.provider)
    waited = now - max(chunk.sent_at, chunk.send_at or chunk.sent_at)
    if odds_of_a_later_call(speaking, slowest, waited) > BEYOND_BELIEF:
        return False
    heard, asked = tx.feedback.heard_before(until, since, chunk.provider)
    # Each for itself: a share of the others was not heard of, and so are by chance all readers of this one.
    return share_of_silent(heard, asked) ** chunk.size <= BEYOND_BELIEF


def share_of_silent(heard: int, asked: int) -> float:
    """The odds that a reader who was taken is not heard of, where so many of those who were asked about were.

    By the rule of succession, and never nought: who asks about few readers may believe less, and waits for longer.
    """
    return (asked - heard + 1) / (asked + 2)


def odds_of_a_later_call(calls: int, slowest: timedelta, waited: timedelta) -> float:
    """The odds that a call which was taken shows its first event only after `waited`.

    `calls` others have shown theirs, the last after `slowest`. If delays fade exponentially, at whatever rate, one call
    more is r times as slow as the slowest of m with the odds 1 / C(m + r, r): a thousand calls must have been waited
    for twice as long as for the slowest of them, twenty calls seven times, three 180 times, and one says nothing.
    """
    ratio = waited / max(slowest, _SHORTEST)
    if ratio <= 0:
        return 1.0
    return exp(lgamma(calls + 1) + lgamma(ratio + 1) - lgamma(calls + ratio + 1))


_IN_DOUBT = ChunkState.IN_DOUBT
_GIVEN_UP = (ChunkState.READY, ChunkState.HELD, ChunkState.IN_DOUBT)
"""What is left of a mailing when a person gives up its rest."""
_SHORTEST = timedelta(seconds=1)
"""Events are applied every minute or so: what seems faster was measured with two clocks."""


def _of_a_gone_provider(tx: Tx, chunk: Chunk, rule: OnDoubt, now: datetime) -> bool:
    """Its provider is not configured any more: nothing is known of what it can do, and nobody else may be given it."""
    if rule is OnDoubt.SKIP:
        return _by_rule(tx, chunk, rule, now)
    note = f"its outcome is unknown, and {chunk.provider} is not configured any more; released, any provider takes it"
    return tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note=note)


def _still_known(can: Capabilities, chunk: Chunk, now: datetime) -> bool:
    """Whether the provider still remembers the key of the first call of this chunk that had no answer."""
    first = chunk.doubted_at or chunk.sent_at or chunk.due_at
    return can.idempotent_for is None or now < first + timedelta(seconds=can.idempotent_for)


def _by_rule(tx: Tx, chunk: Chunk, rule: OnDoubt, now: datetime) -> bool:
    if rule is OnDoubt.RESEND:
        note = "sent again by rule: on_doubt is resend"
        return tx.ledger.doubt(chunk, to=ChunkState.READY, now=now, note=note, decided=True)
    if rule is OnDoubt.SKIP:
        return tx.ledger.doubt(chunk, to=ChunkState.ABANDONED, now=now, note="given up by rule: on_doubt is skip")
    return tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note="its outcome is unknown; on_doubt is hold")
