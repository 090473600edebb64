"""Trial mode: a new installation mails its own people only, whatever is asked of it, until all is confirmed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model.errors import DigestError, Paused
from digest.model.newsletter import CanaryRule
from digest.model.person import Role, TooManyTries
from digest.model.trial import NEEDED, SKIPPED, TrialMark, TrialStep
from digest.ports import App
from digest.store.tx import Store
from digest.workflow import trial
from digest.workflow.edition.desk import send_test
from digest.workflow.readers.letters import Posted, send_letters
from digest.workflow.send.plan import plan
from subscribers.model import LetterKind
from tests import builders
from tests.desk_people import signed_in
from tests.fakes import FakeClock, ScriptedProvider


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def app(store: Store, clock: FakeClock, provider: ScriptedProvider) -> App:
    made = builders.app_on(store, provider=provider, clock=clock, canary=CanaryRule(seeds=("reader3@example.test",)))
    return replace(made, trial=True, seeds=("seed@desk.example",))


def test_a_mailing_goes_to_own_people_and_the_rest_is_counted(app: App, store: Store) -> None:
    builders.people(store, 6)
    signed_in(app, Role.EDITOR, email="reader2@example.test")
    builders.approve_plainly(store)
    mailing = plan(app, builders.EDITION)
    with store.read() as tx:
        account = tx.ledger.account(mailing.id)
    assert (account.planned, account.skipped) == (6, {SKIPPED: 4})
    assert account.ready == 2
    assert account.adds_up


def test_with_nobody_of_ours_on_the_list_the_mailing_is_empty_and_adds_up(app: App, store: Store) -> None:
    builders.people(store, 2)
    builders.approve_plainly(store)
    mailing = plan(app, builders.EDITION)
    with store.read() as tx:
        account = tx.ledger.account(mailing.id)
    assert (account.planned, account.skipped, account.adds_up) == (2, {SKIPPED: 2}, True)


def test_somebody_who_left_is_no_longer_one_of_ours(app: App, store: Store) -> None:
    builders.people(store, 2)
    gone = signed_in(app, Role.EDITOR, email="reader1@example.test").person
    with store.begin() as tx:
        tx.people.change(replace(gone, left_at=app.clock()))
    builders.approve_plainly(store)
    with store.read() as tx:
        assert trial.own_readers(app, tx) == frozenset()


def test_once_confirmed_everybody_is_mailed(app: App, store: Store, provider: ScriptedProvider) -> None:
    ann = signed_in(app).person
    builders.people(store, 6)
    assert trial.trial_of(app) is not None
    trial.confirm(app, [TrialStep.DOMAIN, TrialStep.POSTAL], by="Ann")
    trial.send_trial(app, ann.email, by="Ann")
    found = trial.trial_of(app)
    assert found is not None
    assert found.missing == (TrialStep.TEST,)
    trial.arrived(app, code_of(provider), by="Ann")
    assert trial.trial_of(app) is None
    builders.approve_plainly(store)
    mailing = plan(app, builders.EDITION)
    with store.read() as tx:
        assert tx.ledger.account(mailing.id).skipped == {}
        assert code_of(provider) not in str(tx.trial.read())


def test_where_nothing_leaves_the_machine_there_is_no_trial(app: App, store: Store) -> None:
    builders.people(store, 6)
    here = replace(app, trial=False)
    builders.approve_plainly(store)
    mailing = plan(here, builders.EDITION)
    with store.read() as tx:
        assert tx.ledger.account(mailing.id).skipped == {}


def test_letters_and_tests_go_to_own_people_only(app: App, store: Store, provider: ScriptedProvider) -> None:
    signed_in(app, email="reader1@example.test")
    readers = builders.people(store, 2)
    with store.begin() as tx:
        for number, reader in enumerate(readers, 1):
            tx.audience.queue_letter(LetterKind.EXPORT, reader, address=f"reader{number}@example.test", now=app.clock())
    assert send_letters(app) == Posted(sent=1, dropped=1)
    assert [one.recipients[0].email for one in provider.calls] == ["reader1@example.test"]
    with store.begin() as tx:
        tx.editions.put(builders.edition(), expected_version=0)
    assert send_test(app, builders.EDITION, ["seed@desk.example", "Reader1@example.test"], by="Ann") == 2
    with pytest.raises(DigestError, match="trial mode"):
        send_test(app, builders.EDITION, ["seed@desk.example", "eve@elsewhere.example"], by="Ann")


def test_a_paused_copy_sends_no_test(app: App, store: Store, provider: ScriptedProvider) -> None:
    ann = signed_in(app).person
    with store.begin() as tx:
        tx.editions.put(builders.edition(), expected_version=0)
    copy = replace(app, paused=lambda: "this database is a copy")
    with pytest.raises(Paused):
        trial.send_trial(copy, ann.email, by="Ann")
    with pytest.raises(Paused):
        send_test(copy, builders.EDITION, [ann.email], by="Ann")
    assert provider.calls == []


def test_a_test_that_arrived_is_proved_by_its_code(app: App, clock: FakeClock, provider: ScriptedProvider) -> None:
    ann = signed_in(app).person
    with pytest.raises(DigestError, match="trial mode"):
        trial.send_trial(app, "eve@elsewhere.example", by="Ann")
    with pytest.raises(DigestError, match="proved"):
        trial.confirm(app, [TrialStep.TEST], by="Ann")
    with pytest.raises(DigestError, match="not the code"):
        trial.arrived(app, "000000", by="Ann")
    trial.send_trial(app, ann.email, by="Ann")
    first = code_of(provider)
    trial.send_trial(app, ann.email, by="Ann")
    if code_of(provider) != first:
        with pytest.raises(DigestError, match="newest"):
            trial.arrived(app, first, by="Ann")
    clock.now += timedelta(hours=25)
    with pytest.raises(DigestError, match="older than a day"):
        trial.arrived(app, code_of(provider), by="Ann")


def test_codes_are_not_guessed(app: App) -> None:
    for _ in range(5):
        with pytest.raises(DigestError, match="not the code"):
            trial.arrived(app, "000000", by="Eve")
    with pytest.raises(TooManyTries):
        trial.arrived(app, "000000", by="Eve")


def test_what_is_missing(clock: FakeClock) -> None:
    mark = TrialMark(by="x", at=clock.now)
    assert trial.Trial().missing == NEEDED
    assert not trial.Trial(marks={TrialStep.ASKED: mark}).over
    assert trial.Trial(marks={TrialStep.ADOPTED: mark}).over
    assert trial.Trial(marks=dict.fromkeys(NEEDED, mark)).over


def code_of(provider: ScriptedProvider) -> str:
    found = re.search(r"The code of this test: (\d{6})", provider.calls[-1].rendered.text)
    assert found is not None
    return found[1]
