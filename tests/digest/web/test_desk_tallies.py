"""Tallies of large mailings: nobody waits for one that was made before, and nobody sees one from before a button."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from digest.model.delivery import Account, Mailing
from digest.ports import App, Tx
from digest.store.tx import Store
from digest.web.desk.beside import Beside
from digest.web.desk.tallies import FRESH, SMALL, Tallies
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.fakes import FakeClock, ScriptedProvider


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(store: Store, clock: FakeClock) -> App:
    """25 readers, planned."""
    approve_plainly(store)
    people(store, 25)
    made = app_on(store, provider=ScriptedProvider(), clock=clock)
    plan(made, EDITION)
    return made


def accounted(tallies: Tallies, app: App) -> Account:
    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        return tallies.account(tx, mailing)


def test_a_small_mailing_is_counted_by_the_page(app: App) -> None:
    beside = Beside()
    tallies = Tallies(app, beside)
    assert accounted(tallies, app).ready == 25 < SMALL
    send(app, EDITION)
    assert accounted(tallies, app).accepted == 25
    beside.close()


def test_the_newest_is_counted_before_anybody_asks(app: App) -> None:
    tallies = Tallies(app, beside := Beside(), small=10)
    tallies.warm({EDITION.newsletter, "another"})
    beside.close()
    send(app, EDITION)
    assert accounted(tallies, app).ready == 25, "what was counted at the start, some seconds old"


def test_a_large_one_is_counted_once_and_then_beside_the_pages(app: App, clock: FakeClock) -> None:
    tallies = Tallies(app, beside := Beside(), small=10)
    assert accounted(tallies, app).ready == 25
    send(app, EDITION)
    # Some seconds old, and adds up.
    assert accounted(tallies, app).ready == 25
    clock.now += FRESH
    late = accounted(tallies, app)
    assert (late.ready, late.adds_up) == (25, True)
    beside.close()
    assert accounted(tallies, app).accepted == 25


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_was_set_makes_no_tally_immortal(app: App, clock: FakeClock, hours: int) -> None:
    tallies = Tallies(app, beside := Beside(), small=10)
    accounted(tallies, app)
    send(app, EDITION)
    clock.now += timedelta(hours=hours)
    accounted(tallies, app)
    beside.close()
    assert accounted(tallies, app).accepted == 25


def test_whoever_pressed_a_button_sees_what_came_of_it(app: App) -> None:
    tallies = Tallies(app, beside := Beside(), small=10)
    assert accounted(tallies, app).ready == 25
    send(app, EDITION)
    tallies.forget()
    assert accounted(tallies, app).accepted == 25
    beside.close()


def test_a_count_that_was_begun_before_a_button_is_not_shown_after_it(app: App) -> None:
    tallies, go, begun = Tallies(app, beside := Beside(), small=10), threading.Event(), threading.Event()
    made = []

    def count(tx: Tx, mailing: Mailing) -> int:
        made.append(len(made))
        if len(made) == 1:
            begun.set()
            assert go.wait(60)
        return len(made)

    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert tallies.of("figures", tx, mailing, count) is None
        assert begun.wait(60)
        tallies.forget()
        go.set()
        beside.close()
        tallies = Tallies(app, Beside(), small=10)
        assert tallies.of("figures", tx, mailing, count) is None


def test_figures_are_counted_once_however_many_ask(app: App) -> None:
    tallies, go = Tallies(app, beside := Beside(), small=10), threading.Event()
    made = []

    def count(_tx: Tx, mailing: Mailing) -> int:
        assert go.wait(60)
        made.append(mailing.id)
        return 7

    with app.read() as tx:
        mailing = tx.ledger.mailing(str(EDITION))
        assert mailing is not None
        assert [tallies.of("figures", tx, mailing, count) for _ in range(5)] == [None] * 5
        go.set()
        beside.close()
        assert tallies.of("figures", tx, mailing, count) == 7
    assert len(made) == 1
