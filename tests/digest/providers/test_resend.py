"""Resend: what a call holds, its idempotency key, and what each way of ending says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.model.errors import ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.providers.resend import ResendProvider, idempotency_key
from tests.servers.http_door import Reply
from tests.servers.letters import ENVELOPE, batch, reader
from tests.servers.resend_api import KEY, ResendServer, error
from tests.servers.sendgrid_api import Fault


@pytest.fixture
def server() -> Iterator[ResendServer]:
    with ResendServer() as running:
        yield running


def provider(server: ResendServer, **more: object) -> ResendProvider:
    given: dict[str, object] = {"api_key": KEY, "base_url": server.url, "timeout": 5.0} | more
    return ResendProvider(**given)  # type: ignore[arg-type]


def test_one_call_holds_everybody_and_says_who_is_who(server: ResendServer) -> None:
    sender = provider(server)
    receipt = sender.send(batch([reader(n) for n in range(100)], chunk="12.3"))
    sender.close()
    messages = json.loads(server.requests[0].raw)
    assert len(messages) == 100
    assert receipt.message_id == "email-0-0"
    assert messages[7]["from"] == '"The World Brief" <brief@digest.example>'
    assert messages[7]["reply_to"] == ["desk@digest.example"]
    assert messages[7]["tags"] == [{"name": "delivery", "value": reader(7).delivery}]
    assert server.requests[0].headers["x-batch-validation"] == "permissive"


def test_the_key_is_the_chunks_whatever_the_try() -> None:
    people = [reader(1), reader(2)]
    first = idempotency_key(batch(people, chunk="12.1"))
    assert first == idempotency_key(batch(people, chunk="12.2"))
    assert first == idempotency_key(batch(people[:1], chunk="12.3"))
    assert first != idempotency_key(batch(people, chunk="13.1"))
    another = replace(batch(people, chunk="12.1"), envelope=replace(ENVELOPE, edition="world/2022-04-09"))
    assert first != idempotency_key(another)
    assert len(first) <= 256


@pytest.mark.parametrize("fault", [Fault.TAKEN_RESET, Fault.TAKEN_ERROR, Fault.RESET_AFTER_BODY])
def test_a_doubtful_call_may_be_repeated(fault: Fault) -> None:
    people = [reader(1), reader(2)]
    with ResendServer(faults=[fault]) as server:
        sender = provider(server)
        with pytest.raises(OutcomeUnknown):
            sender.send(batch(people, chunk="12.1"))
        receipt = sender.send(batch(people, chunk="12.2"))
        sender.close()
        assert receipt.message_id
        assert len(server.taken) == 2


def test_nobody_gets_two_if_a_reader_leaves_between_the_tries() -> None:
    """The second call is another one, under the same key: Resend refuses it, and the doubt stays a doubt."""
    people = [reader(1), reader(2)]
    with ResendServer(faults=[Fault.TAKEN_RESET]) as server:
        sender = provider(server)
        with pytest.raises(OutcomeUnknown):
            sender.send(batch(people, chunk="12.1"))
        with pytest.raises(OutcomeUnknown, match="invalid_idempotent_request"):
            sender.send(batch(people[:1], chunk="12.2"))
        sender.close()
        assert len(server.taken) == 2


def test_if_the_first_try_was_not_taken_who_has_left_is_left_out() -> None:
    people = [reader(1), reader(2)]
    with ResendServer(faults=[Fault.RESET_AFTER_BODY]) as server:
        sender = provider(server)
        with pytest.raises(OutcomeUnknown):
            sender.send(batch(people, chunk="12.1"))
        sender.send(batch(people[:1], chunk="12.2"))
        sender.close()
        assert [taken.email for taken in server.taken] == [people[0].email]


def test_it_says_for_how_long_a_call_may_be_repeated(server: ResendServer) -> None:
    told = provider(server, events=True, concurrency=5).capabilities
    assert (told.idempotent, told.events, told.batch_size, told.concurrency) == (True, True, 100, 5)
    assert told.idempotent_for is not None
    assert 23 * 3600 < told.idempotent_for < 24 * 3600


def test_who_is_refused_is_named_and_the_others_get_theirs() -> None:
    people = [reader(n) for n in range(4)]
    with ResendServer(refuse=[people[2].email]) as server:
        sender = provider(server)
        receipt = sender.send(batch(people))
        sender.close()
        assert receipt.refused.keys() == {people[2].delivery}
        assert "`to`" in receipt.refused[people[2].delivery]
        assert len(server.taken) == 3


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(400, "validation_error", "no"), Permanent),
        (error(401, "missing_api_key", "no"), Unauthorised),
        (error(403, "validation_error", "You can only send testing emails to your own address"), Unauthorised),
        (error(422, "invalid_from_address", "no"), Unauthorised),
        (error(422, "missing_required_field", "no"), Permanent),
        (error(451, "security_error", "no"), Unauthorised),
        (error(409, "concurrent_idempotent_requests", "in progress"), OutcomeUnknown),
        (error(429, "rate_limit_exceeded", "no"), Transient),
        (error(429, "daily_quota_exceeded", "no"), Transient),
        (error(500, "application_error", "no"), OutcomeUnknown),
        (Reply(status=200, body={"data": [{"id": "1"}]}), OutcomeUnknown),
        (Reply(status=200, body={"data": [{"id": "1"}], "errors": [{"message": "no"}]}), OutcomeUnknown),
        (Reply(status=200, body={"data": [{"id": "1"}], "errors": [{"index": 7}]}), OutcomeUnknown),
        (Reply(status=200, body={"data": [], "errors": [{"index": 0, "message": "`to`"}] * 2}), OutcomeUnknown),
        (Reply(status=200, body=[]), OutcomeUnknown),
        (
            Reply(status=200, body={"data": [], "errors": [{"index": n, "message": "Invalid `from`"} for n in (0, 1)]}),
            Unauthorised,
        ),
    ],
)
def test_what_each_answer_says(reply: Reply, expected: type[Exception]) -> None:
    with ResendServer(reply=reply) as server:
        sender = provider(server)
        with pytest.raises(expected) as found:
            sender.send(batch([reader(0), reader(1)]))
        sender.close()
    assert type(found.value) is expected


def test_a_used_up_quota_waits_long_and_a_rate_limit_as_told() -> None:
    for reply, wait in (
        (error(429, "daily_quota_exceeded", "no"), 3600.0),
        (replace(error(429, "rate_limit_exceeded", "no"), headers={"ratelimit-reset": "2"}), 2.0),
    ):
        with ResendServer(reply=reply) as server:
            sender = provider(server)
            with pytest.raises(Transient) as found:
                sender.send(batch([reader(0)]))
            sender.close()
        assert found.value.retry_after == wait


def test_nobody_left_makes_no_call(server: ResendServer) -> None:
    receipt = provider(server).send(batch([reader(1, address="no address")]))
    assert receipt.refused.keys() == {reader(1).delivery}
    assert server.requests == []


@pytest.mark.parametrize("more", [{"api_key": ""}, {"base_url": "resend"}])
def test_what_cannot_work_is_refused_at_once(server: ResendServer, more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"provider\.resend\."):
        provider(server, **more)
