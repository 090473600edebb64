"""Newsletter: the standing title that a reader signs up for, and the rules an operator gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.model.picture import KeptPicture
from subscribers.model import Frequency, weekdays_wanted

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As a schedule names them; Monday is 0."""


class WhenNobodyApproves(StrEnum):
    """What happens at the lock when no editor has decided."""

    SEND = "send"
    SEND_IF_CHECKS_PASS = "send_if_checks_pass"  # noqa: S105
    HOLD = "hold"


class OnDoubt(StrEnum):
    """What happens to a provider call whose outcome stays unknown past its deadline."""

    HOLD = "hold"
    RESEND = "resend"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an edition. `match` are the names outlets use for it, compared without case."""

    slug: str
    title: str
    match: tuple[str, ...] = ()
    max_stories: int = 4
    titles: Mapping[str, str] = field(default_factory=dict)
    """The title for readers of other languages, by language."""

    def title_in(self, language: str) -> str:
        """The title for readers of that language; the newsletter's own where it has none for them."""
        return self.titles.get(_primary(language), self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The additive score (research: story picking, section 4). Every part is shown with the pick."""

    coverage: float = 1.0
    wires: float = 0.5
    section: float = 0.7
    kind: float = 1.0
    country: float = 0.3
    soft: float = -1.0
    beat: float = -0.5
    thin: float = -0.5
    seen: float = -0.6
    boost: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picking:
    """How many events are picked, and from when."""

    max_events: int = 14
    min_events: int = 4
    briefs: int = 4
    """How many of `max_events` are told as one-line briefs."""
    threshold: float = 0.5
    """An event below this score is not told, even on a thin day."""
    window_hours: int = 72
    """Stories older than this do not form events."""
    fresh_hours: int = 30
    """An event needs a story at most this old to be told."""
    max_per_country: int = 3
    max_per_owner: int = 3
    """Events that one owner alone reports; more where so few owners report that the edition would stay empty."""
    max_per_running_story: int = 2
    join_languages: bool = False
    """Reports in other languages count for an event where names, numbers and dates agree."""
    related: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the phases happen, in the newsletter's zone. Days are lower-case English names, mon to sun."""

    days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    collect_minutes: int = 30
    """Collect every so many minutes."""
    compose_at: time = time(4, 55)
    freeze_at: time | None = None
    """From then on what comes in waits at the desk until somebody adds it; None = from composing on."""
    approve_at: time = time(5, 58)
    remind_minutes: int = 0
    """So long before `approve_at` somebody is told that the edition waits for a person; 0 = nobody is."""
    send_at: time = time(6, 0)
    window_hours: float = 6.0
    """A send that has not begun this long after `send_at` is held, never sent late (P7). 0 = no limit."""
    reader_hours: bool = True
    """Deliver at each reader's own hour and zone; otherwise everybody at `send_at`."""
    quiet_from: time | None = None
    """From this hour of a reader's own clock nothing comes that they did not ask for at that hour."""
    quiet_until: time | None = None
    """Until this one; both are set, or neither."""
    skip_dates: frozenset[date] = frozenset()
    """No edition on these: public holidays, and what the operator named."""
    extra_dates: frozenset[date] = frozenset()
    """An edition on these, whatever the other rules say."""

    @property
    def remind_at(self) -> time | None:
        """When somebody is reminded, never before composing; None = never."""
        if not self.remind_minutes:
            return None
        minutes = max(0, self.approve_at.hour * 60 + self.approve_at.minute - self.remind_minutes)
        return max(self.compose_at, time(minutes // 60, minutes % 60))

    def is_quiet(self, clock: time) -> bool:
        """True where a reader's clock shows an hour at which nothing comes by itself."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until

    def brings(self, frequency: Frequency) -> bool:
        """True where who chose this frequency gets editions; who takes every edition always does."""
        wanted = weekdays_wanted(frequency)
        return len(wanted) == len(DAYS) or any(DAYS[day] in self.days for day in wanted)

    def appears(self, day: date) -> bool:
        """True where the calendar has an edition of this day."""
        return day in self.extra_dates or (DAYS[day.weekday()] in self.days and day not in self.skip_dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """How long a provider call whose outcome is unknown is waited for."""

    grace_minutes: float = 10.0
    """Not judged before. If every other call was heard of and this one was not, it then is held, or sent again where
    `on_doubt` is resend."""
    deadline_hours: float = 6.0
    """Then `on_doubt` decides."""
    recall: bool = False
    """Calls are scheduled a while ahead, where the provider can do that, and taken back when in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRule:
    """Who goes before the rest, how long they are waited for, and what stops the rest."""

    share: float = 0.0
    """Of the readers of the first wave; 0 and no seeds = nobody goes first."""
    at_least: int = 100
    """Readers, where `share` makes fewer."""
    seeds: tuple[str, ...] = ()
    """Addresses of readers of the list who are among the first, whatever their own hour."""
    wait_minutes: float = 15.0
    """Counted from the last call of the first ones."""
    max_bounced: float = 0.05
    """Share of them bounced or rejected above which the rest is held."""
    max_complained: float = 0.003
    """Share of them that complained above which the rest is held."""

    @property
    def wanted(self) -> bool:
        """True where somebody goes first."""
        return self.share > 0 or bool(self.seeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTest:
    """How a second subject is tried, in editions that have one."""

    share: float = 0.2
    """Of the readers of the first wave; half of them get each subject."""
    wait_minutes: float = 20.0
    """From the last call of these until their clicks are counted and the rest is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounces:
    """When soft bounces count as a hard one. Hard bounces and complaints end all mail at once."""

    soft_count: int = 5
    soft_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who the mail is from."""

    name: str
    email: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours as #rrggbb; contrast of at least 4.5:1 is checked."""

    name: str = "newspaper"
    accent: str = "#9b2226"
    accent_dark: str = "#ff9b8a"
    page: str = ""
    """Ground around the card in light mode; empty = the theme's own."""
    page_dark: str = ""
    """Ground around the card in dark mode; empty = the theme's own."""
    pictures: bool = True
    """Stories are told with their pictures."""
    logo: KeptPicture | None = None
    """Stands in place of the name at the head; shown at half its pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Whether opens and clicks are counted. Off by default, and always off for a reader who says so."""

    opens: bool = False
    clicks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """The standing title and all its rules."""

    slug: str
    name: str
    list: str
    """Slug of the list that gets it."""
    language: str
    zone: str
    """IANA time zone of its dates and hours."""
    sender: Sender
    publisher: str
    postal_address: str
    sections: tuple[Section, ...]
    sources: tuple[str, ...] = ()
    """Slugs of its sources; empty = all."""
    tagline: str = ""
    taglines: Mapping[str, str] = field(default_factory=dict)
    """The tagline for readers of other languages, by language."""
    picking: Picking = field(default_factory=Picking)
    weights: Weights = field(default_factory=Weights)
    schedule: Schedule = field(default_factory=Schedule)
    theme: Theme = field(default_factory=Theme)
    when_nobody_approves: WhenNobodyApproves = WhenNobodyApproves.SEND_IF_CHECKS_PASS
    on_doubt: OnDoubt = OnDoubt.HOLD
    doubts: Doubts = field(default_factory=Doubts)
    bounces: Bounces = field(default_factory=Bounces)
    tracking: Tracking = field(default_factory=Tracking)
    canary: CanaryRule = field(default_factory=CanaryRule)
    subject_test: SubjectTest = field(default_factory=SubjectTest)
    goodbye: bool = False
    """Whether somebody who leaves gets one last letter that says so."""
    providers: tuple[str, ...] = ()
    """By which providers it goes out, the first that works first; empty = the one that is configured."""

    def appears(self, day: date) -> bool:
        """True where an edition is dated this day: the calendar has one, and the zone has the day.

        A zone that crosses the date line skips a day (Pacific/Apia had no 30 December 2011): both days would begin at
        one instant.
        """
        zone = ZoneInfo(self.zone)
        noon = datetime.combine(day, time(12), zone).astimezone(UTC).astimezone(zone)
        return noon.date() == day and self.schedule.appears(day)

    def section_titled(self, slug: str) -> str:
        """Title of a section by slug; the slug itself where the section is gone."""
        return next((section.title for section in self.sections if section.slug == slug), slug)

    def tagline_in(self, language: str) -> str:
        """The tagline for readers of that language; the newsletter's own where it has none for them."""
        return self.taglines.get(_primary(language), self.tagline)


def _primary(language: str) -> str:
    """`fr` of `fr-CA`."""
    return language.split("-")[0].lower()
