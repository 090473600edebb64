"""Entering: what every way into the desk has in common: tries are counted, tokens are hashed, a session begins."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from digest.model.person import Person, Session, TooManyTries, limit_key, named
from digest.ports import App, Tx

_LONGEST_BROWSER = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session, and the token for its cookie. It is told once."""

    person: Person
    session: Session
    token: str


def enter(tx: Tx, person: Person, *, browser: str, now: datetime, how: str) -> SignedIn:
    """Begin a session with a token of its own: none that was there before is ever used on (session fixation)."""
    token = secrets.token_urlsafe(32)
    session = tx.people.open_session(person.id, token_hash(token), browser=browser[:_LONGEST_BROWSER], now=now)
    tx.log("person.signed_in", person.email, by=named(person.email, person.name), now=now, detail=how)
    return SignedIn(person=person, session=session, token=token)


def count_try(app: App, address: str, client: str, *, now: datetime) -> None:
    """Few tries for one account from one place, more for either alone: nobody can lock an editor out from afar."""
    both, place, account = _keys(address, client)
    with app.begin() as tx:
        waits = (
            tx.people.try_once(both, burst=5, every=60, now=now),
            tx.people.try_once(place, burst=20, every=15, now=now),
            tx.people.try_once(account, burst=100, every=30, now=now),
        )
    if any(waits):
        raise TooManyTries(max(waits))


def forgive_try(tx: Tx, address: str, client: str) -> None:
    """A right one does not count: what it took is given back, and nothing that wrong ones took."""
    for key in _keys(address, client):
        tx.people.give_try_back(key)


def _keys(address: str, client: str) -> tuple[bytes, bytes, bytes]:
    return limit_key("both", address, client), limit_key("client", client), limit_key("account", address)


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    # The tokens are 256 random bits: a fast hash is enough, and nothing is to be guessed.
    return hashlib.sha256(token.encode()).digest()
