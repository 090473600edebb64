"""Amazon SES' events by SNS: Amazon's signature, our topic, and what each event is in our words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import FeedbackKind
from digest.providers.ses_events import SesEvents
from digest.providers.sns import signed_text

NOW = datetime(2022, 4, 8, 6, 5, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:digest-events"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey, *, until: datetime = NOW + timedelta(days=300)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
    built = built.serial_number(7).not_valid_before(NOW - timedelta(days=9)).not_valid_after(until)
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


PEM = pem(KEY)
MAIL: dict[str, Any] = {
    "timestamp": "2022-04-08T06:00:00.000Z",
    "messageId": "0102-1-000000",
    "destination": ["ann@inbox.example"],
    "tags": {"delivery": ["k1"], "chunk": ["12_3"], "ses:configuration-set": ["digest"]},
}


def post(message: Any, *, version: str = "2", key: rsa.RSAPrivateKey = KEY, **more: str) -> bytes:
    fields = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2022-04-08T06:00:02.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    } | more
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303
    signature = key.sign(signed_text(fields, fields["Type"]), padding.PKCS1v15(), algorithm)
    return json.dumps(fields | {"Signature": base64.b64encode(signature).decode()}).encode()


class Shelf:
    """Stands for Amazon's web server: what was asked of it, and the one certificate it has."""

    def __init__(self, content: bytes = PEM) -> None:
        self.content = content
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.content


def events(shelf: Shelf | None = None) -> SesEvents:
    return SesEvents(topics=[TOPIC], certificate=shelf or Shelf())


DELIVERY = {
    "eventType": "Delivery", "mail": MAIL,
    "delivery": {"timestamp": "2022-04-08T06:00:01.500Z", "smtpResponse": "250 ok ann@inbox.example"},
}  # fmt: skip


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_event_in_our_words(version: str) -> None:
    shelf = Shelf()
    body = post(DELIVERY, version=version)
    events(shelf).verify({}, body, NOW)
    assert shelf.asked == [CERTIFICATE]
    (feedback,) = events().parse(body)
    assert (feedback.provider, feedback.kind, feedback.delivery, feedback.chunk) == (
        "ses", FeedbackKind.DELIVERED, "k1", "12.3"
    )  # fmt: skip
    assert feedback.at == datetime(2022, 4, 8, 6, 0, 1, 500000, UTC)
    assert feedback.event_id == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"
    assert (feedback.email, feedback.detail) == ("ann@inbox.example", "250 ok [address]")


def bounce(kind: str, sub: str) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": kind, "bounceSubType": sub, "timestamp": "2022-04-08T06:00:05.000Z",
            "bouncedRecipients": [{"emailAddress": "ann@inbox.example", "diagnosticCode": "smtp; 550 5.1.1 unknown"}],
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"eventType": "Send", "send": {}}, FeedbackKind.ACCEPTED),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, FeedbackKind.REJECTED),
        ({"eventType": "Rendering Failure", "failure": {"errorMessage": "no"}}, FeedbackKind.REJECTED),
        ({"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "MailboxFull"}}, FeedbackKind.DEFERRED),
        (bounce("Permanent", "General"), FeedbackKind.BOUNCED_HARD),
        (bounce("Permanent", "OnAccountSuppressionList"), FeedbackKind.REJECTED),
        (bounce("Transient", "MailboxFull"), FeedbackKind.BOUNCED_SOFT),
        (bounce("Undetermined", "Undetermined"), FeedbackKind.BOUNCED_SOFT),
        ({"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}}, FeedbackKind.COMPLAINED),
        ({"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}, FeedbackKind.OTHER),
        (
            {"eventType": "Complaint", "complaint": {"complaintSubType": "OnAccountSuppressionList"}},
            FeedbackKind.REJECTED,
        ),
        ({"eventType": "Open", "open": {"userAgent": "Mozilla/5.0"}}, FeedbackKind.OPENED),
        ({"eventType": "Click", "click": {"link": "https://x.example"}}, FeedbackKind.CLICKED),
        (
            {"eventType": "Subscription", "subscription": {"newTopicPreferences": {"unsubscribeAll": True}}},
            FeedbackKind.UNSUBSCRIBED,
        ),
        ({"eventType": "Subscription", "subscription": {}}, FeedbackKind.OTHER),
        ({"eventType": "Something New"}, FeedbackKind.OTHER),
        ({"notificationType": "Delivery", "delivery": {}}, FeedbackKind.DELIVERED),
    ],
)
def test_what_each_event_is(event: dict[str, Any], kind: FeedbackKind) -> None:
    (feedback,) = events().parse(post({"mail": MAIL} | event))
    assert feedback.kind is kind
    assert feedback.delivery == "k1"


def test_a_bounce_says_why() -> None:
    (feedback,) = events().parse(post({"mail": MAIL} | bounce("Permanent", "General")))
    assert feedback.detail == "Permanent: General: smtp; 550 5.1.1 unknown"


def test_the_first_post_of_a_topic_is_no_event() -> None:
    body = post("Successfully validated SNS topic for Amazon SES event publishing.", Subject="Hello")
    events().verify({}, body, NOW)
    assert events().parse(body) == ()


def test_a_subscription_is_confirmed_at_amazons_own_address_only() -> None:
    own = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
    for url, found in (
        (own, own),
        ("https://evil.example/?x", ""),
        ("https://sns.eu.amazonaws.com.evil.example/?x", ""),
    ):
        body = post("You have chosen", Type="SubscriptionConfirmation", Token="abc", SubscribeURL=url)
        events().verify({}, body, NOW)
        assert events().parse(body) == ()
        assert events().confirmation(body) == found
    assert events().confirmation(post(DELIVERY, SubscribeURL=own)) == ""


@pytest.mark.parametrize(
    "body",
    [
        post(DELIVERY, key=OTHER_KEY),
        post(DELIVERY).replace(b"Delivery", b"Delibery"),
        post(DELIVERY, TopicArn="arn:aws:sns:eu-central-1:666666666666:digest-events"),
        post(DELIVERY, Timestamp="2022-04-06T06:00:02.000Z"),
        post(DELIVERY, Timestamp="soon"),
        post(DELIVERY).replace(b'"SignatureVersion": "2"', b'"SignatureVersion": "1"'),
        post(DELIVERY).replace(b'"SignatureVersion": "2"', b'"SignatureVersion": "3"'),
        post(DELIVERY).replace(b'"Signature": "', b'"Signature": "!'),
        post(DELIVERY).replace(b'"Type": "Notification"', b'"Type": "Gossip"'),
        b"{}",
    ],
)
def test_what_proves_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(Unauthorised):
        events().verify({}, body, NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
        "https://sns.eu-central-1.amazonaws.com:8080/a.pem",
        "https://bucket.s3.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com/../a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem\n",
        "",
    ],
)
def test_no_certificate_is_fetched_from_elsewhere(url: str) -> None:
    shelf = Shelf()
    with pytest.raises(Unauthorised, match="Amazon's own"):
        events(shelf).verify({}, post(DELIVERY, SigningCertURL=url), NOW)
    assert shelf.asked == []


def test_a_stranger_makes_us_fetch_nothing() -> None:
    shelf = Shelf()
    with pytest.raises(Unauthorised, match=r"provider\.ses\.topics"):
        events(shelf).verify({}, post(DELIVERY, TopicArn="arn:aws:sns:eu-central-1:1:x"), NOW)
    assert shelf.asked == []


@pytest.mark.parametrize("content", [b"", b"no certificate", pem(KEY, until=NOW - timedelta(days=1))])
def test_a_certificate_that_is_none_or_has_expired_proves_nothing(content: bytes) -> None:
    with pytest.raises(Unauthorised, match="certificate"):
        events(Shelf(content)).verify({}, post(DELIVERY), NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff"])
def test_what_is_no_post_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(BadDocument):
        events().parse(body)


def test_without_a_topic_nothing_is_believed() -> None:
    with pytest.raises(ConfigError, match=r"provider\.ses\.topics"):
        SesEvents(topics=[], certificate=Shelf())
