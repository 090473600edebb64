"""Time of every screen of the desk with a large house: `python -m benchmarks.desk --readers 1000000 --kind sqlite`.

5,000 stories in the window, of which 200 came in after the edition was composed; 400 editions with as many candidates
as are kept (300), the audience and 29 mailings, the last of them to everybody, a tenth of whom were heard of; each
screen asked for 30 times; then what readers ask for, each time another reader; then a segment by what was sent is
counted. On SQLite or PostgreSQL.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles

import httpx
from sqlalchemy import func, insert, select, text, update

from digest.logs import configure_logs
from digest.model.delivery import MailingState, PlannedGroup
from digest.model.edition import EditionId, EditionStatus
from digest.model.person import Role
from digest.model.story import Origin, Story
from digest.store.codec import to_json
from digest.store.tables import chunks, deliveries, edition_versions, editions
from digest.store.tx import Store
from subscribers.segments import Happened, Moment
from tests import builders
from tests.databases import POSTGRES, fresh_engine
from tests.digest.editorial.edition.test_edits import scored
from tests.digest.web.desk_site import DESK, DeskSite, desk
from tests.digest.web.site import FROM_PAGE, LINKS
from tests.morning import OUTLETS
from tests.servers.postgres import PrivatePostgres

CANDIDATES = 300
"""Kept with an edition, of the thousands that a day has."""
STORIES = 5_000
"""In the window: what those candidates are of."""
LATE = 200
"""Of these came in after the edition was composed: what the newcomers are found among."""
DAYS = 400
LAST = builders.DAY - timedelta(days=1)
"""The day whose edition went to everybody."""
SENT = f"/desk/e/world/{LAST}"
TIMES = 30
SENT_LATELY = Happened(moment=Moment.SENT, within_days=30)
PAGES = {
    "today": "/desk", "stories": DESK, "text": f"{DESK}/text", "preview": f"{DESK}/preview/frame?view=desktop",
    "checks": f"{DESK}/checks", "send": f"{DESK}/send", "report": f"{DESK}/report", "editions": "/desk/editions",
    "log": "/desk/log", "people": "/desk/people", "state": f"{DESK}/state", "audience": "/desk/audience",
    "list": "/desk/audience/lists/world", "sources": "/desk/sources", "look": "/desk/look", "system": "/desk/system",
    "me": "/desk/me", "sent: send": f"{SENT}/send", "sent: report": f"{SENT}/report", "sent: state": f"{SENT}/state",
    "compared": f"/desk/editions?a={builders.EDITION}&b=world/{builders.DAY - timedelta(days=1)}",
}  # fmt: skip


def main() -> None:
    """Build the house, ask, print p50 and p95 in milliseconds, by the clock and of the processor."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readers", type=int, default=1_000_000)
    options.add_argument("--kind", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--times", type=int, default=TIMES, help="how often each screen is asked for")
    chosen = options.parse_args()
    configure_logs(open("/dev/null", "w"))  # noqa: SIM115 - for the life of the process
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if chosen.kind == "postgresql" and not os.environ.get(POSTGRES):
            server = PrivatePostgres()
            stack.callback(server.stop)
            os.environ[POSTGRES] = server.url
        store = Store(stack.enter_context(fresh_engine(chosen.kind, folder)))
        place = stack.enter_context(desk(store, folder))
        _tell(place, store)
        _fill(place, store, chosen.readers)
        with store.begin() as tx:
            tx.connection.execute(text("ANALYZE"))
        print(f"{chosen.kind}: {STORIES:,} stories, {LATE} of them late, {chosen.readers:,} readers", flush=True)
        _ask(place, chosen.times)
        _ask_as_readers(place, chosen.readers, chosen.times)
        _count_sent(store, place)


def _tell(place: DeskSite, store: Store) -> None:
    """The rest of the window's stories, each of words of its own; the last ones first seen after composing."""
    odds, now = random.Random(7), place.site.clock()
    letters = "bdfgklmnprstvz"

    def words(many: int) -> str:
        return " ".join(
            "".join(odds.choice(letters) + odds.choice("aeiou") for _ in range(odds.randint(2, 4))) for _ in range(many)
        )

    told = []
    for n in range(STORIES):
        slug, outlet, wire = OUTLETS[n % len(OUTLETS)]
        late = n >= STORIES - LATE
        told.append(
            Story(
                id=hashlib.sha256(f"late/{n}".encode()).hexdigest()[:16],
                origin=Origin(source=slug, outlet=outlet, owner=outlet, wire=wire),
                headline=words(9).capitalize(),
                standfirst="",
                text=f"{words(60)}.\n\n{words(60)}.",
                url=f"https://{slug}.example/more/{n}",
                language="en",
                section="World",
                byline="",
                agency="",
                published_at=now - timedelta(hours=1, seconds=n),
                first_seen=now + timedelta(seconds=1 if late else -60),
            )
        )
    with store.begin() as tx:
        tx.stories.add(told)
    place.site.clock.now += timedelta(seconds=2)


def _fill(place: DeskSite, store: Store, readers: int) -> None:
    kept = place.edition.scored
    more = tuple(
        scored(f"c{n}", f"A candidate of number {n} that somebody might tell", "world", 1.0 - n / 1000, why="2 outlets")
        for n in range(CANDIDATES - len(kept))
    )
    full = replace(place.edition, version=2, scored=(*kept, *more))
    with store.begin() as tx:
        tx.editions.put(full, expected_version=1)
        conn = tx.connection
        at = "TIMESTAMPTZ '2026-01-01'" if conn.dialect.name == "postgresql" else "'2026-01-01'"
        for number in range(1, DAYS):
            day = replace(
                full, id=EditionId(newsletter="world", date=builders.DAY - timedelta(days=number)), version=1,
                status=EditionStatus.SENT,
            )  # fmt: skip
            row = {"name": str(day.id), "version": 1, "content": to_json(day)}
            facts = {"newsletter": "world", "date": day.id.date, "status": day.status}
            conn.execute(insert(editions).values(**row, **facts))
            conn.execute(insert(edition_versions).values(**row))
            if 1 < number < 30:
                tx.ledger.plan(
                    edition=str(day.id), list_slug="world", groups=(), skipped={"paused": [1]}, chunk_size=10,
                    now=place.site.clock(),
                )  # fmt: skip
        conn.execute(
            text(
                "WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < :last) "
                "INSERT INTO subscribers (id, email, email_key, fold_key, domain, attributes, created_at, updated_at) "
                "SELECT x, 'r' || x || '@e.test', 'r' || x || '@e.test', 'r' || x || '@e.test', 'e.test', '{}', "
                f"{at}, {at} FROM n"
            ),
            {"last": 1000 + readers},
        )
        conn.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, list_id, state, since) "
                f"SELECT id, 1, 'active', {at} FROM subscribers WHERE id >= 1000"
            )
        )
        mailing = tx.ledger.plan(
            edition=f"world/{LAST}", list_slug="world", skipped={}, chunk_size=1_000, now=place.site.clock(),
            groups=(PlannedGroup(variant="en", due_at=place.site.clock(), subscribers=range(1000, 1001 + readers)),),
        )  # fmt: skip
    with store.begin() as tx:
        conn, now = tx.connection, place.site.clock() - timedelta(hours=2)
        taken = {"state": "accepted", "provider": "scripted", "sent_at": now, "settled_at": now, "first_event_at": now}
        conn.execute(update(chunks).where(chunks.c.mailing_id == mailing.id).values(**taken))
        of_all = (deliveries.c.mailing_id == mailing.id) & (deliveries.c.seq % 10 == 0)
        conn.execute(update(deliveries).where(of_all).values(status="delivered", changed_at=now))
        conn.execute(
            text(
                "INSERT INTO feedback (event_key, provider, kind, at, received_at, mailing_id, seq) "
                "SELECT CAST(seq AS TEXT), 'scripted', 'delivered', changed_at, changed_at, mailing_id, seq "
                "FROM deliveries WHERE mailing_id = :id AND status = 'delivered'"
            ),
            {"id": mailing.id},
        )
        tx.ledger.change(mailing.id, expected=mailing.state, to=MailingState.SENDING)
        tx.ledger.change(mailing.id, expected=MailingState.SENDING, to=MailingState.CLOSED)


def _ask(place: DeskSite, times: int) -> None:
    # As `digest serve` does when it begins.
    place.site.web.state.rooms.open()
    place.site.web.state.warm()
    place.site.settled()
    with place.enter(Role.ADMIN) as client:
        for name, path in PAGES.items():
            _time(place, name, times, partial(client.get, path))


def _ask_as_readers(place: DeskSite, readers: int, times: int) -> None:
    """Each press is another reader's, picked at random among all of them."""
    site, odds, counted = place.site, random.Random(11), itertools.count()
    chosen = {"section": ["world", "science"], "frequency": "weekdays", "hour": "7"}

    def path(page: str) -> str:
        return site.token(page, reader=odds.randrange(1000, 1000 + readers))

    def sign_up() -> httpx.Response:
        stamp = site.app.links.stamp(site.clock() - timedelta(seconds=9))
        form = {"email": f"new{next(counted)}@news.example.org", "stamp": stamp}
        return site.client.post("/subscribe/world", data=form)

    def press() -> httpx.Response:
        who = site.app.links.track_key(mailing, odds.randrange(1, readers))
        return site.client.get(site.tracked(odds.randrange(5), who=who, day=LAST))

    with site.store.begin() as tx:
        sent = tx.editions.get(EditionId(newsletter="world", date=LAST))
        assert sent is not None
        tx.tracking.keep_links(sent, LINKS)
        mailing = tx.connection.execute(select(func.max(deliveries.c.mailing_id))).scalar_one()
    asked: dict[str, Callable[[], httpx.Response]] = {
        "front": lambda: site.client.get("/"),
        "form": lambda: site.client.get("/subscribe/world"),
        "sign up": sign_up,
        "preferences": lambda: site.client.get(path("p")),
        "saved": lambda: site.client.post(path("p"), data=chosen, headers=FROM_PAGE),
        "leave?": lambda: site.client.get(path("u")),
        "left": lambda: site.client.post(path("u"), data={"List-Unsubscribe": "One-Click"}),
        "editions": lambda: site.client.get("/editions"),
        "edition": lambda: site.client.get(f"/editions/world/{LAST}"),
        "click": press,
    }
    for name, ask in asked.items():
        _time(place, name, times, ask)


def _count_sent(store: Store, place: DeskSite) -> None:
    """How long a segment of "was sent something within a month" takes to count: the slowest of three."""
    taken = []
    for _ in range(3):
        with store.read() as tx:
            began = time.perf_counter()
            found = tx.readership.count_matching(1, SENT_LATELY, now=place.site.clock())
            taken.append(time.perf_counter() - began)
    print(f"segment of {found:,} who were sent something: {max(taken) * 1e3:.0f} ms (the slowest of 3)", flush=True)


def _time(place: DeskSite, name: str, times: int, ask: Callable[[], httpx.Response]) -> None:
    taken, worked = [], []
    for _ in range(times):
        # As an editor asks: what is kept for half a minute or a minute is counted anew now and then.
        place.site.clock.now += timedelta(seconds=5)
        began, work = time.perf_counter(), time.process_time()
        answer = ask()
        taken.append((time.perf_counter() - began) * 1000)
        # Both ends of the wire: what a page costs on a machine that has nothing else to do.
        worked.append((time.process_time() - work) * 1000)
        assert answer.status_code in (200, 302), (name, answer.status_code)
    every, cpu = quantiles(taken, n=20), quantiles(worked, n=20)
    print(
        f"{name:12} p50 {every[9]:6.0f} ms   p95 {every[18]:6.0f} ms   "
        f"processor p50 {cpu[9]:5.0f} ms   p95 {cpu[18]:5.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
