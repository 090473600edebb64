"""Lists and readers in the database: found, paged, counted, streamed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from subscribers import audience, store
from subscribers.address import parse_address
from subscribers.lists import subscribe, unsubscribe
from subscribers.model import (
    Blocked,
    Candidate,
    Frequency,
    MailList,
    ModelError,
    OptIn,
    Preferences,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.suppression import suppress, suppress_domain
from subscribers.tokens import LinkClaim, Purpose
from tests.subscribers.people import FORM, FRIDAY, NOW, PAGE, crowd, member, person


def test_a_list_is_made_once_and_then_stays(conn: Connection) -> None:
    first = store.ensure_list(conn, "world", "World", OptIn.DOUBLE, NOW, public=False)
    again = store.ensure_list(conn, "world", "Other", OptIn.SINGLE, NOW + timedelta(days=1))
    assert again == first
    assert store.get_list(conn, "world") == first
    assert store.get_list(conn, "moon") is None
    store.ensure_list(conn, "asia", "Asia", OptIn.SINGLE, NOW)
    assert [found.slug for found in store.all_lists(conn)] == ["asia", "world"]


@pytest.mark.parametrize("slug", ["", "World", "a b", "a/b"])
def test_a_list_needs_a_slug(conn: Connection, slug: str) -> None:
    with pytest.raises(ModelError, match="slug"):
        store.ensure_list(conn, slug, "World", OptIn.SINGLE, NOW)


def test_a_reader_is_made_once_and_then_stays(conn: Connection) -> None:
    address = parse_address("Ana@BÜCHER.example")
    first = store.add_subscriber(
        conn, address, now=NOW, name=" Ana ", language="es", timezone="America/Lima", attributes={"age": 41}
    )
    again = store.add_subscriber(conn, address, now=NOW, name="Somebody")
    assert again == first
    assert (first.email, first.email_key) == ("Ana@BÜCHER.example", "Ana@xn--bcher-kva.example")
    assert (first.name, first.attributes, first.link_version) == ("Ana", {"age": 41}, 1)
    assert store.get_subscriber(conn, first.id) == first
    assert store.find_subscriber(conn, parse_address("ana@bücher.example")) is None


def test_a_reader_with_control_characters_is_refused(conn: Connection) -> None:
    with pytest.raises(ModelError):
        store.add_subscriber(conn, parse_address("ana@mail.example"), now=NOW, name="Ana\nBcc: x")
    with pytest.raises(ModelError):
        store.add_subscriber(conn, parse_address("ana@mail.example"), now=NOW, attributes={"A b": 1})


def test_revoked_links_find_nobody(conn: Connection) -> None:
    ana = person(conn)
    claim = LinkClaim(purpose=Purpose.PREFERENCES, subscriber_id=ana, list_id=0, version=1)
    assert store.reader_behind(conn, claim) is not None
    store.revoke_links(conn, ana)
    assert store.reader_behind(conn, claim) is None
    stranger = LinkClaim(purpose=Purpose.PREFERENCES, subscriber_id=4711, list_id=0, version=1)
    assert store.reader_behind(conn, stranger) is None


def test_counts_have_every_state(conn: Connection, world: MailList) -> None:
    member(conn, world)
    ben = member(conn, world, "ben@mail.example")
    unsubscribe(conn, ben, world.id, PAGE, NOW)
    subscribe(conn, person(conn, "eva@mail.example"), world, FORM, NOW)
    assert store.counts_by_state(conn, world.id) == {
        SubscriptionState.PENDING: 1,
        SubscriptionState.ACTIVE: 1,
        SubscriptionState.ENDED: 1,
    }
    assert store.count_subscribers(conn, world.id) == 1


def test_candidates_are_the_active_in_order_with_all_that_planning_needs(
    conn: Connection, world: MailList, daily: MailList
) -> None:
    address = parse_address("Ana@mail.example")
    wishes = Preferences(
        sections=("asia", "world"),
        frequency=Frequency.WEEKDAYS,
        hour=6,
        text_only=True,
        tracking_off=True,
        paused_until=date(2022, 4, 1),
    )
    store.add_subscriber(conn, address, now=NOW, name="Ana", language="es", timezone="America/Lima")
    ana = member(conn, world, "Ana@mail.example", wishes)
    ben = member(conn, world, "ben@other.example")
    suppress_domain(conn, "other.example", now=NOW)
    gone = member(conn, world, "eva@mail.example")
    unsubscribe(conn, gone, world.id, PAGE, NOW)
    member(conn, daily, "kim@mail.example")
    found = list(audience.candidates(conn, world.id, FRIDAY))
    assert [(c.subscriber_id, c.blocked) for c in found] == [(ana, None), (ben, Blocked.SUPPRESSED)]
    assert found[0] == Candidate(
        subscriber_id=ana,
        email="Ana@mail.example",
        name="Ana",
        language="es",
        timezone="America/Lima",
        hour=6,
        sections=("asia", "world"),
        frequency=Frequency.WEEKDAYS,
        text_only=True,
        tracking_off=True,
        paused_until=date(2022, 4, 1),
        link_version=1,
        blocked=None,
    )


def test_candidates_stream_beyond_one_page_while_others_write(conn: Connection, world: MailList) -> None:
    ids = crowd(conn, world, store.PAGE + 5)
    seen = []
    for number, candidate in enumerate(audience.candidates(conn, world.id, FRIDAY)):
        seen.append(candidate.subscriber_id)
        if number == 10:
            person(conn, "late@mail.example")
    assert seen == ids


def test_pages_of_readers(conn: Connection, world: MailList) -> None:
    ids = [member(conn, world, f"r{n}@mail.example") for n in range(5)]
    unsubscribe(conn, ids[3], world.id, PAGE, NOW)
    first = store.page_of_readers(conn, world.id, limit=2)
    assert [reader.id for reader, _ in first] == ids[:2]
    rest = store.page_of_readers(conn, world.id, after=ids[1], limit=50)
    assert [reader.id for reader, _ in rest] == ids[2:]
    ended = store.page_of_readers(conn, world.id, state=SubscriptionState.ENDED)
    assert [(r.id, s.state, s.subscriber_id) for r, s in ended] == [(ids[3], "ended", ids[3])]


@pytest.mark.parametrize(
    ("search", "found"),
    [("ANA", {"ana"}), ("mail.ex", {"ana", "ben"}), ("élan", {"ben"}), ("%", set()), ("_", set())],
)
def test_search_by_part_of_address_or_name(conn: Connection, world: MailList, search: str, found: set[str]) -> None:
    store.add_subscriber(conn, parse_address("ben@mail.example"), now=NOW, name="Ben élan")
    member(conn, world, "ana@mail.example")
    member(conn, world, "ben@mail.example")
    readers = store.page_of_readers(conn, world.id, search=search)
    assert {reader.email.partition("@")[0] for reader, _ in readers} == found


def test_all_subscriptions_of_a_reader(conn: Connection, world: MailList, daily: MailList) -> None:
    ana = member(conn, daily)
    member(conn, world)
    unsubscribe(conn, ana, world.id, PAGE, NOW)
    found = store.subscriptions_of(conn, ana)
    assert {(s.list_id, s.state) for s in found} == {
        (world.id, SubscriptionState.ENDED),
        (daily.id, SubscriptionState.ACTIVE),
    }


def test_groups_say_the_same_as_candidates(conn: Connection, world: MailList) -> None:
    for number in range(40):
        address = f"reader{number}@mail.example"
        store.add_subscriber(
            conn,
            parse_address(address),
            now=NOW,
            language=("en", "fr", "")[number % 3],
            timezone=("", "Europe/Paris")[number % 2],
        )
        wishes = Preferences(
            sections=((), ("asia",), ("asia", "world"))[number % 3],
            hour=(None, 0, 7, 23)[number % 4],
            text_only=number % 5 == 0,
            tracking_off=number % 11 == 0,
            frequency=(Frequency.DAILY, Frequency.WEEKLY)[number % 2],
        )
        member(conn, world, address, wishes)
        if number % 7 == 0:
            suppress(conn, address, SuppressionReason.HARD_BOUNCE, now=NOW)
    one_by_one = {
        (
            one.subscriber_id,
            one.language,
            one.timezone,
            one.hour,
            one.sections,
            one.text_only,
            one.tracking_off,
            one.blocked,
        )
        for one in audience.candidates(conn, world.id, FRIDAY)
    }
    grouped = [
        (reader, one.language, one.timezone, one.hour, one.sections, one.text_only, one.tracking_off, one.blocked)
        for one in audience.audience_groups(conn, world.id, FRIDAY)
        for reader in one.readers
    ]
    assert len(grouped) == 40
    assert set(grouped) == one_by_one
    assert {one.blocked for one in audience.audience_groups(conn, world.id, FRIDAY)} > {None, Blocked.SUPPRESSED}
