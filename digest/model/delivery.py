"""Mailing, chunk and delivery: their states, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model.errors import IllegalTransition


class MailingState(StrEnum):
    """Where a mailing stands."""

    PLANNED = "planned"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    CLOSED = "closed"


MAILING_TRANSITIONS: dict[MailingState, frozenset[MailingState]] = {
    MailingState.PLANNED: frozenset({MailingState.SENDING, MailingState.PAUSED, MailingState.STOPPED}),
    MailingState.SENDING: frozenset({MailingState.PAUSED, MailingState.STOPPED, MailingState.CLOSED}),
    MailingState.PAUSED: frozenset({MailingState.SENDING, MailingState.STOPPED, MailingState.CLOSED}),
    MailingState.STOPPED: frozenset({MailingState.SENDING, MailingState.CLOSED}),
    # What was given up can be released by a person, and then there is something to send again.
    MailingState.CLOSED: frozenset({MailingState.PAUSED}),
}


class Canary(StrEnum):
    """How far the readers have come whose mail goes before the rest."""

    NONE = "none"
    """There are none: everybody goes at once."""
    OUT = "out"
    """They go first, and nobody else before they are judged."""
    PASSED = "passed"
    FAILED = "failed"
    """Too much came back: a person decides."""


CANARY_TRANSITIONS: dict[Canary, frozenset[Canary]] = {
    Canary.NONE: frozenset(),
    Canary.OUT: frozenset({Canary.PASSED, Canary.FAILED}),
    Canary.FAILED: frozenset({Canary.PASSED}),
    Canary.PASSED: frozenset(),
}


class ChunkState(StrEnum):
    """Where a chunk (the unit of claiming and of one provider call) stands."""

    READY = "ready"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SPLIT = "split"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    REFUSED = "refused"
    ABANDONED = "abandoned"


CHUNK_TRANSITIONS: dict[ChunkState, frozenset[ChunkState]] = {
    ChunkState.READY: frozenset({ChunkState.SENDING, ChunkState.HELD, ChunkState.ABANDONED, ChunkState.ACCEPTED}),
    ChunkState.SENDING: frozenset(
        {ChunkState.ACCEPTED, ChunkState.READY, ChunkState.SPLIT, ChunkState.IN_DOUBT, ChunkState.REFUSED}
    ),
    ChunkState.IN_DOUBT: frozenset(
        {ChunkState.ACCEPTED, ChunkState.READY, ChunkState.SPLIT, ChunkState.HELD, ChunkState.ABANDONED}
    ),
    ChunkState.HELD: frozenset({ChunkState.READY, ChunkState.ACCEPTED, ChunkState.ABANDONED}),
    ChunkState.ACCEPTED: frozenset(),
    ChunkState.SPLIT: frozenset(),
    # So many were refused that it is us and not them: nobody of them was.
    ChunkState.REFUSED: frozenset({ChunkState.READY}),
    ChunkState.ABANDONED: frozenset({ChunkState.READY, ChunkState.ACCEPTED}),
}
"""Research: delivery, section 6. A lease that ran out leads to IN_DOUBT, never straight back to READY."""


class DeliveryStatus(StrEnum):
    """What is known of one reader's message; `rank` only grows, so repeats and disorder are harmless."""

    PLANNED = "planned"
    SKIPPED = "skipped"
    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    COMPLAINED = "complained"

    @property
    def rank(self) -> int:
        """Later knowledge has a higher rank and is never lowered."""
        return _RANK[self]


_RANK = {
    DeliveryStatus.PLANNED: 0,
    DeliveryStatus.PROCESSED: 1,
    DeliveryStatus.DEFERRED: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.BOUNCED: 4,
    DeliveryStatus.DROPPED: 4,
    DeliveryStatus.COMPLAINED: 5,
    DeliveryStatus.SKIPPED: 6,
}


def check_chunk(before: ChunkState, after: ChunkState) -> None:
    """Raise IllegalTransition unless the table allows `before` -> `after`."""
    if after not in CHUNK_TRANSITIONS[before]:
        raise IllegalTransition(f"a chunk that is {before} cannot become {after}")


def check_mailing(before: MailingState, after: MailingState) -> None:
    """Raise IllegalTransition unless the table allows `before` -> `after`."""
    if after not in MAILING_TRANSITIONS[before]:
        raise IllegalTransition(f"a mailing that is {before} cannot become {after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One edition, or one correction of it, to one frozen audience, planned whole in one transaction."""

    id: int
    edition: str
    list: str
    state: MailingState
    planned_at: datetime
    count: int
    """Deliveries planned, the skipped ones included."""
    plan_sha256: str
    reason: str = ""
    canary: Canary = Canary.NONE
    correction: int = 0
    """Id of the correction that is mailed; 0 = the edition itself."""
    signed_by: str = ""
    """Which of the secret keys its delivery keys are made with (`Links.signing`); empty = the newest."""

    @property
    def called(self) -> str:
        """What it is, in a line for people: world/2026-11-22, or the correction of it."""
        return f"correction {self.correction} of {self.edition}" if self.correction else self.edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A run of deliveries `first_seq..last_seq` (both included) of one variant and one wave."""

    id: int
    mailing: int
    variant: str
    due_at: datetime
    first_seq: int
    last_seq: int
    state: ChunkState
    attempt: int
    owner: str = ""
    lease_until: datetime | None = None
    not_before: datetime | None = None
    quiet_from: datetime | None = None
    quiet_until: datetime | None = None
    """From the one to the other nobody of it is mailed, however late it is; None = no quiet hours."""
    sent_at: datetime | None = None
    """When the last attempt began."""
    settled_at: datetime | None = None
    first_event_at: datetime | None = None
    """When an event first echoed one of its deliveries, None as long as none has."""
    canary: bool = False
    note: str = ""
    provider: str = ""
    """Who has it or may have it. A ready chunk that names a provider goes to no other one (P1)."""
    doubts: int = 0
    """How many of its calls had no answer and were not taken back."""
    doubted_at: datetime | None = None
    """When the first of them began, as long as neither a rule nor a person has decided to repeat it."""
    reservation: str = ""
    """The provider's name for the last call, by which it can be taken back."""
    send_at: datetime | None = None
    """When the provider was told to begin with it, None = at once."""
    refusals: int = 0
    """How often its only reader was refused, and that was not believed."""
    refused_at: datetime | None = None
    """When that was for the first time."""

    @property
    def size(self) -> int:
        return self.last_seq - self.first_seq + 1


Quiet = tuple[datetime, datetime]
"""From when until when, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGroup:
    """The readers of one variant and one wave in a plan. They become chunks of consecutive deliveries."""

    variant: str
    due_at: datetime
    subscribers: Sequence[int]
    canary: bool = False
    """They go before the rest, and are waited for."""
    quiet: Quiet | None = None
    """The quiet hours that follow their hour, None where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A planned delivery joined with the reader as the reader is now."""

    seq: int
    subscriber: int
    email: str
    name: str
    link_version: int
    language: str
    hour: int | None
    """The reader's own hour, 0 to 23; None where the newsletter's applies."""
    blocked: str | None
    """Why this reader may not be mailed any more, or None (P3)."""
    tracking_off: bool = False
    """The reader wants neither opens nor clicks counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The accounting of a mailing: every planned reader is in exactly one of these (P2)."""

    planned: int
    ready: int = 0
    sending: int = 0
    accepted: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    rejected: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    in_doubt: int = 0
    held: int = 0
    unconfirmed: int = 0
    lost: int = 0
    """Deliveries that no chunk and no reason accounts for. Anything but 0 is a defect."""

    @property
    def adds_up(self) -> bool:
        """True when planned = the sum of all the others, and nobody is lost."""
        known = (
            self.ready + self.sending + self.accepted + self.delivered + self.bounced + self.complained
            + self.rejected + sum(self.skipped.values()) + self.in_doubt + self.held + self.unconfirmed
        )  # fmt: skip
        return self.lost == 0 and known == self.planned

    @property
    def settled(self) -> bool:
        """True when no call will be made any more and nothing waits for a person."""
        return self.ready == self.sending == self.in_doubt == self.held == 0
