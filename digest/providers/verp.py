"""VERP: the delivery key in the return path, so that a bounce says whose it is whatever else it leaves out."""

from __future__ import annotations

import re

from digest.model.errors import ConfigError

LONGEST_LOCAL = 64
"""Octets of a local part (RFC 5321, 4.5.3.1.1)."""
LONGEST_KEY = 32
"""A delivery key has 29."""
_KEY = re.compile(r"\+([A-Za-z0-9]{8,40})@")


def check_return_path(address: str) -> None:
    """Raise ConfigError unless a key fits into the local part of `address`, behind a plus sign."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or "+" in local or len(local) + 1 + LONGEST_KEY > LONGEST_LOCAL:
        raise ConfigError(
            "provider.smtp.verp needs provider.smtp.return_path: an address of your own, such as bounces@example.org, "
            f"with at most {LONGEST_LOCAL - LONGEST_KEY - 1} characters before the @ and no plus sign among them"
        )


def verp(address: str, key: str) -> str:
    """`bounces@example.org` and a key -> `bounces+KEY@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{key}@{domain}"


def keys_in(text: str) -> list[str]:
    """Every key that stands in the addresses of `text`, in lower case (relays change the case of a local part)."""
    return list(dict.fromkeys(key.lower() for key in _KEY.findall(text)))
