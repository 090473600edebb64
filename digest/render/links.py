"""The addresses that stand in a mail, and the delivery key that every provider call carries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from digest.model.edition import EditionId
from subscribers.tokens import LinkClaim, LinkSigner, Purpose

_MAC_BYTES = 8
"""64 bits: a key is only ever compared with ones that we made, and events come signed besides."""

_PAGES = {
    Purpose.CONFIRM: "y",
    Purpose.CHANGE_ADDRESS: "a",
    Purpose.UNDO_CHANGE: "b",
    Purpose.EXPORT: "d",
    Purpose.ERASE: "e",
}
"""The first part of the address, by what its page asks."""


class SignedLinks:
    """The port `Links`. `keys` go from oldest to newest: the newest signs, all of them are read."""

    def __init__(self, base_url: str, keys: Sequence[bytes]) -> None:
        self._base = base_url.rstrip("/")
        self._signer = LinkSigner(keys)
        # A key of its own, so that a delivery key says nothing about the keys of links.
        self._keys = [hmac.digest(key, b"digest.delivery", "sha256") for key in keys]
        self._names = [hmac.digest(key, b"digest.name", "sha256").hex()[:12] for key in self._keys]
        self._named = dict(zip(self._names, self._keys, strict=True))
        self._track_keys = [hmac.digest(key, b"digest.tracking", "sha256") for key in keys]
        self._letter_keys = [hmac.digest(key, b"digest.letter", "sha256") for key in keys]
        self._form_keys = [hmac.digest(key, b"digest.form", "sha256") for key in keys]

    def unsubscribe(self, subscriber: int, list_id: int, version: int) -> str:
        """The address of the page with the button, and of the one-click POST (RFC 8058)."""
        return f"{self._base}/u/{self._signer.sign(Purpose.UNSUBSCRIBE, subscriber, list_id, version)}"

    def preferences(self, subscriber: int, list_id: int, version: int) -> str:
        """The preference page of one reader and one list."""
        return f"{self._base}/p/{self._signer.sign(Purpose.PREFERENCES, subscriber, list_id, version)}"

    def ending(self, purpose: Purpose, subscriber: int, about: int, version: int, until: datetime) -> str:
        """The address of a page that asks for one press and works until then; `about` is a list, a change, or 0."""
        return f"{self._base}/{_PAGES[purpose]}/{self._signer.sign(purpose, subscriber, about, version, until=until)}"

    def subscribe(self, newsletter: str) -> str:
        """The page with the form."""
        return f"{self._base}/subscribe/{newsletter}"

    def read(self, purpose: Purpose, token: str, now: datetime | None = None) -> LinkClaim:
        """What a token claims; `now` for the purposes that end. Raises TokenError, the same for every cause."""
        return self._signer.read(purpose, token, now)

    def view(self, edition: EditionId) -> str:
        """The web archive page: no personal token, so that forwarding is harmless."""
        return f"{self._base}/editions/{edition}"

    @property
    def signing(self) -> str:
        """The name of the newest key."""
        return self._names[-1]

    def delivery_key(self, mailing: int, seq: int, *, signed_by: str = "") -> str:
        """base32 of mailing, seq and a 64-bit MAC, lower case, without padding: the same for every try."""
        numbers = _packed(mailing, seq)
        return _encode(numbers + _mac(self._named.get(signed_by, self._keys[-1]), numbers))

    def read_delivery_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""
        return _read(key, self._keys)

    def track_key(self, mailing: int, seq: int) -> str:
        """As `delivery_key`, for another purpose: what stands in a Message-ID must not count as a click."""
        numbers = _packed(mailing, seq)
        return _encode(numbers + _mac(self._track_keys[-1], numbers))

    def read_track_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""
        return _read(key, self._track_keys)

    def tracked_link(self, edition: EditionId, number: int, who: str) -> str:
        """The address that counts a click of `who` and leads to link `number` of the edition."""
        return f"{self._base}/c/{who}.{number}.{self._link_mac(self._track_keys[-1], edition, number)}"

    def is_link(self, edition: EditionId, number: int, mac: str) -> bool:
        """True where the end of a tracked address was made here for this link."""
        return any(hmac.compare_digest(mac, self._link_mac(key, edition, number)) for key in self._track_keys)

    def pixel(self, who: str) -> str:
        """The address of the picture that counts an open of `who`."""
        return f"{self._base}/o/{who}.gif"

    def letter_key(self, letter: int) -> str:
        """The same for a single letter: its provider's events and its Message-ID name it by this."""
        numbers = _packed(0, letter)
        return _encode(numbers + _mac(self._letter_keys[-1], numbers))

    def read_letter_key(self, key: str) -> int | None:
        """The letter's id, or None where the key is not ours."""
        found = _read(key, self._letter_keys)
        return None if found is None else found[1]

    def stamp(self, now: datetime) -> str:
        """When a form was made, in seconds, signed: `1700000000.k3…`."""
        seconds = str(int(now.timestamp()))
        return f"{seconds}.{_encode(_mac(self._form_keys[-1], seconds.encode('ascii')))}"

    def read_stamp(self, stamp: str) -> datetime | None:
        """When the form was made, or None where we did not make it."""
        seconds, _, mac = stamp.partition(".")
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
            return None
        signed = [_encode(_mac(secret, seconds.encode("ascii"))) for secret in self._form_keys]
        if not any(hmac.compare_digest(mac.encode(), one.encode()) for one in signed):
            return None
        return datetime.fromtimestamp(int(seconds), UTC)

    @staticmethod
    def _link_mac(secret: bytes, edition: EditionId, number: int) -> str:
        said = f"{edition}|{number}".encode()
        return _encode(hashlib.blake2b(said, key=secret, digest_size=_MAC_BYTES, person=b"digest.link").digest())


_KEY_BYTES = 10
_KEY = re.compile(r"[a-z2-7]{29}")
_DIGITS = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")


def _packed(mailing: int, seq: int) -> bytes:
    return mailing.to_bytes(5, "big") + seq.to_bytes(5, "big")


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _mac(secret: bytes, numbers: bytes) -> bytes:
    return hashlib.blake2b(numbers, key=secret, digest_size=_MAC_BYTES).digest()


def _read(key: str, secrets: Sequence[bytes]) -> tuple[int, int] | None:
    if not _KEY.fullmatch(key):
        return None
    # `int` reads base 32 in a tenth of the time of `b32decode`, which is Python; its digits are 0-9 and a-v.
    number = int(key.translate(_DIGITS), 32)
    if number & 1:
        # The last character holds one bit more than we wrote: two spellings of one key would be two keys.
        return None
    raw = (number >> 1).to_bytes(_KEY_BYTES + _MAC_BYTES, "big")
    numbers, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    for secret in secrets:
        if hmac.compare_digest(mac, _mac(secret, numbers)):
            return int.from_bytes(numbers[:5], "big"), int.from_bytes(numbers[5:], "big")
    return None
