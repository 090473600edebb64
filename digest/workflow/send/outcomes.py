"""Outcomes: what the provider said of a call, written into the ledger in one transaction each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from digest.model.delivery import Addressee, Chunk, ChunkState, DeliveryStatus, Mailing, MailingState
from digest.model.mail import Receipt
from digest.ports import App, Tx
from digest.workflow.send.refusals import BOUND, proves

GIVEN_UP = "given up: "
"""How the reason of a stopped mailing begins of which a person has given up the rest."""
SHORTEST_DISBELIEF, LONGEST_DISBELIEF = timedelta(seconds=1), timedelta(minutes=30)
"""How long a reader waits who was refused alone, and of whom it is not known yet whether it is the address."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries of a chunk that the provider did not take, at most."""


def record(
    app: App, mailing: Mailing, chunk: Chunk, keys: Mapping[str, int], receipt: Receipt, *, in_turn: bool = False
) -> None:
    """It answered: everybody was taken who is not named otherwise. Raises ValueError, and nothing is written then.

    Whoever was refused stands in a refused chunk, and can be ready again if it was not the address. Not so where the
    others of a call that is taken whole (not `in_turn`) were taken: it was the address then.
    """
    strangers = (receipt.refused.keys() | receipt.not_sent | receipt.unknown) - keys.keys()
    if strangers:
        raise ValueError(f"the receipt names {len(strangers)} readers who were not in the call")
    now = app.clock()
    refused = {keys[key]: (DeliveryStatus.DROPPED, why) for key, why in receipt.refused.items()}
    with app.begin() as tx:
        apart = bool(refused) and not proves(keys, receipt, in_turn=in_turn)
        if receipt.not_sent or receipt.unknown or apart:
            parts = _parts(chunk, keys, receipt, apart=apart)
            later = now + timedelta(seconds=pause_before(chunk.attempt, receipt.retry_after))
            ours = tx.ledger.carve(chunk, parts, now=now, note=receipt.note, not_before=later) is not None
            taken = [part for part in parts if part[2] is ChunkState.ACCEPTED]
            if not ours and not receipt.not_sent and not receipt.unknown:
                ours = _answered_late(app, tx, chunk, ChunkState.ACCEPTED)
        else:
            settled = tx.ledger.settle(chunk, to=ChunkState.ACCEPTED, now=now, message_id=receipt.message_id)
            taken = [(chunk.first_seq, chunk.last_seq, ChunkState.ACCEPTED)]
            ours = settled is not None or _answered_late(app, tx, chunk, ChunkState.ACCEPTED)
        if not ours:
            tx.log("chunk.answered_late", mailing.edition, by=app.owner, now=now, detail=str(chunk.id))
            return
        if refused:
            tx.ledger.mark(mailing.id, refused, now)
        if receipt.delivered:
            for first, last, _ in taken:
                tx.ledger.mark_range(mailing.id, first, last, DeliveryStatus.DELIVERED, now)
        _give_up(app, tx, chunk)


def _answered_late(app: App, tx: Tx, chunk: Chunk, to: ChunkState) -> bool:
    """The lease ran out while the provider was answering. The answer is still true, if no other call was begun."""
    found = tx.ledger.chunk(chunk.id)
    if found is None or found.attempt != chunk.attempt or found.state not in _UNDECIDED:
        return False
    taken_back = to is ChunkState.READY
    if found.state is to or (taken_back and found.state is ChunkState.ABANDONED):
        # What was given up meanwhile, by rule or by a person, stays given up.
        return True
    return tx.ledger.doubt(found, to=to, now=app.clock(), note="answered after its lease", free=taken_back)


_UNDECIDED = (ChunkState.IN_DOUBT, ChunkState.HELD, ChunkState.READY, ChunkState.ABANDONED)
"""Where a call can have come to while its answer was on the way, and no later call was made."""


def give_back(app: App, chunk: Chunk, note: str, retry_after: float | None, *, at_once: bool = False) -> None:
    """Certainly nobody was taken: ready again, not before a while, or `at_once`."""
    now = app.clock()
    later = None if at_once else now + timedelta(seconds=pause_before(chunk.attempt, retry_after))
    with app.begin() as tx:
        if tx.ledger.settle(chunk, to=ChunkState.READY, now=now, note=note, not_before=later) is None:
            _answered_late(app, tx, chunk, ChunkState.READY)
        _give_up(app, tx, chunk)


def is_given_up(mailing: Mailing) -> bool:
    """True where a person has given up the rest while calls were under way."""
    return mailing.state is MailingState.STOPPED and mailing.reason.startswith(GIVEN_UP)


def _give_up(app: App, tx: Tx, chunk: Chunk) -> None:
    """Where a person has given up the rest while this call was under way, what it leaves ready belongs to the rest."""
    mailing = tx.ledger.mailing_by_id(chunk.mailing)
    if mailing is None or not is_given_up(mailing):
        return
    for left in tx.ledger.chunks(mailing.id, ChunkState.READY):
        tx.ledger.doubt(left, to=ChunkState.ABANDONED, now=app.clock(), note=mailing.reason)


def halve(app: App, chunk: Chunk, readers: Sequence[Addressee], why: str) -> bool:
    """The provider refuses the call as it stands: halve it until the bad address stands alone.

    False: its only reader is refused, and nobody was taken since a call with that reader was refused first. Nothing
    says that it is the address then; the reader waits, and is refused for good when others were taken meanwhile.
    """
    now = app.clock()
    with app.begin() as tx:
        if len(readers) == 1:
            since = tx.ledger.refused_since(chunk) or now
            if not tx.ledger.believable(chunk, since=since):
                later = now + _until_believed(tx, chunk, now - since)
                tx.ledger.settle(chunk, to=ChunkState.READY, now=now, note=why, not_before=later, disbelieved=True)
                _give_up(app, tx, chunk)
                return False
            if tx.ledger.settle(chunk, to=ChunkState.REFUSED, now=now, note=why) is ChunkState.REFUSED:
                tx.ledger.mark(chunk.mailing, {readers[0].seq: (DeliveryStatus.DROPPED, why)}, now)
            return True
        middle = readers[len(readers) // 2].seq
        halves = [
            (chunk.first_seq, middle - 1, ChunkState.READY),
            (middle, chunk.last_seq, ChunkState.READY),
        ]
        tx.ledger.carve(chunk, halves, now=now, note=why, told_apart=False)
        _give_up(app, tx, chunk)
    return True


def _until_believed(tx: Tx, chunk: Chunk, waited: timedelta) -> timedelta:
    """How long whoever was refused alone waits for the next try.

    Where the provider takes others, twice as long as until now: perhaps nobody else is due for hours, by whom it could
    be told. Where it took nobody of their rendering yet, soon: a person may have to look. After 20 tries for which the
    mailing did not pause, others are taken, and it is left more time as well.
    """
    if not tx.ledger.believable(chunk, since=None) and chunk.refusals + 1 < 2 * BOUND:
        return timedelta(seconds=pause_before(chunk.attempt, None))
    return min(max(2 * waited, SHORTEST_DISBELIEF), LONGEST_DISBELIEF)


def doubt(app: App, chunk: Chunk, note: str) -> None:
    """Somebody may have been taken: never repeated by a timer (P1)."""
    now = app.clock()
    with app.begin() as tx:
        tx.ledger.settle(chunk, to=ChunkState.IN_DOUBT, now=now, note=note)


def pause_before(attempt: int, retry_after: float | None) -> float:
    """Seconds until the next try: what the provider asked for, else 1, 2, 4 … up to a minute."""
    if retry_after is not None:
        return max(0.0, min(retry_after, 3600.0))
    return min(LONGEST_PAUSE, 2.0 ** max(0, min(attempt - 1, 10)))


def _parts(
    chunk: Chunk, keys: Mapping[str, int], receipt: Receipt, *, apart: bool
) -> list[tuple[int, int, ChunkState]]:
    """Runs of neighbours with the same fate. Who was skipped goes along with the neighbour before.

    Whoever is in doubt stands alone: what is heard of one says nothing of the next.
    """
    fates = dict.fromkeys((keys[key] for key in receipt.not_sent), ChunkState.READY)
    fates |= dict.fromkeys((keys[key] for key in receipt.unknown), ChunkState.IN_DOUBT)
    if apart:
        fates |= dict.fromkeys((keys[key] for key in receipt.refused), ChunkState.REFUSED)
    asked = {seq: fates.get(seq, ChunkState.ACCEPTED) for seq in keys.values()}
    return list(_runs(chunk, asked))


def _runs(chunk: Chunk, fates: Mapping[int, ChunkState]) -> Iterator[tuple[int, int, ChunkState]]:
    first, state, alone = chunk.first_seq, fates[min(fates)], False
    for seq in sorted(fates):
        if fates[seq] is not state or alone:
            yield first, seq - 1, state
            first, state = seq, fates[seq]
        alone = state is ChunkState.IN_DOUBT
    yield first, chunk.last_seq, state
