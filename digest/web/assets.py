"""The few files that pages need, under names that change with their content and so may be kept for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.model.errors import ConfigError

_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, read once."""

    name: str
    """As it stands in an address: `site.4f2a….css`."""
    body: bytes
    media_type: str


class Assets:
    """Every file of one directory. Raises ConfigError where it holds none."""

    def __init__(self, directory: Path) -> None:
        found = sorted(path for path in directory.glob("*") if path.suffix in _TYPES)
        if not found:
            raise ConfigError(f"{directory}: the files of the web pages are missing; install the package whole")
        self._by_file = {path.name: _read(path) for path in found}
        self._by_name: Mapping[str, Asset] = {asset.name: asset for asset in self._by_file.values()}

    def name(self, file: str) -> str:
        """The name under which `file` is served."""
        return self._by_file[file].name

    def get(self, name: str) -> Asset | None:
        """The asset that is served as `name`, or None."""
        return self._by_name.get(name)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(name=f"{path.stem}.{digest}{path.suffix}", body=body, media_type=_TYPES[path.suffix])
