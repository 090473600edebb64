"""The secrets of this process and the shapes of addresses, so that whatever is told can be told without them (P10).

The other side may repeat our key in its answer: a gateway that shows the request, a login refused with the password in
it. Such words end in errors, alarms and the log. The set only ever grows, and is nobody's way of reading a secret.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "[key]"
SHORTEST = 6
"""A shorter one is not looked for: it would be found in words that have nothing to do with it."""
_LOGIN = re.compile(r"\b(Basic|Bearer)(\s+|%20)[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
"""What follows is a secret whoever's it is (RFC 6750, RFC 7617)."""

_SOMEBODY = "[address]"
_PART = r"[^\s@\"'<>,;:()\[\]\\/=]+"
# Begins at the start of a run, so that a long line without any @ is looked through once.
_START = r"(?<![^\s@\"'<>,;:()\[\]\\/=])"
_ADDRESS = re.compile(rf"{_START}{_PART}@(?:\[[^\]\s\"'<>@]{{2,64}}\]|{_PART})")
_ENCODED = re.compile(rf"{_START}{_PART}(?:%40|%2540|\\u0040){_PART}", re.IGNORECASE)
"""The @ of an address inside an address of the web, or of JSON in ASCII."""
# The quotes of a JSON line itself are followed by a colon, a comma or a bracket, and never escaped.
_QUOTED = re.compile(
    rf"(?:\\\"[^\"\n]{{1,128}}\\\"|\"[^\s:,{{}}\[\]\"][^\"\n]{{0,127}}\")@(?:\[[^\]\s\"]{{2,64}}\]|{_PART})"
)
"""A quoted local part, which may hold spaces (RFC 5321, 4.1.2), as it is and as JSON has it."""
_WORD = re.compile(r"=\?[\w-]{1,40}\?q\?[^\s?]{0,200}=40[^\s?]{0,200}\?=", re.IGNORECASE)
"""An address in a header's encoded word (RFC 2047)."""

_kept: set[str] = set()


def keep_secret(secrets: Iterable[str]) -> None:
    """From now on these are hidden: as they are, as base64, and as addresses, JSON and pages spell them."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _kept.update(_spellings(secret))


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
    escaped = json.dumps(secret, ensure_ascii=False)[1:-1]
    yield escaped
    yield json.dumps(escaped, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)


def without_secrets(text: str) -> str:
    """The text with `[key]` in place of every secret that is kept, and of what follows `Basic` and `Bearer`."""
    for secret in sorted(_kept, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _LOGIN.sub(rf"\1 {HIDDEN}", text)


def without_addresses(text: str) -> str:
    """The text with `[address]` in place of every e-mail address, however it is quoted or encoded."""
    lower = text.lower()
    if "=40" in text:
        text = _WORD.sub(_SOMEBODY, text)
    if "%40" in text or "%2540" in text or "u0040" in lower:
        text = _ENCODED.sub(_SOMEBODY, text)
    if '"@' in text:
        text = _QUOTED.sub(_SOMEBODY, text)
    return _ADDRESS.sub(_SOMEBODY, text)
