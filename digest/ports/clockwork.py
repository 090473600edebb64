"""Ports of the clock: runs, chores, the queue, alarms, and what is forgotten after its time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Protocol

from digest.model.alarm import Alarm, Reminder, Trouble
from digest.model.chore import Chore
from digest.model.job import Job, Process, Queue
from digest.model.run import Run, RunKey, RunState


class Runs(Protocol):
    """What makes a phase happen once."""

    def begin(
        self, key: RunKey, *, owner: str, now: datetime, lease_until: datetime, is_gone: Callable[[str], bool]
    ) -> bool:
        """True for exactly one caller; a run whose owner is gone or whose lease ran out may be taken over."""

    def end(self, key: RunKey, *, owner: str, state: RunState, note: str, now: datetime) -> None: ...

    def get(self, key: RunKey) -> Run | None: ...

    def failed(self, since: date) -> tuple[Run, ...]:
        """Runs dated from `since` on that stand as failed, oldest first."""

    def began(self, newsletter: str, before: datetime) -> bool:
        """True where any phase of this newsletter began before then: there was a clock at work."""

    def done(self, newsletters: Iterable[str], since: date) -> frozenset[RunKey]:
        """Keys of these that need nothing more, from `since` on."""

    def recent(self, limit: int) -> tuple[Run, ...]: ...

    def newest(self, newsletters: Iterable[str]) -> tuple[Run, ...]:
        """Of each phase of these the newest run, and the newest that ended well; newest first."""

    def days(self, newsletter: str, since: date) -> frozenset[date]:
        """Days from `since` on for which this newsletter has any run: a clock was at work."""

    def missed(self, newsletters: Iterable[str], since: date, *, noted_since: datetime, words: str) -> tuple[Run, ...]:
        """Sendings dated from `since` on, skipped with a note that begins so, noted since then; by date."""

    def between(self, since: datetime, until: datetime) -> bool:
        """True where any run began within this time."""

    def began_within(self, newsletters: Iterable[str], since: datetime, until: datetime | None) -> bool:
        """True where a phase of these, of a day about then, began within this time; `until` None = without end."""


class Jobs(Protocol):
    """The engine's queue, within the caller's transaction. Without an engine nothing is ever in it.

    The queue is a hint and never the reason to act: a job that is lost, done twice or late does no harm.
    """

    def put(self, *jobs: Job) -> int:
        """Ask for these, unless the same is waiting already. Returns how many are new."""

    def standing(self) -> frozenset[Job]:
        """What waits or is being done."""

    def rescue(self, silent: timedelta) -> tuple[Job, ...]:
        """Jobs of workers that gave no sign of life for so long wait again. Returns them."""

    def forget(self, older: timedelta) -> int:
        """Failed jobs of longer ago go. Returns how many."""

    def queues(self) -> tuple[Queue, ...]:
        """Every queue that holds anything, by name; other versions' too."""


class Processes(Protocol):
    """Who is at work, and which of several acts."""

    def seen(self, process: Process) -> None:
        """It lives."""

    def left(self, owner: str) -> None:
        """It ended, and gives back what it held."""

    def recent(self, since: datetime) -> tuple[Process, ...]:
        """Those seen since then, by kind and owner."""

    def forget(self, before: datetime) -> int:
        """Those not seen since then go. Returns how many."""

    def lead(self, name: str, *, owner: str, now: datetime, until: datetime, is_gone: Callable[[str], bool]) -> bool:
        """True for the one process that holds `name`, from now on until then; it may ask again to go on.

        What was written by a clock that was far ahead holds nothing.
        """

    def release(self, name: str, *, owner: str) -> bool:
        """Give it up, so that another one has it at once. False where `owner` did not hold it."""


class Chores(Protocol):
    """What makes a chore happen in one process at a time, and no sooner than it is due."""

    def begin(
        self,
        name: str,
        *,
        every: timedelta,
        owner: str,
        now: datetime,
        lease_until: datetime,
        is_gone: Callable[[str], bool],
    ) -> Chore | None:
        """The chore as it begins, for exactly one caller; None where it is not due or somebody else has it."""

    def end(self, chore: Chore, *, good: bool, note: str, now: datetime) -> None:
        """Say how this turn went; a turn that was taken over meanwhile says nothing any more."""

    def get(self, name: str) -> Chore | None: ...

    def recent(self) -> tuple[Chore, ...]:
        """All of them, by name."""


class Alarms(Protocol):
    """Troubles, and what the operator was told of them."""

    def standing(self) -> tuple[Alarm, ...]:
        """Alarms whose trouble is not over, oldest first."""

    def begin(self, trouble: Trouble, *, now: datetime) -> bool:
        """A trouble that is not known to stand becomes an alarm. True where that is news, for one caller."""

    def freshen(self, trouble: Trouble, *, now: datetime) -> bool:
        """An alarm that stands says from now on what this says. True where it got worse, for one caller."""

    def end(self, keys: Collection[str], *, now: datetime, told: bool = False) -> int:
        """These troubles are over; of what comes and goes that is told later, with `told` never. Returns how many."""

    def to_tell(self, now: datetime) -> tuple[Alarm, ...]:
        """Alarms to be told as begun, as worse, or as over, whose time for a try has come; oldest first."""

    def claim(self, alarm: Alarm, *, now: datetime) -> bool:
        """Take one try at telling it: True for one caller; tries come later and later."""

    def told(self, alarm: Alarm, *, now: datetime) -> None:
        """Somebody was told the news of this alarm; what got worse meanwhile is news again."""

    def beat(self, edition: str, now: datetime) -> bool:
        """This edition's heartbeat is sent. False where it was already."""

    def beaten(self, editions: Collection[str]) -> frozenset[str]:
        """Those of these editions whose heartbeat was sent."""


class Retention(Protocol):
    """Forgetting, a step at a time: each call lets about `limit` rows go and returns how many, 0 = none left."""

    def forget_stories(self, before: datetime, limit: int) -> int:
        """Stories published before then."""

    def forget_posts(self, before: datetime, limit: int) -> int:
        """Raw posts of providers that were applied before then."""

    def forget_log(self, before: datetime, limit: int) -> int:
        """Lines of the log, runs, and alarms that are over, from before then."""

    def to_compact(self, before: datetime) -> int | None:
        """The oldest closed mailing planned before then whose rows are still there, or None."""

    def compact(self, mailing: int, now: datetime, limit: int) -> int:
        """Keep the account of a mailing as numbers, and let some of its rows go."""

    def drop_range(self, limit: int) -> int:
        """Rows of a whole range of mailings that are all compacted, where the database keeps them in ranges."""


class Bell(Protocol):
    """One way to reach the operator: a mail by another path than the readers' mail, a webhook."""

    @property
    def name(self) -> str: ...

    def ring(self, alarm: Alarm) -> None:
        """Tell that it began, or where `over_at` is set, that it is over. Raises Transient or Permanent."""

    def remind(self, reminder: Reminder) -> None:
        """Tell that an edition waits for a person. Raises Transient or Permanent."""


class Monitor(Protocol):
    """A service that expects a sign of life and calls somebody when none comes."""

    def beat(self, edition: str) -> None:
        """An edition is out, or its day has none. Raises Transient or Permanent."""
