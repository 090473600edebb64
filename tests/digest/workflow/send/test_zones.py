"""How far a mailing is in each zone, at each reader's own hour: every planned reader in one place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.model.newsletter import Schedule
from digest.model.report import ZoneProgress
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.model import OptIn
from tests.builders import EDITION, app_on, approve_plainly
from tests.fakes import MORNING, FakeClock, ScriptedProvider

ZONES = ("Europe/London", "Europe/Paris", "Europe/Paris", "America/New_York", "America/New_York", "")


def world_of_readers(store: Store) -> None:
    """A reader in each of the zones; the last one named none."""
    with store.begin() as tx:
        mail_list = readers.ensure_list(tx.connection, "world", "World", OptIn.SINGLE, MORNING)
        for number, zone in enumerate(ZONES):
            reader = readers.add_subscriber(
                tx.connection, parse_address(f"reader{number}@example.test", allow_reserved=True), now=MORNING,
                name="", language="en", timezone=zone,
            )  # fmt: skip
            memberships.subscribe(tx.connection, reader.id, mail_list, Basis(method="form"), MORNING)


def progress(store: Store) -> dict[str, tuple[str, int, int, int, int, int]]:
    """zone -> (hour UTC, planned, sent, waiting, held, left out)."""
    with store.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        found = tx.reports.zones(mailing.id, "Europe/London")
        assert sum(one.planned for one in found) == tx.ledger.account(mailing.id).planned
    assert len({(one.zone, one.due_at) for one in found}) == len(found)
    return {one.zone: _row(one) for one in found}


def _row(one: ZoneProgress) -> tuple[str, int, int, int, int, int]:
    return f"{one.due_at:%H:%M}", one.planned, one.sent, one.waiting, one.held, one.left_out


def test_each_zone_goes_from_waiting_to_sent_or_held(store: Store) -> None:
    world_of_readers(store)
    clock = FakeClock()
    app = app_on(store, provider=ScriptedProvider(), clock=clock, schedule=Schedule(reader_hours=True, window_hours=2))
    app = replace(app, wait=clock.wait)
    approve_plainly(store)
    plan(app, EDITION)
    # Paris wakes up before London's six: its readers have theirs tomorrow.
    before = progress(store)
    assert before["Europe/London"] == ("06:00", 2, 0, 2, 0, 0), "who named no zone has the newsletter's"
    assert before["America/New_York"][:4] == ("11:00", 2, 0, 2)
    send(app, EDITION)
    assert progress(store)["Europe/London"] == ("06:00", 2, 2, 0, 0, 0)
    clock.now += timedelta(hours=8)
    send(app, EDITION, resume=False)
    after = progress(store)
    assert after["America/New_York"] == ("11:00", 2, 0, 0, 2, 0), "past their window: held"
    assert after["Europe/London"] == (*before["Europe/London"][:2], 2, 0, 0, 0)
