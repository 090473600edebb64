"""What becomes of the rest of a mailing whose edition was corrected meanwhile: what is sent is what was approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.correction import Correction
from digest.model.delivery import Account, Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncorrected:
    """Readers who would still get the edition as it was approved, under a correction that they do not have."""

    readers: int
    mailed: bool
    """True where the newest correction was mailed to whoever had the edition then."""


def uncorrected(account: Account | None, notes: Sequence[Correction]) -> Uncorrected | None:
    """None where nothing was corrected, or nobody waits; whoever was given up does not. `notes`: newest first."""
    waiting = account.ready + account.held if account else 0
    return Uncorrected(readers=waiting, mailed=bool(notes[0].approved_by)) if notes and waiting else None


def since(first: Account | None, mailing: Mailing | None) -> bool:
    """True where more readers have the edition than a mailing of its correction could reach when it was planned.

    Who came back in between makes the one number smaller: it is said too late then, and never for nothing.
    """
    have_it = first.accepted + first.delivered + first.complained + first.unconfirmed if first else 0
    return mailing is not None and have_it > mailing.count
