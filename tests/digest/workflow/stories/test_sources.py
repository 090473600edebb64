"""Sources at the desk: added and switched off in the database, read from then on, the configuration the base."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model.added_source import AddedSource
from digest.model.errors import DigestError, NotFound, Transient
from digest.ports import App, Source
from digest.store.tx import Store
from digest.workflow.stories.collect import collect
from digest.workflow.stories.sources import add_source, described, known_sources, sources_read_by, switch, try_source
from tests.builders import app_on
from tests.digest.workflow.stories.test_collect import entry
from tests.fakes import MemorySource, ScriptedProvider

FEED = "https://gazette.example/feed.xml"


def opened(added: AddedSource) -> Source:
    """What stands at an address."""
    return MemorySource(name=added.slug, entries=(entry(7), entry(8)))


@pytest.fixture
def app(store: Store) -> App:
    sources = {"coast": MemorySource(name="coast", entries=(entry(1),))}
    return replace(app_on(store, provider=ScriptedProvider(), sources=sources), open_source=opened)


def gazette(app: App, **more: str) -> AddedSource:
    return described(app, **{"url": FEED, "kind": "feed", "outlet": "The Gazette", **more})  # type: ignore[arg-type]


def test_what_is_added_is_read_from_then_on_by_every_process(app: App, store: Store) -> None:
    assert collect(app, app.newsletters["world"]).new == 1
    change = add_source(app, gazette(app), by="Ann")
    assert change.source == "the-gazette"
    other = replace(app, owner="another process")
    assert list(sources_read_by(other, app.newsletters["world"])) == ["coast", "the-gazette"]
    assert collect(other, app.newsletters["world"]).new == 2
    with store.read() as tx:
        assert [line.event for line in tx.reports.log(before=None, limit=1)] == ["source.added"]


def test_what_is_switched_off_is_not_read_until_it_is_on_again(app: App) -> None:
    world = app.newsletters["world"]
    switch(app, "coast", off=True, by="Ann")
    assert collect(app, world).sources == 0
    assert "coast" in known_sources(app)
    switch(app, "coast", off=False, by="Ann")
    assert collect(app, world).sources == 1
    with pytest.raises(NotFound):
        switch(app, "nowhere", off=True, by="Ann")


def test_an_added_source_that_is_switched_off_comes_back_whole(app: App) -> None:
    add_source(app, gazette(app), by="Ann")
    switch(app, "the-gazette", off=True, by="Bob")
    assert list(sources_read_by(app, app.newsletters["world"])) == ["coast"]
    switch(app, "the-gazette", off=False, by="Bob")
    assert list(sources_read_by(app, app.newsletters["world"])) == ["coast", "the-gazette"]


def test_a_newsletter_that_names_its_sources_gets_what_is_added_for_it(app: App) -> None:
    own = replace(app.newsletters["world"], sources=("coast",))
    two = replace(app, newsletters={"world": own, "other": replace(own, slug="other")})
    add_source(two, replace(gazette(two), newsletters=("world",)), by="Ann")
    assert list(sources_read_by(two, own)) == ["coast", "the-gazette"]
    assert list(sources_read_by(two, two.newsletters["other"])) == ["coast"]


def test_two_of_one_name_are_told_apart(app: App) -> None:
    add_source(app, gazette(app), by="Ann")
    assert gazette(app).slug == "the-gazette-2"
    with pytest.raises(DigestError, match="already"):
        add_source(app, replace(gazette(app), slug="coast"), by="Ann")


@pytest.mark.parametrize(
    "wrong", [{"url": "gazette"}, {"url": "file:///etc/passwd"}, {"kind": "folder"}, {"url": "http://localhost/feed"}]
)
def test_what_is_no_source_of_the_web_is_refused(app: App, wrong: dict[str, str]) -> None:
    with pytest.raises(DigestError):
        gazette(app, **wrong)


def test_an_installation_without_the_web_adds_none(app: App) -> None:
    with pytest.raises(DigestError, match="adds no sources"):
        add_source(replace(app, open_source=None), gazette(app), by="Ann")


def test_a_try_says_what_was_read_and_stores_nothing(app: App, store: Store) -> None:
    found = try_source(app, opened(gazette(app)))
    assert (found.read, len(found.titles), found.problem) == (2, 2, "")
    bad = try_source(app, MemorySource(name="x", error=Transient("503")))
    assert (bad.read, bad.problem) == (0, "503")
    with store.read() as tx:
        assert tx.sources.changes() == ()
