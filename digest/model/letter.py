"""Letter: a single mail to one person (confirm, welcome, goodbye, …), before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from subscribers.model import LetterKind


class DeskLetter(StrEnum):
    """Every single mail to our own people; those to readers are `subscribers.model.LetterKind`."""

    SIGN_IN = "sign_in"
    """To somebody of the desk who asked for it: the way in."""
    DEVICE = "device"
    """To somebody of the desk: they, or somebody as them, signed in with a browser that is new to them."""
    TRIAL = "trial"
    """To somebody of our own: does mail from here arrive? With a code to bring back."""
    READY = "ready"
    """To the editor: an edition is ready."""
    ALERT = "alert"
    """To the operator: something needs a person."""


Kind = LetterKind | DeskLetter
LETTERS: tuple[Kind, ...] = (*LetterKind, *DeskLetter)
"""Every single mail that we write to one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to be written: its kind, the reader's language, and the values that its kind takes."""

    kind: Kind
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    """As `render.letter_texts.FIELDS` names them, all of them and no others."""
