"""Housework: letters, forgetting, the archive's index; every minute. Safe to do twice and by several processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.ports import App
from digest.workflow.belief import doubted
from digest.workflow.edition.archive import index_archive
from digest.workflow.readers.letters import Posted, send_letters
from digest.workflow.staff.devices import send_notices
from digest.workflow.staff.sign_in_links import send_links


@dataclass(frozen=True, slots=True, kw_only=True)
class Housework:
    """What was done."""

    letters: Posted = field(default_factory=Posted)
    forgotten: Mapping[str, int] = field(default_factory=dict)
    """What is over and was deleted, by name."""
    indexed: int = 0
    """Editions that the archive's search knows from now on."""


def do_housework(app: App) -> Housework:
    """Letters first: somebody waits for them."""
    if doubted(app):
        # By a wrong clock everything would be over, and a letter that came too late is dropped.
        return Housework()
    letters = send_letters(app).plus(send_links(app)).plus(send_notices(app))
    with app.begin() as tx:
        readers = tx.audience.tidy(app.clock(), erasure_key=app.asks.erasure_key)
        tidied = {**readers, **tx.door.tidy(app.clock()), **tx.devices.tidy(app.clock())}
        forgotten = {name: number for name, number in tidied.items() if number}
    return Housework(letters=letters, forgotten=forgotten, indexed=index_archive(app))
