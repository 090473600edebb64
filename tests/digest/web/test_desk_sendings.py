"""Sendings that the desk begins: whoever asks while one is ending is not forgotten, and whoever stops is obeyed."""

from __future__ import annotations

import threading
import time

import pytest

from digest.model.delivery import MailingState
from digest.model.mail import Batch, Receipt
from digest.ports import App
from digest.store.tx import Store
from digest.web.desk.sendings import Sendings
from digest.workflow.send.mailing import mailing_of, stop
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.fakes import ScriptedProvider


class Slow(ScriptedProvider):
    """Holds its first call until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def send(self, batch: Batch) -> Receipt:
        self.begun.set()
        assert self.go.wait(60)
        return super().send(batch)


def stopped_in_its_first_call(store: Store) -> tuple[App, Slow, Sendings]:
    approve_plainly(store)
    people(store, 25)
    provider = Slow()
    app = app_on(store, provider=provider)
    plan(app, EDITION)
    sendings = Sendings(app)
    assert sendings.begin(EDITION, by="Ann")
    assert provider.begun.wait(60)
    stop(app, EDITION, by="Ann", reason="a slip")
    return app, provider, sendings


def ended(sendings: Sendings) -> bool:
    until = time.monotonic() + 60
    while sendings.running and time.monotonic() < until:
        time.sleep(0.01)
    return not sendings.running


def test_the_rest_goes_out_where_it_was_asked_for_before_the_stopped_one_had_ended(store: Store) -> None:
    _, provider, sendings = stopped_in_its_first_call(store)
    assert not sendings.begin(EDITION, by="Ann")
    provider.go.set()
    assert ended(sendings)
    assert len(provider.taken) == len(set(provider.taken)) == 25


@pytest.mark.parametrize("stopped_before", [True, False])
def test_who_stops_after_that_is_obeyed_whatever_was_asked_for_before(store: Store, *, stopped_before: bool) -> None:
    """P6: also where the stop comes from another process, such as a terminal."""
    approve_plainly(store)
    people(store, 25)
    app = app_on(store, provider=(provider := Slow()))
    plan(app, EDITION)
    sendings = Sendings(app)
    assert sendings.begin(EDITION, by="Ann")
    assert provider.begun.wait(60)
    if stopped_before:
        stop(app, EDITION, by="Ann", reason="a slip")
    assert not sendings.begin(EDITION, by="Ann")
    stop(app, EDITION, by="Ben", reason="digest stop")
    provider.go.set()
    assert ended(sendings)
    assert 0 < len(provider.taken) < 25
    assert mailing_of(app, EDITION).state is MailingState.STOPPED
