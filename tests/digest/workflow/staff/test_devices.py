"""Mail at a sign-in with a browser that is new to somebody: once, in words of ours, and never for their own again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.model.door import DEVICE_LIFE
from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Batch, Receipt
from digest.model.person import Person, Role
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.housework import do_housework
from digest.workflow.readers.letters import Posted
from digest.workflow.staff import people
from digest.workflow.staff.devices import UNKNOWN, browser_named, note_device, send_notices
from tests import builders
from tests.desk_people import signed_in
from tests.fakes import FakeClock, ScriptedProvider

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def app(store: Store, clock: FakeClock, provider: ScriptedProvider) -> App:
    return builders.app_on(store, provider=provider, clock=clock)


@pytest.fixture
def ann(app: App) -> Person:
    return signed_in(app).person


def test_a_new_browser_is_told_once(app: App, ann: Person, provider: ScriptedProvider) -> None:
    assert note_device(app, ann, "hers", browser=FIREFOX)
    assert send_notices(app) == Posted(sent=1)
    (call,) = provider.calls
    assert [one.email for one in call.recipients] == [ann.email]
    assert "Firefox, Linux" in call.rendered.text
    assert "/desk/me" in call.rendered.text
    assert not note_device(app, ann, "hers", browser=FIREFOX)
    assert send_notices(app) == Posted()
    # Somebody else's browser is as new to her as any.
    bob = signed_in(app, Role.EDITOR, email="bob@desk.example").person
    assert note_device(app, bob, "hers", browser=FIREFOX)


def test_nothing_of_the_browsers_own_words_is_mailed(app: App, ann: Person, provider: ScriptedProvider) -> None:
    note_device(app, ann, "x", browser="Ring +1 555 0100 to secure your account https://evil.example Chrome/1")
    send_notices(app)
    text = provider.calls[0].rendered.text
    assert "evil" not in text
    assert f"Chrome, {UNKNOWN}" in text


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari, macOS"),
        ("", "?, ?"),
    ],
)
def test_browsers_by_name(agent: str, said: str) -> None:
    assert browser_named(agent) == said


def test_an_invitation_makes_every_browser_new_and_is_told_to_nobody(
    app: App, ann: Person, provider: ScriptedProvider
) -> None:
    note_device(app, ann, "stolen", browser=FIREFOX)
    asked = people.invite(app, ann.email, roles=frozenset(), by="Ann")
    entered = people.accept(app, asked.token, name="", password="a long new password", browser="")
    assert not note_device(app, entered.person, "hers", browser=FIREFOX, invited=True)
    assert not note_device(app, entered.person, "hers", browser=FIREFOX)
    assert note_device(app, entered.person, "stolen", browser=FIREFOX)


def failing(error: Exception) -> Callable[[Batch], Receipt]:
    def answer(_: Batch) -> Receipt:
        raise error

    return answer


def test_what_certainly_was_not_sent_is_tried_again_and_nothing_else(
    app: App, ann: Person, provider: ScriptedProvider, clock: FakeClock
) -> None:
    provider.script = iter([failing(Transient("busy")), failing(OutcomeUnknown("silence")), failing(Permanent("no"))])
    note_device(app, ann, "one", browser=FIREFOX)
    assert send_notices(app) == Posted(later=1)
    assert send_notices(app) == Posted()
    clock.now += timedelta(seconds=31)
    assert do_housework(app).letters == Posted(doubtful=1)
    note_device(app, ann, "two", browser=FIREFOX)
    assert send_notices(app) == Posted(dropped=1)
    clock.now += timedelta(days=1)
    assert send_notices(app) == Posted()


def test_few_mails_and_every_one_in_the_log(app: App, ann: Person, store: Store) -> None:
    assert [note_device(app, ann, f"t{n}", browser=FIREFOX) for n in range(7)] == [True] * 5 + [False] * 2
    with store.read() as tx:
        assert sum(line.event == "person.new_device" for line in tx.reports.log(before=None, limit=100)) == 7


def test_a_browser_is_forgotten_in_the_end(app: App, ann: Person, clock: FakeClock) -> None:
    note_device(app, ann, "hers", browser=FIREFOX)
    clock.now += DEVICE_LIFE + timedelta(days=1)
    assert do_housework(app).forgotten["devices"] == 1
    assert note_device(app, ann, "hers", browser=FIREFOX)
