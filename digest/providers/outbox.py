"""The outbox: a real Maildir with one message per reader, written exactly once whatever is killed when."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Capabilities, Receipt, Recipient
from digest.providers.durable import flush_files, flush_path
from digest.providers.writing import Unwritable, Writer, Writers

BATCH_SIZE = 1000

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LOCK = "outbox.lock"


class OutboxProvider:
    """Writes each message to `tmp/`, flushes it, and renames it into `new/` under its delivery key.

    A name that is in `new/` or `cur/` already is a success without a second message, so a doubtful call may be
    repeated (`idempotent`). Batches of several processes take turns by a lock file. A message that a person has
    deleted is forgotten: sent again, it is written again.
    """

    def __init__(self, path: Path) -> None:
        """`path` is the Maildir; it is made, readable by its owner only, at the first send."""
        self._root = path
        self._writers = Writers(crlf=False)
        self._tmp, self._new, self._cur = (os.path.join(path, name) for name in ("tmp", "new", "cur"))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="outbox", batch_size=BATCH_SIZE, idempotent=True)

    def send(self, batch: Batch) -> Receipt:
        """Write what is not there yet. Raises Transient (nothing written), OutcomeUnknown (a part of it)."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"outbox: {len(batch.recipients)} readers in one call; the most is {BATCH_SIZE}")
        writer = self._writers.of(batch)
        refused: dict[str, str] = {}
        try:
            with self._turn() as descriptor:
                names = list(self._write(writer, self._missing(batch.recipients), refused))
                flush_files(descriptor, [f"{self._tmp}/{name}" for name in names])
                self._publish(names)
        except OSError as error:
            raise Transient(
                f"outbox {self._root}: cannot write: {error.strerror}. Free space, or mend its rights."
            ) from error
        return Receipt(delivered=True, refused=refused)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    @contextmanager
    def _turn(self) -> Iterator[int]:
        """Wait until no other process writes here. Gives a descriptor on this file system."""
        for directory in (self._tmp, self._new, self._cur):
            os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _missing(self, recipients: tuple[Recipient, ...]) -> Mapping[str, Recipient]:
        """The readers without a message, by file name.

        A mail program moves messages from `new/` to `cur/` when it likes: looked at in this order, one that is
        moved meanwhile is still seen.
        """
        absent = {
            name: recipient
            for recipient in recipients
            if not os.path.lexists(f"{self._new}/{(name := file_name(recipient.delivery))}")
        }
        if absent:
            for seen in os.listdir(self._cur):
                absent.pop(_base_name(seen), None)
        return absent

    def _write(self, writer: Writer, missing: Mapping[str, Recipient], refused: dict[str, str]) -> Iterator[str]:
        """The names that now stand in `tmp/`, with the line ends that mail stores use."""
        for name, recipient in missing.items():
            try:
                message = writer.write(recipient)
            except Unwritable as why:
                refused[recipient.delivery] = str(why)
                continue
            _put(f"{self._tmp}/{name}", message)
            yield name

    def _publish(self, names: Sequence[str]) -> None:
        """Rename into `new/`. Flushed even if nothing is missing: the run that renamed may have been killed."""
        try:
            for name in names:
                os.rename(f"{self._tmp}/{name}", f"{self._new}/{name}")
            for directory in (self._new, self._cur, str(self._root)):
                flush_path(directory)
        except OSError as error:
            raise OutcomeUnknown(
                f"outbox {self._root}: stopped half-way: {error.strerror}. Send again: nobody gets two."
            ) from error


def file_name(delivery: str) -> str:
    """The Maildir name of a delivery: its key, or a digest of a key that cannot be a file name."""
    if _PLAIN_KEY.fullmatch(delivery):
        return delivery
    return f"x{hashlib.sha256(delivery.encode()).hexdigest()}"


def _base_name(name: str) -> str:
    """The name without what mail programs append (`:2,S`, and on some systems `,S=` or `;2,`)."""
    found = _PLAIN_KEY.match(name)
    return found.group() if found else name


def _put(path: str, message: bytes) -> None:
    """Write a file that its owner alone may read. A file object would ask the kernel twice more for each message."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        written = os.write(descriptor, message)
        while written < len(message):  # a full disk takes a part first, and then says so
            written += os.write(descriptor, message[written:])
    finally:
        os.close(descriptor)
