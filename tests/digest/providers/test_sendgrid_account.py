"""SendGrid's account: what concerns the sender pauses, scheduled calls are taken back, groups and pools are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.model.errors import Permanent, Transient, Unauthorised
from digest.ports import Recalling
from digest.providers.sendgrid import SendGridProvider
from tests.servers.letters import ENVELOPE, batch, body_of, reader
from tests.servers.sendgrid_account import OPERATIONS, SendGridAccount
from tests.servers.sendgrid_api import KEY, SendGridServer
from tests.servers.sendgrid_rules import problems

AT = datetime(2026, 11, 22, 6, 0, 0, 250_000, tzinfo=UTC)


_OPEN: list[SendGridProvider] = []


def opened(**settings: object) -> SendGridProvider:
    """A provider whose connections are closed after the test."""
    _OPEN.append(SendGridProvider(**settings))  # type: ignore[arg-type]
    return _OPEN[-1]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def provider(server: SendGridServer, **more: object) -> SendGridProvider:
    return opened(api_key=KEY, base_url=server.url, **more)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running
        assert running.account.faults == []


def test_group_and_pool_stand_in_the_call_and_cost_nothing_where_there_are_none(server: SendGridServer) -> None:
    provider(server, asm_group=17, ip_pool="morning").send(batch([reader(1)]))
    provider(server).send(batch([reader(2)]))
    with_both, without = server.bodies
    assert with_both["asm"] == {"group_id": 17}
    assert with_both["ip_pool_name"] == "morning"
    assert not {"asm", "ip_pool_name", "batch_id", "send_at"} & without.keys()


def test_a_reserved_call_says_when_and_under_which_name() -> None:
    body = body_of(replace(batch([reader(1)]), reservation="batch1", send_at=AT))
    assert body["batch_id"] == "batch1"
    assert body["send_at"] == int(AT.timestamp()) + 1, "never before the instant that was asked for"
    assert problems(body) == []


@pytest.mark.parametrize(
    "change", [{"from_email": "no address"}, {"from_email": ""}], ids=["a sender that is none", "no sender"]
)
def test_a_400_about_the_sender_pauses_and_halves_nothing(server: SendGridServer, change: dict[str, str]) -> None:
    people = batch([reader(n) for n in range(8)])
    with pytest.raises(Unauthorised, match="from"):
        provider(server).send(replace(people, envelope=replace(ENVELOPE, **change)))


def test_a_400_about_a_reader_is_halved(server: SendGridServer) -> None:
    bad = reader(3, address="bad@-inbox.example")
    with pytest.raises(Permanent) as found:
        provider(server).send(batch([reader(1), bad]))
    assert type(found.value) is Permanent


def test_refusals_one_by_one_with_nobody_taken_pause_before_the_list_is_lost() -> None:
    """A 400 that names no field: halving alone would refuse every reader of the list."""
    with SendGridServer(status=400) as server:
        sender = provider(server)
        for number in range(9):
            with pytest.raises(Permanent) as found:
                sender.send(batch([reader(number)]))
            assert type(found.value) is Permanent
        with pytest.raises(Unauthorised, match="one by one"):
            sender.send(batch([reader(9)]))
        server.status = None
        sender.send(batch([reader(10)]))
        assert [taken.email for taken in server.taken] == [reader(10).email]


def test_a_call_that_is_taken_shows_that_the_refusals_were_about_addresses() -> None:
    refused = [reader(n) for n in range(30)]
    with SendGridServer(refuse=[one.email for one in refused]) as server:
        sender = provider(server)
        for place, one in enumerate(refused):
            with pytest.raises(Permanent) as found:
                sender.send(batch([one]))
            assert type(found.value) is Permanent
            if place % 8 == 0:
                sender.send(batch([reader(1000 + place)]))


def test_a_call_is_reserved_and_taken_back(server: SendGridServer) -> None:
    sender = provider(server, recall_minutes=20)
    assert isinstance(sender, Recalling)
    assert sender.capabilities.recall_ahead == 1200
    name = sender.reserve()
    sender.send(replace(batch([reader(1)]), reservation=name, send_at=AT + timedelta(minutes=20)))
    sender.cancel(name)
    assert server.account.cancelled == [name]
    sender.cancel(name)
    assert server.account.cancelled == [name], "safe to repeat"
    assert sender.reserve() != name


def test_without_minutes_it_says_that_nothing_can_be_taken_back(server: SendGridServer) -> None:
    assert provider(server).capabilities.recall_ahead is None


def test_a_cancelling_that_was_not_confirmed_raises(server: SendGridServer) -> None:
    """The number of cancelled batches is capped: then the call stays in doubt."""
    server.account.most_cancelled = 0
    with pytest.raises(Permanent):
        provider(server).cancel("batch9")


def test_a_call_that_is_only_paused_there_may_still_go_out(server: SendGridServer) -> None:
    server.account.paused = ["batch9"]
    with pytest.raises(Permanent):
        provider(server).cancel("batch9")


@pytest.mark.parametrize("status", [500, 429])
def test_an_answer_that_got_lost_is_asked_for_again(server: SendGridServer, status: int) -> None:
    server.account.statuses = [0, status]
    with pytest.raises(Transient):
        provider(server).cancel("batch9")
    provider(server).cancel("batch9")
    assert server.account.cancelled == ["batch9"]


def test_reserving_where_nobody_answers_is_tried_again_later() -> None:
    with pytest.raises(Transient):
        opened(api_key=KEY, base_url="http://127.0.0.1:9", timeout=2).reserve()


def test_a_wrong_key_is_told_from_a_bad_hour(server: SendGridServer) -> None:
    with pytest.raises(Unauthorised, match="api_key"):
        opened(api_key="SG.wrong", base_url=server.url).reserve()


def test_a_name_that_would_leave_its_place_in_the_address_is_not_asked(server: SendGridServer) -> None:
    with pytest.raises(Permanent):
        provider(server).cancel("x?y=1#")
    assert server.account.asked == []


def test_the_document_is_held_against_the_server_that_plays_it() -> None:
    """The check itself can fail."""
    account = SendGridAccount(bounces=[{"created": "yesterday", "email": "x@inbox.example"}])
    account.bounces[0]["created"] = 1
    account.answer("GET", "/v3/suppression/bounces?limit=900&colour=red", b"")
    assert len(account.faults) == 2
    assert len(OPERATIONS) == 10
