"""The rule's minute, and somebody who decides in the very same: whoever is a person counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from digest.model.change import Outrun, SubjectLine
from digest.model.edition import Edition, EditionStatus
from digest.model.newsletter import Picking, WhenNobodyApproves
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import approve, autopilot, hold, skip
from tests import builders
from tests.builders import EDITION
from tests.fakes import ScriptedProvider
from tests.morning import composed

READY, HELD, APPROVED = EditionStatus.READY, EditionStatus.HELD, EditionStatus.APPROVED
LEGAL = "LEGAL: do not send the lead before I call"
Act = Callable[[App], object]


@dataclass
class Meanwhile:
    """Lets somebody act once, where it stands in for a part of the application."""

    app: App
    acts: list[Act]

    def __call__(self) -> datetime:
        self._act()
        return self.app.clock()

    def render(self, *args: Any, **more: Any) -> Any:
        self._act()
        return self.app.renderer.render(*args, **more)

    def _act(self) -> None:
        if self.acts:
            self.acts.pop()(self.app)


@pytest.fixture
def app(store: Store) -> App:
    builders.people(store, 1)
    return builders.app_on(store, provider=ScriptedProvider(), picking=Picking(max_events=6, min_events=2, briefs=2))


@pytest.fixture
def made(app: App) -> Edition:
    return composed(app)


def subject(app: App, text: str) -> Edition:
    with app.read() as tx:
        found = tx.editions.get(EDITION)
    assert found is not None
    return edit(app, EDITION, SubjectLine(subject=text, preheader="One"), by="Carl", expected_version=found.version)


def ruling(app: App, rule: WhenNobodyApproves) -> App:
    newsletter = replace(app.newsletters["world"], when_nobody_approves=rule)
    return replace(app, newsletters={"world": newsletter})


def while_it_begins(app: App, act: Act) -> Edition:
    """The rule decides; somebody acts after it has looked and before it does anything."""
    return autopilot(replace(app, clock=Meanwhile(app, [act])), EDITION)


def while_it_renders(app: App, act: Act) -> Edition:
    """The rule decides; somebody acts while it renders what it would approve."""
    return autopilot(replace(app, renderer=Meanwhile(app, [act])), EDITION)  # type: ignore[arg-type]


def held_by_ann(app: App) -> Edition:
    return hold(app, EDITION, by="Ann", reason=LEGAL)


@pytest.mark.parametrize("moment", [while_it_begins, while_it_renders])
@pytest.mark.parametrize("rule", [WhenNobodyApproves.SEND, WhenNobodyApproves.SEND_IF_CHECKS_PASS])
def test_the_rule_releases_no_hold_of_the_same_instant(
    app: App, made: Edition, rule: WhenNobodyApproves, moment: Callable[[App, Act], Edition]
) -> None:
    decided = moment(ruling(app, rule), held_by_ann)
    assert (decided.status, decided.reason) == (HELD, LEGAL)


def test_the_rule_that_holds_holds_no_approval_of_the_same_instant(app: App, made: Edition) -> None:
    decided = while_it_begins(ruling(app, WhenNobodyApproves.HOLD), lambda app: approve(app, EDITION, by="Eve"))
    assert (decided.status, decided.approved_by) == (APPROVED, "Eve")


def test_blockers_that_were_mended_while_the_rule_looked_hold_nothing(app: App, made: Edition) -> None:
    subject(app, "")
    decided = while_it_renders(app, lambda app: subject(app, "Mended"))
    assert (decided.status, decided.subject) == (APPROVED, "Mended")


def test_what_was_mended_and_approved_while_the_rule_looked_goes_out(app: App, made: Edition) -> None:
    subject(app, "")

    def mend(app: App) -> None:
        subject(app, "Mended")
        approve(app, EDITION, by="Eve")

    decided = while_it_renders(app, mend)
    assert (decided.status, decided.approved_by) == (APPROVED, "Eve")


def test_what_was_skipped_while_the_rule_looked_stays_skipped(app: App, made: Edition) -> None:
    decided = while_it_renders(app, lambda app: skip(app, EDITION, by="Ann", reason="election"))
    assert (decided.status, decided.reason) == (EditionStatus.SKIPPED, "election")


def test_nobody_approves_a_hold_that_came_while_they_did(app: App, made: Edition) -> None:
    hold(app, EDITION, by="Eve", reason="a strike")

    def anew(app: App) -> None:
        hold(app, EDITION, by="Ann", reason=LEGAL, expected_version=1, expected=HELD)

    with pytest.raises(Outrun):
        approve(replace(app, renderer=Meanwhile(app, [anew])), EDITION, by="Eve")  # type: ignore[arg-type]
    assert autopilot(app, EDITION).reason == LEGAL
