"""How everything that the desk does is undone: one line for each form, with the form that takes it back or why none."""

from __future__ import annotations

from dataclasses import dataclass

from digest.web.desk.access import CORRECTION, EDITION

LOOKS = "changes nothing that stays"
DOOR = "the door: it ends with the session"
MAILED = "a mail cannot be called back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What takes a press back."""

    by: str = ""
    """The address of the form that does; empty = none."""
    says: str
    """How; or why there is none."""


def _by(path: str, says: str) -> Undo:
    return Undo(by=path, says=says)


def _none(why: str) -> Undo:
    return Undo(says=why)


_UNDO = _by(f"{EDITION}/undo", "the newest change first, back to how the edition was first composed")
_DECIDED = _by(f"{EDITION}/take-back", "until the mailing is planned; the edition stands as it stood before")
_ME = "/desk/me"

UNDOES: dict[str, Undo] = {
    "/desk/sign-in": _by("/desk/sign-out", DOOR),
    "/desk/sign-in/link": _none("a link that nobody uses ends after 15 minutes"),
    "/desk/sign-in/passkey/begin": _none(LOOKS),
    "/desk/sign-in/passkey": _by("/desk/sign-out", DOOR),
    "/desk/sign-in/oidc": _none(LOOKS),
    "/desk/sign-in/oidc/back": _by("/desk/sign-out", DOOR),
    "/desk/sign-in/code": _by("/desk/sign-out", DOOR),
    "/desk/sign-in/resume": _none(LOOKS),
    "/desk/link/{token}": _by("/desk/sign-out", DOOR),
    "/desk/welcome/{token}": _none("a password is changed by a new invitation; the one before is kept by nobody"),
    "/desk/sign-out": _by("/desk/sign-in", "sign in"),
    f"{_ME}/language": _by(f"{_ME}/language", "choose the other one"),
    f"{_ME}/sessions/{{session}}/end": _by("/desk/sign-in", "sign in over there"),
    f"{_ME}/code": _by(f"{_ME}/code", "end the generator, or set one up; an old key is kept by nobody"),
    f"{_ME}/passkeys/begin": _none(LOOKS),
    f"{_ME}/passkeys": _by(f"{_ME}/passkeys/{{passkey}}/change", "remove it"),
    f"{_ME}/passkeys/{{passkey}}/change": _by(
        f"{_ME}/passkeys/{{passkey}}/change", "name it as before; one that was removed is added anew"
    ),
    "/desk/prove": _none("it counts for ten minutes"),
    f"{EDITION}/compose": _by(
        f"{EDITION}/undo", "composed anew: as it was before, and held where it is held; the first one: skip it"
    ),
    f"{EDITION}/change": _UNDO,
    f"{EDITION}/add": _UNDO,
    f"{EDITION}/look": _none(LOOKS),
    f"{EDITION}/find": _UNDO,
    f"{EDITION}/split": _UNDO,
    f"{EDITION}/merge": _UNDO,
    f"{EDITION}/rewrite": _UNDO,
    f"{EDITION}/subject": _UNDO,
    f"{EDITION}/note": _UNDO,
    f"{EDITION}/undo": _by(f"{EDITION}/change", "make the change again: the log says which it was"),
    f"{EDITION}/waive": _by(f"{EDITION}/waive", "let it count again"),
    f"{EDITION}/test": _none(MAILED),
    f"{EDITION}/approve": _by(
        f"{EDITION}/take-back",
        "until the mailing is planned; the edition stands as it stood before. Asking a second person: the same form",
    ),
    f"{EDITION}/hold": _DECIDED,
    f"{EDITION}/skip": _DECIDED,
    f"{EDITION}/take-back": _by(f"{EDITION}/approve", "decide again"),
    f"{EDITION}/send-now": _by(
        f"{EDITION}/stop", "stop within a second; who has it, has it, and can be sent a correction"
    ),
    f"{EDITION}/stop": _by(f"{EDITION}/send-now", "send to the rest"),
    f"{EDITION}/abandon": _by(f"{EDITION}/send-now", "send to whom it gave up"),
    f"{EDITION}/correct": _by(f"{CORRECTION}/take-back", "until it is mailed"),
    f"{CORRECTION}/mail": _by(
        f"{EDITION}/stop",
        "stop within a second; who has it, has it. Asking a second person: take-back, which leaves the correction",
    ),
    f"{CORRECTION}/take-back": _by(f"{EDITION}/correct", "put it back, for a day"),
    f"{EDITION}/note-for-tomorrow": _by(f"{EDITION}/note-for-tomorrow/take-back", "take it back"),
    f"{EDITION}/note-for-tomorrow/take-back": _by(f"{EDITION}/note-for-tomorrow", "put it back, for a day"),
    "/desk/sources/try": _none(LOOKS),
    "/desk/sources/add": _by("/desk/sources/{source}/switch", "switch it off: nothing of it is read or told any more"),
    "/desk/sources/{source}/switch": _by("/desk/sources/{source}/switch", "the other way"),
    "/desk/sources/{source}/test": _none(LOOKS),
    "/desk/look/{newsletter}": _by("/desk/look/{newsletter}/take-back", "one change after the other"),
    "/desk/look/{newsletter}/take-back": _by("/desk/look/{newsletter}", "keep that look again"),
    "/desk/audience/lists/{list}/segments": _by(
        "/desk/audience/lists/{list}/segments", "remove it; put it back, for a day; save it as it was"
    ),
    "/desk/audience/lists/{list}/export": _none("a file that left cannot be called back: it asks for the password"),
    "/desk/audience/lists/{list}/import": _by("/desk/audience/imports/{job}/go-on", "stop: it is a rehearsal yet"),
    "/desk/audience/imports/{job}/go-on": _none(
        "a stop is gone on with; who was brought in may have chosen since, so nobody is thrown out: it is rehearsed"
    ),
    "/desk/trial": _none("it says what is true of the domain and the address; to mail nobody, stop, hold or pause"),
    "/desk/people/invite": _by("/desk/people/{person}/end", "end the access"),
    "/desk/people/{person}/change": _by("/desk/people/{person}/change", "as it was; the log says the roles"),
    "/desk/people/{person}/end": _by("/desk/people/{person}/give-back", "for a day"),
    "/desk/people/{person}/give-back": _by("/desk/people/{person}/end", "end it again"),
    "/desk/tokens/create": _by("/desk/tokens/revoke", "end it"),
    "/desk/tokens/revoke": _by(
        "/desk/tokens/create", "a new one, by another name: what may be stolen must not come back"
    ),
    "/desk/webhooks/add": _by("/desk/webhooks/{webhook}/remove", "remove it"),
    "/desk/webhooks/{webhook}/change": _by("/desk/webhooks/{webhook}/change", "as it was"),
    "/desk/webhooks/{webhook}/move": _by("/desk/webhooks/{webhook}/move", "pause, go on; a post cannot be called back"),
    "/desk/webhooks/{webhook}/secret": _none("an old one must not come back; for a day posts are signed by both"),
    "/desk/webhooks/{webhook}/remove": _by("/desk/webhooks/add", "add it anew; its posts are forgotten"),
}
"""By the address of each form."""


def page() -> str:
    """docs/reference/desk-undo.md."""
    lines = [
        "# What takes a press at the desk back",
        "",
        "Written from `digest/web/desk/undo.py` by `docs/reference/write_desk_routes.py`. Every address that changes",
        "something has a line, or a test fails; what can be taken back is done and taken back by tests.",
        "",
        "| what is pressed | what takes it back | how, or why nothing does |",
        "|---|---|---|",
        *(f"| `{path}` | {f'`{one.by}`' if one.by else ''} | {one.says} |" for path, one in UNDOES.items()),
    ]
    return "\n".join(lines) + "\n"
