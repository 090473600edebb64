"""Writes the body of one `/v3/mail/send` call: what is the same for everybody once, then what is one reader's own.

To build objects for a thousand readers and to serialise them takes ten times as long as to write the JSON (figures in
docs/benchmarks.md).
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from digest.model.errors import Permanent, RenderFailed
from digest.model.mail import Batch, Envelope, Recipient, Rendered
from digest.providers.letterhead import labels
from digest.providers.sendgrid_limits import LARGEST_MAIL, LARGEST_PART, sort_out
from digest.render.message import list_facts, own_list_headers
from digest.render.slots import Substitutes, both_values, text_value

_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "·": "-", "…": "..."}
    | {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"}
)
"""What NFKD leaves alone although a plain form is at hand."""

_ALL_OFF = {
    # Their subscription tracking would put its own footer and List-Unsubscribe in place of ours.
    "subscription_tracking": {"enable": False},
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, and those of the batch who are not in it."""

    content: str
    """The body: JSON in ASCII; empty where there is nothing to send."""
    taken: int
    """Readers in the request."""
    later: frozenset[str]
    refused: Mapping[str, str]


class CallWriter:
    """Writes the calls of one rendering in one envelope."""

    def __init__(
        self, rendered: Rendered, envelope: Envelope, *, sandbox: bool = False, asm_group: int = 0, ip_pool: str = ""
    ) -> None:
        """`asm_group` is the number of an unsubscribe group, 0 = none; `ip_pool` a pool, empty = the account's.

        Raises RenderFailed where a header of the list may not be written.
        """
        self._envelope = envelope
        substitutes = Substitutes(rendered)
        constant = _constant_part(rendered, envelope, substitutes)
        if sandbox:
            constant["mail_settings"] = {"sandbox_mode": {"enable": True}}
        if asm_group:
            constant["asm"] = {"group_id": asm_group}
        if ip_pool:
            constant["ip_pool_name"] = ip_pool
        # Reckoned from the content: only that can be so big, the rest has limits of its own.
        self._size = sum(len(part["value"].encode("utf-8", "replace")) for part in constant["content"])
        self._constant = json.dumps(constant)[:-1]
        self._facts = "".join(f',"{name}":{_quoted(value)}' for name, value in list_facts(envelope).items())
        # Where a slot's value goes, and as what; the same slots in the order of their holes.
        self._slots = tuple(dict.fromkeys(slot for _, slot, _ in substitutes.holes))
        self._holes = tuple((self._slots.index(slot), html) for _, slot, html in substitutes.holes)
        self._tokens_size = sum(len(token) for token, _, _ in substitutes.holes)
        # Everything between the values is written once: to put it together for each reader took half as long again.
        tokens = ",".join(_quoted(token).replace("%", "%%") + ":%s" for token, _, _ in substitutes.holes)
        self._form = (
            '{"to":[{"email":%s}],"headers":{%s},"substitutions":{' + tokens + "},"
            '"custom_args":{"delivery":%s,"chunk":%s}}'
        )

    def write(self, batch: Batch) -> Call:
        """The request for a batch. Raises Permanent where the whole of it is more than SendGrid takes."""
        if self._size > LARGEST_MAIL:
            raise Permanent(
                f"chunk {batch.chunk}: {self._size:,} bytes of content; SendGrid takes mails of less than 30 MB"
            )
        readers = sort_out(batch.recipients)
        refused = dict(readers.refused)
        chunk = _quoted(batch.chunk)
        personalizations = []
        for recipient in readers.now:
            try:
                personalizations.append(self._personalization(recipient, chunk))
            except (RenderFailed, _TooBig) as error:
                refused[recipient.delivery] = str(error)
        taken = len(personalizations)
        if taken:
            # Written into the first and the last, so that a megabyte is put together once and not twice.
            personalizations[0] = f'{self._constant}{_when(batch)}, "personalizations": [{personalizations[0]}'
            personalizations[-1] += "]}"
        return Call(content=",".join(personalizations), taken=taken, later=readers.later, refused=refused)

    def _personalization(self, recipient: Recipient, chunk: str) -> str:
        """What is one reader's own.

        All headers stand here and none at the root: the documentation leaves open whether the two are merged. No
        `to.name`: it may hold neither comma nor semicolon, and names do. The custom arguments stand here too: the
        official document types them wrongly at the root.
        """
        try:
            values = [_written(recipient.slots[slot]) for slot in self._slots]
        except KeyError as error:
            raise RenderFailed(f"slot {error.args[0]}", "no value was given for it") from error
        told = [values[place][html] for place, html in self._holes]
        own = own_list_headers(self._envelope, recipient)
        headers = ",".join([f'"{name}":{_quoted(value)}' for name, value in own.items()]) + self._facts
        made = self._form % (
            _quoted(recipient.email), headers if own else headers[1:], *told, _quoted(recipient.delivery), chunk,
        )  # fmt: skip
        # JSON is never shorter than what it says: whoever fits whole need not be reckoned up.
        if len(made) > LARGEST_PART and (size := self._tokens_size + _size(told)) > LARGEST_PART:
            raise _TooBig(f"{size:,} bytes of substitutions; SendGrid takes {LARGEST_PART:,}")
        return made


class _TooBig(ValueError):
    """One reader needs more bytes than a personalization may have."""


_PLAIN = re.compile(r"[!#-%(-;=?-\[\]-~]+")
"""Printable ASCII without a space, a quote, a backslash and `<>&`: the same in JSON, in text and in HTML."""


def _written(value: str) -> tuple[str, str]:
    """A slot's value in JSON, as the text part and as the HTML part need it."""
    # Most addresses are plain. Each is one reader's own, and would only drive out of the cache what comes again.
    if _PLAIN.fullmatch(value):
        quoted = f'"{value}"'
        return quoted, quoted
    return _escaped(value)


@lru_cache(maxsize=1024)
def _escaped(value: str) -> tuple[str, str]:
    plain, escaped = both_values(value)
    quoted = _quoted(plain)
    return quoted, quoted if escaped is plain else _quoted(escaped)


def _size(written: Iterable[str]) -> int:
    """Bytes of these values, not quoted."""
    return sum(len(json.loads(value).encode("utf-8", "replace")) for value in written)


def _constant_part(rendered: Rendered, envelope: Envelope, substitutes: Substitutes) -> dict[str, Any]:
    content = [("text/plain", substitutes.text), ("text/html", substitutes.html)]
    body: dict[str, Any] = {
        "from": _sender(envelope),
        "subject": text_value(rendered.subject),
        "content": [{"type": kind, "value": value} for kind, value in content if value],
        "categories": [label[:255] for label in labels(envelope)],
        "tracking_settings": _ALL_OFF,
    }
    if envelope.reply_to:
        body["reply_to"] = {"email": envelope.reply_to}
    return body


def _when(batch: Batch) -> str:
    """When it shall go, and under which name it can be taken back; empty where it goes at once."""
    if not batch.reservation:
        return ""
    told = f', "batch_id": {_quoted(batch.reservation)}'
    # Whole seconds, and never before the instant that was asked for.
    return told if batch.send_at is None else f'{told}, "send_at": {math.ceil(batch.send_at.timestamp())}'


def _sender(envelope: Envelope) -> dict[str, str]:
    name = ascii_name(envelope.from_name) or ascii_name(envelope.newsletter_name) or _words(envelope.newsletter)
    return {"email": envelope.from_email} | ({"name": name} if name else {})


def ascii_name(name: str) -> str:
    """A sender's name in ASCII, or an empty string where that would lose letters.

    SendGrid supports no Unicode in `from`. An RFC 2047 encoded word is no way out: a JSON string is quoted as it
    is, and readers would see the code. Accents are left off (`Été` is `Ete`); other scripts have no plain form.
    """
    plain = unicodedata.normalize("NFKD", text_value(name).translate(_TYPOGRAPHY))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return letters if letters.isascii() else ""


def _words(slug: str) -> str:
    return ascii_name(slug.replace("-", " ").title())
