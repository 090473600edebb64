"""Checking an edition: the links followed through the real door, the day looked at, and what stops a send."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.edition import Edition, EditionSection, EditionStatus, LeadBlock, StoryBlock
from digest.model.errors import RenderFailed
from digest.model.linktest import LinkOutcome
from digest.model.newsletter import Picking
from digest.ports import App
from digest.render.engine import Engine
from digest.render.renderer import EditionRenderer
from digest.sources.fetch import Fetcher, Limits
from digest.sources.guard import Guard
from digest.sources.pace import Pace
from digest.store.pictures import PictureFolder
from digest.store.tx import Store
from digest.wiring import templates_dir
from digest.workflow.edition.check import check_edition_now
from digest.workflow.edition.linkcheck import SLOW_S, check_links
from digest.workflow.edition.review import Blocked, approve
from tests import builders
from tests.digest.render.editions import LEAD_PICTURE
from tests.digest.sources.webserver import Answer, Site, running
from tests.fakes import MORNING, ScriptedProvider


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as opened:
        yield opened


def _door(site: Site) -> Fetcher:
    return Fetcher(
        user_agent="digest/test (+https://digest.example)",
        guard=Guard(trusted=(f"127.0.0.1:{site.port}",)),
        limits=Limits(retries=0),
        pace=Pace(interval=0.0),
    )


def _edition(*urls: str, status: EditionStatus = EditionStatus.READY) -> Edition:
    lead, *others = (builders.told(number, url=url) for number, url in enumerate(urls))
    return replace(
        builders.edition(status),
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=lead),)),
            EditionSection(slug="world", title="World", blocks=tuple(StoryBlock(told=told) for told in others)),
        ),
    )


def _app(store: Store, **changes: object) -> App:
    return replace(builders.app_on(store, provider=ScriptedProvider()), **changes)  # type: ignore[arg-type]


def test_each_link_is_told_what_became_of_it(store: Store, site: Site) -> None:
    site.answers["/fine"] = Answer(body=b"<p>Here")
    site.answers["/gone"] = Answer(status=410)
    site.answers["/guarded"] = Answer(status=403)
    site.answers["/ill"] = Answer(status=500)
    site.answers["/moved"] = Answer(status=301, headers={"Location": f"http://localhost:{site.port}/fine"})
    site.answers["/inside"] = Answer(status=301, headers={"Location": "/fine"})
    paths = ("fine", "missing", "gone", "guarded", "ill", "moved", "inside")
    door = Fetcher(
        user_agent="digest/test (+https://digest.example)",
        guard=Guard(trusted=(f"127.0.0.1:{site.port}", f"localhost:{site.port}")),
        limits=Limits(retries=0),
        pace=Pace(interval=0.0),
    )
    tests = check_links(_app(store, fetch=door), _edition(*(f"{site.root}/{path}" for path in paths)))
    assert [(test.url.rpartition("/")[2], test.outcome.value) for test in tests] == [
        ("fine", "fine"),
        ("missing", "broken"),
        ("gone", "broken"),
        ("guarded", "untested"),
        ("ill", "untested"),
        ("moved", "moved"),
        ("inside", "fine"),
    ]
    assert tests[1].detail == "answers 404"
    assert tests[3].detail.startswith("answered 403")


def test_a_slow_link_is_named_and_a_silent_one_not_waited_for(store: Store, site: Site) -> None:
    release = threading.Event()

    def silent(_: object) -> Answer:
        release.wait(10)
        return Answer()

    site.answers["/fine"] = Answer()
    site.answers["/silent"] = silent
    clock = iter((0.0, SLOW_S + 1))
    slow = check_links(_app(store, fetch=_door(site)), _edition(f"{site.root}/fine"), monotonic=lambda: next(clock))
    assert [(test.outcome, test.detail) for test in slow] == [(LinkOutcome.SLOW, "takes 6 seconds")]
    try:
        late = check_links(_app(store, fetch=_door(site)), _edition(f"{site.root}/silent"), deadline=0.2)
    finally:
        release.set()
    assert [(test.outcome, test.detail) for test in late] == [(LinkOutcome.UNTESTED, "no answer within 0 s")]


def test_without_a_door_no_link_is_followed(store: Store) -> None:
    assert check_links(_app(store), _edition("https://outlet.example/1")) == ()


def _stored(store: Store, made: Edition, readers: int = 3) -> None:
    builders.people(store, readers)
    with store.begin() as tx:
        tx.editions.put(made, expected_version=0)


def test_a_check_says_everything_at_once_and_changes_nothing(store: Store, site: Site, tmp_path: Path) -> None:
    made = _edition(f"{site.root}/gone", f"{site.root}/gone")
    lead = made.sections[0].blocks[0]
    assert isinstance(lead, LeadBlock)
    shown = LeadBlock(told=replace(lead.told, picture=LEAD_PICTURE, image_alt="seen"))
    made = replace(made, sections=(replace(made.sections[0], blocks=(shown,)), made.sections[1]))
    _stored(store, made)
    app = _app(store, fetch=_door(site), pictures=PictureFolder(tmp_path / "pictures"))
    checked = check_edition_now(app, builders.EDITION)
    ids = [finding.id for finding in checked.findings]
    assert {"thin", "duplicate-link", "link-broken", "picture-missing"} <= set(ids)
    assert ids[0] == "thin"
    assert checked.blocked
    assert checked.edition == made
    assert "link-broken" not in [one.id for one in check_edition_now(app, builders.EDITION, links=False).findings]


def test_nobody_to_read_it_is_said_and_does_not_forbid_approval(store: Store) -> None:
    """The plan of such an edition says itself that nobody is mailed."""
    with store.begin() as tx:
        tx.editions.put(_edition("https://outlet.example/1"), expected_version=0)
    app = _app(store)
    assert "audience" in [one.id for one in check_edition_now(app, builders.EDITION).findings if one.blocks]
    with pytest.raises(Blocked) as blocked:
        approve(app, builders.EDITION, by="ann")
    assert [one.id for one in blocked.value.findings] == ["thin"]


def test_a_list_that_shrank_overnight_stops_an_automatic_send(store: Store) -> None:
    """Somebody may have lost half of the readers: a person has to look."""
    week = [builders.EDITION.date - timedelta(days=days) for days in (1, 2, 3)]
    builders.people(store, 30)
    for day in week:
        before = replace(_edition(f"https://outlet.example/{day}"), id=replace(builders.EDITION, date=day))
        with store.begin() as tx:
            tx.editions.put(replace(before, status=EditionStatus.SENT), expected_version=0)
            tx.ledger.plan(
                edition=str(before.id), list_slug="world", groups=(), skipped={"paused": list(range(1, 61))},
                chunk_size=10, now=MORNING,
            )  # fmt: skip
    with store.begin() as tx:
        tx.editions.put(_edition("https://outlet.example/1"), expected_version=0)
    with pytest.raises(Blocked) as blocked:
        approve(
            _app(store, newsletters={"world": builders.newsletter(picking=Picking(min_events=1))}),
            builders.EDITION,
            by="ann",
        )
    assert [one.id for one in blocked.value.findings] == ["audience-change"]
    assert "30 readers, -50%" in blocked.value.findings[0].message


def test_a_template_that_fails_is_a_finding(store: Store, tmp_path: Path) -> None:
    class Broken(EditionRenderer):
        def render(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise RenderFailed("template footer.html.j2 line 1", "'x' is undefined")

    _stored(store, _edition("https://outlet.example/1"))
    app = _app(store, renderer=Broken(Engine(templates_dir())))
    findings = check_edition_now(app, builders.EDITION).findings
    assert [(one.id, one.blocks) for one in findings] == [("template", True)]
    assert "footer.html.j2 line 1" in findings[0].message
