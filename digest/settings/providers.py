"""Where mail goes out, and how fast."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from digest.settings.kinds import Strict


class RateSettings(Strict):
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


class Paced(Strict):
    """A provider's own settings."""

    rates: RateSettings = RateSettings()
    """How fast it is called."""


class Outbox(Paced):
    """The provider that writes a Maildir."""

    path: Path = Path("var/outbox")
    """Folder of the Maildir, made where it is not there; relative to the working directory."""


class Dkim(Strict):
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


class Smtp(Paced):
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
    """For connecting and for each answer. Whether a mailing's message was taken is waited for up to four minutes."""
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


class SendGrid(Paced):
    """The provider that calls SendGrid's v3 API."""

    base_url: str = Field(default="https://api.sendgrid.com", pattern=r"^https?://\S+$")
    """The API; https://api.eu.sendgrid.com for an EU account."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    webhook_public_key: str = ""
    """Verification key of the event webhook, base64; without it POST /hooks/sendgrid is 404."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For each wait of a call; as a whole it ends after three times as much, and after four minutes at the latest."""
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


class Ses(Paced):
    """The provider that calls Amazon SES (needs `requirements/server.txt`)."""

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
    """For each wait of a call."""


class Mailgun(Paced):
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
    """For each wait of a call; as a whole it ends after three times as much, and after four minutes at the latest."""
    test_mode: bool = False
    """Mailgun takes the message and mails nobody."""


class Postmark(Paced):
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
    """For each wait of a call; as a whole it ends after three times as much, and after four minutes at the latest."""


class Resend(Paced):
    """The provider that calls Resend's API."""

    base_url: str = Field(default="https://api.resend.com", pattern=r"^https?://\S+$")
    """The API."""
    api_key: SecretStr = SecretStr("")
    """From the environment only."""
    webhook_secret: SecretStr = SecretStr("")
    """From the environment only; without it its webhook is 404."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=600)
    """For each wait of a call; as a whole it ends after three times as much, and after four minutes at the latest."""


ProviderKind = Literal["outbox", "smtp", "sendgrid", "ses", "mailgun", "postmark", "resend"]


class ProviderSettings(Strict):
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
