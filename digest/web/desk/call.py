"""One request to the desk that has been let in: who asks, in which words, and what its path and form say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from starlette.datastructures import FormData
from starlette.requests import Request

from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import DigestError, NotFound
from digest.model.person import NotSignedIn, Person, Session, named
from digest.render.words import Words
from digest.web.forms import text_of

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates of direction (Unicode UAX 9), as sources lose them too."""
LONGEST_REASON = 300
_DAY = re.compile(r"(?:19|2\d)\d\d-\d\d-\d\d", re.ASCII)


class Seen(TypedDict):
    """What whoever decides had before their eyes."""

    expected_version: int
    expected: EditionStatus | None
    expected_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that has been let in."""

    request: Request
    fields: FormData
    words: Words
    path: str
    """As asked for, below the site's own prefix."""
    client: str
    """The address that asks, as our own proxies say; tries are counted by it."""
    someone: Person | None = None
    a_session: Session | None = None

    @property
    def person(self) -> Person:
        """Who asks. Only for addresses that are not open."""
        if self.someone is None:
            raise NotSignedIn("nobody is signed in")
        return self.someone

    @property
    def session(self) -> Session:
        """Their session. Only for addresses that are not open."""
        if self.a_session is None:
            raise NotSignedIn("nobody is signed in")
        return self.a_session

    @property
    def by(self) -> str:
        """As they stand in the log."""
        return named(self.person.email, self.person.name)

    @property
    def browser(self) -> str:
        """As it names itself."""
        return self.request.headers.get("user-agent", "")[:200]

    def param(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A value behind the question mark, or empty."""
        return self.request.query_params.get(name, "").strip()

    def text(self, name: str) -> str:
        """A field of the form, without outer blanks; empty where it is not there.

        Nor with what turns the letters after it around: pasted unseen, it would show readers another address.
        """
        return _TURNS.sub("", text_of(self.fields, name))

    @property
    def reason(self) -> str:
        """Why something is done, in somebody's words. Raises DigestError for more than a line or two."""
        value = self.text("reason")
        if len(value) > LONGEST_REASON:
            raise DigestError(f"a reason has at most {LONGEST_REASON} characters")
        return value

    def number(self, name: str) -> int:
        """A part of the path that is a number. Raises NotFound."""
        value = self.param(name)
        if not value.isdecimal() or len(value) > 18:
            raise NotFound(f"no such {name}")
        return int(value)

    @property
    def edition(self) -> EditionId:
        """The edition that the path names. Raises NotFound."""
        try:
            # Years at either end of the calendar have no day before or after them.
            day = _DAY.fullmatch(self.param("day"))
            return EditionId(newsletter=self.param("newsletter"), date=date.fromisoformat(day[0] if day else ""))
        except ValueError:
            raise NotFound("no such day") from None

    @property
    def correction(self) -> int:
        """The correction that a path or form is about, 0 = none: then it is about the edition itself."""
        value = str(self.request.path_params.get("correction") or self.text("correction"))
        if not value:
            return 0
        if not value.isdecimal() or len(value) > 18:
            raise NotFound("no such correction")
        return int(value)

    @property
    def seen_version(self) -> int:
        """The version that the form was made of. Raises DigestError where it says none."""
        value = self.text("version")
        if not value.isdecimal() or len(value) > 9:
            raise DigestError("the form says no version: reload the page")
        return int(value)

    @property
    def seen_status(self) -> EditionStatus | None:
        """How the edition stood when the form was made; None where the form does not say."""
        value = self.text("status")
        if value and value not in list(EditionStatus):
            raise DigestError("the form says no version: reload the page")
        return EditionStatus(value) if value else None

    @property
    def seen(self) -> Seen:
        """How the edition stood when the form was made: its version, its status, and why it was held."""
        why = self.text("seen") if "seen" in self.fields else None
        return Seen(expected_version=self.seen_version, expected=self.seen_status, expected_reason=why)
