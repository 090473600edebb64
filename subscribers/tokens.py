"""Signed links: each does one thing, for one reader, and any damage to it is one and the same refusal.

A token is `reader.list.version.signature`, HMAC-SHA256 over what comes before it, with a key derived per purpose, so
that a link to unsubscribe is noise to the page that exports data. Such a token carries no time: an unsubscribe link
works for as long as its key is kept, and raising the reader's `link_version` revokes all of theirs. The links that
confirm, change an address, export or erase end: `reader.about.version.until.signature`, in seconds since 1970.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from subscribers.model import SubscribersError

SHORTEST_KEY = 16
"""Bytes of secret that a key must have at least."""

_TOKEN = re.compile(
    r"([1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})\.([1-9][0-9]{0,8})(?:\.([1-9][0-9]{8,10}))?\.([A-Za-z0-9_-]{43})"
)


class TokenError(SubscribersError):
    """A token that is not ours, not whole, or not for this purpose: deliberately the same for every cause."""

    def __init__(self) -> None:
        super().__init__("This link is not valid.")


class TokenOver(TokenError):
    """A whole token of ours whose time is over: only its owner can have it, so a page may say so."""


class Purpose(StrEnum):
    """The one thing a link does. The value is part of the signature: never change or reuse one."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"
    CHANGE_ADDRESS = "change-address"
    UNDO_CHANGE = "undo-change"
    EXPORT = "export"
    ERASE = "erase"


ENDING = frozenset({Purpose.CONFIRM, Purpose.CHANGE_ADDRESS, Purpose.UNDO_CHANGE, Purpose.EXPORT, Purpose.ERASE})
"""The purposes whose links end at an instant that is signed with them; all others never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClaim:
    """What a valid token says. `list_id` is 0 where the link is about all lists.

    The caller still compares `version` with the reader's present `link_version` (see `store.reader_behind`).
    """

    purpose: Purpose
    subscriber_id: int
    list_id: int
    version: int
    until: datetime | None = None
    """When the link ends, for those that do."""

    @property
    def change_id(self) -> int:
        """For CHANGE_ADDRESS and UNDO_CHANGE: the change of address, signed in the place of the list."""
        return self.list_id


class LinkSigner:
    """Signs and reads tokens. `keys` go from oldest to newest: the newest signs, all of them verify.

    Raises ValueError for no key, or one of fewer than 16 bytes.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("signed links need at least one key")
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise ValueError(f"a key for signed links must have {SHORTEST_KEY} bytes or more")
        self._signers = {purpose: _PurposeSigner(keys, purpose) for purpose in Purpose}

    def sign(
        self, purpose: Purpose, subscriber_id: int, list_id: int, version: int, *, until: datetime | None = None
    ) -> str:
        """A token for one purpose, reader and list (0: all lists). URL-safe ASCII, 49 to 101 characters.

        A link about a change of address has the change's id in the place of the list. Raises ValueError where
        `until` is missing for a purpose that ends (ENDING), or given for one that does not.
        """
        if (until is not None) is not (purpose in ENDING):
            raise ValueError(f"a link to {purpose.value} {'ends' if purpose in ENDING else 'does not end'}")
        claimed = f"{subscriber_id}.{list_id}.{version}"
        if until is not None:
            claimed += f".{int(until.timestamp())}"
        return self._signers[purpose].sign(claimed).decode("ascii")

    def read(self, purpose: Purpose, token: str, now: datetime | None = None) -> LinkClaim:
        """What the token claims. Raises TokenError for anything but a whole token for this purpose.

        For a purpose that ends `now` must be given (ValueError), and a token that is over raises TokenOver.
        """
        if now is None and purpose in ENDING:
            raise ValueError(f"a link to {purpose.value} ends: say what time it is")
        parts = _TOKEN.fullmatch(token)
        if parts is None or (parts[4] is not None) is not (purpose in ENDING) or not _is_canonical(parts[5]):
            raise TokenError
        try:
            self._signers[purpose].unsign(token)
        except BadData:
            raise TokenError from None
        until = datetime.fromtimestamp(int(parts[4]), UTC) if parts[4] else None
        if until is not None and now is not None and now >= until:
            raise TokenOver
        return LinkClaim(
            purpose=purpose,
            subscriber_id=int(parts[1]),
            list_id=int(parts[2]),
            version=int(parts[3]),
            until=until,
        )


class _PurposeSigner(Signer):
    """A Signer whose keys are derived once, when it is built, instead of once per token."""

    def __init__(self, keys: Sequence[bytes], purpose: Purpose) -> None:
        super().__init__(
            list(keys),
            salt=f"subscribers.tokens.{purpose.value}",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._derived = {key: super(_PurposeSigner, self).derive_key(key) for key in self.secret_keys}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if isinstance(secret_key, bytes):
            return self._derived[secret_key]
        return self._derived[self.secret_key]


def _is_canonical(signature: str) -> bool:
    """43 base64 digits hold 258 bits for our 256: the last digit must not be one of its three equals."""
    return base64_encode(base64_decode(signature)) == signature.encode("ascii")
