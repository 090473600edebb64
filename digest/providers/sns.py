"""Amazon SNS posts: whether Amazon signed them, of a topic of ours, and what they carry."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from digest.model.errors import Unauthorised
from digest.providers.event_fields import instant, read_object, text

TOLERANCE = timedelta(days=1)
"""A post has the time of its event, and is tried again for an hour or so."""
_OF_AMAZON = r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE = re.compile(_OF_AMAZON + r"[A-Za-z0-9_-]{1,100}\.pem")
_CONFIRMATION = re.compile(_OF_AMAZON + r"\?[!-~]{1,1500}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What stands in one post."""

    kind: str
    """Notification, SubscriptionConfirmation or UnsubscribeConfirmation."""
    message_id: str
    """The same for every try of one post."""
    message: str
    """What the topic's publisher wrote."""
    subscribe_url: str = ""
    """At Amazon; getting it confirms the subscription. Only with a SubscriptionConfirmation."""


def check_post(body: bytes, *, topics: Collection[str], certificate: Callable[[str], bytes], now: datetime) -> None:
    """Raise Unauthorised unless a post is of one of `topics`, signed by Amazon, and not old.

    `certificate` gets the PEM behind an https address of Amazon's, and nothing else is ever asked of it; it should
    remember what it got. Anybody may make a topic that posts here with a good signature: hence the list.
    """
    fields = read_object("Amazon SNS", body)
    kind, topic, url = (text(fields, name) for name in ("Type", "TopicArn", "SigningCertURL"))
    if kind not in _SIGNED:
        raise Unauthorised(f"Amazon SNS: {kind[:40]!r} is no kind of post that we know")
    if topic not in topics:
        raise Unauthorised(f"Amazon SNS: the topic {topic[:200]!r} is none of provider.ses.topics")
    if not _CERTIFICATE.fullmatch(url):
        raise Unauthorised("Amazon SNS: the certificate is not at Amazon's own address")
    _check_signature(fields, kind, certificate(url), now)
    if abs(instant(fields.get("Timestamp")) - now) > TOLERANCE:
        raise Unauthorised("Amazon SNS: the post is too old, or a clock is wrong")


def read_post(body: bytes) -> Post:
    """What a post carries that `check_post` has let through. Raises BadDocument."""
    fields = read_object("Amazon SNS", body)
    subscribe = text(fields, "SubscribeURL") if text(fields, "Type") == "SubscriptionConfirmation" else ""
    return Post(
        kind=text(fields, "Type"),
        message_id=text(fields, "MessageId"),
        message=text(fields, "Message"),
        subscribe_url=subscribe if _CONFIRMATION.fullmatch(subscribe) else "",
    )


def signed_text(fields: dict[str, Any], kind: str) -> bytes:
    """What Amazon signs: names and values, a line each, in this order; a missing subject is left out."""
    lines = [f"{name}\n{text(fields, name)}\n" for name in _SIGNED[kind] if name in fields]
    return "".join(lines).encode("utf-8", "replace")


def _check_signature(fields: dict[str, Any], kind: str, pem: bytes, now: datetime) -> None:
    # Version 1 is SHA-1, and still what a topic uses unless it is told otherwise.
    versions: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303
    algorithm = versions.get(text(fields, "SignatureVersion"))
    if algorithm is None:
        raise Unauthorised("Amazon SNS: a version of signature that we do not know")
    try:
        signer = load_pem_x509_certificate(pem)
        signature = base64.b64decode(text(fields, "Signature"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Unauthorised(f"Amazon SNS: the certificate or the signature cannot be read: {error}") from error
    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise Unauthorised("Amazon SNS: the certificate has expired, or has a key of another kind")
    try:
        key.verify(signature, signed_text(fields, kind), padding.PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise Unauthorised("Amazon SNS: the signature is not Amazon's") from error
