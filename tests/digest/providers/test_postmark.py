"""Postmark: what a call holds, and what each message's own result says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from digest.model.errors import ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Slot
from digest.providers.postmark import PostmarkProvider
from tests.servers.http_door import Reply
from tests.servers.letters import ENVELOPE, batch, reader, rendered
from tests.servers.postmark_api import TOKEN, PostmarkServer

OK = {"ErrorCode": 0, "Message": "OK", "MessageID": "m-1", "To": "x"}


@pytest.fixture
def server() -> Iterator[PostmarkServer]:
    with PostmarkServer() as running:
        yield running


def provider(server: PostmarkServer, **more: object) -> PostmarkProvider:
    given: dict[str, object] = {"server_token": TOKEN, "base_url": server.url, "timeout": 5.0} | more
    return PostmarkProvider(**given)  # type: ignore[arg-type]


def error(code: int, words: str = "no") -> dict[str, Any]:
    return {"ErrorCode": code, "Message": words}


def test_one_call_holds_everybody_and_says_who_is_who(server: PostmarkServer) -> None:
    sender = provider(server)
    receipt = sender.send(batch([reader(n) for n in range(500)], chunk="12.3"))
    sender.close()
    messages = json.loads(server.requests[0].raw)
    assert len(messages) == 500
    assert receipt.message_id.endswith("-000000000000")
    seven = messages[7]
    assert seven["From"] == '"The World Brief" <brief@digest.example>'
    assert (seven["To"], seven["ReplyTo"]) == (reader(7).email, "desk@digest.example")
    assert seven["Metadata"] == {"delivery": reader(7).delivery, "chunk": "12.3"}
    assert (seven["MessageStream"], seven["TrackOpens"], seven["TrackLinks"]) == ("broadcast", False, "None")
    assert seven["Tag"] == "world"


@pytest.mark.parametrize(
    ("results", "refused", "later", "unknown"),
    [
        ([OK, OK, OK], set(), set(), set()),
        ([OK, error(406), error(300, "Error parsing 'To': no")], {1, 2}, set(), set()),
        ([error(406), error(406), error(406)], {0, 1, 2}, set(), set()),
        ([OK, error(429), error(100)], set(), {1, 2}, set()),
        ([OK, error(412), error(405)], set(), {1, 2}, set()),
        ([OK, error(300, "Invalid metadata content."), error(999)], {1, 2}, set(), set()),
        ([OK, {}, "?"], set(), set(), {1, 2}),
        ([{"MessageID": "m-1", "Message": "accepted, but delivery may be delayed"}, OK, OK], set(), set(), set()),
        ([error(300, "Invalid 'From' address"), {}, {}], set(), {0}, {1, 2}),
    ],
)  # fmt: skip
def test_what_each_result_says_of_its_reader(
    results: list[Any], refused: set[int], later: set[int], unknown: set[int]
) -> None:
    people = [reader(n) for n in range(3)]
    with PostmarkServer(reply=Reply(status=200, body=results)) as server:
        sender = provider(server)
        receipt = sender.send(batch(people))
        sender.close()
    assert receipt.refused.keys() == {people[n].delivery for n in refused}
    assert receipt.not_sent == {people[n].delivery for n in later}
    assert receipt.unknown == {people[n].delivery for n in unknown}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(status=200, body=[error(400)] * 2), Unauthorised),
        (Reply(status=200, body=[error(1235)] * 2), Unauthorised),
        (Reply(status=200, body=[error(300, "Invalid 'From' address")] * 2), Unauthorised),
        (Reply(status=200, body=[error(406), error(401)]), Unauthorised),
        (Reply(status=200, body=[error(429)] * 2), Transient),
        (Reply(status=200, body=[OK]), OutcomeUnknown),
        (Reply(status=200, body={}), OutcomeUnknown),
        (Reply(status=401, body=error(10)), Unauthorised),
        (Reply(status=422, body=error(300)), Permanent),
        (Reply(status=422, body=error(405)), Unauthorised),
        (Reply(status=413), Permanent),
        (Reply(status=429), Transient),
        (Reply(status=500), OutcomeUnknown),
        (Reply(status=503), OutcomeUnknown),
    ],
)
def test_what_an_answer_to_all_says(reply: Reply, expected: type[Exception]) -> None:
    """No reader is refused for what is wrong with us: it would drop the whole list."""
    with PostmarkServer(reply=reply) as server:
        sender = provider(server)
        with pytest.raises(expected) as found:
            sender.send(batch([reader(0), reader(1)]))
        sender.close()
    assert type(found.value) is expected


def test_what_postmark_says_of_an_address_is_kept_without_it() -> None:
    with PostmarkServer(refuse=[reader(1).email]) as server:
        sender = provider(server)
        receipt = sender.send(batch([reader(0), reader(1)]))
        sender.close()
    (why,) = receipt.refused.values()
    assert "406" in why
    assert "inbox.example" not in why


def test_two_readers_of_one_address_both_get_theirs(server: PostmarkServer) -> None:
    sender = provider(server)
    assert not sender.send(batch([reader(1), reader(2, address=reader(1).email)])).not_sent
    sender.close()
    assert len(server.taken) == 2


def test_who_does_not_fit_into_fifty_megabytes_waits_for_the_next_call(server: PostmarkServer) -> None:
    people = [reader(n) for n in range(30)]
    sender = provider(server, timeout=20.0)
    receipt = sender.send(batch(people, rendering=rendered(filling="word " * 400_000)))
    sender.close()
    assert len(server.taken) + len(receipt.not_sent) == 30
    assert 0 < len(receipt.not_sent) < 30
    assert "50 MB" in receipt.note
    assert len(server.requests[0].raw) < 46_000_000


def test_a_reader_without_a_value_is_refused_alone_and_nobody_left_makes_no_call(server: PostmarkServer) -> None:
    holes = replace(reader(1), slots={Slot.NAME: "x"})
    sender = provider(server)
    assert sender.send(batch([holes, reader(2)])).refused.keys() == {holes.delivery}
    assert sender.send(batch([holes])).refused.keys() == {holes.delivery}
    sender.close()
    assert len(server.requests) == 1


def test_a_sender_that_nobody_could_write_from_pauses(server: PostmarkServer) -> None:
    broken = replace(batch([reader(1)]), envelope=replace(ENVELOPE, from_email="nobody"))
    with pytest.raises(Unauthorised, match="no message can be written"):
        provider(server).send(broken)


@pytest.mark.parametrize("more", [{"server_token": ""}, {"base_url": "postmark"}])
def test_what_cannot_work_is_refused_at_once(server: PostmarkServer, more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"provider\.postmark\."):
        provider(server, **more)
