"""Webhooks that we post: to whom, what, how often again, and what became of each post."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from subscribers.model import LISTS, Befell

EDITION_SENT = "edition.sent"
KINDS: tuple[str, ...] = (*(kind.value for kind in Befell), EDITION_SENT)
"""Everything that can be told, by the name that stands in a post."""

PAUSES = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0)
"""Seconds between two tries of a post; the last one again and again. Each is varied by a fifth."""
MOST_TRIES = 13
"""After so many, over about three days, a post is parked: it stays, and is posted again only by a replay."""
LONGEST_WAIT = timedelta(days=1)
"""No post is put off for longer: one that waits for longer was put off by a clock that was wrong, and is due."""
DISABLE_AFTER = 20
"""Tries in a row that failed, over `DISABLE_SPAN` at least, after which an endpoint is not asked any more."""
DISABLE_SPAN = timedelta(days=3)
PROBE_AFTER = 3
"""After so many failures in a row one post at a time is tried, until one is taken."""
BOTH_SECRETS = timedelta(hours=24)
"""For so long after a rotation posts carry two signatures, by the new secret and the one before."""


class PostState(StrEnum):
    """What became of a post."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Somebody's address that wants to be told."""

    id: int
    url: str
    kinds: tuple[str, ...]
    """What it is told; empty = everything."""
    lists: tuple[str, ...] = ()
    """Only of these lists; empty = all."""
    with_address: bool = False
    """True where posts about a reader hold the e-mail address besides the id."""
    salt: bytes
    """With the installation's key and the generation it makes the secret, which is kept nowhere."""
    generation: int = 1
    rotated_at: datetime | None = None
    created_by: str = ""
    created_at: datetime
    failures: int = 0
    """Tries in a row that failed."""
    failing_since: datetime | None = None
    paused_at: datetime | None = None
    """Since when somebody keeps its posts waiting; None = they go."""
    disabled_at: datetime | None = None
    disabled_why: str = ""

    @property
    def is_told(self) -> bool:
        """True where posts go to it."""
        return self.disabled_at is None and self.paused_at is None

    def wants(self, kind: str, lists: Collection[str]) -> bool:
        """True where such a happening, of one of these lists or more, is to be told to it."""
        if self.kinds and kind not in self.kinds:
            return False
        return not self.lists or not set(self.lists).isdisjoint(lists)

    def generations(self, now: datetime) -> tuple[int, ...]:
        """Those whose secrets sign a post now, the newest first."""
        if self.rotated_at is not None and now < self.rotated_at + BOTH_SECRETS:
            return (self.generation, self.generation - 1)
        return (self.generation,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that may be told, as it was written down."""

    id: int
    key: str
    """Names it to whoever is told: the same for every try."""
    kind: str
    at: datetime
    subscriber: int | None = None
    list_slug: str | None = None
    detail: dict[str, object]
    """What else is told; never personal."""

    @property
    def lists(self) -> tuple[str, ...]:
        """Whom it concerns: its own list, or those of its reader where it is of no list alone."""
        if self.list_slug is not None:
            return (self.list_slug,)
        found = self.detail.get(LISTS, ())
        return tuple(map(str, found)) if isinstance(found, (list, tuple)) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One happening on its way to one endpoint."""

    endpoint: int
    happening: Happening
    state: PostState
    tries: int
    try_at: datetime
    done_at: datetime | None = None
    note: str = ""
    """What the last try came to, without the address."""


def next_try(tries: int, now: datetime, *, vary: float, asked: float | None = None) -> datetime | None:
    """When to try again after `tries` failed; None where it is given up.

    `vary` is 0 to 1, at random, so that what failed together does not come back together. `asked` is the other side's
    own wish in seconds, taken up to a day.
    """
    if tries >= MOST_TRIES:
        return None
    pause = PAUSES[min(tries, len(PAUSES)) - 1] * (0.8 + 0.4 * vary)
    return now + timedelta(seconds=pause if asked is None else max(pause, min(asked, LONGEST_WAIT.total_seconds())))
