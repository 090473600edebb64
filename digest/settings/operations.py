"""What the operator wants to be told, kept and heard: alarms, retention, feedback, the desk."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from digest.settings.kinds import Host, PlainAddress, Slug, Strict, WebAddress, web_address


class RetentionSettings(Strict):
    """For how many days rows are kept; the account of a mailing and what an edition tells stay for ever."""

    stories_days: int = Field(default=400, ge=30)
    """Collected stories. Below 60 days earlier items of a running story are lost."""
    posts_days: int = Field(default=30, ge=1)
    """What providers posted to the hooks, as it came."""
    log_days: int = Field(default=730, ge=30)
    """Who did what, and the runs of the clock."""
    deliveries_days: int = Field(default=400, ge=30)
    """Who got which edition, and what was heard of it; after that only the numbers."""


class AlarmMail(Strict):
    """A mail to the operator, by a relay of its own: the readers' provider may be what is down."""

    to: tuple[PlainAddress, ...] = ()
    """Whom to tell, by address alone; empty = no mail."""
    sender: PlainAddress = ""
    """The From address."""
    host: Host = "127.0.0.1"
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


class AlarmWebhook(Strict):
    """A post for each alarm, signed as Standard Webhooks says."""

    url: WebAddress = ""
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


class AlarmSettings(Strict):
    """How the operator is told what needs a person. Each alarm is told once, and once more when it is over."""

    mail: AlarmMail = AlarmMail()
    webhook: AlarmWebhook = AlarmWebhook()
    heartbeat_url: SecretStr = SecretStr("")
    """Posted to once for each edition that is out, and each day without one; the monitor behind it calls when none
    came. May be a secret."""
    heartbeat_urls: dict[Slug, SecretStr] = {}  # noqa: RUF012
    """The same for one newsletter each, by its slug: a monitor of its own. Beside the one for all; may be secrets."""
    sentry_dsn: SecretStr = SecretStr("")
    """Errors of the log go to this Sentry, without addresses, tokens and keys; needs `requirements/server.txt`."""

    @field_validator("heartbeat_url")
    @classmethod
    def _can_be_posted_to(cls, url: SecretStr) -> SecretStr:
        web_address(url.get_secret_value())
        return url

    @field_validator("heartbeat_urls")
    @classmethod
    def _each_can_be_posted_to(cls, urls: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for slug, url in urls.items():
            if not url.get_secret_value():
                raise ValueError(f"{slug}: an address is missing; leave the newsletter out instead")
            web_address(url.get_secret_value())
        return urls


class BounceBox(Strict):
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


class FeedbackSettings(Strict):
    """What we ask providers for by ourselves, besides what they post to us."""

    suppressions_hours: float = Field(default=24.0, ge=0, le=720)
    """How often their lists of bounces, complaints and unsubscribes are compared with ours; 0 = never."""


class OidcSettings(Strict):
    """Sign in by an OpenID provider (OpenID Connect). It makes no person: invite them first."""

    issuer: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    """As the provider writes itself, with https; empty = none. Plain http for one in `fetching.trusted` only."""
    client_id: str = ""
    """By which the provider knows us; the address to come back to is base_url/desk/sign-in/oidc/back."""
    client_secret: SecretStr = SecretStr("")
    """From the environment only; empty = a public client."""
    name: str = "OpenID"
    """What the button says: Sign in with …"""
    allowed_domains: tuple[str, ...] = ()
    """Domains of addresses that are let in; empty = any."""
    groups_claim: str = "groups"
    """The claim that names somebody's groups."""
    roles: dict[str, tuple[Literal["analyst", "editor", "approver", "audience", "admin"], ...]] = {}  # noqa: RUF012
    """Roles by group, taken at every sign-in; empty = roles are given at the desk only."""

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        if self.issuer and not self.client_id:
            raise ValueError("an issuer needs a client_id")
        return self


class SignInSettings(Strict):
    """Ways into the desk besides password, link and passkey."""

    oidc: OidcSettings = OidcSettings()


class DeskSettings(Strict):
    """The editor's desk."""

    sign_in: SignInSettings = SignInSettings()

    seeds: tuple[str, ...] = ()
    """Addresses of your own that a test mail goes to, besides whoever asks for it."""
    blast_limit: int = Field(default=10_000, ge=0)
    """An approval for more readers than this asks for the list's name and the password once more."""


class WorkerSettings(Strict):
    """What `digest worker` does at once, and how the queue of `engine: procrastinate` is watched."""

    mailings: int = Field(default=4, ge=1, le=64)
    """Jobs of sending that one worker has in hand; two more places are for phases and chores, two for small things."""
    drains: int = Field(default=4, ge=1, le=64)
    """Jobs that share the sending of one mailing, over all workers: at least as many as there are workers."""
    silent_seconds: float = Field(default=30.0, ge=1, le=3600)
    """After so long without a sign of life, what a worker had in hand is given to others."""
    listen: bool = True
    """Workers are woken by the database (LISTEN); false behind a pooler in transaction mode, they look then."""
    poll_seconds: float = Field(default=5.0, ge=0.1, le=60)
    """How often a worker looks for jobs by itself."""
