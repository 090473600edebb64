"""Builds the body of one `/v3/mail/send` call as plain dicts (the package's helper objects cost 4 times the CPU)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.model.errors import Permanent, RenderFailed
from digest.model.mail import Batch, Envelope, Recipient
from digest.providers.sendgrid_limits import LARGEST_MAIL, sort_out, too_big
from digest.render.message import list_headers
from digest.render.slots import Substitutes, text_value

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

    body: dict[str, Any]
    taken: int
    """Readers in the request; with 0 there is nothing to send."""
    later: frozenset[str]
    refused: Mapping[str, str]


def build_call(batch: Batch, *, sandbox: bool, asm_group: int = 0, ip_pool: str = "") -> Call:
    """The request for a batch. Raises Permanent where the whole of it is more than SendGrid takes.

    `asm_group` is the number of an unsubscribe group, 0 = none; `ip_pool` the name of a pool, empty = the account's.
    """
    readers = sort_out(batch.recipients)
    refused = dict(readers.refused)
    substitutes = Substitutes(batch.rendered)
    personalizations = []
    for recipient in readers.now:
        try:
            personalizations.append(_personalization(batch, recipient, substitutes))
        except (RenderFailed, _TooBig) as error:
            refused[recipient.delivery] = str(error)
    body = _constant_part(batch, substitutes, sandbox) | _ways(batch, asm_group, ip_pool)
    body["personalizations"] = personalizations
    _check_size(batch.chunk, body)
    return Call(body=body, taken=len(personalizations), later=readers.later, refused=refused)


class _TooBig(ValueError):
    """One reader needs more bytes than a personalization may have."""


def _personalization(batch: Batch, recipient: Recipient, substitutes: Substitutes) -> dict[str, Any]:
    """What is one reader's own.

    All headers stand here and none at the root: the documentation leaves open whether the two are merged. No
    `to.name`: it may hold neither comma nor semicolon, and names do.
    """
    substitutions = substitutes.values(recipient.slots)
    custom_args = {"delivery": recipient.delivery, "chunk": batch.chunk}
    why_not = too_big(substitutions, custom_args)
    if why_not:
        raise _TooBig(why_not)
    return {
        "to": [{"email": recipient.email}],
        "headers": list_headers(batch.envelope, recipient),
        "substitutions": substitutions,
        # Never at the root: the official document types it wrongly there.
        "custom_args": custom_args,
    }


def _constant_part(batch: Batch, substitutes: Substitutes, sandbox: bool) -> dict[str, Any]:
    envelope = batch.envelope
    content = [("text/plain", substitutes.text), ("text/html", substitutes.html)]
    body: dict[str, Any] = {
        "from": _sender(envelope),
        "subject": text_value(batch.rendered.subject),
        "content": [{"type": kind, "value": value} for kind, value in content if value],
        "categories": _categories((envelope.newsletter, envelope.edition)),
        "tracking_settings": _ALL_OFF,
    }
    if envelope.reply_to:
        body["reply_to"] = {"email": envelope.reply_to}
    if sandbox:
        body["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return body


def _ways(batch: Batch, asm_group: int, ip_pool: str) -> dict[str, Any]:
    """Which group, which pool, and when: what is not there takes no room."""
    body: dict[str, Any] = {}
    if asm_group:
        body["asm"] = {"group_id": asm_group}
    if ip_pool:
        body["ip_pool_name"] = ip_pool
    if batch.reservation:
        body["batch_id"] = batch.reservation
        if batch.send_at is not None:
            # Whole seconds, and never before the instant that was asked for.
            body["send_at"] = math.ceil(batch.send_at.timestamp())
    return body


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


def _categories(names: Iterable[str]) -> list[str]:
    """Unique, of at most 255 characters, and fewer than ten by construction."""
    return list(dict.fromkeys(text_value(name)[:255] for name in names if name))


def _check_size(chunk: str, body: Mapping[str, Any]) -> None:
    """Reckoned, not serialised a second time. Only the content can be so big: the rest has limits of its own."""
    size = sum(len(part["value"].encode("utf-8", "replace")) for part in body["content"])
    if size > LARGEST_MAIL:
        raise Permanent(f"chunk {chunk}: {size:,} bytes of content; SendGrid takes mails of less than 30 MB")
