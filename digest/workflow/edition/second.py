"""The second person of a large mailing: whoever asks for one approves first, and never confirms it themselves."""

from __future__ import annotations

from digest.model.change import IllegalEdit, Outrun, SecondAsked
from digest.model.edition import EditionId, EditionStatus
from digest.model.person import Permission, Person
from digest.ports import App
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


def first_of(app: App, edition: EditionId, version: int, *, second: Person) -> SecondAsked | None:
    """Who approved first and waits for `second`: another person, who is still here and may still approve."""
    with app.read() as tx:
        asked = tx.editions.second_asked(edition, version)
        if asked is None or asked.person == second.id:
            return None
        first = tx.people.get(asked.person)
    still = first is not None and first.left_at is None and first.may(Permission.APPROVE)
    return asked if still and first is not None and first.works_on(edition.newsletter) else None
