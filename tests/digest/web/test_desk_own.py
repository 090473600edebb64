"""Own and others' things: whoever works on one newsletter sees and changes nothing of another, on any address."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from digest.model.edition import EditionId, EditionStatus
from digest.model.person import PERMISSIONS, Permission, Role
from digest.model.report import TomorrowNote
from digest.ports import App
from digest.store.db import open_engine
from digest.store.imports import StoredImports
from digest.store.tx import Store
from digest.web.desk.access import OBJECTS, TABLE, Entry, Whose
from digest.workflow.edition.archive import correct
from digest.workflow.edition.compose import compose
from digest.workflow.readers.imports import begin_import, carry_imports
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.model import OptIn, Preferences
from tests import builders
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import own_newsletter
from tests.digest.web.test_desk_access import everything

OWN, OTHER = "mine", "world"
ROLES = (Role.EDITOR, Role.APPROVER, Role.AUDIENCE)
"""All that one can be without being an admin: what one sees is not for lack of a role."""
THEIRS = ("Theirs Only", "theirs@inbox.example", "refused by their import", "their correction")
"""Words that stand in what belongs to the other newsletter, and nowhere else."""
LOOKED_AT = frozenset({Whose.NEWSLETTER, Whose.LIST, Whose.IMPORT})


@dataclass(frozen=True, kw_only=True)
class Things:
    """What one newsletter has: every part of a path that can name something of it."""

    newsletter: str
    reader: int
    job: int
    correction: int
    note: int

    def path(self, entry: Entry) -> str:
        """The address with these things in it."""
        values = {
            "newsletter": self.newsletter, "list": self.newsletter, "day": str(builders.DAY), "job": str(self.job),
            "correction": str(self.correction),
        }  # fmt: skip
        return entry.path.format(**values) if entry.objects else entry.path


@dataclass(frozen=True, kw_only=True)
class Two:
    """A desk with two newsletters, each with everything that one can have."""

    place: DeskSite
    own: Things
    other: Things


@pytest.fixture(scope="module")
def two(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(migrated, folder / "digest.db")
    store = Store(open_engine(f"sqlite:///{folder / 'digest.db'}"))

    def adapt(app: App) -> App:
        return replace(app, imports=StoredImports(store.engine, folder / "imports", erasure_key=builders.KEY))

    mine = replace(own_newsletter(), slug=OWN, list=OWN, name="Mine")
    with desk(store, folder, others=(mine,), adapt=adapt) as place:
        own = things(place, OWN, "Mine Only", "mine@inbox.example", "refused by my import", "my correction")
        other = things(place, OTHER, *THEIRS)
        yield Two(place=place, own=own, other=other)
    store.close()


def things(place: DeskSite, slug: str, name: str, address: str, refused: str, correction: str) -> Things:
    """A reader, a rehearsed import with a line that was refused, and an edition that is out, with a correction."""
    app, edition = place.site.app, EditionId(newsletter=slug, date=builders.DAY)
    compose(app, edition)
    with place.site.store.begin() as tx:
        mail_list = readers.ensure_list(tx.connection, slug, slug, OptIn.SINGLE, app.clock())
        reader = readers.add_subscriber(tx.connection, parse_address(address), now=app.clock(), name=name)
        memberships.subscribe(
            tx.connection, reader.id, mail_list, Basis(method="form"), app.clock(), preferences=Preferences()
        )
        made = tx.editions.get(edition)
        assert made is not None
        for status in (EditionStatus.APPROVED, EditionStatus.SENDING, EditionStatus.SENT):
            tx.editions.change(replace(made, status=status), expected=made.status)
            made = replace(made, status=status)
        tx.ledger.plan(
            edition=str(edition), list_slug=slug, groups=(), skipped={"paused": [reader.id]}, chunk_size=10,
            now=app.clock(),
        )  # fmt: skip
    file = BytesIO(f"email\n{refused}\nnew-{address}\n".encode())
    job = begin_import(app, file, file_name="f.csv", list_slug=slug, consent="a form", dry_run=True, by="Ann")
    carry_imports(app)
    put_right = correct(app, edition, correction, by="Ann").id
    with app.begin() as tx:
        tx.reports.note(TomorrowNote(newsletter=slug, edition=str(edition), text=correction, by="Ann", at=app.clock()))
        note = tx.reports.notes(slug, 1)[0].id
    return Things(newsletter=slug, reader=reader.id, job=job.id, correction=put_right, note=note)


def asked(client: httpx.Client, entry: Entry, wanted: Things) -> int:
    """The status of the answer; the stream's has no end."""
    path = wanted.path(entry)
    if path.endswith("/stream"):
        with client.stream("GET", path) as answer:
            return answer.status_code
    query = {"view": "desktop"} if path.endswith("/frame") else {}
    form = {"version": "0", "note": str(wanted.note)}
    if path.endswith("/waive"):
        form["do"] = "unwaive"
    return client.request(
        entry.method, path, params=query, data=form if entry.method == "POST" else None, follow_redirects=False
    ).status_code


def may(entry: Entry) -> bool:
    return entry.lets(frozenset(ROLES)) and isinstance(entry.needs, Permission)


def test_every_part_of_a_path_is_somebodys() -> None:
    """An address with a new kind of thing in it is not made before it says whose that is."""
    for entry in TABLE:
        for part, whose in entry.objects.items():
            if whose is Whose.PARENT:
                assert Whose.NEWSLETTER in entry.objects.values(), entry
            if whose is Whose.HOUSE:
                assert entry.needs is Permission.ADMIN, entry
            assert part in OBJECTS
    assert Permission.ADMIN not in {one for role in ROLES for one in PERMISSIONS[role]}


ENTRIES = [one for one in TABLE if LOOKED_AT & set(one.objects.values()) and may(one)]


def test_nothing_of_anothers_is_found_or_changed(two: Two) -> None:
    with two.place.enter(*ROLES, email="al@desk.example", newsletters=(OWN,)) as al:
        before = everything(two.place)
        for entry in ENTRIES:
            assert asked(al, entry, two.other) == 404, entry
        assert everything(two.place) == before


def test_ones_own_is_found_on_the_same_addresses(two: Two) -> None:
    """And so the test above can fail."""
    with two.place.enter(*ROLES, email="amy@desk.example", newsletters=(OWN,)) as amy:
        for entry in ENTRIES:
            assert asked(amy, entry, two.own) in (200, 303, 409, 422), entry


def test_no_page_says_a_word_of_another_newsletter(two: Two) -> None:
    other = two.other
    with two.place.enter(*ROLES, email="bob@desk.example", newsletters=(OWN,)) as bob:
        for entry in TABLE:
            if entry.method != "GET" or not may(entry) or entry.path.endswith("/stream"):
                continue
            for query in (
                {}, {"reader": str(other.reader)}, {"reader": str(other.reader), "view": "desktop"},
                {"address": THEIRS[1]}, {"a": f"{OTHER}/{builders.DAY}", "b": f"{OTHER}/{builders.DAY}"},
            ):  # fmt: skip
                said = bob.get(two.own.path(entry), params=query).text
                # What was asked for stands in its field: that is no word of theirs.
                said = said.replace(f'value="{THEIRS[1]}"', "").replace(f'value="{OTHER}/', "")
                assert [word for word in THEIRS if word in said] == [], (entry.path, query)
        frame = bob.get(f"/desk/e/{OWN}/{builders.DAY}/preview/frame", params={"view": "text", "reader": other.reader})
        assert frame.status_code == 404


def test_whoever_works_on_all_finds_both(two: Two) -> None:
    """And so the words are there to be found."""
    with two.place.enter(*ROLES, email="cleo@desk.example") as cleo:
        pages = (
            f"/desk/e/{OTHER}/{builders.DAY}/preview?reader={two.other.reader}",
            f"/desk/audience?address={THEIRS[1]}",
            f"/desk/audience/imports/{two.other.job}",
            f"/desk/e/{OTHER}/{builders.DAY}/report",
        )
        said = "".join(cleo.get(page).text for page in pages)
        assert [word for word in THEIRS if word not in said] == []


def test_an_admin_works_on_all(two: Two) -> None:
    with two.place.enter(Role.ADMIN, email="dan@desk.example", newsletters=(OWN,)) as dan:
        assert dan.get(f"/desk/audience/lists/{OTHER}").status_code == 200
