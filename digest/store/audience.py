"""The port `Audience`: the only view that digest has of the subscribers package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, select

from digest.model.errors import NotFound
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers import suppression
from subscribers.consent import Basis
from subscribers.model import (
    Candidate,
    MailList,
    OptIn,
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tables import lists, subscribers
from subscribers.tokens import LinkClaim


class StoredAudience:
    """The port `Audience` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def ensure_list(self, slug: str, name: str, now: datetime) -> MailList:
        """The list, made (double opt-in, public) where it is not there."""
        return readers.ensure_list(self._conn, slug, name, OptIn.DOUBLE, now)

    def list_of(self, slug: str) -> MailList:
        """The list called `slug`. Raises NotFound."""
        found = readers.get_list(self._conn, slug)
        if found is None:
            raise NotFound(f"there is no list {slug!r}; `digest subscribers import FILE.csv --list {slug}` makes it")
        return found

    def candidates(self, list_slug: str, on: date) -> Iterator[Candidate]:
        """Active subscriptions, streamed in id order, each with the gate's verdict. Raises NotFound."""
        return readers.candidates(self._conn, self.list_of(list_slug).id, on)

    def counts(self, list_slug: str) -> Mapping[str, int]:
        """Subscriptions by state. Raises NotFound."""
        return {state.value: n for state, n in readers.counts_by_state(self._conn, self.list_of(list_slug).id).items()}

    def reader_behind(self, claim: LinkClaim) -> tuple[Subscriber, MailList, Subscription] | None:
        """Whom a valid link speaks for; None where it was revoked, or the reader or the list is gone."""
        reader = readers.reader_behind(self._conn, claim)
        slug = self._conn.scalar(select(lists.c.slug).where(lists.c.id == claim.list_id))
        subscription = readers.get_subscription(self._conn, claim.subscriber_id, claim.list_id)
        if reader is None or slug is None or subscription is None:
            return None
        return reader, self.list_of(slug), subscription

    def unsubscribe(self, subscriber: int, list_id: int, *, now: datetime, basis: Basis) -> bool:
        """At once; True where it changed anything."""
        return memberships.unsubscribe(self._conn, subscriber, list_id, basis, now).changed

    def suppress(self, subscriber: int, reason: SuppressionReason, *, now: datetime, note: str = "") -> bool:
        """No list mails this reader's address again; True where it is news."""
        key = self._conn.scalar(
            select(subscribers.c.fold_key).where(subscribers.c.id == subscriber, subscribers.c.erased_at.is_(None))
        )
        return key is not None and suppression.suppress(self._conn, key, reason, now=now, note=note)

    def resubscribe(self, subscriber: int, mail_list: MailList, *, now: datetime, basis: Basis) -> bool:
        """The undo of an unsubscribe by the reader's own hand; True where it changed anything."""
        change = memberships.subscribe(self._conn, subscriber, mail_list, basis, now)
        if change.state is SubscriptionState.PENDING:
            # The signed link came to the reader's own mailbox: that is the confirmation.
            change = memberships.confirm(self._conn, subscriber, mail_list.id, basis, now)
        return change.changed

    def choose(self, subscriber: int, list_id: int, preferences: Preferences, *, now: datetime) -> bool:
        """The reader's own choices; False where there is no live subscription."""
        return memberships.choose(self._conn, subscriber, list_id, preferences, now)
