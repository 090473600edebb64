"""Letter: a single mail to one person (confirm, welcome, goodbye, …), before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LetterKind(StrEnum):
    """Every single mail that we write to one person."""

    CONFIRM = "confirm"
    """To an address that was entered on our page: is it yours, and do you want this?"""
    LINKS = "links"
    """To somebody who is on the list already and was entered again: the way to their own page."""
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ADDRESS = "address"
    """To the new address: is it yours?"""
    MOVED = "moved"
    """To the old address: it was changed, and can be taken back."""
    EXPORT = "export"
    """The reader's data are ready to be downloaded."""
    ERASE = "erase"
    """Shall everything about this address be erased?"""
    SIGN_IN = "sign_in"
    """To somebody of the desk who asked for it: the way in."""
    TRIAL = "trial"
    """To somebody of our own: does mail from here arrive? With a code to bring back."""
    READY = "ready"
    """To the editor: an edition is ready."""
    ALERT = "alert"
    """To the operator: something needs a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to be written: its kind, the reader's language, and the values that its kind takes."""

    kind: LetterKind
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    """As `render.letter_texts.FIELDS` names them, all of them and no others."""
