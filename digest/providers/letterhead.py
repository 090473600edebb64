"""How the sender stands in a JSON or form API, and what such an API must be given before it is used at all."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.model.errors import ConfigError, RenderFailed, Unauthorised
from digest.model.mail import Envelope
from digest.render.headers import ascii_address
from digest.render.slots import text_value

_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
"""What RFC 5322 lets stand in a name only between quotes."""


def sender(envelope: Envelope) -> str:
    """`"Name" <address>`, with a name of any script as it is: these APIs encode it themselves.

    A name in ASCII is quoted. One with other letters is not, and loses the characters that would have needed it:
    Mailgun shows the quotes to readers otherwise. Raises Unauthorised for an address that nobody could send from.
    """
    try:
        address = ascii_address("From", envelope.from_email)
    except RenderFailed as error:
        raise Unauthorised(f"{envelope.newsletter}: {error}. Mend the newsletter's sender.email.") from error
    name = text_value(envelope.from_name)[:200]
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>' if name else address
    plain = " ".join(_SPECIALS.sub(" ", name).split())
    return f"{plain} <{address}>"


def check_secret(key: str, secret: str) -> None:
    """Raise ConfigError unless `secret`, configured as `key`, can stand in a header."""
    if not (secret and secret.isascii() and secret.isprintable() and " " not in secret):
        variable = "DIGEST_" + key.upper().replace(".", "__")
        raise ConfigError(f"{key} is empty or holds characters that none has. Set {variable}.")


def check_base_url(key: str, url: str) -> str:
    """The address without a slash at its end. Raises ConfigError unless it is an http(s) one."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ConfigError(f"{key} must begin with https:// (or http:// for a server of your own)")
    return url.rstrip("/")


def labels(envelope: Envelope) -> tuple[str, ...]:
    """The newsletter and the edition, by which a provider groups its statistics: no reader in them."""
    return tuple(_unique(text_value(name) for name in (envelope.newsletter, envelope.edition)))


def _unique(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(name for name in names if name)
