"""Where readers reach us, and where everything is remembered."""

from __future__ import annotations

from pydantic import (
    Field,
    SecretStr,
)

from digest.settings.kinds import Network, SiteOrigin, Strict


class Site(Strict):
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


class Objects(Strict):
    """A bucket for pictures and archive pages (S3; needs `requirements/server.txt`), in place of files in var_dir."""

    bucket: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    """Its name; empty = files."""
    prefix: str = ""
    """Begins the names of all objects, such as digest/; empty = nothing."""
    region: str = ""
    """AWS region; empty = us-east-1, which servers of others take for any."""
    endpoint_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Who is asked; empty = AWS."""
    access_key_id: str = ""
    """Empty = the usual AWS places (environment, profile, instance role)."""
    secret_access_key: SecretStr = SecretStr("")
    """As access_key_id."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    """For one call."""


class Storage(Strict):
    """Where everything is remembered."""

    url: str = "sqlite:///var/digest.db"
    """A SQLAlchemy address; a relative SQLite path is relative to the working directory."""
    prepared_statements: bool = True
    """PostgreSQL only; false behind a pooler that gives each transaction another connection."""
    objects: Objects = Objects()
