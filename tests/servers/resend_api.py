"""A loopback server that speaks Resend's documented `POST /emails/batch`, idempotency keys included."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.sendgrid_api import Taken

KEY = "re_loopback_only_not_a_secret"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_KNOWN = {"from", "to", "subject", "html", "text", "reply_to", "headers", "tags"}


class ResendServer(HttpDoor):
    """Permissive or strict as asked; a key that it has taken mail under is remembered for good."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._remembered: dict[str, tuple[str, Reply]] = {}

    def too_many(self) -> Reply:
        body = {"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests."}
        return Reply(status=429, body=body, headers=self.extra_headers)

    def serve(self, request: Request, *, taking: bool) -> Reply:
        if request.path != "/emails/batch":
            return error(404, "not_found", "The requested endpoint does not exist.")
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(403, "invalid_api_key", "API key is invalid")
        key = request.headers.get("idempotency-key", "")
        if not 1 <= len(key) <= 256:
            return error(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
        digest = hashlib.sha256(request.raw).hexdigest()
        if key in self._remembered:
            before, reply = self._remembered[key]
            if before == digest:
                return reply
            return error(409, "invalid_idempotent_request", "Same idempotency key used with a different payload.")
        reply = self._batch(request, taking)
        if taking and reply.status == 200:
            self._remembered[key] = (digest, reply)
        return reply

    def _batch(self, request: Request, taking: bool) -> Reply:
        messages = json.loads(request.raw)
        if not isinstance(messages, list) or not 1 <= len(messages) <= 100:
            return error(422, "validation_error", "The batch must have between 1 and 100 emails.")
        problems = {place: found for place, one in enumerate(messages) if (found := self._problem(one))}
        if problems and request.headers.get("x-batch-validation") != "permissive":
            return error(422, "validation_error", next(iter(problems.values())))
        ids = []
        for place, message in enumerate(messages):
            if place not in problems:
                ids.append({"id": f"email-{len(self.taken)}-{place}"})
                if taking:
                    self.taken.append(_written(message, ids[-1]["id"]))
        errors = [{"index": place, "message": words} for place, words in problems.items()]
        return Reply(status=200, body={"data": ids} | ({"errors": errors} if errors else {}))

    def _problem(self, message: Mapping[str, Any]) -> str:
        unknown = message.keys() - _KNOWN
        if unknown:
            return f"Unknown field {min(unknown)}"
        if not _ADDRESS.search(message.get("from", "")):
            return "Invalid `from` field. The email address needs to follow the `email@example.com` format."
        people = message.get("to", [])
        if len(people) != 1 or not _ADDRESS.fullmatch(people[0]) or people[0].lower() in self.refuse:
            return "Invalid `to` field. The email address needs to follow the `email@example.com` format."
        if not message.get("html") and not message.get("text"):
            return "Missing `html` or `text` field."
        tags = [part for tag in message.get("tags", []) for part in (tag["name"], tag["value"])]
        if not all(_TAG.fullmatch(part) for part in tags):
            return "Tags should only contain ASCII letters, numbers, underscores, or dashes."
        return ""


def error(status: int, name: str, message: str) -> Reply:
    """An error as Resend writes it."""
    return Reply(status=status, body={"statusCode": status, "name": name, "message": message})


def _written(message: Mapping[str, Any], message_id: str) -> Taken:
    return Taken(
        email=message["to"][0],
        subject=message["subject"],
        text=message.get("text", ""),
        html=message.get("html", ""),
        headers=message.get("headers", {}),
        custom_args={tag["name"]: tag["value"] for tag in message.get("tags", [])},
        message_id=message_id,
    )
