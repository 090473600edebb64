"""The machine: sources and how they do, phases, chores, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from digest import __version__
from digest.model.errors import AdapterError, BadDocument, NotFound
from digest.web.desk.figures import age
from digest.web.desk.frame import Call, Desk

WEEK = timedelta(days=7)
RUNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source as the page shows it."""

    slug: str
    outlet: str
    kind: str
    url: str
    seen: str
    news: int
    failures: int
    trouble: str


def machine_pages(desk: Desk) -> None:
    """/desk/sources, /desk/system."""
    app = desk.app

    @desk.on("GET", "/desk/sources")
    def sources(call: Call) -> Response:
        return _sources(desk, call)

    @desk.on("POST", "/desk/sources/{source}/test")
    def test(call: Call) -> Response:
        slug = call.param("source")
        source = app.sources.get(slug)
        if source is None:
            raise NotFound(f"there is no source {slug!r}")
        try:
            found = source.read(app.clock())
        except (AdapterError, BadDocument) as error:
            return _sources(desk, call, tested=slug, said=str(error), good=False)
        said = call.words.count("%(count)s item was read", "%(count)s items were read", len(found.entries))
        return _sources(desk, call, tested=slug, said=said, good=bool(found.entries))

    @desk.on("GET", "/desk/system")
    def system(call: Call) -> Response:
        with app.read() as tx:
            runs, chores, alarms = tx.runs.recent(RUNS), tx.chores.recent(), tx.alarms.standing()
        return desk.page(
            call, "system.html.j2", version=__version__, runs=runs, chores=chores, alarms=alarms,
            provider=app.provider.capabilities, database=desk.settings.storage.url.partition(":")[0].partition("+")[0],
        )  # fmt: skip


def _sources(desk: Desk, call: Call, *, tested: str = "", said: str = "", good: bool = True) -> Response:
    now, settings = desk.app.clock(), {one.slug: one for one in desk.settings.sources}
    with desk.app.read() as tx:
        health = tx.sources.health(desk.app.sources)
    rows = []
    for slug, source in desk.app.sources.items():
        found, said_of = health[slug], settings.get(slug)
        rows.append(
            SourceRow(
                slug=slug,
                outlet=source.origin.outlet,
                kind=said_of.kind if said_of else "",
                url=said_of.url if said_of else "",
                seen=age(call.words, found.last_success, now) if found.last_success else "",
                news=sum(n for day, n in found.per_day.items() if day > (now - WEEK).date()),
                failures=found.failures,
                trouble=found.last_error,
            )
        )
    rows.sort(key=lambda row: (-row.failures, row.outlet))
    return desk.page(call, "sources.html.j2", rows=rows, tested=tested, said=said, good=good)
