"""SendGrid's suppression lists and Email Activity, against a server that is held to SendGrid's own document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from digest.model.errors import Permanent, Transient, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.ports import Missed, Suppressed
from digest.providers.sendgrid_activity import SendGridActivity
from digest.providers.sendgrid_calls import SendGridCalls
from digest.providers.sendgrid_lists import PAGE, SendGridLists
from tests.servers.sendgrid_api import KEY, SendGridServer

AT = 1_790_000_000
WHEN = datetime.fromtimestamp(AT, UTC)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running
        assert running.account.faults == []


def calls(server: SendGridServer, key: str = KEY) -> SendGridCalls:
    return SendGridCalls(api_key=key, base_url=server.url, timeout=5.0)


def everybody(server: SendGridServer, since: datetime | None = None, group: int = 0) -> list[Suppressed]:
    pages = SendGridLists(calls(server), asm_group=group).pages(since)
    return [entry for page in pages for entry in page]


def bounce(number: int, at: int = AT) -> dict[str, object]:
    reason = f"550 5.1.1 <reader{number}@inbox.example>: no such user"
    return {"created": at, "email": f"reader{number}@inbox.example", "reason": reason, "status": "5.1.1"}


def test_every_list_in_our_words_and_no_address_in_the_reasons(server: SendGridServer) -> None:
    account = server.account
    account.bounces = [bounce(1)]
    account.invalid_emails = [{"created": AT, "email": "reader2@inbox.example", "reason": "Mail domain is unknown"}]
    account.spam_reports = [{"created": AT, "email": "reader3@inbox.example", "ip": "192.0.2.1"}]
    account.unsubscribes = [{"created": AT, "email": "reader4@inbox.example"}]
    account.group_members = [
        {"email": "reader5@inbox.example", "group_id": 17, "group_name": "World", "created_at": AT},
        {"email": "reader6@inbox.example", "group_id": 18, "group_name": "Shop", "created_at": AT},
    ]
    found = everybody(server, group=17)
    assert {entry.email.partition("@")[0]: entry.kind for entry in found} == {
        "reader1": FeedbackKind.BOUNCED_HARD,
        "reader2": FeedbackKind.BOUNCED_HARD,
        "reader3": FeedbackKind.COMPLAINED,
        "reader4": FeedbackKind.UNSUBSCRIBED,
        "reader5": FeedbackKind.UNSUBSCRIBED,
    }
    assert {entry.at for entry in found} == {WHEN}
    assert "5.1.1" in found[0].detail
    assert not any("@" in entry.detail.replace("[address]", "") for entry in found)


def test_without_a_group_of_ours_nobody_asks_for_groups(server: SendGridServer) -> None:
    server.account.group_members = [
        {"email": "reader6@inbox.example", "group_id": 18, "group_name": "Shop", "created_at": AT}
    ]
    assert everybody(server) == []
    assert not any("asm" in asked for asked in server.account.asked)


def test_blocks_are_left_alone(server: SendGridServer) -> None:
    everybody(server)
    assert not any("blocks" in asked for asked in server.account.asked)


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 3])
def test_page_after_page(server: SendGridServer, count: int) -> None:
    server.account.bounces = [bounce(number) for number in range(count)]
    assert len({entry.email for entry in everybody(server)}) == count
    asked = [path for path in server.account.asked if "bounces" in path]
    assert len(asked) == count // PAGE + 1


def test_only_what_was_added_since_then(server: SendGridServer) -> None:
    server.account.bounces = [bounce(1, AT - 10), bounce(2, AT), bounce(3, AT + 10)]
    server.account.group_members = [
        {"email": f"member{day}@inbox.example", "group_id": 17, "group_name": "World", "created_at": AT + day}
        for day in (-1, 1)
    ]
    found = {entry.email.partition("@")[0] for entry in everybody(server, WHEN, group=17)}
    assert found == {"reader2", "reader3", "member1"}


def test_where_the_rate_is_reached_it_waits_and_goes_on() -> None:
    waited: list[float] = []
    with SendGridServer(headers={"Retry-After": "7"}) as server:
        server.account.bounces = [bounce(1)]
        server.account.statuses = [429, 0, 429, 429]
        pages = SendGridLists(calls(server), wait=waited.append).pages(None)
        assert [entry.email for page in pages for entry in page] == ["reader1@inbox.example"]
    assert waited == [7.0, 7.0, 7.0]


def test_a_rate_that_lasts_for_an_hour_is_not_waited_for() -> None:
    with SendGridServer(headers={"Retry-After": "3600"}) as server:
        server.account.statuses = [429]
        with pytest.raises(Transient):
            everybody(server)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorised), (403, Unauthorised), (400, Permanent), (500, Transient)]
)
def test_what_goes_wrong(server: SendGridServer, status: int, error: type[Exception]) -> None:
    server.account.statuses = [status]
    with pytest.raises(error) as found:
        everybody(server)
    assert type(found.value) is error


def test_rows_that_are_none_are_passed_over(server: SendGridServer) -> None:
    server.account.bounces = [bounce(1), {"created": AT, "email": 7}, {"created": AT}]
    assert len(everybody(server)) == 1
    server.account.faults.clear()


MISSED = Missed(delivery="aeaaaaaaaaaaaabc22", email="reader1@inbox.example", sent_at=WHEN)


def shown(status: str) -> dict[str, object]:
    return {
        "from_email": "brief@digest.example", "msg_id": "abc.filter-1", "subject": "x", "status": status,
        "to_email": "reader1@inbox.example", "opens_count": 0, "clicks_count": 0,
        "last_event_time": "2026-11-22T06:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("processed", FeedbackKind.ACCEPTED),
        ("delivered", FeedbackKind.DELIVERED),
        ("not_delivered", FeedbackKind.ACCEPTED),
    ],
)
def test_a_message_that_is_shown_was_taken(server: SendGridServer, status: str, kind: FeedbackKind) -> None:
    server.account.messages = {MISSED.delivery: [shown(status)]}
    found = SendGridActivity(calls(server)).find(MISSED)
    assert found is not None
    assert (found.kind, found.delivery, found.lone) == (kind, MISSED.delivery, True)
    assert found.at == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert found.provider == "sendgrid"


def test_one_that_is_not_shown_is_none(server: SendGridServer) -> None:
    assert SendGridActivity(calls(server)).find(MISSED) is None
    (asked,) = server.account.asked
    assert "reader1" not in asked, "asked by key, so that no address stands in a log"


def test_a_key_that_would_end_the_query_is_not_asked(server: SendGridServer) -> None:
    with pytest.raises(Permanent):
        SendGridActivity(calls(server)).find(Missed(delivery='x") OR (a="b', email="", sent_at=WHEN))
    assert server.account.asked == []


def test_six_a_minute() -> None:
    assert SendGridActivity.per_turn < 6
    with SendGridServer(headers={"Retry-After": "11"}) as server:
        server.account.statuses = [429]
        with pytest.raises(Transient) as found:
            SendGridActivity(calls(server)).find(MISSED)
        assert found.value.retry_after == 11
