"""What stands at the desk's door: letters with a link, passkeys, and the first halves of steps that take two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLetter:
    """A sign-in link that somebody asked for, claimed to be mailed. The link itself is made when it is written."""

    id: int
    person: int
    browser_hash: bytes
    """SHA-256 of the cookie of the browser that asked."""
    queued_at: datetime
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A letter that tells somebody of a sign-in with a browser that was new to them, claimed to be mailed."""

    id: int
    person: int
    browser: str
    """Browser and system, in words of ours."""
    at: datetime
    """When they, or somebody, signed in, UTC."""
    attempt: int


DEVICE_LIFE = timedelta(days=400)
"""For how long a browser is known again; browsers keep no cookie longer."""


class LetterEnd(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    DOUBTFUL = "doubtful"
    """The provider may have taken it: not repeated, whoever waits can ask again."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One authenticator of somebody's (WebAuthn Level 3), as it was registered."""

    id: int
    person: int
    credential_id: bytes
    public_key: bytes
    """COSE, as the authenticator gave it."""
    sign_count: int
    """As it counted last; 0 for those that do not count."""
    name: str
    created_at: datetime
    used_at: datetime | None = None


class StepKind(StrEnum):
    """Something at the door that takes two requests."""

    REGISTER = "register"
    """A passkey: the challenge that it has to sign to be kept."""
    PASSKEY = "passkey"
    """A passkey: the challenge that it has to sign to let somebody in, or to prove who they are."""
    OIDC = "oidc"
    """Another house says who somebody is: what we sent along, to be compared with what comes back."""
    CODE = "code"
    """Another house has said who it is; the code of their generator is still asked for."""


STEP_LIFE = timedelta(minutes=10)
"""How long the second half of a step is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The first half of a step: it is kept until the second comes, and used by it."""

    kind: StepKind
    person: int | None
    """Whose it is; None while nobody knows."""
    secret: Mapping[str, str]
    """What the second half is compared with."""
