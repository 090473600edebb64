"""A loopback server that speaks Postmark's documented `POST /email/batch`: one result for each message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.sendgrid_api import Taken

TOKEN = "loopback-server-token-not-a-secret"
STREAM = "broadcast"
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'`*+\-/=^_{|}~]+@(?:\.?[a-zA-Z0-9-])+", re.IGNORECASE)
_KNOWN = {
    "From", "To", "Subject", "HtmlBody", "TextBody", "ReplyTo", "Headers", "Metadata", "Tag", "TrackOpens",
    "TrackLinks", "MessageStream",
}  # fmt: skip


class PostmarkServer(HttpDoor):
    """Refuses what Postmark refuses, message by message."""

    def serve(self, request: Request, *, taking: bool) -> Reply:
        if request.path != "/email/batch":
            return Reply(status=404)
        if request.headers.get("x-postmark-server-token") != TOKEN:
            return Reply(status=401, body={"ErrorCode": 10, "Message": "Bad or missing API token."})
        if len(request.raw) > 50_000_000:
            return Reply(status=413)
        messages = json.loads(request.raw)
        if not isinstance(messages, list) or len(messages) > 500:
            return Reply(status=422, body={"ErrorCode": 410, "Message": "Too many batch messages."})
        return Reply(status=200, body=[self._one(message, taking) for message in messages])

    def _one(self, message: Mapping[str, Any], taking: bool) -> dict[str, Any]:
        code, words = self._problem(message)
        if code:
            return {"ErrorCode": code, "Message": words}
        message_id = f"00000000-0000-0000-0000-{len(self.taken):012}"
        if taking:
            self.taken.append(
                Taken(
                    email=message["To"],
                    subject=message["Subject"],
                    text=message.get("TextBody", ""),
                    html=message.get("HtmlBody", ""),
                    headers={header["Name"]: header["Value"] for header in message["Headers"]},
                    custom_args=message["Metadata"],
                    message_id=message_id,
                )
            )
        return {"ErrorCode": 0, "Message": "OK", "MessageID": message_id, "To": message["To"]}

    def _problem(self, message: Mapping[str, Any]) -> tuple[int, str]:
        unknown = message.keys() - _KNOWN
        if unknown:
            return 403, f"Incompatible JSON: {min(unknown)}"
        if not re.search(r"<?brief@digest\.example>?$", message.get("From", "")):
            return 400, "The 'From' address you supplied is not a Sender Signature on your account."
        if message.get("MessageStream") != STREAM:
            return 1235, "The 'MessageStream' provided does not exist on this server."
        to = message.get("To", "")
        if not _ADDRESS.fullmatch(to):
            return 300, f"Error parsing 'To': Illegal email address '{to}'."
        if to.lower() in self.refuse:
            return 406, f"You tried to send to a recipient that has been marked as inactive. Found: {to}."
        if not message.get("TextBody") and not message.get("HtmlBody"):
            return 300, "Provide either email TextBody or HtmlBody or both."
        metadata = message.get("Metadata", {})
        if len(metadata) > 10 or any(len(name) > 20 or len(value) > 80 for name, value in metadata.items()):
            return 300, "Invalid metadata content."
        return 0, ""
