"""Stand-ins for the outside world only: the clock, a provider whose every answer is scripted, sources in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.model.health import Validators
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.story import Entry, Origin
from digest.ports import Reading

MORNING = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
"""A Monday, half a minute after six."""


class FakeClock:
    """A clock that moves when it is told to, and while somebody waits."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        """What `time.sleep` is to the machine's clock."""
        self.now += timedelta(seconds=seconds)


Answer = Callable[[Batch], Receipt]


@dataclass
class ScriptedProvider:
    """Answers calls in turn as the script says, and the rest with success. Remembers who was taken."""

    script: Iterator[Answer] = field(default_factory=lambda: iter(()))
    batch_size: int = 10
    idempotent: bool = False
    idempotent_for: float | None = None
    events: bool = False
    whole: bool = True
    concurrency: int = 1
    name: str = "scripted"
    recall_ahead: float | None = None
    calls: list[Batch] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    """Runs at the start of each call: where a test looks into the middle of things."""
    reserved: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    reserving: Exception | None = None
    """What `reserve` fails with."""
    cancelling: Exception | None = None
    """What `cancel` fails with."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=self.name,
            batch_size=self.batch_size,
            idempotent=self.idempotent,
            idempotent_for=self.idempotent_for,
            events=self.events,
            whole=self.whole,
            concurrency=self.concurrency,
            recall_ahead=self.recall_ahead,
        )

    def send(self, batch: Batch) -> Receipt:
        """Answer as the script says; `take` is for scripts that take and then fail."""
        with self._lock:
            self.calls.append(batch)
            answer = next(self.script, None)
        self.before()
        if answer is None:
            self.take(batch)
            return Receipt(message_id=f"call-{len(self.calls)}")
        return answer(batch)

    def reserve(self) -> str:
        """A name of its own for each call."""
        if self.reserving is not None:
            raise self.reserving
        self.reserved.append(f"reservation-{len(self.reserved) + 1}")
        return self.reserved[-1]

    def cancel(self, reservation: str) -> None:
        """Whoever was taken under this name is not mailed; nor whoever will be."""
        if self.cancelling is not None:
            raise self.cancelling
        self.cancelled.append(reservation)
        for batch in self.calls:
            if batch.reservation == reservation:
                gone = {recipient.email for recipient in batch.recipients}
                self.taken = [email for email in self.taken if email not in gone]

    def take(self, batch: Batch, *, keys: Sequence[str] | None = None) -> None:
        """These readers (all, unless keys are named) have a message now."""
        wanted = {recipient.delivery for recipient in batch.recipients} if keys is None else set(keys)
        with self._lock:
            self.taken.extend(r.email for r in batch.recipients if r.delivery in wanted)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySource:
    """A source that holds its entries, or raises."""

    name: str
    entries: tuple[Entry, ...] = ()
    error: Exception | None = None
    wire: bool = False

    @property
    def origin(self) -> Origin:
        return Origin(source=self.name, outlet=self.name.title(), owner=self.name, wire=self.wire)

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """The entries, once more."""
        if self.error is not None:
            raise self.error
        return Reading(entries=self.entries)
