"""A loopback server that speaks Amazon SES' documented `POST /v2/email/outbound-emails` for raw content."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.sendgrid_api import Taken

KEY_ID = "AKIALOOPBACKONLY0000"
SECRET = "loopback-only-not-a-secret"
REGION = "eu-central-1"
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")


class SesServer(HttpDoor):
    """Takes raw messages; `raw` has their bytes, `taken` their tags."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.raw: list[bytes] = []

    def too_many(self) -> Reply:
        return error(429, "TooManyRequestsException", "Maximum sending rate exceeded.")

    def serve(self, request: Request, *, taking: bool) -> Reply:
        if request.path != "/v2/email/outbound-emails":
            return error(404, "NotFoundException", "no such operation")
        signed = request.headers.get("authorization", "")
        if not re.match(rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/\d+/{REGION}/ses/aws4_request, ", signed):
            return error(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        body = json.loads(request.raw)
        problem = self._problem(body)
        if problem:
            return error(400, *problem)
        message_id = f"0102-{len(self.requests)}-000000"
        if taking:
            raw = base64.b64decode(body["Content"]["Raw"]["Data"], validate=True)
            self.raw.append(raw)
            self.taken.append(
                Taken(
                    email=body["Destination"]["ToAddresses"][0],
                    subject="",
                    text="",
                    html="",
                    headers={"configuration-set": body.get("ConfigurationSetName", "")},
                    custom_args={tag["Name"]: tag["Value"] for tag in body.get("EmailTags", [])},
                    message_id=message_id,
                )
            )
        return Reply(status=200, body={"MessageId": message_id})

    def _problem(self, body: Mapping[str, Any]) -> tuple[str, str] | None:
        people = body.get("Destination", {}).get("ToAddresses", [])
        if len(people) != 1 or not _ADDRESS.fullmatch(people[0]):
            return "BadRequestException", "Illegal address"
        if people[0].lower() in self.refuse:
            return "MessageRejected", "Address is on the suppression list for your account"
        if any(not _TAG.fullmatch(part) for tag in body.get("EmailTags", []) for part in tag.values()):
            return "BadRequestException", "Invalid tag"
        if "Raw" not in body.get("Content", {}):
            return "BadRequestException", "Missing content"
        return None


def error(status: int, code: str, message: str) -> Reply:
    """An error as AWS's REST-JSON protocol writes it."""
    return Reply(status=status, body={"message": message}, headers={"x-amzn-ErrorType": code})
