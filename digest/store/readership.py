"""The port `Readership`: readers, segments and suppressions as programs see and change them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from sqlalchemy import Connection

from digest.store.sentto import sent_to
from subscribers import lists as memberships
from subscribers import paging, saved, segmentsql, suppression
from subscribers import store as readers
from subscribers.address import EmailAddress
from subscribers.attributes import AttributeType, declared_attributes
from subscribers.consent import Basis
from subscribers.erasures import reasons_of_erased, was_erased
from subscribers.model import (
    AttributeValue,
    MailList,
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.paging import Suppression
from subscribers.saved import SavedSegment
from subscribers.segments import Predicate
from subscribers.transfer import export_csv


class StoredReadership:
    """The port `Readership` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def page(self, *, state: SubscriptionState | None, after: int, limit: int) -> Sequence[Subscriber]:
        """Readers who are not erased; with `state`, who have a subscription in it."""
        return paging.page_of_subscribers(self._conn, state=state, after=after, limit=limit)

    def by_joining(
        self,
        list_ids: Collection[int],
        *,
        state: SubscriptionState | None,
        segment: SavedSegment | None = None,
        now: datetime,
        after: int,
        limit: int,
    ) -> Sequence[tuple[Subscriber, Subscription]]:
        """Readers of these lists, each once, in the order of their subscriptions' ids, from the first above `after`."""
        chosen = None if segment is None else (segment.predicate, now)
        return paging.page_by_joining(
            self._conn, list_ids, state=state, segment=chosen, sent=sent_to, after=after, limit=limit
        )

    def on_list(
        self, list_id: int, *, state: SubscriptionState | None, after: int, limit: int
    ) -> Sequence[tuple[Subscriber, Subscription]]:
        """Readers of a list, each with the subscription to it."""
        return readers.page_of_readers(self._conn, list_id, state=state, after=after, limit=limit)

    def at(self, address: EmailAddress) -> Subscriber | None:
        """Whoever has this address, upper and lower case aside."""
        return readers.find_alike(self._conn, address)

    def add(self, address: EmailAddress, *, now: datetime) -> Subscriber:
        """A reader on no list, or the one who is there."""
        return readers.add_subscriber(self._conn, address, now=now)

    def change(
        self,
        subscriber: int,
        *,
        now: datetime,
        name: str | None,
        language: str | None,
        timezone: str | None,
        attributes: Mapping[str, AttributeValue | None],
    ) -> bool:
        """None = as it was; an attribute of None goes. False for one who is erased."""
        return memberships.change_profile(
            self._conn,
            subscriber,
            now=now,
            name=name,
            language=language,
            timezone=timezone,
            attributes=attributes,
        )

    def attribute_types(self) -> Mapping[str, AttributeType]:
        """Declared attributes, by name."""
        return declared_attributes(self._conn)

    def was_erased(self, address: EmailAddress, *, erasure_key: bytes) -> bool:
        """Whether somebody with this address had themselves erased, and has not come back by their own hand."""
        return was_erased(self._conn, address, erasure_key)

    def kept_back(self, address: EmailAddress, list_id: int, *, erasure_key: bytes) -> frozenset[SuppressionReason]:
        """Why no mail of this list goes to the address or its domain, but for the reader's own unsubscribe."""
        found = suppression.reasons_for(self._conn, [address.fold_key, f"@{address.domain}"], list_id)
        stayed = reasons_of_erased(self._conn, [address.fold_key], list_id, erasure_key)
        return frozenset().union(*found.values(), *stayed.values()) - {SuppressionReason.UNSUBSCRIBED}

    def enrol(
        self, subscriber: int, list_id: int, *, basis: Basis, now: datetime, preferences: Preferences | None
    ) -> tuple[SubscriptionState | None, bool]:
        """Add somebody who agreed elsewhere: the state now, and whether it changed. Nobody who left is revived."""
        change = memberships.enrol(self._conn, subscriber, list_id, basis, now, preferences=preferences)
        return change.state, change.changed

    def add_list(self, wanted: MailList) -> MailList | None:
        """A new list; None where one is called so already. Raises ModelError."""
        return readers.add_list(self._conn, wanted)

    def change_list(self, mail_list: MailList) -> MailList:
        """Write a list's name, description, public, opt_in, indexed and archived_at."""
        return readers.change_list(self._conn, mail_list)

    def segments(self, list_id: int) -> Sequence[SavedSegment]:
        """All segments of a list, by slug."""
        return saved.segments_of(self._conn, list_id)

    def segment(self, list_id: int, slug: str) -> SavedSegment | None:
        """The segment of this list called so, or None."""
        return saved.get_segment(self._conn, list_id, slug)

    def count(self, segment: SavedSegment, *, now: datetime) -> int:
        """How many subscriptions it holds."""
        return segmentsql.count_segment(self._conn, segment.list_id, segment.predicate, now, sent=sent_to)

    def count_matching(self, list_id: int, predicate: Predicate, *, now: datetime) -> int:
        """How many subscriptions a segment would hold."""
        return segmentsql.count_segment(self._conn, list_id, predicate, now, sent=sent_to)

    def save_segment(self, list_id: int, slug: str, predicate: Predicate, *, now: datetime, name: str) -> SavedSegment:
        """New, or instead of the one called so. Raises ModelError for an impossible slug."""
        return saved.save_segment(self._conn, list_id, slug, predicate, now=now, name=name)

    def remove_segment(self, list_id: int, slug: str) -> bool:
        """False where there was none."""
        return saved.remove_segment(self._conn, list_id, slug)

    def export_csv(self, list_id: int, target: TextIO, *, segment: SavedSegment | None, now: datetime) -> int:
        """Write a list's readers, or those of a segment. Returns how many."""
        chosen = segment.predicate if segment is not None else None
        return export_csv(self._conn, list_id, target, segment=chosen, now=now, sent=sent_to)

    def members(
        self, segment: SavedSegment, *, now: datetime, after: int, limit: int
    ) -> Sequence[tuple[Subscriber, Subscription]]:
        """Readers whom it holds, each with the subscription to its list."""
        return paging.page_of_members(
            self._conn, segment.list_id, segment.predicate, now=now, after=after, limit=limit, sent=sent_to
        )

    def suppressions(
        self, *, list_ids: Collection[int] | None, key: str | None, after: int, limit: int
    ) -> Sequence[Suppression]:
        """Suppressions; with `list_ids` those of these lists alone."""
        return paging.page_of_suppressions(self._conn, list_ids=list_ids, key=key, after=after, limit=limit)

    def suppression(self, number: int) -> Suppression | None:
        """By id, or None."""
        return paging.suppression_with(self._conn, number)

    def suppress(
        self, key: str, reason: SuppressionReason, *, list_id: int | None, now: datetime, note: str
    ) -> tuple[Suppression, bool]:
        """Keep mail back from a fold key or `@domain`; True where it is news."""
        news = suppression.suppress(self._conn, key, reason, now=now, list_id=list_id, note=note)
        found = paging.page_of_suppressions(self._conn, key=key, limit=1_000)
        return next(one for one in found if one.reason is reason and one.list_id == list_id), news

    def lift(self, found: Suppression) -> bool:
        """Take it back. False where it is gone."""
        return suppression.lift(self._conn, found.key, found.reason, list_id=found.list_id)
