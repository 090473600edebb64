"""What SendGrid's event webhook would post: events for calls it took, signed with a key of our own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.model.mail import Batch


class HookSigner:
    """A private key, and posts signed with it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = base64.b64encode(public).decode("ascii")

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """The two headers of a post sent at this instant."""
        stamp = str(int(at.timestamp()))
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode("ascii"),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }


def event(batch: Batch, place: int, kind: str, at: datetime, **more: object) -> dict[str, object]:
    """One event about one recipient of a call, as SendGrid writes it."""
    recipient = batch.recipients[place]
    return {
        "email": recipient.email,
        "event": kind,
        "timestamp": int(at.timestamp()),
        "sg_event_id": f"{kind}-{recipient.delivery}",
        "sg_message_id": f"{batch.chunk}.filter",
        "delivery": recipient.delivery,
        "chunk": batch.chunk,
        **more,
    }


def post(events: Iterable[dict[str, object]]) -> bytes:
    """The body of a post; SendGrid ends it with CRLF."""
    return json.dumps(list(events)).encode() + b"\r\n"
