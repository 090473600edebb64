"""The number by which a reader is known to whoever may see some lists only: it tells nothing of other lists.

A reader's own id counts up, so a low one says that we have known the address for long, on whatever list. The number is
the id under a secret permutation (a Feistel network of four rounds, HMAC-SHA256), the same for the same reader every
time, and above every id: whoever is given one knows which of the two it is.
"""

from __future__ import annotations

import hmac

FIRST: int = 2**52
"""The smallest number; ids are below. The largest is 2^53 - 1, which is still exact in JavaScript."""
_HALF = 26
_MASK: int = 2**_HALF - 1
_ROUNDS = 4


class ReaderNumbers:
    """Numbers under a secret key, which must stay the same for as long as numbers are to be known."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"digest.reader-numbers", "sha256")

    def of(self, reader: int) -> int:
        """The number of a reader, or of any other row. Raises ValueError for an id out of reach."""
        if not 0 <= reader < FIRST:
            raise ValueError(f"{reader} is no id: use 0 to 2^52 - 1")
        left, right = reader >> _HALF, reader & _MASK
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._mixed(turn, right)
        return FIRST + (left << _HALF | right)

    def reader(self, number: int) -> int | None:
        """The id behind a number; None for what is no number."""
        if not FIRST <= number < 2 * FIRST:
            return None
        left, right = (number - FIRST) >> _HALF, number & _MASK
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(turn, left), left
        return left << _HALF | right

    def _mixed(self, turn: int, half: int) -> int:
        digest = hmac.digest(self._key, bytes([turn]) + half.to_bytes(4), "sha256")
        return int.from_bytes(digest[:4]) & _MASK
