"""A source that is a folder of files: crawled pages, feeds, saved HTML, read in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from digest.model.errors import BadDocument
from digest.model.health import Validators
from digest.model.story import Entry, Origin
from digest.ports import Reading, Refusal
from digest.sources.detect import read_bytes, read_document
from digest.sources.links import PICTURE_FILES, picture_file

FOLDER = "folder:"
"""Scheme of a picture's address that lies in a source's folder."""
MAX_FILES = 20_000
"""A folder with more files than this is read up to here; the rest is one refusal."""


class FolderSource:
    """Everything below one folder. Hidden files and folders are skipped; a file that cannot be read is a refusal.

    Every item of a feed gives an entry, also one that says nothing: the collection names and counts it.
    A symbolic link is followed only to a file inside the folder. Paths are given as they are found below `path`.
    """

    def __init__(self, *, origin: Origin, path: str) -> None:
        self._origin = origin
        self._path = path

    @property
    def origin(self) -> Origin:
        return self._origin

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """Read every file once, whatever was read before. Raises BadDocument where the folder is missing or closed."""
        root = Path(self._path)
        try:
            files = [path for path, _ in zip(_files(root), range(MAX_FILES + 1), strict=False)]
            home = root.resolve(strict=True)
        except OSError as error:
            raise BadDocument(self._path, f"the folder cannot be read ({error.strerror}); check its path") from error
        entries: list[Entry] = []
        refusals: list[Refusal] = []
        for path in files[:MAX_FILES]:
            try:
                read = read_within(path, home)
            except BadDocument as error:
                refusals.append(Refusal(source=self._origin.source, path=str(path), reason=error.reason))
            else:
                read = tuple(replace(entry, image_url=self._picture(entry, path, home)) for entry in read)
                entries += read if len(read) > 1 else [replace(entry, position=len(entries)) for entry in read]
        if len(files) > MAX_FILES:
            reason = f"more than {MAX_FILES:,} files; the rest was not read"
            refusals.append(Refusal(source=self._origin.source, path=self._path, reason=reason))
        return Reading(entries=tuple(entries), refusals=tuple(refusals))

    def _picture(self, entry: Entry, document: Path, home: Path) -> str | None:
        """The picture's address: on the web, or `folder:SOURCE/PATH` of a file inside of the folder."""
        beside = picture_file(entry.image_url)
        if beside is None:
            return entry.image_url
        file = (document.resolve().parent / beside).resolve()
        if not file.is_file() or not file.is_relative_to(home):
            return None
        return f"{FOLDER}{self._origin.source}/{quote(file.relative_to(home).as_posix())}"


def _files(root: Path) -> Iterator[Path]:
    """Paths of the files below `root`, sorted by name, folder by folder. Raises OSError for `root` itself."""
    with os.scandir(root) as found:
        children = sorted(found, key=lambda child: child.name)
    for child in children:
        # A page that a browser saved has its pictures beside it: they are no documents.
        if child.name.startswith(".") or Path(child.name).suffix.lower() in PICTURE_FILES:
            continue
        if child.is_dir(follow_symlinks=False):
            try:
                yield from _files(Path(child.path))
            except OSError:
                yield Path(child.path)
        else:
            yield Path(child.path)


def read_within(path: Path, home: Path) -> tuple[Entry, ...]:
    """The entries of a file of the folder `home` (resolved). BadDocument for a symbolic link that leads out of it."""
    if path.is_symlink():
        try:
            inside = path.resolve(strict=True).is_relative_to(home)
        except (OSError, RuntimeError) as error:
            raise BadDocument(str(path), "a symbolic link that leads nowhere") from error
        if not inside:
            raise BadDocument(str(path), "a symbolic link out of the folder; copy the file here instead")
    return read_document(str(path), read_bytes(str(path)))
