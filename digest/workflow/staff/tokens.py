"""Tokens of the API: made, shown once, recognised, revoked. Only a hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.api_token import ApiToken, Scope
from digest.model.errors import DigestError, NotFound, Unauthorised
from digest.ports import App

MARK = "dgt_"
"""What every token begins with: people and scanners of leaked secrets know it by that."""
_TOKEN = re.compile(r"dgt_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_USED_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new token and its secret, which is told once."""

    token: ApiToken
    secret: str


def create(
    app: App,
    name: str,
    *,
    scopes: Collection[Scope],
    lists: Collection[str] = (),
    expires_at: datetime | None = None,
    by: str,
) -> Made:
    """Make a token. Raises DigestError for a name, scopes or an end that make no sense, NotFound for a list."""
    now = app.clock()
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise DigestError(f"call the token something of 1 to {_LONGEST_NAME} characters: who uses it, and for what")
    if not scopes:
        raise DigestError(f"give the token a scope: {', '.join(Scope)}")
    if expires_at is not None and expires_at <= now:
        raise DigestError("the token would have expired already: choose a later day")
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    # 32 random bytes after it: 256 bits, which nobody guesses, so that a fast hash is enough (RFC 6819, 5.1.4.2.2).
    secret = f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"
    with app.begin() as tx:
        for slug in lists:
            tx.audience.list_of(slug)
        wanted = ApiToken(
            id=0, name=name, prefix=prefix, scopes=frozenset(scopes), lists=tuple(sorted(set(lists))),
            created_by=by, created_at=now, expires_at=expires_at,
        )  # fmt: skip
        token = tx.tokens.add(wanted, _hash(secret))
        bound = f"; lists: {', '.join(token.lists)}" if token.lists else ""
        tx.log("token.created", name, by=by, now=now, detail=", ".join(sorted(token.scopes)) + bound)
    return Made(token=token, secret=secret)


def recognise(app: App, secret: str) -> ApiToken:
    """Whose secret it is. Raises Unauthorised, the same for every cause."""
    now = app.clock()
    match = _TOKEN.fullmatch(secret)
    found = None
    if match is not None:
        with app.read() as tx:
            found = tx.tokens.by_prefix(match[1])
    # Compared even where there is nothing to compare with: a prefix that exists takes no longer.
    kept = found[1] if found else bytes(32)
    if not hmac.compare_digest(kept, _hash(secret)) or found is None or not found[0].alive(now):
        raise Unauthorised("the token is not known here, was revoked or has expired")
    token = found[0]
    if token.used_at is None or now - token.used_at >= _USED_EVERY:
        with app.begin() as tx:
            tx.tokens.used(token.id, now=now)
    return token


def revoke(app: App, name: str, *, by: str) -> ApiToken:
    """It works no more, from the next request on. Raises NotFound."""
    now = app.clock()
    with app.begin() as tx:
        token = tx.tokens.by_name(name)
        if token is None:
            raise NotFound(f"there is no token {name!r}; `digest token list` shows which there are")
        if tx.tokens.revoke(token.id, now=now):
            tx.log("token.revoked", name, by=by, now=now)
        return tx.tokens.by_name(name) or token


def tokens_of(app: App) -> tuple[ApiToken, ...]:
    """All of them, by name."""
    with app.read() as tx:
        return tx.tokens.everything()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
