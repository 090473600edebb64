"""Every address of the API and the scopes it asks for: one table, from which routes and docs are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from digest.model.api_token import Scope

ROOT = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One address by one method."""

    method: str
    path: str
    """Below `ROOT`."""
    scopes: tuple[Scope, ...]
    """All of them are asked for; none = any token will do."""
    says: str
    tag: str
    whole: bool = False
    """True where it concerns every list: a token that is bound to some is refused."""
    missing: bool = True
    """True where what is asked for may not be there (404)."""

    @property
    def writes(self) -> bool:
        """True where it changes something."""
        return self.method != "GET"


def _entry(
    method: str, path: str, *scopes: Scope, says: str, tag: str, whole: bool = False, missing: bool = True
) -> Entry:
    return Entry(method=method, path=path, scopes=scopes, says=says, tag=tag, whole=whole, missing=missing)


_READER = "/subscribers/{subscriber}"
_LIST = "/lists/{slug}"
_EDITION = "/editions/{newsletter}/{day}"
_ARCHIVE = "/archive/{newsletter}/{day}"
_HOOK = "/webhooks/{webhook}"

TABLE: tuple[Entry, ...] = (
    _entry("GET", "/token", says="What this token may do", tag="token", missing=False),
    _entry("GET", "/subscribers", Scope.READERS_READ, says="Readers, page by page, or by address", tag="readers"),
    _entry("POST", "/subscribers", Scope.READERS_WRITE, says="Add or change the reader with an address", tag="readers",
           missing=False),
    _entry("GET", _READER, Scope.READERS_READ, says="One reader and their subscriptions", tag="readers"),
    _entry("PATCH", _READER, Scope.READERS_WRITE, says="Change name, language, zone or attributes", tag="readers"),
    _entry("DELETE", _READER, Scope.READERS_ERASE, says="Erase a reader for good", tag="readers", whole=True),
    _entry("GET", "/lists", Scope.LISTS_READ, says="Every list", tag="lists", missing=False),
    _entry("POST", "/lists", Scope.LISTS_WRITE, says="Make a list, double opt-in", tag="lists", whole=True,
           missing=False),
    _entry("GET", _LIST, Scope.LISTS_READ, says="One list with its counts", tag="lists"),
    _entry("PATCH", _LIST, Scope.LISTS_WRITE, says="Change name, description, public or indexed; archive it",
           tag="lists"),
    _entry("GET", f"{_LIST}/subscriptions", Scope.READERS_READ, says="Readers of a list, page by page",
           tag="subscriptions"),
    _entry("POST", f"{_LIST}/subscriptions", Scope.READERS_WRITE, says="Subscribe an address by the list's own rule",
           tag="subscriptions"),
    _entry("POST", f"{_LIST}/enrolments", Scope.READERS_ENROL, says="Add somebody who agreed elsewhere, with evidence",
           tag="subscriptions"),
    _entry("PATCH", f"{_LIST}/subscriptions/{{subscriber}}", Scope.READERS_WRITE,
           says="Change a reader's choices for the list", tag="subscriptions"),
    _entry("DELETE", f"{_LIST}/subscriptions/{{subscriber}}", Scope.READERS_WRITE, says="Unsubscribe, at once",
           tag="subscriptions"),
    _entry("GET", f"{_LIST}/segments", Scope.SEGMENTS_READ, says="The segments of a list", tag="segments"),
    _entry("GET", f"{_LIST}/segments/{{segment}}", Scope.SEGMENTS_READ, says="One segment and how many it holds",
           tag="segments"),
    _entry("GET", f"{_LIST}/segments/{{segment}}/members", Scope.SEGMENTS_READ, Scope.READERS_READ,
           says="Who is in a segment, page by page", tag="segments"),
    _entry("POST", f"{_LIST}/segments", Scope.SEGMENTS_WRITE, says="Keep a segment under a name", tag="segments"),
    _entry("PATCH", f"{_LIST}/segments/{{segment}}", Scope.SEGMENTS_WRITE, says="Change its name or its condition",
           tag="segments"),
    _entry("DELETE", f"{_LIST}/segments/{{segment}}", Scope.SEGMENTS_WRITE, says="Remove a segment", tag="segments"),
    _entry("POST", f"{_LIST}/count", Scope.SEGMENTS_READ, says="Count whom a segment would hold", tag="segments"),
    _entry("GET", "/suppressions", Scope.SUPPRESSIONS_READ, says="Addresses and domains that get no mail",
           tag="suppressions"),
    _entry("POST", "/suppressions", Scope.SUPPRESSIONS_WRITE, says="Keep mail back from an address or a domain",
           tag="suppressions"),
    _entry("DELETE", "/suppressions/{suppression}", Scope.SUPPRESSIONS_LIFT, says="Take a suppression back",
           tag="suppressions"),
    _entry("GET", "/editions", Scope.EDITIONS_READ, says="Editions, the newest first, page by page", tag="editions"),
    _entry("GET", _EDITION, Scope.EDITIONS_READ, says="One edition, what it tells", tag="editions"),
    _entry("GET", f"{_EDITION}/picks", Scope.EDITIONS_READ, says="Every candidate with score and reasons",
           tag="editions"),
    _entry("GET", f"{_EDITION}/account", Scope.EDITIONS_READ, says="Who was planned, and what became of it",
           tag="editions"),
    _entry("GET", "/archive", Scope.ARCHIVE_READ, says="Editions that were sent, the newest first; by words and days",
           tag="archive"),
    _entry("GET", _ARCHIVE, Scope.ARCHIVE_READ, says="One of them as JSON, with its text", tag="archive"),
    _entry("GET", f"{_ARCHIVE}/html", Scope.ARCHIVE_READ, says="The same as a page of HTML", tag="archive"),
    _entry("GET", f"{_ARCHIVE}/text", Scope.ARCHIVE_READ, says="The same as plain text", tag="archive"),
    _entry("GET", "/webhooks", Scope.WEBHOOKS_READ, says="Webhooks and how they do", tag="webhooks", whole=True,
           missing=False),
    _entry("POST", "/webhooks", Scope.WEBHOOKS_WRITE, says="Add a webhook", tag="webhooks", whole=True),
    _entry("GET", _HOOK, Scope.WEBHOOKS_READ, says="One webhook", tag="webhooks", whole=True),
    _entry("PATCH", _HOOK, Scope.WEBHOOKS_WRITE, says="Change address, kinds or lists; pause it, or let it go on",
           tag="webhooks", whole=True),
    _entry("DELETE", _HOOK, Scope.WEBHOOKS_WRITE, says="Remove a webhook and its posts", tag="webhooks", whole=True),
    _entry("GET", f"{_HOOK}/secret", Scope.WEBHOOKS_WRITE, says="The secret that signs its posts", tag="webhooks",
           whole=True),
    _entry("POST", f"{_HOOK}/rotate", Scope.WEBHOOKS_WRITE, says="A new secret; both sign for a day", tag="webhooks",
           whole=True),
    _entry("POST", f"{_HOOK}/enable", Scope.WEBHOOKS_WRITE, says="Post to it again after it was disabled",
           tag="webhooks", whole=True),
    _entry("POST", f"{_HOOK}/replay", Scope.WEBHOOKS_WRITE, says="Post parked posts again", tag="webhooks", whole=True),
    _entry("GET", f"{_HOOK}/posts", Scope.WEBHOOKS_READ, says="Its newest posts and what became of them",
           tag="webhooks", whole=True),
)  # fmt: skip
"""In the order in which they are documented."""


def methods_at(path: str) -> tuple[str, ...]:
    """The methods that an address below `ROOT` takes, whatever stands in its parameters; none where it is nothing."""
    rest = path.removeprefix(ROOT)
    found = {entry.method for entry in TABLE if _pattern(entry.path).fullmatch(rest)}
    if "GET" in found:
        found.add("HEAD")
    return tuple(sorted(found | {"OPTIONS"})) if found else ()


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(path)))


BY_ADDRESS = {(entry.method, entry.path): entry for entry in TABLE}
