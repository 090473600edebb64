"""The newsletters: who sends them, what is picked, when, and the rules for when nobody acts."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Literal, get_args

from pydantic import (
    Field,
    model_validator,
)

from digest.model import newsletter as domain
from digest.settings.calendars import Calendar, holidays_of
from digest.settings.kinds import ClockTime, Colour, Day, DkimSelector, Language, OneLine, ShortText, Slug, Strict, Zone
from digest.settings.providers import ProviderKind

REMIND_MINUTES = 30
"""Before the lock, where the configuration says nothing and nobody is mailed without a person."""


class SectionSettings(Strict):
    """A section of a newsletter."""

    slug: Slug
    """Its short name: what readers choose by, and the column `sections` of an import."""
    title: str = Field(min_length=1)
    """As readers see it."""
    titles: dict[Language, ShortText] = {}
    """The title for readers of other languages, by language: `{fr: Monde, de: Welt}`."""
    match: tuple[str, ...] = ()
    """Names that outlets use for it, compared without case."""
    max_stories: int = Field(default=4, ge=1, le=50)
    """At most so many stories in it."""


class SenderSettings(Strict):
    """Who the mail is from."""

    name: OneLine = Field(min_length=1, max_length=78)
    """From name."""
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """From address; its domain needs SPF, DKIM and DMARC."""
    reply_to: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    """Where answers go; empty = the From address."""
    dkim_selectors: tuple[DkimSelector, ...] = Field(default=(), max_length=10)
    """Under which names your provider or relay signs for this domain; `digest doctor --online` looks them up."""


class WeightSettings(Strict):
    """Weights of the score; the reasons are in docs/why."""

    coverage: float = 1.0
    """Times the logarithm of 1 + independent outlets."""
    wires: float = 0.5
    """Times the logarithm of 1 + wires and world desks."""
    section: float = 0.7
    """Added where an outlet runs it in a world section."""
    kind: float = 1.0
    """Times the share of headlines with words of hard news."""
    country: float = 0.3
    """Added where the leading report names a country in its headline or first lines."""
    soft: float = -1.0
    """Times the share of sport, entertainment and gadgets, and of advice, shopping and leisure."""
    beat: float = -0.5
    """Times the share of business, science and health, where no section of yours wants them."""
    thin: float = -0.5
    """Times the share of reports that say nothing beyond their headline."""
    seen: float = -0.6
    """Added where readers were told of it before; not where there are new facts, or an editor wants it."""
    boost: float = 1.0
    """Added for what an editor boosts, taken off for what an editor buries."""


class PickingSettings(Strict):
    """How many events, and from when."""

    max_events: int = Field(default=14, ge=1, le=60)
    """At most so many events in an edition."""
    min_events: int = Field(default=4, ge=1, le=60)
    """With fewer, the edition is held."""
    briefs: int = Field(default=4, ge=0, le=30)
    """How many of them are told in one line."""
    threshold: float = 0.5
    """An event that scores less is not told, even on a thin day. 0.7 asks a sign of news beside one outlet alone."""
    window_hours: int = Field(default=72, ge=6, le=240)
    """Older stories do not form events."""
    fresh_hours: int = Field(default=30, ge=1, le=240)
    """An event needs a report at most this old."""
    max_per_country: int = Field(default=3, ge=1, le=60)
    """For variety among countries. A newsletter of one country raises it to `max_events`."""
    max_per_owner: int = Field(default=3, ge=1, le=60)
    """Events that one owner alone reports; with fewer than five owners, their share of max_events if that is more."""
    max_per_running_story: int = Field(default=2, ge=1, le=60)
    """For variety."""
    join_languages: bool = False
    """Let reports in other languages count for an event where names, numbers and dates agree."""
    related: int = Field(default=3, ge=0, le=5)
    """At most so many related items beside a story."""

    @model_validator(mode="after")
    def _enough(self) -> PickingSettings:
        if self.min_events > self.max_events:
            raise ValueError(
                f"min_events ({self.min_events}) is more than max_events ({self.max_events}): "
                "every edition would be held as too thin"
            )
        return self


class ScheduleSettings(Strict):
    """When the phases happen, in the newsletter's zone."""

    days: tuple[Day, ...] = get_args(Day)
    """Days with an edition, by name."""
    collect_minutes: int = Field(default=30, ge=5, le=1440)
    """Sources are read every so many minutes."""
    compose_at: ClockTime = time(4, 55)
    """When the edition is composed."""
    freeze_at: ClockTime | None = None
    """Up to then what comes in after composing joins the candidates at the desk; from then on it waits behind
    "3 new" until somebody adds it. Empty = from composing on."""
    approve_at: ClockTime = time(5, 58)
    """When the rule decides, if no editor has."""
    remind_minutes: int | None = Field(default=None, ge=0, le=1440)
    """So long before approve_at the ways of `alarms` tell that the edition still waits for a person; 0 = never. Empty =
    30 where `when_nobody_approves` is hold, otherwise never."""
    send_at: ClockTime = time(6, 0)
    """When sending begins; also the hour of readers who chose none."""
    window_hours: float = Field(default=6.0, ge=0, le=48)
    """Mail due longer ago than this is held, never sent late by itself; a quarter of an hour at least, 0 = no limit."""
    reader_hours: bool = True
    """Deliver at each reader's own hour and zone; otherwise everybody at send_at."""
    quiet_from: ClockTime | None = None
    """From this hour of a reader's own clock to quiet_until nothing is sent to them: it waits until then. Not for
    readers who chose an hour within."""
    quiet_until: ClockTime | None = None
    """The end of the quiet hours."""
    holidays: tuple[Calendar, ...] = ()
    """No edition on the public holidays of these: a country such as GB, or a part of one such as DE-BY."""
    skip_dates: tuple[date, ...] = ()
    """No edition on these days, such as 2026-12-25."""
    extra_dates: tuple[date, ...] = ()
    """An edition on these days, whatever the other rules say."""

    def reminder(self, rule: domain.WhenNobodyApproves) -> int:
        """Minutes before the lock, 0 = never; by itself where nobody is mailed without a person."""
        if self.remind_minutes is not None:
            return self.remind_minutes
        return REMIND_MINUTES if rule is domain.WhenNobodyApproves.HOLD else 0

    def dates_without(self) -> frozenset[date]:
        """Every day without an edition by name or holiday, from 2022 to 2036."""
        return frozenset(self.skip_dates) | {day for one in self.holidays for day in holidays_of(one)}

    @model_validator(mode="after")
    def _in_order(self) -> ScheduleSettings:
        if not (self.days or self.extra_dates):
            raise ValueError("days and extra_dates are empty: it would never appear; name days, such as [mon, thu]")
        if 0 < self.window_hours < 0.25:
            raise ValueError("window_hours must be 0.25 or more, or 0 for no limit: all mail would be too late")
        both = sorted(set(self.skip_dates) & set(self.extra_dates))
        if both:
            raise ValueError(f"{both[0]} stands in skip_dates and in extra_dates; keep one")
        if not self.compose_at < self.approve_at <= self.send_at:
            raise ValueError("compose_at must be before approve_at, and approve_at not after send_at")
        if self.freeze_at is not None and not self.compose_at <= self.freeze_at <= self.approve_at:
            raise ValueError("freeze_at must not be before compose_at, nor after approve_at")
        if (self.quiet_from is None) is not (self.quiet_until is None) or (
            self.quiet_from is not None and self.quiet_from == self.quiet_until
        ):
            raise ValueError("quiet_from and quiet_until are two hours, and stand together")
        if domain.Schedule(quiet_from=self.quiet_from, quiet_until=self.quiet_until).is_quiet(self.send_at):
            raise ValueError("send_at lies within the quiet hours: nobody would be mailed at that hour")
        return self


class TrackingSettings(Strict):
    """Whether opens and clicks are counted; a reader's own "no tracking" always wins."""

    opens: bool = False
    """A picture of one pixel from our own site in the HTML part."""
    clicks: bool = False
    """Links of stories lead through our own site; it knows no other addresses than the edition's."""


class DoubtSettings(Strict):
    """How long a provider call whose outcome is unknown is waited for."""

    grace_minutes: float = Field(default=10.0, ge=0, le=1440)
    """Not judged before."""
    deadline_hours: float = Field(default=6.0, gt=0, le=168)
    """Then `on_doubt` decides."""
    recall: bool = False
    """Calls are scheduled a quarter of an hour ahead, where the provider can do that, and taken back when in doubt."""


class CanarySettings(Strict):
    """Some readers get their mail before the rest; what comes back decides whether the rest gets it."""

    share: float = Field(default=0.0, ge=0, le=0.5)
    """Of the readers of the first hour, such as 0.01; 0 and no seeds = nobody goes first."""
    at_least: int = Field(default=100, ge=1, le=100_000)
    """Readers, where `share` makes fewer."""
    seeds: tuple[str, ...] = ()
    """Addresses on the list that are always among the first, such as your own."""
    wait_minutes: float = Field(default=15.0, ge=0, le=1440)
    """From the last call of the first ones until they are judged."""
    max_bounced: float = Field(default=0.05, ge=0, le=1)
    """With a larger share bounced or rejected, the mailing pauses for a person."""
    max_complained: float = Field(default=0.003, ge=0, le=1)
    """With a larger share of complaints, the mailing pauses for a person."""


class SubjectTestSettings(Strict):
    """How a second subject is tried, in editions that an editor gave one. It is judged by clicks: tracking.clicks."""

    share: float = Field(default=0.2, gt=0, le=1)
    """Of the readers of the first hour; half of them get each subject, at least canary.at_least in all."""
    wait_minutes: float = Field(default=20.0, ge=0, le=1440)
    """From the last call of these until their clicks are counted, and the rest gets what was pressed more."""


class BounceSettings(Strict):
    """When soft bounces count as a hard one."""

    soft_count: int = Field(default=5, ge=1, le=100)
    """So many soft bounces end mail to an address …"""
    soft_days: int = Field(default=30, ge=1, le=365)
    """… within so many days."""


class ThemeSettings(Strict):
    """The look."""

    name: Literal["newspaper", "plain"] = "newspaper"
    """The look."""
    accent: Colour = "#9b2226"
    """Colour of kickers, rules and bars, #rrggbb; contrast is checked."""
    accent_dark: Colour = "#ff9b8a"
    """The same on a dark ground."""
    page: Colour | Literal[""] = ""
    """Ground around the card, light; empty = the theme's own."""
    page_dark: Colour | Literal[""] = ""
    """The same in dark mode."""
    logo: Path | None = None
    """A picture that stands in place of the name; relative to the configuration file."""
    pictures: bool = True
    """Fetch the pictures of the stories that are told, and show them from our own site."""


class NewsletterSettings(Strict):
    """One newsletter."""

    slug: Slug
    """Its short name: the first half of an edition, world/2026-11-22."""
    name: OneLine = Field(min_length=1, max_length=78)
    """Its title."""
    tagline: OneLine = ""
    """The line under the title."""
    taglines: dict[Language, ShortText] = {}
    """The tagline for readers of other languages, by language."""
    list: Slug
    """The list that gets it."""
    language: Language = "en"
    """Language of its stories and words: en, fr, es, de or ar for our own words."""
    zone: Zone = "UTC"
    """IANA time zone of its dates and hours."""
    sender: SenderSettings
    publisher: str = Field(min_length=1)
    """Stands in the footer, by law."""
    postal_address: str = Field(min_length=1)
    """Stands in the footer, by law."""
    sources: tuple[Slug, ...] = ()
    """Slugs of its sources; empty = all."""
    sections: tuple[SectionSettings, ...] = Field(min_length=1)
    """In the order of the mail; the first is where everything else goes."""
    picking: PickingSettings = PickingSettings()
    weights: WeightSettings = WeightSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    theme: ThemeSettings = ThemeSettings()
    when_nobody_approves: domain.WhenNobodyApproves = domain.WhenNobodyApproves.SEND_IF_CHECKS_PASS
    """What happens at approve_at if no editor has decided."""
    on_doubt: domain.OnDoubt = domain.OnDoubt.HOLD
    """What happens to a provider call that never answered: a person decides, or it is sent again, or given up."""
    doubts: DoubtSettings = DoubtSettings()
    bounces: BounceSettings = BounceSettings()
    tracking: TrackingSettings = TrackingSettings()
    canary: CanarySettings = CanarySettings()
    subject_test: SubjectTestSettings = SubjectTestSettings()
    goodbye: bool = False
    """Whether somebody who leaves gets one last letter that says so; the page that they see says it anyway."""
    providers: tuple[ProviderKind, ...] = ()
    """By which providers it goes out, the first that works first; empty = provider.kind alone."""

    @model_validator(mode="after")
    def _sections_differ(self) -> NewsletterSettings:
        slugs = [section.slug for section in self.sections]
        twice = {slug for slug in slugs if slugs.count(slug) > 1}
        if twice:
            raise ValueError(f"sections: the slug {min(twice)!r} stands twice; give each its own")
        return self

    def newsletter(self) -> domain.Newsletter:
        """The same as the domain's frozen dataclass."""
        return domain.Newsletter(
            slug=self.slug,
            name=self.name,
            tagline=self.tagline,
            taglines={str(language): text for language, text in self.taglines.items()},
            list=self.list,
            language=self.language,
            zone=self.zone,
            sender=domain.Sender(**self.sender.model_dump(exclude={"dkim_selectors"})),
            publisher=self.publisher,
            postal_address=self.postal_address,
            sources=self.sources,
            sections=tuple(domain.Section(**section.model_dump()) for section in self.sections),
            picking=domain.Picking(**self.picking.model_dump()),
            weights=domain.Weights(**self.weights.model_dump()),
            schedule=domain.Schedule(
                **self.schedule.model_dump(exclude={"holidays", "skip_dates", "extra_dates", "remind_minutes"}),
                remind_minutes=self.schedule.reminder(self.when_nobody_approves),
                skip_dates=self.schedule.dates_without(),
                extra_dates=frozenset(self.schedule.extra_dates),
            ),
            theme=domain.Theme(**self.theme.model_dump(exclude={"logo"})),
            when_nobody_approves=self.when_nobody_approves,
            on_doubt=self.on_doubt,
            doubts=domain.Doubts(**self.doubts.model_dump()),
            tracking=domain.Tracking(**self.tracking.model_dump()),
            bounces=domain.Bounces(**self.bounces.model_dump()),
            canary=domain.CanaryRule(**self.canary.model_dump()),
            subject_test=domain.SubjectTest(**self.subject_test.model_dump()),
            goodbye=self.goodbye,
            providers=self.providers,
        )
