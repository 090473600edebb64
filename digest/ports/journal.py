"""The port of calls under way: what a call writes down from reader to reader, for whoever finds it cut off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from digest.model.delivery import Chunk


class CallPage(Protocol):
    """What one call has come to. Of one thread."""

    def begun(self, delivery: str) -> None:
        """This reader's message goes out next; written down before its first byte.

        Raises Transient where it cannot be: the message is not to be sent then.
        """

    def ended(self, delivery: str, *, taken: bool | None) -> None:
        """What was said of it; None = nobody knows. Written down with the next `begun`, or at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page says of a call whose sender is gone: each of its readers, by seq, in one of three."""

    taken: frozenset[int]
    waited_for: frozenset[int]
    """Begun, and nothing was written down of what became of it: taken or not."""
    left: frozenset[int]
    """Certainly not taken."""


class Journal(Protocol):
    """Pages of calls under way on this machine. They outlive the process, and not the machine's running."""

    def page(self, chunk: Chunk, keys: Mapping[str, int]) -> AbstractContextManager[CallPage]:
        """A page for a claimed chunk; `keys` are those of its call, each with its seq. Held until the call is over.

        Raises Lost where somebody is reading it: the chunk has been given up for dead.
        """

    def told(self, chunk: Chunk) -> Told | None:
        """What this attempt of the chunk left behind, or None: no page, one of another call, or its sender lives."""

    def forget(self, chunk: Chunk) -> None:
        """The ledger knows all of it."""
