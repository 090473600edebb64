"""Lists of Mailgun, Postmark and Amazon SES, each in our words, against servers of their documented APIs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model.errors import ConfigError, Transient, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.ports import SuppressionFeed
from digest.providers.mailgun_lists import PAGE, MailgunLists
from digest.providers.postmark_lists import PostmarkLists
from digest.providers.ses_lists import SesLists
from digest.settings import load_settings
from digest.wiring import open_suppressions
from tests.servers import mailgun_api, postmark_api, ses_api
from tests.servers.http_door import HttpDoor, Reply
from tests.servers.lists_api import MailgunListsServer, PostmarkListsServer, SesListsServer

HARD, SPAM, LEFT = FeedbackKind.BOUNCED_HARD, FeedbackKind.COMPLAINED, FeedbackKind.UNSUBSCRIBED
WHEN = datetime(2026, 11, 20, 11, 2, 55, tzinfo=UTC)
STAMP = "Fri, 20 Nov 2026 11:02:55 UTC"


def mailgun(door: HttpDoor) -> MailgunLists:
    return MailgunLists(domain=mailgun_api.DOMAIN, api_key=mailgun_api.KEY, base_url=door.url, timeout=5)


def postmark(door: HttpDoor, token: str = postmark_api.TOKEN) -> PostmarkLists:
    return PostmarkLists(server_token=token, message_stream="broadcast", base_url=door.url, timeout=5)


def ses(door: HttpDoor) -> SesLists:
    return SesLists(
        region=ses_api.REGION,
        access_key_id=ses_api.KEY_ID,
        secret_access_key=ses_api.SECRET,
        endpoint_url=door.url,
        timeout=5,
    )


def kinds(feed: SuppressionFeed, since: datetime | None = None) -> dict[str, FeedbackKind]:
    found = [entry for page in feed.pages(since) for entry in page]
    assert not any("@" in entry.detail.replace("[address]", "") for entry in found)
    return {entry.email.partition("@")[0]: entry.kind for entry in found}


def test_mailgun() -> None:
    row = {"address": "a@inbox.example", "code": "550", "error": "no <a@inbox.example> here", "created_at": STAMP}
    with MailgunListsServer(
        bounces=[row],
        complaints=[{"address": "b@inbox.example", "created_at": STAMP}],
        unsubscribes=[
            {"address": "c@inbox.example", "tags": ["*"], "created_at": STAMP},
            {"address": "d@inbox.example", "tags": ["shop"], "created_at": STAMP},
        ],
    ) as door:
        assert kinds(mailgun(door)) == {"a": HARD, "b": SPAM, "c": LEFT}
        assert [entry.at for page in mailgun(door).pages(None) for entry in page] == [WHEN] * 3
        assert kinds(mailgun(door), datetime(2026, 11, 21, tzinfo=UTC)) == {}


def test_mailgun_page_after_page_and_never_at_another_host() -> None:
    rows = [{"address": f"r{n}@inbox.example", "created_at": STAMP} for n in range(PAGE + 1)]
    with MailgunListsServer(bounces=rows) as door:
        assert len(kinds(mailgun(door))) == PAGE + 1
        assert len([request for request in door.requests if "bounces" in request.path]) == 3


def test_postmark() -> None:
    rows = [
        {"EmailAddress": f"{name}@inbox.example", "SuppressionReason": reason, "Origin": origin, "CreatedAt": at}
        for name, reason, origin, at in (
            ("a", "HardBounce", "Recipient", "2026-11-20T06:02:55-05:00"),
            ("b", "SpamComplaint", "Recipient", "2026-11-20T06:02:55-05:00"),
            ("c", "ManualSuppression", "Recipient", "2026-11-21T06:02:55-05:00"),
            ("d", "ManualSuppression", "Customer", "2026-11-21T06:02:55-05:00"),
            ("e", "ManualSuppression", "Admin", "2026-11-21T06:02:55-05:00"),
        )
    ]
    with PostmarkListsServer(*rows) as door:
        assert kinds(postmark(door)) == {"a": HARD, "b": SPAM, "c": LEFT}
        assert kinds(postmark(door), datetime(2026, 11, 21, tzinfo=UTC)) == {"c": LEFT}
        (first, *_) = [entry for page in postmark(door).pages(None) for entry in page]
        assert first.at == WHEN
        with pytest.raises(Unauthorised):
            kinds(postmark(door, "wrong"))


def test_ses() -> None:
    rows = [
        {"EmailAddress": f"{name}@inbox.example", "Reason": reason, "LastUpdateTime": WHEN.timestamp()}
        for name, reason in (("a", "BOUNCE"), ("b", "COMPLAINT"), ("c", "BOUNCE"), ("d", "NEW WORD"))
    ]
    with SesListsServer(*rows) as door:
        assert kinds(ses(door)) == {"a": HARD, "b": SPAM, "c": HARD}
        assert {entry.at for page in ses(door).pages(WHEN) for entry in page} == {WHEN}
        assert "StartDate" in door.requests[-1].path


@pytest.mark.parametrize("build", [mailgun, postmark, ses], ids=["mailgun", "postmark", "ses"])
def test_a_bad_hour_is_one_and_a_wrong_key_another(build: object) -> None:
    for reply, error in (
        (Reply(status=500, body={"message": "x"}), Transient),
        (Reply(status=429, body={"message": "x"}), Transient),
        (Reply(status=403, body={"message": "x"}), Unauthorised),
        (Reply(status=200, body=["what is this"]), (Transient, AttributeError)),
    ):
        with HttpDoor(reply=reply) as door:
            if build is ses and reply.status == 200:
                continue
            with pytest.raises(error) as found:
                kinds(build(door))  # type: ignore[operator]
            assert not isinstance(found.value, AttributeError)
    with HttpDoor() as gone:
        url_was_open = build(gone)  # type: ignore[operator]
    with pytest.raises(Transient):
        kinds(url_was_open)


def test_only_providers_in_use_that_have_a_key_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Path(__file__).parents[3] / "samples" / "config.yaml"
    text = sample.read_text("utf-8")
    for kind, variable in (
        ("sendgrid", "SENDGRID__API_KEY"),
        ("mailgun", "MAILGUN__API_KEY"),
        ("postmark", "POSTMARK__SERVER_TOKEN"),
    ):
        monkeypatch.setenv("DIGEST_PROVIDER__KIND", kind)
        monkeypatch.setenv("DIGEST_PROVIDER__MAILGUN__DOMAIN", "mg.digest.example")
        path = tmp_path / "config.yaml"
        path.write_text(text, "utf-8")
        assert open_suppressions(load_settings(path)) == {}
        monkeypatch.setenv(f"DIGEST_PROVIDER__{variable}", "a-key")
        assert set(open_suppressions(load_settings(path))) == {kind}
    monkeypatch.setenv("DIGEST_PROVIDER__KIND", "resend")
    assert open_suppressions(load_settings(tmp_path / "config.yaml")) == {}


def test_what_cannot_be_asked_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        MailgunLists(domain="no domain", api_key="x", base_url="https://api.mailgun.net", timeout=1)
    with pytest.raises(ConfigError):
        PostmarkLists(server_token="", message_stream="x", base_url="https://api.postmarkapp.com", timeout=1)
