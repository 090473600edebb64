"""The one gate for mail headers: what comes out is ASCII, bounded, and cannot end the line that it stands on."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from email.errors import HeaderParseError
from email.header import decode_header

from digest.model.errors import RenderFailed
from subscribers.address import AddressError, parse_address

LONGEST = 998
"""Most bytes of a header with its name, and of any line of a mail without its end (RFC 5322)."""
_FOLD_AT = 76
_ENCODED_BYTES = 39
"""UTF-8 bytes in one encoded word: 52 characters of base64 and 12 around, so that a header's name fits before it."""
_MOST_LAYERS = 3

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?]*\?=")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9.-]+")
_URL = re.compile(r"https?://[!#-;=?-~]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def header(name: str, value: str) -> str:
    """The value as it may be written behind `name:`, unfolded. Raises RenderFailed where it may not.

    Encoded words are decoded first, for a line end can hide in one, then looked at, then encoded again.
    """
    if not _NAME.fullmatch(name):
        raise RenderFailed("header", f"{name!r} is not a header's name")
    text = _checked(name, value)
    return text if text.isascii() and "=?" not in text else _encoded(text)


def mailbox(name: str, display: str, email: str) -> str:
    """`"Display name" <address>` for a header such as To, or the bare address where the name is empty.

    A stranger's name is no reason to lose a reader: one that may not be written is left off. Raises RenderFailed
    for an address that has no ASCII form; the message does not repeat it.
    """
    address = ascii_address(name, email)
    try:
        text = _checked(name, display[:200])
    except RenderFailed:
        return address
    if not text:
        return address
    if text.isascii() and "=?" not in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(text)} <{address}>"


def ascii_address(name: str, email: str) -> str:
    """The address with its domain in ASCII (IDNA). Raises RenderFailed where there is no such form."""
    if _PLAIN_ADDRESS.fullmatch(email) and len(email) <= 254:
        return email
    try:
        return parse_address(email, allow_reserved=True).key
    except AddressError as error:
        raise RenderFailed(f"header {name}", f"the address cannot be written in a mail: {error}") from error


def link(name: str, url: str) -> str:
    """`<url>`. Raises RenderFailed unless it is a plain ASCII http(s) address that fits on one line."""
    if not _URL.fullmatch(url) or len(url) + len(name) + 4 > LONGEST:
        raise RenderFailed(f"header {name}", f"{url[:100]!r} is not a plain http address of less than {LONGEST} bytes")
    return f"<{url}>"


def token(name: str, value: str) -> str:
    """A value of letters, digits, dots and hyphens, such as a domain or a key. Raises RenderFailed."""
    if not _TOKEN.fullmatch(value) or len(value) > 250:
        raise RenderFailed(f"header {name}", f"{value[:100]!r} may hold only letters, digits, '.', '_' and '-'")
    return value


def line(name: str, value: str) -> bytes:
    """The header as it stands in the mail, folded between words, with its CRLF. `value` has passed a gate above."""
    if len(name) + 2 + len(value) <= _FOLD_AT:
        return f"{name}: {value}\r\n".encode("ascii")
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD_AT and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _checked(name: str, value: str) -> str:
    room = LONGEST - len(name) - len(": ")
    if value.isascii() and value.isprintable() and "=?" not in value and len(value) <= room:
        return " ".join(value.split())
    text = value
    for _ in range(_MOST_LAYERS):
        if not _ENCODED_WORD.search(text):
            break
        text = _decoded(name, text)
    else:
        if _ENCODED_WORD.search(text):
            raise RenderFailed(f"header {name}", "encoded words are wrapped in encoded words; write it plainly")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs"):
            raise RenderFailed(f"header {name}", f"holds the control character U+{ord(character):04X}")
    if len(text.encode()) > room:
        raise RenderFailed(f"header {name}", f"is longer than {room} bytes; shorten it")
    return " ".join(text.split())


def _decoded(name: str, text: str) -> str:
    try:
        parts = decode_header(text)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "strict") for part, charset in parts
        )
    except (HeaderParseError, LookupError, ValueError) as error:  # a bad charset or bytes that are none of it
        raise RenderFailed(f"header {name}", f"holds an encoded word that cannot be read: {error}") from error


def _encoded(text: str) -> str:
    """RFC 2047 words in UTF-8, none of which ends inside a character; the spaces between them are not text."""
    words = [b""]
    for character in text:
        encoded = character.encode()
        if len(words[-1]) + len(encoded) > _ENCODED_BYTES:
            words.append(b"")
        words[-1] += encoded
    return " ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)
