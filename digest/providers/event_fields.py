"""Reads fields of the JSON that providers post, where any of them may be missing or of another type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model.errors import BadDocument, Unauthorised
from digest.providers.addresses import redacted

NEVER = datetime.fromtimestamp(0, UTC)
"""Stands where an event tells no time."""
_LONGEST_DETAIL = 500
_LONGEST_RAW = 4000


def read_object(who: str, body: bytes | str) -> dict[str, Any]:
    """A JSON object. Raises BadDocument; `who` names whose post it is."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadDocument(f"{who} event", f"is not JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise BadDocument(f"{who} event", f"is a JSON {type(found).__name__}, not an object")
    return found


def inner(value: Any, *path: str) -> dict[str, Any]:
    """The object at `path`, or an empty one."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; empty where it is missing or neither text nor a number."""
    value = fields.get(name)
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def first(value: Any) -> Any:
    """The first of a list, or None."""
    return value[0] if isinstance(value, list) and value else None


def detail(*words: str) -> str:
    """The provider's reason on one line, without anybody's address."""
    return redacted(": ".join(word for word in words if word))[:_LONGEST_DETAIL]


def raw(event: Mapping[str, Any]) -> str:
    """The event as it came, shortened."""
    return json.dumps(event, ensure_ascii=False)[:_LONGEST_RAW]


def instant(value: Any) -> datetime:
    """An ISO 8601 text or an epoch in seconds, as UTC; NEVER where it is neither."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else NEVER
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return NEVER


def check_fresh(who: str, timestamp: str, now: datetime, tolerance: timedelta) -> None:
    """Raise Unauthorised unless `timestamp`, an epoch in seconds, is near enough to `now`."""
    said = instant(int(timestamp)) if re.fullmatch(r"[0-9]{1,12}", timestamp) else NEVER
    if abs(now - said) > tolerance:
        raise Unauthorised(f"{who} event: signed at {said:%Y-%m-%d %H:%M} UTC; it is believed for {tolerance}")
