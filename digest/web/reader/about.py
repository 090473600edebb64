"""What readers may say about themselves: the attributes that were declared as theirs to change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData

from digest.render.words import Words
from digest.web.forms import text_of
from subscribers.attributes import LONGEST_TEXT, AttributeKind, AttributeType, read_attribute
from subscribers.model import AttributeValue

PREFIX = "about-"
"""Before the name of an attribute in the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One field: the attribute, and the text that stands in it."""

    declared: AttributeType
    text: str = ""

    @property
    def field(self) -> str:
        """Its name in the form."""
        return PREFIX + self.declared.name

    @property
    def label(self) -> str:
        """What people see."""
        return self.declared.label or self.declared.name.replace("_", " ")

    @property
    def kind(self) -> str:
        """text, number, date, yes_no or choice."""
        return self.declared.kind.value


def answers_of(declared: Iterable[AttributeType], attributes: Mapping[str, AttributeValue]) -> tuple[Answer, ...]:
    """The fields as they stand for somebody with these attributes."""
    return tuple(Answer(declared=one, text=_shown(attributes.get(one.name))) for one in declared)


def typed_answers(fields: FormData, declared: Iterable[AttributeType]) -> tuple[Answer, ...]:
    """The fields as somebody sent them."""
    return tuple(
        Answer(declared=one, text=text_of(fields, PREFIX + one.name).strip()[: LONGEST_TEXT + 1]) for one in declared
    )


def flaws_in(answers: Sequence[Answer], words: Words) -> dict[str, str]:
    """What is wrong, by field."""
    found = {}
    for answer in answers:
        try:
            _value(answer)
        except ValueError:
            found[answer.field] = _flaw(answer, words)
    return found


def values_of(answers: Sequence[Answer]) -> dict[str, AttributeValue | None]:
    """What answers without a flaw say; None for what was left empty. Raises ValueError."""
    return {answer.declared.name: _value(answer) for answer in answers}


def _value(answer: Answer) -> AttributeValue | None:
    return read_attribute(answer.declared, answer.text) if answer.text else None


def _flaw(answer: Answer, words: Words) -> str:
    if answer.declared.kind is AttributeKind.NUMBER:
        return words.say("Write a number, such as 12 or 12.5.")
    if answer.declared.kind is AttributeKind.DATE:
        return words.say("Write the day as 2026-12-31.")
    if answer.declared.kind is AttributeKind.TEXT:
        return words.say("Write one line of at most 1,000 characters.")
    return words.say("Choose one from the list.")


def _shown(value: AttributeValue | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
