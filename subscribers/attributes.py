"""Custom attributes with declared types: what a reader's extra fields may hold, and reading them from text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from subscribers.model import ATTRIBUTE_NAME, OWN_NAMES, UNWANTED, AttributeValue, ModelError, plain_text
from subscribers.tables import attribute_types, insert_into

LONGEST_TEXT = 1_000
"""Characters of a text."""

MOST_CHOICES = 200
"""How many values a choice may offer."""

_LARGEST = 2**53
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES = frozenset({"yes", "true", "1", "y", "on"})
_NO = frozenset({"no", "false", "0", "n", "off"})


class AttributeKind(StrEnum):
    """What an attribute holds. Dates are stored as text, `2026-11-22`, whose order is that of time."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """A declared attribute. `label` is for people; only a `public` one stands in a reader's own preferences."""

    name: str
    kind: AttributeKind
    label: str = ""
    choices: tuple[str, ...] = ()
    public: bool = False

    def __post_init__(self) -> None:
        if not ATTRIBUTE_NAME.fullmatch(self.name):
            raise ModelError(f"attribute {self.name!r}: use a-z, 0-9 and _, up to 40, a letter first")
        if (self.kind is AttributeKind.CHOICE) is not bool(self.choices):
            raise ModelError(f"attribute {self.name}: a choice, and nothing else, names what can be chosen")
        if len(self.choices) > MOST_CHOICES or len({one.casefold() for one in self.choices}) != len(self.choices):
            raise ModelError(f"attribute {self.name}: up to {MOST_CHOICES} choices, each of them once")
        if any(not one.strip() or UNWANTED.search(one) for one in self.choices):
            raise ModelError(f"attribute {self.name}: a choice is empty or has a control character in it")


def read_attribute(declared: AttributeType, text: str) -> AttributeValue:
    """The value that a cell or a field means. Raises ValueError with a plain reason."""
    if UNWANTED.search(text):
        raise ValueError("a control character in the text")
    return _READERS[declared.kind](declared, text.strip())


def as_text(value: AttributeValue | None) -> str:
    """The value as a cell of a file shows it; empty where there is none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def checked_value(declared: AttributeType, value: object) -> AttributeValue:
    """A typed value, as an API gives it, if it is of the declared type. Raises ValueError with a plain reason."""
    if isinstance(value, str):
        if declared.kind in (AttributeKind.NUMBER, AttributeKind.YES_NO):
            raise ValueError(f"expected {_WANTED[declared.kind]}, not text")
        return read_attribute(declared, value)
    if isinstance(value, bool):
        if declared.kind is AttributeKind.YES_NO:
            return value
    elif isinstance(value, int | float) and declared.kind is AttributeKind.NUMBER:
        return _bounded(value)
    raise ValueError(f"expected {_WANTED[declared.kind]}")


def declare(conn: Connection, declared: AttributeType) -> None:
    """Write a declaration, new or changed. Values that readers have already stay as they are.

    Raises ModelError for the name of a column of our own files.
    """
    if declared.name in OWN_NAMES:
        raise ModelError(f"attribute {declared.name}: that is a column of every import and export; take another name")
    columns = {
        "kind": declared.kind.value,
        "label": plain_text(declared.label),
        "choices": list(declared.choices),
        "public": declared.public,
    }
    conn.execute(
        insert_into(conn, attribute_types)
        .values(name=declared.name, **columns)
        .on_conflict_do_update(index_elements=["name"], set_=columns)
    )


def undeclare(conn: Connection, name: str) -> bool:
    """Take a declaration back; readers keep their values, as undeclared ones. False where there was none."""
    return conn.execute(delete(attribute_types).where(attribute_types.c.name == name)).rowcount == 1


def declared_attributes(conn: Connection) -> dict[str, AttributeType]:
    """All declarations, by name."""
    return {
        row.name: AttributeType(
            name=row.name,
            kind=AttributeKind(row.kind),
            label=row.label,
            choices=tuple(row.choices),
            public=row.public,
        )
        for row in conn.execute(select(attribute_types).order_by(attribute_types.c.name))
    }


def _text(_declared: AttributeType, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"longer than {LONGEST_TEXT} characters")
    return text


def _number(_declared: AttributeType, text: str) -> float | int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number: write it as 12 or 12.5")
    value = float(text)
    return _bounded(int(value) if value.is_integer() else value)


def _bounded(value: float) -> float | int:
    # In this order: an integer of 400 digits is no float at all.
    if abs(value) > _LARGEST or not math.isfinite(value):
        raise ValueError("the number is out of range: use -2^53 to 2^53")
    return value


def _date(_declared: AttributeType, text: str) -> str:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError("not a date: write it as 2026-11-22")


def _yes_no(_declared: AttributeType, text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError("write yes or no")
    return word in _YES


def _choice(declared: AttributeType, text: str) -> str:
    for choice in declared.choices:
        if choice.casefold() == text.casefold():
            return choice
    raise ValueError(f"unknown choice: use {', '.join(declared.choices)[:200]}")


_READERS: Mapping[AttributeKind, Callable[[AttributeType, str], AttributeValue]] = {
    AttributeKind.TEXT: _text,
    AttributeKind.NUMBER: _number,
    AttributeKind.DATE: _date,
    AttributeKind.YES_NO: _yes_no,
    AttributeKind.CHOICE: _choice,
}
_WANTED: Mapping[AttributeKind, str] = {
    AttributeKind.TEXT: "text",
    AttributeKind.NUMBER: "a number",
    AttributeKind.DATE: "a date as text",
    AttributeKind.YES_NO: "true or false",
    AttributeKind.CHOICE: "one of the choices as text",
}
