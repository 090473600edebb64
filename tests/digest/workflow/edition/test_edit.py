"""Editing: on the version that was seen, logged, undone, and never beside an approval; on both databases."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.editorial.edition.parts import told_in
from digest.model.change import Exclude, IllegalEdit, Lead, Note, Outrun, Pin, Rewrite, SubjectLine, Waiver
from digest.model.edition import Edition, EditionStatus, NoteBlock
from digest.model.errors import Lost
from digest.model.newsletter import Picking
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.compose import compose
from digest.workflow.edition.edit import add, edit, merge, split, undo, undoable
from digest.workflow.edition.newcomers import (
    Newcomers,
    arrivals,
    arrivals_kept,
    look_for_newcomers,
    newcomers,
)
from digest.workflow.edition.review import approve
from digest.workflow.send.plan import plan
from tests import builders
from tests.builders import EDITION
from tests.fakes import FakeClock, ScriptedProvider
from tests.morning import LATE_IDS, OWN, composed, late_stories, stories

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OTHER = (
    "Islanders slept on benches beside the quay while vans of tomatoes and feta spoiled in the afternoon sun.",
    "Union leaders want shorter shifts after two stokers fainted last summer; shipping companies call that ruinous.",
    "Athens may order crews back to work by decree, as it did in the winter of the long pension dispute.",
)


@pytest.fixture
def app(store: Store) -> App:
    return builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))


@pytest.fixture
def made(app: App) -> Edition:
    return composed(app)


def now(app: App) -> Edition:
    with app.read() as tx:
        found = tx.editions.get(EDITION)
    assert found is not None
    return found


def came_for(app: App, edition: Edition) -> Newcomers:
    """What has come in by now."""
    return newcomers(app.newsletters["world"], edition, look_for_newcomers(app, edition))


def test_a_change_is_a_new_version_in_the_log(app: App, store: Store, made: Edition) -> None:
    event = made.told[1].event
    after = edit(app, EDITION, Exclude(event=event, reason="too far"), by="Ann", expected_version=1)
    assert (after.version, told_in(after, event)) == (2, None)
    assert now(app) == after
    with store.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT event, detail FROM log WHERE event = 'edition.edited'").all()
        assert [one.words for one in tx.editions.edits(EDITION)] == [rows[0][1]]
    assert rows[0][1].endswith("too far")


def test_two_at_once_and_nothing_of_the_second_is_stored(app: App, made: Edition) -> None:
    first, second = made.told[1].event, made.told[2].event
    won = edit(app, EDITION, Lead(event=first), by="Ann", expected_version=1)
    with pytest.raises(Outrun) as lost:
        edit(app, EDITION, Lead(event=second), by="Bob", expected_version=1)
    assert lost.value.now == won
    assert now(app).told[0].event == first


def test_a_change_that_changes_nothing_is_no_version(app: App, made: Edition) -> None:
    same = SubjectLine(subject=made.subject, preheader=made.preheader)
    assert edit(app, EDITION, same, by="Ann", expected_version=1).version == 1


def test_undo_goes_back_step_by_step(app: App, made: Edition) -> None:
    event = made.told[1].event
    edit(app, EDITION, Exclude(event=event, reason="x"), by="Ann", expected_version=1)
    edit(app, EDITION, SubjectLine(subject="Mine", preheader="p"), by="Ann", expected_version=2)
    back = undo(app, EDITION, by="Bob", expected_version=3)
    assert (back.subject, back.version) == (made.subject, 4)
    back = undo(app, EDITION, by="Bob", expected_version=4)
    assert replace(back, version=1) == made
    with pytest.raises(IllegalEdit, match="nothing to undo"):
        undo(app, EDITION, by="Bob", expected_version=5)
    edit(app, EDITION, SubjectLine(subject="Again", preheader="p"), by="Ann", expected_version=5)
    assert undo(app, EDITION, by="Bob", expected_version=6).subject == made.subject


def test_what_was_composed_anew_is_undone_like_a_change(app: App, made: Edition) -> None:
    edit(app, EDITION, SubjectLine(subject="Mine", preheader="p"), by="Ann", expected_version=1)
    app.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the clock of tests
    again = compose(app, EDITION, again=True, by="Bob")
    back = undo(app, EDITION, by="Ann", expected_version=again.version)
    assert (back.subject, back.composed_at) == ("Mine", made.composed_at)
    assert undo(app, EDITION, by="Ann", expected_version=back.version).subject == made.subject
    with app.read() as tx:
        assert [one.by for one in tx.editions.edits(EDITION)] == ["Ann", "Ann", "Bob", "Ann"]
        assert undoable(tx.editions.edits(EDITION), back.version + 1) is None


def test_what_an_editor_did_goes_along_when_it_is_composed_anew(app: App, made: Edition) -> None:
    out, kept, low = made.told[3], made.told[1], next(one for one in made.scored if not one.rank)
    edit(app, EDITION, Exclude(event=out.event, reason="too far"), by="Ann", expected_version=1)
    add(app, EDITION, low.event, "world", by="Ann", expected_version=2)
    edit(app, EDITION, Rewrite(event=kept.event, headline="In our words", blurb="Ours."), by="Ann", expected_version=3)
    edit(app, EDITION, Note(text="Good morning.", signed="Ann"), by="Ann", expected_version=4)
    edit(app, EDITION, SubjectLine(subject="Mine", preheader=made.preheader), by="Ann", expected_version=5)
    again = compose(app, EDITION, again=True)
    scored = {one.event: one for one in again.scored}
    assert told_in(again, out.event) is None
    assert (scored[out.event].excluded, scored[out.event].left_out) == (True, "excluded: too far")
    assert told_in(again, low.event) is not None
    assert scored[low.event].pinned
    found = told_in(again, kept.event)
    assert found is not None
    assert (found[1].headline, found[1].blurb) == ("In our words", "Ours.")
    assert [one.headline for one in again.composed] == [kept.headline]
    assert again.subject == "Mine"
    assert any(isinstance(block, NoteBlock) for section in again.sections for block in section.blocks)
    assert (again.version, again.status) == (7, EditionStatus.READY)


def test_what_is_pinned_is_told_even_where_its_reports_are_gone(app: App, store: Store, made: Edition) -> None:
    lead = made.told[0]
    edit(app, EDITION, Pin(event=lead.event), by="Ann", expected_version=1)
    with store.begin() as tx:
        tx.connection.exec_driver_sql("DELETE FROM stories WHERE published_at > '2000-01-01'")
        tx.stories.add([one for one in stories(app.clock()) if lead.headline.lower() not in one.headline.lower()])
    again = compose(app, EDITION, again=True)
    found = told_in(again, lead.event)
    assert found is not None
    assert found[1].headline == lead.headline
    assert found[0] != "lead"


def test_a_change_voids_the_approval(app: App, store: Store, made: Edition) -> None:
    builders.people(store, 1)
    approve(app, EDITION, by="Ann")
    changed = edit(app, EDITION, Lead(event=made.told[1].event), by="Bob", expected_version=1)
    assert (changed.status, changed.approved_by, changed.approved_at) == (EditionStatus.READY, "", None)
    with store.read() as tx:
        assert tx.editions.frozen_variants(EDITION) == ()  # of this version nothing is frozen
    again = approve(app, EDITION, by="Ann")
    assert (again.status, again.version) == (EditionStatus.APPROVED, 2)


def test_what_is_planned_is_not_changed(app: App, store: Store, made: Edition) -> None:
    builders.people(store, 1)
    approve(app, EDITION, by="Ann")
    plan(app, EDITION)
    with pytest.raises(IllegalEdit, match="no longer be changed"):
        edit(app, EDITION, Lead(event=made.told[1].event), by="Bob", expected_version=1)
    with pytest.raises(IllegalEdit):
        undo(app, EDITION, by="Bob", expected_version=1)


def test_an_approval_is_for_the_version_that_was_seen(app: App, store: Store, made: Edition) -> None:
    builders.people(store, 1)
    edit(app, EDITION, Lead(event=made.told[1].event), by="Bob", expected_version=1)
    with pytest.raises(Outrun):
        approve(app, EDITION, by="Ann", expected_version=1)
    assert approve(app, EDITION, by="Ann", expected_version=2).status is EditionStatus.APPROVED


def test_a_status_that_changed_meanwhile_is_not_overwritten(app: App, store: Store, made: Edition) -> None:
    with store.begin() as tx:
        tx.editions.change(made.to(EditionStatus.HELD, reason="x"), expected=EditionStatus.READY)
    with pytest.raises(Lost), store.begin() as tx:
        tx.editions.put(replace(made, version=2), expected_version=1, expected=EditionStatus.READY)


def test_a_candidate_is_added_as_composing_would_have_told_it(app: App, made: Edition) -> None:
    left = next(one for one in made.scored if not one.rank)
    after = add(app, EDITION, left.event, "asia", by="Ann", expected_version=1)
    found = told_in(after, left.event)
    assert found is not None
    section, told = found
    assert section == "asia"
    assert told.blurb
    assert told.url
    assert len(told.related) >= 1
    with pytest.raises(IllegalEdit, match="no event"):
        add(app, EDITION, "nowhere", "asia", by="Ann", expected_version=2)


def test_splitting_and_merging_judge_anew(app: App, made: Edition) -> None:
    scored = next(one for one in made.scored if len(one.stories) == 3 and one.rank)
    told = told_in(made, scored.event)
    assert told is not None
    apart = [one for one in scored.stories if one != told[1].story][:1]
    after = split(app, EDITION, scored.event, apart, by="Ann", expected_version=1)
    rest = next(one for one in after.scored if one.event == scored.event)
    new = next(one for one in after.scored if one.stories == tuple(apart))
    assert len(rest.stories) == 2
    assert rest.score < scored.score
    assert new.why
    merged = merge(app, EDITION, scored.event, new.event, by="Ann", expected_version=2)
    both = next(one for one in merged.scored if one.event == scored.event)
    assert set(both.stories) == set(scored.stories)
    assert both.score == scored.score
    with pytest.raises(IllegalEdit, match="not all"):
        split(app, EDITION, scored.event, scored.stories, by="Ann", expected_version=3)


def test_what_an_editor_parted_stays_apart_when_composed_anew(app: App, made: Edition) -> None:
    scored = next(one for one in made.scored if len(one.stories) == 3 and one.rank)
    after = split(app, EDITION, scored.event, scored.stories[2:], by="Ann", expected_version=1)
    anew = compose(app, EDITION, again=True)
    events = {frozenset(one.stories): one.event for one in anew.scored}
    assert events == {frozenset(one.stories): one.event for one in after.scored}
    assert frozenset(scored.stories[2:]) in events


def test_what_was_pinned_is_judged_as_pinned_after_splitting_and_merging(app: App, made: Edition) -> None:
    scored = next(one for one in made.scored if len(one.stories) == 3 and one.rank)
    edit(app, EDITION, Pin(event=scored.event), by="Ann", expected_version=1)
    after = split(app, EDITION, scored.event, scored.stories[2:], by="Ann", expected_version=2)
    rest = next(one for one in after.scored if one.event == scored.event)
    new = next(one for one in after.scored if one.stories == scored.stories[2:])
    assert (rest.pinned, new.pinned) == (True, False)
    assert [part.name for one in (rest, new) for part in one.parts].count("desk") == 1
    merged = merge(app, EDITION, rest.event, new.event, by="Ann", expected_version=3)
    both = next(one for one in merged.scored if one.event == rest.event)
    assert both.pinned
    assert both.score > 20


def test_a_rewriting_is_told_and_its_original_kept(app: App, made: Edition) -> None:
    told = made.told[1]
    after = edit(app, EDITION, Rewrite(event=told.event, headline="Ours", blurb="Own."), by="Ann", expected_version=1)
    assert after.composed[0].headline == told.headline
    assert now(app).composed == after.composed


def test_waivers(app: App, store: Store, made: Edition) -> None:
    waiver = Waiver(finding="f" * 16, check="one-source", reason="a small day", by="Ann", at=app.clock())
    with store.begin() as tx:
        tx.editions.waive(EDITION, waiver)
        tx.editions.waive(EDITION, replace(waiver, reason="still"))
        assert tx.editions.waivers(EDITION) == (replace(waiver, reason="still"),)
        assert tx.editions.unwaive(EDITION, "f" * 16)
        assert not tx.editions.unwaive(EDITION, "f" * 16)


def test_what_comes_after_composing_waits_until_somebody_adds_it(app: App, store: Store, made: Edition) -> None:
    assert came_for(app, made).every == ()
    app.clock.now += timedelta(minutes=20)  # type: ignore[attr-defined]  # the clock of tests
    with store.begin() as tx:
        tx.stories.add(late_stories(app.clock()))
    assert now(app) == made  # nothing moves by itself
    came = came_for(app, made).waiting
    assert [len(one.stories) for one in came] == [3]
    after = add(app, EDITION, came[0].event, "asia", by="Ann", expected_version=1)
    found = told_in(after, came[0].event)
    assert found is not None
    assert found[0] == "asia"
    assert came_for(app, after).every == ()
    again = undo(app, EDITION, by="Ann", expected_version=2)
    assert again.told == made.told
    assert came_for(app, again).waiting == came


def test_what_was_found_is_kept_and_grouped_anew_only_where_more_has_come(
    app: App, store: Store, made: Edition
) -> None:
    app.clock.now += timedelta(minutes=20)  # type: ignore[attr-defined]  # the clock of tests
    first, *rest = late_stories(app.clock())
    with store.begin() as tx:
        tx.stories.add([first])
    before = look_for_newcomers(app, made)
    assert arrivals_kept(app, made) == before
    app.clock.now += timedelta(minutes=5)  # type: ignore[attr-defined]
    # Nothing new: what was found is passed on, whatever it is, with the later hour.
    marked = replace(before, events=tuple(replace(one, first_seen=EPOCH) for one in before.events))
    assert arrivals(app, made, marked) == replace(marked, at=app.clock())
    with store.begin() as tx:
        tx.stories.add(rest)
    later = arrivals(app, made, marked)
    assert [len(one.scored.stories) for one in later.events] == [3]
    assert (later.stories, later.newest) == (3, first.first_seen)
    # Composed anew, it begins anew.
    assert arrivals_kept(app, compose(app, EDITION, again=True)) is None


def test_a_newcomer_that_nobody_has_looked_for_can_be_added_all_the_same(app: App, store: Store, made: Edition) -> None:
    app.clock.now += timedelta(minutes=20)  # type: ignore[attr-defined]  # the clock of tests
    with store.begin() as tx:
        tx.stories.add(late_stories(app.clock()))
    assert arrivals_kept(app, made) is None
    assert told_in(add(app, EDITION, LATE_IDS[0], "asia", by="Ann", expected_version=1), LATE_IDS[0]) is not None
    with pytest.raises(IllegalEdit, match="no event"):
        add(app, EDITION, "never heard of", "asia", by="Ann", expected_version=2)


def test_up_to_the_hour_of_freezing_what_comes_joins_the_candidates(store: Store) -> None:
    clock = FakeClock()
    freeze = (clock.now + timedelta(minutes=30)).astimezone(ZoneInfo("Europe/London")).time()
    schedule = replace(builders.newsletter().schedule, freeze_at=freeze)
    app = builders.app_on(
        store, provider=ScriptedProvider(), clock=clock, schedule=schedule,
        picking=Picking(max_events=6, min_events=2, briefs=2),
    )  # fmt: skip
    made = composed(app)
    for minutes, headline in ((20, "Earthquake shakes the coast of Chile"), (21, "Ferry workers strike in Piraeus")):
        clock.now += timedelta(minutes=minutes)
        old = stories(clock())[0]
        with store.begin() as tx:
            tx.stories.add(
                replace(
                    old, id=hashlib.sha256(f"{headline}{n}".encode()).hexdigest()[:16], headline=headline,
                    origin=replace(old.origin, source=f"s{n}", outlet=f"O{n}", owner=f"O{n}"), first_seen=clock(),
                    published_at=clock() - HOUR / 3,
                    text=f"{headline}, said {n} who know. {(OWN if minutes == 20 else OTHER)[n]}",
                    url=f"https://o{n}.example/{minutes}/{len(headline)}",
                )
                for n in range(3)
            )  # fmt: skip
    came = came_for(app, made)
    assert [one.headline for one in came.joined] == ["Earthquake shakes the coast of Chile"]
    assert [one.headline for one in came.waiting] == ["Ferry workers strike in Piraeus"]
    assert came.frozen_at == made.composed_at + timedelta(minutes=30)
    # Neither is told by itself, and either can be.
    assert now(app) == made
    for version, one in enumerate(came.every, start=1):
        assert told_in(add(app, EDITION, one.event, "world", by="Ann", expected_version=version), one.event)


def test_a_change_waits_for_a_plan_in_the_making(app: App, store: Store, made: Edition) -> None:
    """Planned from what was approved, or changed before: never a mailing of an edition that is approved no more."""
    builders.people(store, 1)
    approve(app, EDITION, by="Ann")
    begun, done = threading.Event(), threading.Event()

    def change() -> None:
        begun.set()
        with contextlib.suppress(IllegalEdit):
            edit(app, EDITION, Lead(event=made.told[1].event), by="Bob", expected_version=1)
        done.set()

    with store.begin() as tx:
        tx.editions.lock(EDITION)
        editor = threading.Thread(target=change)
        editor.start()
        assert begun.wait(5)
        assert not done.wait(0.3)
        tx.ledger.plan(
            edition=str(EDITION), list_slug="world", groups=(), skipped={"paused": [1]}, chunk_size=10, now=app.clock()
        )
    editor.join(10)
    assert now(app).status is EditionStatus.APPROVED
