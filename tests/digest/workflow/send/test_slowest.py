"""Which waves and domains took longest, from what was heard; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from digest.model.feedback import FeedbackKind
from digest.model.newsletter import Picking
from digest.model.report import Slow
from digest.ports import App
from digest.store.tables import deliveries, feedback
from digest.store.tx import Store
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.tables import subscribers
from tests import builders
from tests.builders import EDITION
from tests.fakes import ScriptedProvider
from tests.morning import composed


@pytest.fixture
def app(store: Store) -> App:
    builders.people(store, 3)
    made = builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))
    composed(made)
    approve(made, EDITION, by="Ann")
    plan(made, EDITION)
    return made


def heard(store: Store, mailing: int, number: int, kind: FeedbackKind, at: datetime) -> None:
    """What a provider said of the delivery of this number, from 0."""
    with store.begin() as tx:
        seqs = tx.connection.scalars(
            select(deliveries.c.seq).where(deliveries.c.mailing_id == mailing).order_by(deliveries.c.seq)
        ).all()
        tx.connection.execute(
            insert(feedback).values(
                event_key=f"{number}{kind}{at:%M}", provider="x", kind=kind, at=at, received_at=at, mailing_id=mailing,
                seq=seqs[number],
            )
        )  # fmt: skip


def test_domains_that_were_served_last_come_first(app: App, store: Store) -> None:
    send(app, EDITION, everybody_now=True)
    begun = app.clock()
    with store.begin() as tx:
        found = tx.ledger.mailing(str(EDITION))
        assert found is not None
        readers = tx.connection.scalars(
            select(deliveries.c.subscriber_id).where(deliveries.c.mailing_id == found.id).order_by(deliveries.c.seq)
        ).all()
        for reader, domain in zip(readers, ("fast.example", "slow.example", "slow.example"), strict=True):
            wanted = update(subscribers).where(subscribers.c.id == reader)
            tx.connection.execute(wanted.values(domain=domain))
    heard(store, found.id, 0, FeedbackKind.DELIVERED, begun + timedelta(minutes=1))
    heard(store, found.id, 1, FeedbackKind.DEFERRED, begun + timedelta(minutes=1))
    heard(store, found.id, 1, FeedbackKind.DELIVERED, begun + timedelta(minutes=40))
    heard(store, found.id, 2, FeedbackKind.DEFERRED, begun + timedelta(minutes=2))
    with store.read() as tx:
        slow, fast = tx.reports.slowest(found.id, 5)
        assert slow == Slow(domain="slow.example", readers=1, put_off=2, last=begun + timedelta(minutes=40))
        assert (fast.domain, fast.put_off) == ("fast.example", 0)
        assert tx.reports.slowest(found.id, 1) == (slow,)
        assert tx.reports.slowest(found.id + 1, 5) == ()


def test_a_wave_says_when_its_calls_were(app: App, store: Store) -> None:
    with store.read() as tx:
        found = tx.ledger.mailing(str(EDITION))
        assert found is not None
        assert tx.reports.calls(found.id) == ()
    send(app, EDITION, everybody_now=True)
    with store.read() as tx:
        ((due, first, last),) = tx.reports.calls(found.id)
    assert due <= first <= last
    assert first.tzinfo is not None
