"""The secrets of this process, so that whatever is told to anybody can be told without them (P10).

The other side may repeat our key in its answer: a gateway that shows the request, a login refused with the password in
it. Such words end in errors, alarms and the log. The set only ever grows, and is nobody's way of reading a secret.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

HIDDEN = "[key]"
SHORTEST = 6
"""A shorter one is not looked for: it would be found in words that have nothing to do with it."""
_LOGIN = re.compile(r"\b(Basic|Bearer)(\s+|%20)[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
"""What follows is a secret whoever's it is (RFC 6750, RFC 7617)."""

_kept: set[str] = set()


def keep_secret(secrets: Iterable[str]) -> None:
    """From now on these are hidden, as they are and as base64 has them."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _kept.update((secret, base64.b64encode(secret.encode()).decode().rstrip("=")))


def without_secrets(text: str) -> str:
    """The text with `[key]` in place of every secret that is kept, and of what follows `Basic` and `Bearer`."""
    for secret in sorted(_kept, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _LOGIN.sub(rf"\1 {HIDDEN}", text)
