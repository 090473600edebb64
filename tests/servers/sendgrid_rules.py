"""What `/v3/mail/send` refuses: the official document's rules, and the documented ones that it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ROOT = {"personalizations", "from", "reply_to", "subject", "content", "categories", "headers", "send_at", "asm"} | {
    "tracking_settings", "mail_settings", "batch_id", "ip_pool_name"
}  # fmt: skip
_PERSON = {"to", "headers", "substitutions", "custom_args", "subject", "send_at", "from", "cc", "bcc"}
_RESERVED = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"} | {
    "to", "from", "subject", "reply-to", "cc", "bcc"
}  # fmt: skip
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_LIMIT = 10_000

Problem = tuple[str, str]
"""(field, message)"""


def problems(body: Any) -> list[Problem]:
    """Everything that is wrong with a request body; empty where it would be taken."""
    if not isinstance(body, dict):
        return [("", "Bad Request")]
    return [*_unknown("", body, _ROOT), *_people(body), *_letter(body), *_settings(body)]


def _people(body: dict[str, Any]) -> Iterator[Problem]:
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        yield "personalizations", "The personalizations field is required and must have at least one personalization."
        return
    if len(people) > 1000:
        yield "personalizations", "The personalization block is limited to 1000 personalizations per API request."
    seen: set[str] = set()
    for place, person in enumerate(people):
        where = f"personalizations.{place}"
        yield from _unknown(where, person, _PERSON)
        yield from _to(where, person, seen)
        yield from _strings(f"{where}.substitutions", person.get("substitutions", {}))
        yield from _strings(f"{where}.custom_args", person.get("custom_args", {}))
        yield from _headers(f"{where}.headers", person.get("headers", {}))


def _to(where: str, person: dict[str, Any], seen: set[str]) -> Iterator[Problem]:
    to = person.get("to")
    if not isinstance(to, list) or not to:
        yield (
            f"{where}.to",
            "The to array is required for all personalization objects, and must have at least one email object.",
        )
        return
    for place, reader in enumerate(to):
        email = reader.get("email")
        if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
            yield f"{where}.to.{place}.email", "Does not contain a valid address."
        elif email.lower() in seen:
            yield (
                "personalizations",
                "Each unique email address in the personalizations array should only be included once.",
            )
        else:
            seen.add(email.lower())
        if any(character in reader.get("name", "") for character in ",;"):
            yield f"{where}.to.{place}.name", "The to name cannot hold a comma or a semicolon."


def _letter(body: dict[str, Any]) -> Iterator[Problem]:
    sender = body.get("from", {})
    if not _ADDRESS.fullmatch(str(sender.get("email", ""))):
        yield "from.email", "The from object must be provided for every email send."
    if not str(sender.get("name", "")).isascii():
        yield "from.name", "Unicode encoding is not supported for the from field."
    if not body.get("subject") or re.search(r"[\r\n]", body["subject"]):
        yield "subject", "The subject is required, on one line."
    content = body.get("content")
    if not isinstance(content, list) or not content:
        yield "content", "Unless a valid template_id is provided, the content parameter is required."
        return
    kinds = [part.get("type") for part in content]
    if kinds not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
        yield "content", "If present, text/plain must be first, followed by text/html."
    if any(not isinstance(part.get("value"), str) or not part["value"] for part in content):
        yield "content.value", "The content value must be a string at least one character in length."


def _settings(body: dict[str, Any]) -> Iterator[Problem]:
    categories = body.get("categories", [])
    if len(categories) > 10 or len(set(categories)) != len(categories):
        yield "categories", "The categories are limited to ten, each of them once."
    if any(not isinstance(name, str) or len(name) > 255 for name in categories):
        yield "categories", "A category is a string of at most 255 characters."
    yield from _headers("headers", body.get("headers", {}))
    for group in ("tracking_settings", "mail_settings"):
        for name, setting in body.get(group, {}).items():
            if not isinstance(setting.get("enable"), bool):
                yield f"{group}.{name}.enable", "Must be a boolean."


def _headers(where: str, headers: dict[str, Any]) -> Iterator[Problem]:
    for name, value in headers.items():
        if name.lower() in _RESERVED:
            yield where, f"The header {name} is reserved."
        if not isinstance(value, str) or not value.isascii() or re.search(r"[\x00-\x1f\x7f]", value):
            yield where, f"The value of {name} must be plain ASCII on one line."


def _strings(where: str, table: Any) -> Iterator[Problem]:
    if not isinstance(table, dict) or any(not isinstance(value, str) for value in table.values()):
        yield where, "Must be an object of strings."
    elif sum(len(name.encode()) + len(value.encode()) for name, value in table.items()) > _LIMIT:
        yield where, f"Must be at most {_LIMIT} bytes."


def _unknown(where: str, table: dict[str, Any], known: set[str]) -> Iterator[Problem]:
    for name in table.keys() - known:
        yield f"{where}.{name}".strip("."), "Unknown field."
