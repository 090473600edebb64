"""Reads and writes of lists and readers on a connection that the caller gives; no transaction starts here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    func,
    or_,
    select,
    update,
)

from subscribers.address import EmailAddress, address_from
from subscribers.model import (
    ATTRIBUTE_NAME,
    SLUG,
    AttributeValue,
    Frequency,
    MailList,
    ModelError,
    OptIn,
    Preferences,
    Subscriber,
    Subscription,
    SubscriptionState,
    plain_text,
)
from subscribers.tables import insert_into, lists, subscribers, subscriptions
from subscribers.tokens import LinkClaim, Purpose

PAGE = 1_000
"""How many rows are fetched at a time."""


def ensure_list(
    conn: Connection, slug: str, name: str, opt_in: OptIn, now: datetime, *, public: bool = True
) -> MailList:
    """The list called `slug`, made if it is not there. An existing list stays as it is.

    Raises ModelError where the slug is not a-z, 0-9 and single hyphens.
    """
    if not SLUG.fullmatch(slug):
        raise ModelError(f"list {slug!r} is no slug: use a-z, 0-9 and single hyphens")
    conn.execute(
        insert_into(conn, lists)
        .values(slug=slug, name=name, public=public, opt_in=opt_in.value, created_at=now)
        .on_conflict_do_nothing(index_elements=["slug"])
    )
    found = get_list(conn, slug)
    if found is None:
        raise ModelError(f"list {slug!r} was removed while it was being made")
    return found


def add_list(conn: Connection, wanted: MailList) -> MailList | None:
    """A new list; its id is the database's. None where one is called so already.

    Raises ModelError where the slug is not a-z, 0-9 and single hyphens, or for controls in its texts.
    """
    if not SLUG.fullmatch(wanted.slug):
        raise ModelError(f"list {wanted.slug!r} is no slug: use a-z, 0-9 and single hyphens")
    row = conn.execute(
        insert_into(conn, lists)
        .values(
            slug=wanted.slug,
            name=plain_text(wanted.name),
            description=plain_text(wanted.description),
            public=wanted.public,
            opt_in=wanted.opt_in.value,
            indexed=wanted.indexed,
            created_at=wanted.created_at,
        )
        .on_conflict_do_nothing(index_elements=["slug"])
        .returning(lists)
    ).one_or_none()
    return None if row is None else _list(row)


def get_list(conn: Connection, slug: str) -> MailList | None:
    """The list called `slug`, or None."""
    row = conn.execute(select(lists).where(lists.c.slug == slug)).one_or_none()
    return None if row is None else _list(row)


def get_list_by_id(conn: Connection, list_id: int) -> MailList | None:
    """The list with this id, or None."""
    row = conn.execute(select(lists).where(lists.c.id == list_id)).one_or_none()
    return None if row is None else _list(row)


def all_lists(conn: Connection, *, public_only: bool = False) -> list[MailList]:
    """Every list, by slug; with `public_only` those that are offered."""
    wanted = select(lists).order_by(lists.c.slug)
    if public_only:
        wanted = wanted.where(lists.c.public.is_(True), lists.c.archived_at.is_(None))
    return [_list(row) for row in conn.execute(wanted)]


def change_list(conn: Connection, mail_list: MailList) -> MailList:
    """Write whatever may be changed of a list: all but the slug. Raises ModelError if it is gone.

    `dataclasses.replace` a stored list and give it here.
    """
    row = conn.execute(
        update(lists)
        .where(lists.c.id == mail_list.id)
        .values(
            name=plain_text(mail_list.name),
            description=plain_text(mail_list.description),
            public=mail_list.public,
            opt_in=mail_list.opt_in.value,
            indexed=mail_list.indexed,
            archived_at=mail_list.archived_at,
        )
        .returning(lists)
    ).one_or_none()
    if row is None:
        raise ModelError(f"there is no list {mail_list.slug!r} any more")
    return _list(row)


def add_subscriber(
    conn: Connection,
    address: EmailAddress,
    *,
    now: datetime,
    name: str = "",
    language: str = "",
    timezone: str = "",
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Subscriber:
    """The reader with this address, made if it is not there. An existing reader stays as they are.

    Raises ModelError for control characters in the name or an attribute with an impossible name.
    """
    for attribute in attributes or {}:
        if not ATTRIBUTE_NAME.fullmatch(attribute):
            raise ModelError(f"attribute {attribute!r}: use a-z, 0-9 and _, up to 40, a letter first")
    conn.execute(
        insert_into(conn, subscribers)
        .values(
            email=address.typed,
            email_key=address.key,
            fold_key=address.fold_key,
            domain=address.domain,
            name=plain_text(name),
            language=language,
            timezone=timezone,
            attributes=dict(attributes or {}),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
    )
    found = find_subscriber(conn, address)
    if found is None:
        raise ModelError("the reader was erased while being added: add them again")
    return found


def find_subscriber(conn: Connection, address: EmailAddress) -> Subscriber | None:
    """The reader with exactly this mailbox, or None."""
    row = conn.execute(select(subscribers).where(subscribers.c.email_key == address.key)).one_or_none()
    return None if row is None else subscriber_of(row)


def find_alike(conn: Connection, address: EmailAddress) -> Subscriber | None:
    """The reader with this mailbox, or else the oldest one whose address differs only in upper and lower case."""
    rows = conn.execute(
        select(subscribers).where(subscribers.c.fold_key == address.fold_key).order_by(subscribers.c.id)
    ).all()
    exact = [row for row in rows if row.email_key == address.key]
    return subscriber_of((exact or rows)[0]) if rows else None


def find_only(conn: Connection, address: EmailAddress) -> Subscriber | None:
    """The reader with this mailbox, or else the only one whose address differs only in upper and lower case.

    For what cannot be undone. Raises ModelError, with their addresses, where several differ from it only so.
    """
    rows = conn.execute(
        select(subscribers).where(subscribers.c.fold_key == address.fold_key).order_by(subscribers.c.id)
    ).all()
    rows = [row for row in rows if row.email_key == address.key] or rows
    if len(rows) > 1:
        named = ", ".join(row.email_key for row in rows)
        raise ModelError(f"{address}: several readers differ from it in upper and lower case only: name one of {named}")
    return subscriber_of(rows[0]) if rows else None


def get_subscriber(conn: Connection, subscriber_id: int) -> Subscriber | None:
    """The reader with this id, or None; an erased one comes back as a tombstone."""
    row = conn.execute(select(subscribers).where(subscribers.c.id == subscriber_id)).one_or_none()
    return None if row is None else subscriber_of(row)


def address_of(reader: Subscriber) -> EmailAddress:
    """The stored address with all its keys; nothing is checked again."""
    return address_from(reader.email_key, reader.email)


def reader_behind(conn: Connection, claim: LinkClaim) -> Subscriber | None:
    """The reader a valid link speaks for, or None where the link was revoked or the reader is gone.

    A link to unsubscribe outlives the revocation of the others: mail programs press it a year later (RFC 8058), and
    whoever has it by theft can only end mail. See `is_revoked`.
    """
    reader = get_subscriber(conn, claim.subscriber_id)
    if reader is None or reader.erased_at is not None:
        return None
    return None if is_revoked(reader, claim) and claim.purpose is not Purpose.UNSUBSCRIBE else reader


def is_revoked(reader: Subscriber, claim: LinkClaim) -> bool:
    """Whether the reader's links were made worthless since this one was signed."""
    return reader.link_version != claim.version


def revoke_links(conn: Connection, subscriber_id: int) -> None:
    """Make every link signed for this reader so far worthless."""
    conn.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(link_version=subscribers.c.link_version + 1)
    )


def get_subscription(conn: Connection, subscriber_id: int, list_id: int) -> Subscription | None:
    """The reader's subscription to this list, whatever its state, or None."""
    row = conn.execute(
        select(subscriptions).where(subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.list_id == list_id)
    ).one_or_none()
    return None if row is None else subscription_of(row)


def subscriptions_of(conn: Connection, subscriber_id: int) -> list[Subscription]:
    """All subscriptions of a reader, by list."""
    rows = conn.execute(
        select(subscriptions).where(subscriptions.c.subscriber_id == subscriber_id).order_by(subscriptions.c.list_id)
    )
    return [subscription_of(row) for row in rows]


def count_subscribers(conn: Connection, list_id: int, state: SubscriptionState = SubscriptionState.ACTIVE) -> int:
    """How many subscriptions of the list are in this state."""
    return counts_by_state(conn, list_id)[state]


def counts_by_state(conn: Connection, list_id: int) -> dict[SubscriptionState, int]:
    """How many subscriptions of the list are pending, active and ended; every state is there."""
    counts = dict.fromkeys(SubscriptionState, 0)
    rows = conn.execute(
        select(subscriptions.c.state, func.count())
        .where(subscriptions.c.list_id == list_id)
        .group_by(subscriptions.c.state)
    )
    for state, number in rows:
        counts[SubscriptionState(state)] = number
    return counts


def page_of_readers(
    conn: Connection,
    list_id: int,
    *,
    state: SubscriptionState | None = None,
    search: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[tuple[Subscriber, Subscription]]:
    """Readers of a list in id order, from the first id above `after`, up to `limit`.

    `search` is a part of the address or the name, in any case.
    """
    wanted = _readers_of(list_id).where(subscribers.c.id > after).limit(limit)
    if state is not None:
        wanted = wanted.where(subscriptions.c.state == state.value)
    if search:
        wanted = wanted.where(
            or_(
                subscribers.c.fold_key.icontains(search, autoescape=True),
                subscribers.c.name.icontains(search, autoescape=True),
            )
        )
    return [(subscriber_of(row), subscription_of(row, "sub_")) for row in conn.execute(wanted)]


def _readers_of(list_id: int) -> Select[Any]:
    columns = [column.label(f"sub_{column.name}") for column in subscriptions.c]
    return (
        select(*subscribers.c, *columns)
        .select_from(subscriptions.join(subscribers))
        .where(subscriptions.c.list_id == list_id)
        .order_by(subscribers.c.id)
    )


_FREQUENCIES = {f.value: f for f in Frequency}


def _list(row: Row[Any]) -> MailList:
    return MailList(
        id=row.id,
        slug=row.slug,
        name=row.name,
        public=row.public,
        opt_in=OptIn(row.opt_in),
        created_at=row.created_at,
        description=row.description,
        indexed=row.indexed,
        archived_at=row.archived_at,
    )


def subscriber_of(row: Row[Any]) -> Subscriber:
    """A row of `subscribers`, whatever other columns it has."""
    return Subscriber(
        id=row.id,
        email=row.email,
        email_key=row.email_key,
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        attributes=row.attributes,
        link_version=row.link_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        chosen_at=row.chosen_at,
        erased_at=row.erased_at,
    )


def subscription_of(row: Row[Any], prefix: str = "") -> Subscription:
    """A row of `subscriptions`, its columns behind `prefix`."""
    cells = {key.removeprefix(prefix): value for key, value in row._mapping.items() if key.startswith(prefix)}
    return Subscription(
        id=cells["id"],
        subscriber_id=cells["subscriber_id"],
        list_id=cells["list_id"],
        state=SubscriptionState(cells["state"]),
        since=cells["since"],
        ended_reason=cells["ended_reason"],
        leaving_note=cells["leaving_note"],
        preferences=Preferences(
            sections=cells["sections"],
            frequency=_FREQUENCIES[cells["frequency"]],
            hour=cells["hour"],
            text_only=cells["text_only"],
            tracking_off=cells["tracking_off"],
            paused_until=cells["paused_until"],
        ),
    )
