"""SendGrid's webhook: the signature over the raw bytes, its age, and its events in our words."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.providers.sendgrid_events import SIGNATURE, TIMESTAMP, SendGridEvents
from tests.servers.sendgrid_hooks import HookSigner

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SIGNER = HookSigner()
READER = SendGridEvents(SIGNER.public_key)


def lower(headers: dict[str, str]) -> dict[str, str]:
    """As a web server hands them on."""
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.shared
def test_the_providers_own_vector(shared: Path) -> None:
    vector = json.loads((shared / "sendgrid" / "webhook_vector.json").read_text("utf-8"))
    reader = SendGridEvents(vector["public_key"])
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    headers = {SIGNATURE: vector["signature"], TIMESTAMP: vector["timestamp"]}
    body = vector["payload"].encode()
    reader.verify(headers, body, at)
    assert [event.kind for event in reader.parse(body)] == [FeedbackKind.REJECTED]
    for bad_body, bad_headers in (
        (body.removesuffix(b"\r\n"), headers),
        (body.replace(b"hello", b"hullo"), headers),
        (body, {**headers, TIMESTAMP: str(int(vector["timestamp"]) + 1)}),
        (body, {**headers, SIGNATURE: "MEUC"}),
        (body, {}),
    ):
        with pytest.raises(Unauthorised):
            reader.verify(bad_headers, bad_body, at)


@pytest.mark.parametrize("age", [timedelta(minutes=11), timedelta(minutes=-11)])
def test_a_signature_is_believed_for_ten_minutes(age: timedelta) -> None:
    body = b"[]"
    headers = lower(SIGNER.headers(body, NOW))
    READER.verify(headers, body, NOW + timedelta(minutes=9))
    with pytest.raises(Unauthorised, match="old"):
        READER.verify(headers, body, NOW + age)


def test_another_key_is_not_believed() -> None:
    with pytest.raises(Unauthorised):
        READER.verify(lower(HookSigner().headers(b"[]", NOW)), b"[]", NOW)


@given(st.binary(max_size=200))
def test_no_body_makes_it_fall_over(body: bytes) -> None:
    with contextlib.suppress(BadDocument):
        READER.parse(body)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=5))
def test_no_header_makes_it_fall_over(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorised):
        READER.verify(headers, b"[]", NOW)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "processed"}, FeedbackKind.ACCEPTED),
        ({"event": "deferred"}, FeedbackKind.DEFERRED),
        ({"event": "delivered"}, FeedbackKind.DELIVERED),
        ({"event": "bounce", "type": "bounce"}, FeedbackKind.BOUNCED_HARD),
        ({"event": "bounce", "type": "blocked"}, FeedbackKind.BOUNCED_SOFT),
        ({"event": "dropped"}, FeedbackKind.REJECTED),
        ({"event": "spamreport"}, FeedbackKind.COMPLAINED),
        ({"event": "group_unsubscribe"}, FeedbackKind.UNSUBSCRIBED),
        ({"event": "open", "sg_machine_open": True}, FeedbackKind.OPENED),
        ({"event": "something new"}, FeedbackKind.OTHER),
        ({"event": "delivered", "timestamp": "soon", "delivery": 7, "url": None}, FeedbackKind.DELIVERED),
    ],
)
def test_every_event_has_our_word(event: dict[str, object], kind: FeedbackKind) -> None:
    (found,) = READER.parse(json.dumps([event, 5, {"no": "event"}]).encode())
    assert found.kind is kind


@pytest.mark.parametrize("key", ["", "nonsense", "AAAA", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"])
def test_a_broken_key_is_told_at_the_start(key: str) -> None:
    with pytest.raises(ConfigError, match="webhook_public_key"):
        SendGridEvents(key)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <Ana+news@mail.example>: user unknown", "550 5.1.1 <[address]>: user unknown"),
        ("250 2.0.0 OK", "250 2.0.0 OK"),
    ],
)
def test_a_reason_names_nobody(said: str, kept: str) -> None:
    """An erasure that came before a late event would not find the address in it."""
    body = json.dumps([{"event": "bounce", "reason": said, "sg_event_id": "x", "timestamp": 1}]).encode()
    (told,) = SendGridEvents(HookSigner().public_key).parse(body)
    assert told.detail == kept
