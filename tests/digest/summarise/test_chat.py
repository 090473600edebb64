"""The summariser against a server on loopback, and what becomes of its answers in an edition."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from digest.model.errors import Permanent, Transient
from digest.summarise.chat import ChatSummariser

ANSWER = {"choices": [{"message": {"content": " The ferry stays in port. "}}]}


@contextmanager
def service(status: int, body: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service that answers everything alike; its address, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            asked.append({"path": self.path, "key": self.headers["authorization"], **json.loads(content)})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(url: str) -> str:
    summariser = ChatSummariser(base_url=url, model="small", api_key="k", timeout=2.0)
    try:
        return summariser.summarise(["A report.", "Another."], language="en", limit=240)
    finally:
        summariser.close()


def test_the_reports_are_sent_and_the_text_comes_back() -> None:
    with service(200, json.dumps(ANSWER).encode()) as (url, asked):
        assert ask(url) == "The ferry stays in port."
    assert (asked[0]["path"], asked[0]["key"], asked[0]["model"]) == ("/v1/chat/completions", "Bearer k", "small")
    assert "A report." in asked[0]["messages"][1]["content"]
    assert "240 characters" in asked[0]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, b"", Transient),
        (429, b"", Transient),
        (401, b"", Permanent),
        (200, b"<html>", Permanent),
        (200, b"[]", Permanent),
        (200, b'{"choices": []}', Permanent),
        (200, b'{"choices": [null]}', Permanent),
        (200, b" " * 200_000, Permanent),
    ],
)
def test_everything_else_is_an_error_of_ours(status: int, body: bytes, error: type[Exception]) -> None:
    with service(status, body) as (url, _), pytest.raises(error, match="summariser at"):
        ask(url)


def test_nobody_there_is_transient() -> None:
    with pytest.raises(Transient, match="no answer"):
        ask("http://127.0.0.1:9/v1")
