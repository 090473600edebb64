"""What keeps the archive: its search index, and corrections of editions that are out. Each is safe to do twice."""

from __future__ import annotations

from dataclasses import replace

from digest.editorial.edition.findable import edition_words
from digest.model.correction import Correction
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import DigestError, NotFound
from digest.ports import App
from digest.workflow.edition.review import require

AT_ONCE = 20
"""Editions indexed in one transaction: some 20,000 words, a fraction of a second."""
LONGEST_CORRECTION = 2_000
"""Characters."""
_OUT = frozenset({EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.STOPPED})


def index_archive(app: App) -> int:
    """Keep the words of editions that are out and not indexed yet. Returns how many editions; again while some are."""
    with app.read() as tx:
        if not tx.archive.unindexed(1):
            return 0
    with app.begin() as tx:
        found = tx.archive.unindexed(AT_ONCE)
        for edition in found:
            tx.archive.index(edition, edition_words(edition))
    return len(found)


def correct(app: App, edition: EditionId, text: str, *, by: str) -> Correction:
    """Put a dated note on top of an edition's page; the mails and their frozen bytes stay as they were sent (P12).

    Raises NotFound, and DigestError for an edition that is not out or a note without words, or with too many.
    """
    now = app.clock()
    note = " ".join(text.split())
    if len(note) > LONGEST_CORRECTION:
        raise DigestError(f"a correction has at most {LONGEST_CORRECTION} characters, and this one {len(note)}")
    if not note:
        raise DigestError(f"{edition}: a correction needs words")
    correction = Correction(at=now, by=by, text=note)
    with app.begin() as tx:
        there = tx.archive.corrections([edition]).get(edition, ())
        twice = next((one for one in there if (one.by, one.text, one.approved_by) == (by, note, "")), None)
        if twice is not None:
            # Pressed twice it is one; one that was mailed can be mailed anew, to whoever got the edition since.
            return twice
        if require(tx, edition).status not in _OUT:
            raise DigestError(f"{edition} is not out: change the edition itself instead of correcting it")
        correction = replace(correction, id=tx.archive.correct(edition, correction))
        tx.log("edition.corrected", str(edition), by=by, now=now, detail=note)
    return correction


def uncorrect(app: App, edition: EditionId, correction: int, *, by: str) -> None:
    """Take a note off an edition's page. Raises NotFound, and DigestError for one that was mailed."""
    with app.begin() as tx:
        found = tx.archive.correction(edition, correction)
        if found is None:
            raise NotFound(f"{edition} has no such correction: somebody took it back already")
        if not tx.archive.take_back(edition, correction):
            raise DigestError(f"{edition}: this correction was mailed, so that it stays; write another one")
        tx.log("edition.uncorrected", str(edition), by=by, now=app.clock(), detail=found.text)
