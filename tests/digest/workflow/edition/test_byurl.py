"""An editor's own find: shown as it would be told, told as it was shown, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from digest.editorial.edition.parts import told_in
from digest.model.change import IllegalEdit
from digest.model.edition import Edition
from digest.model.errors import Permanent
from digest.model.newsletter import Picking
from digest.model.story import Entry
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.byurl import add_find, find
from digest.workflow.edition.compose import compose
from tests import builders
from tests.builders import EDITION
from tests.fakes import ScriptedProvider
from tests.morning import composed

URL = "https://gazette.example/harbour"


@dataclass(frozen=True)
class OnePage:
    """The web, as far as this editor goes."""

    entry: Entry | None

    def wanted(self, source: str, words: int) -> bool:
        return False

    def read(self, url: str) -> Entry:
        if self.entry is None:
            raise Permanent(f"{url}: answered 404")
        return self.entry


def page(**changes: object) -> Entry:
    text = "The harbour of Sampleton opened again on Sunday after two years of works. Ships came in before noon."
    return Entry(
        path=URL, kind="page", title="Sampleton harbour opens again", paragraphs=(text,), language="en", **changes
    )  # type: ignore[arg-type]


@pytest.fixture
def app(store: Store) -> App:
    made = builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))
    return replace(made, pages=OnePage(page()))


@pytest.fixture
def made(app: App) -> Edition:
    return composed(app)


def test_it_is_shown_as_it_would_be_told_and_then_told(app: App, made: Edition) -> None:
    found = find(app, EDITION, URL, outlet="Gazette")
    assert (found.told.headline, found.told.outlet, found.told.url) == ("Sampleton harbour opens again", "Gazette", URL)
    assert found.told.blurb.startswith("The harbour of Sampleton opened again")
    with app.read() as tx:
        assert tx.editions.get(EDITION) == made
        assert tx.stories.known([found.story.id]) == frozenset()
    after = add_find(app, EDITION, found, "world", by="Ann", expected_version=1)
    assert told_in(after, found.told.event) == ("world", found.told)
    with app.read() as tx:
        assert tx.stories.known([found.story.id]) == {found.story.id}
    assert find(app, EDITION, URL).known == found.told.event
    with pytest.raises(IllegalEdit, match="candidates already"):
        add_find(app, EDITION, find(app, EDITION, URL), "world", by="Ann", expected_version=2)


def test_it_stays_when_the_edition_is_composed_anew(app: App, made: Edition) -> None:
    found = find(app, EDITION, URL, outlet="Gazette")
    add_find(app, EDITION, found, "world", by="Ann", expected_version=1)
    again = compose(app, EDITION, again=True)
    assert any(told.url == URL for told in again.told)


def test_an_outlet_is_named_after_its_host_where_nobody_says_how(app: App, made: Edition) -> None:
    assert find(app, EDITION, "https://www.gazette.example/harbour").told.outlet == "gazette.example"


def test_a_page_names_no_other_site_as_its_own(app: App, made: Edition) -> None:
    away = replace(app, pages=OnePage(page(url="https://elsewhere.example/x")))
    assert find(away, EDITION, URL).told.url == URL
    near = replace(app, pages=OnePage(page(url="https://gazette.example/harbour-opens")))
    assert find(near, EDITION, URL).told.url == "https://gazette.example/harbour-opens"


@pytest.mark.parametrize("url", ["", "gazette", "javascript:alert(1)", "file:///etc/passwd", "http://localhost/"])
def test_what_is_no_address_of_an_article_is_refused(app: App, made: Edition, url: str) -> None:
    with pytest.raises(IllegalEdit, match="whole address"):
        find(app, EDITION, url)


def test_what_cannot_be_read_is_said(app: App, made: Edition) -> None:
    with pytest.raises(IllegalEdit, match="answered 404"):
        find(replace(app, pages=OnePage(None)), EDITION, URL)
    with pytest.raises(IllegalEdit, match="reads no articles"):
        find(replace(app, pages=None), EDITION, URL)
    with pytest.raises(IllegalEdit, match="no story"):
        find(replace(app, pages=OnePage(replace(page(), title="…"))), EDITION, URL)


def test_another_text_is_another_sight(app: App, made: Edition) -> None:
    before = find(app, EDITION, URL)
    assert find(app, EDITION, URL).seen == before.seen
    changed = replace(page(), title="Sampleton harbour closes again")
    assert find(replace(app, pages=OnePage(changed)), EDITION, URL).seen != before.seen
