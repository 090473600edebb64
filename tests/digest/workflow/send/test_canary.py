"""Some readers go before the rest: they are waited for, judged by what came back, and nobody is mailed twice."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.delivery import Account, Canary, DeliveryStatus, MailingState
from digest.model.errors import OutcomeUnknown, Permanent
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import CanaryRule
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.send.canary import Alike, groups_of, verdict
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import resume
from tests.builders import EDITION
from tests.digest.workflow.mailings import (
    chunks,
    clock_of,
    counts,
    everybody_once,
    logged,
    mailing,
    raises,
    ready,
)
from tests.fakes import ScriptedProvider

RULE = CanaryRule(share=0.1, at_least=1, wait_minutes=10, max_bounced=0.2, max_complained=0.1)
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def heard(app: App, seqs: Iterable[int], status: DeliveryStatus = DeliveryStatus.DELIVERED) -> None:
    """Events of these deliveries came."""
    found = list(seqs)
    with app.begin() as tx:
        tx.feedback.echo(mailing(app).id, found, app.clock())
        tx.ledger.mark(mailing(app).id, dict.fromkeys(found, (status, "")), app.clock())


def test_the_first_readers_go_alone_and_the_rest_waits(store: Store) -> None:
    provider = ScriptedProvider(events=True)
    app = ready(store, provider, canary=RULE)
    sent = send(app, EDITION)
    assert len(provider.taken) == 3
    assert mailing(app).canary is Canary.OUT
    assert counts(app) == {"accepted": 3, "ready": 22}
    assert sent.waiting_until == app.clock() + timedelta(minutes=10)
    clock_of(app).wait(300)
    assert send(app, EDITION).calls == 0


def test_good_news_lets_the_rest_go(store: Store) -> None:
    provider = ScriptedProvider(events=True)
    app = ready(store, provider, canary=RULE)
    send(app, EDITION)
    heard(app, range(3))
    clock_of(app).wait(600)
    send(app, EDITION, resume=False)
    assert everybody_once(25, provider)
    assert mailing(app).state is MailingState.CLOSED
    assert logged(store, "canary.passed", "canary.failed") == ["canary.passed"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (DeliveryStatus.BOUNCED, "1 of 3 came back or were refused, more than 20.0%"),
        (DeliveryStatus.COMPLAINED, "1 of 3 complained, more than 10.0%"),
    ],
)
def test_what_came_back_holds_the_rest_and_is_told_once(store: Store, status: DeliveryStatus, said: str) -> None:
    provider = ScriptedProvider(events=True)
    app = ready(store, provider, canary=RULE)
    send(app, EDITION)
    heard(app, range(3))
    heard(app, [1], status)
    clock_of(app).wait(600)
    sent = send(app, EDITION, resume=False)
    assert sent.problem == f"the first readers: {said}"
    assert mailing(app).state is MailingState.PAUSED
    for _ in range(2):
        assert send(app, EDITION, resume=False).calls == 0
    assert logged(store, "canary.passed", "canary.failed") == ["canary.failed"]
    # A person looks, and says go on.
    resume(app, EDITION, by="ann")
    send(app, EDITION, resume=False)
    assert everybody_once(25, provider)
    assert logged(store, "canary.overruled") == ["canary.overruled"]


def test_a_webhook_that_says_nothing_holds_the_rest(store: Store) -> None:
    app = ready(store, ScriptedProvider(events=True), canary=RULE)
    send(app, EDITION)
    clock_of(app).wait(600)
    assert "not one event" in send(app, EDITION, resume=False).problem


def test_a_provider_without_events_is_judged_by_its_answers(store: Store) -> None:
    provider = ScriptedProvider()
    app = ready(store, provider, canary=RULE)
    send(app, EDITION)
    clock_of(app).wait(600)
    send(app, EDITION)
    assert everybody_once(25, provider)


def test_a_first_call_in_doubt_holds_the_rest(store: Store) -> None:
    provider = ScriptedProvider(events=True, script=iter([raises(OutcomeUnknown("no answer"))]))
    app = ready(store, provider, canary=RULE)
    send(app, EDITION)
    clock_of(app).wait(600)
    assert "never answered for 3 of 3" in send(app, EDITION, resume=False).problem
    assert provider.taken == []


def test_a_first_call_that_is_halved_stays_first(store: Store) -> None:
    provider = ScriptedProvider(script=iter([raises(Permanent("bad"))]))
    app = ready(store, provider, canary=RULE)
    send(app, EDITION)
    assert len(provider.taken) == 3
    assert counts(app) == {"accepted": 3, "ready": 22}


def test_seeds_are_among_the_first_in_whatever_case_they_are_written(store: Store) -> None:
    provider = ScriptedProvider()
    rule = CanaryRule(seeds=("Reader7@example.test", "nobody@example.test", "reader21@EXAMPLE.test"), wait_minutes=1)
    app = ready(store, provider, canary=rule)
    send(app, EDITION)
    first = {r.email for call in provider.calls[:1] for r in call.recipients}
    assert first == {"reader7@example.test", "reader21@example.test"}
    assert everybody_once(25, provider)


def test_without_a_rule_nobody_goes_first(store: Store) -> None:
    app = ready(store, ScriptedProvider())
    assert mailing(app).canary is Canary.NONE
    assert not any(one.canary for one in chunks(app))


readers = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["en:all", "fr:all", "en:asia"])), max_size=80)


@given(readers, st.floats(0, 0.5), st.integers(1, 20), st.frozensets(st.integers(0, 90), max_size=6))
def test_everybody_is_in_one_group(
    audience: list[tuple[int, str]], share: float, at_least: int, seeds: frozenset[int]
) -> None:
    groups: dict[Alike, array[int]] = {}
    for reader, (hour, variant) in enumerate(audience):
        groups.setdefault((START + timedelta(hours=hour), variant, None), array("q")).append(reader)
    made = groups_of(groups, CanaryRule(share=share, at_least=at_least), seeds)
    assert sorted(reader for group in made for reader in group.subscribers) == list(range(len(audience)))
    # The first stand first, all at the earliest hour, and the others keep their own.
    canaries = [group.canary for group in made]
    assert canaries == sorted(canaries, reverse=True)
    start = min((due for due, _, _ in groups), default=START)
    first = {reader for group in made if group.canary for reader in group.subscribers}
    assert seeds & set(range(len(audience))) <= first
    assert all(group.due_at == start for group in made if group.canary)
    for group in made:
        own = {(START + timedelta(hours=audience[reader][0]), audience[reader][1]) for reader in group.subscribers}
        assert {variant for _, variant in own} == {group.variant}
        assert group.canary or {due for due, _ in own} == {group.due_at}
    if share and audience:
        # Each variant of the first hour is among the first.
        assert {v for d, v, _ in groups if d == start} <= {group.variant for group in made if group.canary}


def test_nobody_mailed_speaks_for_nothing() -> None:
    nobody = Account(planned=3, skipped={"unsubscribed": 3})
    assert verdict(nobody, RULE, silent=True) == ""
    assert verdict(replace(nobody, skipped={}, accepted=3), RULE, silent=False) == ""


def test_a_first_reader_with_a_bad_address_is_judged_and_a_person_lets_the_rest_go(store: Store) -> None:
    """The only seed: nobody of its rendering may go before it is judged, so that its refusal is not believed yet."""

    def answer(batch: Batch) -> Receipt:
        if any(one.email == "reader1@example.test" for one in batch.recipients):
            raise Permanent("400: bad address")
        provider.take(batch)
        return Receipt()

    provider = ScriptedProvider(script=itertools.repeat(answer))
    rule = CanaryRule(seeds=("reader1@example.test",), share=0.0, wait_minutes=30, max_bounced=0.2)
    app = ready(store, provider, 25, canary=rule)
    for _ in range(40):
        send(app, EDITION, resume=False)
        if mailing(app).state is MailingState.PAUSED:
            break
        clock_of(app).wait(60)
    assert mailing(app).canary is Canary.FAILED
    assert "the first readers: 1 of 1 came back or were refused" in mailing(app).reason
    assert counts(app) == {"ready": 25}, "nobody is refused for it"
    resume(app, EDITION, by="Ann")
    for _ in range(3):
        send(app, EDITION, resume=False)
        clock_of(app).wait(3600)
    assert counts(app) == {"accepted": 24, "rejected": 1}
    assert mailing(app).state is MailingState.CLOSED


def test_one_refused_of_several_first_readers_stops_nobody_where_the_rule_lets_it() -> None:
    asked = Account(planned=8, ready=1, accepted=7)
    assert verdict(asked, RULE, silent=False, alone=1) == ""
    assert verdict(asked, RULE, silent=False, alone=2) == "2 of 8 came back or were refused, more than 20.0%"
