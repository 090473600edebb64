"""What was typed into a form, every value of it: kept over a sign-in, a lost race and a refusal."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.datastructures import FormData

from digest.model.edition import Edition, NoteBlock
from digest.render.words import Words

LONGEST_KEPT = 60_000
"""Characters of a form that are kept over a sign-in."""
_UNSAID = frozenset({"version", "status", "next", "kept", "event"})
"""Fields that say nothing to whoever filled the form in."""

Field = tuple[str, str]
"""(name, value); a name may come more than once, as ticks do."""
Shown = tuple[str, str, bool]
"""(title, value, whether somebody wrote it themselves)."""


def typed(fields: FormData) -> tuple[Field, ...]:
    """Every field of the form but secrets and files, in its order."""
    return tuple(
        (name, value) for name, value in fields.multi_items() if isinstance(value, str) and "password" not in name
    )


def kept_form(path: str, fields: FormData) -> str:
    """A form as one text, to go along through the door; empty where it is too large or holds nothing."""
    sent = typed(fields)
    text = json.dumps({"path": path, "fields": sent}) if sent else ""
    return text if len(text) <= LONGEST_KEPT else ""


def lost_files(fields: FormData) -> bool:
    """True where a file was sent, which no text can keep."""
    return any(not isinstance(value, str) and value.filename for _, value in fields.multi_items())


def read_kept(text: str) -> tuple[str, tuple[Field, ...]] | None:
    """The same back: (path, fields), or None where it is nothing of ours. Only paths of the desk are believed."""
    try:
        found = json.loads(text) if len(text) <= LONGEST_KEPT else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("fields"), list):
        return None
    path, pairs = found.get("path"), found["fields"]
    if not isinstance(path, str) or not path.startswith("/desk/") or "//" in path or "\\" in path:
        return None
    if not all(isinstance(one, list) and [type(part) for part in one] == [str, str] for one in pairs):
        return None
    return path, tuple((name, value) for name, value in pairs)


def written(words: Words) -> dict[str, str]:
    """Fields that people write themselves, by name, with their titles."""
    return {
        "headline": words.say("Headline"),
        "blurb": words.say("Blurb"),
        "subject": words.say("Subject"),
        "other": words.say("Second subject"),
        "preheader": words.say("Preheader"),
        "text": words.say("Text"),
        "signed": words.say("Signed"),
        "reason": words.say("Reason"),
        "url": words.say("Address"),
        "outlet": words.say("Outlet"),
        "name": words.say("Name"),
        "email": words.say("Address"),
        "consent": words.say("How these people agreed"),
        "publisher": words.say("Publisher"),
        "postal_address": words.say("Footer address"),
    }


def shown(words: Words, fields: Sequence[Field]) -> list[Shown]:
    """What a form would do, for whoever is to press once more: texts first, then what was chosen."""
    titles = _titles(words, fields)
    texts = [(titles[name], value, True) for name, value in fields if name in titles]
    return texts + [(name, value, False) for name, value in fields if name not in titles and name not in _UNSAID]


def standing(words: Words, edition: Edition, fields: Sequence[Field]) -> list[Shown]:
    """What stands in an edition now, in each of the fields that somebody wrote."""
    event = dict(fields).get("event", "")
    told = next((one for one in edition.told if one.event == event), None)
    note = next((block for one in edition.sections for block in one.blocks if isinstance(block, NoteBlock)), None)
    now = {
        "headline": told.headline if told else "",
        "blurb": told.blurb if told else "",
        "subject": edition.subject,
        "other": edition.subject_b,
        "preheader": edition.preheader,
        "text": note.text if note else "",
        "signed": note.signed if note else "",
    }
    titles = _titles(words, fields)
    return [(titles[name], now[name], True) for name, _ in fields if name in now and name in titles]


def _titles(words: Words, fields: Sequence[Field]) -> dict[str, str]:
    """Of what a form asks people to write: of two events that are put together `other` is a number, not a subject."""
    titles = written(words)
    return titles if "subject" in dict(fields) else {name: title for name, title in titles.items() if name != "other"}
