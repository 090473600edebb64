"""The kept connections of the `sendgrid` package's client: used again, renewed in time, no reason for a doubt."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.model.errors import OutcomeUnknown, Transient
from digest.providers import sendgrid_wire
from digest.providers.sendgrid_wire import Wire
from tests.servers.certificate import self_signed
from tests.servers.dripping import Dripping
from tests.servers.letters import batch, body_of, reader
from tests.servers.sendgrid_api import KEY, Fault, SendGridServer


def call(number: int) -> str:
    return json.dumps(body_of(batch([reader(number)], chunk=f"{number}.1")))


@contextmanager
def wire_to(server: SendGridServer, **more: object) -> Iterator[Wire]:
    wire = Wire(KEY, server.url, 10.0, **more)  # type: ignore[arg-type]
    try:
        yield wire
    finally:
        wire.close()


def test_one_connection_carries_many_calls() -> None:
    with SendGridServer() as server, wire_to(server) as wire:
        assert [wire.post(call(number)).status for number in range(5)] == [202] * 5
        assert len(server.lines) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 600\r\n\r\n" + b"y" * 600,
        b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n" + b"y" * 600,
    ],
    ids=["headers", "body", "last"],
)
def test_an_answer_that_drips_ends_with_the_call(answer: bytes | None) -> None:
    with Dripping(answer=answer) as server:
        wire = Wire(KEY, server.url, 1.0)
        assert wire.post(call(1)).status == 202, "its first line had come whole"
        assert not server.finished.is_set()
        wire.close()


def test_a_first_line_that_drips_leaves_a_doubt() -> None:
    with Dripping(answer=b"HTTP/1.1 " + b"y" * 600) as server:
        wire = Wire(KEY, server.url, 1.0)
        with pytest.raises(OutcomeUnknown):
            wire.post(call(1))
        assert not server.finished.is_set()
        wire.close()


def test_over_tls_too(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with SendGridServer(tls=certificate.server) as server, wire_to(server, tls=certificate.client) as wire:
        assert [wire.post(call(number)).status for number in range(3)] == [202] * 3
        assert len(server.lines) == 1


def test_a_certificate_that_nobody_vouches_for_is_a_clear_no(tmp_path: Path) -> None:
    with SendGridServer(tls=self_signed(tmp_path).server) as server, wire_to(server) as wire:
        with pytest.raises(Transient):
            wire.post(call(1))
        assert not server.taken


def test_a_connection_that_the_server_closed_meanwhile_leaves_no_doubt() -> None:
    with SendGridServer() as server, wire_to(server) as wire:
        wire.post(call(1))
        server.lines[0].shutdown(socket.SHUT_RDWR)
        time.sleep(0.05)
        assert wire.post(call(2)).status == 202
        assert len(server.lines) == 2


def test_a_connection_that_has_rested_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    with SendGridServer() as server, wire_to(server) as wire:
        wire.post(call(1))
        clock = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: clock + sendgrid_wire.LONGEST_IDLE + 1)
        assert wire.post(call(2)).status == 202
        assert len(server.lines) == 2


@pytest.mark.parametrize("status", [413, 401, 202])
def test_a_proxy_that_says_no_by_the_headers_alone_is_heard(status: int) -> None:
    """It reads no further: nobody was taken, whatever it says, and only a no is believed of half a call."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        heard = threading.Event()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(f"HTTP/1.1 {status} Well\r\nContent-Length: 2\r\n\r\nno".encode())
                heard.wait(20)

        thread = threading.Thread(target=answer)
        thread.start()
        wire = Wire(KEY, f"http://127.0.0.1:{listening.getsockname()[1]}", 1.0)
        try:
            if status == 202:
                with pytest.raises(Transient):
                    wire.post("word " * 6_000_000)
            else:
                told = wire.post("word " * 6_000_000)
                assert (told.status, told.content) == (status, b"no")
        finally:
            heard.set()
            thread.join()
            wire.close()


@pytest.mark.parametrize("fault", [Fault.TAKEN_RESET, Fault.TAKEN_GARBAGE])
def test_after_a_doubt_the_next_call_has_a_new_connection(fault: Fault) -> None:
    with SendGridServer(faults=[Fault.NONE, fault]) as server, wire_to(server) as wire:
        wire.post(call(1))
        with pytest.raises(OutcomeUnknown):
            wire.post(call(2))
        assert wire.post(call(3)).status == 202
        assert len(server.lines) == 2


def test_behind_a_proxy_the_standard_librarys_opener_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with SendGridServer(status=202) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        wire = Wire(KEY, "http://api.sendgrid.example", 10.0)
        assert wire.post(call(1)).status == 202
        assert len(proxy.lines) == 1


def test_a_body_does_not_let_itself_be_printed(caplog: pytest.LogCaptureFixture) -> None:
    # Other tests in this process have hushed the package's loggers by now.
    caplog.set_level(logging.DEBUG, logger="python_http_client.client")
    with SendGridServer() as server, wire_to(server) as wire:
        wire.post(call(1))
    assert reader(1).email not in caplog.text
    assert "bytes]" in caplog.text
