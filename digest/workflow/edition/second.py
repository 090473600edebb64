"""The second person of a large mailing: whoever asks for one approves first, and never confirms it themselves."""

from __future__ import annotations

from digest.model.change import IllegalEdit, Outrun, SecondAsked
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import NotFound
from digest.model.person import Permission, Person
from digest.ports import App, Tx
from digest.workflow.edition.review import require


def ask_second(app: App, edition: EditionId, *, person: Person, by: str, expected_version: int) -> SecondAsked:
    """Approve of this version, and wait for another approver to confirm it. Raises Outrun, or IllegalEdit."""
    asked = SecondAsked(version=expected_version, person=person.id, by=by, at=app.clock())
    with app.begin() as tx:
        found = require(tx, edition)
        if found.version != expected_version:
            raise Outrun(found, expected_version)
        if found.status not in (EditionStatus.READY, EditionStatus.HELD):
            raise IllegalEdit(f"{edition} is {found.status}: there is nothing to approve")
        tx.editions.ask_second(edition, asked)
        tx.log("edition.second_asked", str(edition), by=by, now=asked.at, detail=f"version {expected_version}")
    return asked


def unask_second(app: App, edition: EditionId, *, by: str, expected_version: int) -> None:
    """Nobody has to come any more: it waits for whoever approves. Raises Outrun, or NotFound where nobody was asked."""
    with app.begin() as tx:
        found = require(tx, edition)
        if found.version != expected_version:
            raise Outrun(found, expected_version)
        if not tx.editions.unask_second(edition, expected_version):
            raise NotFound(f"{edition}: nobody waits for a second person any more")
        tx.log("edition.second_unasked", str(edition), by=by, now=app.clock(), detail=f"version {expected_version}")


def unask_second_to_mail(app: App, edition: EditionId, correction: int, *, by: str) -> None:
    """The same for the mailing of a correction. Raises NotFound."""
    with app.begin() as tx:
        if tx.archive.correction(edition, correction) is None or not tx.archive.unask_second(correction):
            raise NotFound(f"{edition}: nobody waits for a second person any more")
        tx.log("correction.second_unasked", str(edition), by=by, now=app.clock(), detail=f"correction {correction}")


def ask_second_to_mail(app: App, edition: EditionId, correction: int, *, person: Person, by: str) -> None:
    """The same for the mailing of a correction, whose text never changes. Raises NotFound."""
    asked = SecondAsked(version=0, person=person.id, by=by, at=app.clock())
    with app.begin() as tx:
        if tx.archive.correction(edition, correction) is None or not tx.archive.ask_second(correction, asked):
            raise NotFound(f"{edition}: that correction was taken back, or mailed, in this instant")
        tx.log("correction.second_asked", str(edition), by=by, now=asked.at, detail=f"correction {correction}")


def first_of(app: App, edition: EditionId, version: int, *, second: Person) -> SecondAsked | None:
    """Who approved first and waits for `second`: another person, who is still here and may still approve."""
    with app.read() as tx:
        return _still(tx, tx.editions.second_asked(edition, version), edition, second)


def first_to_mail(app: App, edition: EditionId, correction: int, *, second: Person) -> SecondAsked | None:
    """The same for the mailing of a correction."""
    with app.read() as tx:
        found = tx.archive.correction(edition, correction)
        return _still(tx, found.asked if found else None, edition, second)


def _still(tx: Tx, asked: SecondAsked | None, edition: EditionId, second: Person) -> SecondAsked | None:
    if asked is None or asked.person == second.id:
        return None
    first = tx.people.get(asked.person)
    if first is None or first.left_at is not None or not first.may(Permission.APPROVE):
        return None
    return asked if first.works_on(edition.newsletter) else None
