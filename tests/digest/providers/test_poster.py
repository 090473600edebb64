"""One careful POST: what was certainly not sent, what is in doubt, and what an answer says."""

from __future__ import annotations

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread

import pytest

from digest.model.errors import OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.providers.answers import Answer, failure, wait_seconds
from digest.providers.poster import Poster
from tests.servers.dripping import Dripping
from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.sendgrid_api import Fault


class Echo(HttpDoor):
    """Takes everything."""

    def serve(self, request: Request, *, taking: bool) -> Reply:
        return Reply(status=200, body={"length": len(request.raw)})


def poster(url: str, *, timeout: float = 5.0) -> Poster:
    return Poster("Echo", url, timeout=timeout, connections=2)


def test_connections_are_kept() -> None:
    with Echo() as server:
        sender = poster(server.url)
        for _ in range(5):
            assert sender.post("/x", headers={}, content=b"abc").json() == {"length": 3}
        assert server.connections == 1
        sender.close()
        sender.close()
        assert sender.post("/x", headers={}, content=b"").json() == {"length": 0}
        assert server.connections == 2
        sender.close()


def test_calls_of_several_threads_keep_as_many_connections_and_no_more() -> None:
    with Echo() as server:
        sender = poster(server.url)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: sender.post("/x", headers={}, content=b"abc").status, range(300)))
        assert answers == [200] * 300
        # Six at a time at most; two are kept, so the others are opened anew.
        assert len(sender._idle) <= 2
        sender.close()
        assert sender._idle == []


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 202 Accepted\r\nContent-Length: 600\r\n\r\n" + b"y" * 600])
def test_an_answer_that_drips_ends_with_the_call_and_leaves_a_doubt(answer: bytes | None) -> None:
    with Dripping(answer=answer) as server:
        sender = poster(server.url, timeout=1.0)
        with pytest.raises(OutcomeUnknown):
            sender.post("/x", headers={}, content=b"abc")
        assert not server.finished.is_set()
        sender.close()


def test_a_close_in_the_middle_of_a_call_ends_nothing() -> None:
    with Echo() as server:
        sender = poster(server.url)
        with ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(sender.post, "/x", headers={}, content=b"abc") for _ in range(100)]
            for _ in range(20):
                sender.close()
            assert {call.result().status for call in calls} == {200}
        sender.close()
        assert sender._idle == []


@pytest.mark.parametrize(
    "fault", [Fault.HANG, Fault.RESET_AFTER_BODY, Fault.TAKEN_HANG, Fault.TAKEN_RESET, Fault.TAKEN_GARBAGE]
)
def test_after_the_last_byte_everything_is_a_doubt(fault: Fault) -> None:
    with Echo(faults=[fault]) as server:
        sender = poster(server.url, timeout=0.5)
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="did not answer") as found:
            sender.post("/x", headers={}, content=b"abc")
        assert time.monotonic() - started < 5
        assert found.value.__cause__ is not None
        sender.close()


def test_a_reset_before_the_last_byte_is_a_clear_no() -> None:
    with Echo(faults=[Fault.RESET_BEFORE_BODY]) as server:
        sender = poster(server.url)
        with pytest.raises(Transient):
            sender.post("/x", headers={}, content=b"word " * 1_600_000)
        assert server.requests == []
        sender.close()


def test_a_server_that_stops_reading_is_a_clear_no() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        sender = poster(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.3)
        with pytest.raises(Transient):
            sender.post("/x", headers={}, content=b"word " * 3_000_000)
        sender.close()


def test_who_cannot_be_reached_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        sender = poster(url)
        with pytest.raises(Transient, match="not reached"):
            sender.post("/x", headers={}, content=b"abc")
        sender.close()


def test_a_failed_tls_handshake_is_a_clear_no() -> None:
    with Echo() as server:
        sender = poster(server.url.replace("http://", "https://"))
        with pytest.raises(Transient):
            sender.post("/x", headers={}, content=b"abc")
        assert server.requests == []
        sender.close()


def test_a_redirect_is_not_followed() -> None:
    with Echo(reply=Reply(status=307, headers={"Location": "/elsewhere"})) as server:
        sender = poster(server.url)
        assert sender.post("/x", headers={}, content=b"abc").status == 307
        assert len(server.requests) == 1
        sender.close()


def test_an_early_refusal_of_a_big_body_is_heard_or_known_as_not_sent() -> None:
    """The server answers 413 and closes while we are still writing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sender = poster(f"http://127.0.0.1:{listening.getsockname()[1]}")
        listening.settimeout(5)

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = Thread(target=refuse)
        thread.start()
        with suppress(Transient):
            assert sender.post("/x", headers={}, content=b"word " * 3_000_000).status == 413
        thread.join()
        sender.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (201, OutcomeUnknown), (302, OutcomeUnknown), (400, Permanent), (401, Unauthorised), (402, Unauthorised),
        (403, Unauthorised), (404, Unauthorised), (405, Unauthorised), (408, OutcomeUnknown), (413, Permanent),
        (422, Permanent), (425, OutcomeUnknown), (429, Transient), (500, OutcomeUnknown), (502, OutcomeUnknown),
        (503, OutcomeUnknown), (504, OutcomeUnknown),
    ],
)  # fmt: skip
def test_what_each_status_says(status: int, error: type[Exception]) -> None:
    answer = Answer(status=status, headers={}, content=b"no, ann@inbox.example")
    found = failure("Echo", answer, mend="the key")
    assert type(found) is error
    assert str(status) in str(found)
    assert "inbox.example" not in f"{found} {found.raw}"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, 17.0),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "99999999"}, 3600.0),
        ({"ratelimit-reset": "3"}, 3.0),
        ({"retry-after": "Fri, 08 Apr 2022 06:00:30 GMT", "date": "Fri, 08 Apr 2022 06:00:00 GMT"}, 30.0),
        ({"x-ratelimit-reset": "1649397640", "date": "Fri, 08 Apr 2022 06:00:00 GMT"}, 40.0),
        ({"x-ratelimit-reset": "1649397640000", "date": "Fri, 08 Apr 2022 06:00:00 GMT"}, 40.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:00 +99999999999999999999"}, None),
        ({"x-ratelimit-reset": "1795435300", "date": "Mon, 23 Nov 2026 12:00:00 +99999999999999999999"}, None),
        ({}, None),
    ],
)
def test_how_long_a_rate_limit_lasts(headers: dict[str, str], wait: float | None) -> None:
    assert wait_seconds(headers) == wait


def test_nothing_of_a_call_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Echo() as server:
        sender = poster(server.url)
        sender.post("/x", headers={"Authorization": "Bearer hush-hush"}, content=b"ann@inbox.example")
        sender.close()
    assert "hush-hush" not in caplog.text
    assert "inbox.example" not in caplog.text
