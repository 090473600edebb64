"""Segments that ask when something was last sent: by mailings that had the reader in them, on both databases."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from digest.store.tables import deliveries, mailings
from digest.store.tx import Store
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.segments import Happened, Moment, Not
from tests.fakes import FakeClock

NOW = FakeClock().now
BASIS = Basis(method="form")


@pytest.fixture
def world(store: Store) -> tuple[Store, int]:
    """Ana got both mails of the list, Ben the older one; Eva was skipped; Zoe got another list's."""
    with store.begin() as tx:
        made = tx.audience.ensure_list("world", "World", NOW)
        other = tx.audience.ensure_list("daily", "Daily", NOW)
        readers = {}
        for name in ("ana", "ben", "eva", "zoe"):
            readers[name] = tx.readership.add(parse_address(f"{name}@mail.example"), now=NOW).id
            tx.readership.enrol(readers[name], made.id, basis=BASIS, now=NOW, preferences=None)
        sent = {
            ("world", 4): {"ana": "delivered", "ben": "planned", "eva": "skipped"},
            ("world", 1): {"ana": "bounced", "eva": "skipped"},
            ("daily", 1): {"zoe": "delivered"},
        }
        for (slug, days), who in sent.items():
            mailing = tx.connection.execute(
                insert(mailings)
                .values(
                    edition=f"{slug}/{days}", list=slug, state="closed", count=len(who), plan_sha256="",
                    planned_at=NOW - timedelta(days=days),
                )
                .returning(mailings.c.id)
            ).scalar_one()  # fmt: skip
            rows = [
                {"mailing_id": mailing, "seq": seq, "subscriber_id": readers[name], "status": status}
                for seq, (name, status) in enumerate(who.items())
            ]
            tx.connection.execute(insert(deliveries), rows)
        assert other.id != made.id
    return store, made.id


def _day(days: int) -> date:
    return datetime.combine(NOW.date() - timedelta(days=days), datetime.min.time(), UTC).date()


@pytest.mark.parametrize(
    ("predicate", "names"),
    [
        (Happened(moment=Moment.SENT), "ana ben"),
        (Happened(moment=Moment.SENT, within_days=2), "ana"),
        (Happened(moment=Moment.SENT, before=_day(2)), "ben"),
        (Happened(moment=Moment.SENT, first=_day(5), before=_day(2)), "ben"),
        (Happened(moment=Moment.SENT, first=_day(3), before=_day(2)), ""),
        (Not(of=Happened(moment=Moment.SENT)), "eva zoe"),
    ],
)
def test_the_last_mailing_counts(world: tuple[Store, int], predicate: Happened | Not, names: str) -> None:
    store, list_id = world
    wanted = [f"{name}@mail.example" for name in names.split()]
    with store.begin() as tx:
        segment = tx.readership.save_segment(list_id, "asked", predicate, now=NOW, name="")
        assert tx.readership.count(segment, now=NOW) == len(wanted)
        found = tx.readership.members(segment, now=NOW, after=0, limit=10)
        assert [reader.email for reader, _ in found] == wanted
        target = io.StringIO()
        assert tx.readership.export_csv(list_id, target, segment=segment, now=NOW) == len(wanted)
