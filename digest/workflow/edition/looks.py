"""Looks: what the desk sets of a newsletter's appearance, over what the configuration says, and takes back again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

from digest.model.change import IllegalEdit
from digest.model.errors import DigestError
from digest.model.look import Look, LookChange
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx

FRESH = 2.0
"""Seconds after which another process sees a change of the look."""


class Dressed(Mapping[str, Newsletter]):
    """The newsletters of the configuration in the looks that the desk gave them, read anew every two seconds.

    Thread-safe. Where the database cannot be read, they look as they did.
    """

    def __init__(
        self,
        base: Mapping[str, Newsletter],
        read: Callable[[], AbstractContextManager[Tx]],
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base
        """As configured."""
        self._read = read
        self._ticks = ticks
        self._lock = threading.Lock()
        self._shown: Mapping[str, Newsletter] = base
        self._until = 0.0

    def __getitem__(self, slug: str) -> Newsletter:
        return self._now()[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self.base)

    def __len__(self) -> int:
        return len(self.base)

    def forget(self) -> None:
        """The next one who asks sees what was changed just now."""
        with self._lock:
            self._until = 0.0

    def _now(self) -> Mapping[str, Newsletter]:
        # One of several threads reads; the others go on with what was shown before.
        if self._ticks() >= self._until and self._lock.acquire(blocking=self._until == 0.0):
            try:
                if self._ticks() >= self._until:
                    self._until = self._ticks() + FRESH
                    self._shown = self._dressed()
            finally:
                self._lock.release()
        return self._shown

    def _dressed(self) -> Mapping[str, Newsletter]:
        try:
            with self._read() as tx:
                found = tx.looks.newest()
        except DigestError:
            # Whoever needs the database will say so better than this can.
            return self._shown
        return {slug: found[slug].look.on(one) if slug in found else one for slug, one in self.base.items()}


def configured(app: App, slug: str) -> Newsletter:
    """The newsletter as the configuration has it."""
    return app.newsletters.base[slug] if isinstance(app.newsletters, Dressed) else app.newsletters[slug]


def look_of(app: App, slug: str) -> LookChange | None:
    """What the desk set of it, None where it is as configured."""
    with app.read() as tx:
        return tx.looks.newest().get(slug)


def dress(app: App, slug: str, look: Look, *, by: str) -> None:
    """Give a newsletter this look: what is rendered from now on wears it. What was approved stays as it is frozen."""
    now = app.clock()
    named = ", ".join(look.named) or "as configured"
    with app.begin() as tx:
        tx.looks.put(slug, look, by=by, now=now)
        tx.log("look.changed", slug, by=by, now=now, detail=named)
    _seen(app)


def undress(app: App, slug: str, change: int, *, by: str) -> None:
    """Take the newest change of the look back. Raises IllegalEdit where it is not the newest."""
    with app.begin() as tx:
        if not tx.looks.take_back(slug, change):
            raise IllegalEdit("somebody changed the look since, or took that back: look again")
        tx.log("look.taken_back", slug, by=by, now=app.clock())
    _seen(app)


def _seen(app: App) -> None:
    if isinstance(app.newsletters, Dressed):
        app.newsletters.forget()
