"""Compares entries with the facts that a sample's expectation states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from digest.model.story import Entry

SAMPLES = Path(__file__).parent / "samples"


def facts(entry: Entry, names: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `entry` that `names` speaks of, in the form of JSON."""
    return {name: _plain(getattr(entry, name)) for name in names}


def stated(path: Path) -> Any:
    """What the expectation file says."""
    return json.loads(path.read_text(encoding="utf-8"))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
