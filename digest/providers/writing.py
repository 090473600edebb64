"""Writes the MIME message of one reader, for the providers that carry bytes themselves."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from digest.model.errors import DigestError, Unauthorised
from digest.model.mail import Batch, Envelope, Recipient, Rendered
from digest.providers.addresses import is_bare
from digest.render.message import MessageTemplate

T = TypeVar("T")


class Unwritable(ValueError):
    """No message can be written to this one reader. The text is the reason, without the address."""


class Writer:
    """The messages of one rendering in one envelope."""

    def __init__(self, rendered: Rendered, envelope: Envelope, *, crlf: bool = True) -> None:
        """Raises Unauthorised where no message at all can be made of this envelope: a person must mend it."""
        try:
            self._template = MessageTemplate(rendered, envelope, crlf=crlf)
        except DigestError as error:
            raise Unauthorised(f"{envelope.edition}: no message can be written: {error}") from error

    def write(self, recipient: Recipient) -> bytes:
        """ASCII. Raises Unwritable."""
        return b"".join(self.pieces(recipient))

    def pieces(self, recipient: Recipient) -> list[bytes]:
        """The same in pieces. Raises Unwritable."""
        if not is_bare(recipient.email):
            raise Unwritable("the address is not plain ASCII")
        try:
            return self._template.pieces(recipient)
        except DigestError as error:
            raise Unwritable(str(error)) from error
        except KeyError as error:
            raise Unwritable(f"slot {error.args[0]}: no value was given for it") from error


class Writers:
    """The writers of one provider. To compile a rendering costs as much as to write a hundred messages of it."""

    def __init__(self, *, crlf: bool = True) -> None:
        """Lines end in CRLF, as on the way, or in LF, as in a mail store."""
        self._kept = Kept(lambda batch: Writer(batch.rendered, batch.envelope, crlf=crlf))

    def of(self, batch: Batch) -> Writer:
        """The writer for this batch. Raises as `Writer`. Thread-safe."""
        return self._kept.of(batch)


class Kept(Generic[T]):
    """What was made of a rendering and an envelope, kept as long as calls for the same two come."""

    def __init__(self, make: Callable[[Batch], T], *, most: int = 16) -> None:
        self._make = make
        self._most = most
        self._made: dict[tuple[int, Envelope], tuple[Rendered, T]] = {}
        self._lock = Lock()

    def of(self, batch: Batch) -> T:
        """Made now or before. Raises what `make` raises. Thread-safe."""
        # The rendering is held, so that no other one can come to have its id.
        key = (id(batch.rendered), batch.envelope)
        with self._lock:
            found = self._made.get(key)
        if found is None:
            found = batch.rendered, self._make(batch)
            with self._lock:
                self._made[key] = found
                if len(self._made) > self._most:
                    del self._made[next(iter(self._made))]
        return found[1]
