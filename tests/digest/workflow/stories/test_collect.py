"""Collecting: nobody is lost silently, failures rest, validators outlive the process, short entries are completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument, Disallowed, NotAsked, Permanent, Transient
from digest.model.health import NO_VALIDATORS, Validators
from digest.model.story import Entry, Origin, Story
from digest.ports import App, Limits, Reading, Refusal, Source, Tx
from digest.store.tx import Store
from digest.workflow.stories.collect import Collected, collect, summary
from tests.builders import app_on
from tests.fakes import FakeClock, MemorySource, ScriptedProvider

LONG = "The harbour master said that the ferry would stay in port until its engine had been looked at. " * 10


def entry(number: int, **changes: Any) -> Entry:
    made = Entry(
        path="feed", kind="feed", title=f"Ferry number {number} stays in port", url=f"https://coast.example/{number}",
        standfirst=f"A short line about ferry {number}.", position=number,
    )  # fmt: skip
    return replace(made, **changes)


@dataclass
class Scripted:
    """A source on the network whose every look is scripted; remembers the validators it was asked with."""

    looks: list[Reading | Exception]
    name: str = "coast"
    asked: list[Validators | None] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    @property
    def origin(self) -> Origin:
        return Origin(source=self.name, outlet="Coast", owner="Coast")

    def read(self, now: datetime, *, validators: Validators | None = None) -> Reading:
        """The next look."""
        self.asked.append(validators)
        self.before()
        found = self.looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class ScriptedPages:
    """Article pages by address; what is not there fails."""

    articles: dict[str, Entry]
    asked: list[str] = field(default_factory=list)

    def wanted(self, source: str, words: int) -> bool:
        """Short ones, of every source but one."""
        return source != "never" and words < 120

    def read(self, url: str) -> Entry:
        """The article."""
        self.asked.append(url)
        if url not in self.articles:
            raise Permanent(f"{url}: answered 404")
        return self.articles[url]


def app_with(store: Store, *sources: Source, clock: FakeClock | None = None, **changes: Any) -> App:
    named = {source.origin.source: source for source in sources}
    return replace(app_on(store, provider=ScriptedProvider(), clock=clock, sources=named), **changes)


def kept(tx: Tx) -> tuple[Story, ...]:
    return tx.stories.between((), datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def run(app: App, **options: Any) -> Collected:
    return collect(app, app.newsletters["world"], **options)


def test_a_source_that_fails_rests_longer_each_time_and_is_asked_again_when_its_time_has_come(store: Store) -> None:
    clock = FakeClock()
    source = Scripted([Transient("503"), Transient("503"), Reading(entries=(entry(1),))])
    app = app_with(store, source, clock=clock)
    assert run(app).failed == (Refusal(source="coast", path="coast", reason="503"),)
    assert len(run(app).failed) == 1, "one failure costs nothing"
    resting = run(app)
    assert (len(source.asked), resting.failed) == (2, ())
    assert "failed 2 times in a row: 503; asked again after" in resting.resting[0].reason
    assert "1 resting" in summary(resting)
    clock.wait(16 * 60)
    assert run(app).new == 1
    with app.read() as tx:
        assert tx.sources.health(["coast"])["coast"].failures == 0


def test_regardless_asks_also_who_is_resting(store: Store) -> None:
    source = Scripted([Transient("429", retry_after=3600), Reading(entries=(entry(1),))])
    app = app_with(store, source)
    run(app)
    assert len(run(app).resting) == 1
    assert run(app, regardless=True).new == 1


def test_validators_are_kept_between_processes_and_only_with_their_stories(store: Store) -> None:
    validators = Validators(etag='"1"', url="https://coast.example/feed")
    first = Scripted([Reading(entries=(entry(1),), validators=validators)])
    run(app_with(store, first))
    second = Scripted([Reading(entries=(), unchanged=True, validators=validators)])
    found = run(app_with(store, second))
    assert (first.asked, second.asked) == ([NO_VALIDATORS], [validators])
    assert (found.unchanged, found.entries, found.failed) == (1, 0, ())


def test_a_reading_with_an_unreadable_document_is_asked_for_in_full_again(store: Store) -> None:
    bad = Refusal(source="coast", path="x", reason="broken")
    validators = Validators(etag='"1"', url="u")
    source = Scripted([Reading(entries=(), refusals=(bad,), validators=validators), Reading(entries=())])
    app = app_with(store, source)
    assert run(app).unreadable == (bad,)
    run(app)
    assert source.asked[1] == Validators(url="u")


def test_a_broken_off_feed_is_counted_and_asked_for_in_full_again(store: Store) -> None:
    torn = Entry(path="x", kind="feed", title="", flaw="the feed is broken off: not read")
    validators = Validators(etag='"1"', url="u")
    source = Scripted([Reading(entries=(entry(1), torn), validators=validators), Reading(entries=())])
    app = app_with(store, source)
    found = run(app)
    assert (found.entries, found.new, [one.reason for one in found.refused]) == (2, 1, [torn.flaw])
    assert "entry " in found.refused[0].path, "a person has to find it"
    run(app)
    assert source.asked[1] == Validators(url="u")


def test_a_silent_source_is_reported(store: Store) -> None:
    clock = FakeClock()
    looks = [Reading(entries=(entry(day),)) for day in range(5)] + [Reading(entries=()) for _ in range(3)]
    app = app_with(store, Scripted(list(looks)), clock=clock)
    silent = []
    for _ in looks:
        silent.append(len(run(app).silent))
        clock.wait(86_400)
    assert silent == [0, 0, 0, 0, 0, 0, 0, 1]


def test_what_is_not_asked_before_the_deadline_is_said_and_not_blamed(store: Store) -> None:
    clock = FakeClock()
    slow = Scripted([Reading(entries=(entry(1),))], name="a-slow", before=lambda: clock.wait(1000))
    late = [Scripted([], name=f"late{number}") for number in range(80)]
    found = run(app_with(store, slow, *late, clock=clock, limits=Limits(seconds=300)))
    assert found.new == 1
    assert found.resting
    assert len(found.resting) + len(found.failed) + 1 == found.sources == 81
    assert found.resting[0].reason == "the collection's 300 s were over before its turn"


def test_short_entries_get_their_articles_once(store: Store) -> None:
    article = entry(1, kind="page", title="Another title", paragraphs=(LONG,), byline="Mara Lind", language="en")
    pages = ScriptedPages({"https://coast.example/1": article})
    long = entry(3, paragraphs=(LONG,))
    app = app_with(store, MemorySource(name="coast", entries=(entry(1), entry(2), long)), pages=pages)
    found = run(app)
    assert (found.entries, found.new, found.completed) == (3, 3, 1)
    assert found.incomplete[0].path == "https://coast.example/2"
    assert "answered 404" in found.incomplete[0].reason
    with app.read() as tx:
        stories = {one.url: one for one in kept(tx)}
    whole = stories["https://coast.example/1"]
    assert (whole.headline, whole.text, whole.byline) == ("Ferry number 1 stays in port", LONG.strip(), "Mara Lind")
    assert whole.standfirst == "A short line about ferry 1."
    assert stories["https://coast.example/2"].text == ""
    run(app)
    assert sorted(pages.asked) == ["https://coast.example/1", "https://coast.example/2"], "known ones are not fetched"


NEWS = ("Malta bans trade in songbirds", "Boeing wins order for jets", "Peru declares an emergency")


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(lambda n: {"url": f"https://coast.example/#/news/{n}"}, id="route"),
        pytest.param(lambda n: {"url": "https://coast.example/", "guid": f"g{n}"}, id="front page"),
        pytest.param(lambda n: {"url": "https://coast.example/"}, id="front page without guids"),
        pytest.param(lambda n: {"url": f"https://coast.example/read?cid={n}"}, id="cid"),
        pytest.param(lambda n: {"url": f"https://coast.example/show?ref=2026{n}"}, id="ref"),
        pytest.param(lambda n: {"url": None, "guid": "same"}, id="one guid"),
        pytest.param(lambda n: {"url": "https://coast.example/news", "guid": f"g{n}"}, id="one link"),
    ],
)
def test_unlike_stories_are_told_apart_in_any_order(store: Store, named: Callable[[int], dict[str, Any]]) -> None:
    entries = tuple(entry(n, title=title, **named(n)) for n, title in enumerate(NEWS))
    source = Scripted([Reading(entries=entries), Reading(entries=entries[::-1])])
    app = app_with(store, source, pages=ScriptedPages({}))
    assert [(found.new, found.known) for found in (run(app), run(app))] == [(3, 0), (0, 3)]


def test_an_article_with_a_new_headline_stays_one(store: Store) -> None:
    titles = ("Ferry sinks off the coast", "Ferry sinks off the coast, dozens missing")
    entries = tuple(entry(1, title=title, guid=f"a#{n}") for n, title in enumerate(titles))
    found = run(app_with(store, MemorySource(name="coast", entries=entries)))
    assert (found.new, found.known) == (1, 1)


@pytest.mark.parametrize(
    ("headline", "hours", "kept_as"),
    [
        ("Ferry sinks off Batam, toll rises to 39", 20, 2),
        ("Dozens missing as ferry sinks", 20, 1),
        ("Ferry sinks off Batam, 39 dead", 1, 1),
        ("Ferry off Batam: what we know, in 5 points", 20, 1),
        ("Ferry with 12 on board sank off Batam", 20, 1),
    ],
)
@pytest.mark.parametrize("name", [{"url": "https://coast.example/ferry"}, {"url": None, "guid": "ferry-1"}])
def test_a_new_number_under_a_known_address_or_guid_is_a_story_of_its_own(
    store: Store, name: dict[str, Any], headline: str, hours: int, kept_as: int
) -> None:
    clock = FakeClock()
    at = clock() - timedelta(hours=2)
    first = entry(0, title="Ferry sinks off Batam", standfirst="All 12 on board died.", published_at=at, **name)
    later = replace(first, title=headline, published_at=at + timedelta(hours=hours))
    looks: list[Reading | Exception] = [Reading(entries=(one,)) for one in (first, first, later, later)]
    app = app_with(store, Scripted(looks), clock=clock)
    assert run(app).new == 1
    assert run(app).known == 1
    clock.wait(24 * 3600)
    assert run(app).new == kept_as - 1
    assert run(app).new == 0, "looked at again it is the same"
    with store.read() as tx:
        assert [story.headline for story in kept(tx)] == ["Ferry sinks off Batam", headline][:kept_as]


def test_an_article_fetched_for_a_shared_link_keeps_its_own_story(store: Store) -> None:
    link = "https://coast.example/news"
    entries = tuple(entry(n, title=title, url=link, guid=f"g{n}") for n, title in enumerate(NEWS))
    front = entry(9, url="https://coast.example/")
    pages = ScriptedPages({link: entry(1, paragraphs=(LONG,)), "https://coast.example/": entry(9, paragraphs=(LONG,))})
    app = app_with(store, MemorySource(name="coast", entries=(*entries, front)), pages=pages)
    assert run(app).new == 4
    assert set(pages.asked) == {link}, "a front page is nobody's article"


def test_an_article_that_robots_may_not_read_is_said_as_that(store: Store) -> None:
    class Closed(ScriptedPages):
        def read(self, url: str) -> Entry:
            if url.endswith("/1"):
                raise Disallowed(f"{url}: its robots.txt does not allow it")
            return super().read(url)

    found = run(app_with(store, MemorySource(name="coast", entries=(entry(1), entry(2))), pages=Closed({})))
    assert found.new == 2
    assert found.disallowed == 1
    assert found.incomplete[0].reason.startswith("its publisher does not want the article read by programs: ")
    assert "2 left short (1 by robots.txt)" in summary(found)


def test_articles_are_bounded_and_shared_fairly(store: Store) -> None:
    pages = ScriptedPages({})
    sources = [
        MemorySource(name=name, entries=tuple(entry(n, url=f"https://{name}.example/{n}") for n in range(20)))
        for name in ("a", "b", "never")
    ]
    found = run(app_with(store, *sources, pages=pages, limits=Limits(pages=6)))
    assert len(pages.asked) == 6
    assert sum("//a." in url for url in pages.asked) == 3
    assert found.new == 60
    assert found.beyond == 34
    assert "34 left short beyond fetching.pages" in summary(found)


@pytest.mark.parametrize("error", [BadDocument("x", "y"), OSError("z"), Permanent("404")])
def test_any_failure_of_a_source_is_reported(store: Store, error: Exception) -> None:
    found = run(app_with(store, MemorySource(name="bad", error=error), MemorySource(name="good", entries=(entry(1),))))
    assert (len(found.failed), found.new) == (1, 1)


def test_whose_turn_did_not_come_is_said_and_not_blamed(store: Store) -> None:
    app = app_with(store, MemorySource(name="late", error=NotAsked("many wait")))
    assert [(len(found.failed), len(found.resting)) for found in (run(app), run(app))] == [(0, 1), (0, 1)]
    with app.read() as tx:
        assert tx.sources.health(["late"])["late"].failures == 0


ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(0, 5),
        title=st.sampled_from(["", "  ", "A bridge closes", "Rain falls on Lund"]),
        url=st.sampled_from([None, "javascript:alert(1)", "https://coast.example/1", "https://coast.example/2"]),
        standfirst=st.sampled_from(["", "It rains."]),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(ENTRIES, max_size=3))
def test_no_entry_is_lost_silently(store: Store, read: list[list[Entry]]) -> None:
    """Collected = kept + duplicates + refused with a reason."""
    sources = [MemorySource(name=f"s{place}", entries=tuple(entries)) for place, entries in enumerate(read)]
    app = app_with(store, *sources)
    with app.begin() as tx:
        before = {one.id for one in kept(tx)}
    found = run(app)
    with app.read() as tx:
        after = {one.id for one in kept(tx)}
    assert found.entries == sum(map(len, read)) == found.new + found.known + len(found.refused)
    assert len(after - before) == found.new
    assert all(one.reason for one in found.refused)
