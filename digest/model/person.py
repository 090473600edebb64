"""Person: somebody who works at the desk, what each role may do, and their sessions."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.model.errors import DigestError

IDLE = timedelta(hours=12)
"""A session that changed nothing for so long is over."""
LIFE = timedelta(days=7)
"""A session is over then, however busy it is."""
PROVED = timedelta(minutes=10)
"""How long a password just given counts for what needs one again."""


RESERVED = frozenset({"autopilot", "cli", "clock", "digest init", "nobody", "reader", "somebody unknown"})
"""Names that stand in the log for what is nobody's hand; no person may have one."""
LONGEST_NAME = 80
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""Persian and Indic names are written with them."""


class Role(StrEnum):
    """What somebody is here for. One person may have several."""

    ANALYST = "analyst"
    EDITOR = "editor"
    APPROVER = "approver"
    AUDIENCE = "audience"
    ADMIN = "admin"


class Permission(StrEnum):
    """What a page or an action asks for."""

    LOOK = "look"
    """See editions, checks and reports; no address of a reader."""
    EDIT = "edit"
    """Change an edition that has not gone out."""
    APPROVE = "approve"
    """Approve, hold, skip, send and stop."""
    READERS = "readers"
    """See and change readers, their addresses included."""
    ADMIN = "admin"
    """People and their roles, sources, the machine."""


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset({Permission.LOOK}),
    Role.EDITOR: frozenset({Permission.LOOK, Permission.EDIT}),
    Role.APPROVER: frozenset({Permission.LOOK, Permission.EDIT, Permission.APPROVE}),
    Role.AUDIENCE: frozenset({Permission.LOOK, Permission.READERS}),
    Role.ADMIN: frozenset(Permission),
}
"""Which role may do what; docs/reference/desk-routes.md says it for every address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in."""

    id: int
    email: str
    """In lower case: what they sign in with, and where a sign-in link goes."""
    name: str
    roles: frozenset[Role]
    newsletters: tuple[str, ...] = ()
    """Slugs of the newsletters that they work on; empty = all. Of no account for an admin."""
    language: str = ""
    """Of the desk's own words; empty = as the browser says."""
    has_password: bool = False
    has_totp: bool = False
    """They sign in with a code of their generator besides the password."""
    created_at: datetime
    signed_in_at: datetime | None = None
    left_at: datetime | None = None
    """When their access ended; they stay in the log by name."""

    @property
    def active(self) -> bool:
        """True while they have access."""
        return self.left_at is None

    def may(self, permission: Permission) -> bool:
        """True where one of their roles allows it."""
        return self.active and any(permission in PERMISSIONS[role] for role in self.roles)

    @property
    def works_on_all(self) -> bool:
        """True where every newsletter is theirs: an admin's are, for they could give themselves any of them."""
        return not self.newsletters or Role.ADMIN in self.roles

    def works_on(self, newsletter: str) -> bool:
        """True where this newsletter is theirs too."""
        return self.works_on_all or newsletter in self.newsletters


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that is signed in. The token itself is kept nowhere, only its hash."""

    id: int
    person: int
    created_at: datetime
    seen_at: datetime
    """When it last changed something."""
    proved_at: datetime
    """When its person last proved who they are."""
    browser: str = ""
    """As the browser names itself, shortened: so that its owner knows it in a list."""

    def alive(self, now: datetime) -> bool:
        """False once it is idle for too long, or too old."""
        return now - self.seen_at < IDLE and now - self.created_at < LIFE

    def proved(self, now: datetime) -> bool:
        """True where the proof is fresh enough for what needs one again."""
        return now - self.proved_at < PROVED


class LinkKind(StrEnum):
    """What a one-time link of the desk is for."""

    INVITE = "invite"
    """To choose a password for the first time, or again."""
    SIGN_IN = "sign_in"
    """To sign in without a password, in the browser that asked for it."""


LINK_LIFE = {LinkKind.INVITE: timedelta(hours=48), LinkKind.SIGN_IN: timedelta(minutes=15)}
"""How long a link works. It works once."""


class NotSignedIn(DigestError):
    """Nobody is signed in, or what was given to sign in is not right; the same for every cause."""


class TooManyTries(DigestError):
    """So many tries that the next one has to wait. `seconds` says how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tries: wait {seconds} seconds")
        self.seconds = seconds


def limit_key(*parts: str) -> bytes:
    """Under which name tries are counted: a hash, for an address is nobody's business there."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


class NotAllowed(DigestError):
    """Their roles do not allow it."""


class WeakPassword(DigestError):
    """A password that everybody tries first, or a short one."""


def seen_of(name: str) -> str:
    """A name in one line, without letters that nobody sees or that turn others round."""
    kept = "".join(letter for letter in name if letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN)
    return " ".join(kept.split())


def cleaned(name: str) -> str:
    """The same, of at most 80 characters, whatever was stored."""
    return seen_of(name)[:LONGEST_NAME].strip()


def named(email: str, name: str) -> str:
    """How somebody stands in the log and beside what they did."""
    return cleaned(name) or email
