"""The machine: sources and how they do, phases, chores, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from digest import __version__
from digest.model.added_source import AddedSource
from digest.model.errors import DigestError, NotFound
from digest.web.desk.call import Call
from digest.web.desk.figures import age, lasting
from digest.web.desk.frame import Desk
from digest.web.desk.happened import chore_of, doing_of, phase_of, place_of, queue_of
from digest.web.forms import texts_of
from digest.workflow.clock.engine import engine_standing
from digest.workflow.readers.imports import recent_imports
from digest.workflow.stories.sources import (
    KINDS,
    Tried,
    add_source,
    described,
    known_sources,
    open_added,
    switch,
    try_source,
)

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
    off: bool
    changed_by: str


def machine_pages(desk: Desk) -> None:
    """/desk/sources, /desk/system."""
    app = desk.app

    def refused(call: Call, error: DigestError) -> Response:
        if app.open_source is None:
            raise error
        return _sources(desk, call, wanted=_typed(call), problem=str(error))

    @desk.on("GET", "/desk/sources")
    def sources(call: Call) -> Response:
        return _sources(desk, call)

    @desk.on("POST", "/desk/sources/{source}/test")
    def test(call: Call) -> Response:
        slug = call.param("source")
        source = known_sources(app).get(slug)
        if source is None:
            raise NotFound(f"there is no source {slug!r}")
        return _sources(desk, call, tested=slug, tried=try_source(app, source))

    @desk.on("POST", "/desk/sources/try")
    def look(call: Call) -> Response:
        try:
            wanted = _described(desk, call)
            tried = try_source(app, open_added(app, wanted))
        except DigestError as error:
            return refused(call, error)
        return _sources(desk, call, tested=wanted.outlet, tried=tried, wanted=wanted)

    @desk.on("POST", "/desk/sources/add")
    def add(call: Call) -> Response:
        try:
            add_source(app, _described(desk, call), by=call.by)
        except DigestError as error:
            return refused(call, error)
        return desk.to("/desk/sources", done=True)

    @desk.on("POST", "/desk/sources/{source}/switch")
    def turn(call: Call) -> Response:
        switch(app, call.param("source"), off=call.text("do") == "off", by=call.by)
        return desk.to("/desk/sources", done=True)

    @desk.on("GET", "/desk/system")
    def system(call: Call) -> Response:
        with app.read() as tx:
            runs, chores, alarms = tx.runs.recent(RUNS), tx.chores.recent(), tx.alarms.standing()
            backed_up, looked = tx.last_logged("database.backed_up"), tx.reports.last_line("doctor.ran")
            engine = engine_standing(tx, app.clock(), silent=app.silent, is_gone=app.is_gone)
        jobs = recent_imports(app, limit=5) if app.imports is not None else ()
        return desk.page(
            call, "system.html.j2", jobs=jobs, backed_up=age(call.words, backed_up, app.clock()) if backed_up else "",
            looked=age(call.words, looked.at, app.clock()) if looked else "", said=looked.detail if looked else "",
            version=__version__, phase_of=phase_of, chore_of=chore_of, runs=runs, chores=chores, alarms=alarms,
            engine=engine, queue_of=queue_of, doing_of=doing_of, place_of=place_of,
            since=lambda instant: age(call.words, instant, app.clock()), lasts=lambda time: lasting(call.words, time),
            provider=app.provider.capabilities, database=desk.settings.storage.url.partition(":")[0].partition("+")[0],
        )  # fmt: skip


def _typed(call: Call) -> AddedSource:
    """The form as it was filled in, whatever is wrong with it."""
    return AddedSource(
        slug="", url=call.text("url"), kind=call.text("kind"), outlet=call.text("outlet"),
        section=call.text("section"), language=call.text("language"),
        newsletters=texts_of(call.fields, "newsletter"),
    )  # fmt: skip


def _described(desk: Desk, call: Call) -> AddedSource:
    one = _typed(call)
    return described(
        desk.app, url=one.url, kind=one.kind, outlet=one.outlet, section=one.section, language=one.language,
        newsletters=one.newsletters,
    )  # fmt: skip


def _sources(
    desk: Desk, call: Call, *, tested: str = "", tried: Tried | None = None, wanted: AddedSource | None = None,
    problem: str = "",
) -> Response:  # fmt: skip
    now, settings = desk.app.clock(), {one.slug: one for one in desk.settings.sources}
    known = known_sources(desk.app)
    with desk.app.read() as tx:
        health = tx.sources.health(known)
        changes = {one.source: one for one in tx.sources.changes()}
    rows = []
    for slug, source in known.items():
        found, said_of, change = health[slug], settings.get(slug), changes.get(slug)
        own = said_of or (change.added if change else None)
        rows.append(
            SourceRow(
                slug=slug,
                outlet=source.origin.outlet,
                kind=own.kind if own else "",
                url=own.url if own else "",
                seen=age(call.words, found.last_success, now) if found.last_success else "",
                news=sum(n for day, n in found.per_day.items() if day > (now - WEEK).date()),
                failures=found.failures,
                trouble=found.last_error,
                off=change is not None and change.off,
                changed_by=change.by if change else "",
            )
        )
    rows.sort(key=lambda row: (row.off, -row.failures, row.outlet))
    said = call.words.count("%(count)s item was read", "%(count)s items were read", tried.read) if tried else ""
    return desk.page(
        call, "sources.html.j2", status=422 if problem else 200, problem=problem, rows=rows,
         tested=tested, tried=tried, wanted=wanted, kinds=KINDS,
        said=tried.problem or said if tried else "", newsletters=tuple(desk.app.newsletters.values()),
        addable=desk.app.open_source is not None,
    )  # fmt: skip
