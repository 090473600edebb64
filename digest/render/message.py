"""The message: compiled once per rendering to quoted-printable bytes, then spliced for each reader."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from functools import lru_cache
from types import MappingProxyType

from digest.model.errors import RenderFailed
from digest.model.mail import Envelope, Recipient, Rendered, Slot
from digest.render.headers import ascii_address, header, line, link, mailbox, token
from digest.render.quoted import HALF, SOFT_BREAK, encode
from digest.render.slots import both_values, split, text_value

ONE_CLICK = "List-Unsubscribe=One-Click"
"""Value of List-Unsubscribe-Post (RFC 8058)."""


class MessageTemplate:
    """Builds the messages of one rendering and one envelope. Equal input, equal bytes, so a retry repeats itself.

    Raises RenderFailed, at once or from `build`, where a header or an address may not be written.
    """

    def __init__(self, rendered: Rendered, envelope: Envelope, *, crlf: bool = True) -> None:
        """Lines end in CRLF, as on the way, or in LF where `crlf` is False, as in a mail store."""
        self._crlf = crlf
        self._envelope = envelope
        self._domain = token("Message-ID", envelope.message_domain)
        self._constant = _constant_headers(rendered, envelope)
        body = _Body(rendered)
        self._parts = body.parts
        if not crlf:
            self._constant = self._constant.replace(b"\r", b"")
            self._parts = [part.replace(b"\r", b"") for part in self._parts]
        self._slots = tuple({slot: None for slot, _ in body.holes})
        self._places = tuple(2 * self._slots.index(slot) + html for slot, html in body.holes)
        """Where in the row of fillings the value of each hole stands."""

    def build(self, recipient: Recipient) -> bytes:
        """The whole message for one reader: no line above 998 bytes, none starting with a dot."""
        return b"".join(self.pieces(recipient))

    def pieces(self, recipient: Recipient) -> list[bytes]:
        """The same as it is put together: what is the same for everybody is not copied."""
        fillings: list[bytes] = []
        for slot in self._slots:
            try:
                fillings += _fillings(recipient.slots[slot])
            except KeyError as error:
                raise RenderFailed(f"slot {slot}", "no value was given for it") from error
        pieces = [self._own_headers(recipient), self._constant]
        if not self._crlf:
            pieces[0] = pieces[0].replace(b"\r", b"")
            fillings = [filling.replace(b"\r", b"") for filling in fillings]
        for part, place in zip(self._parts, self._places, strict=False):
            pieces += (part, fillings[place])
        pieces.append(self._parts[-1])
        return pieces

    def _own_headers(self, recipient: Recipient) -> bytes:
        message_id = token("Message-ID", recipient.delivery)
        own = {
            "To": mailbox("To", recipient.name, recipient.email),
            "Message-ID": f"<{message_id}@{self._domain}>",
            **own_list_headers(self._envelope, recipient),
        }
        return b"".join(line(name, value) for name, value in own.items())


class _Body:
    """A rendering as quoted-printable: fixed parts, and between each two of them a hole."""

    def __init__(self, rendered: Rendered) -> None:
        self.parts: list[bytes] = [b""]
        self.holes: list[tuple[Slot, bool]] = []
        """The slot, and whether it stands in the HTML part."""
        if not rendered.html:
            self._append(_part_headers("plain"))
            self._append_part(rendered.text, rendered, html=False)
            return
        # "=_" cannot occur in quoted-printable, so no text can hold the boundary.
        boundary = f"=_{rendered.sha256[:32]}".encode("ascii")
        self._append(b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n\r\n')
        for kind, body, html in (("plain", rendered.text, False), ("html", rendered.html, True)):
            self._append(b"--" + boundary + b"\r\n" + _part_headers(kind))
            self._append_part(body, rendered, html=html)
            self._append(b"\r\n")
        self._append(b"--" + boundary + b"--\r\n")

    def _append(self, fixed: bytes) -> None:
        self.parts[-1] += fixed

    def _append_part(self, body: str, rendered: Rendered, *, html: bool) -> None:
        half = HALF.search(body)
        if half:
            name = "HTML part" if html else "text part"
            raise RenderFailed(name, f"holds half a character (U+{ord(half[0]):04X}), which no mail can carry")
        fixed, slots = split(body, rendered.slot_tokens)
        for text, slot in zip(fixed, slots, strict=False):
            encoded = encode(text)
            # The value stands on lines of its own; where one has just begun there is nothing to break.
            begun = not encoded or encoded.endswith(b"\r\n")
            self._append(encoded if begun else encoded + SOFT_BREAK)
            self.parts.append(b"")
            self.holes.append((slot, html))
        self._append(encode(fixed[-1]))


def parts_of(rendered: Rendered) -> bytes:
    """The MIME part headers and body of a rendering that has no slots, to stand behind the other headers."""
    body = _Body(rendered)
    if body.holes:
        raise RenderFailed(f"slot {body.holes[0][0]}", "a letter has no slots")
    return body.parts[0]


def list_headers(envelope: Envelope, recipient: Recipient) -> dict[str, str]:
    """The headers of one message that a provider which writes its own From, To and Date has still to be given.

    Values are ASCII and unfolded. Raises RenderFailed.
    """
    return {**own_list_headers(envelope, recipient), **list_facts(envelope)}


def refused_headers(rendered: Rendered, envelope: Envelope) -> tuple[RenderFailed, ...]:
    """Why headers of a mailing may not be written, each with its place; empty where all may. For before it is sent."""
    writers: tuple[Callable[[], object], ...] = (
        lambda: header("Subject", rendered.subject),
        lambda: header("From", envelope.from_name),
        lambda: ascii_address("From", envelope.from_email),
        lambda: ascii_address("Reply-To", envelope.reply_to) if envelope.reply_to else "",
        lambda: token("Message-ID", envelope.message_domain),
        lambda: token("Content-Language", rendered.variant.language),
        lambda: list_facts(envelope),
        lambda: _mailto(envelope.unsubscribe_mailto) if envelope.unsubscribe_mailto else "",
    )
    return tuple(failure for write in writers if (failure := _failure_of(write)) is not None)


def _failure_of(write: Callable[[], object]) -> RenderFailed | None:
    try:
        write()
    except RenderFailed as error:
        return error
    return None


def own_list_headers(envelope: Envelope, recipient: Recipient) -> dict[str, str]:
    """The way out, which is each reader's own; a letter to somebody who is on no list has none."""
    if envelope.letter and not recipient.unsubscribe_url:
        return {}
    return {"List-Unsubscribe": _unsubscribe(envelope, recipient), "List-Unsubscribe-Post": ONE_CLICK}


def _constant_headers(rendered: Rendered, envelope: Envelope) -> bytes:
    constant = {
        "From": mailbox("From", envelope.from_name, envelope.from_email),
        "Subject": header("Subject", rendered.subject),
        "Date": format_datetime(envelope.date),
    }
    if envelope.reply_to:
        constant["Reply-To"] = ascii_address("Reply-To", envelope.reply_to)
    constant |= list_facts(envelope)
    constant |= {"Content-Language": token("Content-Language", rendered.variant.language), "MIME-Version": "1.0"}
    return b"".join(line(name, value) for name, value in constant.items())


@lru_cache(maxsize=64)
def list_facts(envelope: Envelope) -> Mapping[str, str]:
    """The list's headers: the same for every reader of a mailing, so they are written once."""
    if envelope.letter:
        # RFC 3834: no absence note, and no robot, shall answer it.
        return MappingProxyType({"Auto-Submitted": "auto-generated"})
    list_id = token("List-ID", envelope.list_id)
    facts = {
        "List-ID": f"{header('List-ID', _phrase(envelope.newsletter_name))} <{list_id}>".lstrip(),
        "Feedback-ID": _feedback_id(envelope),
    }
    if envelope.archive_url:
        facts["List-Archive"] = link("List-Archive", envelope.archive_url)
    if envelope.help_url:
        facts["List-Help"] = link("List-Help", envelope.help_url)
    return MappingProxyType(facts)


def _phrase(name: str) -> str:
    """A name as RFC 2919 lets it stand before the identifier: no quotes, no angle brackets."""
    return text_value(name).translate(str.maketrans("", "", '"\\<>()@,;:'))


def _feedback_id(envelope: Envelope) -> str:
    """Four fields, most particular first, by which a mailbox provider adds up complaints; groups only, no person."""
    sender = "d" + hashlib.sha256(envelope.message_domain.encode()).hexdigest()[:10]
    fields = (envelope.edition.replace("/", "-"), envelope.newsletter, envelope.message_domain, sender)
    return ":".join(token("Feedback-ID", field) for field in fields)


def _unsubscribe(envelope: Envelope, recipient: Recipient) -> str:
    addresses = link("List-Unsubscribe", recipient.unsubscribe_url)
    if envelope.unsubscribe_mailto:
        addresses += f", {_mailto(envelope.unsubscribe_mailto)}{recipient.delivery}>"
    return addresses


@lru_cache(maxsize=64)
def _mailto(address: str) -> str:
    """The beginning of the mailto form, up to the delivery key."""
    return f"<mailto:{ascii_address('List-Unsubscribe', address.removeprefix('mailto:'))}?subject=unsubscribe%20"


def _part_headers(kind: str) -> bytes:
    return (f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n").encode(
        "ascii"
    )


@lru_cache(maxsize=1024)
def _fillings(value: str) -> tuple[bytes, bytes]:
    """A slot's value as it stands in the text part and in the HTML part. Greetings and the archive's address repeat."""
    plain, escaped = both_values(value)
    encoded = _spliced(plain)
    return encoded, encoded if escaped is plain else _spliced(escaped)


def _spliced(value: str) -> bytes:
    return encode(value) + SOFT_BREAK if value else b""
