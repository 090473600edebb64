"""Tokens of the API: who may ask for what by program, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do. Each is given by name; none holds another one."""

    READERS_READ = "readers:read"
    READERS_WRITE = "readers:write"
    READERS_ENROL = "readers:enrol"
    READERS_ERASE = "readers:erase"
    LISTS_READ = "lists:read"
    LISTS_WRITE = "lists:write"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"
    SUPPRESSIONS_LIFT = "suppressions:lift"
    EDITIONS_READ = "editions:read"
    ARCHIVE_READ = "archive:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"

    @property
    def says(self) -> str:
        """What it allows, in a line for people."""
        return _SAYS[self]


_SAYS = {
    Scope.READERS_READ: "see readers, their addresses and subscriptions",
    Scope.READERS_WRITE: "add and change readers, subscribe them by the list's own rule, unsubscribe them",
    Scope.READERS_ENROL: "add readers as confirmed, with the evidence of their consent",
    Scope.READERS_ERASE: "erase readers for good",
    Scope.LISTS_READ: "see lists and their counts",
    Scope.LISTS_WRITE: "make lists; change name, description, whether one is public and indexed; archive one",
    Scope.SEGMENTS_READ: "see segments and count them; with readers:read also who is in one",
    Scope.SEGMENTS_WRITE: "make, change and remove segments",
    Scope.SUPPRESSIONS_READ: "see which addresses are never mailed",
    Scope.SUPPRESSIONS_WRITE: "keep mail back from an address or a domain",
    Scope.SUPPRESSIONS_LIFT: "take a suppression back, but never a reader's own unsubscribe",
    Scope.EDITIONS_READ: "see editions, why each story was picked, and the account after sending",
    Scope.ARCHIVE_READ: "read editions that were sent, as HTML, text and JSON",
    Scope.WEBHOOKS_READ: "see webhooks and what became of their posts",
    Scope.WEBHOOKS_WRITE: "add, change, remove and replay webhooks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is kept: never the secret itself."""

    id: int
    name: str
    prefix: str
    """Its beginning, by which people recognise it; no secret."""
    scopes: frozenset[Scope]
    lists: tuple[str, ...] = ()
    """Slugs of the lists that it is bound to; empty = every list."""
    created_by: str = ""
    created_at: datetime
    expires_at: datetime | None = None
    """None = it works until it is revoked."""
    used_at: datetime | None = None
    """When it was last used, to the minute."""
    revoked_at: datetime | None = None

    def alive(self, now: datetime) -> bool:
        """True while it works."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, *scopes: Scope) -> bool:
        """True where it has all of these."""
        return self.scopes.issuperset(scopes)

    def sees(self, list_slug: str) -> bool:
        """True where this list is not out of its bounds."""
        return not self.lists or list_slug in self.lists

    @property
    def by(self) -> str:
        """As it stands in the log."""
        return f"token {self.name}"
