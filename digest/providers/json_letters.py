"""One rendering as JSON strings: its fixed parts encoded once, each reader's values spliced in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from digest.model.errors import RenderFailed
from digest.model.mail import Rendered, Slot
from digest.render.slots import html_value, split, text_value


class JsonLetters:
    """Writes the JSON object of each reader's message.

    Encoding 60 KB of HTML anew for each of 500 readers would take most of a call's time.
    """

    def __init__(self, rendered: Rendered, *, html: str, text: str) -> None:
        """`html` and `text` are the members' names in this API."""
        self._parts = []
        for member, document, escape in ((html, rendered.html, html_value), (text, rendered.text, text_value)):
            if document:
                fixed, slots = split(document, rendered.slot_tokens)
                self._parts.append((json_bytes(member), [_inner(part) for part in fixed], slots, escape))

    def write(self, members: Mapping[str, Any], slots: Mapping[Slot, str]) -> bytes:
        """`members` and both parts with the plain values of `slots` in them. Raises RenderFailed."""
        pieces = [json_bytes(members)[:-1]]
        for member, fixed, holes, escape in self._parts:
            pieces += (b",", member, b':"', fixed[0])
            for slot, part in zip(holes, fixed[1:], strict=True):
                if slot not in slots:
                    raise RenderFailed(f"slot {slot}", "no value was given for it")
                pieces += (_inner(escape(slots[slot])), part)
            pieces.append(b'"')
        pieces.append(b"}")
        return b"".join(pieces)


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8; half a character becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _inner(text: str) -> bytes:
    return json_bytes(text)[1:-1]
