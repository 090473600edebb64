"""The machine's page: who works, what waits, and since when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest.model.job import Process, ProcessKind, Queue
from digest.model.person import Role
from digest.ports import App
from digest.store.no_jobs import NoJobs
from digest.store.tx import Store
from tests.digest.web.desk_site import EARLY, DeskSite, desk


class Waiting(NoJobs):
    """A queue in which posts wait and a mailing is sent; it stands for the engine, which has tests of its own."""

    def __init__(self, _conn: Connection) -> None:
        pass

    def queues(self) -> tuple[Queue, ...]:
        return (
            Queue(name="drain", running=4, oldest_running=timedelta(seconds=42)),
            Queue(name="posts", waiting=3, failed=2, oldest_waiting=timedelta(minutes=7)),
        )


def with_engine(store: Store) -> Store:
    return Store(store.engine, jobs=Waiting)


def sign(place: DeskSite, owner: str, kind: ProcessKind, note: str, *, ago: float = 5) -> None:
    seen = EARLY - timedelta(seconds=ago)
    with place.site.app.begin() as tx:
        tx.processes.seen(Process(owner=owner, kind=kind, version="1", since=seen, seen_at=seen, note=note))


def shown(page: str, heading: str) -> list[list[str]]:
    """The rows of the table with this label, as they read."""
    table = page.split(f'aria-label="{heading}"')[1].split("</table>")[0]
    rows = re.findall(r'<tr role="row">(.*?)</tr>', table.split("<tbody", 1)[1], re.S)
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


def test_the_system_page_shows_who_works_and_what_waits(store: Store, tmp_path: Path) -> None:
    queue = with_engine(store)

    def adapt(app: App) -> App:
        return replace(app, begin=queue.begin, read=queue.read, drains=2, is_gone=lambda owner: "/77/" in owner)

    with desk(store, tmp_path, adapt=adapt) as place, place.enter(Role.ADMIN) as ann:
        sign(place, "web1/b00t/41/12/900", ProcessKind.SCHEDULER, "acts")
        sign(place, "web2/b00t/41/13/900", ProcessKind.SCHEDULER, "stands by", ago=80)
        sign(place, "one", ProcessKind.WORKER, "drain:7:0, drain:7:1, chore:backup:0")
        sign(place, "two", ProcessKind.WORKER, "waits", ago=31)
        sign(place, "web1/b00t/41/77/900", ProcessKind.WORKER, "drain:7:2")
        page = ann.get("/desk/system").text
    assert shown(page, "Who works") == [
        ["Scheduler", "web1 · 12", "5 sec ago", "Acts"],
        ["Scheduler", "web2 · 13", "1 min ago", "Stands by"],
        ["Worker", "one", "5 sec ago", "Send 7, Chores backup"],
        ["Worker", "two", "31 sec ago", "Gives no sign"],
        ["Worker", "web1 · 77", "5 sec ago", "Gives no sign"],
    ]
    assert shown(page, "What waits") == [
        ["Send", "0", "4", "0", "", "42 sec"],
        ["Posts of the provider", "3", "0", "2", "7 min", ""],
    ]
    assert "a job waits since 420 s (posts)" in page


def test_it_says_that_no_worker_is_there(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path) as place, place.enter(Role.ADMIN) as ann:
        sign(place, "one", ProcessKind.SCHEDULER, "acts")
        assert "No worker gives a sign of life." in ann.get("/desk/system").text


def test_without_an_engine_the_page_has_nothing_of_it(store: Store, tmp_path: Path) -> None:
    with desk(store, tmp_path) as place, place.enter(Role.ADMIN) as ann:
        page = ann.get("/desk/system").text
    assert "Who works" not in page
    assert "worker" not in page
