"""What `digest doctor` says of the provider's key and the bounce mailbox, with nobody mailed and nothing read."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from digest.cli import checkup_provider
from digest.settings import Settings, load_settings
from tests.servers import postmark_api
from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.imap_box import PASSWORD, USER, ImapServer
from tests.servers.lists_api import PostmarkListsServer
from tests.servers.sendgrid_api import KEY, SendGridServer

SAMPLE = Path(__file__).parents[3] / "samples" / "config.yaml"


def settings(monkeypatch: pytest.MonkeyPatch, **variables: object) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"DIGEST_{name}", str(value))
    return load_settings(SAMPLE)


def test_smtp_without_a_mailbox_is_warned_of_and_others_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkup_provider.bounces(settings(monkeypatch), online=True) is None
    found = checkup_provider.bounces(settings(monkeypatch, PROVIDER__KIND="smtp"), online=True)
    assert found is not None
    assert found[0] == "warn"


def test_a_maildir_is_looked_at_and_left_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = settings(monkeypatch, BOUNCES__KIND="maildir", BOUNCES__PATH=tmp_path / "bounces")
    missing = checkup_provider.bounces(chosen, online=False)
    assert missing is not None
    assert missing[0] == "fail"
    mailbox.Maildir(tmp_path / "bounces").add(b"Subject: x\n\n")
    found = checkup_provider.bounces(chosen, online=False)
    assert found is not None
    assert found[0] == "ok"
    assert len(list((tmp_path / "bounces" / "new").iterdir())) == 1


def test_an_imap_account_is_tried_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with ImapServer() as server:
        server.put(b"Subject: x\r\n\r\n")
        given = {"KIND": "imap", "HOST": "127.0.0.1", "PORT": server.port, "SECURITY": "none", "USERNAME": USER}
        plain = {f"BOUNCES__{name}": value for name, value in given.items()}
        without = checkup_provider.bounces(settings(monkeypatch, **plain), online=True)
        assert without is not None
        assert (without[0], server.commands) == ("fail", [])
        chosen = settings(monkeypatch, BOUNCES__PASSWORD=PASSWORD)
        assert (checkup_provider.bounces(chosen, online=False) or ("",))[0] == "ok"
        assert server.commands == []
        assert (checkup_provider.bounces(chosen, online=True) or ("",))[0] == "ok"
        assert server.seen() == [False]
        wrong = checkup_provider.bounces(settings(monkeypatch, BOUNCES__PASSWORD="wrong"), online=True)
        assert wrong is not None
        assert wrong[0] == "fail"


def test_sendgrid_s_key_is_tried_in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    with SendGridServer() as server:
        chosen = settings(
            monkeypatch,
            PROVIDER__KIND="sendgrid",
            PROVIDER__SENDGRID__BASE_URL=server.url,
            PROVIDER__SENDGRID__API_KEY=KEY,
        )
        assert checkup_provider.look(chosen, online=False)[0] == "ok"
        assert server.bodies == []
        assert checkup_provider.look(chosen, online=True)[0] == "ok"
        assert server.bodies[0]["mail_settings"] == {"sandbox_mode": {"enable": True}}
        assert server.taken == []
        wrong = settings(monkeypatch, PROVIDER__SENDGRID__API_KEY="SG.wrong")
        level, found, _ = checkup_provider.look(wrong, online=True)
        assert level == "fail"
        assert "401" in found


def test_postmark_s_key_is_tried_by_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    with PostmarkListsServer() as server:
        chosen = settings(monkeypatch, PROVIDER__KIND="postmark", PROVIDER__POSTMARK__BASE_URL=server.url)
        assert checkup_provider.look(chosen, online=True)[0] == "fail"
        chosen = settings(monkeypatch, PROVIDER__POSTMARK__SERVER_TOKEN=postmark_api.TOKEN)
        assert checkup_provider.look(chosen, online=True)[0] == "ok"
        chosen = settings(monkeypatch, PROVIDER__POSTMARK__SERVER_TOKEN="wrong")
        assert checkup_provider.look(chosen, online=True)[0] == "fail"


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Reply(status=200, body={"data": []}), "ok"),
        (Reply(status=401, body={"name": "restricted_api_key"}), "ok"),
        (Reply(status=401, body={"name": "missing_api_key"}), "fail"),
        (Reply(status=403, body={"name": "invalid_api_key"}), "fail"),
        (Reply(status=503, body={}), "warn"),
    ],
)
def test_resend_s_key_is_tried_by_its_domains(monkeypatch: pytest.MonkeyPatch, answer: Reply, level: str) -> None:
    asked: list[Request] = []

    class Domains(HttpDoor):
        def answer_to(self, request: Request) -> Reply:
            asked.append(request)
            return answer

    with Domains() as server:
        chosen = settings(monkeypatch, PROVIDER__KIND="resend", PROVIDER__RESEND__BASE_URL=server.url)
        assert checkup_provider.look(chosen, online=True)[0] == "fail", "no key"
        chosen = settings(monkeypatch, PROVIDER__RESEND__API_KEY="re_some_key_of_ours")
        assert checkup_provider.look(chosen, online=False)[0] == "ok"
        assert asked == []
        assert checkup_provider.look(chosen, online=True)[0] == level
    assert [(one.path, one.headers["authorization"]) for one in asked] == [("/domains", "Bearer re_some_key_of_ours")]
