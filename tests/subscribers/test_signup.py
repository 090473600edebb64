"""A sign-up queues the one letter it should, and writes nothing where a limit or a suppression forbids it."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from subscribers import letters, lists, store, suppression
from subscribers.address import parse_address
from subscribers.consent import history
from subscribers.limits import AskLimits
from subscribers.model import Frequency, MailList, Preferences, SubscriptionState, SuppressionReason
from subscribers.signup import Applicant, Asker, SignUp, forget_unconfirmed, send_links, sign_up
from subscribers.tables import subscribers, subscriptions
from tests.subscribers.people import ERASURE_KEY, FORM, NOW, PAGE, member

ANA = parse_address("ana@mail.example")
ASKER = Asker(client="192.0.2.1", limits=AskLimits(), key=b"a key for limits in tests only", erasure_key=ERASURE_KEY)
DAY = timedelta(days=1)


def _sign_up(conn: Connection, mail_list: MailList, email: str = "ana@mail.example", *, days: int = 0) -> SignUp:
    wishes = Preferences(frequency=Frequency.WEEKLY)
    applicant = Applicant(address=parse_address(email), language="fr", timezone="Europe/Paris", preferences=wishes)
    return sign_up(conn, mail_list, applicant, ASKER, basis=FORM, now=NOW + days * DAY)


def _letters(conn: Connection, days: int = 9) -> list[tuple[str, str]]:
    now = NOW + days * DAY
    return [(one.kind.value, one.address) for one in letters.claim(conn, owner="t", now=now, lease_until=now + DAY)]


def _rows(conn: Connection) -> tuple[int, int]:
    tables = (subscribers, subscriptions)
    readers, held = (conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    return readers, held


def test_somebody_new_is_pending_and_asked_to_confirm(conn: Connection, world: MailList) -> None:
    assert _sign_up(conn, world) is SignUp.CONFIRM
    reader = store.find_subscriber(conn, ANA)
    assert reader is not None
    assert (reader.language, reader.timezone) == ("fr", "Europe/Paris")
    held = store.get_subscription(conn, reader.id, world.id)
    assert held is not None
    assert held.state is SubscriptionState.PENDING
    assert held.preferences.frequency is Frequency.WEEKLY
    assert _letters(conn) == [("confirm", "ana@mail.example")]


def test_a_single_opt_in_list_welcomes_at_once(conn: Connection, daily: MailList) -> None:
    assert _sign_up(conn, daily) is SignUp.WELCOME
    assert _letters(conn) == [("welcome", "ana@mail.example")]


def test_who_is_on_the_list_already_gets_their_links(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    assert _sign_up(conn, world) is SignUp.LINKS
    assert _letters(conn) == [("links", "ana@mail.example")]
    found = store.get_subscriber(conn, reader)
    assert found is not None
    assert found.language == "", "a stranger who types an address must not change its reader's language"


def test_another_spelling_of_a_reader_is_that_reader(conn: Connection, world: MailList) -> None:
    member(conn, world)
    assert _sign_up(conn, world, "ANA@mail.example") is SignUp.LINKS
    assert _letters(conn) == [("links", "ana@mail.example")]
    assert _rows(conn) == (1, 1)


def test_who_left_may_come_back_by_their_own_hand(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    lists.unsubscribe_everywhere(conn, reader, PAGE, NOW)
    assert _sign_up(conn, world) is SignUp.CONFIRM
    assert lists.confirm(conn, reader, world.id, PAGE, NOW).state is SubscriptionState.ACTIVE
    assert suppression.gate(conn, [reader], world.id, NOW.date()) == {reader: None}


def test_the_second_ask_of_a_day_writes_nothing(conn: Connection, world: MailList) -> None:
    assert _sign_up(conn, world) is SignUp.CONFIRM
    assert _sign_up(conn, world) is SignUp.LIMITED_ADDRESS
    assert _sign_up(conn, world, "Ana@mail.example") is SignUp.LIMITED_ADDRESS
    assert len(_letters(conn)) == 1
    assert _sign_up(conn, world, days=1) is SignUp.CONFIRM


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (AskLimits(per_client=0), SignUp.LIMITED_CLIENT),
        (AskLimits(in_all=0), SignUp.LIMITED_CEILING),
    ],
)
def test_a_limit_writes_nobody_down(conn: Connection, world: MailList, limits: AskLimits, said: SignUp) -> None:
    asker = Asker(client="192.0.2.1", limits=limits, key=ASKER.key, erasure_key=ERASURE_KEY)
    assert sign_up(conn, world, Applicant(address=ANA), asker, basis=FORM, now=NOW) is said
    assert _rows(conn) == (0, 0)
    assert _letters(conn) == []


@pytest.mark.parametrize("key", ["ana@mail.example", "@mail.example"])
def test_a_suppressed_address_is_not_written_to(conn: Connection, world: MailList, key: str) -> None:
    suppression.suppress(conn, key, SuppressionReason.COMPLAINT, now=NOW)
    assert _sign_up(conn, world) is SignUp.SUPPRESSED
    assert _rows(conn) == (0, 0)
    assert not send_links(conn, world, ANA, ASKER, now=NOW)


def test_links_go_to_readers_only_and_count_against_the_limit(conn: Connection, world: MailList) -> None:
    member(conn, world)
    assert not send_links(conn, world, parse_address("nobody@mail.example"), ASKER, now=NOW)
    assert send_links(conn, world, ANA, ASKER, now=NOW)
    assert not send_links(conn, world, ANA, ASKER, now=NOW)
    assert _sign_up(conn, world) is SignUp.LIMITED_ADDRESS
    assert _letters(conn) == [("links", "ana@mail.example")]


def test_an_unconfirmed_sign_up_is_forgotten_whole_after_48_hours(conn: Connection, world: MailList) -> None:
    _sign_up(conn, world)
    assert forget_unconfirmed(conn, NOW + 2 * DAY - timedelta(seconds=1)) == 0
    assert forget_unconfirmed(conn, NOW + 2 * DAY) == 1
    assert _rows(conn) == (0, 0)
    assert _letters(conn) == []


def test_who_asks_again_has_the_whole_time_again(conn: Connection, world: MailList) -> None:
    _sign_up(conn, world)
    assert _sign_up(conn, world, days=1) is SignUp.CONFIRM
    assert forget_unconfirmed(conn, NOW + 2 * DAY) == 0
    assert forget_unconfirmed(conn, NOW + 3 * DAY) == 1


def test_who_had_left_before_is_not_forgotten_but_one_who_left(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    lists.unsubscribe(conn, reader, world.id, PAGE, NOW)
    _sign_up(conn, world)
    assert forget_unconfirmed(conn, NOW + 2 * DAY) == 1
    held = store.get_subscription(conn, reader, world.id)
    assert held is not None
    assert held.state is SubscriptionState.ENDED
    assert len(history(conn, reader)) == 3, "consent is append-only"


def test_a_reader_of_another_list_stays(conn: Connection, world: MailList, daily: MailList) -> None:
    reader = member(conn, daily)
    _sign_up(conn, world)
    assert forget_unconfirmed(conn, NOW + 2 * DAY) == 1
    assert store.get_subscription(conn, reader, daily.id) is not None
    assert store.get_subscription(conn, reader, world.id) is None


def test_forgetting_goes_by_lots(conn: Connection, world: MailList) -> None:
    for number in range(3):
        _sign_up(conn, world, f"r{number}@mail.example")
    assert forget_unconfirmed(conn, NOW + 2 * DAY, limit=2) == 2
    assert forget_unconfirmed(conn, NOW + 2 * DAY, limit=2) == 1
