"""Trial: a new installation mails its own people only, until an admin has confirmed three things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SKIPPED = "trial mode"
"""Why a reader is left out of a mailing meanwhile."""


class TrialStep(StrEnum):
    """What is known of a new installation."""

    DOMAIN = "domain"
    """An admin says: the domain that mail comes from is authenticated (SPF, DKIM, DMARC)."""
    POSTAL = "postal"
    """An admin says: the postal address in the footer is ours."""
    ASKED = "asked"
    """A test with a code is out; its detail is the hash of the code."""
    TEST = "test"
    """The code came back: mail from here arrives."""
    ADOPTED = "adopted"
    """It was at work before there was a trial."""


NEEDED = (TrialStep.DOMAIN, TrialStep.POSTAL, TrialStep.TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMark:
    """One step: who took it, and when."""

    by: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How far a new installation is."""

    marks: Mapping[TrialStep, TrialMark] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[TrialStep, ...]:
        """What is still to be confirmed, in order; empty once it is over."""
        if TrialStep.ADOPTED in self.marks:
            return ()
        return tuple(step for step in NEEDED if step not in self.marks)

    @property
    def over(self) -> bool:
        """True where everybody may be mailed."""
        return not self.missing
