"""The pictures that we keep: one file each, under the name that its content gives it."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{40}\.(?:jpg|png)")


class PictureFolder:
    """The port `Pictures` on one directory. Safe for several processes: a file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Keep it. What is there under this name has the same content, and stays. Raises ValueError, OSError."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a picture")
        path = self._folder / name
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(part, 0o644)  # a web server in front may serve the folder itself
            os.replace(part, path)
        except BaseException:
            os.unlink(part)
            raise

    def put_later(self, name: str, content: bytes) -> None:
        """At once: a folder is never far."""
        self.put(name, content)

    def close(self) -> None:
        """Nothing is open."""

    def get(self, name: str) -> bytes | None:
        """Its bytes, or None where there is no such picture; a name that we do not give is none."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
