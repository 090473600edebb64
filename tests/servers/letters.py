"""Batches to send in tests, and one shape for the mail that came out, whatever carried it."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from digest.model.mail import Batch, Envelope, Recipient, Rendered, Slot, Variant
from digest.providers.sendgrid_request import CallWriter
from digest.render.slots import OF_EVERY_MAIL, slot_tokens
from tests.servers.sendgrid_api import Taken

TOKENS = slot_tokens("letters of the tests")

HOSTILE_NAMES = (
    "Ann & Bob <b>",
    '"; DROP TABLE readers; --',
    "O'Neill, Zoë; Dr.",
    "{{7*7}} %(name)s {% raw %}",
    "أحمد 李雷 🙂",
    "=?utf-8?q?=0D=0ABcc:_x@x.example?=",
    "a\r\nBcc: victim@x.example",
    "<script>alert(1)</script>",
    "-html-name- -unsubscribe- $& \\1",
    "..\n.\nQUIT",
    "x" * 300,
    "",
)

ENVELOPE = Envelope(
    edition="world/2022-04-08",
    newsletter="world",
    newsletter_name="The World Brief",
    list_id="world.digest.example",
    from_name="The World Brief",
    from_email="brief@digest.example",
    reply_to="desk@digest.example",
    archive_url="https://digest.example/world/2022-04-08",
    help_url="https://digest.example/help",
    unsubscribe_mailto="leave@digest.example",
    date=datetime(2022, 4, 8, 6, 0, tzinfo=UTC),
    message_domain="digest.example",
)


def rendered(*, text_only: bool = False, filling: str = "") -> Rendered:
    """A small rendering with every slot in both parts, lines that begin with dots, and non-ASCII text."""
    name, leave, choose, view = (TOKENS[slot] for slot in OF_EVERY_MAIL)
    html = (
        f'<!doctype html>\n<html><body><p title="{name}">{name} Kyjiw — 基輔</p>\n.\n..dots\n<p>{filling}</p>'
        f'<a href="{leave}">Leave</a> <a href="{choose}">Choose</a> <a href="{view}">View</a></body></html>\n'
    )
    text = f"{name} Kyjiw — 基輔\n.\n..dots\n\nLeave: {leave}\nChoose: {choose}\nView: {view}\n"
    return Rendered(
        variant=Variant(language="en", text_only=text_only),
        subject="Rockets hit Kramatorsk station – 50 dead",
        preheader="And 11 more",
        html="" if text_only else html,
        text=text,
        slot_tokens=TOKENS,
        sha256="0" * 64,
    )


def reader(number: int, name: str = "Ann", address: str = "") -> Recipient:
    """Reader `number`; links carry an ampersand, as signed ones may."""
    key = f"K{number:06d}ABCDEFGHJK"
    leave = f"https://digest.example/u/{key}?t=1&n={number}"
    return Recipient(
        delivery=key,
        email=address or f"reader{number}@inbox.example",
        name=name,
        slots={
            Slot.NAME: f"Good morning, {name}.",
            Slot.UNSUBSCRIBE: leave,
            Slot.PREFERENCES: f"https://digest.example/p/{key}?a=1&b=2",
            Slot.VIEW: "https://digest.example/world/2022-04-08",
        },
        unsubscribe_url=leave,
    )


def batch(recipients: Iterable[Recipient], *, chunk: str = "7.1", rendering: Rendered | None = None) -> Batch:
    return Batch(chunk=chunk, envelope=ENVELOPE, rendered=rendering or rendered(), recipients=tuple(recipients))


def body_of(sent: Batch, **options: Any) -> dict[str, Any]:
    """The JSON that SendGrid is given for a batch."""
    call = CallWriter(sent.rendered, sent.envelope, **options).write(sent)
    body: dict[str, Any] = json.loads(call.content)
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as its reader gets it."""

    email: str
    delivery: str
    """The delivery key that it carries."""
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    """By lower-case name."""


def from_bytes(content: bytes) -> Letter:
    """Read a MIME message, with Python's own parser. Fails on any defect that it finds."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    found = [defect for part in message.walk() for defect in part.defects]
    assert not found, found
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    key = re.fullmatch(r"<([^@]+)@[^@]+>", message["Message-ID"].strip())
    assert key is not None
    return Letter(
        email=message["To"].addresses[0].addr_spec,
        delivery=key.group(1),
        subject=message["Subject"],
        text=_lines(parts.get("text/plain", "")),
        html=_lines(parts.get("text/html", "")),
        headers={name.lower(): str(value) for name, value in message.items()},
    )


def from_sendgrid(taken: Taken) -> Letter:
    """What SendGrid would write."""
    return Letter(
        email=taken.email,
        delivery=taken.custom_args["delivery"],
        subject=taken.subject,
        text=_lines(taken.text),
        html=_lines(taken.html),
        headers={name.lower(): value for name, value in taken.headers.items()},
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
