"""One line of what `digest doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report. `fix` is the next step, empty where all is well."""

    level: Level
    what: str
    found: str
    fix: str = ""
