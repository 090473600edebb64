"""The preference form: what stands in it, and what a reader's answers mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from starlette.datastructures import FormData

from digest.model.newsletter import Section
from digest.render.words import Words
from digest.web.forms import text_of, texts_of
from subscribers.model import Frequency, Preferences

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChoice:
    """A tick box."""

    slug: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields as they are shown; every value as the text that stands in the page."""

    sections: tuple[SectionChoice, ...]
    frequency: str
    hour: str
    """`0` to `23`, or empty for the newsletter's own."""
    text_only: bool
    paused_until: str
    """`YYYY-MM-DD` or empty."""
    flaws: dict[str, str] = field(default_factory=dict)
    """What is wrong, by field, in the reader's language."""


def shown(preferences: Preferences, sections: Sequence[Section], today: date) -> Form:
    """The form as it stands for somebody who chose `preferences`. A pause that is over is not shown."""
    paused = preferences.paused_until
    known = {section.slug for section in sections}
    # No section chosen means all of them, and so does a choice of sections that are all gone.
    chosen = known.intersection(preferences.sections) or known
    return Form(
        sections=tuple(
            SectionChoice(slug=section.slug, title=section.title, chosen=section.slug in chosen) for section in sections
        ),
        frequency=preferences.frequency.value,
        hour="" if preferences.hour is None else str(preferences.hour),
        text_only=preferences.text_only,
        paused_until=paused.isoformat() if paused and paused > today else "",
    )


def typed(fields: FormData, sections: Sequence[Section], *, has_hours: bool, today: date, words: Words) -> Form:
    """The form as somebody filled it in, with what is wrong."""
    ticked = set(texts_of(fields, "section"))
    form = Form(
        sections=tuple(
            SectionChoice(slug=section.slug, title=section.title, chosen=section.slug in ticked) for section in sections
        ),
        frequency=text_of(fields, "frequency"),
        hour=text_of(fields, "hour") if has_hours else "",
        text_only=bool(text_of(fields, "text_only")),
        paused_until=text_of(fields, "paused_until"),
    )
    flaws: dict[str, str] = {}
    if sections and not any(section.chosen for section in form.sections):
        flaws["sections"] = words.say("Choose at least one section, or unsubscribe.")
    if form.frequency not in list(Frequency):
        flaws["frequency"] = words.say("Choose how often.")
    if form.hour and (not form.hour.isascii() or not form.hour.isdecimal() or int(form.hour[:4]) > 23):
        flaws["hour"] = words.say("Choose an hour from the list.")
    until = _day(form.paused_until)
    if form.paused_until and until is None:
        flaws["paused_until"] = words.say("Write the day as 2026-12-31.")
    elif until is not None and until <= today:
        flaws["paused_until"] = words.say("Choose a day after today.")
    return replace(form, flaws=flaws)


def chosen(form: Form, before: Preferences, *, has_hours: bool) -> Preferences:
    """What a form without flaws says; what it has no field for stays as it was."""
    sections = tuple(section.slug for section in form.sections if section.chosen)
    everything = len(sections) == len(form.sections)
    hour = int(form.hour) if form.hour else None
    return replace(
        before,
        sections=() if everything and form.sections else sections or before.sections,
        frequency=Frequency(form.frequency),
        hour=hour if has_hours else before.hour,
        text_only=form.text_only,
        paused_until=_day(form.paused_until),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
