"""Mailgun's webhook: what proves a post, and what each event is in our words."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.providers.mailgun_events import MailgunEvents

KEY = "loopback-signing-key"
NOW = datetime(2022, 4, 8, 6, 5, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "id": "CPgfbmQMTCKtHW6uIWtuVe",
    "timestamp": 1649397600.854,
    "event": "delivered",
    "recipient": "ann@inbox.example",
    "user-variables": {"delivery": "k1", "chunk": "12.3"},
    "delivery-status": {"code": 250, "message": "OK", "description": ""},
}


def post(event: dict[str, Any] | None = None, *, key: str = KEY, at: datetime = NOW, token: str = "t" * 50) -> bytes:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": stamp, "token": token, "signature": signature}
    return json.dumps({"signature": signed, "event-data": EVENT if event is None else event}).encode()


def test_an_event_in_our_words() -> None:
    events = MailgunEvents(KEY)
    body = post(EVENT | {"ip": "192.0.2.7", "client-info": {"user-agent": "Mozilla/5.0", "bot": "apple"}})
    events.verify({}, body, NOW)
    (feedback,) = events.parse(body)
    assert (feedback.provider, feedback.kind, feedback.delivery, feedback.chunk) == (
        "mailgun", FeedbackKind.DELIVERED, "k1", "12.3"
    )  # fmt: skip
    assert feedback.at == datetime(2022, 4, 8, 6, 0, 0, 854000, UTC)
    assert feedback.event_id == "1649397600.854.CPgfbmQMTCKtHW6uIWtuVe"
    assert (feedback.email, feedback.detail, feedback.ip) == ("ann@inbox.example", "250: OK", "192.0.2.7")
    assert feedback.machine
    assert json.loads(feedback.raw)["id"] == EVENT["id"]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "accepted"}, FeedbackKind.ACCEPTED),
        ({"event": "opened"}, FeedbackKind.OPENED),
        ({"event": "clicked"}, FeedbackKind.CLICKED),
        ({"event": "unsubscribed"}, FeedbackKind.UNSUBSCRIBED),
        ({"event": "complained"}, FeedbackKind.COMPLAINED),
        ({"event": "rejected", "reject": {"reason": "Sandbox"}}, FeedbackKind.REJECTED),
        ({"event": "failed", "severity": "temporary", "reason": "greylisted"}, FeedbackKind.DEFERRED),
        ({"event": "failed", "severity": "permanent", "reason": "bounce"}, FeedbackKind.BOUNCED_HARD),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-bounce"}, FeedbackKind.REJECTED),
        ({"event": "failed", "severity": "permanent", "reason": "old"}, FeedbackKind.BOUNCED_SOFT),
        (
            {"event": "failed", "severity": "permanent", "reason": "bounce",
             "delivery-status": {"code": 550, "enhanced-code": "5.7.1"}},
            FeedbackKind.BOUNCED_SOFT,
        ),
        (
            {"event": "failed", "severity": "permanent", "reason": "generic",
             "delivery-status": {"code": 550, "enhanced-code": "5.1.1"}},
            FeedbackKind.BOUNCED_HARD,
        ),
        ({"event": "stored"}, FeedbackKind.OTHER),
    ],
)  # fmt: skip
def test_what_each_event_is(event: dict[str, Any], kind: FeedbackKind) -> None:
    (feedback,) = MailgunEvents(KEY).parse(post(EVENT | event))
    assert feedback.kind is kind


def test_no_variables_are_an_empty_list() -> None:
    (feedback,) = MailgunEvents(KEY).parse(post(EVENT | {"user-variables": []}))
    assert (feedback.delivery, feedback.chunk) == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        post(key="another key"),
        post(token=""),
        post(at=NOW - timedelta(hours=10)),
        post(at=NOW + timedelta(hours=10)),
        post().replace(b'"token": "t', b'"token": "u'),
        post().replace(b'"signature": "', b'"signature": "\xc3\xa9'),
        b'{"event-data": {"event": "delivered"}}',
    ],
)
def test_what_proves_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(Unauthorised):
        MailgunEvents(KEY).verify({}, body, NOW)


def test_a_post_that_is_tried_again_for_eight_hours_is_believed() -> None:
    MailgunEvents(KEY).verify({}, post(at=NOW - timedelta(hours=8)), NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event-data": []}', b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadDocument):
        MailgunEvents(KEY).parse(body)


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(ConfigError, match="webhook_signing_key"):
        MailgunEvents("")
