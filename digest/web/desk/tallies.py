"""Tallies: what became of a mailing. A small one is counted by the page that shows it, a large one beside the pages."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from digest.model.delivery import Account, Mailing, MailingState
from digest.model.edition import EditionId
from digest.ports import App, Tx
from digest.web.desk.beside import Beside

SMALL = 100_000
"""Readers whom a page counts itself, in some hundredths of a second; ten million take four seconds."""
FRESH = timedelta(seconds=5)
"""A tally that is older is made anew, beside the page that shows it."""
REST = 4
"""How many times as long as a tally took nobody makes it again: whoever looks all day costs a fifth of a processor."""
MOST = 50
"""Mailings that somebody may be looking at."""

V = TypeVar("V")
_Key = tuple[str, int]
"""What is counted, and of which mailing."""


@dataclass(frozen=True, slots=True)
class _Tally(Generic[V]):
    at: datetime
    took: timedelta
    found: V


class Tallies:
    """The newest tally of each kind and mailing. Looking stores nothing (P4). Thread-safe."""

    def __init__(self, app: App, beside: Beside, *, small: int = SMALL) -> None:
        self._app = app
        self._beside = beside
        self._small = small
        self._lock = threading.Lock()
        self._found: OrderedDict[_Key, _Tally[object]] = OrderedDict()
        self._first = threading.Lock()
        self._turn = 0
        """Which `forget` was the last: what was begun before it is out of date when it ends."""

    def warm(self, newsletters: Collection[str]) -> None:
        """Count the newest mailing of each newsletter beside everything else: it is the one that is looked at."""

        def begin() -> None:
            newest: dict[tuple[str, bool], Mailing] = {}
            with self._app.read() as tx:
                for mailing in tx.ledger.mailings(*MailingState):  # oldest first
                    newest[EditionId.parse(mailing.edition).newsletter, bool(mailing.correction)] = mailing
            for (newsletter, _), mailing in newest.items():
                if newsletter in newsletters and mailing.count > self._small:
                    with self._app.read() as tx:
                        self._count(("account", mailing.id), tx, self._account, mailing)

        self._beside.ask("warm", begin)

    def account(self, tx: Tx, mailing: Mailing) -> Account:
        """Where every planned reader stands, or stood some seconds ago: it adds up in itself either way (P2)."""
        if mailing.count <= self._small:
            return self._account(tx, mailing)
        key = ("account", mailing.id)
        found = self._newest(key)
        if found is None:
            # One of those who open the page counts, the others wait for it; all of them would take many times as long.
            with self._first:
                found = self._newest(key) or self._count(key, tx, self._account, mailing)
        self._renew(found, key, self._account, mailing)
        return cast(Account, found.found)

    def of(self, what: str, tx: Tx, mailing: Mailing, count: Callable[[Tx, Mailing], V]) -> V | None:
        """What `count` finds, or found some seconds ago; None while it is counted for the first time."""
        if mailing.count <= self._small:
            return count(tx, mailing)
        key = (what, mailing.id)
        found = self._newest(key)
        self._renew(found, key, count, mailing)
        return cast(V, found.found) if found is not None else None

    def forget(self) -> None:
        """Somebody pressed a button about a mailing, and wants to see what came of it: the next page counts."""
        with self._lock:
            self._found.clear()
            self._turn += 1

    def _account(self, tx: Tx, mailing: Mailing) -> Account:
        return tx.ledger.account(mailing.id, now=self._app.clock())

    def _newest(self, key: _Key) -> _Tally[object] | None:
        with self._lock:
            return self._found.get(key)

    def _renew(
        self,
        found: _Tally[object] | None,
        key: _Key,
        count: Callable[[Tx, Mailing], object],
        mailing: Mailing,
    ) -> None:
        # A clock that was set back makes a tally old, not immortal.
        if found is None or not timedelta() <= self._app.clock() - found.at < max(FRESH, REST * found.took):

            def anew() -> None:
                with self._app.read() as tx:
                    self._count(key, tx, count, mailing)

            self._beside.ask(key, anew)

    def _count(self, key: _Key, tx: Tx, count: Callable[[Tx, Mailing], object], mailing: Mailing) -> _Tally[object]:
        began, at, turn = time.monotonic(), self._app.clock(), self._turn
        found = count(tx, mailing)
        made = _Tally(at=at, took=timedelta(seconds=time.monotonic() - began), found=found)
        with self._lock:
            if turn == self._turn:
                self._found[key] = made
                self._found.move_to_end(key)
                while len(self._found) > MOST:
                    self._found.popitem(last=False)
        return made
