"""How the sender stands in a JSON or form API, and what such an API must be given before it is used at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.model.errors import ConfigError, RenderFailed, Unauthorised
from digest.model.mail import Envelope, Recipient
from digest.render.headers import ascii_address
from digest.render.message import list_headers
from digest.render.slots import text_value

_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
"""What RFC 5322 lets stand in a name only between quotes."""
_ANYBODY = Recipient(
    delivery="anybody", email="anybody@example.org", name="", slots={}, unsubscribe_url="https://example.org/u"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who a message is from, as these APIs take it."""

    sender: str
    """`"Name" <address>`, with a name of any script as it is: they encode it themselves."""
    reply_to: str
    """A bare address, or empty."""


def letterhead(envelope: Envelope) -> Letterhead:
    """Raises Unauthorised where no message at all can be made of this envelope: a person must mend it.

    Found here, before any reader is looked at; later it would look as if every single reader was at fault.
    """
    try:
        list_headers(envelope, _ANYBODY)
        return Letterhead(
            sender=_sender(envelope.from_name, ascii_address("From", envelope.from_email)),
            reply_to=ascii_address("Reply-To", envelope.reply_to) if envelope.reply_to else "",
        )
    except RenderFailed as error:
        raise Unauthorised(f"{envelope.edition}: no message can be written: {error}") from error


def _sender(from_name: str, address: str) -> str:
    """A name in ASCII is quoted. One with other letters is not, and loses what would have needed quotes.

    Mailgun shows those quotes to readers.
    """
    name = text_value(from_name)[:200]
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
    """The newsletter, by which a provider groups its statistics: no reader in it, and no day.

    Providers keep so many groups at most, and advise against one that is new every morning. Our own keys come back in
    every event, and say which edition it was.
    """
    return tuple(filter(None, (text_value(envelope.newsletter),)))
