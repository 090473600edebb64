"""The nouns of a reader's life with us, as frozen records, and the rules that move a subscription."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""What a list or a section is called in addresses, files and the database (match it whole)."""


class SubscribersError(Exception):
    """Base of everything this package raises on purpose. Messages never hold an e-mail address."""


class ModelError(SubscribersError):
    """A value that the model does not allow: an hour of 24, a section that is no slug."""


class OptIn(StrEnum):
    """How a list lets people in: at once, or after they confirmed from their own mailbox."""

    SINGLE = "single"
    DOUBLE = "double"


class SubscriptionState(StrEnum):
    """Where a subscription stands. Only ACTIVE is ever mailed an edition."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class Step(StrEnum):
    """What can be asked of a subscription.

    JOIN is a reader's own sign-up on a single opt-in list, ASK the same on a double opt-in list, CONFIRM the
    button in the confirmation mail, ENROL an import or an operator, LEAVE an unsubscribe from any side.
    """

    JOIN = "join"
    ASK = "ask"
    CONFIRM = "confirm"
    ENROL = "enrol"
    LEAVE = "leave"


class Frequency(StrEnum):
    """How often a reader wants a list: every edition, Monday to Friday, or Mondays only."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


class SuppressionReason(StrEnum):
    """Why an address must not be mailed, whatever the subscriptions say."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    MANUAL = "manual"
    DOMAIN = "domain"


class Blocked(StrEnum):
    """Why a reader does not get today's edition; the first that applies, in this order, is the answer."""

    ERASED = "erased"
    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    NOT_TODAY = "not_today"


_PENDING, _ACTIVE, _ENDED = SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.ENDED

TRANSITIONS: Mapping[tuple[SubscriptionState | None, Step], SubscriptionState] = {
    (None, Step.JOIN): _ACTIVE,
    (None, Step.ASK): _PENDING,
    (None, Step.ENROL): _ACTIVE,
    (_PENDING, Step.JOIN): _ACTIVE,
    (_PENDING, Step.ASK): _PENDING,
    (_PENDING, Step.CONFIRM): _ACTIVE,
    # The reader was asked and has not answered: nobody else may answer for them.
    (_PENDING, Step.ENROL): _PENDING,
    (_PENDING, Step.LEAVE): _ENDED,
    (_ACTIVE, Step.JOIN): _ACTIVE,
    (_ACTIVE, Step.ASK): _ACTIVE,
    (_ACTIVE, Step.CONFIRM): _ACTIVE,
    (_ACTIVE, Step.ENROL): _ACTIVE,
    (_ACTIVE, Step.LEAVE): _ENDED,
    (_ENDED, Step.JOIN): _ACTIVE,
    (_ENDED, Step.ASK): _PENDING,
    # An old confirmation mail must not bring back somebody who left since.
    (_ENDED, Step.CONFIRM): _ENDED,
    # An import never revives anybody.
    (_ENDED, Step.ENROL): _ENDED,
    (_ENDED, Step.LEAVE): _ENDED,
}
"""The whole life of a subscription; None is "no subscription yet". A pair that is absent creates nothing."""


def next_state(state: SubscriptionState | None, step: Step) -> SubscriptionState | None:
    """The state after `step`, or None where there is no subscription and the step creates none."""
    return TRANSITIONS.get((state, step), state)


def moves(step: Step) -> dict[SubscriptionState, SubscriptionState]:
    """The existing states that `step` changes, each with the state it becomes."""
    return {
        state: after for (state, asked), after in TRANSITIONS.items() if state and asked is step and after is not state
    }


def weekdays_wanted(frequency: Frequency) -> range:
    """The days of the week whose editions a reader with this frequency wants; Monday is 0.

    Weekdays are Monday to Friday. Weekly means Monday: the edition that looks back on the weekend, on a day
    that a newsletter which comes out on weekdays has too.
    """
    return range({Frequency.DAILY: 7, Frequency.WEEKDAYS: 5, Frequency.WEEKLY: 1}[frequency])


def wanted_on(frequency: Frequency, on: date) -> bool:
    """Whether a reader with this frequency wants the edition of that date (in the newsletter's own zone)."""
    return on.weekday() in weekdays_wanted(frequency)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailList:
    """A list that people subscribe to.

    Only a `public` one is offered on pages. `indexed` says whether search engines may keep its archive. Nobody joins
    one that was archived; who is on it stays.
    """

    id: int
    slug: str
    name: str
    public: bool
    opt_in: OptIn
    created_at: datetime
    description: str = ""
    indexed: bool = True
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A reader. `email` is what was typed, `email_key` the same mailbox in the form that is mailed.

    `language` and `timezone` may be empty: then the newsletter's own apply. `link_version` is signed into
    every link; raising it makes all earlier links of this reader worthless. `chosen_at` is when the reader
    last chose by their own hand. `erased_at` is set on a tombstone, which holds no personal data any more.
    """

    id: int
    email: str
    email_key: str
    name: str = ""
    language: str = ""
    timezone: str = ""
    attributes: Mapping[str, AttributeValue]
    link_version: int = 1
    created_at: datetime
    updated_at: datetime
    chosen_at: datetime | None = None
    erased_at: datetime | None = None


COLUMNS = (
    "email",
    "name",
    "language",
    "timezone",
    "sections",
    "frequency",
    "hour",
    "paused_until",
    "state",
    "consent",
)
"""The columns of our own that a file of readers has; every other one is an attribute, but for `attributes` itself."""

OWN_NAMES = frozenset((*COLUMNS, "attributes"))
"""What no attribute may be called: it would be lost in a file."""

ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a custom attribute may be called (match it whole)."""

AttributeValue = str | int | float | bool
"""What a custom attribute may hold."""

# C0 and C1 controls, line and paragraph separators, bidi overrides and isolates, surrogates, noncharacters:
# no name or wish of a reader needs them, and each of them has broken a header, a page or a database.
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Characters that no text about a reader may contain."""


def plain_text(text: str) -> str:
    """A reader's words without outer blanks. Raises ModelError on controls, bidi overrides and surrogates."""
    if UNWANTED.search(text):
        raise ModelError("the text has a control character in it")
    return text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a reader chose for one list. No sections means all of them; no hour means the newsletter's own.

    `hour` is 0 to 23 in the reader's own zone; until the day `paused_until` comes, nothing is sent.
    """

    sections: tuple[str, ...] = ()
    frequency: Frequency = Frequency.DAILY
    hour: int | None = None
    text_only: bool = False
    tracking_off: bool = False
    paused_until: date | None = None

    def __post_init__(self) -> None:
        if self.hour is not None and not 0 <= self.hour <= 23:
            raise ModelError(f"hour {self.hour} is not between 0 and 23")
        for section in self.sections:
            if not SLUG.fullmatch(section):
                raise ModelError(f"section {section!r} is no slug: use a-z, 0-9 and single hyphens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One reader on one list. `since` is when it came into its present state; `leaving_note` why they left, if told."""

    id: int
    subscriber_id: int
    list_id: int
    state: SubscriptionState
    since: datetime
    ended_reason: str | None = None
    leaving_note: str = ""
    preferences: Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceGroup:
    """Active subscriptions of a list that are alike in all that a plan looks at.

    `blocked` is None for readers who get the edition, else why not: suppressed, paused or not_today.
    """

    language: str
    timezone: str
    hour: int | None
    sections: tuple[str, ...]
    text_only: bool
    tracking_off: bool
    blocked: Blocked | None
    readers: array[int]
    """Their ids, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One row of an audience: an active subscription, with all that planning a delivery needs.

    `email` is the address in the form that goes on the wire (ASCII). `blocked` is None for a reader who gets
    the edition, else why not: suppressed, paused or not_today.
    """

    subscriber_id: int
    email: str
    name: str
    language: str
    timezone: str
    hour: int | None
    sections: tuple[str, ...]
    frequency: Frequency
    text_only: bool
    tracking_off: bool
    paused_until: date | None
    link_version: int
    blocked: Blocked | None


class LetterKind(StrEnum):
    """Every single mail that a reader may get."""

    CONFIRM = "confirm"
    """To an address that was entered on our page: is it yours, and do you want this?"""
    LINKS = "links"
    """To a reader who signed up again, or asked for their links: the way to their own page."""
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ADDRESS = "address"
    """To the new address of a change: is it yours?"""
    MOVED = "moved"
    """To the old address of a change: it was changed, and can be taken back."""
    EXPORT = "export"
    """The reader's data are ready to be downloaded."""
    ERASE = "erase"
    """Shall everything about this address be erased?"""


class Befell(StrEnum):
    """What can befall a reader that somebody may want to be told."""

    SUBSCRIBED = "subscriber.subscribed"
    CONFIRMED = "subscriber.confirmed"
    UNSUBSCRIBED = "subscriber.unsubscribed"
    BOUNCED = "subscriber.bounced"
    COMPLAINED = "subscriber.complained"
    ERASED = "subscriber.erased"


LISTS = "lists"
"""In what befell a reader on no list alone: the slugs of the lists that they were on."""
