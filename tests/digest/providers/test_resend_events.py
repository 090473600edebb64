"""Resend's webhooks: what proves a post, and what each event is in our words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.providers.resend_events import ResendEvents

SECRET = "whsec_" + base64.b64encode(b"loopback only, not a secret").decode()
NOW = datetime(2022, 4, 8, 6, 5, tzinfo=UTC)
EVENTS = ResendEvents(SECRET)
EVENT: dict[str, Any] = {
    "type": "email.delivered",
    "created_at": "2022-04-08T06:00:01.126Z",
    "data": {
        "created_at": "2022-04-08T06:00:00.894719+00:00",
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "from": "Brief <brief@digest.example>",
        "to": ["Ann <ann@inbox.example>"],
        "tags": {"delivery": "k1"},
    },
}
BODY = json.dumps(EVENT).encode()


def signed(body: bytes = BODY, *, at: datetime = NOW, secret: str = SECRET, prefix: str = "svix") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256)).decode()
    return {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": stamp, f"{prefix}-signature": f"v1,AAAA v1a,x v1,{mac}"}


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    """The example in the documentation of Svix."""
    told = datetime.fromtimestamp(1614265330, UTC)
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    ResendEvents("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(headers, b'{"test": 2432232314}', told)


def test_an_event_in_our_words() -> None:
    EVENTS.verify(signed(), BODY, NOW)
    EVENTS.verify(signed(prefix="webhook"), BODY, NOW)
    (feedback,) = EVENTS.parse(BODY)
    assert (feedback.provider, feedback.kind, feedback.delivery) == ("resend", FeedbackKind.DELIVERED, "k1")
    assert feedback.at == datetime(2022, 4, 8, 6, 0, 1, 126000, UTC)
    assert feedback.event_id == "email.delivered.56761188-7520-42d8-8898-ff6fc54ce618.2022-04-08T06:00:01.126Z"
    assert feedback.email == "ann@inbox.example"


@pytest.mark.parametrize(
    ("name", "more", "kind"),
    [
        ("email.sent", {}, FeedbackKind.ACCEPTED),
        ("email.delivery_delayed", {}, FeedbackKind.DEFERRED),
        ("email.complained", {}, FeedbackKind.COMPLAINED),
        ("email.opened", {}, FeedbackKind.OPENED),
        ("email.clicked", {"click": {"link": "https://x.example"}}, FeedbackKind.CLICKED),
        ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, FeedbackKind.REJECTED),
        ("email.suppressed", {}, FeedbackKind.REJECTED),
        ("email.bounced", {"bounce": {"type": "Permanent", "subType": "General"}}, FeedbackKind.BOUNCED_HARD),
        ("email.bounced", {"bounce": {"type": "Permanent", "subType": "Suppressed"}}, FeedbackKind.REJECTED),
        ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}, FeedbackKind.BOUNCED_SOFT),
        ("email.bounced", {"bounce": {"message": "a hard bounce message"}}, FeedbackKind.BOUNCED_HARD),
        ("email.bounced", {"bounce": {"message": "Resend has suppressed sending"}}, FeedbackKind.REJECTED),
        ("email.scheduled", {}, FeedbackKind.OTHER),
        ("contact.created", {}, FeedbackKind.OTHER),
    ],
)
def test_what_each_event_is(name: str, more: dict[str, Any], kind: FeedbackKind) -> None:
    (feedback,) = EVENTS.parse(json.dumps(EVENT | {"type": name, "data": EVENT["data"] | more}).encode())
    assert feedback.kind is kind
    assert feedback.delivery == "k1"


def test_tags_may_stand_in_a_list_and_a_click_says_where() -> None:
    click = {"link": "https://x.example/a", "userAgent": "Mozilla/5.0", "ipAddress": "192.0.2.7"}
    data = EVENT["data"] | {"tags": [{"name": "delivery", "value": "k2"}], "click": click}
    (feedback,) = EVENTS.parse(json.dumps(EVENT | {"type": "email.clicked", "data": data}).encode())
    assert feedback.delivery == "k2"
    assert (feedback.url, feedback.agent, feedback.ip) == ("https://x.example/a", "Mozilla/5.0", "192.0.2.7")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        (signed(), BODY + b" "),
        (signed(secret="whsec_" + base64.b64encode(b"another").decode()), BODY),
        (signed(at=NOW - timedelta(minutes=6)), BODY),
        (signed(at=NOW + timedelta(minutes=6)), BODY),
        (signed() | {"svix-id": "msg_2"}, BODY),
        (signed() | {"svix-id": ""}, BODY),
        (signed() | {"svix-timestamp": "²"}, BODY),
        (signed() | {"svix-signature": "é v1,é"}, BODY),
    ],
)
def test_what_proves_nothing_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Unauthorised):
        EVENTS.verify(headers, body, NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": {}}', b"\xff"])
def test_what_is_no_event_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadDocument):
        EVENTS.parse(body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_without_a_secret_nothing_is_believed(secret: str) -> None:
    with pytest.raises(ConfigError, match="webhook_secret"):
        ResendEvents(secret)
