"""Builds the form of one Mailgun batch: a message with `%recipient.…%` in it, and a table of every reader's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.model.errors import Permanent, RenderFailed
from digest.model.mail import Batch, Recipient, Rendered, Slot
from digest.providers.json_letters import json_bytes
from digest.providers.letterhead import Letterhead, labels, letterhead
from digest.providers.sendgrid_limits import sort_out
from digest.render.message import list_headers
from digest.render.slots import html_value, split, text_value

BATCH_SIZE = 1000
"""Recipients of one call."""
LARGEST_MAIL = 20_000_000
"""Bytes of content; Mailgun takes mails of 25 MB, and its own headers come on top."""
_THEIR_VARIABLE = re.compile(r"%(?=(?:recipient|unsubscribe|tag_unsubscribe|mailing_list)[\w.:-]*%)")
"""What Mailgun would replace wherever it stood: in a story, or in a reader's name."""
_OWN_HEADERS = ("List-Unsubscribe",)
"""Those of the list headers that differ from reader to reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One request, and those of the batch who are not in it."""

    body: bytes
    """application/x-www-form-urlencoded."""
    taken: int
    """Readers in the request; with 0 there is nothing to send."""
    later: frozenset[str]
    refused: Mapping[str, str]


class _Letter:
    """The rendering in Mailgun's own notation: where a slot was, a `%recipient.…%` stands."""

    def __init__(self, rendered: Rendered) -> None:
        self.subject = in_text(text_value(rendered.subject))
        text, self._in_text = split(rendered.text, rendered.slot_tokens)
        html, self._in_html = split(rendered.html, rendered.slot_tokens)
        self.text = _notated([in_text(part) for part in text], self._in_text, "text")
        self.html = _notated([in_html(part) for part in html], self._in_html, "html")

    def values(self, recipient: Recipient) -> dict[str, str]:
        """Variable -> this reader's value, each written for the part that it stands in. Raises RenderFailed."""
        slots = recipient.slots
        try:
            values = {f"text_{slot}": in_text(text_value(slots[slot])) for slot in self._in_text}
            values |= {f"html_{slot}": in_html(html_value(slots[slot])) for slot in self._in_html}
        except KeyError as error:
            raise RenderFailed(f"slot {error.args[0]}", "no value was given for it") from error
        return values


def _notated(fixed: list[str], slots: tuple[Slot, ...], part: str) -> str:
    return fixed[0] + "".join(f"%recipient.{part}_{slot}%{after}" for slot, after in zip(slots, fixed[1:], strict=True))


def build_form(batch: Batch, *, test_mode: bool) -> Form:
    """The request for a batch. Raises Permanent where it is more than Mailgun takes, Unauthorised for its sender."""
    head = letterhead(batch.envelope)
    readers = sort_out(batch.recipients)
    refused = dict(readers.refused)
    letter = _Letter(batch.rendered)
    size = len(letter.html.encode("utf-8", "replace")) + len(letter.text.encode("utf-8", "replace"))
    if size > LARGEST_MAIL:
        raise Permanent(f"chunk {batch.chunk}: {size:,} bytes of content; Mailgun takes mails of less than 25 MB")
    people: dict[str, dict[str, str]] = {}
    headers: dict[str, str] = {}
    for recipient in readers.now:
        try:
            headers = list_headers(batch.envelope, recipient)
            # A letter to somebody who is on no list has none of them.
            own = {f"x_{name.replace('-', '_').lower()}": headers[name] for name in _OWN_HEADERS if name in headers}
            people[recipient.email] = letter.values(recipient) | own | {"delivery": recipient.delivery}
        except RenderFailed as error:
            refused[recipient.delivery] = str(error)
    fields = _fields(batch, head, letter, headers, test_mode=test_mode) if people else []
    fields += [("to", email) for email in people]
    fields.append(("recipient-variables", json_bytes(people).decode("utf-8")))
    body = urlencode(fields, encoding="utf-8", errors="replace").encode("ascii")
    return Form(body=body, taken=len(people), later=readers.later, refused=refused)


def _fields(
    batch: Batch, head: Letterhead, letter: _Letter, headers: Mapping[str, str], *, test_mode: bool
) -> list[tuple[str, str]]:
    """What is the same for everybody. `headers` are any reader's: those that differ are replaced by variables."""
    fields = [("from", in_text(head.sender)), ("subject", letter.subject), ("text", letter.text)]
    if letter.html:
        fields.append(("html", letter.html))
    if head.reply_to:
        fields.append(("h:Reply-To", head.reply_to))
    for name, value in headers.items():
        own = f"%recipient.x_{name.replace('-', '_').lower()}%"
        fields.append((f"h:{name}", own if name in _OWN_HEADERS else in_text(value)))
    fields += [("v:delivery", "%recipient.delivery%"), ("v:chunk", batch.chunk)]
    fields += [("o:tag", label[:128]) for label in labels(batch.envelope)]
    # Their tracking would rewrite our links, and put a List-Unsubscribe of its own in place of ours.
    fields += [("o:tracking", "no"), ("o:tracking-clicks", "no"), ("o:tracking-opens", "no")]
    if test_mode:
        fields.append(("o:testmode", "yes"))
    return fields


def in_text(text: str) -> str:
    """The text with a word joiner, which nobody sees, in what Mailgun would take for a variable of its own."""
    return _THEIR_VARIABLE.sub("%\u2060", text)


def in_html(html: str) -> str:
    """The same for HTML, where the sign has another spelling."""
    return _THEIR_VARIABLE.sub("&#37;", html)
