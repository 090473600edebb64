"""Lookups: the last resort for a call in doubt. The provider is asked whether it shows one of its messages.

A message that is found proves that the call was taken. One that is not found proves nothing: providers show messages
late, for some days only, and some accounts not at all. So a look-up can settle a doubt as accepted, and never as lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.delivery import Chunk, ChunkState, Mailing, MailingState
from digest.model.edition import EditionId
from digest.model.errors import NotFound
from digest.model.newsletter import Doubts
from digest.ports import App, Heard, Missed, Tx
from digest.workflow.feedback.events import apply

SHOWN_FOR = timedelta(days=3)
"""How long a provider shows a message at least; calls in doubt for longer are not asked about any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one turn of look-ups brought."""

    waiting: int
    """Calls in doubt whose grace has passed."""
    asked: int
    found: int
    settled: int

    def __str__(self) -> str:
        return f"{self.waiting} calls in doubt, {self.asked} asked about, {self.settled} found to be accepted"


def look_up_doubts(app: App, provider: str, *, turn: int = 0) -> Asked:
    """Ask about one message of each call in doubt, as many as the provider answers in a minute. Safe to repeat.

    `turn` chooses whose message: another one each time, and another call first, so that one message that was lost
    hides no call for ever. Raises NotFound where this provider cannot be asked, and what it raises.
    """
    lookup = app.lookups.get(provider)
    if lookup is None:
        raise NotFound(f"{provider} cannot be asked about single messages here; see docs/reference/providers/index.md")
    now = app.clock()
    with app.read() as tx:
        waiting = list(_in_doubt(app, tx, provider, now))
    place = turn * lookup.per_turn % len(waiting) if waiting else 0
    asked = found = settled = 0
    for mailing, chunk in (waiting[place:] + waiting[:place])[: lookup.per_turn]:
        missed = _one_of(app, mailing, chunk, turn)
        if missed is None:
            continue
        asked += 1
        told = lookup.find(missed)
        where = app.links.read_delivery_key(told.delivery) if told is not None else None
        if told is None or where is None:
            continue
        found += 1
        with app.begin() as tx:
            heard = [Heard(mailing=where[0], seq=where[1], feedback=told.storable)]
            settled += apply(app, tx, heard, app.clock())[1]
        if app.stopping():
            break
    return Asked(waiting=len(waiting), asked=asked, found=found, settled=settled)


def _in_doubt(app: App, tx: Tx, provider: str, now: datetime) -> Iterator[tuple[Mailing, Chunk]]:
    """Calls that this provider was asked for, oldest first: in doubt past their grace, or held because of a doubt."""
    for mailing in tx.ledger.mailings(MailingState.SENDING, MailingState.PAUSED, MailingState.STOPPED):
        newsletter = app.newsletters.get(EditionId.parse(mailing.edition).newsletter)
        grace = timedelta(minutes=(newsletter.doubts if newsletter else Doubts()).grace_minutes)
        for chunk in tx.ledger.chunks(mailing.id, ChunkState.IN_DOUBT, ChunkState.HELD):
            sent_at = chunk.sent_at
            taker = chunk.provider or app.provider.capabilities.name
            if taker == provider and sent_at is not None and sent_at + grace <= now < sent_at + SHOWN_FOR:
                yield mailing, chunk


def _one_of(app: App, mailing: Mailing, chunk: Chunk, turn: int) -> Missed | None:
    with app.read() as tx:
        readers = tx.ledger.addressees(chunk, on=EditionId.parse(mailing.edition).date)
    if not readers or chunk.sent_at is None:
        return None
    # Steps of a large prime walk through the whole chunk before anybody is asked about twice.
    reader = readers[turn * 7919 % len(readers)]
    key = app.links.delivery_key(mailing.id, reader.seq, signed_by=mailing.signed_by)
    return Missed(delivery=key, email=reader.email, sent_at=chunk.sent_at)
