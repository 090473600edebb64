"""A picture of our own: fetched once, encoded anew, and served under a name that its content gives it."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 200_000
"""Bytes of a picture that goes out; what is larger is encoded coarser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPicture:
    """What stands in the store of pictures, at twice the size that it is shown at."""

    name: str
    """Below /pictures/: 40 hexadecimal digits of its content's hash, and `.jpg` or `.png`."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    size: int
    """Bytes."""
