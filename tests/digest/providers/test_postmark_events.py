"""Postmark's webhooks: what proves a post, and what each event is in our words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.providers.postmark_events import PostmarkEvents

NOW = datetime(2022, 4, 8, 6, 5, tzinfo=UTC)
EVENTS = PostmarkEvents(username="postmark", password="loopback-password")
BASE: dict[str, Any] = {
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "MessageStream": "broadcast",
    "Metadata": {"delivery": "k1", "chunk": "12.3"},
}
BOUNCE = BASE | {
    "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": "ann@inbox.example", "Inactive": True,
    "BouncedAt": "2022-04-08T02:00:10.2735393-04:00", "Details": "smtp;550 5.1.1 no ann@inbox.example here",
}  # fmt: skip


def basic(words: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}


def test_an_event_in_our_words() -> None:
    (feedback,) = EVENTS.parse(json.dumps(BOUNCE).encode())
    assert (feedback.provider, feedback.kind, feedback.delivery, feedback.chunk) == (
        "postmark", FeedbackKind.BOUNCED_HARD, "k1", "12.3"
    )  # fmt: skip
    assert feedback.at == datetime(2022, 4, 8, 6, 0, 10, 273539, UTC)
    assert feedback.event_id == "Bounce.42.2022-04-08T02:00:10.2735393-04:00"
    assert feedback.email == "ann@inbox.example"
    assert feedback.detail == "HardBounce: smtp;550 5.1.1 no [address] here"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"RecordType": "Delivery", "DeliveredAt": "2022-04-08T06:00:00Z"}, FeedbackKind.DELIVERED),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, FeedbackKind.COMPLAINED),
        ({"RecordType": "Open"}, FeedbackKind.OPENED),
        ({"RecordType": "Click", "OriginalLink": "https://x.example"}, FeedbackKind.CLICKED),
        (BOUNCE | {"Type": "SoftBounce"}, FeedbackKind.BOUNCED_SOFT),
        (BOUNCE | {"Type": "Blocked"}, FeedbackKind.BOUNCED_SOFT),
        (BOUNCE | {"Type": "Transient"}, FeedbackKind.DEFERRED),
        (BOUNCE | {"Type": "AutoResponder"}, FeedbackKind.OTHER),
        (BOUNCE | {"Type": "ManuallyDeactivated"}, FeedbackKind.REJECTED),
        (
            {"RecordType": "SubscriptionChange", "SuppressSending": True, "Origin": "Recipient",
             "SuppressionReason": "ManualSuppression"},
            FeedbackKind.UNSUBSCRIBED,
        ),
        (
            {"RecordType": "SubscriptionChange", "SuppressSending": True, "Origin": "Customer",
             "SuppressionReason": "ManualSuppression"},
            FeedbackKind.OTHER,
        ),
        (
            {"RecordType": "SubscriptionChange", "SuppressSending": True, "SuppressionReason": "SpamComplaint"},
            FeedbackKind.COMPLAINED,
        ),
        ({"RecordType": "SubscriptionChange", "SuppressSending": False}, FeedbackKind.OTHER),
        ({"RecordType": "Inbound"}, FeedbackKind.OTHER),
    ],
)  # fmt: skip
def test_what_each_event_is(event: dict[str, Any], kind: FeedbackKind) -> None:
    (feedback,) = EVENTS.parse(json.dumps(BASE | event).encode())
    assert feedback.kind is kind


def test_a_click_says_where_and_with_what() -> None:
    click = BASE | {
        "RecordType": "Click", "OriginalLink": "https://x.example/a", "UserAgent": "Mozilla/5.0",
        "Geo": {"IP": "192.0.2.7"}, "Recipient": "ann@inbox.example", "ReceivedAt": "2022-04-08T06:01:00Z",
    }  # fmt: skip
    (feedback,) = EVENTS.parse(json.dumps(click).encode())
    assert (feedback.url, feedback.agent, feedback.ip) == ("https://x.example/a", "Mozilla/5.0", "192.0.2.7")
    assert feedback.email == "ann@inbox.example"
    assert feedback.event_id == "Click.883953f4-6105-42a2-a16a-77a8eac79483.2022-04-08T06:01:00Z"


def test_the_right_password_is_believed() -> None:
    EVENTS.verify(basic("postmark:loopback-password"), b"{}", NOW)
    EVENTS.verify(
        {"authorization": basic("postmark:loopback-password")["authorization"].replace("B", "b", 1)}, b"", NOW
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic"},
        {"authorization": "Basic é"},
        {"authorization": "Bearer loopback-password"},
        basic("postmark:"),
        basic("postmark:another"),
        basic("loopback-password"),
    ],
)
def test_what_proves_nothing_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorised):
        EVENTS.verify(headers, b"{}", NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"RecordType": []}', b"\xff"])
def test_what_is_no_event_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadDocument):
        EVENTS.parse(body)


def test_without_a_password_nothing_is_believed() -> None:
    with pytest.raises(ConfigError, match="webhook_password"):
        PostmarkEvents(username="postmark", password="")
    with pytest.raises(ConfigError, match="colon"):
        PostmarkEvents(username="post:mark", password="x")
