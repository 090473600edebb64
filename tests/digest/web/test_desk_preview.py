"""The mail as one reader gets it: whoever does not get it is not said to, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from digest.model.change import SubjectLine
from digest.model.newsletter import CanaryRule, SubjectTest, Tracking
from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import abandon, mailing_of
from digest.workflow.send.plan import plan
from subscribers.tables import subscriptions
from tests.builders import DAY, EDITION
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.fakes import ScriptedProvider

GETS, GETS_NOT, LEFT_OUT = "As this reader gets it:", "This reader does not get it:", "This reader is left out"
OPEN = "which of two subjects they get is not chosen yet"
READERS = range(1, 14)


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    def adapt(app: App) -> App:
        canary, two = CanaryRule(at_least=1, wait_minutes=1), SubjectTest(share=0.4, wait_minutes=20)
        own = replace(app.newsletters["world"], canary=canary, subject_test=two)
        return replace(app, newsletters={**app.newsletters, "world": own})

    clicks = Tracking(clicks=True)
    with desk(store, tmp_path, readers=12, provider=ScriptedProvider(), tracking=clicks, adapt=adapt) as made:
        yield made


@pytest.fixture
def eve(place: DeskSite) -> Iterator[httpx.Client]:
    with place.enter(Role.AUDIENCE) as client:
        yield client


def page(eve: httpx.Client, reader: int) -> str:
    """What the preview says of one reader."""
    return eve.get(f"{DESK}/preview", params={"reader": reader}).text


def chose(place: DeskSite, reader: int, **columns: object) -> None:
    """The reader's subscription stands so."""
    with place.site.store.engine.begin() as conn:
        conn.execute(update(subscriptions).where(subscriptions.c.subscriber_id == reader).values(**columns))


def test_whoever_does_not_get_it_today(place: DeskSite, eve: httpx.Client) -> None:
    assert GETS in page(eve, 2)
    for reader, columns, why in (
        (3, {"state": "ended"}, "they have unsubscribed"),
        (4, {"paused_until": DAY + timedelta(days=1)}, "they have paused"),
        (5, {"state": "pending"}, "they have not confirmed yet"),
    ):
        chose(place, reader, **columns)
        said = page(eve, reader)
        assert f"{GETS_NOT} {why}." in said
        assert GETS not in said
    found = [eve.get("/desk/audience", params={"address": f"reader{one}@example.test"}).text for one in (2, 3)]
    assert ["reader=" in one for one in found] == [True, False]


def test_the_rest_that_waits_for_the_better_subject_and_is_given_up(place: DeskSite, eve: httpx.Client) -> None:
    app = place.site.app
    edit(app, EDITION, SubjectLine(subject="A", preheader="", other="B"), by="Ann", expected_version=1)
    assert GETS in page(eve, 2)
    assert OPEN in page(eve, 2)
    approve(app, EDITION, by="Ann", despite_blockers=True)
    place.site.clock.now += timedelta(hours=1)
    plan(app, EDITION)
    send(app, EDITION)
    mailing = mailing_of(app, EDITION).id
    with app.read() as tx:
        served = set(tx.ledger.received(mailing))
        waiting = [one for one in READERS if tx.ledger.waits_in(mailing, one) is not None]
    first = sorted(served.intersection(READERS))
    assert first
    assert len(waiting) > 1
    with app.read() as tx:
        assert sum(one.given for one in tx.reports.subjects(mailing)) == len(served) + len(waiting)
    assert GETS in page(eve, first[0])
    assert OPEN not in page(eve, first[0])
    assert GETS in page(eve, waiting[0])
    assert OPEN in page(eve, waiting[0])
    # Planned, and gone since: the sender will ask, and leave them out.
    chose(place, waiting[1], state="ended")
    assert f"{GETS_NOT} they have unsubscribed." in page(eve, waiting[1])
    abandon(app, EDITION, by="Ann", reason="news changed")
    with app.read() as tx:
        assert sum(one.given for one in tx.reports.subjects(mailing)) == len(served)
    said = page(eve, waiting[0])
    assert LEFT_OUT in said
    assert GETS not in said
    assert GETS in page(eve, first[0])
    with app.begin() as tx:
        tx.ledger.skip(mailing, {12: "not_today"})
    assert "not today 1" in eve.get(f"{DESK}/report").text
