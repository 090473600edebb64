"""A letter is claimed by one sender, sent once, and dropped where its reason is gone."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from subscribers import letters, lists, suppression
from subscribers.letters import LetterState
from subscribers.model import LetterKind, MailList, SuppressionReason
from tests.subscribers.people import FORM, NOW, PAGE, member, person

LEASE = NOW + timedelta(minutes=5)


def _queued(conn: Connection, mail_list: MailList, kind: LetterKind = LetterKind.CONFIRM) -> tuple[int, int]:
    reader = person(conn)
    lists.subscribe(conn, reader, mail_list, FORM, NOW)
    letter = letters.queue(conn, kind, reader, address="ana@mail.example", list_id=mail_list.id, now=NOW)
    assert letter is not None
    return reader, letter


def _claim(conn: Connection, owner: str = "one", after: timedelta = timedelta(0)) -> list[letters.WaitingLetter]:
    return letters.claim(conn, owner=owner, now=NOW + after, lease_until=LEASE + after)


def test_a_letter_is_claimed_once_and_sent(conn: Connection, world: MailList) -> None:
    reader, letter = _queued(conn, world)
    (claimed,) = _claim(conn)
    assert (claimed.id, claimed.subscriber_id, claimed.address) == (letter, reader, "ana@mail.example")
    assert (claimed.kind, claimed.list_id, claimed.attempt) == (LetterKind.CONFIRM, world.id, 1)
    assert _claim(conn, "two") == []
    assert not letters.sent(conn, letter, owner="two", now=NOW)
    assert letters.sent(conn, letter, owner="one", now=NOW, message_id="m1")
    assert not letters.sent(conn, letter, owner="one", now=NOW)
    assert letters.letters_by_state(conn)[LetterState.SENT] == 1


def test_a_letter_certainly_not_taken_is_tried_again(conn: Connection, world: MailList) -> None:
    _, letter = _queued(conn, world)
    _claim(conn)
    assert letters.put_back(conn, letter, owner="one", not_before=NOW + timedelta(minutes=1), note="421")
    assert _claim(conn) == []
    (again,) = _claim(conn, after=timedelta(minutes=1))
    assert again.attempt == 2


def test_a_letter_whose_sender_died_is_never_sent_again(conn: Connection, world: MailList) -> None:
    _queued(conn, world)
    _claim(conn)
    assert letters.doubt_abandoned(conn, LEASE - timedelta(seconds=1)) == 0
    assert letters.doubt_abandoned(conn, LEASE) == 1
    assert _claim(conn, after=timedelta(days=1)) == []
    assert letters.letters_by_state(conn)[LetterState.DOUBTFUL] == 1


@pytest.mark.parametrize("settle", [letters.doubt, letters.drop])
def test_a_letter_in_doubt_or_refused_is_over(conn: Connection, world: MailList, settle: object) -> None:
    _, letter = _queued(conn, world)
    _claim(conn)
    assert callable(settle)
    assert settle(conn, letter, owner="one", now=NOW, note="550 no such user")
    assert _claim(conn, after=timedelta(days=1)) == []


def test_a_confirmation_that_nobody_needs_any_more_is_dropped(conn: Connection, world: MailList) -> None:
    reader, _ = _queued(conn, world)
    lists.confirm(conn, reader, world.id, PAGE, NOW)
    assert _claim(conn) == []
    assert letters.letters_by_state(conn)[LetterState.DROPPED] == 1


def test_a_welcome_to_somebody_who_left_is_dropped(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    letters.queue(conn, LetterKind.WELCOME, reader, address="ana@mail.example", list_id=world.id, now=NOW)
    lists.unsubscribe(conn, reader, world.id, PAGE, NOW)
    assert _claim(conn) == []


@pytest.mark.parametrize("key", ["ana@mail.example", "@mail.example"])
def test_a_suppressed_address_gets_no_letter(conn: Connection, world: MailList, key: str) -> None:
    _queued(conn, world)
    suppression.suppress(conn, key, SuppressionReason.COMPLAINT, now=NOW)
    assert _claim(conn) == []


def test_who_left_a_list_gets_the_letters_they_ask_for(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    lists.unsubscribe_everywhere(conn, reader, PAGE, NOW)
    letters.queue(conn, LetterKind.EXPORT, reader, address="ana@mail.example", now=NOW, values={"n": 1})
    (claimed,) = _claim(conn)
    assert claimed.kind is LetterKind.EXPORT
    assert claimed.values == {"n": 1}
    assert claimed.list_id is None


def test_one_of_a_kind_at_a_time(conn: Connection) -> None:
    reader = person(conn)

    def ask(after: timedelta) -> int | None:
        now = NOW + after
        return letters.queue(
            conn, LetterKind.ERASE, reader, address="ana@mail.example", now=now, none_since=now - timedelta(hours=1)
        )

    assert ask(timedelta(0)) is not None
    assert ask(timedelta(minutes=59)) is None
    assert ask(timedelta(minutes=60)) is not None


def test_letters_are_forgotten_when_they_are_over(conn: Connection, world: MailList) -> None:
    _, letter = _queued(conn, world)
    assert letters.forget_letters(conn, NOW + timedelta(days=9)) == 0
    _claim(conn)
    letters.sent(conn, letter, owner="one", now=NOW)
    assert letters.forget_letters(conn, NOW) == 0
    assert letters.forget_letters(conn, NOW + timedelta(seconds=1)) == 1
