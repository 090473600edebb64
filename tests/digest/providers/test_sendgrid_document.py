"""Our calls against SendGrid's own OpenAPI document, where it lies beside the checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.letters import HOSTILE_NAMES, batch, body_of, reader, rendered
from tests.servers.sendgrid_rules import problems

DOCUMENT = Path(__file__).resolve().parents[4] / "shared" / "sendgrid" / "tsg_mail_v3.json"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DOCUMENT.is_file(), reason="SendGrid's document does not lie beside this checkout"),
]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "number": (int, float),
}  # fmt: skip


class Document:
    """As much of JSON Schema as the document uses."""

    def __init__(self) -> None:
        self._document = json.loads(DOCUMENT.read_text("utf-8"))
        body = self._document["components"]["requestBodies"]["PostMailSend"]
        self._mail_send = body["content"]["application/json"]["schema"]

    def faults(self, body: Any) -> list[str]:
        return list(self._check("body", self._mail_send, body))

    def _check(self, place: str, schema: dict[str, Any], value: Any) -> Iterator[str]:
        if "$ref" in schema:
            for key in schema["$ref"].removeprefix("#/").split("/"):
                schema = self._document if key == "components" else schema
                schema = schema[key]
        kind = schema.get("type", "object")
        fits: bool = isinstance(value, _TYPES[kind])
        if not fits:
            yield f"{place} is not of type {kind}"
        elif kind == "object":
            yield from self._check_object(place, schema, value)
        elif kind == "array":
            yield from self._check_array(place, schema, value)
        elif kind == "string":
            yield from self._check_string(place, schema, value)

    def _check_object(self, place: str, schema: dict[str, Any], value: dict[str, Any]) -> Iterator[str]:
        yield from (f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        if len(value) > schema.get("maxProperties", len(value)):
            yield f"{place} has too many properties"
        known = schema.get("properties", {})
        for name, member in value.items():
            more = schema.get("additionalProperties")
            if name in known:
                yield from self._check(f"{place}.{name}", known[name], member)
            elif isinstance(more, dict):
                yield from self._check(f"{place}.{name}", more, member)
            elif known:
                yield f"{place}.{name} is not in the document"

    def _check_array(self, place: str, schema: dict[str, Any], value: list[Any]) -> Iterator[str]:
        if len(value) > schema.get("maxItems", len(value)):
            yield f"{place} has too many items"
        if schema.get("uniqueItems") and len({json.dumps(member) for member in value}) != len(value):
            yield f"{place} repeats itself"
        for number, member in enumerate(value):
            yield from self._check(f"{place}[{number}]", schema["items"], member)

    def _check_string(self, place: str, schema: dict[str, Any], value: str) -> Iterator[str]:
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{place} has the wrong length"
        if schema.get("format") == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            yield f"{place} is no address"


@pytest.mark.parametrize("text_only", [False, True])
@pytest.mark.parametrize("sandbox", [False, True])
def test_the_document_finds_no_fault_with_our_calls(text_only: bool, sandbox: bool) -> None:
    people = [reader(number, name) for number, name in enumerate(HOSTILE_NAMES * 80)]
    body = body_of(batch(people, rendering=rendered(text_only=text_only)), sandbox=sandbox)
    assert Document().faults(json.loads(json.dumps(body))) == []
    assert problems(body) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"custom_args": {"delivery": "x"}}, "body.custom_args is not of type string"),
        ({"categories": ["a", "a"]}, "body.categories repeats itself"),
        ({"categories": [str(n) for n in range(11)]}, "body.categories has too many items"),
        ({"from": {"name": "x"}}, "body.from.email is missing"),
        ({"subject": ""}, "body.subject has the wrong length"),
        ({"personalisations": []}, "body.personalisations is not in the document"),
        ({"personalizations": [{}] * 1001}, "body.personalizations has too many items"),
    ],
)
def test_the_checks_can_fail(change: dict[str, Any], fault: str) -> None:
    """And the loopback server, which has rules of its own, refuses the same."""
    body = body_of(batch([reader(1)])) | change
    assert fault in Document().faults(body)
    assert problems(body)
