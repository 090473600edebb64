"""The gate before a call, and before a correction is planned: who may be mailed now (P3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from digest.model.delivery import Addressee, Chunk, Mailing
from digest.model.edition import EditionId
from digest.model.newsletter import Newsletter
from digest.ports import Tx
from subscribers.model import Blocked


def gate_day(newsletter: Newsletter, edition: EditionId, now: datetime, *, correction: bool) -> date:
    """The day for which the gate is asked: the edition's own, and for a correction today.

    A pause that began and ended since the edition keeps nobody from its correction.
    """
    return max(edition.date, now.astimezone(ZoneInfo(newsletter.zone)).date()) if correction else edition.date


def kept_back(verdict: str | None, *, correction: bool) -> str | None:
    """The gate's verdict. Whoever got an edition gets its correction, also on none of their days."""
    return None if correction and verdict == Blocked.NOT_TODAY else verdict


def through_the_gate(
    tx: Tx, newsletter: Newsletter, edition: EditionId, mailing: Mailing, chunk: Chunk, now: datetime
) -> Sequence[Addressee]:
    """Who of the chunk may be mailed now; the others are skipped, with the reason."""
    correction = bool(mailing.correction)
    found = tx.ledger.addressees(chunk, on=gate_day(newsletter, edition, now, correction=correction))
    verdicts = {reader.seq: kept_back(reader.blocked, correction=correction) for reader in found}
    blocked = {seq: reason for seq, reason in verdicts.items() if reason is not None}
    if blocked:
        tx.ledger.skip(mailing.id, blocked)
    return [reader for reader in found if reader.seq not in blocked]
