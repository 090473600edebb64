"""A mailbox that is a Maildir on this machine: where a mail server delivers our bounces."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.model.errors import Permanent
from digest.providers.bounce_mail import LARGEST


class MaildirBox:
    """The port `Mailbox` on a folder with `new/` and `cur/`. A mail that has been kept moves from one to the other."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, keep: Callable[[Sequence[bytes]], None], *, limit: int) -> int:
        """As `ports.Mailbox`. Raises Permanent where this is no Maildir that we can read."""
        names: list[str] = []
        contents: list[bytes] = []
        for name in self._new():
            if len(names) >= limit:
                break
            content = _content(self._path / "new" / name)
            if content is not None:
                names.append(name)
                contents.append(content)
        if not names:
            return 0
        keep(contents)
        for name in names:
            self._seen(name)
        return len(names)

    def _new(self) -> list[str]:
        try:
            return sorted(os.listdir(self._path / "new"))
        except OSError as error:
            raise Permanent(
                f"bounces.path: {self._path / 'new'} cannot be read: {error.strerror}. It must be a Maildir."
            ) from error

    def _seen(self, name: str) -> None:
        try:
            (self._path / "cur").mkdir(exist_ok=True)
            os.rename(self._path / "new" / name, self._path / "cur" / f"{name.partition(':')[0]}:2,S")
        except FileNotFoundError:
            # A mail program was quicker.
            return
        except OSError as error:
            raise Permanent(
                f"bounces.path: {self._path / 'cur'} cannot be written to: {error.strerror}. Without that, the same "
                "bounces would be read again and again."
            ) from error


def _content(path: Path) -> bytes | None:
    """The beginning of a mail, or None where it is no file, or gone again."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.read(descriptor, LARGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(descriptor)
