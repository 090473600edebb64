"""Sources at the desk: looked at before they are added, switched off and on by an admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.model.added_source import AddedSource
from digest.model.person import Role
from digest.ports import Source
from digest.store.tx import Store
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.test_desk_decisions import fields_of
from tests.digest.workflow.stories.test_collect import entry
from tests.fakes import MemorySource


def opened(added: AddedSource) -> Source:
    """What stands at an address."""
    return MemorySource(name=added.slug, entries=(entry(7),))


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, adapt=lambda app: replace(app, open_source=opened)) as made:
        yield made


def test_a_source_is_looked_at_and_then_added(place: DeskSite) -> None:
    form = {"url": "https://gazette.example/feed.xml", "kind": "feed", "outlet": "Gazette", "language": "en"}
    with place.enter(Role.ADMIN) as ann:
        looked = ann.post("/desk/sources/try", data=form)
        assert "1 item was read" in looked.text
        with place.site.store.read() as tx:
            assert tx.sources.changes() == ()
        kept = fields_of(looked.text, "/desk/sources/add")
        assert kept == {**form, "section": ""}
        assert "Gazette" in ann.post("/desk/sources/add", data=kept).text
        off = ann.post("/desk/sources/gazette/switch", data={"do": "off"})
        assert "switched off" in off.text
        assert "Switch on Gazette" in off.text
        on = ann.post("/desk/sources/gazette/switch", data={"do": "on"})
        assert "Switch off Gazette" in on.text
        assert "no kind of source" in ann.post("/desk/sources/try", data={**form, "kind": "folder"}).text
