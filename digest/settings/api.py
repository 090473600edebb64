"""The API for programs, and the webhooks that we post."""

from __future__ import annotations

from pydantic import Field

from digest.settings.kinds import HostPort, SiteOrigin, Strict


class ApiSettings(Strict):
    """The API for programs, below base_url/api/v1."""

    per_minute: int = Field(default=600, ge=1, le=1_000_000)
    """Requests that one token may make in a minute, counted by each process for itself."""
    cors_on: tuple[SiteOrigin, ...] = ()
    """Sites whose scripts may call it from a browser, such as https://news.example; empty = none."""


class WebhookSettings(Strict):
    """What we post to those who want to be told."""

    trusted: tuple[HostPort, ...] = ()
    """host:port pairs of your own that are posted to although they are not on the open internet or use no TLS."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """For one post, from the look-up of the host to the end of the answer."""
    keep_days: int = Field(default=30, ge=4)
    """How long what happened and what became of its posts is remembered, and can be replayed."""
