"""One row of an import, from cells to a typed row, or to the column and the reason why not. Pure."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from operator import itemgetter
from typing import TypeVar

from subscribers.address import AddressError, EmailAddress, parse_address
from subscribers.attributes import LONGEST_TEXT, AttributeKind, AttributeType, checked_value, read_attribute
from subscribers.model import (
    ATTRIBUTE_NAME,
    OWN_NAMES,
    SLUG,
    UNWANTED,
    AttributeValue,
    Frequency,
    SubscribersError,
)
from subscribers.transfer.cells import unguard
from subscribers.transfer.foreign import plain_title, recognise
from subscribers.transfer.reading import Row, TransferError
from subscribers.transfer.seen import NOES

STATES = ("active", "unsubscribed", "suppressed", "pending")
"""What the column `state` may say."""

_ALIASES = {
    "e_mail": "email",
    "email_address": "email",
    "e_mail_address": "email",
    "full_name": "name",
    "lang": "language",
    "locale": "language",
    "tz": "timezone",
    "time_zone": "timezone",
    "topics": "sections",
    "status": "state",
}
_SOUNDS_LIKE_NO = frozenset(
    """unsubscribed unsubscribe unsubscribed_at unsubscribe_date unsubscription_date unsub_time opted_out opt_out optout
    do_not_mail do_not_email do_not_contact donotmail no_mail blocked blocklisted blacklisted suppressed bounced cleaned
    complained subscribed opt_in opted_in subscription_status subscriber_status email_status""".split()  # noqa: SIM905
)
"""Titles of other people's files that may say no, in words that we do not know: the report names them."""
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
Value = TypeVar("Value")
Default = TypeVar("Default")

_LONGEST_NAME = 200
_SHOWN = 32
_WISHES = ("language", "timezone", "sections", "frequency", "hour", "paused_until", "state")
_MOST_REMEMBERED = 20_000
_NOTHING: Mapping[str, AttributeValue] = {}
_UNDECLARED = (
    AttributeType(name="number", kind=AttributeKind.NUMBER),
    AttributeType(name="flag", kind=AttributeKind.YES_NO),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """Why a line of the file was refused. `value` is shortened for a report; `line` counts from 1."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What an import may assume.

    `consent` says how these people agreed; it stands in the record of every reader whose row has none of its own, and
    a row that is left without any is refused. `sections` are the slugs that
    the newsletter has; None takes any. `allow_reserved` lets `.test` addresses in, for samples. `attributes` are the
    declared ones; a column that is none of them is kept as text. `columns` says which of our columns a title of the
    file means (`{"Courriel": "email"}`), or "" for one to be left out.
    """

    consent: str = ""
    sections: frozenset[str] | None = None
    allow_reserved: bool = False
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the file says besides who it is. Empty texts and None mean that the file does not say."""

    language: str = ""
    timezone: str = ""
    sections: tuple[str, ...] | None = None
    frequency: Frequency | None = None
    hour: int | None = None
    paused_until: date | None = None
    state: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One reader as the file has them. Empty texts mean that the file does not say.

    `consent` is empty only where the row says no, for which nobody's consent is needed.
    `earlier` are the states in which the same address came before in this file, where this row says no after all.
    """

    line: int
    address: EmailAddress
    name: str = ""
    wishes: Wishes
    consent: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()


class _RefusedError(SubscribersError):
    """A cell that is not what its column needs."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class RowReader:
    """Turns rows into readers, by the header of their file. Raises TransferError for a header without `email`."""

    def __init__(self, header: Sequence[str], options: ImportOptions) -> None:
        # An export is known by its own header: what the caller names must not lose its rules of who is mailed.
        renamed = _renamed(header, options.columns)
        named = {plain_title(title): name for title, name in options.columns.items()}
        self._translation = recognise(header, named) or recognise(renamed)
        header = renamed if self._translation is None else self._translation.header
        names = [_column_name(title) for title in header]
        doubled = sorted({name for name in names if name and names.count(name) > 1})
        if doubled:
            raise TransferError(f"The header names a column twice: {', '.join(doubled)}.")
        if "email" not in names:
            raise TransferError(f"The header has no column `email`: it has {', '.join(header)[:200]}.")
        if "consent" not in names and not options.consent.strip():
            raise TransferError(
                "Nothing says how these people agreed to be mailed: name it (--consent), or add a column `consent`."
            )
        if UNWANTED.search(options.consent):
            raise TransferError("The words that say how these people agreed must be one line of plain text.")
        self._options = options
        self._names = names
        # A cell that is always empty stands behind the last one, for the columns that the file does not have.
        self._width = len(names)
        place = {name: at for at, name in enumerate(names)}
        self._email, self._name, self._consent, self._attributes_at, self._state = (
            place.get(name, self._width) for name in ("email", "name", "consent", "attributes", "state")
        )
        self._wish_cells = itemgetter(*(place.get(name, self._width) for name in _WISHES))
        self._custom = {
            name: at for at, name in enumerate(names) if name not in OWN_NAMES and ATTRIBUTE_NAME.fullmatch(name)
        }
        self._has_attributes = bool(self._custom) or "attributes" in place
        self._read_before: dict[tuple[str, ...], Wishes] = {}
        self.notes = self._note_columns(header)

    def read(self, row: Row) -> ImportRow | LineProblem:
        """The reader of this row, or what is wrong with it."""
        try:
            return self._read(row)
        except _RefusedError as refused:
            if (no := self._no(row)) is not None:
                return no
            return LineProblem(
                line=row.line, column=refused.column, value=shorten(refused.value), reason=refused.reason
            )

    def _read(self, row: Row) -> ImportRow:
        if row.broken:
            raise _RefusedError("", "", row.broken)
        cells = row.cells if self._translation is None else self._translation.row(row.cells)
        if len(cells) > self._width:
            raise _RefusedError("", cells[-1], f"{len(cells)} cells, but the header names {self._width} columns")
        together = " ".join(cells)
        if UNWANTED.search(together):
            self._refuse_unwanted(row, cells)
        if "'" in together:
            cells = [unguard(cell.strip()) if cell[:1] == "'" else cell.strip() for cell in cells]
        else:
            cells = [cell.strip() for cell in cells]
        cells.extend([""] * (self._width - len(cells) + 1))
        if not cells[self._email]:
            raise _RefusedError("email", "", "no address")
        wishes = self._wishes(self._wish_cells(cells))
        return ImportRow(
            line=row.line,
            address=self._address(cells[self._email]),
            name=_name(cells[self._name]),
            wishes=wishes,
            consent=self._consent_of(cells[self._consent], wishes.state),
            attributes=self._attributes(cells) if self._has_attributes else _NOTHING,
        )

    def _no(self, row: Row) -> ImportRow | None:
        """A line that says no in its state holds, whatever else is wrong with it: nobody is mailed for a bad hour."""
        if row.broken:
            return None
        cells = row.cells if self._translation is None else self._translation.row(row.cells)
        filled = [unguard(cell.strip()) for cell in cells] + [""] * (self._width - len(cells) + 1)
        try:
            state = _state(filled[self._state])
            if state not in NOES:
                return None
            address = self._address(filled[self._email])
        except (ValueError, _RefusedError):
            return None
        return ImportRow(line=row.line, address=address, wishes=Wishes(state=state), consent=self._options.consent)

    def _consent_of(self, cell: str, state: str) -> str:
        said = cell or self._options.consent
        if not said and state not in NOES:
            raise _RefusedError("consent", "", "nothing says how they agreed")
        return said

    def _wishes(self, cells: tuple[str, ...]) -> Wishes:
        """A million readers share a few thousand combinations of wishes: each is read once."""
        found = self._read_before.get(cells)
        if found is None:
            found = self._read_wishes(dict(zip(_WISHES, cells, strict=True)))
            if len(self._read_before) < _MOST_REMEMBERED:
                self._read_before[cells] = found
        return found

    def _read_wishes(self, cells: Mapping[str, str]) -> Wishes:
        return Wishes(
            language=_cell("language", cells, read_language, ""),
            timezone=_cell("timezone", cells, read_timezone, ""),
            sections=_cell("sections", cells, self._sections, None),
            frequency=_cell("frequency", cells, _frequency, None),
            hour=_cell("hour", cells, _hour, None),
            paused_until=_cell("paused_until", cells, _date, None),
            state=_cell("state", cells, _state, "active"),
        )

    def _note_columns(self, header: Sequence[str]) -> tuple[str, ...]:
        notes = []
        if self._translation is not None:
            notes.append(f"This is an export of {self._translation.sender}, read as such.")
        for title, name in zip(header, self._names, strict=True):
            if name in self._custom:
                declared = self._options.attributes.get(name)
                kind = f" ({declared.kind.value})" if declared else ""
                notes.append(f"Column `{name}` is kept as a custom attribute{kind}.")
                if plain_title(title) in _SOUNDS_LIKE_NO:
                    notes.append(
                        f"Warning: column `{name}` sounds as if it said who is not to be mailed. It keeps nobody out: "
                        "say so in a column `state` (active, unsubscribed, suppressed, pending)."
                    )
            elif name not in OWN_NAMES and name:
                notes.append(f"Column {shorten(title)!r} is left out: its name cannot be an attribute's.")
        return tuple(notes)

    def _refuse_unwanted(self, row: Row, cells: Sequence[str]) -> None:
        for at, cell in enumerate(cells):
            found = UNWANTED.search(cell)
            if found is None:
                continue
            reason = "a control character in the cell"
            if "\ud800" <= found[0] <= "\udfff":
                reason = "bytes that are not UTF-8"
            elif found[0] in "\r\n":
                runs_on = row.last_line > row.line
                reason = f"the cell runs on to line {row.last_line}" if runs_on else "a line break in the cell"
            raise _RefusedError(self._names[at], cell, reason)

    def _address(self, text: str) -> EmailAddress:
        try:
            return parse_address(text, allow_reserved=self._options.allow_reserved)
        except AddressError as error:
            raise _RefusedError("email", text, str(error)) from None

    def _sections(self, text: str) -> tuple[str, ...]:
        return read_sections(text, self._options.sections)

    def _attributes(self, cells: Sequence[str]) -> Mapping[str, AttributeValue]:
        found: dict[str, AttributeValue] = {}
        if cells[self._attributes_at]:
            found.update(self._attribute_object(cells[self._attributes_at]))
        for name, at in self._custom.items():
            if cells[at]:
                found[name] = self._attribute(name, cells[at])
        return found

    def _attribute(self, name: str, text: str) -> AttributeValue:
        declared = self._options.attributes.get(name)
        try:
            if declared is not None:
                return read_attribute(declared, text)
            if len(text) > LONGEST_TEXT:
                raise ValueError(f"longer than {LONGEST_TEXT} characters")
        except ValueError as error:
            raise _RefusedError(name, text, str(error)) from None
        return text

    def _attribute_object(self, text: str) -> Mapping[str, AttributeValue]:
        """A JSON object of attributes, as other senders export them. What is nested cannot be one, and is left out."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise _RefusedError("attributes", text, "not a JSON object") from None
        if not isinstance(found, dict):
            raise _RefusedError("attributes", text, "not a JSON object")
        taken: dict[str, AttributeValue] = {}
        for title, value in found.items():
            name = _column_name(title)
            if name in OWN_NAMES:
                # A `state` of theirs is where people live, say: under our name it would be lost in an export.
                name = f"their_{name}"
            if not ATTRIBUTE_NAME.fullmatch(name) or not isinstance(value, str | int | float) or value == "":
                continue
            taken[name] = self._typed_attribute(name, value)
        return taken

    def _typed_attribute(self, name: str, value: AttributeValue) -> AttributeValue:
        if isinstance(value, str):
            if UNWANTED.search(value):
                raise _RefusedError(name, value, "a control character in the text")
            return self._attribute(name, value.strip())
        declared = self._options.attributes.get(name) or _UNDECLARED[isinstance(value, bool)]
        try:
            return checked_value(declared, value)
        except ValueError as error:
            raise _RefusedError(name, str(value), str(error)) from None


def shorten(value: str) -> str:
    """A value for a report: printable, and not longer than a person needs to find the line."""
    shown = UNWANTED.sub("\N{REPLACEMENT CHARACTER}", value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


def read_language(text: str) -> str:
    """The primary subtag of a BCP 47 tag in lower case: `pt-BR` is `pt`. Raises ValueError."""
    tag = _LANGUAGE.fullmatch(text)
    if tag is None:
        raise ValueError("not a language tag: write en, fr, ar and the like")
    return tag[1].lower()


def read_timezone(text: str) -> str:
    """The IANA name of a time zone, whatever its case. Raises ValueError."""
    name = _timezones().get(text.casefold())
    if name is None:
        raise ValueError("unknown time zone: write a name such as Europe/Paris")
    return name


def read_sections(text: str, allowed: frozenset[str] | None) -> tuple[str, ...]:
    """Slugs separated by `;` or `|`, each once, in order; `all` or `*` is all of them. Raises ValueError."""
    slugs = tuple(dict.fromkeys(part.strip().lower() for part in re.split(r"[;|]", text) if part.strip()))
    if slugs in (("all",), ("*",)):
        return ()
    for slug in slugs:
        if len(slug) > 40 or not SLUG.fullmatch(slug):
            raise ValueError(f"section {shorten(slug)!r} is no slug: use a-z, 0-9 and single hyphens")
        if allowed is not None and slug not in allowed:
            raise ValueError(f"unknown section {shorten(slug)!r}: use {', '.join(sorted(allowed))}")
    return slugs


@cache
def _timezones() -> Mapping[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}


def _column_name(title: str) -> str:
    name = plain_title(title)
    return _ALIASES.get(name, name)


def _renamed(header: Sequence[str], columns: Mapping[str, str]) -> Sequence[str]:
    """The header with the titles that the caller named otherwise."""
    wanted = {plain_title(title): name for title, name in columns.items()}
    missing = sorted(wanted.keys() - {plain_title(title) for title in header})
    if missing:
        raise TransferError(f"The header has no column {', '.join(missing)}: it has {', '.join(header)[:200]}.")
    return [wanted.get(plain_title(title), title) for title in header]


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME:
        raise _RefusedError("name", text, f"longer than {_LONGEST_NAME} characters")
    return text


def _hour(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > 23:
        raise ValueError("not an hour: write 0 to 23")
    return int(text)


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text.lower())
    except ValueError:
        raise ValueError(f"unknown frequency: use {', '.join(Frequency)}") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date: write it as 2026-11-22") from None


def _state(text: str) -> str:
    state = text.lower()
    if state not in STATES:
        raise ValueError(f"unknown state: use {', '.join(STATES)}")
    return state


def _cell(column: str, cells: Mapping[str, str], read: Callable[[str], Value], default: Default) -> Value | Default:
    """What `read` makes of the cell, or the default where the file has none."""
    text = cells[column]
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        raise _RefusedError(column, text, str(error)) from None
