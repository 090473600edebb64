"""What a SendGrid account answers besides taking mail: batch ids, cancelling, suppression lists, Email Activity.

Every answer is held against SendGrid's own OpenAPI document, so that this server cannot drift into a fancy of ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs

OPERATIONS: dict[str, Any] = json.loads(Path(__file__).with_name("sendgrid_operations.json").read_text("utf-8"))[
    "operations"
]
EVENT_HOOKS = "GET /v3/user/webhooks/event/settings/all"
OPERATIONS[EVENT_HOOKS] = {
    # In words of ours, after the description of the same interface: an account without any shows one empty object,
    # and `public_key` is there only where signing is on.
    "query": {},
    "responses": {
        "200": {
            "type": "object",
            "properties": {
                "max_allowed": {"type": "number"},
                "webhooks": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            **{name: {"type": "string"} for name in ("url", "id", "friendly_name", "public_key")},
                            **{name: {"type": "boolean"} for name in ("enabled", "processed", "delivered", "bounce")},
                        },
                    },
                },
            },
            "required": ["webhooks"],
        }
    },
}
_QUERY = re.compile(r"\(unique_args\['delivery'\]=\"([a-z0-9]+)\"\)")
PAGE = 500
"""Most rows of a page, as the document says."""


@dataclass(slots=True)
class SendGridAccount:
    """`answer` gives (status, JSON) to every call; a test writes the lists, and reads what was asked."""

    bounces: list[dict[str, Any]] = field(default_factory=list)
    invalid_emails: list[dict[str, Any]] = field(default_factory=list)
    spam_reports: list[dict[str, Any]] = field(default_factory=list)
    unsubscribes: list[dict[str, Any]] = field(default_factory=list)
    group_members: list[dict[str, Any]] = field(default_factory=list)
    event_hooks: list[dict[str, Any]] = field(default_factory=list)
    """Event webhooks of the account."""
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Delivery key -> what Email Activity shows of it."""
    cancelled: list[str] = field(default_factory=list)
    most_cancelled: int = 400
    paused: list[str] = field(default_factory=list)
    """Held back by a person at SendGrid, and not cancelled."""
    batches: int = 0
    asked: list[str] = field(default_factory=list)
    """Path and query of every call."""
    statuses: list[int] = field(default_factory=list)
    """Answer the next calls with these, and do nothing."""
    faults: list[str] = field(default_factory=list)
    """Where a call or an answer of ours is not what the document says."""

    def answer(self, method: str, target: str, raw: bytes) -> tuple[int, Any]:
        """One call. `target` is path and query as they came."""
        self.asked.append(f"{method} {target}")
        if self.statuses and (status := self.statuses.pop(0)):
            return status, {"errors": [{"message": "as told", "field": None}]}
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        body = json.loads(raw) if raw else None
        for operation in OPERATIONS:
            verb, path = operation.split(" ")
            found = re.fullmatch(re.sub(r"\{\w+\}", r"([^/]+)", path), address.path)
            if verb == method and found:
                status, told = self._do(operation, found.groups(), query, body)
                self._check(operation, query, body, status, told)
                return status, told
        return 404, {"errors": [{"message": "not found", "field": None}]}

    def _do(self, operation: str, names: tuple[str, ...], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match operation:
            case "POST /v3/mail/batch":
                self.batches += 1
                return 201, {"batch_id": f"batch{self.batches}"}
            case "POST /v3/user/scheduled_sends":
                return self._cancel(body)
            case "GET /v3/user/scheduled_sends/{batch_id}":
                found = [{"batch_id": name, "status": "cancel"} for name in names if name in self.cancelled]
                return 200, found + [{"batch_id": name, "status": "pause"} for name in names if name in self.paused]
            case "GET /v3/asm/suppressions":
                return 200, self.group_members
            case "GET /v3/user/webhooks/event/settings/all":
                return 200, {"max_allowed": 2, "webhooks": self.event_hooks or [{}]}
            case "GET /v3/messages":
                asked = _QUERY.fullmatch(query["query"])
                if asked is None:
                    return 400, {"errors": [{"message": "invalid syntax"}]}
                return 200, {"messages": self.messages.get(asked[1], [])}
        rows = getattr(self, operation.rpartition("/")[2])
        since = int(query.get("start_time", 0))
        until = int(query.get("end_time", 10**12))
        rows = [row for row in rows if since <= row["created"] <= until]
        first, most = int(query.get("offset", 0)), int(query.get("limit", PAGE))
        return 200, rows[first : first + most]

    def _cancel(self, body: Any) -> tuple[int, Any]:
        if body["batch_id"] in self.cancelled + self.paused or len(self.cancelled) >= self.most_cancelled:
            return 400, {"errors": [{"message": "cannot be cancelled", "field": None}], "id": "x"}
        self.cancelled.append(body["batch_id"])
        return 201, {"batch_id": body["batch_id"], "status": body["status"]}

    def _check(self, operation: str, query: dict[str, str], body: Any, status: int, told: Any) -> None:
        rules = OPERATIONS[operation]
        for name, value in query.items():
            if name not in rules["query"]:
                self.faults.append(f"{operation}: {name} is no parameter")
            elif rules["query"][name].get("type") in ("integer", "number"):
                self._judge(f"{operation}?{name}", rules["query"][name], int(value))
        if "request" in rules:
            self._judge(f"{operation} body", rules["request"], body)
        self._judge(f"{operation} {status}", rules["responses"][str(status)] or {}, told)

    def _judge(self, place: str, schema: Any, value: Any) -> None:
        self.faults += [f"{place}: {error.message}" for error in jsonschema_rs.validator_for(schema).iter_errors(value)]
