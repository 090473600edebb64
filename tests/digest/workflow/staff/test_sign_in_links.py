"""Sign-in links by mail: at most one letter for one ask, one use, one browser, and the second step in between."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Receipt
from digest.model.person import NotSignedIn, Person, TooManyTries
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.housework import do_housework
from digest.workflow.readers.letters import Posted
from digest.workflow.staff import second_step
from digest.workflow.staff.sign_in_links import count_ask, link_person, queue_link, send_links, sign_in_by_link
from tests import builders
from tests.desk_people import signed_in
from tests.fakes import FakeClock, ScriptedProvider

HERE = {"client": "203.0.113.9", "browser": "Firefox on Linux"}
MINE = "the cookie of the browser that asked"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def app(store: Store, clock: FakeClock, provider: ScriptedProvider) -> App:
    made = builders.app_on(store, provider=provider, clock=clock)
    signed_in(made)
    return made


def token_of(provider: ScriptedProvider, call: int = -1) -> str:
    found = re.search(r"/desk/link/([\w-]{43})", provider.calls[call].rendered.text)
    assert found is not None
    return found[1]


def failing(error: Exception) -> Callable[[Batch], Receipt]:
    def answer(_: Batch) -> Receipt:
        raise error

    return answer


def test_a_link_works_once_in_the_browser_that_asked(app: App, clock: FakeClock, provider: ScriptedProvider) -> None:
    assert queue_link(app, " ANN@desk.example ", browser_token=MINE)
    assert send_links(app) == Posted(sent=1)
    assert [one.email for one in provider.calls[0].recipients] == ["ann@desk.example"]
    token = token_of(provider)
    for other in ("another browser", ""):
        with pytest.raises(NotSignedIn):
            sign_in_by_link(app, token, browser_token=other, **HERE)
    assert link_person(app, token, browser_token=MINE).name == "Ann Lee"  # looking uses nothing up
    assert sign_in_by_link(app, token, browser_token=MINE, **HERE).person.name == "Ann Lee"
    with pytest.raises(NotSignedIn):
        sign_in_by_link(app, token, browser_token=MINE, **HERE)
    queue_link(app, "ann@desk.example", browser_token=MINE)
    send_links(app)
    clock.now += timedelta(minutes=15)
    with pytest.raises(NotSignedIn):
        sign_in_by_link(app, token_of(provider), browser_token=MINE, **HERE)


def test_whoever_asks_in_anothers_name_ends_no_link_of_theirs(app: App, provider: ScriptedProvider) -> None:
    queue_link(app, "ann@desk.example", browser_token=MINE)
    send_links(app)
    queue_link(app, "ann@desk.example", browser_token="the browser of Eve")
    send_links(app)
    with pytest.raises(NotSignedIn):
        sign_in_by_link(app, token_of(provider), browser_token=MINE, **HERE)
    assert sign_in_by_link(app, token_of(provider, 0), browser_token=MINE, **HERE)


def test_only_people_of_the_desk_are_mailed_and_not_often(app: App, provider: ScriptedProvider) -> None:
    assert not queue_link(app, "eve@elsewhere.example", browser_token=MINE)
    assert [queue_link(app, "ann@desk.example", browser_token=MINE) for _ in range(6)] == [True] * 3 + [False] * 3
    assert send_links(app) == Posted(sent=3)
    for _ in range(5):
        count_ask(app, "nobody@elsewhere.example", client="203.0.113.9")
    with pytest.raises(TooManyTries):
        count_ask(app, "nobody@elsewhere.example", client="203.0.113.9")


def test_a_letter_that_was_certainly_not_sent_is_tried_again(
    app: App, clock: FakeClock, provider: ScriptedProvider
) -> None:
    provider.script = iter([failing(Transient("busy")), failing(Transient("busy"))])
    queue_link(app, "ann@desk.example", browser_token=MINE)
    assert send_links(app) == Posted(later=1)
    assert send_links(app) == Posted()
    clock.now += timedelta(seconds=30)
    assert send_links(app) == Posted(later=1)
    clock.now += timedelta(seconds=120)
    assert send_links(app) == Posted(sent=1)
    # Each try has a link of its own; only the last was mailed.
    assert sign_in_by_link(app, token_of(provider), browser_token=MINE, **HERE)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Permanent("no such box"), Posted(dropped=1)),
        (OutcomeUnknown("no answer"), Posted(doubtful=1)),
        (RuntimeError("a defect"), Posted(doubtful=1)),
    ],
)
def test_every_other_letter_is_settled(
    app: App, clock: FakeClock, provider: ScriptedProvider, error: Exception, said: Posted
) -> None:
    provider.script = iter([failing(error)])
    queue_link(app, "ann@desk.example", browser_token=MINE)
    assert send_links(app) == said
    clock.now += timedelta(minutes=5)
    assert send_links(app) == Posted()
    assert len(provider.calls) == 1


def test_a_letter_that_waited_too_long_is_not_sent(app: App, clock: FakeClock, provider: ScriptedProvider) -> None:
    queue_link(app, "ann@desk.example", browser_token=MINE)
    assert send_links(replace(app, paused=lambda: "a copy")) == Posted()
    clock.now += timedelta(minutes=15)
    assert send_links(app) == Posted(dropped=1)
    assert provider.calls == []


def test_of_many_senders_one_sends_it(app: App, provider: ScriptedProvider) -> None:
    queue_link(app, "ann@desk.example", browser_token=MINE)
    threads = [threading.Thread(target=send_links, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.calls) == 1


def test_the_code_of_a_generator_is_asked_for_here_too(app: App, clock: FakeClock, provider: ScriptedProvider) -> None:
    person = link_owner(app, provider)
    key = second_step.begin_totp(app, person).partition("secret=")[2].partition("&")[0]
    second_step.confirm_totp(app, person, pyotp.TOTP(key).at(clock.now))
    clock.now += timedelta(minutes=1)
    token = token_of(provider)
    for code in ("", "000000"):
        with pytest.raises(NotSignedIn, match="code"):
            sign_in_by_link(app, token, browser_token=MINE, code=code, **HERE)
    assert sign_in_by_link(app, token, browser_token=MINE, code=pyotp.TOTP(key).at(clock.now), **HERE)
    queue_link(app, "ann@desk.example", browser_token=MINE)
    send_links(app)
    for _ in range(2):  # two wrong codes and a right one were tried before
        with pytest.raises(NotSignedIn):
            sign_in_by_link(app, token_of(provider), browser_token=MINE, code="000000", **HERE)
    with pytest.raises(TooManyTries):
        sign_in_by_link(app, token_of(provider), browser_token=MINE, code="000000", **HERE)


def link_owner(app: App, provider: ScriptedProvider) -> Person:
    """Ann, with a link on its way to her."""
    queue_link(app, "ann@desk.example", browser_token=MINE)
    send_links(app)
    return link_person(app, token_of(provider), browser_token=MINE)


def test_housework_sends_what_waits_and_forgets_what_is_over(
    app: App, clock: FakeClock, store: Store, provider: ScriptedProvider
) -> None:
    queue_link(app, "ann@desk.example", browser_token=MINE)
    assert do_housework(app).letters == Posted(sent=1)
    clock.now += timedelta(days=15)
    forgotten = do_housework(app).forgotten
    assert {name: forgotten[name] for name in ("sign-in letters", "sign-in links", "sessions")} == {
        "sign-in letters": 1,
        "sign-in links": 1,
        "sessions": 1,
    }
    assert forgotten["tries"] >= 1
