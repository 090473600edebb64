"""Quoted-printable, made to be spliced: any text becomes lines that may be joined after a soft line break."""

from __future__ import annotations

import re

_WIDEST = 75
"""Characters before the `=` of a soft line break (RFC 2045 allows 76 with it)."""
SOFT_BREAK = b"=\r\n"
HALF = re.compile("[\ud800-\udfff]")
"""Half of a character, which JSON may spell and UTF-8 cannot: a text with one is not encoded."""

_TO_ENCODE = re.compile(rb"[^\t -<>-~]")
_PLAIN = re.compile(r"(?!From )[!-\-/-<>-~][!-<>-~]*(?: [!-<>-~]+)*")
_PLAIN_LINK = re.compile(r"(?:[!-\-/-<>-~][!-<>-~]{74})+(?:[!-\-/-<>-~][!-<>-~]{0,73})?")
"""Of one word and several lines, none of which begins with a dot: the links that are a reader's own."""
_ESCAPES = [b"=%02X" % code for code in range(256)]


def encode(text: str) -> bytes:
    """The text in quoted-printable with CRLF, as if it began on a new line; it does not end in a soft break.

    No line is longer than 76, none starts with a dot (SMTP would have to double it) or with `From ` (mailboxes
    would read it as the next mail).
    """
    if len(text) <= _WIDEST and _PLAIN.fullmatch(text):  # most values of a slot
        return text.encode("ascii")
    if _PLAIN_LINK.fullmatch(text):
        whole = text.encode("ascii")
        return SOFT_BREAK.join([whole[start : start + _WIDEST] for start in range(0, len(whole), _WIDEST)])
    lines = text.replace("\r\n", "\n").encode().split(b"\n")
    return b"\r\n".join(_line(line) for line in lines)


def _line(line: bytes) -> bytes:
    encoded = _TO_ENCODE.sub(_escape, line)
    if encoded.endswith((b" ", b"\t")):
        encoded = encoded[:-1] + _ESCAPES[encoded[-1]]
    if len(encoded) <= _WIDEST and not encoded.startswith((b".", b"From ")):
        return encoded
    pieces = []
    start = 0
    while True:
        head = b""
        if encoded.startswith((b".", b"From "), start):
            head = _ESCAPES[encoded[start]]
            start += 1
        end = start + _WIDEST - len(head)
        if end >= len(encoded):
            pieces.append(head + encoded[start:])
            return SOFT_BREAK.join(pieces)
        # An escape is three characters that stay together.
        escape = encoded.rfind(b"=", end - 2, end)
        if escape != -1:
            end = escape
        pieces.append(head + encoded[start:end])
        start = end


def _escape(match: re.Match[bytes]) -> bytes:
    return _ESCAPES[match[0][0]]
