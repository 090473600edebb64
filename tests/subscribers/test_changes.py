"""A change of address needs the new mailbox, and the old one can take it back for a week."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from subscribers import changes, lists, store, suppression
from subscribers.address import parse_address
from subscribers.consent import history
from subscribers.limits import AskLimits
from subscribers.model import MailList, OptIn, SuppressionReason
from subscribers.signup import Applicant, Asker, SignUp, sign_up
from tests.subscribers.people import ERASURE_KEY, FORM, NOW, OPERATOR, PAGE, empty, import_text, member, person

NEW = parse_address("Ana.New@post.example")
WEEK = timedelta(days=7)


def _address(conn: Connection, reader: int) -> str:
    found = store.get_subscriber(conn, reader)
    assert found is not None
    return found.email_key


def _changed(conn: Connection, reader: int, to: str = "Ana.New@post.example") -> int:
    asked = changes.ask_change(conn, reader, parse_address(to), NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert changes.confirm_change(conn, asked.id, reader, NOW) is not None
    return asked.id


def test_nothing_changes_before_the_new_address_says_so(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert _address(conn, reader) == "ana@mail.example"
    done = changes.confirm_change(conn, asked.id, reader, NOW + timedelta(hours=47))
    assert done is not None
    assert done.state == "changed"
    found = store.find_subscriber(conn, NEW)
    assert found is not None
    assert (found.id, found.email, found.email_key) == (reader, NEW.typed, NEW.key)
    again = changes.confirm_change(conn, asked.id, reader, NOW + timedelta(days=3))
    assert again == done


def test_the_question_stands_for_48_hours(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert changes.confirm_change(conn, asked.id, reader, NOW + timedelta(hours=48)) is None
    assert _address(conn, reader) == "ana@mail.example"


def test_a_later_wish_replaces_an_earlier_one(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    first = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    second = changes.ask_change(conn, reader, parse_address("third@post.example"), NOW, erasure_key=ERASURE_KEY)
    assert first is not None
    assert second is not None
    assert changes.confirm_change(conn, first.id, reader, NOW) is None
    assert changes.confirm_change(conn, second.id, reader, NOW) is not None
    assert _address(conn, reader) == "third@post.example"


def test_a_change_is_only_its_own_readers(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    other = member(conn, world, "ben@mail.example")
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert changes.confirm_change(conn, asked.id, other, NOW) is None
    assert changes.undo_change(conn, asked.id, other, NOW) is None
    assert changes.get_change(conn, asked.id, other) is None


@pytest.mark.parametrize("to", ["ana@mail.example", "ben@mail.example", "BEN@mail.example", "bad@post.example"])
def test_nobody_is_asked_at_an_address_that_is_taken_or_suppressed(conn: Connection, world: MailList, to: str) -> None:
    reader = member(conn, world)
    person(conn, "ben@mail.example")
    suppression.suppress(conn, "bad@post.example", SuppressionReason.HARD_BOUNCE, now=NOW)
    assert changes.ask_change(conn, reader, parse_address(to), NOW, erasure_key=ERASURE_KEY) is None


def test_an_address_that_was_taken_meanwhile_is_not_taken_over(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    member(conn, world, "ana.new@post.example")
    assert changes.confirm_change(conn, asked.id, reader, NOW) is None
    assert _address(conn, reader) == "ana@mail.example"


def test_the_old_address_takes_it_back_and_all_links_are_void(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    change = _changed(conn, reader)
    before = store.get_subscriber(conn, reader)
    undone = changes.undo_change(conn, change, reader, NOW + WEEK - timedelta(seconds=1))
    after = store.get_subscriber(conn, reader)
    assert undone is not None
    assert before is not None
    assert after is not None
    assert undone.state == "undone"
    assert (after.email_key, after.link_version) == ("ana@mail.example", before.link_version + 1)
    assert changes.undo_change(conn, change, reader, NOW) == undone
    assert changes.confirm_change(conn, change, reader, NOW) is None or _address(conn, reader) == "ana@mail.example"


def test_after_a_week_it_is_too_late(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    change = _changed(conn, reader)
    assert changes.undo_change(conn, change, reader, NOW + WEEK) is None
    assert changes.forget_changes(conn, NOW + WEEK - timedelta(seconds=1), erasure_key=ERASURE_KEY) == 0
    assert changes.forget_changes(conn, NOW + WEEK, erasure_key=ERASURE_KEY) == 1


def test_moving_twice_does_not_shake_off_the_first_owner(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    first = _changed(conn, reader)
    second = _changed(conn, reader, "thief@post.example")
    assert changes.undo_change(conn, first, reader, NOW) is not None
    assert _address(conn, reader) == "ana@mail.example"
    stands = changes.get_change(conn, second, reader)
    assert stands is not None
    assert stands.state == "undone"


def test_a_reader_of_before_who_has_the_old_address_now_keeps_it(conn: Connection, world: MailList) -> None:
    ben = member(conn, world, "ben@mail.example")
    reader = member(conn, world)
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert changes.confirm_change(conn, asked.id, reader, NOW + timedelta(hours=1)) is not None
    _changed(conn, ben, "ana@mail.example")
    assert changes.undo_change(conn, asked.id, reader, NOW + timedelta(hours=2)) is None
    assert _address(conn, reader) == NEW.key


def test_nobody_bars_the_undo_by_signing_the_old_address_up(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    change = _changed(conn, reader)
    other = person(conn)
    lists.subscribe(conn, other, world, FORM, NOW)
    undone = changes.undo_change(conn, change, reader, NOW)
    assert undone is not None
    assert undone.state == "undone"
    assert _address(conn, reader) == "ana@mail.example"
    assert store.get_subscription(conn, other, world.id) is None


def test_who_was_imported_at_the_old_address_is_joined(conn: Connection, world: MailList, daily: MailList) -> None:
    reader = member(conn, world)
    change = _changed(conn, reader)
    lists.unsubscribe(conn, reader, world.id, PAGE, NOW)
    other = member(conn, world, "Ana@mail.example")
    lists.enrol(conn, other, daily.id, OPERATOR, NOW)
    assert changes.undo_change(conn, change, reader, NOW) is not None
    states = {one.id: store.get_subscription(conn, reader, one.id) for one in (world, daily)}
    assert [held.state.value for held in states.values() if held] == ["ended", "active"], "who left is not revived"
    assert [one.act for one in history(conn, reader) if one.list_id == daily.id] == ["given"]


def test_no_second_reader_comes_to_an_address_that_can_be_gone_back_to(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    change = _changed(conn, reader)
    asker = Asker(
        client="192.0.2.1", limits=AskLimits(), key=b"a key for limits in tests only", erasure_key=ERASURE_KEY
    )
    applicant = Applicant(address=parse_address("Ana@mail.example"))
    assert sign_up(conn, world, applicant, asker, basis=FORM, now=NOW) is SignUp.SUPPRESSED
    lists.unsubscribe(conn, reader, world.id, PAGE, NOW)
    assert import_text(conn, world, "email\nANA@mail.example\n").kept_out == {"moved": 1}, "who left is not revived"
    assert store.find_alike(conn, applicant.address) is None
    assert changes.undo_change(conn, change, reader, NOW) is not None
    assert import_text(conn, world, "email\nana@mail.example\n").kept_out == {"unsubscribed": 1}


def test_who_left_everywhere_with_the_new_address_is_mailed_there_again(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    suppression.suppress(conn, NEW.fold_key, SuppressionReason.UNSUBSCRIBED, now=NOW)
    _changed(conn, reader)
    assert suppression.reasons_for(conn, [NEW.fold_key], world.id) == {}


def test_somebody_erased_changes_nothing(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    lists.unsubscribe(conn, reader, world.id, PAGE, NOW)
    assert changes.ask_change(conn, reader + 1, NEW, NOW, erasure_key=ERASURE_KEY) is None


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
def test_nobody_escapes_what_keeps_mail_back_by_moving(
    conn: Connection, world: MailList, reason: SuppressionReason
) -> None:
    reader = member(conn, world)
    asked = changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    suppression.suppress(conn, "ana@mail.example", reason, now=NOW)
    assert changes.confirm_change(conn, asked.id, reader, NOW) is None
    assert changes.ask_change(conn, reader, NEW, NOW, erasure_key=ERASURE_KEY) is None


def test_who_bounced_may_move(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    suppression.suppress(conn, "ana@mail.example", SuppressionReason.HARD_BOUNCE, now=NOW)
    _changed(conn, reader)


def test_an_undo_that_is_pressed_twice_at_once_voids_links_once(engine: Engine) -> None:
    """The links that the first press made good must not be void by the second one. SQLite has one writer at a time."""
    at_once = 2 if engine.dialect.name == "postgresql" else 1
    with engine.begin() as conn:
        empty(conn)
        world = store.ensure_list(conn, "world", "World", OptIn.DOUBLE, NOW)
        reader = member(conn, world)
        change = _changed(conn, reader)
    barrier = threading.Barrier(at_once)

    def press() -> str:
        with engine.begin() as conn:
            barrier.wait()
            done = changes.undo_change(conn, change, reader, NOW + timedelta(hours=2))
        return "" if done is None else done.state

    with ThreadPoolExecutor(at_once) as pool:
        assert {one.result() for one in [pool.submit(press) for _ in range(2)]} == {"undone"}
    with engine.begin() as conn:
        found = store.get_subscriber(conn, reader)
        assert found is not None
        assert found.link_version == 2
