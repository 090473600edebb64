"""What readers do with a list: subscribe, confirm, leave, pause, choose. Each is safe to do twice.

Every change is one UPDATE that names the states it may start from, so a race has one winner, and the consent
record is written by the winner only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Select, delete, func, or_, select, update

from subscribers import consent
from subscribers.consent import Act, Basis, Consent
from subscribers.model import (
    TRANSITIONS,
    UNWANTED,
    AttributeValue,
    MailList,
    OptIn,
    Preferences,
    Step,
    SubscriptionState,
    SuppressionReason,
    moves,
    plain_text,
)
from subscribers.suppression import suppress
from subscribers.tables import consents, insert_into, subscribers, subscriptions, suppressions

LONGEST_NOTE = 500
"""Characters of what a reader may say about leaving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a step did: the state now (None: there is no subscription), and whether it did anything."""

    state: SubscriptionState | None
    changed: bool


def subscribe(
    conn: Connection,
    subscriber_id: int,
    mail_list: MailList,
    basis: Basis,
    now: datetime,
    *,
    preferences: Preferences | None = None,
) -> Change:
    """A reader's own sign-up: active at once on a single opt-in list, pending on a double opt-in one.

    Somebody who left may come back this way, and only this way. `preferences` are taken for a subscription
    that is new; an existing one keeps its own. Who asks again while pending has the whole time again to confirm.
    """
    step = Step.JOIN if mail_list.opt_in is OptIn.SINGLE else Step.ASK
    change = _apply(conn, subscriber_id, mail_list.id, step, now, preferences=preferences)
    if change.state is SubscriptionState.PENDING and not change.changed:
        conn.execute(
            update(subscriptions)
            .where(
                subscriptions.c.subscriber_id == subscriber_id,
                subscriptions.c.list_id == mail_list.id,
                subscriptions.c.state == SubscriptionState.PENDING.value,
            )
            .values(since=now)
        )
    if change.changed:
        act = Act.GIVEN if step is Step.JOIN else Act.ASKED
        _record(conn, subscriber_id, mail_list.id, act, basis, now)
    if step is Step.JOIN:
        _forget_own_unsubscribe(conn, subscriber_id, mail_list.id)
    return change


def confirm(conn: Connection, subscriber_id: int, list_id: int, basis: Basis, now: datetime) -> Change:
    """The button in the confirmation mail. An old mail does not bring back somebody who left since."""
    change = _apply(conn, subscriber_id, list_id, Step.CONFIRM, now)
    if change.changed:
        _record(conn, subscriber_id, list_id, Act.CONFIRMED, basis, now)
        _forget_own_unsubscribe(conn, subscriber_id, list_id)
    return change


def enrol(
    conn: Connection,
    subscriber_id: int,
    list_id: int,
    basis: Basis,
    now: datetime,
    *,
    preferences: Preferences | None = None,
) -> Change:
    """An operator adds somebody who agreed elsewhere: active if new, and nobody who left is revived."""
    if conn.execute(_own_unsubscribes(subscriber_id, list_id)).first() is not None:
        held = conn.execute(_state_of(subscriber_id, list_id)).scalar_one_or_none()
        return Change(state=None if held is None else SubscriptionState(held), changed=False)
    change = _apply(conn, subscriber_id, list_id, Step.ENROL, now, preferences=preferences)
    if change.changed:
        _record(conn, subscriber_id, list_id, Act.GIVEN, basis, now)
    return change


def unsubscribe(
    conn: Connection,
    subscriber_id: int,
    list_id: int,
    basis: Basis,
    now: datetime,
    *,
    reason: str = SuppressionReason.UNSUBSCRIBED.value,
) -> Change:
    """The reader leaves this list; true for the gate as soon as the caller commits."""
    change = _apply(conn, subscriber_id, list_id, Step.LEAVE, now, ended_reason=reason)
    if change.changed:
        _record(conn, subscriber_id, list_id, Act.WITHDRAWN, basis, now)
    return change


def left_at(conn: Connection, subscriber_id: int, list_id: int) -> datetime | None:
    """When the reader last said that they leave this list; None where they never did."""
    return conn.execute(
        select(func.max(consents.c.at)).where(
            consents.c.subscriber_id == subscriber_id,
            consents.c.list_id == list_id,
            consents.c.act == Act.WITHDRAWN.value,
        )
    ).scalar_one_or_none()


def unsubscribe_everywhere(conn: Connection, subscriber_id: int, basis: Basis, now: datetime) -> int:
    """The reader leaves every list, and no import puts the address on another one. Returns lists left."""
    fold_key = conn.execute(
        select(subscribers.c.fold_key).where(subscribers.c.id == subscriber_id, subscribers.c.erased_at.is_(None))
    ).scalar_one_or_none()
    if fold_key is None:
        return 0
    suppress(conn, fold_key, SuppressionReason.UNSUBSCRIBED, now=now)
    on = conn.execute(select(subscriptions.c.list_id).where(subscriptions.c.subscriber_id == subscriber_id)).scalars()
    return sum(unsubscribe(conn, subscriber_id, list_id, basis, now).changed for list_id in on.all())


def pause(conn: Connection, subscriber_id: int, list_id: int, until: date | None, now: datetime) -> bool:
    """No mail before that day; None resumes. False where there is no live subscription."""
    return _choose(conn, subscriber_id, list_id, {"paused_until": until}, now)


def choose(conn: Connection, subscriber_id: int, list_id: int, preferences: Preferences, now: datetime) -> bool:
    """The reader's own choices for this list, all of them. False where there is no live subscription."""
    return _choose(conn, subscriber_id, list_id, preference_columns(preferences), now)


def choose_profile(
    conn: Connection,
    subscriber_id: int,
    *,
    language: str,
    timezone: str,
    now: datetime,
    attributes: Mapping[str, AttributeValue | None] | None = None,
) -> bool:
    """The reader's own language, zone and, if given, attributes (added to those there are). False for one erased.

    Empty texts mean the newsletter's own; None takes an attribute away. The caller has checked the language, the zone
    and the attributes.
    """
    return change_profile(conn, subscriber_id, now=now, language=language, timezone=timezone, attributes=attributes)


def change_profile(
    conn: Connection,
    subscriber_id: int,
    *,
    now: datetime,
    name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    attributes: Mapping[str, AttributeValue | None] | None = None,
) -> bool:
    """A program changes what it was told by the reader; None = as it was, an attribute of None goes.

    It counts as the reader's own choice: no import writes over it. False for one who is erased or was never there.
    The caller has checked the language, the zone and the attributes. Raises ModelError for controls in the name.
    """
    row = conn.execute(
        select(subscribers.c.attributes)
        .where(subscribers.c.id == subscriber_id, subscribers.c.erased_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    columns: dict[str, object] = {"chosen_at": now, "updated_at": now}
    if name is not None:
        columns["name"] = plain_text(name)
    if language is not None:
        columns["language"] = language
    if timezone is not None:
        columns["timezone"] = timezone
    if attributes:
        merged = {**row.attributes, **attributes}
        columns["attributes"] = {word: value for word, value in merged.items() if value is not None}
    conn.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(**columns))
    return True


def note_leaving(conn: Connection, subscriber_id: int, list_id: int, note: str) -> bool:
    """Why the reader left, in their words or ours, 500 characters of it. False where they have not left."""
    changed = conn.execute(
        update(subscriptions)
        .where(
            subscriptions.c.subscriber_id == subscriber_id,
            subscriptions.c.list_id == list_id,
            subscriptions.c.state == SubscriptionState.ENDED.value,
        )
        .values(leaving_note=UNWANTED.sub(" ", note).strip()[:LONGEST_NOTE])
    )
    return changed.rowcount == 1


def preference_columns(preferences: Preferences) -> dict[str, object]:
    """The preferences as columns of `subscriptions`."""
    return {
        "sections": preferences.sections,
        "frequency": preferences.frequency.value,
        "hour": preferences.hour,
        "text_only": preferences.text_only,
        "tracking_off": preferences.tracking_off,
        "paused_until": preferences.paused_until,
    }


def _choose(conn: Connection, subscriber_id: int, list_id: int, columns: dict[str, object], now: datetime) -> bool:
    changed = conn.execute(
        update(subscriptions)
        .where(
            subscriptions.c.subscriber_id == subscriber_id,
            subscriptions.c.list_id == list_id,
            subscriptions.c.state != SubscriptionState.ENDED.value,
        )
        .values(**columns)
    )
    if changed.rowcount != 1:
        return False
    conn.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(chosen_at=now, updated_at=now))
    return True


def _apply(
    conn: Connection,
    subscriber_id: int,
    list_id: int,
    step: Step,
    now: datetime,
    *,
    preferences: Preferences | None = None,
    ended_reason: str | None = None,
) -> Change:
    """Insert if the step creates, else one conditional UPDATE; what is left is that nothing changed."""
    created = TRANSITIONS.get((None, step))
    if created is not None and _create(conn, subscriber_id, list_id, created, now, preferences):
        return Change(state=created, changed=True)
    mine = (subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.list_id == list_id)
    changing = moves(step)
    for target in set(changing.values()):
        sources = [state.value for state, after in changing.items() if after is target]
        moved = conn.execute(
            update(subscriptions)
            .where(*mine, subscriptions.c.state.in_(sources))
            .values(state=target.value, since=now, ended_reason=ended_reason)
        )
        if moved.rowcount == 1:
            return Change(state=target, changed=True)
    state = conn.execute(_state_of(subscriber_id, list_id)).scalar_one_or_none()
    return Change(state=None if state is None else SubscriptionState(state), changed=False)


def _create(
    conn: Connection,
    subscriber_id: int,
    list_id: int,
    state: SubscriptionState,
    now: datetime,
    preferences: Preferences | None,
) -> bool:
    alive = select(subscribers.c.id).where(subscribers.c.id == subscriber_id, subscribers.c.erased_at.is_(None))
    if conn.execute(alive).one_or_none() is None:
        return False
    added = conn.execute(
        insert_into(conn, subscriptions)
        .values(
            subscriber_id=subscriber_id,
            list_id=list_id,
            state=state.value,
            since=now,
            **preference_columns(preferences or Preferences()),
        )
        .on_conflict_do_nothing(index_elements=["subscriber_id", "list_id"])
        .returning(subscriptions.c.id)
    )
    return added.first() is not None


def _record(conn: Connection, subscriber_id: int, list_id: int, act: Act, basis: Basis, now: datetime) -> None:
    consent.record(conn, [Consent(subscriber_id=subscriber_id, list_id=list_id, at=now, act=act, basis=basis)])


def _state_of(subscriber_id: int, list_id: int) -> Select[tuple[str]]:
    return select(subscriptions.c.state).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.list_id == list_id
    )


def _own_unsubscribes(subscriber_id: int, list_id: int) -> Select[tuple[int]]:
    """The suppressions by which this reader said no to this list or to all of them."""
    return (
        select(suppressions.c.id)
        .join(subscribers, subscribers.c.fold_key == suppressions.c.email_key)
        .where(
            subscribers.c.id == subscriber_id,
            suppressions.c.reason == SuppressionReason.UNSUBSCRIBED.value,
            or_(suppressions.c.list_id == list_id, suppressions.c.list_id.is_(None)),
        )
    )


def _forget_own_unsubscribe(conn: Connection, subscriber_id: int, list_id: int) -> None:
    """A reader who comes back by their own hand takes back their own no; bounces and complaints stay."""
    own = _own_unsubscribes(subscriber_id, list_id)
    conn.execute(delete(suppressions).where(suppressions.c.id.in_(own)))
