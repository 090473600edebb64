"""Logs: JSON lines, and no address, token or key in one, wherever it came from (P10)."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from digest.logs import configure_logs, redact
from digest.model.secrecy import keep_secret
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.due import sweep
from tests.builders import EDITION, people
from tests.digest.web.site import FROM_PAGE, Site
from tests.digest.workflow.clock.test_day import newsroom
from tests.fakes import ScriptedProvider

ADDRESS = "reader1@example.test"


def test_lines_are_json_where_nobody_sits_at_a_terminal(log: io.StringIO) -> None:
    structlog.stdlib.get_logger("digest.test").info("phase.ended", newsletter="world", readers=3)
    logging.getLogger("some.library").warning("took %d ms", 12)
    ours, theirs = (json.loads(line) for line in log.getvalue().splitlines())
    assert (ours["event"], ours["readers"], ours["level"], ours["logger"]) == ("phase.ended", 3, "info", "digest.test")
    assert theirs["event"] == "took 12 ms"
    assert ours["at"].endswith("Z")


def test_a_terminal_gets_lines_for_people(log: io.StringIO) -> None:
    configure_logs(log, json=False)
    structlog.stdlib.get_logger("digest.test").info("serving", by=ADDRESS)
    assert "serving" in log.getvalue()
    assert "{" not in log.getvalue()
    assert ADDRESS not in log.getvalue()


def test_nothing_that_a_reader_does_leaves_an_address_or_a_token(start: Callable[..., Site], log: io.StringIO) -> None:
    """T12: every line of a run, searched for everything that must not be there."""

    def broken(app: App) -> App:
        @contextmanager
        def begin() -> Iterator[object]:
            raise RuntimeError(f"{ADDRESS} {app.links.unsubscribe(1, 1, 1)} SG.abcdefghijkl.mnopqrstuv")
            yield

        return replace(app, begin=begin)  # type: ignore[arg-type]  # it never yields

    site = start(change=broken)
    tokens = [site.token("u"), site.token("p")]
    for token in tokens:
        site.client.get(token)
        site.client.post(token, data={"List-Unsubscribe": "One-Click"}, headers={**FROM_PAGE, "referer": token})
        site.client.get(token + "/more?next=" + token)
        site.client.get("/wrong" + token)
        site.client.get("/", headers={"user-agent": token})
    written = log.getvalue()
    assert '"page": "/u/[token]"' in written
    assert "request.failed" in written
    assert "Traceback" in written
    for secret in (ADDRESS, "SG.abc", *tokens, *(token[3:] for token in tokens), *(token[-20:] for token in tokens)):
        assert secret not in written
    for line in written.splitlines():
        json.loads(line)


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("to <ana@mail.example>, bo@x.y", "to <[address]>, [address]"),
        ("mailto:élan+x@münchen.example?subject", "mailto:[address]"),
        ('{"email": "a@b.example"}', '{"email": "[address]"}'),
        ("GET /u/1.2.3.abc HTTP/1.1", "GET /u/[token] HTTP/1.1"),
        ("https://news.example/p/12.1.1.AbCdEfGhIjKlMnOpQrStUv-_x/undo", "https://news.example/p/[token]/undo"),
        ("token 12.1.1.AbCdEfGhIjKlMnOpQrStUv", "token [token]"),
        ("Authorization: Bearer SG.aaaaaaaaaaaa.bbbbbbbb", "Authorization: Bearer [key]"),
        ("postgresql+psycopg://user:pass@host/digest", "postgresql+psycopg://[key]@host/digest"),
        ("version 1.2.3 took 0.5 ms at 12.30", "version 1.2.3 took 0.5 ms at 12.30"),
        ("2026-11-23T06:00:30.123456Z world/2026-11-23 #7.1", "2026-11-23T06:00:30.123456Z world/2026-11-23 #7.1"),
        ("the_host @ six", "the_host @ six"),
        ('to "ana b"@mail.example', "to [address]"),
        ('{"to": "\\"ana b\\"@mail.example"}', '{"to": "[address]"}'),
        ('{"name": "@handle", "x": ["@y"]}', '{"name": "@handle", "x": ["@y"]}'),
        ("<ana@[192.0.2.1]> refused", "<[address]> refused"),
        ("GET /x?to=ana%40mail.example", "GET /x?to=[address]"),
        ("ana\\u0040mail.example", "[address]"),
        ("=?utf-8?q?ana=40mail.example?=", "[address]"),
        ("https://news.example/c/abc.7.def/x?next=/u/tok", "https://news.example/c/[token]/x?next=/u/[token]"),
        ("news.example/o/abcdefgh.gif", "news.example/o/[token]"),
        ("digest/web/a/b.py line 3", "digest/web/a/b.py line 3"),
        (f"click {'a' * 29}.12.{'b' * 13}", "click [token]"),
        ("re_123456789_abcdefghijk AKIAIOSFODNN7EXAMPLE", "[key] [key]"),
        ("key-0123456789abcdef0123456789abcdef", "[key]"),
        ("AUTH PLAIN AGFuYQBodW50ZXIy and host=x password=hunter2", "AUTH PLAIN [key] and host=x password=[key]"),
    ],
)
def test_redacting(line: str, clean: str) -> None:
    assert redact(line) == clean


@pytest.mark.parametrize(
    "spelling",
    [
        'hun"ter2+/=pass word',
        "hun%22ter2%2B%2F%3Dpass%20word",
        "hun%22ter2%2b%2f%3dpass+word",
        'hun\\"ter2+/=pass word',
    ],
)
def test_a_password_is_hidden_however_it_is_spelt(spelling: str) -> None:
    keep_secret(['hun"ter2+/=pass word'])
    assert redact(f"refused: {spelling}.") == "refused: [key]."


@given(
    st.text(alphabet="ab1.-+_é", min_size=1, max_size=12), st.text(alphabet="ab1-", min_size=1, max_size=8), st.text()
)
def test_no_address_survives(local: str, host: str, around: str) -> None:
    address = f"{local}@{host}.example"
    assert address not in redact(f"{around} {address} {around}")
    assert address not in redact(json.dumps({"note": f"x={address}"}, ensure_ascii=False))


def test_a_long_line_is_looked_through_once() -> None:
    """No line, however made, can stop the process: ten megabytes in a moment."""
    assert len(redact("a" * 10_000_000)) == 10_000_000
    assert len(redact("1." * 2_000_000)) == 4_000_000
    for endless in ("https://", '\\"a', "a%40", "/a", '"a'):
        assert redact(endless * 100_000 + "@") is not None


def test_every_line_of_a_sending_says_where_it_belongs(store: Store, log: io.StringIO) -> None:
    """Also what a library writes, in a thread of the sender."""
    people(store, 3)
    provider = ScriptedProvider()
    provider.before = lambda: logging.getLogger("some.library").warning("calling")
    sweep(newsroom(store, provider=provider))
    (line,) = (json.loads(one) for one in log.getvalue().splitlines() if "calling" in one)
    assert line["run"] == f"{EDITION}/send"
    assert line["edition"] == str(EDITION)
    assert {"mailing", "chunk", "attempt"} <= line.keys()
    logging.getLogger("some.library").warning("afterwards")
    assert "run" not in json.loads(log.getvalue().splitlines()[-1])


def test_every_request_has_an_id_of_its_own(site: Site, log: io.StringIO) -> None:
    for _ in range(2):
        site.client.get("/", headers={"x-request-id": "theirs"})
    # A line is written once the answer has gone.
    end = time.monotonic() + 30
    while log.getvalue().count("GET") < 2 and time.monotonic() < end:
        time.sleep(0.01)
    ids = [json.loads(one)["request"] for one in log.getvalue().splitlines() if "GET" in one]
    assert len(ids) == len(set(ids)) == 2
    assert "theirs" not in ids
