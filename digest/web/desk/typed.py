"""What was typed into a form, every value of it: kept over a sign-in, a lost race and a refusal."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.datastructures import FormData

from digest.model.edition import Edition, NoteBlock
from digest.render.words import Words

LONGEST_KEPT = 60_000
"""Characters of a form that are kept over a sign-in."""
_UNSAID = frozenset({"version", "status", "seen", "next", "kept", "event", "q", "more"})
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


def chosen(words: Words) -> dict[str, str]:
    """Fields that people choose or tick, by name, with their titles."""
    return {
        "section": words.say("Section"),
        "place": words.say("place"),
        "other": words.say("The same happening as"),
        "story": words.say("Reports: part those that do not belong"),
        "order": words.say("Order of the sections"),
        "tomorrow": words.say("and a note to whoever makes the next edition"),
        "seeds": words.say("and to the seeds"),
        "theme": words.say("Theme"),
        "accent": words.say("Accent"),
        "accent_dark": words.say("Accent, dark"),
        "page_dark": words.say("Ground, dark"),
        "no_logo": words.say("No logo: the name stands there"),
        "role": words.say("Roles"),
        "newsletter": words.say("Newsletter"),
        "language": words.say("Language"),
        "slug": words.say("Short name"),
        "segment": words.say("Who"),
        "any": words.say("one of these is enough"),
        "scope": words.say("It may"),
        "list": words.say("List"),
        "expires": words.say("Last day; empty = without an end"),
        "with_address": words.say("With the reader's address, not only a number"),
    }


_TICKS = frozenset({"tomorrow", "seeds", "no_logo", "any", "with_address"})
"""Fields that are there or not; what they send says nothing."""


def pressed(words: Words) -> dict[str, str]:
    """What the buttons of a form are called that do one of several things."""
    return {
        "up": words.say("Up"),
        "down": words.say("Down"),
        "lead": words.say("Lead"),
        "pin": words.say("Pin"),
        "unpin": words.say("Unpin"),
        "exclude": words.say("Exclude"),
        "readmit": words.say("Readmit"),
        "place": words.say("Move"),
        "sections": words.say("Move"),
        "reset": words.say("Back to the original"),
        "ask": words.say("Ask a second person instead"),
        "try": words.say("Preview"),
        "keep": words.say("Keep"),
        "remove": words.say("Remove"),
    }


def shown(words: Words, fields: Sequence[Field]) -> list[Shown]:
    """What a form would do, for whoever is to press once more: texts first, then what was chosen.

    A field that has no title here stands there by its own name: nobody sends what they do not see.
    """
    titles = _titles(words, fields)
    texts = [(titles[name], value, True) for name, value in fields if name in titles]
    rest = (one for one in fields if one[0] not in titles and one[0] not in _UNSAID)
    return texts + [_choice(words, name, value, fields) for name, value in rest]


def _choice(words: Words, name: str, value: str, fields: Sequence[Field]) -> Shown:
    if name == "do":
        return words.say("Pressed"), pressed(words).get(value, value), False
    titles = chosen(words)
    if "accent" in dict(fields):
        # Of undoing, `page` is where one stood.
        titles["page"] = words.say("Ground")
    return titles.get(name, name), words.say("yes") if name in _TICKS and value == "1" else value, False


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
