"""The door for pictures: the one to the web, and beside it the folders of the sources that are folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.model.errors import Permanent
from digest.ports import Fetched, Fetches
from digest.sources.folder import FOLDER
from digest.sources.links import picture_file

MAX_BYTES = 8_000_000
"""A larger file is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file's content, under the address that it was asked by."""

    url: str
    content: bytes


class Door:
    """The port `Fetches`. `folders` maps a source's slug to its folder; nothing outside of them is read."""

    def __init__(self, web: Fetches, folders: Mapping[str, Path]) -> None:
        self._web = web
        self._folders = folders

    def get(self, url: str, *, accept: str) -> Fetched:
        """A web address through the door to the web, `folder:SOURCE/PATH` from the disk. Raises as the port says."""
        if not url.startswith(FOLDER):
            return self._web.get(url, accept=accept)
        slug, _, path = url.removeprefix(FOLDER).partition("/")
        beside, folder = picture_file(path), self._folders.get(slug)
        if beside is None or folder is None:
            raise Permanent(f"{url}: is no picture in the folder of a source")
        try:
            return FoundFile(url=url, content=_inside(folder, beside, url).read_bytes())
        except OSError as error:
            raise Permanent(f"{url}: cannot be read: {error.strerror}") from error


def _inside(folder: Path, beside: str, url: str) -> Path:
    """The file, links followed. Raises Permanent where that leads out of the folder, or the file is too large."""
    file = (folder / beside).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise Permanent(f"{url}: leads out of the folder")
    if not file.is_file():
        raise Permanent(f"{url}: is not there")
    if file.stat().st_size > MAX_BYTES:
        raise Permanent(f"{url}: is larger than {MAX_BYTES:,} bytes")
    return file
