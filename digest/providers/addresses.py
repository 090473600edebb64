"""What an address may look like on the wire, and how addresses and keys are kept out of messages and logs (P10)."""

from __future__ import annotations

import re

from digest.model.secrecy import without_addresses, without_secrets

_BARE = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")


def is_bare(address: str) -> bool:
    """True for printable ASCII with one @ and no space or angle bracket: nothing that ends the place it stands in."""
    return _BARE.fullmatch(address) is not None


def redacted(text: str) -> str:
    """What the other side said, on one line of at most 4,000 characters, without anybody's address and our keys."""
    return without_addresses(without_secrets(" ".join(text[:4000].split())))
