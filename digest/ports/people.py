"""Ports of those who work here: people, how they come in, tokens of the API, and the trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.model.api_token import ApiToken
from digest.model.door import LetterEnd, Notice, Passkey, PersonLetter, Step, StepKind
from digest.model.identity import Identity
from digest.model.person import LinkKind, Person, Session
from digest.model.trial import Trial, TrialStep


class People(Protocol):
    """Who works at the desk, their sessions and one-time links."""

    def add(self, person: Person) -> Person:
        """A new person; the id is the database's. Raises Lost where the address is taken."""

    def get(self, person: int) -> Person | None: ...

    def by_email(self, email: str) -> Person | None: ...

    def everybody(self) -> tuple[Person, ...]:
        """All of them, those who left last."""

    def change(self, person: Person) -> None:
        """Store name, roles, newsletters, language and whether they left."""

    def password_of(self, person: int) -> str:
        """The hash, or empty."""

    def set_password(self, person: int, password_hash: str) -> None: ...

    def totp_of(self, person: int) -> tuple[str, str]:
        """(key of the authenticator app, key that was shown and not confirmed yet), each empty where there is none."""

    def set_totp(self, person: int, *, key: str, pending: str) -> None: ...

    def by_subject(self, subject: str) -> Person | None:
        """Whom another house knows by this name, or None."""

    def link_subject(self, person: int, subject: str) -> bool:
        """Another house knows them by this name. False where it knows them by another one already."""

    def unlink_subject(self, person: int) -> None: ...

    def use_step(self, person: int, step: int) -> bool:
        """A code of this half minute is used. False where it, or a later one, was used already."""

    def open_session(self, person: int, token_hash: bytes, *, browser: str, now: datetime) -> Session: ...

    def session(self, token_hash: bytes) -> tuple[Person, Session] | None:
        """Whose session it is, however old; None where there is none."""

    def sessions(self, person: int) -> tuple[Session, ...]: ...

    def seen(self, session: int, *, now: datetime, proved: bool = False) -> None: ...

    def end_sessions(self, person: int, *, only: int | None = None, but: int | None = None) -> int:
        """End one, all, or all but one of somebody's sessions. Returns how many."""

    def put_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """A new one-time link; older ones of this kind work no more."""

    def add_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """One more one-time link, beside older ones."""

    def forget_links(self, person: int, *kinds: LinkKind) -> None: ...

    def link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """Whose link it is, where it still works for this browser. Uses nothing up."""

    def use_link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """The same, and it works no more."""

    def try_once(self, key: bytes, *, burst: int, every: float, now: datetime) -> int:
        """Take one try of `burst`, which come back one `every` so many seconds. 0, or the seconds to wait."""

    def give_try_back(self, key: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the first request under an Idempotency-Key came to."""

    same: bool
    """False where that key was used for another request."""
    status: int | None
    """None = it is still at work."""
    body: str
    location: str


class Tokens(Protocol):
    """Tokens of the API, and the answers to requests that may come twice."""

    def add(self, token: ApiToken, token_hash: bytes) -> ApiToken:
        """A new token; the id is the database's. Raises Lost where the name is taken."""

    def everything(self) -> tuple[ApiToken, ...]:
        """All of them, revoked ones too, by name."""

    def by_name(self, name: str) -> ApiToken | None: ...

    def by_prefix(self, prefix: str) -> tuple[ApiToken, bytes] | None:
        """The token with this beginning, and its hash to compare with."""

    def used(self, token: int, *, now: datetime) -> None: ...

    def revoke(self, token: int, *, now: datetime) -> bool:
        """It works no more. False where it was revoked already."""

    def reserve(
        self, token: int, key_hash: bytes, request_hash: bytes, *, now: datetime, stale: datetime
    ) -> Answered | None:
        """None: this request is the first under its key, and is to be done. Otherwise what the first one came to.

        A first one that began before `stale` and never ended died: its place is taken over.
        """

    def answered(self, token: int, key_hash: bytes, *, status: int, body: str, location: str) -> None:
        """Keep the answer for whoever asks again."""

    def forget(self, token: int, key_hash: bytes) -> None:
        """The request came to nothing and may be made again under its key."""

    def forget_answers(self, before: datetime, limit: int) -> int:
        """Let go of answers from before then. Returns how many went."""


class DoorBook(Protocol):
    """What stands at the desk's door: letters with a sign-in link, passkeys, first halves of steps that take two."""

    def queue_letter(self, person: int, *, browser_hash: bytes, now: datetime) -> None:
        """A sign-in link is to be mailed."""

    def claim_letter(self, *, now: datetime) -> PersonLetter | None:
        """The next one that is due, claimed for good: who claims it and dies leaves it unsent."""

    def put_letter_back(self, letter: int, *, not_before: datetime, note: str) -> None:
        """It was certainly not sent: once more, later."""

    def settle_letter(self, letter: int, end: LetterEnd, *, now: datetime, note: str) -> None: ...

    def begin_step(self, key_hash: bytes, step: Step, *, now: datetime) -> None:
        """Keep the first half of a step; the one that this key began before is gone."""

    def step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The first half that was begun under this key; it stays."""

    def end_step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The same, and it is gone: of two second halves at once, one finds it."""

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep it; the id is the database's. Raises Lost where this authenticator is somebody's already."""

    def passkey(self, credential_id: bytes) -> Passkey | None: ...

    def passkeys_of(self, person: int) -> tuple[Passkey, ...]: ...

    def count_passkey(self, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
        """It was used. False where it has counted on since it was read."""

    def name_passkey(self, person: int, passkey: int, name: str) -> bool:
        """Call one of somebody's by this name. False where it is none of theirs."""

    def remove_passkeys(self, person: int, *, only: int | None = None) -> int:
        """Forget one, or all of somebody's. Returns how many."""

    def tidy(self, now: datetime) -> Mapping[str, int]:
        """Forget what is over: links, sessions, steps, letters, tries. What went, by name."""


class DeviceBook(Protocol):
    """The browsers that people of the desk signed in with, and the letters that tell of a new one."""

    def seen(self, person: int, token_hash: bytes, *, now: datetime) -> bool:
        """This browser has signed in as them. False where it never had before."""

    def forget(self, person: int) -> None:
        """Every browser is new to them again."""

    def queue(self, notice: Notice, *, not_before: datetime) -> None:
        """They are to be told."""

    def claim(self, *, now: datetime) -> Notice | None:
        """The next one that is due, taken out for good: who claims it and dies leaves it unsent."""

    def tidy(self, now: datetime) -> Mapping[str, int]:
        """Forget what is over. What went, by name."""


class House(Protocol):
    """Another house that says who somebody is: an OpenID provider."""

    def address(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser is sent to say who it is. Raises AdapterError."""

    def farewell(self, *, redirect: str) -> str:
        """Where a browser is sent to sign out there as well, and then to `redirect`; empty where it offers none."""

    def identity(self, code: str, *, redirect: str, verifier: str, nonce: str) -> Identity:
        """Who somebody is, for the code that they came back with. Raises AdapterError; Permanent = not believed."""


class TrialBook(Protocol):
    """What an admin has confirmed of a new installation."""

    def read(self) -> Trial: ...

    def mark(self, step: TrialStep, *, by: str, now: datetime, detail: str = "") -> None:
        """A step is taken; taken again, it is the newer one."""
