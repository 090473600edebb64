"""Calls under way, a small file each: whoever is killed leaves in doubt what was on the wire, and not a whole call.

A page is written by plain `write`, never flushed: what a process has written outlives it by the kernel's care, and a
message costs some microseconds. A power cut may lose it, so a page counts only as long as the machine runs on; after
that the whole call is in doubt, as it is for another machine. The file is locked while its call goes on, and the
kernel lets go of the lock with the process: who gets it knows that nobody writes any more.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.model.delivery import Chunk
from digest.model.errors import Lost, Transient
from digest.ports import CallPage, Told

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_KIND = "digest call 1"
_BEGUN, _TAKEN, _NOT_TAKEN, _UNKNOWN = "b", "t", "n", "u"
_ENDED = {True: _TAKEN, False: _NOT_TAKEN, None: _UNKNOWN}
_OLD = 2 * 86_400.0
"""Seconds after which a page that nobody read is thrown away: its chunk was settled elsewhere."""


class FileJournal:
    """The port `Journal` in a folder of this machine. Thread-safe: each call has a file of its own."""

    def __init__(self, folder: Path, *, boot: str | None = None) -> None:
        """The folder is made with the first page. `boot` names this running of the machine; None = ask it.

        Where nobody knows (it is empty), no page is written.
        """
        self._folder = folder
        self._boot = _this_boot() if boot is None else boot
        self._swept = False

    @contextmanager
    def page(self, chunk: Chunk, keys: Mapping[str, int]) -> Iterator[CallPage]:
        """As `ports.Journal` says. Where no file can be written, the call goes on without a page."""
        descriptor = self._opened(chunk, keys)
        page = _Page(self._path(chunk), descriptor, keys)
        try:
            yield page
        finally:
            page.close()

    def told(self, chunk: Chunk) -> Told | None:
        """As `ports.Journal` says; a file that cannot be read to its end says nothing."""
        try:
            descriptor = os.open(self._path(chunk), os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            content = _whole(descriptor)
        except OSError:
            # Locked: its sender lives, whatever anybody believes.
            return None
        finally:
            os.close(descriptor)
        return _read(content, self._head(chunk))

    def forget(self, chunk: Chunk) -> None:
        """As `ports.Journal` says."""
        with suppress(OSError):
            self._path(chunk).unlink()

    def _opened(self, chunk: Chunk, keys: Mapping[str, int]) -> int:
        """The file, locked, with its head written; -1 where there is none."""
        if not self._boot:
            return -1
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sweep()
            descriptor = os.open(self._path(chunk), os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return -1
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Lost(f"chunk {chunk.id} is no longer ours: somebody looks what became of it") from error
        except OSError:
            # A file system without locks: a page would prove nothing.
            os.close(descriptor)
            return -1
        try:
            os.ftruncate(descriptor, 0)
            seqs = " ".join(str(seq) for seq in keys.values())
            _write(descriptor, f"{self._head(chunk)}{seqs}\n".encode())
        except OSError:
            self.forget(chunk)
            os.close(descriptor)
            return -1
        return descriptor

    def _head(self, chunk: Chunk) -> str:
        """What only this attempt of this chunk has: numbers come again in a database that was put back."""
        began = chunk.sent_at.isoformat() if chunk.sent_at else ""
        return f"{_KIND}\n{self._boot}\n{chunk.id}.{chunk.attempt} {began} {chunk.owner}\n"

    def _path(self, chunk: Chunk) -> Path:
        return self._folder / f"{chunk.id}.{chunk.attempt}"

    def _sweep(self) -> None:
        """Once in a process: pages of calls that other machines settled."""
        if self._swept:
            return
        self._swept = True
        before = time.time() - _OLD
        for path in self._folder.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()


class _Page:
    """The port `CallPage` on an open file; without one it does nothing."""

    def __init__(self, path: Path, descriptor: int, keys: Mapping[str, int]) -> None:
        self._path = path
        self._descriptor = descriptor
        self._keys = keys
        self._unwritten = ""

    def begun(self, delivery: str) -> None:
        """As `ports.CallPage` says."""
        if self._descriptor < 0:
            return
        lines = f"{self._unwritten}{_BEGUN} {self._keys[delivery]}\n"
        try:
            _write(self._descriptor, lines.encode())
        except OSError as error:
            self._give_up(error)
        self._unwritten = ""

    def ended(self, delivery: str, *, taken: bool | None) -> None:
        """As `ports.CallPage` says."""
        self._unwritten += f"{_ENDED[taken]} {self._keys[delivery]}\n"

    def close(self) -> None:
        """Write what is left, and let go of the lock."""
        if self._descriptor < 0:
            return
        with suppress(OSError):
            # Else the last one is found begun, and in doubt.
            _write(self._descriptor, self._unwritten.encode())
        os.close(self._descriptor)
        self._descriptor = -1

    def _give_up(self, error: OSError) -> None:
        """The disk is full: a page with a gap would call somebody left who was begun, so there is none any more."""
        try:
            os.ftruncate(self._descriptor, 0)
        except OSError:
            try:
                self._path.unlink()
            except OSError:
                raise Transient(f"{self._path}: what is sent cannot be written down: {error.strerror}") from error
        os.close(self._descriptor)
        self._descriptor = -1


def _read(content: str, head: str) -> Told | None:
    """What stands in a page of which the head is this one; None where anything in it is not as we write it."""
    if not content.startswith(head) or not content.endswith("\n"):
        return None
    seqs, *lines = content[len(head) :].splitlines()
    try:
        fates = dict.fromkeys((int(seq) for seq in seqs.split()), _NOT_TAKEN)
        for line in lines:
            fate, _, seq = line.partition(" ")
            if fate not in (_BEGUN, *_ENDED.values()) or int(seq) not in fates:
                return None
            fates[int(seq)] = fate
    except ValueError:
        return None
    if not fates:
        return None
    return Told(
        taken=frozenset(seq for seq, fate in fates.items() if fate == _TAKEN),
        waited_for=frozenset(seq for seq, fate in fates.items() if fate in (_BEGUN, _UNKNOWN)),
        left=frozenset(seq for seq, fate in fates.items() if fate == _NOT_TAKEN),
    )


def _whole(descriptor: int) -> str:
    content = b""
    while piece := os.read(descriptor, 65_536):
        content += piece
    return content.decode("utf-8", "replace")


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _this_boot() -> str:
    """Another one after every start of the machine; empty where nobody can say."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
