"""Refusals: so many readers refused with nobody taken in between that it is us, or the message, and hardly them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from digest.model.delivery import Canary, Chunk, Mailing, MailingState
from digest.model.mail import Receipt
from digest.ports import Tx

BOUND = 10
"""So many readers refused in a row with nobody taken in between, and a person looks: nobody is refused for it."""
NEARLY_EVERYBODY = 9
"""So many readers refused for each one that was taken, of a whole mailing, and a person looks as well."""
LATER = timedelta(minutes=1)
"""Whoever was refused and was not is tried again after those who were not tried yet."""
HARDLY_THEM = (
    "it is hardly their addresses, and none of them counts as refused. Mend it and resume, or give the rest up if they "
    "are gone indeed."
)
"""Stands in the reason of a mailing that was paused for it."""


class Refusals:
    """What one sender has heard since anybody was taken. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alone: set[int] = set()
        """Seqs refused alone, and not believed."""
        self._in_a_row: dict[str, int] = {}
        """Readers written down as refused since anybody of their variant was taken: it may be the rendering."""

    def begin(self, tx: Tx, mailing: Mailing) -> None:
        """Go on counting where the senders before this one ended, dead ones included."""
        self._in_a_row = tx.ledger.refused_in_a_row(mailing.id)

    def alone(self, seq: int) -> bool:
        """A call with this reader alone was refused, and that is not believed. True at the bound."""
        with self._lock:
            self._alone.add(seq)
            return len(self._alone) >= BOUND

    def answered(self, variant: str, keys: Mapping[str, int], receipt: Receipt, *, in_turn: bool) -> str:
        """A call was answered. Returns the last refusal at the bound, else nothing.

        `in_turn`: its readers were asked one after the other, so that whoever was taken speaks for those before only.
        """
        taken = [keys[key] for key in _taken(keys, receipt)]
        after = max(taken, default=-1) if in_turn or not taken else max(keys.values())
        refused = [key for key in receipt.refused if keys[key] > after]
        with self._lock:
            before = 0 if taken else self._in_a_row.get(variant, 0)
            if taken:
                self._alone.clear()
            self._in_a_row[variant] = before + len(refused)
            return receipt.refused[refused[-1]] if refused and self._in_a_row[variant] >= BOUND else ""


def hopeless(tx: Tx, chunk: Chunk, provider: str, *, many: bool) -> str:
    """Why a person has to look at whose chunk it is, refused alone and not believed; empty while others need not wait.

    `many`: so many readers one by one with nobody taken in between. Else it is one and the same reader again and again,
    over many sweeps. That stops nobody else: not where others are taken and some of them still wait for their hour, and
    not among the first readers, who are judged (`canary.judge`).
    """
    mailing = tx.ledger.mailing_by_id(chunk.mailing)
    taken, others = tx.ledger.others_of(chunk)
    first = chunk.canary and mailing is not None and mailing.canary is Canary.OUT
    if not many and (chunk.refusals + 1 < 2 * BOUND or first or (taken and others)):
        return ""
    if many or not taken:
        return (
            f"{provider} refuses readers one by one and takes nobody: it is hardly their addresses. None of them "
            "counts as refused. Mend it and resume, or give the rest up if they are gone indeed."
        )
    return (
        f"{provider} takes others, and refuses whoever is left again and again: it is their addresses, or their "
        f"rendering ({chunk.variant}). None of them counts as refused, and nobody else waits. Mend it and resume, or "
        "give the rest up if they are gone indeed."
    )


def take_back(tx: Tx, mailing: int, now: datetime) -> None:
    """Of a mailing that is paused: whoever was refused is ready again. Calls that were under way count as well."""
    found = tx.ledger.mailing_by_id(mailing)
    if found is not None and found.state is MailingState.PAUSED:
        tx.ledger.take_back_refusals(mailing, now=now, note=found.reason, not_before=now + LATER)


def nearly_everybody(tx: Tx, mailing: Mailing) -> bool:
    """At the end of a mailing: whether so many of its readers were refused that it can hardly be their addresses.

    One reader refused of a rendering is an address as likely as anything else, where others were taken. Where nobody
    was, not even of another one, it is as likely the first mail of a new installation, and a person has to hear of it.
    """
    if tx.ledger.under_way(mailing.id):
        return False
    if any(count >= BOUND for count in tx.ledger.refused_in_a_row(mailing.id).values()):
        return True
    return tx.ledger.nearly_all_refused(mailing.id, for_each=NEARLY_EVERYBODY)


def proves(keys: Mapping[str, int], receipt: Receipt, *, in_turn: bool) -> bool:
    """Whether what was refused can stand as it is among those taken: the call was taken, and taken whole."""
    return not in_turn and bool(_taken(keys, receipt))


def _taken(keys: Mapping[str, int], receipt: Receipt) -> set[str]:
    return keys.keys() - receipt.refused.keys() - receipt.not_sent - receipt.unknown
