"""From sources to an approved edition: what fails is reported, what is approved is frozen, what is late is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from digest.model.edition import EditionStatus
from digest.model.errors import Transient
from digest.model.newsletter import Picking, Schedule, WhenNobodyApproves
from digest.model.story import Entry
from digest.ports import App
from digest.providers.outbox import OutboxProvider
from digest.store.tx import Store
from digest.workflow.clock.day import run_day
from digest.workflow.edition.compose import compose
from digest.workflow.edition.review import Blocked, approve, autopilot, hold, proof
from digest.workflow.stories.collect import collect
from subscribers.model import Preferences
from tests.builders import EDITION, app_on, people
from tests.fakes import MORNING, FakeClock, MemorySource, ScriptedProvider

HAPPENINGS = {
    "Ferry runs aground off Harwich with 210 aboard": (
        "A ferry with 210 people aboard ran aground off Harwich before dawn.",
        "Lifeboats went out to Harwich in the dark, where a grounded ferry held 210 passengers and crew.",
    ),
    "Parliament in Tonga passes a law on deep-sea mining": (
        "Lawmakers in Nuku'alofa voted 14 to 9 for the mining bill.",
        "Tonga opens its sea floor: by 14 votes to 9, parliament in Nuku'alofa let mining companies in.",
    ),
    "Volcano on Lanzarote wakes after two centuries": (
        "Ash rose three kilometres over Lanzarote, the island's first since 1824.",
        "Nobody alive on Lanzarote had seen an eruption; the last one was in 1824, and now a volcano smokes.",
    ),
    "Bolivia's miners end a strike of forty days": (
        "The tin miners of Oruro went back to work after a pay deal.",
        "After forty days the strike in Oruro is over, and Bolivia's tin miners have a new contract.",
    ),
    "Court in Lagos frees twelve journalists": (
        "A judge in Lagos ordered twelve reporters released without charge.",
        "Twelve journalists left a prison in Lagos on a judge's order; the state had no case, said the court.",
    ),
}


def entries(outlet: str) -> tuple[Entry, ...]:
    """Each happening in this outlet's own words."""
    return tuple(
        Entry(
            path=f"{outlet}.xml",
            kind="feed",
            title=title if outlet == "alpha" else texts[1].split(",")[0].split(";")[0],
            paragraphs=(texts[0] if outlet == "alpha" else texts[1],),
            url=f"https://{outlet}.example/{number}",
            published_at=MORNING - timedelta(hours=4 + number),
            section="World",
            language="en",
        )
        for number, (title, texts) in enumerate(HAPPENINGS.items())
    )


def newsroom(store: Store, *, provider: ScriptedProvider | None = None, **changes: object) -> App:
    """Two outlets that report the same five happenings, and one that is out of reach."""
    sources = {
        "alpha": MemorySource(name="alpha", entries=entries("alpha")),
        "beta": MemorySource(name="beta", entries=entries("beta"), wire=True),
        "gamma": MemorySource(name="gamma", error=Transient("gamma.example does not answer")),
    }
    changes = {"picking": Picking(min_events=2, threshold=0.0), **changes}
    return app_on(store, provider=provider or ScriptedProvider(), sources=sources, **changes)


def test_one_failing_source_stops_nobody_and_is_reported(store: Store) -> None:
    app = newsroom(store)
    found = collect(app, app.newsletters["world"])
    assert (found.entries, found.new, found.known, len(found.refused)) == (10, 10, 0, 0)
    assert [refusal.source for refusal in found.failed] == ["gamma"]
    again = collect(app, app.newsletters["world"])
    assert (again.new, again.known) == (0, 10)


def test_nothing_is_lost_silently(store: Store) -> None:
    odd = (*entries("alpha"), Entry(path="odd", kind="feed", title="", paragraphs=()), entries("alpha")[0])
    app = app_on(store, provider=ScriptedProvider(), sources={"odd": MemorySource(name="odd", entries=odd)})
    found = collect(app, app.newsletters["world"])
    assert found.entries == found.new + found.known + len(found.refused) == 7
    assert [refusal.path for refusal in found.refused] == ["odd, entry 1"]


def test_an_edition_is_composed_and_every_pick_explains_itself(store: Store) -> None:
    app = newsroom(store)
    collect(app, app.newsletters["world"])
    made = compose(app, EDITION)
    assert made.status is EditionStatus.READY
    assert len(made.told) == 5
    for scored in made.scored:
        assert scored.why
        assert scored.score == pytest.approx(sum(part.value for part in scored.parts))
        assert len(scored.outlets) == 2


def test_composing_twice_changes_nothing_and_again_makes_a_new_version(store: Store) -> None:
    app = newsroom(store)
    collect(app, app.newsletters["world"])
    first = compose(app, EDITION)
    assert compose(app, EDITION) == first
    anew = compose(app, EDITION, again=True)
    assert (anew.version, anew.told, anew.scored) == (2, first.told, first.scored)
    assert anew.inputs_sha256 != first.inputs_sha256, "the events of the version before are one of its inputs"


def test_a_thin_day_is_held_and_says_why(store: Store) -> None:
    app = newsroom(store, picking=Picking(min_events=9))
    collect(app, app.newsletters["world"])
    made = compose(app, EDITION)
    assert made.status is EditionStatus.HELD
    assert "5" in made.reason


def test_what_is_approved_is_frozen_and_stays_so(store: Store) -> None:
    app = newsroom(store)
    people(store, 2, preferences=Preferences(sections=("asia",)))
    collect(app, app.newsletters["world"])
    compose(app, EDITION)
    shown = {one.variant.key: one.sha256 for one in proof(app, EDITION).rendered}
    approve(app, EDITION, by="ann")
    assert set(shown) == {"en:all", "en:asia"}
    with store.read() as tx:
        for key, sha256 in shown.items():
            frozen = tx.editions.frozen(EDITION, key)
            assert frozen is not None
            assert frozen.sha256 == sha256
    assert compose(app, EDITION, again=True).version == 1


def test_approving_twice_keeps_the_first_name(store: Store) -> None:
    app = newsroom(store)
    collect(app, app.newsletters["world"])
    compose(app, EDITION)
    approve(app, EDITION, by="ann")
    assert approve(app, EDITION, by="bob").approved_by == "ann"


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        (WhenNobodyApproves.SEND_IF_CHECKS_PASS, EditionStatus.APPROVED),
        (WhenNobodyApproves.SEND, EditionStatus.APPROVED),
        (WhenNobodyApproves.HOLD, EditionStatus.HELD),
    ],
)
def test_when_nobody_approves_the_newsletters_rule_decides(
    store: Store, policy: WhenNobodyApproves, status: EditionStatus
) -> None:
    app = newsroom(store, when_nobody_approves=policy)
    collect(app, app.newsletters["world"])
    compose(app, EDITION)
    assert autopilot(app, EDITION).status is status


def test_a_blocker_stops_an_approval_and_can_be_overruled_by_name(store: Store) -> None:
    app = newsroom(store, postal_address="")
    collect(app, app.newsletters["world"])
    compose(app, EDITION)
    with pytest.raises(Blocked) as caught:
        approve(app, EDITION, by="ann")
    assert caught.value.findings
    assert autopilot(app, EDITION).status is EditionStatus.HELD
    assert approve(app, EDITION, by="ann", despite_blockers=True).status is EditionStatus.APPROVED


def test_a_held_edition_stays_held_until_a_person_approves(store: Store) -> None:
    app = newsroom(store)
    collect(app, app.newsletters["world"])
    compose(app, EDITION)
    hold(app, EDITION, by="ann", reason="wait for the court")
    assert run_day(app, EDITION).edition.status is EditionStatus.HELD
    assert approve(app, EDITION, by="ann").status is EditionStatus.APPROVED


def test_a_whole_day_and_the_same_day_again(store: Store) -> None:
    provider = ScriptedProvider()
    app = newsroom(store, provider=provider)
    people(store, 12)
    first = run_day(app, EDITION)
    assert first.edition.status is EditionStatus.SENT
    assert first.sent is not None
    assert first.sent.account.accepted == 12
    second = run_day(app, EDITION)
    assert second.again
    assert second.sent is not None
    assert second.sent.calls == 0
    assert len(provider.taken) == 12


def test_a_late_day_is_held_and_mails_nobody(store: Store) -> None:
    provider = ScriptedProvider()
    app = newsroom(store, provider=provider, schedule=Schedule(reader_hours=False, window_hours=3))
    people(store, 2)
    assert isinstance(app.clock, FakeClock)
    app.clock.wait(4 * 3600)
    day = run_day(app, EDITION)
    assert day.edition.status is EditionStatus.HELD
    assert "--late" in day.edition.reason
    assert provider.calls == []


@pytest.mark.parametrize("mark", ["=?x-foo?q?bar?=", "=?utf-8?q?=0D=0A?=", "=?utf-8?b?//8=?="])
def test_a_headline_that_no_header_may_hold_leads_and_the_day_is_sent(store: Store, tmp_path: Path, mark: str) -> None:
    sources = {
        name: MemorySource(
            name=name,
            entries=tuple(replace(entry, title=f"{mark} {entry.title}") for entry in entries(name)),
            wire=name == "beta",
        )
        for name in ("alpha", "beta")
    }
    app = replace(newsroom(store), provider=OutboxProvider(tmp_path / "outbox"), sources=sources)
    people(store, 3)
    day = run_day(app, EDITION)
    assert day.edition.status is EditionStatus.SENT
    assert day.sent is not None
    assert day.sent.account.delivered == 3
    for path in (tmp_path / "outbox" / "new").iterdir():
        message = message_from_bytes(path.read_bytes(), policy=SMTP)
        assert message["Subject"].startswith(f"= ?{mark[2:8]}")
        assert "Bcc" not in message
