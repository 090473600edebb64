"""Finding: one thing that a check has to say about an edition or its rendering."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocker", "warning"]
"""A blocker stops an automatic send; a warning is shown and stops nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found. No finding means that the check is content."""

    id: str
    """Stable name of the check, such as `size` or `postal-address`."""
    severity: Severity
    message: str
    """What is wrong and where, in one sentence."""
    fix: str
    """The next step, in one sentence."""
    place: str = ""
    """The field or story it is about: `subject`, `preheader`, `note`, `blurb:EVENT`, `story:EVENT`; empty = none."""

    @property
    def key(self) -> str:
        """What a waiver names: the check and what it says; another message is another finding."""
        return hashlib.sha256(f"{self.id}\0{self.message}".encode()).hexdigest()[:16]

    @property
    def told(self) -> str:
        """What is wrong and what to do, as two sentences."""
        return f"{sentence(self.message)} {sentence(self.fix)}".strip()

    @property
    def blocks(self) -> bool:
        """True where an automatic send must not happen."""
        return self.severity == "blocker"


def sentence(text: str) -> str:
    """With a capital and a full stop: some checks word what they say to stand inside of another sentence."""
    if "://" not in text.partition(" ")[0]:
        text = f"{text[:1].upper()}{text[1:]}"
    return text if not text or text[-1] in ".?!…" else f"{text}."
