"""Amazon SES: the approved bytes, one call for each reader, and what each way of ending says."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.model.errors import ConfigError, Transient, Unauthorised
from digest.providers.ses import SesProvider
from digest.render.message import MessageTemplate
from tests.digest.providers.notebook import Notebook
from tests.servers.http_door import Reply
from tests.servers.letters import ENVELOPE, batch, reader, rendered
from tests.servers.sendgrid_api import Fault
from tests.servers.ses_api import KEY_ID, REGION, SECRET, SesServer, error


@pytest.fixture
def server() -> Iterator[SesServer]:
    with SesServer() as running:
        yield running


def provider(url: str, **more: object) -> SesProvider:
    given: dict[str, object] = {
        "region": REGION, "access_key_id": KEY_ID, "secret_access_key": SECRET, "endpoint_url": url, "timeout": 5.0,
    } | more  # fmt: skip
    return SesProvider(**given)  # type: ignore[arg-type]


def test_what_was_approved_is_what_goes_out_with_our_keys_as_tags(server: SesServer) -> None:
    sender = provider(server.url, configuration_set="digest")
    people = [reader(n) for n in range(10)]
    receipt = sender.send(batch(people, chunk="12.3"))
    sender.close()
    template = MessageTemplate(rendered(), ENVELOPE)
    assert server.raw == [template.build(person) for person in people]
    assert server.taken[7].custom_args == {"delivery": people[7].delivery, "chunk": "12_3"}
    assert server.taken[7].headers == {"configuration-set": "digest"}
    assert receipt.message_id == "0102-1-000000"
    assert server.connections == 1


def test_a_call_ends_between_two_readers_where_it_is_asked_to(server: SesServer) -> None:
    people, answers = [reader(n) for n in range(5)], iter([True, False])
    sender = provider(server.url)
    receipt = sender.send_while(batch(people), lambda: next(answers))
    sender.close()
    assert receipt.not_sent == {person.delivery for person in people[2:]}
    assert (receipt.retry_after, len(server.raw)) == (0, 2)


def test_each_reader_is_written_down_before_the_call_and_after_the_answer() -> None:
    """Whoever is killed leaves behind who was on the wire."""
    people, book = [reader(n) for n in range(4)], Notebook()
    with SesServer(faults=[Fault.NONE, Fault.TAKEN_RESET, Fault.TOO_MANY]) as server:
        sender = provider(server.url)
        sender.send_while(batch(people), lambda: True, page=book)
        sender.close()
    first, second, third, _ = (one.delivery for one in people)
    assert book.lines == [
        f"{first} begun", f"{first} True", f"{second} begun", f"{second} None", f"{third} begun", f"{third} False",
    ]  # fmt: skip


def test_a_throttled_reader_and_all_behind_wait() -> None:
    people = [reader(n) for n in range(5)]
    with SesServer(faults=[Fault.NONE, Fault.NONE, Fault.TOO_MANY]) as server:
        sender = provider(server.url)
        receipt = sender.send(batch(people))
        sender.close()
    assert receipt.not_sent == {person.delivery for person in people[2:]}
    assert len(server.raw) == 2
    assert "TooManyRequestsException" in receipt.note


@pytest.mark.parametrize(
    "reply",
    [
        error(429, "TooManyRequestsException", "rate"),
        error(400, "Throttling", "rate"),
        error(400, "ThrottlingException", "rate"),
        error(400, "LimitExceededException", "Daily message quota exceeded"),
    ],
)
def test_not_now(reply: Reply) -> None:
    with SesServer(reply=reply) as server:
        sender = provider(server.url)
        with pytest.raises(Transient):
            sender.send(batch([reader(1), reader(2)]))
        sender.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        error(403, "AccessDeniedException", "not authorized to perform ses:SendEmail"),
        error(403, "UnrecognizedClientException", "invalid token"),
        error(403, "ExpiredTokenException", "expired"),
        error(400, "AccountSuspendedException", "no"),
        error(400, "SendingPausedException", "no"),
        error(400, "MailFromDomainNotVerifiedException", "no"),
        error(404, "NotFoundException", "Configuration set <x> does not exist."),
        error(400, "MessageRejected", "Email address is not verified. The following identities failed the check"),
    ],
)
def test_it_takes_no_mail_of_ours(reply: Reply) -> None:
    """No reader is refused for what is wrong with us: it would drop the whole list."""
    with SesServer(reply=reply) as server:
        sender = provider(server.url)
        with pytest.raises(Unauthorised, match=r"provider\.ses"):
            sender.send(batch([reader(1), reader(2)]))
        sender.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_a_doubt_for_that_reader_and_three_in_a_row_are_enough(status: int) -> None:
    people = [reader(n) for n in range(6)]
    with SesServer(reply=error(status, "InternalFailure", "oops")) as server:
        sender = provider(server.url)
        receipt = sender.send(batch(people))
        sender.close()
    assert receipt.unknown == {person.delivery for person in people[:3]}
    assert receipt.not_sent == {person.delivery for person in people[3:]}


def test_a_yes_without_a_message_id_is_a_doubt() -> None:
    """Something on the way may answer for SES."""
    people = [reader(n) for n in range(6)]
    with SesServer(reply=Reply(status=200, body={})) as server:
        sender = provider(server.url)
        receipt = sender.send(batch(people))
        sender.close()
    assert receipt.unknown == {person.delivery for person in people[:3]}
    assert receipt.not_sent == {person.delivery for person in people[3:]}


def test_one_lost_answer_does_not_stop_the_others() -> None:
    people = [reader(n) for n in range(4)]
    with SesServer(faults=[Fault.NONE, Fault.TAKEN_RESET]) as server:
        sender = provider(server.url)
        receipt = sender.send(batch(people))
        sender.close()
        assert receipt.unknown == {people[1].delivery}
        assert not receipt.not_sent
        assert len(server.raw) == 4


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.TAKEN_HANG, Fault.RESET_AFTER_BODY, Fault.TAKEN_GARBAGE])
def test_no_call_is_repeated_by_the_library(fault: Fault) -> None:
    with SesServer(faults=[fault]) as server:
        sender = provider(server.url, timeout=0.5)
        started = time.monotonic()
        assert sender.send(batch([reader(1)])).unknown == {reader(1).delivery}
        assert time.monotonic() - started < 5
        assert len(server.requests) == 1
        sender.close()


def test_a_reset_before_the_last_byte_is_a_clear_no() -> None:
    with SesServer(faults=[Fault.RESET_BEFORE_BODY]) as server:
        sender = provider(server.url)
        with pytest.raises(Transient, match="not reached"):
            sender.send(batch([reader(1)], rendering=rendered(filling="word " * 1_600_000)))
        assert server.requests == []
        sender.close()


def test_who_cannot_be_reached_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sender = provider(f"http://127.0.0.1:{port}")
    with pytest.raises(Transient, match="not reached"):
        sender.send(batch([reader(1)]))
    sender.close()


def test_a_few_refused_readers_are_refused_alone() -> None:
    people = [reader(n) for n in range(6)]
    with SesServer(refuse=[people[1].email, people[4].email]) as server:
        sender = provider(server.url)
        receipt = sender.send(batch(people))
        sender.close()
        assert receipt.refused.keys() == {people[1].delivery, people[4].delivery}
        assert len(server.raw) == 4


def test_if_nobody_at_all_is_taken_a_person_should_look() -> None:
    with SesServer(reply=error(400, "MessageRejected", "Content is not allowed")) as server:
        sender = provider(server.url)
        with pytest.raises(Unauthorised, match="took nobody"):
            sender.send(batch([reader(n) for n in range(6)]))
        sender.close()


def test_an_envelope_that_cannot_be_written_pauses(server: SesServer) -> None:
    sender = provider(server.url)
    with pytest.raises(Unauthorised, match="no message can be written"):
        sender.send(replace(batch([reader(1)]), envelope=replace(ENVELOPE, from_email="nobody")))
    sender.close()
    assert server.requests == []


def test_without_credentials_it_pauses_and_says_where_to_look(
    server: SesServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    sender = provider(server.url, access_key_id="", secret_access_key="")
    with pytest.raises(Unauthorised, match=r"provider\.ses"):
        sender.send(batch([reader(1)]))
    sender.close()
    assert server.requests == []


def test_neither_key_nor_address_is_ever_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    """Even with everything at DEBUG, where the libraries themselves write both (P10)."""
    secret = reader(1, address="private.person@inbox.example")
    with caplog.at_level(logging.DEBUG), SesServer(refuse=[secret.email]) as server:
        sender = provider(server.url)
        receipt = sender.send(batch([secret, reader(2)]))
        sender.close()
    told = caplog.text + str(receipt.refused)
    assert SECRET not in told
    assert KEY_ID not in told
    assert "inbox.example" not in told


@pytest.mark.parametrize(
    "more",
    [{"region": ""}, {"region": "Frankfurt am Main"}, {"configuration_set": "a b"}, {"secret_access_key": ""}],
)
def test_what_cannot_work_is_refused_at_once(more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"provider\.ses"):
        provider("http://127.0.0.1:9", **more)


def test_its_capabilities() -> None:
    sender = provider("http://127.0.0.1:9", events=True, concurrency=3)
    told = sender.capabilities
    sender.close()
    assert (told.idempotent, told.events, told.batch_size, told.concurrency) == (False, True, 10, 3)
