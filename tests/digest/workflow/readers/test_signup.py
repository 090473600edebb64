"""Whoever said no before is asked by mail, on a single opt-in list too: a stranger may have typed the address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.ports import App
from digest.store.tx import Store
from digest.workflow.readers.signup import Ask, sign_up
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.erasures import was_erased
from subscribers.lists import unsubscribe_everywhere
from subscribers.model import OptIn, SubscriptionState
from subscribers.signup import SignUp
from subscribers.store import ensure_list
from tests import builders
from tests.fakes import ScriptedProvider

ADDRESS = parse_address("ana@news.example.org")
PAGE = Basis(method="page")


@pytest.fixture
def app(store: Store) -> App:
    made = builders.app_on(store, provider=ScriptedProvider())
    with store.begin() as tx:
        ensure_list(tx.connection, "world", "World", OptIn.SINGLE, made.clock())
    return made


def _ask(app: App, typed: str = "ana@news.example.org") -> SignUp:
    """A stranger's post, after the day in which one address gets one letter, within the 48 hours of a sign-up."""
    app.clock.now += timedelta(hours=47)  # type: ignore[attr-defined]  # the clock of tests
    return sign_up(app, Ask(newsletter="world", address=parse_address(typed)), client="198.18.0.1")


def _states(app: App) -> list[SubscriptionState]:
    with app.read() as tx:
        reader = tx.readership.at(ADDRESS)
        return [one.state for one in tx.audience.subscriptions_of(reader.id)] if reader else []


def _reader(app: App) -> int:
    with app.read() as tx:
        found = tx.readership.at(ADDRESS)
    assert found is not None
    return found.id


@pytest.mark.parametrize("everywhere", [False, True])
def test_who_left_is_asked_as_often_as_strangers_try(app: App, store: Store, everywhere: bool) -> None:
    assert _ask(app) is SignUp.WELCOME
    reader = _reader(app)
    with store.begin() as tx:
        if everywhere:
            unsubscribe_everywhere(tx.connection, reader, PAGE, app.clock())
        else:
            tx.audience.unsubscribe(reader, tx.audience.list_of("world").id, now=app.clock(), basis=PAGE)
    assert [_ask(app), _ask(app, "Ana@news.example.org")] == [SignUp.CONFIRM, SignUp.CONFIRM]
    assert _states(app) == [SubscriptionState.PENDING]


def test_who_was_erased_is_asked_and_comes_back_by_their_own_hand(app: App, store: Store) -> None:
    assert _ask(app) is SignUp.WELCOME
    key = app.asks.erasure_key
    with app.begin() as tx:
        tx.audience.erase_address(ADDRESS, erasure_key=key, now=app.clock())
    assert [_ask(app), _ask(app)] == [SignUp.CONFIRM, SignUp.CONFIRM]
    assert _states(app) == [SubscriptionState.PENDING]
    with store.read() as tx:
        assert was_erased(tx.connection, ADDRESS, key), "a stranger's ask brings nobody back, on other lists neither"
    with app.begin() as tx:
        assert tx.audience.confirm(_reader(app), tx.audience.list_of("world").id, now=app.clock(), basis=PAGE)
    with store.read() as tx:
        assert not was_erased(tx.connection, ADDRESS, key)
    assert _ask(app) is SignUp.LINKS
