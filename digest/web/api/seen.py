"""What a token sees: every object of the API is looked up through the token, and what it may not see is not there.

A token that is bound to lists sees of a reader what belongs to its lists: the address, and the subscriptions. Name,
language, zone, attributes and dates belong to all lists together. Nor does it learn whether an address is known
elsewhere: readers have numbers that tell nothing (`digest.model.reader_number`), come in the order in which they
joined its lists, and whatever was done for another list is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.model.api_token import ApiToken
from digest.model.errors import NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.web.api.shapes.paging import Page, cursor_to, number_cursor
from digest.web.api.shapes.readers import PreferencesIn, PreferencesOut, ReaderRow, SubscribedReader, SubscriptionOut
from subscribers.model import MailList, Preferences, Subscriber, Subscription
from subscribers.store import address_of


def lists_of(tx: Tx, token: ApiToken) -> Mapping[int, MailList]:
    """The lists that it sees, by id."""
    return {one.id: one for one in tx.audience.lists() if token.sees(one.slug)}


def list_ids(tx: Tx, token: ApiToken) -> list[int] | None:
    """The ids of the lists that it is bound to; None = it is bound to none."""
    return list(lists_of(tx, token)) if token.lists else None


def list_named(tx: Tx, token: ApiToken, slug: str) -> MailList:
    """Raises NotFound, for a list out of its bounds as for none."""
    if not token.sees(slug):
        raise NotFound(f"there is no list {slug!r}")
    return tx.audience.list_of(slug)


def id_of(app: App, token: ApiToken, number: int) -> int:
    """The reader whom a request names: by number, or by the id where the token is bound to no list. NotFound."""
    found = app.asks.numbers.reader(number)
    if found is None and not token.lists:
        return number
    if found is None:
        raise NotFound(f"there is no reader {number}")
    return found


def told_id(app: App, token: ApiToken, subscriber: int) -> int:
    """How a reader is named to this token."""
    return app.asks.numbers.of(subscriber) if token.lists else subscriber


def reader_of(tx: Tx, token: ApiToken, subscriber: int) -> tuple[Subscriber, tuple[SubscriptionOut, ...]]:
    """A reader and the subscriptions that it sees. Raises NotFound; a reader of other lists only is not there."""
    found = tx.audience.reader(subscriber)
    if found is None or found.erased_at is not None:
        raise NotFound(f"there is no reader {subscriber}")
    lists = lists_of(tx, token)
    own = [one for one in tx.audience.subscriptions_of(subscriber) if one.list_id in lists]
    if token.lists and not own:
        raise NotFound(f"there is no reader {subscriber}")
    return found, tuple(subscription_out(one, lists[one.list_id].slug) for one in own)


def newsletters_of(app: App, token: ApiToken) -> Mapping[str, Newsletter]:
    """The newsletters whose list it sees, by slug."""
    return {slug: one for slug, one in app.newsletters.items() if token.sees(one.list)}


def subscription_out(one: Subscription, slug: str) -> SubscriptionOut:
    """A subscription as it is told."""
    wishes = one.preferences
    return SubscriptionOut(
        list=slug,
        state=one.state,
        since=one.since,
        ended_reason=one.ended_reason,
        preferences=PreferencesOut(
            sections=list(wishes.sections),
            frequency=wishes.frequency,
            hour=wishes.hour,
            text_only=wishes.text_only,
            tracking_off=wishes.tracking_off,
            paused_until=wishes.paused_until,
        ),
    )


def reader_row(app: App, token: ApiToken, one: Subscriber) -> ReaderRow:
    """A reader as they are told to this token."""
    if token.lists:
        # In lower case: how it was once typed belongs to whichever list that was.
        return ReaderRow(id=told_id(app, token, one.id), email=address_of(one).fold_key)
    return ReaderRow(
        id=one.id,
        email=one.email,
        name=one.name,
        language=one.language,
        timezone=one.timezone,
        attributes=dict(one.attributes),
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def preferences_in(given: PreferencesIn) -> Preferences:
    """The choices that were sent."""
    return Preferences(
        sections=tuple(dict.fromkeys(given.sections)),
        frequency=given.frequency,
        hour=given.hour,
        text_only=given.text_only,
        tracking_off=given.tracking_off,
        paused_until=given.paused_until,
    )


def reader_page(
    app: App, token: ApiToken, rows: Sequence[tuple[Subscriber, Subscription]], slug: str, limit: int
) -> Page[SubscribedReader]:
    """A page of a list's readers, of which one more was looked up than are shown."""
    more = None
    if len(rows) > limit:
        reader, one = rows[limit - 1]
        more = number_cursor(app, one.id) if token.lists else cursor_to(reader.id)
    shown = [
        SubscribedReader(**reader_row(app, token, reader).model_dump(), subscription=subscription_out(one, slug))
        for reader, one in rows[:limit]
    ]
    return Page(data=shown, next_cursor=more)
