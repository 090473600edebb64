"""config.yaml and the environment -> Settings, read once, frozen; every mistake named with its place."""

from __future__ import annotations

import base64
import difflib
import ipaddress
import os
import re
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digest.model import newsletter as domain
from digest.model.errors import ConfigError
from digest.model.story import Origin

ENV_PREFIX = "DIGEST_"
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Language = Literal["en", "fr", "es", "de", "ar"]
FetchPages = Literal["short", "never", "always"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _zone(name: str) -> str:
    if name not in _zones():
        near = difflib.get_close_matches(name, _zones(), n=1)
        raise ValueError(f"{name!r} is not a time zone" + (f"; did you mean {near[0]!r}?" if near else ""))
    return name


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _clock_time(value: object) -> object:
    # YAML 1.1 reads an unquoted 6:00 as the number 360 (base 60): say so instead of sending at midnight.
    if isinstance(value, int):
        raise ValueError('write times in quotes, such as "06:00" (YAML reads 6:00 as a number)')
    return value


Zone = Annotated[str, BeforeValidator(_zone)]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is no address or network, such as 10.0.0.0/8 or ::1") from None


Network = Annotated[str, BeforeValidator(_network)]
SiteOrigin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Site(_Strict):
    """Where readers reach us."""

    base_url: str = Field(default="http://127.0.0.1:8025", pattern=r"^https?://[^/\s]+(/[^\s?#]*)?$")
    """Every link in a mail begins with it; never taken from a request."""
    list_domain: str = ""
    """Domain of List-ID and Message-ID; empty = the host of base_url."""
    pictures_url: str = Field(default="", pattern=r"^(https?://[^/\s]+(/[^\s?#]*)?)?$")
    """Where mails show our pictures from: a CDN that fetches them below base_url/pictures/; empty = from there."""
    unsubscribe_mailto: str = ""
    """Address for the mailto form of List-Unsubscribe; empty = none."""
    trusted_hosts: tuple[str, ...] = ()
    """Further host names the web server answers to; base_url's own, 127.0.0.1 and localhost always count."""
    trusted_proxies: tuple[Network, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For is believed; nobody else's is."""
    embed_on: tuple[SiteOrigin, ...] = ()
    """Sites that may show our form in a frame, such as https://news.example; empty = none."""
    asks_per_client: int = Field(default=20, ge=0, le=100_000)
    """Letters that one client may cause within an hour, by signing up or asking for links."""
    asks_in_all: int = Field(default=2_000, ge=0, le=10_000_000)
    """The same for all strangers together; beyond it nobody is written to, and the log says so."""


class Storage(_Strict):
    """Where everything is remembered."""

    url: str = "sqlite:///var/digest.db"
    """A SQLAlchemy address; a relative SQLite path is relative to the working directory."""


class RateSettings(_Strict):
    """How much a provider is given, in readers; shared by all senders."""

    per_second: float | None = Field(default=None, gt=0)
    """None = as fast as it answers."""
    per_minute: float | None = Field(default=None, gt=0)
    """None = no limit of its own. The narrowest limit sets an even pace."""
    per_hour: float | None = Field(default=None, gt=0)
    """None = no limit of its own."""
    per_day: int | None = Field(default=None, ge=1)
    """Readers in a day of UTC; the rest waits for the next day."""
    warm_up: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """For a new sender: readers on the first, second, … day; `per_day` holds afterwards."""
    warm_up_from: date | None = None
    """The first of these days."""
    breaker_failures: int = Field(default=5, ge=1, le=100)
    """So many failed calls in a row, and it is left in peace for a while."""
    breaker_seconds: float = Field(default=30.0, gt=0, le=900)
    """For so long at first, twice as long after each further failure, up to a quarter of an hour."""

    @model_validator(mode="after")
    def _whole(self) -> RateSettings:
        if self.warm_up and self.warm_up_from is None:
            raise ValueError("a warm_up needs warm_up_from, the first of its days")
        return self


class _Paced(_Strict):
    """A provider's own settings."""

    rates: RateSettings = RateSettings()
    """How fast it is called."""


class Outbox(_Paced):
    """The provider that writes a Maildir."""

    path: Path = Path("var/outbox")
    """Folder of the Maildir, made where it is not there; relative to the working directory."""


class Dkim(_Strict):
    """Our own signature on each message, for a relay that makes none."""

    domain: str = ""
    """The domain that signs: that of the From address, or one above it; empty = the relay signs."""
    selector: str = ""
    """The public key stands in the DNS at SELECTOR._domainkey.DOMAIN."""
    key_file: Path | None = None
    """The private key, RSA or Ed25519, as PEM without a password; relative to the working directory."""

    @model_validator(mode="after")
    def _whole(self) -> Dkim:
        if self.domain and not (self.selector and self.key_file):
            raise ValueError("a signature needs domain, selector and key_file")
        return self


class Smtp(_Paced):
    """The provider that speaks SMTP to a relay."""

    host: str = "127.0.0.1"
    """The relay."""
    port: int = Field(default=25, ge=1, le=65535)
    """Its port: 25, 587 with starttls, 465 with tls."""
    security: Literal["none", "starttls", "tls"] = "none"
    """none for a relay on this machine or network, starttls or tls for all others."""
    username: str = ""
    """Empty = no login."""
    password: SecretStr = SecretStr("")
    """From the environment only."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For connecting and for each answer."""
    return_path: str = ""
    """Envelope sender, where bounces go; empty = the From address."""
    verp: bool = False
    """Put each reader's key in the envelope sender, bounces+KEY@…; your server must deliver that to one mailbox."""
    connections: int = Field(default=4, ge=1, le=50)
    """Kept open at most, each with one message in flight: more where the relay is far away."""
    messages_per_connection: int = Field(default=1000, ge=1, le=100_000)
    """Then a new connection is opened; many relays close one after some hundred."""
    dkim: Dkim = Dkim()
    """Off by default: most relays sign, and know better when to change the key."""


class SendGrid(_Paced):
    """The provider that calls SendGrid's v3 API."""

    base_url: str = Field(default="https://api.sendgrid.com", pattern=r"^https?://\S+$")
    """The API; https://api.eu.sendgrid.com for an EU account."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    webhook_public_key: str = ""
    """Verification key of the event webhook, base64; without it POST /hooks/sendgrid is 404."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For one call, up to 1,000 readers."""
    sandbox: bool = False
    """Calls are validated and nobody is mailed."""
    asm_group: int = Field(default=0, ge=0)
    """Number of an unsubscribe group of SendGrid's that all mail belongs to; 0 = none."""
    ip_pool: str = Field(default="", pattern=r"^(.{2,64})?$")
    """Name of the pool of addresses to send from; empty = the account's."""
    lookups: bool = False
    """Ask Email Activity about calls in doubt: a paid addition, and nothing to be had for EU subusers."""
    recall_minutes: float = Field(default=0.0, ge=0, le=4320)
    """Calls are scheduled so far ahead (15 or more) that one in doubt can be taken back; 0 = they go at once."""

    @model_validator(mode="after")
    def _time_to_recall(self) -> SendGrid:
        if 0 < self.recall_minutes < 15:
            raise ValueError("recall_minutes must be 0, or 15 or more: the last ten minutes are too late to cancel")
        return self


class Ses(_Paced):
    """The provider that calls Amazon SES (needs the extra `ses`)."""

    region: str = ""
    """AWS region."""
    configuration_set: str = ""
    """Publishes the events; empty = none come."""
    access_key_id: str = ""
    """Empty = the usual AWS places (profile, instance role)."""
    secret_access_key: SecretStr = SecretStr("")
    """Both empty: AWS's own chain is asked (environment, profile, role)."""
    endpoint_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Empty = the region's own."""
    topics: tuple[str, ...] = ()
    """ARNs of the SNS topics whose events are believed."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For one call."""


class Mailgun(_Paced):
    """The provider that calls Mailgun's v3 API."""

    base_url: str = Field(default="https://api.mailgun.net", pattern=r"^https?://\S+$")
    """The API; https://api.eu.mailgun.net for the EU."""
    domain: str = ""
    """Your sending domain."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    webhook_signing_key: SecretStr = SecretStr("")
    """From the environment only; without it its webhook is 404."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For one call."""
    test_mode: bool = False
    """Mailgun takes the message and mails nobody."""


class Postmark(_Paced):
    """The provider that calls Postmark's API."""

    base_url: str = Field(default="https://api.postmarkapp.com", pattern=r"^https?://\S+$")
    """The API."""
    server_token: SecretStr = SecretStr("")
    """From the environment only."""
    message_stream: str = "broadcast"
    """A broadcast stream of your server."""
    webhook_username: str = "postmark"
    """Basic authentication of the webhook."""
    webhook_password: SecretStr = SecretStr("")
    """From the environment only."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For one call."""


class Resend(_Paced):
    """The provider that calls Resend's API."""

    base_url: str = Field(default="https://api.resend.com", pattern=r"^https?://\S+$")
    """The API."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    webhook_secret: SecretStr = SecretStr("")
    """From the environment only; without it its webhook is 404."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For one call."""


ProviderKind = Literal["outbox", "smtp", "sendgrid", "ses", "mailgun", "postmark", "resend"]


class ProviderSettings(_Strict):
    """Where mail goes out."""

    kind: ProviderKind = "outbox"
    """Which one is in use."""
    outbox: Outbox = Outbox()
    smtp: Smtp = Smtp()
    sendgrid: SendGrid = SendGrid()
    ses: Ses = Ses()
    mailgun: Mailgun = Mailgun()
    postmark: Postmark = Postmark()
    resend: Resend = Resend()


class RetentionSettings(_Strict):
    """For how many days rows are kept; the account of a mailing and what an edition tells stay for ever."""

    stories_days: int = Field(default=400, ge=30)
    """Collected stories. Below 60 days earlier items of a running story are lost."""
    posts_days: int = Field(default=30, ge=1)
    """What providers posted to the hooks, as it came."""
    log_days: int = Field(default=730, ge=30)
    """Who did what, and the runs of the clock."""
    deliveries_days: int = Field(default=400, ge=30)
    """Who got which edition, and what was heard of it; after that only the numbers."""


class AlarmMail(_Strict):
    """A mail to the operator, by a relay of its own: the readers' provider may be what is down."""

    to: tuple[str, ...] = ()
    """Whom to tell; empty = no mail."""
    sender: str = ""
    """The From address."""
    host: str = "127.0.0.1"
    """The relay."""
    port: int = Field(default=25, ge=1, le=65535)
    """Its port: 25, 587 with starttls, 465 with tls."""
    security: Literal["none", "starttls", "tls"] = "none"
    """none for a relay on this machine or network, starttls or tls for all others."""
    username: str = ""
    """Empty = no login."""
    password: SecretStr = SecretStr("")
    """From the environment only."""

    @model_validator(mode="after")
    def _whole(self) -> AlarmMail:
        if self.to and not self.sender:
            raise ValueError("a mail needs a sender")
        return self


class AlarmWebhook(_Strict):
    """A post for each alarm, signed as Standard Webhooks says."""

    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Where to; empty = none."""
    secret: SecretStr = SecretStr("")
    """From the environment only: whsec_ and base64, 24 to 64 bytes."""

    @model_validator(mode="after")
    def _whole(self) -> AlarmWebhook:
        if not self.url:
            return self
        try:
            key = base64.b64decode(self.secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not 24 <= len(key) <= 64:
            raise ValueError("a webhook needs a secret: whsec_ and 24 to 64 bytes as base64, from the environment")
        return self


class AlarmSettings(_Strict):
    """How the operator is told what needs a person. Each alarm is told once, and once more when it is over."""

    mail: AlarmMail = AlarmMail()
    webhook: AlarmWebhook = AlarmWebhook()
    heartbeat_url: SecretStr = SecretStr("")
    """Posted to once for each edition that is out; the monitor behind it calls when none came. May be a secret."""


class BounceBox(_Strict):
    """The mailbox that bounces and complaints come to, where the provider is SMTP."""

    kind: Literal["none", "maildir", "imap"] = "none"
    """maildir: a folder on this machine; imap: an account."""
    path: Path | None = None
    """The Maildir; relative to the working directory."""
    host: str = ""
    """The IMAP server."""
    port: int = Field(default=993, ge=1, le=65535)
    """Its port: 993 with tls, 143 with starttls."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """none for a server on this machine only."""
    username: str = ""
    """Of the account."""
    password: SecretStr = SecretStr("")
    """From the environment only."""
    folder: str = "INBOX"
    """Where the mail comes in; what is not seen there yet is read."""
    done_folder: str = ""
    """Where it goes once it is read; empty = it stays, marked as seen."""
    every_minutes: float = Field(default=5.0, ge=0, le=1440)
    """How often it is looked at by the clock; 0 = never."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For every single wait."""

    @model_validator(mode="after")
    def _whole(self) -> BounceBox:
        if self.kind == "maildir" and self.path is None:
            raise ValueError("a mailbox of kind maildir needs `path`")
        if self.kind == "imap" and not (self.host and self.username):
            raise ValueError("a mailbox of kind imap needs `host` and `username`")
        return self


class FeedbackSettings(_Strict):
    """What we ask providers for by ourselves, besides what they post to us."""

    suppressions_hours: float = Field(default=24.0, ge=0, le=720)
    """How often their lists of bounces, complaints and unsubscribes are compared with ours; 0 = never."""


class Fetching(_Strict):
    """How we read from the network."""

    contact: str = "https://example.org/digest-bot"
    """An address or URL in the User-Agent, so that a publisher can reach the operator."""
    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    """Until a connection stands."""
    request_seconds: float = Field(default=20.0, gt=0, le=300)
    """One try, its redirects included."""
    source_seconds: float = Field(default=45.0, gt=0, le=600)
    """All tries of one source together, their pauses included."""
    max_bytes: int = Field(default=5_000_000, ge=10_000, le=100_000_000)
    """Most bytes of one document, after decompression; more than 5 MB is never read."""
    fetch_pages: FetchPages = "short"
    """Articles of entries: of short ones (under 120 words), never, or always. Folders are never completed."""
    pages: int = Field(default=150, ge=0, le=5_000)
    """Articles fetched at most in one collection."""
    collect_seconds: float = Field(default=240.0, gt=0, le=3_600)
    """After so long nothing further is asked for; the next collection goes on."""
    trusted: tuple[str, ...] = ()
    """`host:port` pairs inside your own network that may be asked; everything internal is refused otherwise."""


class SummariserSettings(_Strict):
    """An optional service that writes blurbs; off by default."""

    kind: Literal["none", "openai"] = "none"
    """openai: any service that speaks OpenAI's chat completions, also one on this machine."""
    base_url: str = Field(default="http://127.0.0.1:11434/v1", pattern=r"^https?://\S+$")
    """Up to `/v1`; the texts of the stories are sent there."""
    model: str = ""
    """Its name, as the service knows it."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    """For one blurb; all of an edition together have three minutes."""

    @model_validator(mode="after")
    def _named(self) -> SummariserSettings:
        if self.kind != "none" and not self.model:
            raise ValueError("a summariser needs `model`")
        return self


class DeskSettings(_Strict):
    """The editor's desk."""

    seeds: tuple[str, ...] = ()
    """Addresses of your own that a test mail goes to, besides whoever asks for it."""
    blast_limit: int = Field(default=10_000, ge=0)
    """An approval for more readers than this asks for the list's name and the password once more."""


class SourceSettings(_Strict):
    """One source."""

    slug: Slug
    """Its short name, in reports and in `newsletters.sources`."""
    kind: Literal["folder", "feed", "jsonfeed", "page", "wordpress", "sitemap"]
    """What stands there."""
    outlet: str = Field(min_length=1)
    """Name as readers see it."""
    owner: str = ""
    """Empty = the outlet itself."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166 alpha-2 code, such as GB."""
    wire: bool = False
    """A wire or a world desk: counts extra in the score."""
    aggregator: bool = False
    """Repeats others: never counts as an outlet."""
    path: Path | None = None
    """For kind folder; relative to the configuration file."""
    url: str = ""
    """For the kinds that read from the network."""
    section: str = ""
    """What its stories count as where they name no section themselves."""
    language: str = ""
    """Language of stories that state none; empty = detected."""
    fetch_pages: FetchPages | None = None
    """When the article of an entry is fetched; None = as `fetching.fetch_pages` says."""

    @model_validator(mode="after")
    def _place(self) -> SourceSettings:
        if self.kind == "folder" and self.path is None:
            raise ValueError("a source of kind folder needs `path`")
        if self.kind != "folder" and not re.match(r"https?://", self.url):
            raise ValueError(f"a source of kind {self.kind} needs `url` with http:// or https://")
        return self

    def origin(self) -> Origin:
        """Who publishes what comes from here."""
        return Origin(
            source=self.slug,
            outlet=self.outlet,
            owner=self.owner or self.outlet,
            country=self.country,
            wire=self.wire,
            aggregator=self.aggregator,
        )


class SectionSettings(_Strict):
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


class SenderSettings(_Strict):
    """Who the mail is from."""

    name: str = Field(min_length=1, max_length=78)
    """From name."""
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """From address; its domain needs SPF, DKIM and DMARC."""
    reply_to: str = ""
    """Where answers go; empty = the From address."""


class WeightSettings(_Strict):
    """Weights of the score; the reasons are in docs/why."""

    coverage: float = 1.0
    """Times the logarithm of 1 + independent outlets."""
    wires: float = 0.5
    """Times the logarithm of 1 + wires and world desks."""
    section: float = 0.7
    """Added where an outlet runs it in a world section."""
    kind: float = 0.5
    """Added for hard news, by words in the headlines."""
    soft: float = -1.0
    """Times the share of sport, entertainment and gadgets."""
    beat: float = -0.5
    """Times the share of business, science and health, where no section of yours wants them."""
    seen: float = -0.6
    """Added where readers were told of it before; not where there are new facts, or an editor wants it."""
    boost: float = 1.0
    """Added for what an editor boosts, taken off for what an editor buries."""


class PickingSettings(_Strict):
    """How many events, and from when."""

    max_events: int = Field(default=14, ge=1, le=60)
    """At most so many events in an edition."""
    min_events: int = Field(default=4, ge=1, le=60)
    """With fewer, the edition is held."""
    briefs: int = Field(default=4, ge=0, le=30)
    """How many of them are told in one line."""
    threshold: float = 0.5
    """An event that scores less is not told, even on a thin day."""
    window_hours: int = Field(default=72, ge=6, le=240)
    """Older stories do not form events."""
    fresh_hours: int = Field(default=30, ge=1, le=240)
    """An event needs a report at most this old."""
    max_per_country: int = Field(default=3, ge=1, le=60)
    """For variety."""
    max_per_running_story: int = Field(default=2, ge=1, le=60)
    """For variety."""
    join_languages: bool = False
    """Let reports in other languages count for an event where names, numbers and dates agree."""
    related: int = Field(default=3, ge=0, le=5)
    """At most so many related items beside a story."""


@lru_cache
def _holidays(calendar: str) -> frozenset[date]:
    # The calendars of the world take a fifth of a second to load: only for whoever names one.
    from holidays import country_holidays  # noqa: PLC0415

    country, _, part = calendar.partition("-")
    try:
        # Years that a release is in use: no government has said more about its holidays.
        return frozenset(country_holidays(country, subdiv=part or None, years=range(2022, 2037)))
    except NotImplementedError as error:
        raise ValueError(f"the holidays of {calendar!r} are not known: write a country such as GB or DE-BY") from error


def _calendar(calendar: str) -> str:
    _holidays(calendar)
    return calendar


Calendar = Annotated[str, AfterValidator(_calendar)]


class ScheduleSettings(_Strict):
    """When the phases happen, in the newsletter's zone."""

    days: tuple[Day, ...] = get_args(Day)
    """Days with an edition, by name."""
    collect_minutes: int = Field(default=30, ge=5, le=1440)
    """Sources are read every so many minutes."""
    compose_at: ClockTime = time(4, 55)
    """When the edition is composed."""
    approve_at: ClockTime = time(5, 58)
    """When the rule decides, if no editor has."""
    send_at: ClockTime = time(6, 0)
    """When sending begins; also the hour of readers who chose none."""
    window_hours: float = Field(default=6.0, ge=0, le=48)
    """Mail due longer ago than this is held, never sent late by itself; 0 = no limit."""
    reader_hours: bool = True
    """Deliver at each reader's own hour and zone; otherwise everybody at send_at."""
    holidays: tuple[Calendar, ...] = ()
    """No edition on the public holidays of these: a country such as GB, or a part of one such as DE-BY."""
    skip_dates: tuple[date, ...] = ()
    """No edition on these days, such as 2026-12-25."""
    extra_dates: tuple[date, ...] = ()
    """An edition on these days, whatever the other rules say."""

    def dates_without(self) -> frozenset[date]:
        """Every day without an edition by name or holiday, from 2022 to 2036."""
        return frozenset(self.skip_dates) | {day for one in self.holidays for day in _holidays(one)}

    @model_validator(mode="after")
    def _in_order(self) -> ScheduleSettings:
        if not self.compose_at < self.approve_at <= self.send_at:
            raise ValueError("compose_at must be before approve_at, and approve_at not after send_at")
        return self


class TrackingSettings(_Strict):
    """Whether opens and clicks are counted; a reader's own "no tracking" always wins."""

    opens: bool = False
    """A picture of one pixel from our own site in the HTML part."""
    clicks: bool = False
    """Links of stories lead through our own site; it knows no other addresses than the edition's."""


class DoubtSettings(_Strict):
    """How long a provider call whose outcome is unknown is waited for."""

    grace_minutes: float = Field(default=10.0, ge=0, le=1440)
    """Not judged before."""
    deadline_hours: float = Field(default=6.0, gt=0, le=168)
    """Then `on_doubt` decides."""
    recall: bool = False
    """Calls are scheduled a quarter of an hour ahead, where the provider can do that, and taken back when in doubt."""


class CanarySettings(_Strict):
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


class BounceSettings(_Strict):
    """When soft bounces count as a hard one."""

    soft_count: int = Field(default=5, ge=1, le=100)
    """So many soft bounces end mail to an address …"""
    soft_days: int = Field(default=30, ge=1, le=365)
    """… within so many days."""


class ThemeSettings(_Strict):
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


class NewsletterSettings(_Strict):
    """One newsletter."""

    slug: Slug
    """Its short name: the first half of an edition, world/2026-11-22."""
    name: str = Field(min_length=1, max_length=78)
    """Its title."""
    tagline: str = ""
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
    """What happens at the deadline to a provider call that never answered."""
    doubts: DoubtSettings = DoubtSettings()
    bounces: BounceSettings = BounceSettings()
    tracking: TrackingSettings = TrackingSettings()
    canary: CanarySettings = CanarySettings()
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
            sender=domain.Sender(**self.sender.model_dump()),
            publisher=self.publisher,
            postal_address=self.postal_address,
            sources=self.sources,
            sections=tuple(domain.Section(**section.model_dump()) for section in self.sections),
            picking=domain.Picking(**self.picking.model_dump()),
            weights=domain.Weights(**self.weights.model_dump()),
            schedule=domain.Schedule(
                **self.schedule.model_dump(exclude={"holidays", "skip_dates", "extra_dates"}),
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
            providers=self.providers,
        )


_PROVIDER_SECRETS = (
    ("smtp", "password"),
    ("sendgrid", "api_key"),
    ("ses", "secret_access_key"),
    ("mailgun", "api_key"),
    ("mailgun", "webhook_signing_key"),
    ("postmark", "server_token"),
    ("postmark", "webhook_password"),
    ("resend", "api_key"),
    ("resend", "webhook_secret"),
)
_SECRETS = (
    ("secret_keys",),
    ("summariser", "api_key"),
    ("alarms", "mail", "password"),
    ("alarms", "webhook", "secret"),
    ("alarms", "heartbeat_url"),
    ("bounces", "password"),
    *(("provider", *place) for place in _PROVIDER_SECRETS),
)


class _WithSecretFiles(PydanticBaseSettingsSource):
    """The environment, where `DIGEST_…_FILE` may name a file that holds a secret, as container platforms do."""

    def __init__(self, settings_cls: type[BaseSettings], environment: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One field of the environment, as the inner source reads it."""
        return self._environment.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Everything that the environment says. Raises ConfigError for a file that cannot be read."""
        found = self._environment()
        for *outer, key in _SECRETS:
            variable = ENV_PREFIX + "__".join((*outer, key)).upper() + "_FILE"
            name = os.environ.get(variable)
            if not name:
                continue
            try:
                secret = Path(name).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{variable}: {name} cannot be read: {error}") from error
            inner = found
            for step in outer:
                inner = inner.setdefault(step, {})
            inner.pop(f"{key}_file", None)
            inner[key] = secret
        return found


class Settings(BaseSettings):
    """Everything an operator can say. Unknown keys are errors; secrets come from the environment only."""

    model_config = SettingsConfigDict(
        use_attribute_docstrings=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    var_dir: Path = Path("var")
    """Where working files go: previews, the secret key, the lock; relative to the working directory."""
    secret_keys: SecretStr = SecretStr("")
    """Keys for signed links, parted by commas, newest last; empty = one is made and kept in var_dir."""
    site: Site = Site()
    storage: Storage = Storage()
    provider: ProviderSettings = ProviderSettings()
    alarms: AlarmSettings = AlarmSettings()
    retention: RetentionSettings = RetentionSettings()
    bounces: BounceBox = BounceBox()
    feedback: FeedbackSettings = FeedbackSettings()
    fetching: Fetching = Fetching()
    summariser: SummariserSettings = SummariserSettings()
    desk: DeskSettings = DeskSettings()
    sources: tuple[SourceSettings, ...] = ()
    """Where stories come from."""
    newsletters: tuple[NewsletterSettings, ...] = Field(min_length=1)
    """One or more."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return _WithSecretFiles(settings_cls, env_settings), init_settings

    @model_validator(mode="after")
    def _names_meet(self) -> Settings:
        for kind, slugs in (
            ("sources", [source.slug for source in self.sources]),
            ("newsletters", [one.slug for one in self.newsletters]),
        ):
            twice = {slug for slug in slugs if slugs.count(slug) > 1}
            if twice:
                raise ValueError(f"{kind}: the slug {min(twice)!r} stands twice; give each its own")
        known = [source.slug for source in self.sources]
        for one in self.newsletters:
            for slug in one.sources:
                if slug not in known:
                    near = difflib.get_close_matches(slug, known, n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"newsletters.{one.slug}.sources: there is no source {slug!r}{hint}")
        return self

    @property
    def domain_of_lists(self) -> str:
        """Domain for List-ID and Message-ID."""
        return self.site.list_domain or re.sub(r"^https?://|[:/].*$", "", self.site.base_url)


def load_settings(path: Path) -> Settings:
    """Read `path` and the environment. Raises ConfigError: key's path, line, and the nearest valid name."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no configuration here; name one with --config FILE or write one with `digest init`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twins(path, root)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path}: expected keys such as `newsletters:` and `sources:`, found {type(content).__name__}"
        )
    _refuse_secrets(path, content)
    _refuse_strange_variables()
    try:
        settings = Settings(**content)
    except ValidationError as error:
        raise ConfigError(_explain(path, root, error)) from error
    return _with_absolute_paths(settings, path.resolve().parent)


_OTHER_VARIABLES = ("CONFIG", "DEBUG", "TEST_")
"""What the environment may say besides the settings."""


def _refuse_strange_variables() -> None:
    """A misspelt DIGEST_… variable would be passed over in silence: say so instead."""
    known = [name.upper() for name in Settings.model_fields]
    for variable in sorted(os.environ):
        if not variable.startswith(ENV_PREFIX):
            continue
        first = variable.removeprefix(ENV_PREFIX).partition("__")[0]
        if first in known or first.removesuffix("_FILE") in known or first.startswith(_OTHER_VARIABLES):
            continue
        near = difflib.get_close_matches(first, known, n=1)
        hint = f"; did you mean {ENV_PREFIX}{near[0]}?" if near else f"; known: {', '.join(known)}"
        raise ConfigError(f"the environment's {variable}: there is no setting {first.lower()!r}{hint}")


def _refuse_twins(path: Path, node: yaml.Node | None) -> None:
    """YAML lets the last of two equal keys win: the first one would be passed over in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(f"{path}:{line}: {key.value}: stands in line {seen[key.value]} already; keep one")
            seen[key.value] = line
            _refuse_twins(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twins(path, value)


def _refuse_secrets(path: Path, content: dict[str, Any]) -> None:
    provider = content.get("provider") or {}
    for place, key in _PROVIDER_SECRETS:
        inner = provider.get(place) if isinstance(provider, dict) else None
        if isinstance(inner, dict) and inner.get(key):
            name = f"{ENV_PREFIX}PROVIDER__{place.upper()}__{key.upper()}"
            raise ConfigError(f"{path}: provider.{place}.{key} is a secret: take it out and set {name} or {name}_FILE")
    for way in _SECRETS:
        found: object = content
        for step in way:
            found = found.get(step) if isinstance(found, dict) else None
        # Those of the provider are looked at above. The address of a monitor on one's own network is no secret.
        if found and way[0] not in ("provider", "secret_keys") and way[-1] != "heartbeat_url":
            name = ENV_PREFIX + "__".join(way).upper()
            raise ConfigError(f"{path}: {'.'.join(way)} is a secret: take it out and set {name} or {name}_FILE")
    if content.get("secret_keys"):
        raise ConfigError(f"{path}: secret_keys must not stand in a file; set {ENV_PREFIX}SECRET_KEYS")


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    sources = tuple(
        source.model_copy(update={"path": base / source.path}) if source.path is not None else source
        for source in settings.sources
    )
    newsletters = tuple(
        one.model_copy(update={"theme": one.theme.model_copy(update={"logo": base / one.theme.logo})})
        if one.theme.logo is not None
        else one
        for one in settings.newsletters
    )
    return settings.model_copy(update={"sources": sources, "newsletters": newsletters})


def _explain(path: Path, root: yaml.Node | None, error: ValidationError) -> str:
    lines: dict[int, list[str]] = {}
    problems = error.errors(include_url=False)
    for problem in problems:
        if problem["type"] == "too_short" and any(_inside(other["loc"], problem["loc"]) for other in problems):
            # A list that came out empty because its members are wrong: the members say it better.
            continue
        place = tuple(step for step in problem["loc"] if isinstance(step, str | int))
        name = ".".join(str(step) for step in place) or "the whole file"
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "unknown key" + _suggestion(place)
        elif problem["type"] == "missing":
            message = "is missing; it has no default"
        elif "input" in problem and not isinstance(problem["input"], dict | list | tuple):
            message = f"{message} (found {_shorten(problem['input'])})"
        variable = ENV_PREFIX + "__".join(map(str, place)).upper()
        if variable in os.environ:
            lines.setdefault(0, []).append(f"the environment's {variable}: {message}")
            continue
        line = _line_of(root, place)
        lines.setdefault(line, []).append(f"{path}:{line}: {name}: {message}")
    return "\n".join(text for line in sorted(lines) for text in lines[line])


def _inside(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _shorten(value: object) -> str:
    text = "a secret" if isinstance(value, SecretStr) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _suggestion(place: tuple[str | int, ...]) -> str:
    model: Any = Settings
    for step in place[:-1]:
        if isinstance(step, int):
            continue
        found = getattr(model, "model_fields", {}).get(step)
        if found is None:
            return ""
        model = _model_in(found.annotation)
    names = list(getattr(model, "model_fields", {}))
    near = difflib.get_close_matches(str(place[-1]), names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known here: {', '.join(names)}" if names else ""


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _line_of(root: yaml.Node | None, place: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest part of `place` that stands in the file."""
    node, line = root, 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
