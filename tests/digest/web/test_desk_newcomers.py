"""Newcomers at the desk: found beside the pages, shown with their time, kept by the clock; no page waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.person import Role
from digest.model.run import Phase, RunKey, RunState
from digest.store.tx import Store
from digest.web.desk.beside import Beside
from digest.workflow.clock.due import run
from tests import builders
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.morning import LATE, LATE_IDS, late_stories

UNSEEN = "What came in since is being looked at"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    """A morning on which something happened twenty minutes after composing."""
    with desk(store, tmp_path) as made:
        made.site.clock.now += timedelta(minutes=20)
        with store.begin() as tx:
            tx.stories.add(late_stories(made.site.clock()))
        yield made


def test_no_page_waits_and_the_next_one_shows_what_was_found(place: DeskSite) -> None:
    busy = threading.Event()
    with place.enter(Role.EDITOR) as ann:
        # The desk is there once somebody comes.
        ann.get("/desk/sign-in")
        _, beside = place.site.web.state.leaves
        beside.ask("a long piece of work", lambda: busy.wait(60))
        # What would look for them cannot begin yet: the page is there all the same, and says so.
        first = ann.get(DESK).text
        assert UNSEEN in first
        assert LATE not in first
        busy.set()
        place.site.settled()
        page = ann.get(DESK).text
        assert UNSEEN not in page
        assert "1 new since 05:30" in page
        assert "as of 05:50" in page
        added = ann.post(f"{DESK}/add", data={"version": "1", "event": LATE_IDS[0], "section": "world"})
        assert added.status_code == 200
        assert "1 new since" not in added.text
    assert LATE in [one.headline for one in place.now().told]


def test_the_clock_keeps_them_for_every_process(place: DeskSite, store: Store) -> None:
    now = place.site.clock()
    key = RunKey(newsletter="world", date=builders.DAY, phase=Phase.COLLECT, slot="05:30")
    done = run(place.site.app, key)
    assert done is not None
    assert done[1] is RunState.DONE
    with store.read() as tx:
        kept = tx.arrivals.of(builders.EDITION)
    assert kept is not None
    assert (kept.at, kept.stories) == (now, 3)
    with place.enter(Role.EDITOR) as ann:
        assert "1 new since 05:30" in ann.get(DESK).text


def test_a_piece_of_work_is_done_once_at_a_time_and_again_when_it_failed() -> None:
    beside, go, done = Beside(), threading.Event(), list[str]()

    def fail() -> None:
        assert go.wait(60)
        done.append("tried")
        raise ValueError("a line of the log")

    for _ in range(3):
        beside.ask("one", fail)
    beside.ask("two", lambda: done.append("other"))
    go.set()
    beside.close()
    assert done == ["tried", "other"]
    again = Beside()
    again.ask("one", fail)
    again.close()
    assert done == ["tried", "other", "tried"]
