"""What holds an edition: a decision, until it is taken back or approved; or its checks, while they block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from digest.model.change import Outrun, SubjectLine
from digest.model.edition import Edition, EditionStatus
from digest.model.errors import Lost
from digest.model.newsletter import Picking, WhenNobodyApproves
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.compose import compose
from digest.workflow.edition.edit import edit, undo
from digest.workflow.edition.holding import AUTOPILOT
from digest.workflow.edition.review import approve, autopilot, hold, take_back
from tests import builders
from tests.builders import EDITION
from tests.fakes import ScriptedProvider
from tests.morning import composed

READY, HELD, APPROVED = EditionStatus.READY, EditionStatus.HELD, EditionStatus.APPROVED
LEGAL = "LEGAL: do not send the lead before I call"
EMPTY = "the subject is empty"


@pytest.fixture
def app(store: Store) -> App:
    builders.people(store, 1)
    return builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))


@pytest.fixture
def made(app: App) -> Edition:
    return composed(app)


def now(app: App) -> Edition:
    with app.read() as tx:
        found = tx.editions.get(EDITION)
    assert found is not None
    return found


def subject(app: App, text: str, preheader: str = "One") -> Edition:
    change = SubjectLine(subject=text, preheader=preheader)
    return edit(app, EDITION, change, by="Carl", expected_version=now(app).version)


def logged(app: App) -> list[str]:
    with app.read() as tx:
        return [line.event for line in tx.reports.log(before=None, limit=20) if line.event.startswith("edition.")]


def test_composing_anew_keeps_what_somebody_holds(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    anew = compose(app, EDITION, again=True, by="Carl")
    assert (anew.version, anew.status, anew.reason) == (2, HELD, LEGAL)
    assert now(app).status is HELD
    assert autopilot(app, EDITION).status is HELD
    back = undo(app, EDITION, by="Carl", expected_version=2)
    assert (back.status, back.reason) == (HELD, LEGAL)


def test_composing_anew_with_blockers_keeps_the_reason_of_whoever_holds(app: App, made: Edition) -> None:
    subject(app, "")
    hold(app, EDITION, by="Ann", reason=LEGAL)
    anew = compose(app, EDITION, again=True)
    assert (anew.status, anew.reason) == (HELD, LEGAL)


def test_whoever_holds_lets_go_of_a_version_that_was_changed_since(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    subject(app, "Another")
    compose(app, EDITION, again=True)
    back = take_back(app, EDITION, by="Ann", expected_version=3, expected=HELD)
    assert (back.status, back.reason, now(app).status) == (READY, "", READY)


def test_whoever_lets_go_of_what_blockers_hold_leaves_it_to_them(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    subject(app, "")
    compose(app, EDITION, again=True)
    subject(app, "Another")
    hold(app, EDITION, by="Ann", reason=LEGAL)
    assert take_back(app, EDITION, by="Ann", expected_version=4).status is READY
    subject(app, "")
    compose(app, EDITION, again=True)
    hold(app, EDITION, by="Ann", reason=LEGAL)
    subject(app, "", "Two")
    found = take_back(app, EDITION, by="Ann", expected_version=now(app).version)
    assert (found.status, found.reason) == (HELD, EMPTY)


@dataclass(kw_only=True)
class Meanwhile:
    """The port `Progress`; when composing begins, somebody does something else."""

    does: Callable[[], object]

    def start(self, task: str, total: int | None) -> None:
        if task.startswith("compose "):
            self.does()

    def advance(self, task: str, steps: int = 1) -> None:
        pass

    def finish(self, task: str, summary: str) -> None:
        pass


def test_a_hold_while_it_is_composed_anew_is_not_lost(app: App, made: Edition) -> None:
    progress = Meanwhile(does=lambda: hold(app, EDITION, by="Ann", reason=LEGAL))
    anew = compose(replace(app, progress=progress), EDITION, again=True)
    assert (anew.version, anew.status, anew.reason) == (2, HELD, LEGAL)


def test_what_is_approved_while_it_is_composed_anew_stays_approved(app: App, made: Edition) -> None:
    progress = Meanwhile(does=lambda: approve(app, EDITION, by="Ann"))
    assert compose(replace(app, progress=progress), EDITION, again=True).status is APPROVED
    assert (now(app).version, now(app).approved_by) == (1, "Ann")


def test_it_is_composed_anew_on_the_version_that_was_seen(app: App, made: Edition) -> None:
    subject(app, "Another")
    with pytest.raises(Outrun):
        compose(app, EDITION, again=True, expected_version=1)
    assert compose(app, EDITION, again=True, expected_version=2).version == 3


def test_what_the_checks_hold_waits_again_once_they_pass(app: App, made: Edition) -> None:
    subject(app, "")
    assert compose(app, EDITION, again=True).reason == EMPTY
    mended = subject(app, "Another")
    assert (mended.status, mended.reason) == (READY, "")
    assert "edition.released" in logged(app)
    assert autopilot(app, EDITION).approved_by == AUTOPILOT


def test_what_the_checks_hold_says_what_blocks_now(store: Store) -> None:
    thin = builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=50))
    first = composed(thin).reason
    both = subject(thin, "")
    assert (both.status, both.reason) == (HELD, f"{first}; {EMPTY}")
    assert subject(thin, "Another").reason == first


def test_an_undo_leaves_no_reason_that_is_not_true(app: App, made: Edition) -> None:
    subject(app, "")
    assert compose(app, EDITION, again=True).status is HELD
    undo(app, EDITION, by="Carl", expected_version=3)
    mended = undo(app, EDITION, by="Carl", expected_version=4)
    assert (mended.status, mended.reason, mended.subject) == (READY, "", made.subject)


def test_a_change_of_what_waits_never_holds_it(app: App, made: Edition) -> None:
    assert subject(app, "").status is READY
    assert undo(app, EDITION, by="Carl", expected_version=2).status is READY


def test_somebody_holds_what_the_checks_hold_already(app: App, made: Edition) -> None:
    subject(app, "")
    compose(app, EDITION, again=True)
    held = hold(app, EDITION, by="Ann", reason=LEGAL)
    assert (held.status, held.reason) == (HELD, LEGAL)
    assert hold(app, EDITION, by="Bob", reason="mine").reason == LEGAL, "whoever held it first holds it"
    assert subject(app, "Another").reason == LEGAL
    assert take_back(app, EDITION, by="Ann", expected_version=4).status is READY


def test_a_hold_that_its_checks_were_faster_with_is_not_taken_for_done(app: App, made: Edition) -> None:
    subject(app, "")
    autopilot(app, EDITION)
    with pytest.raises(Outrun):
        hold(app, EDITION, by="Ann", reason="held by Ann", expected_version=2, expected=READY)
    hold(app, EDITION, by="Ann", reason=now(app).reason, expected_version=2, expected=HELD)
    assert subject(app, "Another").status is HELD, "held by Ann, with the same reason"


@pytest.mark.parametrize("rule", [WhenNobodyApproves.SEND_IF_CHECKS_PASS, WhenNobodyApproves.HOLD])
def test_what_the_rule_held_for_its_blockers_is_held_by_them(store: Store, rule: WhenNobodyApproves) -> None:
    app = builders.app_on(
        store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2),
        when_nobody_approves=rule,
    )  # fmt: skip
    composed(app)
    subject(app, "")
    assert autopilot(app, EDITION).status is HELD
    mended = subject(app, "Another")
    assert mended.status is (HELD if rule is WhenNobodyApproves.HOLD else READY)
    assert "nobody approved it" in mended.reason or mended.status is READY


def test_an_approval_that_is_void_leaves_the_hold_that_it_ended(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    approve(app, EDITION, by="Eve")
    changed = subject(app, "Nobody approved this subject")
    assert (changed.status, changed.reason, changed.approved_by) == (HELD, LEGAL, "")
    assert autopilot(app, EDITION).status is HELD
    assert subject(app, "Nor this").reason == LEGAL
    assert take_back(app, EDITION, by="Ann", expected_version=3).status is READY


def test_an_approval_of_what_waited_leaves_it_waiting(app: App, made: Edition) -> None:
    approve(app, EDITION, by="Eve")
    assert subject(app, "Another").status is READY


def test_an_approval_despite_blockers_leaves_them(app: App, made: Edition) -> None:
    subject(app, "")
    compose(app, EDITION, again=True)
    approve(app, EDITION, by="Eve", despite_blockers=True)
    assert subject(app, "", "Two").reason == EMPTY


def test_a_hold_of_what_was_approved_and_then_changed_leaves_no_approval(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    approve(app, EDITION, by="Eve")
    hold(app, EDITION, by="Bob", reason="one moment")
    subject(app, "Another")
    back = take_back(app, EDITION, by="Bob", expected_version=2)
    assert (back.status, back.reason, back.approved_by) == (HELD, LEGAL, "")
    back = take_back(app, EDITION, by="Ann", expected_version=2)
    assert (back.status, back.approved_at) == (READY, None)


def test_two_who_let_go_at_once(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Ann", reason=LEGAL)
    with app.read() as tx:
        decision = tx.editions.decision(EDITION)
    assert decision is not None
    subject(app, "Another")
    take_back(app, EDITION, by="Ann", expected_version=2)
    with pytest.raises(Lost), app.begin() as tx:
        tx.editions.undecide(EDITION, replace(decision), by="Carl", now=app.clock())
