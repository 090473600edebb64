"""The per-reader holes: exact tokens set before compile, and filled by parts that were split once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape

from digest.model.errors import RenderFailed
from digest.model.mail import Rendered, Slot
from digest.render.typeset import one_line
from digest.render.words import words_for

OF_EVERY_MAIL = (Slot.NAME, Slot.UNSUBSCRIBE, Slot.PREFERENCES, Slot.VIEW)
LONGEST_NAME = 60
"""Most characters of a reader's name that a greeting says."""


def slot_tokens(content: str) -> dict[Slot, str]:
    """A token for each slot, made from a hash of everything that is set.

    Nobody who writes a story can know the hash that the story takes part in, so no story can hold a token.
    Only letters, digits and hyphens: a token stands unchanged in HTML, in an attribute and in plain text.
    """
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return {slot: f"-{slot}-{digest[:20]}-" for slot in OF_EVERY_MAIL}


def greeting(language: str, name: str, *, hour: int = 6, otherwise: str = "") -> str:
    """The value of the name slot: a whole greeting such as "Good morning, Ann.", sensible without a name.

    `hour` is the reader's own, 0 to 23. `otherwise` is the edition's language, spoken where we have none of
    `language`: a mail has one voice.
    """
    words = words_for(language, otherwise)
    who = one_line(name, LONGEST_NAME)
    if hour < 12:
        return words.say("Good morning, %(name)s.", name=who) if who else words.say("Good morning.")
    if hour < 18:
        return words.say("Good afternoon, %(name)s.", name=who) if who else words.say("Good afternoon.")
    return words.say("Good evening, %(name)s.", name=who) if who else words.say("Good evening.")


def html_value(value: str) -> str:
    """A plain value as it stands in HTML, in text and in a quoted attribute alike."""
    return escape(one_line(value), quote=True)


def text_value(value: str) -> str:
    """A plain value as it stands in the text part: one line, no control characters."""
    return one_line(value)


def split(document: str, tokens: Mapping[Slot, str]) -> tuple[tuple[str, ...], tuple[Slot, ...]]:
    """The document's fixed parts and, between each two of them, the slot that stands there."""
    by_token = {token: slot for slot, token in tokens.items()}
    if not by_token:
        return (document,), ()
    pieces = re.split("(" + "|".join(map(re.escape, by_token)) + ")", document)
    return tuple(pieces[::2]), tuple(by_token[piece] for piece in pieces[1::2])


class Filler:
    """One rendering, ready to be filled for many readers: split once, joined for each."""

    def __init__(self, rendered: Rendered) -> None:
        self._html = split(rendered.html, rendered.slot_tokens)
        self._text = split(rendered.text, rendered.slot_tokens)

    def html(self, values: Mapping[Slot, str]) -> str:
        """The HTML part for one reader; the values are plain. Raises RenderFailed where one is missing."""
        return _joined(*self._html, {slot: html_value(value) for slot, value in values.items()})

    def text(self, values: Mapping[Slot, str]) -> str:
        """The text part for one reader; the values are plain. Raises RenderFailed where one is missing."""
        return _joined(*self._text, {slot: text_value(value) for slot, value in values.items()})


class Substitutes:
    """One rendering for a provider that substitutes by itself and knows a single table for both parts.

    The same value cannot be right in HTML and in text (think of a reader named `A & B`), so the HTML part gets
    tokens of its own here. Values are escaped for the part that they stand in.
    """

    def __init__(self, rendered: Rendered) -> None:
        tokens = rendered.slot_tokens
        # Neither may be found inside the other, whatever order the provider replaces them in.
        renamed = {slot: token.replace(f"-{slot}-", f"-html{slot}-", 1) for slot, token in tokens.items()}
        self.holes: tuple[tuple[str, Slot, bool], ...] = (
            *((token, slot, False) for slot, token in tokens.items() if token in rendered.text),
            *((renamed[slot], slot, True) for slot, token in tokens.items() if token in rendered.html),
        )
        """The token of every hole, the slot whose value it gets, and whether that is escaped for HTML."""
        self.text = rendered.text
        """The text part, with the tokens that `values` fills."""
        self.html = "".join(_alternate(*split(rendered.html, tokens), renamed))
        """The HTML part, likewise."""

    def values(self, slots: Mapping[Slot, str]) -> dict[str, str]:
        """Token -> value for one reader, for the tokens that stand in a part. Raises RenderFailed."""
        try:
            return {token: both_values(slots[slot])[html] for token, slot, html in self.holes}
        except KeyError as error:
            raise RenderFailed(f"slot {error.args[0]}", "no value was given for it") from error


@lru_cache(maxsize=1024)
def both_values(value: str) -> tuple[str, str]:
    """A plain value as it stands in the text part and as in HTML. Greetings and the archive's address repeat."""
    plain = text_value(value)
    escaped = escape(plain, quote=True)
    # One and the same where nothing is escaped, so that a caller need not write it twice.
    return plain, plain if escaped == plain else escaped


def _joined(parts: tuple[str, ...], slots: tuple[Slot, ...], values: Mapping[Slot, str]) -> str:
    try:
        return "".join(_alternate(parts, slots, values))
    except KeyError as error:
        raise RenderFailed(f"slot {error.args[0]}", "no value was given for it") from error


def _alternate(parts: tuple[str, ...], slots: tuple[Slot, ...], values: Mapping[Slot, str]) -> Iterator[str]:
    for part, slot in zip(parts, slots, strict=False):
        yield part
        yield values[slot]
    yield parts[-1]
