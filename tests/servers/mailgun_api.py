"""A loopback server that speaks Mailgun's documented `POST /v3/<domain>/messages`, recipient variables included."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.sendgrid_api import Taken

KEY = "key-loopback-only-not-a-secret"
DOMAIN = "mg.digest.example"
_VARIABLE = re.compile(r"%recipient\.([\w:.-]+)%")
_BUILT_IN = re.compile(r"%(?:recipient|recipient_email|recipient_name|unsubscribe_url|mailing_list_unsubscribe_url)%")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_KNOWN = {"from", "to", "subject", "text", "html", "recipient-variables"}
_ONCE = {"from", "subject", "text", "html", "recipient-variables"}


class MailgunServer(HttpDoor):
    """Refuses what Mailgun refuses, and writes each reader's mail as Mailgun would."""

    def serve(self, request: Request, *, taking: bool) -> Reply:
        if request.path != f"/v3/{DOMAIN}/messages":
            # So it was seen: a path that is none is greeted.
            return Reply(status=200, body="Mailgun Magnificent API")
        if request.headers.get("authorization") != f"Basic {b64encode(f'api:{KEY}'.encode()).decode()}":
            return Reply(status=401, body={"message": "Forbidden"})
        fields = form(request)
        problem = self._problem(fields)
        if problem:
            return Reply(status=400, body={"message": problem})
        message_id = f"<call-{len(self.requests)}@{DOMAIN}>"
        if taking and fields.get("o:testmode") != ["yes"]:
            table = json.loads(fields["recipient-variables"][0])
            self.taken += [_written(fields, email, table[email], message_id) for email in fields["to"]]
        return Reply(status=200, body={"id": message_id, "message": "Queued. Thank you."})

    def _problem(self, fields: Mapping[str, list[str]]) -> str:
        people = fields.get("to", [])
        unknown = [name for name in fields if name not in _KNOWN and not re.match(r"[hov]:.", name)]
        if unknown:
            return f"unknown parameter {unknown[0]}"
        if any(len(fields[name]) > 1 for name in _ONCE & fields.keys()):
            return "a parameter stands twice"
        if not fields.get("from") or not _ADDRESS.search(fields["from"][0]):
            return "from parameter is not a valid address. please check documentation"
        if not people or len(people) > 1000:
            return "to parameter is missing, or holds more than 1000 recipients"
        if any(not _ADDRESS.fullmatch(email) or email.lower() in self.refuse for email in people):
            return "to parameter is not a valid address. please check documentation"
        if not fields.get("text") and not fields.get("html"):
            return "Need at least one of 'text' or 'html' parameters specified"
        return self._table_problem(people, fields.get("recipient-variables", [""])[0])

    def _table_problem(self, people: list[str], text: str) -> str:
        try:
            table: Any = json.loads(text)
        except ValueError:
            return "'recipient-variables' parameter is not valid JSON"
        if set(table) != set(people):
            # Mailgun would take it, and show everybody the addresses of the others: worse than a refusal.
            return "'recipient-variables' must have every recipient"
        return ""


def form(request: Request) -> dict[str, list[str]]:
    """The fields of a form, each with all its values."""
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.raw.decode("ascii"), keep_blank_values=True, strict_parsing=True):
        fields.setdefault(name, []).append(value)
    return fields


def _written(fields: Mapping[str, list[str]], email: str, values: Mapping[str, str], message_id: str) -> Taken:
    def fill(text: str) -> str:
        filled = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
        return _BUILT_IN.sub("REPLACED BY MAILGUN", filled)

    one = {name: fill(found[0]) for name, found in fields.items() if name != "recipient-variables"}
    return Taken(
        email=email,
        subject=one["subject"],
        text=one.get("text", ""),
        html=one.get("html", ""),
        headers={name[2:]: value for name, value in one.items() if name.startswith("h:")},
        custom_args={name[2:]: value for name, value in one.items() if name.startswith("v:")},
        message_id=message_id,
    )
