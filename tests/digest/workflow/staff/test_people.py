"""People of the desk: invitations, passwords, links, sessions and limits, on both databases."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest

from digest.model.errors import DigestError, Lost
from digest.model.person import (
    PERMISSIONS,
    LinkKind,
    NotSignedIn,
    Permission,
    Person,
    Role,
    TooManyTries,
    WeakPassword,
)
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.staff import people, second_step, sign_in_links
from digest.workflow.staff.passwords import hashed, matches
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.fakes import FakeClock, ScriptedProvider

HERE = {"client": "203.0.113.9", "browser": "Firefox on Linux"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(store: Store, clock: FakeClock) -> App:
    return builders.app_on(store, provider=ScriptedProvider(), clock=clock)


def test_an_invitation_is_for_one_person_once(app: App) -> None:
    link = people.invite(app, "Ann@Desk.example", roles=frozenset({Role.ADMIN}), by="test")
    assert people.invited(app, link.token).email == "ann@desk.example"
    assert people.invited(app, link.token).id == link.person.id  # looking uses nothing up
    entered = people.accept(app, link.token, name="Ann Lee", password=PASSWORD, browser="Firefox")
    person, session = people.who(app, entered.token)
    assert (person.name, person.has_password, session.browser) == ("Ann Lee", True, "Firefox")
    with pytest.raises(NotSignedIn):
        people.accept(app, link.token, name="Eve", password=PASSWORD, browser="")


def test_an_invitation_ends_after_two_days_and_with_the_next_one(app: App, clock: FakeClock) -> None:
    first = people.invite(app, "ann@desk.example", roles=frozenset({Role.EDITOR}), by="test")
    second = people.invite(app, "ann@desk.example", roles=frozenset(), by="test")
    with pytest.raises(NotSignedIn):
        people.invited(app, first.token)
    assert people.invited(app, second.token).roles == {Role.EDITOR}
    clock.now += timedelta(hours=48)
    with pytest.raises(NotSignedIn):
        people.invited(app, second.token)


@pytest.mark.parametrize(
    "weak", ["short", "passwordpassword", "1234567890", "ann@desk.example", "aaaaaaaaaaaa", "a" * 300]
)
def test_weak_passwords_are_refused_and_the_link_stays(app: App, weak: str) -> None:
    link = people.invite(app, "ann@desk.example", roles=frozenset({Role.ADMIN}), by="test")
    with pytest.raises(WeakPassword):
        people.accept(app, link.token, name="Ann", password=weak, browser="")
    assert people.invited(app, link.token).active


def test_signing_in_by_password(app: App) -> None:
    signed_in(app)
    assert people.sign_in(app, " ANN@desk.example ", PASSWORD, **HERE).person.name == "Ann Lee"
    said = set()
    for email, password in (("ann@desk.example", "wrong"), ("eve@desk.example", PASSWORD), ("", "")):
        with pytest.raises(NotSignedIn) as refused:
            people.sign_in(app, email, password, **HERE)
        said.add(str(refused.value))
    assert len(said) == 1  # nobody learns who is here


def test_tries_are_limited_and_come_back(app: App, clock: FakeClock) -> None:
    signed_in(app)
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            people.sign_in(app, "ann@desk.example", "wrong wrong wrong", **HERE)
    with pytest.raises(TooManyTries) as refused:
        people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)
    assert 0 < refused.value.seconds <= 60
    # From another place she still gets in: nobody can lock her out from afar.
    assert people.sign_in(app, "ann@desk.example", PASSWORD, client="198.51.100.7", browser="").person.name == "Ann Lee"
    clock.now += timedelta(seconds=61)
    assert people.sign_in(app, "ann@desk.example", PASSWORD, **HERE).person.name == "Ann Lee"


def test_of_many_tries_at_once_no_more_get_through_than_may(store: Store, clock: FakeClock) -> None:
    def once(_: int) -> bool:
        with store.begin() as tx:
            return tx.people.try_once(b"k" * 32, burst=5, every=60, now=clock.now) == 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(once, range(40))) == 5


def test_a_session_ends_idle_old_or_by_hand(app: App, clock: FakeClock) -> None:
    idle = signed_in(app)
    clock.now += timedelta(hours=12)
    with pytest.raises(NotSignedIn):
        people.who(app, idle.token)
    busy = people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)
    for _ in range(14):
        clock.now += timedelta(hours=11)
        people.still_here(app, people.who(app, busy.token)[1])
    clock.now += timedelta(hours=15)  # a week since it began
    with pytest.raises(NotSignedIn):
        people.who(app, busy.token)
    last = people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)
    people.sign_out(app, last.person, last.session)
    with pytest.raises(NotSignedIn):
        people.who(app, last.token)


def test_only_ones_own_session_can_be_ended(app: App) -> None:
    mine = signed_in(app)
    bob = signed_in(app, Role.EDITOR, email="bob@desk.example")
    assert not people.end_session(app, bob.person, mine.session.id)
    assert people.who(app, mine.token)[0].id == mine.person.id


def test_a_proof_is_asked_again_after_ten_minutes(app: App, clock: FakeClock) -> None:
    entered = signed_in(app)
    people.prove(app, entered.person, entered.session, "", client="c")
    clock.now += timedelta(minutes=11)
    with pytest.raises(NotSignedIn):
        people.prove(app, entered.person, entered.session, "wrong wrong", client="c")
    people.prove(app, entered.person, entered.session, PASSWORD, client="c")
    assert people.who(app, entered.token)[1].proved(clock.now)


def test_a_changed_role_ends_sessions_and_one_admin_stays(app: App) -> None:
    admin = signed_in(app)
    bob = signed_in(app, Role.APPROVER, email="bob@desk.example")
    people.change_person(app, bob.person.id, roles=frozenset({Role.ANALYST}), newsletters=(), by=admin.person)
    with pytest.raises(NotSignedIn):
        people.who(app, bob.token)
    with pytest.raises(DigestError, match="last admin"):
        people.change_person(app, admin.person.id, roles=frozenset({Role.EDITOR}), newsletters=(), by=admin.person)
    with pytest.raises(DigestError, match="last admin"):
        people.end_access(app, admin.person.id, by="Ann")
    people.end_access(app, bob.person.id, by="Ann")
    with pytest.raises(NotSignedIn):
        people.sign_in(app, "bob@desk.example", PASSWORD, **HERE)
    with pytest.raises(DigestError, match="has left"):
        people.invite(app, "bob@desk.example", roles=frozenset(), by="test")
    back = people.invite(app, "bob@desk.example", roles=frozenset({Role.EDITOR}), by="test")
    assert back.person.active


def test_new_roles_by_invitation_end_sessions_too(app: App) -> None:
    admin = signed_in(app)
    bob = signed_in(app, Role.APPROVER, email="bob@desk.example")
    people.invite(app, "bob@desk.example", roles=frozenset({Role.APPROVER}), by="test")
    assert people.who(app, bob.token)
    people.invite(app, "bob@desk.example", roles=frozenset({Role.ANALYST}), by="test")
    with pytest.raises(NotSignedIn):
        people.who(app, bob.token)
    with pytest.raises(DigestError, match="last admin"):
        people.invite(app, "ann@desk.example", roles=frozenset({Role.EDITOR}), by="test")
    assert people.who(app, admin.token)


def test_all_other_sessions_end_at_once(app: App) -> None:
    first = signed_in(app)
    here = people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)
    assert people.end_other_sessions(app, here.person, here.session) == 1
    assert people.who(app, here.token)
    with pytest.raises(NotSignedIn):
        people.who(app, first.token)


def test_no_token_is_stored(app: App, store: Store) -> None:
    entered = signed_in(app)
    assert sign_in_links.queue_link(app, "ann@desk.example", browser_token="the browser's own")
    sign_in_links.send_links(app)
    provider = app.provider
    assert isinstance(provider, ScriptedProvider)
    mailed = re.findall(r"/desk/link/([\w-]{43})", provider.calls[0].rendered.text)
    with store.read() as tx:
        kept = [
            str(row)
            for table in ("people", "person_sessions", "person_links", "person_letters", "log")
            for row in tx.connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
        ]
    for secret in (entered.token, mailed[0], "the browser's own", PASSWORD):
        assert not any(secret in row for row in kept)


def test_an_address_is_taken_once(store: Store, clock: FakeClock) -> None:
    person = Person(id=0, email="a@desk.example", name="", roles=frozenset({Role.EDITOR}), created_at=clock.now)
    with store.begin() as tx:
        made = tx.people.add(person)
        assert tx.people.get(made.id) == made
    with pytest.raises(Lost), store.begin() as tx:
        tx.people.add(person)
    with store.begin() as tx:
        assert tx.people.link(LinkKind.INVITE, b"x" * 32, now=clock.now) is None


def test_what_a_role_may(clock: FakeClock) -> None:
    assert set(PERMISSIONS) == set(Role)
    person = Person(id=1, email="a@b.example", name="", roles=frozenset({Role.EDITOR}), created_at=clock.now)
    assert person.may(Permission.EDIT)
    assert not person.may(Permission.APPROVE)
    assert not person.may(Permission.READERS)
    assert all(Permission.LOOK in allowed for allowed in PERMISSIONS.values())


def test_a_hash_is_no_password_and_nobody_has_none() -> None:
    kept = hashed(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert matches(kept, PASSWORD)
    assert not matches(kept, PASSWORD + "x")
    assert not matches("", "")
    assert not matches("", PASSWORD)
    assert not matches("nonsense", PASSWORD)
    assert not matches(kept, "x" * 1_000_000)


def test_a_code_of_a_generator_is_asked_for_and_taken_once(app: App, clock: FakeClock) -> None:
    entered = signed_in(app)
    key = second_step.begin_totp(app, entered.person).partition("secret=")[2].partition("&")[0]
    generator = pyotp.TOTP(key)
    # Shown is not set up: nobody is locked out by a key that their generator never read.
    assert people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)
    with pytest.raises(NotSignedIn):
        second_step.confirm_totp(app, entered.person, "000000")
    second_step.confirm_totp(app, entered.person, generator.at(clock.now))
    clock.now += timedelta(minutes=2)
    for code in ("", "000000", generator.at(clock.now - timedelta(minutes=2))):
        with pytest.raises(NotSignedIn):
            people.sign_in(app, "ann@desk.example", PASSWORD, code=code, **HERE)
    clock.now += timedelta(minutes=10)
    code = generator.at(clock.now)
    with pytest.raises(NotSignedIn):
        people.sign_in(app, "ann@desk.example", "wrong wrong", code=code, **HERE)
    assert people.sign_in(app, "ann@desk.example", PASSWORD, code=f"{code[:3]} {code[3:]}", **HERE).person.has_totp
    with pytest.raises(NotSignedIn):
        people.sign_in(app, "ann@desk.example", PASSWORD, code=code, **HERE)  # used
    clock.now += timedelta(minutes=10)
    link = people.invite(app, "ann@desk.example", roles=frozenset(), by="test")
    people.accept(app, link.token, name="Ann", password=PASSWORD, browser="")
    assert people.sign_in(app, "ann@desk.example", PASSWORD, **HERE)  # a lost generator is no end
    second_step.end_totp(app, entered.person)
