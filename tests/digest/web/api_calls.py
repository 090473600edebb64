"""Calling the API in a test: a token of these scopes, and a client that sends it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import count

import httpx

from digest.model.api_token import Scope
from digest.web.api.table import ROOT
from digest.workflow.staff.tokens import create
from tests.digest.web.site import Site

_numbers = count(1)


def token(
    site: Site, scopes: Collection[Scope] = tuple(Scope), *, lists: tuple[str, ...] = (), until: datetime | None = None
) -> str:
    """The secret of a new token; of every scope unless named."""
    return create(site.app, f"token {next(_numbers)}", scopes=scopes, lists=lists, expires_at=until, by="a test").secret


def caller(site: Site, secret: str = "") -> httpx.Client:
    """A client that sends the token (one of every scope unless given), with paths below /api/v1."""
    return httpx.Client(
        base_url=f"{site.url}{ROOT}",
        headers={"authorization": f"Bearer {secret or token(site)}"},
        timeout=20,
        trust_env=False,
        verify=False,  # noqa: S501 - there is no TLS here, and reading the certificates takes longer than a call
    )
