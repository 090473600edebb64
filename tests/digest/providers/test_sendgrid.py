"""SendGrid: what a call holds, and what each way of ending says, against a server that speaks the documented API."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import escape

import pytest

from digest.model.errors import ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Slot
from digest.providers.sendgrid import SendGridProvider
from digest.providers.sendgrid_request import ascii_name
from tests.servers.letters import ENVELOPE, HOSTILE_NAMES, TOKENS, batch, body_of, reader, rendered
from tests.servers.sendgrid_api import KEY, Fault, SendGridServer, substituted

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


def provider(server: SendGridServer, *, timeout: float = 10.0, **more: object) -> SendGridProvider:
    return opened(api_key=KEY, base_url=server.url, timeout=timeout, **more)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


def test_one_call_holds_everybody_and_says_who_is_who(server: SendGridServer) -> None:
    receipt = provider(server).send(batch([reader(n) for n in range(1000)], chunk="12.3"))
    (body,) = server.bodies
    assert receipt.message_id == "call-1"
    assert len(body["personalizations"]) == 1000
    assert body["personalizations"][7]["custom_args"] == {"delivery": reader(7).delivery, "chunk": "12.3"}
    assert "custom_args" not in body
    assert body["categories"] == ["world"]
    assert {name: setting["enable"] for name, setting in body["tracking_settings"].items()} == dict.fromkeys(
        ("subscription_tracking", "click_tracking", "open_tracking"), False
    )
    assert body["reply_to"] == {"email": "desk@digest.example"}
    assert body["from"] == {"email": "brief@digest.example", "name": "The World Brief"}
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert all(person["to"] == [{"email": person["to"][0]["email"]}] for person in body["personalizations"])


def test_no_name_can_change_another_part_in_whatever_order_tags_are_replaced() -> None:
    """Each value is written for the part that it stands in, and no tag is a piece of another."""
    people = [reader(number, name) for number, name in enumerate(HOSTILE_NAMES)]
    body = body_of(batch(people))
    text, html = (part["value"] for part in body["content"])
    for person, found in zip(people, body["personalizations"], strict=True):
        table = found["substitutions"]
        assert not any(one != other and one in other for one in table for other in table)
        assert not any(tag in value for tag in table for value in table.values())
        for order in (sorted(table), sorted(table, reverse=True)):
            filled = substituted(html, {tag: table[tag] for tag in order})
            assert escape(person.slots[Slot.UNSUBSCRIBE]) in filled
            assert "<script>" not in filled
            assert "<b>" not in filled
        assert person.slots[Slot.UNSUBSCRIBE] in substituted(text, table)
        assert "&amp;" not in substituted(text, table)


def test_only_the_tags_that_stand_in_the_mail_are_sent() -> None:
    sparse = replace(rendered(), html=f"<p>{TOKENS[Slot.NAME]}</p>", text="No slot here — not one")
    body = body_of(batch([reader(1)], rendering=sparse))
    assert len(body["personalizations"][0]["substitutions"]) == 1


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("The World Brief", "The World Brief"),
        ("L’Été – le monde", "L'Ete - le monde"),
        ("Straße & Øl", "Strasse & Ol"),
        ("صباح الخير", ""),
        ("朝日", ""),
        ("Brief\r\nBcc: x@x.example", "Brief Bcc: x@x.example"),
    ],
)
def test_a_senders_name_in_ascii(name: str, plain: str) -> None:
    assert ascii_name(name) == plain


def test_a_sender_whose_name_has_no_plain_form_goes_by_the_newsletters() -> None:
    arabic = replace(ENVELOPE, from_name="صباح الخير", newsletter_name="أخبار", newsletter="world-news")
    body = body_of(replace(batch([reader(1)]), envelope=arabic))
    assert body["from"]["name"] == "World News"


def test_the_second_reader_of_an_address_waits_for_another_call(server: SendGridServer) -> None:
    people = [reader(1), reader(2, address="READER1@inbox.example"), reader(3)]
    receipt = provider(server).send(batch(people))
    assert receipt.not_sent == {people[1].delivery}
    assert "once" in receipt.note
    assert [taken.email for taken in server.taken] == [people[0].email, people[2].email]


@pytest.mark.parametrize("text", ["x" * 9_000, "é" * 4_000])
def test_a_reader_with_more_than_a_personalization_holds_is_refused_alone(server: SendGridServer, text: str) -> None:
    big = replace(reader(1), slots={**reader(1).slots, Slot.PREFERENCES: text, Slot.VIEW: text[:1200]})
    receipt = provider(server).send(batch([big, reader(2)]))
    assert receipt.refused.keys() == {big.delivery}
    assert "10,000" in receipt.refused[big.delivery]
    assert [taken.email for taken in server.taken] == [reader(2).email]


def test_a_reader_without_a_value_or_a_usable_unsubscribe_link_is_refused_alone(server: SendGridServer) -> None:
    holes: dict[Slot, str] = {slot: value for slot, value in reader(1).slots.items() if slot is not Slot.PREFERENCES}
    people = [
        replace(reader(1), slots=holes),
        replace(reader(2), unsubscribe_url="https://x.example/>, <http://y"),
        reader(3),
    ]
    receipt = provider(server).send(batch(people))
    assert receipt.refused.keys() == {people[0].delivery, people[1].delivery}
    assert [taken.email for taken in server.taken] == [reader(3).email]


def test_no_call_is_made_where_nobody_is_left_to_send_to(server: SendGridServer) -> None:
    receipt = provider(server).send(batch([reader(1, address="no address")]))
    assert receipt.refused.keys() == {reader(1).delivery}
    assert server.bodies == []


def test_more_than_thirty_megabytes_never_leave(server: SendGridServer) -> None:
    with pytest.raises(Permanent, match="30 MB"):
        provider(server).send(batch([reader(1)], rendering=rendered(filling="ж" * 15_000_000)))
    assert server.bodies == []


def test_the_sandbox_mails_nobody_and_says_so(server: SendGridServer) -> None:
    receipt = provider(server, sandbox=True).send(batch([reader(1)]))
    assert server.bodies[0]["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert "mailed to nobody" in receipt.note
    assert server.taken == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, OutcomeUnknown), (201, OutcomeUnknown), (301, OutcomeUnknown), (302, OutcomeUnknown),
        (307, OutcomeUnknown), (400, Permanent), (401, Unauthorised), (403, Unauthorised), (404, Unauthorised),
        (405, Unauthorised), (408, OutcomeUnknown), (413, Permanent), (415, Permanent), (422, Permanent),
        (429, Transient), (500, OutcomeUnknown), (502, OutcomeUnknown), (503, OutcomeUnknown), (504, OutcomeUnknown),
    ],
)  # fmt: skip
def test_what_each_status_says(status: int, error: type[Exception]) -> None:
    with SendGridServer(status=status) as server, pytest.raises(error) as found:
        provider(server).send(batch([reader(1)]))
    assert type(found.value) is error
    assert str(status) in str(found.value)
    assert server.taken == []


@pytest.mark.parametrize(
    "fault",
    [Fault.HANG, Fault.RESET_AFTER_BODY, Fault.TAKEN_HANG, Fault.TAKEN_RESET, Fault.TAKEN_GARBAGE, Fault.TAKEN_ERROR],
)
def test_after_the_last_byte_everything_is_a_doubt(fault: Fault) -> None:
    with SendGridServer(faults=[fault]) as server:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown) as found:
            provider(server, timeout=0.8).send(batch([reader(1)]))
        assert time.monotonic() - started < 10
    assert found.value.__cause__ is not None or fault is Fault.TAKEN_ERROR


def test_a_reset_before_the_last_byte_is_a_clear_no() -> None:
    with SendGridServer(faults=[Fault.RESET_BEFORE_BODY]) as server:
        with pytest.raises(Transient):
            provider(server).send(batch([reader(1)], rendering=rendered(filling="word " * 1_600_000)))
        assert server.bodies == []


def test_a_server_that_stops_reading_is_a_clear_no() -> None:
    """It accepts the connection and then reads nothing: the body cannot be written within the timeout."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        sender = opened(api_key=KEY, base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.3)
        with pytest.raises(Transient):
            sender.send(batch([reader(1)], rendering=rendered(filling="word " * 3_000_000)))


def test_who_cannot_be_reached_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        with pytest.raises(Transient, match="not reached"):
            opened(api_key=KEY, base_url=url, timeout=2).send(batch([reader(1)]))


def test_a_failed_tls_handshake_is_a_clear_no(server: SendGridServer) -> None:
    url = server.url.replace("http://", "https://")
    with pytest.raises(Transient):
        opened(api_key=KEY, base_url=url, timeout=2).send(batch([reader(1)]))
    assert server.bodies == []


@pytest.mark.parametrize("ending", ["", "/", "/v3", "/v3/"])
def test_the_base_url_may_end_as_people_write_it(server: SendGridServer, ending: str) -> None:
    opened(api_key=KEY, base_url=server.url + ending).send(batch([reader(1)]))
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": "1000"}, 1.0),
        ({"X-RateLimit-Reset": "99999999999"}, 3600.0),
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "Fri, 08 Apr 2022 06:00:00 GMT"}, 1.0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({}, None),
    ],
)
def test_how_long_a_rate_limit_lasts(headers: dict[str, str], wait: float | None) -> None:
    with SendGridServer(faults=[Fault.TOO_MANY], headers=headers) as server, pytest.raises(Transient) as found:
        provider(server).send(batch([reader(1)]))
    assert found.value.retry_after == wait


def test_a_rate_limit_is_reckoned_from_the_answers_own_date() -> None:
    headers = {"X-RateLimit-Reset": str(int(time.time()) + 40)}
    with SendGridServer(faults=[Fault.TOO_MANY], headers=headers) as server, pytest.raises(Transient) as found:
        provider(server).send(batch([reader(1)]))
    assert found.value.retry_after == pytest.approx(40, abs=2)


def test_a_wrong_key_pauses_and_names_the_next_step(server: SendGridServer) -> None:
    with pytest.raises(Unauthorised, match=r"provider\.sendgrid\.api_key"):
        opened(api_key="SG.wrong", base_url=server.url).send(batch([reader(1)]))


@pytest.mark.parametrize("key", ["", "two words", "SG.line\n", "SG.ключ"])
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(ConfigError, match="api_key"):
        opened(api_key=key)


def test_a_base_url_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="base_url"):
        opened(api_key=KEY, base_url="api.sendgrid.com")


def test_neither_key_nor_address_is_ever_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    """Even with everything at DEBUG, where the package itself writes both (P10)."""
    secret = reader(1, address="private.person@inbox.example")
    with (
        caplog.at_level(logging.DEBUG),
        SendGridServer(faults=[Fault.NONE, Fault.ERROR], refuse=[secret.email]) as server,
    ):
        sender = provider(server)
        told = []
        for people in ([reader(2)], [reader(3)], [secret]):
            try:
                sender.send(batch(people))
            except (OutcomeUnknown, Permanent) as error:
                told.append(f"{error} {error.raw}")
    everything = caplog.text + " ".join(told)
    assert len(told) == 2
    assert KEY not in everything
    assert "inbox.example" not in everything


def test_threads_do_not_share_a_client(server: SendGridServer) -> None:
    sender = provider(server)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: sender.send(batch([reader(n)], chunk=f"{n}.1")), range(30)))
    assert sorted(taken.email for taken in server.taken) == sorted(reader(n).email for n in range(30))


def test_it_says_that_a_doubtful_call_may_not_be_repeated(server: SendGridServer) -> None:
    told = provider(server, events=True, concurrency=12).capabilities
    assert (told.idempotent, told.events, told.batch_size, told.concurrency) == (False, True, 1000, 12)
    assert not provider(server).capabilities.events


def test_the_body_is_json_and_utf8_safe() -> None:
    body = body_of(batch([reader(1, "\ud800 half a character")]))
    json.dumps(body).encode("utf-8")
