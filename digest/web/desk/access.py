"""Every address of the desk and who may ask for it: one table, from which the routes are made and the docs written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.model.person import PERMISSIONS, Permission, Role


class Door(StrEnum):
    """For addresses that ask for no permission."""

    OPEN = "open"
    """Anybody: the door itself."""
    SIGNED_IN = "signed_in"
    """Whoever is signed in: what belongs to themselves."""


Needs = Door | Permission


class Whose(StrEnum):
    """Whose the thing is that a part of a path names: the desk's frame looks, whatever the page does."""

    NEWSLETTER = "newsletter"
    """A newsletter's: of somebody who works on it."""
    LIST = "list"
    """A list's: of somebody who works on a newsletter that goes to it."""
    IMPORT = "import"
    """An import's: of whoever works on its list."""
    PARENT = "parent"
    """Looked for within what stands before it in the path only."""
    SELF = "self"
    """Looked for among the asker's own only."""
    HOUSE = "house"
    """The house's: one of admins."""
    BEARER = "bearer"
    """A token's: whoever holds it."""


OBJECTS: dict[str, Whose] = {
    "newsletter": Whose.NEWSLETTER,
    "day": Whose.PARENT,
    "correction": Whose.PARENT,
    "list": Whose.LIST,
    "job": Whose.IMPORT,
    "session": Whose.SELF,
    "passkey": Whose.SELF,
    "source": Whose.HOUSE,
    "person": Whose.HOUSE,
    "webhook": Whose.HOUSE,
    "token": Whose.BEARER,
}
"""Every part of a path that names something. An address with another one is refused when the routes are made."""
_PARTS = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One address by one method."""

    method: str
    path: str
    needs: Needs
    says: str
    """What it is, for docs/reference/desk-routes.md."""

    def lets(self, roles: frozenset[Role]) -> bool:
        """True where somebody of these roles is let in; no roles = nobody is signed in."""
        if self.needs is Door.OPEN:
            return True
        if self.needs is Door.SIGNED_IN:
            return bool(roles)
        return any(self.needs in PERMISSIONS[role] for role in roles)

    @property
    def objects(self) -> dict[str, Whose]:
        """The parts of its path that name something, and whose that is."""
        return {part: OBJECTS[part] for part in _PARTS.findall(self.path)}


EDITION = "/desk/e/{newsletter}/{day}"
CORRECTION = f"{EDITION}/correction/{{correction}}"


def _get(path: str, needs: Needs, says: str) -> Entry:
    return Entry(method="GET", path=path, needs=needs, says=says)


def _post(path: str, needs: Needs, says: str) -> Entry:
    return Entry(method="POST", path=path, needs=needs, says=says)


TABLE: tuple[Entry, ...] = (
    _get("/desk/sign-in", Door.OPEN, "The door: address and password, or a link by mail"),
    _post("/desk/sign-in", Door.OPEN, "Sign in by password"),
    _post("/desk/sign-in/link", Door.OPEN, "Ask for a sign-in link by mail; the answer is the same for everybody"),
    _post("/desk/sign-in/passkey/begin", Door.OPEN, "What a passkey is to sign, as JSON"),
    _post("/desk/sign-in/passkey", Door.OPEN, "Sign in by a passkey"),
    _post("/desk/sign-in/oidc", Door.OPEN, "On to the OpenID provider, where one is configured"),
    _get("/desk/sign-in/oidc/back", Door.OPEN, "Back from it: a button"),
    _post("/desk/sign-in/oidc/back", Door.OPEN, "Sign in as whom it vouches for"),
    _post("/desk/sign-in/code", Door.OPEN, "The code from an authenticator app, behind it"),
    _post("/desk/sign-in/resume", Door.OPEN, "Behind another way in: what was typed before"),
    _get("/desk/link/{token}", Door.OPEN, "A sign-in link: a button, in the browser that asked"),
    _post("/desk/link/{token}", Door.OPEN, "Use a sign-in link, once"),
    _get("/desk/welcome/{token}", Door.OPEN, "An invitation: choose a password"),
    _post("/desk/welcome/{token}", Door.OPEN, "Use an invitation, once"),
    _post("/desk/sign-out", Door.SIGNED_IN, "End this session"),
    _get("/desk/me", Door.SIGNED_IN, "One's own sessions and language"),
    _post("/desk/me/language", Door.SIGNED_IN, "The language of the desk's own words"),
    _post("/desk/me/sessions/{session}/end", Door.SIGNED_IN, "End another session of one's own"),
    _post("/desk/me/code", Door.SIGNED_IN, "An authenticator app: show a key, confirm it, or end it"),
    _post("/desk/me/passkeys/begin", Door.SIGNED_IN, "What a new passkey is to sign, as JSON; asks who one is"),
    _post("/desk/me/passkeys", Door.SIGNED_IN, "Keep a passkey; asks who one is"),
    _post("/desk/me/passkeys/{passkey}/change", Door.SIGNED_IN, "Name or remove one of one's own; asks who one is"),
    _get("/desk/prove", Door.SIGNED_IN, "Say once more who one is"),
    _post("/desk/prove", Door.SIGNED_IN, "The same: by password or passkey; it counts for ten minutes"),
    _get("/desk/keys", Door.SIGNED_IN, "The keys of the keyboard"),
    _get("/desk", Permission.LOOK, "Today: each newsletter's edition, its countdown and checks"),
    _get("/desk/editions", Permission.LOOK, "Every edition; two of them side by side"),
    _get("/desk/log", Permission.LOOK, "Who did what"),
    _get(EDITION, Permission.LOOK, "One edition: its stories"),
    _get(f"{EDITION}/text", Permission.LOOK, "Headlines, blurbs, subject, note"),
    _get(f"{EDITION}/preview", Permission.LOOK, "The mail as readers see it"),
    _get(f"{EDITION}/preview/frame", Permission.LOOK, "The mail itself, in a frame that runs and loads nothing"),
    _get(f"{EDITION}/checks", Permission.LOOK, "What the checks say"),
    _get(f"{EDITION}/send", Permission.LOOK, "Test, approval, progress, stop"),
    _get(f"{EDITION}/report", Permission.LOOK, "The account after sending"),
    _get(f"{EDITION}/state", Permission.LOOK, "Version, status and progress as JSON, for our script"),
    _get(f"{EDITION}/stream", Permission.LOOK, "The same as server-sent events"),
    _post(f"{EDITION}/compose", Permission.EDIT, "Compose it now, or anew"),
    _post(f"{EDITION}/change", Permission.EDIT, "Pin, exclude, readmit, lead, move, place, order of sections"),
    _post(f"{EDITION}/add", Permission.EDIT, "Tell a candidate"),
    _post(f"{EDITION}/look", Permission.EDIT, "Read an article by its address: as it would be told"),
    _post(f"{EDITION}/find", Permission.EDIT, "Tell an article by its address, as it was shown"),
    _post(f"{EDITION}/split", Permission.EDIT, "Part reports from an event"),
    _post(f"{EDITION}/merge", Permission.EDIT, "Put two events together"),
    _post(f"{EDITION}/rewrite", Permission.EDIT, "Headline and blurb, or back to the original"),
    _post(f"{EDITION}/subject", Permission.EDIT, "Subject and preheader"),
    _post(f"{EDITION}/note", Permission.EDIT, "The editor's note"),
    _post(f"{EDITION}/undo", Permission.EDIT, "Take back the last change"),
    _post(f"{EDITION}/waive", Permission.EDIT, "Let a warning stand, with a reason; or not any more"),
    _post(f"{EDITION}/test", Permission.EDIT, "A test mail to oneself and to the seeds"),
    _post(f"{EDITION}/approve", Permission.APPROVE, "Approve what was looked at"),
    _post(f"{EDITION}/hold", Permission.APPROVE, "Nothing goes out until somebody approves"),
    _post(f"{EDITION}/skip", Permission.APPROVE, "No edition today"),
    _post(f"{EDITION}/take-back", Permission.APPROVE, "Take back an approval, a hold or a skip"),
    _post(f"{EDITION}/send-now", Permission.APPROVE, "Begin to send an approved edition; go on with a stopped one"),
    _post(f"{EDITION}/stop", Permission.APPROVE, "No further call to the provider"),
    _post(f"{EDITION}/abandon", Permission.APPROVE, "Nobody else gets it"),
    _post(f"{EDITION}/correct", Permission.APPROVE, "A dated correction on top of the web copy"),
    _get(CORRECTION, Permission.LOOK, "A correction as a mail: whom it reaches, its account"),
    _get(f"{CORRECTION}/frame", Permission.LOOK, "The mail, in a frame that runs and loads nothing"),
    _get(f"{CORRECTION}/state", Permission.LOOK, "Progress of its mailing as JSON, for our script"),
    _get(f"{CORRECTION}/stream", Permission.LOOK, "The same as server-sent events"),
    _post(f"{CORRECTION}/mail", Permission.APPROVE, "Approve it, and mail it to who got the edition"),
    _post(f"{CORRECTION}/take-back", Permission.APPROVE, "Take it off the web copy, if not mailed"),
    _post(f"{EDITION}/note-for-tomorrow/take-back", Permission.EDIT, "Take such a note back"),
    _post(f"{EDITION}/note-for-tomorrow", Permission.EDIT, "A note to whoever makes the next edition"),
    _get("/desk/sources", Permission.LOOK, "The sources and how they do"),
    _post("/desk/sources/try", Permission.ADMIN, "Read an address as a source, and store nothing"),
    _post("/desk/sources/add", Permission.ADMIN, "Read it from now on"),
    _post("/desk/sources/{source}/switch", Permission.ADMIN, "Switch a source off, or on again"),
    _post("/desk/sources/{source}/test", Permission.ADMIN, "Read a source now, and store nothing"),
    _get("/desk/look", Permission.LOOK, "Theme, logo and footer address, and every kind of block"),
    _post("/desk/look/{newsletter}", Permission.ADMIN, "Try another look, or keep it"),
    _post("/desk/look/{newsletter}/take-back", Permission.ADMIN, "The look as it was before"),
    _get("/desk/look/{newsletter}/frame", Permission.LOOK, "These blocks, in a frame that runs and loads nothing"),
    _get("/desk/audience", Permission.READERS, "Lists and their readers; one reader by address"),
    _get("/desk/audience/lists/{list}", Permission.READERS, "One list: segments, counted; import and export"),
    _post("/desk/audience/lists/{list}/segments", Permission.READERS, "Save or remove a segment"),
    _post("/desk/audience/lists/{list}/export", Permission.READERS, "Its readers as a file, for the password again"),
    _post("/desk/audience/lists/{list}/import", Permission.READERS, "A file of readers: rehearsed, nothing written"),
    _get("/desk/audience/imports/{job}", Permission.READERS, "One import: how far it is, what was refused"),
    _post("/desk/audience/imports/{job}/go-on", Permission.READERS, "Bring a rehearsed file in; stop; go on"),
    _get("/desk/system", Permission.ADMIN, "Phases, chores, alarms, provider, database"),
    _get("/desk/trial", Permission.ADMIN, "Trial mode of a new installation: what is missing"),
    _post("/desk/trial", Permission.ADMIN, "Confirm it, mail a test, bring its code back; asks who one is"),
    _get("/desk/people", Permission.ADMIN, "Who works here"),
    _post("/desk/people/invite", Permission.ADMIN, "Invite somebody: a one-time link"),
    _post("/desk/people/{person}/change", Permission.ADMIN, "Roles and newsletters"),
    _post("/desk/people/{person}/end", Permission.ADMIN, "End somebody's access"),
    _post("/desk/people/{person}/give-back", Permission.ADMIN, "Within a day: give an ended access back as it was"),
    _get("/desk/tokens", Permission.ADMIN, "Tokens of the API"),
    _post("/desk/tokens/create", Permission.ADMIN, "Make a token, shown once; asks who one is"),
    _post("/desk/tokens/revoke", Permission.ADMIN, "End a token; asks who one is"),
    _get("/desk/webhooks", Permission.ADMIN, "Webhooks: who is told what happens, and how they do"),
    _post("/desk/webhooks/add", Permission.ADMIN, "Add a webhook, its secret shown; asks who one is"),
    _get("/desk/webhooks/{webhook}", Permission.ADMIN, "One webhook, and what became of its posts"),
    _post("/desk/webhooks/{webhook}/change", Permission.ADMIN, "Address, kinds, lists; asks who one is"),
    _post("/desk/webhooks/{webhook}/move", Permission.ADMIN, "Pause, go on, post to it again, post something again"),
    _post("/desk/webhooks/{webhook}/secret", Permission.ADMIN, "Show its secret, or make a new one; asks who one is"),
    _post("/desk/webhooks/{webhook}/remove", Permission.ADMIN, "Remove it and its posts; asks who one is"),
)
"""In the order of a morning."""

BY_ADDRESS = {(entry.method, entry.path): entry for entry in TABLE}


def page() -> str:
    """docs/reference/desk-routes.md."""
    roles = tuple(Role)
    lines = [
        "# Who may ask for what at the desk",
        "",
        "Written from `digest/web/desk/access.py` by `docs/reference/write_desk_routes.py`; the routes are made from",
        "the same table, and a test walks every address with every role. `nobody` is somebody who is not signed in:",
        "they are led to the door. Whoever works on some newsletters only gets 404 for the editions, lists and imports",
        "of others, and finds no reader who is on none of their lists. An admin works on all.",
        "",
        "| | " + " | ".join(("address", "what", "nobody", *roles)) + " |",
        "|" + "---|" * (len(roles) + 4),
    ]
    for entry in TABLE:
        marks = ["yes" if entry.lets(frozenset(have)) else "" for have in ((), *((role,) for role in roles))]
        lines.append(f"| {entry.method} | `{entry.path}` | {entry.says} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"
