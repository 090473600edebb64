"""Whatever a provider posts: an event or BadDocument, never another error, and every field of its own type."""

from __future__ import annotations

import base64
import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument, Unauthorised
from digest.model.feedback import Feedback
from digest.providers.mailgun_events import MailgunEvents
from digest.providers.postmark_events import PostmarkEvents
from digest.providers.resend_events import ResendEvents
from digest.providers.ses_events import SesEvents
from tests.digest.providers.test_ses_events import NOW, PEM, TOPIC

Reader = MailgunEvents | PostmarkEvents | ResendEvents | SesEvents
READERS: tuple[Reader, ...] = (
    MailgunEvents("key"),
    PostmarkEvents(username="postmark", password="password"),
    ResendEvents("whsec_" + base64.b64encode(b"secret").decode()),
    SesEvents(topics=[TOPIC], certificate=lambda url: PEM),
)
NAMES = (
    "signature", "event-data", "event", "timestamp", "user-variables", "delivery-status", "client-info", "severity",
    "RecordType", "Type", "Metadata", "BouncedAt", "ID", "Geo", "SuppressSending", "type", "data", "tags", "bounce",
    "click", "to", "created_at", "Message", "eventType", "mail", "destination", "Bounce", "bouncedRecipients",
    "delivery",
)  # fmt: skip
WORDS = ("failed", "permanent", "Bounce", "HardBounce", "email.bounced", "Notification", "2022-04-08T06:00:00Z", "")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@settings(max_examples=80, deadline=None)
@given(value=values, nested=st.booleans())
def test_anything_at_all(reader: Reader, value: Any, nested: bool) -> None:
    if nested and reader.name == "ses":
        value = {"Type": "Notification", "Message": json.dumps(value)}
    elif nested:
        value = {"event-data": {"event": "failed"}, "RecordType": "Bounce", "type": "email.bounced"} | (
            value if isinstance(value, dict) else {"data": value}
        )
    body = json.dumps(value).encode()
    with pytest.raises((BadDocument, Unauthorised)):
        reader.verify({}, body, NOW)
    try:
        found = reader.parse(body)
    except BadDocument:
        return
    for feedback in found:
        assert isinstance(feedback, Feedback)
        assert feedback.at.tzinfo is UTC
        fields = (feedback.event_id, feedback.delivery, feedback.chunk, feedback.email, feedback.detail, feedback.raw)
        assert all(isinstance(field, str) for field in fields)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(body=st.binary(max_size=60))
def test_any_bytes(reader: Reader, body: bytes) -> None:
    with pytest.raises((BadDocument, Unauthorised)):
        reader.verify({}, body, NOW)
