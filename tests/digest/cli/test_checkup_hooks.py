"""What `digest doctor` says of the posts of providers: that they are believed, and that they come to us."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from digest.cli import checkup_hooks
from digest.cli.checkup import checks
from digest.model.errors import ConfigError
from digest.providers.sendgrid_hook import WANTED
from digest.settings import Settings, load_settings
from tests.servers.sendgrid_api import KEY, SendGridServer
from tests.servers.sendgrid_hooks import HookSigner

SAMPLE = Path(__file__).parents[3] / "samples" / "config.yaml"
PUBLIC = HookSigner().public_key
HERE = "https://news.example/hooks/sendgrid"


def settings(monkeypatch: pytest.MonkeyPatch, **variables: object) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"DIGEST_{name}", str(value))
    return load_settings(SAMPLE)


def hook(**changes: object) -> dict[str, Any]:
    return {"url": HERE, "enabled": True, "public_key": PUBLIC, **dict.fromkeys(WANTED, True), **changes}


@pytest.fixture(scope="module")
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as server:
        yield server


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, server: SendGridServer) -> Settings:
    """SendGrid, with a key and a public key."""
    return settings(
        monkeypatch,
        SITE__BASE_URL="https://news.example",
        PROVIDER__KIND="sendgrid",
        PROVIDER__SENDGRID__BASE_URL=server.url,
        PROVIDER__SENDGRID__API_KEY=KEY,
        PROVIDER__SENDGRID__WEBHOOK_PUBLIC_KEY=PUBLIC,
    )


@pytest.mark.parametrize(
    ("hooks", "level", "said"),
    [
        ([hook()], "ok", "signed by the key that is set here"),
        ([hook(url="https://other.example/x"), hook(url=HERE + "/")], "ok", HERE),
        ([hook(enabled=False), hook()], "ok", HERE),
        ([], "fail", f"no event webhook posts to {HERE}"),
        ([hook(url="https://old.example/hooks/sendgrid")], "fail", "no event webhook posts to"),
        ([hook(enabled=False)], "fail", "is switched off"),
        ([{name: value for name, value in hook().items() if name != "public_key"}], "fail", "does not sign"),
        ([hook(public_key="another")], "fail", "signs by another key"),
        ([hook(dropped=False, spam_report=False)], "warn", "leaves out dropped, spam_report"),
    ],
)
def test_what_sendgrid_s_settings_say(
    chosen: Settings, server: SendGridServer, hooks: list[dict[str, Any]], level: str, said: str
) -> None:
    server.account.event_hooks = hooks
    found = checkup_hooks.look(chosen, online=True)
    assert found is not None
    assert (found[0], said in found[1]) == (level, True), found
    assert bool(found[2]) is (level != "ok")
    assert server.account.faults == []


@pytest.mark.parametrize(("status", "said"), [(403, "the right to read"), (500, "again, later")])
def test_settings_that_cannot_be_read_are_no_failure(
    chosen: Settings, server: SendGridServer, status: int, said: str
) -> None:
    server.account.statuses = [status]
    level, _, fix = checkup_hooks.look(chosen, online=True) or ("", "", "")
    assert (level, said in fix) == ("warn", True)


def test_only_online_is_anybody_asked(chosen: Settings, server: SendGridServer) -> None:
    asked = len(server.account.asked)
    assert (checkup_hooks.look(chosen, online=False) or ("",))[0] == "ok"
    assert len(server.account.asked) == asked


@pytest.mark.parametrize("kind", list(checkup_hooks.KEYS))
def test_a_provider_whose_posts_nobody_can_believe_is_told(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    level, found, fix = checkup_hooks.look(settings(monkeypatch, PROVIDER__KIND=kind), online=True) or ("", "", "")
    assert level == "warn"
    assert "bounces and complaints are not heard" in found
    assert fix


def test_who_posts_nothing_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkup_hooks.look(settings(monkeypatch, PROVIDER__KIND="smtp"), online=True) is None


def test_a_key_that_is_none_is_a_failure_with_a_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = settings(monkeypatch, PROVIDER__KIND="sendgrid", PROVIDER__SENDGRID__WEBHOOK_PUBLIC_KEY="bm8ga2V5")
    with pytest.raises(ConfigError):
        checkup_hooks.look(broken, online=False)
    found = list(checks(broken, online=False))
    assert [one.level for one in found if one.what == "webhook"] == ["fail"]
    assert [one.what for one in found if one.level != "ok" and not one.fix] == [], "each line says what to do"


@contextmanager
def pages(status: int) -> Iterator[str]:
    """Something that answers every path with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_whether_our_pages_answer_at_the_address_in_the_mails() -> None:
    with pages(200) as url:
        assert checkup_hooks.unreachable(url) == ""
    with pages(404) as url:
        assert checkup_hooks.unreachable(url) == "answered 404 to /health/live"
    assert checkup_hooks.unreachable(url).startswith("no answer")
