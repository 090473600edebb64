"""What holds an edition: somebody's decision, until it is taken back or approved; else its checks, while they block."""

from __future__ import annotations

import hashlib
from datetime import datetime

from digest.editorial.edition.lint import lint
from digest.model.change import Decision
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.newsletter import Newsletter, WhenNobodyApproves
from digest.ports import Tx

AUTOPILOT = "autopilot"
"""The editor's name when the newsletter's policy approves."""


def holding(tx: Tx, edition: EditionId, newsletter: Newsletter) -> Decision | None:
    """The decision by which a held edition is held, whatever was changed since; None where its checks hold it.

    What the newsletter's rule held because of blockers is held by its checks.
    """
    last = tx.editions.decision(edition)
    if last is None or last.became is not EditionStatus.HELD:
        return None
    if last.by == AUTOPILOT and newsletter.when_nobody_approves is not WhenNobodyApproves.HOLD:
        return None
    return last


def reason_mark(edition: Edition) -> str:
    """Another one for another reason of a hold, to be compared with what somebody had before their eyes."""
    held = edition.status is EditionStatus.HELD
    return hashlib.sha256(edition.reason.encode()).hexdigest()[:16] if held else ""


def by_checks(edition: Edition, newsletter: Newsletter, *, now: datetime) -> tuple[EditionStatus, str]:
    """(status, reason) by what the checks say of its content: held by blockers, or ready."""
    blockers = [finding.message for finding in lint(edition, newsletter, now=now) if finding.blocks]
    return (EditionStatus.HELD, "; ".join(blockers)) if blockers else (EditionStatus.READY, "")


def stands_after(
    tx: Tx, found: Edition, content: Edition, newsletter: Newsletter, *, by: str, now: datetime, anew: bool = False
) -> tuple[EditionStatus, str]:
    """(status, reason) of `found` once its content is that of `content`. An approval is void.

    What a decision holds stays held. What the checks hold waits again as soon as nothing blocks it; what waits is held
    by them only where it is composed anew.
    """
    status, reason = found.status, found.reason
    if status is EditionStatus.APPROVED:
        status, reason = _before_approval(tx, found.id, by=by, now=now)
    return settled(tx, content, newsletter, status, reason, now=now, anew=anew)


def settled(
    tx: Tx, content: Edition, newsletter: Newsletter, status: EditionStatus, reason: str, *, now: datetime,
    anew: bool = False,
) -> tuple[EditionStatus, str]:  # fmt: skip
    """The same, of what stood so before."""
    if status is EditionStatus.HELD:
        if holding(tx, content.id, newsletter) is not None:
            return status, reason
        return by_checks(content, newsletter, now=now)
    return by_checks(content, newsletter, now=now) if anew else (status, reason)


def let_go(
    tx: Tx, found: Edition, hold: Decision, newsletter: Newsletter, *, by: str, now: datetime
) -> tuple[EditionStatus, str]:
    """(status, reason) of an edition that was changed since it was held by this decision, which is taken back."""
    tx.editions.undecide(found.id, hold, by=by, now=now)
    status, reason = hold.was, hold.was_reason
    if status is EditionStatus.APPROVED:
        # What had been approved before it was held is not what it is now.
        status, reason = _before_approval(tx, found.id, by=by, now=now)
    return settled(tx, found, newsletter, status, reason, now=now)


def _before_approval(tx: Tx, edition: EditionId, *, by: str, now: datetime) -> tuple[EditionStatus, str]:
    """How it stood before it was approved. The approval counts no more, so a hold that it had ended counts again."""
    last = tx.editions.decision(edition)
    if last is None or last.became is not EditionStatus.APPROVED:
        return EditionStatus.READY, ""
    tx.editions.undecide(edition, last, by=by, now=now)
    return last.was, last.was_reason
