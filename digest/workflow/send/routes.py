"""Routes: which provider takes the next chunk, as fast as it may be called, and who goes on where one fails.

A second provider takes a chunk only when the first certainly did not: a ready chunk that somebody may have names that
provider in the ledger, and is given to nobody else (P1). A provider that is merely slow is waited for.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model.delivery import Chunk, Mailing
from digest.model.errors import AdapterError, ConfigError, Transient, Unauthorised
from digest.model.newsletter import Newsletter, OnDoubt
from digest.model.throttle import Rates, Throttle
from digest.ports import App, Provider, Stepwise, Tx
from digest.workflow.send.strides import Strides

PROBE_READERS = 10
"""A call that asks whether a failing provider is back risks no more doubts than this."""
_AS_FAST_AS_IT_GOES = Rates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A chunk that is ours, and who takes it."""

    chunk: Chunk
    name: str
    provider: Provider


def provider_named(app: App, name: str) -> Provider:
    """The provider by its name in the ledger; the one that is configured where that one is gone or none is named."""
    return app.providers.get(name, app.provider)


def is_open(app: App, name: str) -> bool:
    """True where a provider of that name is configured; a chunk of an older version names none."""
    return not name or name in app.providers or name == app.provider.capabilities.name


class Route:
    """The providers of one newsletter, in the order in which they are asked."""

    def __init__(self, app: App, newsletter: Newsletter) -> None:
        """Raises ConfigError where a provider is named that is not open."""
        missing = [name for name in newsletter.providers if name not in app.providers]
        if missing:
            raise ConfigError(f"newsletters.{newsletter.slug}.providers: {missing[0]} is not open here")
        self._app = app
        self._on_doubt = newsletter.on_doubt
        self.strides = Strides()
        self.legs: tuple[tuple[str, Provider], ...] = tuple(
            (name, app.providers[name]) for name in newsletter.providers
        ) or ((app.provider.capabilities.name, app.provider),)
        # Whoever claims what is counted waits for the row of its provider: threads of one sender wait for each other
        # here, without a connection of the database each, which others of the process need.
        paced = any(self.rates(name).paced for name, _ in self.legs)
        self.turn: AbstractContextManager[object] = threading.Lock() if paced else nullcontext()
        """To be taken before the transaction that claims."""

    @property
    def batch_size(self) -> int:
        """Readers of one call, so that any of the providers can take it within its limits."""
        return min(self.rates(name).largest_call(one.capabilities.batch_size) for name, one in self.legs)

    @property
    def concurrency(self) -> int:
        """Calls in flight."""
        return max(1, *(one.capabilities.concurrency for _, one in self.legs))

    def rates(self, name: str) -> Rates:
        """How much this provider is given."""
        return self._app.rates.get(name, _AS_FAST_AS_IT_GOES)

    def claim(
        self, tx: Tx, mailing: Mailing, *, now: datetime, lease_until: datetime, among: tuple[int, int] | None = None
    ) -> Claimed | datetime | None:
        """The next chunk and who takes it; or when to ask again, where every provider rests; or None.

        What may have been taken already is called as it was or not at all: a part of it would be another call.
        `among`: only a part of these readers (first_seq, last_seq).
        """
        rests: list[datetime] = []
        free = 0
        # What no provider may have yet goes to the first that is not failing, and waits for it where it is slow.
        open_to_new = True
        throttles, counted = self._throttles(tx, now)
        for name, provider in self.legs:
            rates, throttle = self.rates(name), throttles[name]
            free_at = throttle.free_at(rates, now)
            if free_at is not None:
                rests.append(free_at)
                open_to_new = open_to_new and throttle.failing(rates)
                continue
            room = throttle.room(rates, now)
            chunk = tx.ledger.claim(
                mailing.id,
                owner=self._app.owner,
                now=now,
                lease_until=lease_until,
                provider=name,
                bound_only=not open_to_new,
                room=room,
                known_since=self._known_since(provider, now),
                among=among,
            )
            open_to_new = False
            free += 1
            if chunk is None:
                continue
            stride = self.strides.most(name) if isinstance(provider, Stepwise) else None
            limits = [room, PROBE_READERS if throttle.failing(rates) else None, stride]
            largest = min((limit for limit in limits if limit is not None), default=chunk.size)
            # Those in doubt are no new risk for a call that asks whether it is back.
            if chunk.size > largest and not chunk.doubts:
                chunk = tx.ledger.cut(chunk, largest)
            if name in counted:
                tx.throttles.put(throttle.charged(rates, chunk.size, now))
            return Claimed(chunk=chunk, name=name, provider=provider)
        return None if free else min(rests, default=None)

    def _throttles(self, tx: Tx, now: datetime) -> tuple[dict[str, Throttle], frozenset[str]]:
        """What each provider may take, and those of which the row is held, to be counted.

        Not the row of one that rests; and the others in one order, whatever the route's: two routes in opposite orders
        would hold one each, and want the other.
        """
        found = {name: tx.throttles.get(name, now) for name, _ in self.legs}
        counted = frozenset(
            name
            for name, throttle in found.items()
            if (self.rates(name).paced or throttle.failing(self.rates(name)))
            and throttle.free_at(self.rates(name), now) is None
        )
        for name in sorted(counted):
            found[name] = tx.throttles.get(name, now, lock=True)
        return found, counted

    def _known_since(self, provider: Provider, now: datetime) -> datetime | None:
        """Calls before this instant are forgotten by their provider, and a rule does not repeat them; None = no end."""
        lives = provider.capabilities.idempotent_for
        if lives is None or self._on_doubt is OnDoubt.RESEND:
            return None
        return now - timedelta(seconds=lives)

    def refund(self, claimed: Claimed, readers: int) -> None:
        """So many readers of a claimed chunk were certainly not taken: they do not count for its day."""
        began = claimed.chunk.sent_at
        if not readers or began is None or not self.rates(claimed.name).daily:
            return
        with self._app.begin() as tx:
            throttle = tx.throttles.get(claimed.name, self._app.clock(), lock=True)
            tx.throttles.put(throttle.refunded(readers, began.astimezone(UTC).date()))

    def took(self, tx: Tx, name: str, now: datetime) -> None:
        """It answered: whatever it had failed at is over."""
        if tx.throttles.get(name, now).failures:
            tx.throttles.put(tx.throttles.get(name, now, lock=True).answered(self.rates(name)))

    def failed(self, name: str, error: AdapterError) -> None:
        """It did not answer, or asked us to wait: every sender hears of it."""
        rates, now = self.rates(name), self._app.clock()
        with self._app.begin() as tx:
            throttle = tx.throttles.get(name, now, lock=True)
            if isinstance(error, Transient) and error.retry_after is not None:
                until = now + timedelta(seconds=max(0.0, min(error.retry_after, 3600.0)))
                tx.throttles.put(throttle.asked_to_wait(until, str(error)))
                return
            after = throttle.failed(rates, now, str(error))
            tx.throttles.put(after)
            if after.failing(rates) and not throttle.failing(rates):
                rest = f"{after.failures} calls in a row failed: {error}"
                tx.log("provider.rests", name, by=self._app.owner, now=now, detail=rest)

    def refused(self, name: str, error: Unauthorised) -> bool:
        """It does not take our key. True where another provider goes on in its place; told once."""
        now = self._app.clock()
        with self._app.begin() as tx:
            others = [other for other, _ in self.legs if other != name and not self._failing(tx, other, now)]
            if not others:
                return False
            throttle = tx.throttles.get(name, now, lock=True)
            known = throttle.failing(self.rates(name))
            tx.throttles.put(throttle.barred(self.rates(name), now, str(error)))
            if not known:
                told = f"{error}; {others[0]} goes on in its place"
                tx.log("provider.refused", name, by=self._app.owner, now=now, detail=told)
        return True

    def _failing(self, tx: Tx, name: str, now: datetime) -> bool:
        return tx.throttles.get(name, now).failing(self.rates(name))


def forgive(app: App, tx: Tx, newsletter: Newsletter, now: datetime) -> None:
    """A person says go on: no provider of the newsletter is left in peace any longer."""
    # In the order in which whoever claims takes the rows.
    for name in sorted(name for name, _ in Route(app, newsletter).legs):
        throttle = tx.throttles.get(name, now, lock=True)
        if throttle.open_until is not None or throttle.failures:
            tx.throttles.put(throttle.forgiven())
