"""A decision is taken back until the mailing is planned; a large mailing takes two people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model.change import IllegalEdit, Lead, Outrun
from digest.model.edition import Edition, EditionStatus
from digest.model.errors import Lost
from digest.model.newsletter import Picking
from digest.model.person import Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve, hold, skip, take_back
from digest.workflow.edition.second import ask_second, first_of
from digest.workflow.send.plan import plan
from tests import builders
from tests.builders import EDITION
from tests.desk_people import signed_in
from tests.fakes import ScriptedProvider
from tests.morning import composed

READY, HELD, APPROVED, SKIPPED = (
    EditionStatus.READY, EditionStatus.HELD, EditionStatus.APPROVED, EditionStatus.SKIPPED,
)  # fmt: skip


@pytest.fixture
def app(store: Store) -> App:
    builders.people(store, 1)
    return builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))


@pytest.fixture
def made(app: App) -> Edition:
    return composed(app)


def back(app: App, version: int = 1) -> Edition:
    return take_back(app, EDITION, by="Ann", expected_version=version)


def test_each_decision_is_taken_back_to_what_was_before(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason="wait")
    approve(app, EDITION, by="Bob")
    skip(app, EDITION, by="Ann", reason="no")
    found = back(app)
    assert (found.status, found.approved_by) == (APPROVED, "Bob")
    with app.read() as tx:
        assert tx.editions.frozen_variants(EDITION) != (), "what was approved is still what is sent"
    found = back(app)
    assert (found.status, found.reason, found.approved_by, found.approved_at) == (HELD, "wait", "", None)
    assert back(app).status is READY
    with pytest.raises(IllegalEdit, match="no decision"):
        back(app)
    with app.read() as tx:
        said = [line.event for line in tx.reports.log(before=None, limit=10) if line.event.startswith("edition.")]
    assert said.count("edition.taken_back") == 3


def test_what_composing_held_is_nobodys_decision(store: Store) -> None:
    thin = builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=50))
    assert composed(thin).status is HELD
    with pytest.raises(IllegalEdit, match="no decision"):
        back(thin)


def test_a_change_in_between_ends_it(app: App, made: Edition) -> None:
    approve(app, EDITION, by="Bob")
    edit(app, EDITION, Lead(event=made.told[1].event), by="Bob", expected_version=1)
    with pytest.raises(Outrun):
        back(app)
    with pytest.raises(IllegalEdit, match="no decision"):
        back(app, version=2)


def test_once_a_mailing_is_planned_nothing_is_taken_back(app: App, made: Edition) -> None:
    approve(app, EDITION, by="Bob")
    plan(app, EDITION)
    with pytest.raises(IllegalEdit, match="no decision"):
        back(app)


def test_of_two_who_take_it_back_one_does(app: App, made: Edition) -> None:
    approve(app, EDITION, by="Bob")
    with app.read() as tx:
        decision = tx.editions.decision(EDITION)
    assert decision is not None
    back(app)
    with pytest.raises(Lost), app.begin() as tx:
        tx.editions.undecide(EDITION, decision, by="Carl", now=app.clock())


def test_the_second_person_is_another_one_who_is_still_here(app: App, made: Edition) -> None:
    ann = signed_in(app, Role.APPROVER, email="ann@desk.example").person
    bob = signed_in(app, Role.APPROVER, email="bob@desk.example").person
    assert first_of(app, EDITION, 1, second=bob) is None
    ask_second(app, EDITION, person=ann, by="Ann", expected_version=1)
    # Whoever asked first stays the first: asking again from the other account makes nobody their own second.
    ask_second(app, EDITION, person=bob, by="Bob", expected_version=1)
    assert first_of(app, EDITION, 1, second=ann) is None
    first = first_of(app, EDITION, 1, second=bob)
    assert first is not None
    assert (first.by, first.person) == ("Ann", ann.id)
    assert first_of(app, EDITION, 2, second=bob) is None, "another version has to be asked for anew"


def test_who_left_or_approves_no_more_is_no_first_person(app: App, made: Edition) -> None:
    ann = signed_in(app, Role.APPROVER, email="ann@desk.example").person
    bob = signed_in(app, Role.APPROVER, email="bob@desk.example").person
    ask_second(app, EDITION, person=ann, by="Ann", expected_version=1)
    with app.begin() as tx:
        tx.people.change(replace(ann, roles=frozenset({Role.EDITOR})))
    assert first_of(app, EDITION, 1, second=bob) is None
    with app.begin() as tx:
        tx.people.change(replace(ann, roles=frozenset({Role.APPROVER}), left_at=app.clock()))
    assert first_of(app, EDITION, 1, second=bob) is None


def test_only_what_can_be_approved_is_asked_for(app: App, made: Edition) -> None:
    ann = signed_in(app, Role.APPROVER, email="ann@desk.example").person
    with pytest.raises(Outrun):
        ask_second(app, EDITION, person=ann, by="Ann", expected_version=7)
    skip(app, EDITION, by="Ann", reason="no")
    with pytest.raises(IllegalEdit, match="nothing to approve"):
        ask_second(app, EDITION, person=ann, by="Ann", expected_version=1)
