"""The preference form: what stands in it, and what a reader's answers mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import available_timezones

from starlette.datastructures import FormData

from digest.model.newsletter import Section
from digest.render.words import LANGUAGES, Words
from digest.web.forms import text_of, texts_of
from digest.web.reader.about import Answer, answers_of, flaws_in, typed_answers
from digest.web.reader.calendar import place_of
from digest.web.reader.signup_form import SectionChoice, choice_of
from subscribers.attributes import AttributeType
from subscribers.model import Frequency, Preferences, Subscriber

LONGEST_PAUSE = timedelta(days=366)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields as they are shown; every value as the text that stands in the page."""

    sections: tuple[SectionChoice, ...]
    frequency: str
    hour: str
    """`0` to `23`, or empty for the newsletter's own."""
    zone: str
    """An IANA name, or empty for the newsletter's own."""
    language: str
    """Of our own words; empty for the newsletter's own."""
    text_only: bool
    tracking_off: bool
    paused_until: str
    """`YYYY-MM-DD` or empty."""
    about: tuple[Answer, ...] = ()
    """What readers may say about themselves."""
    flaws: dict[str, str] = field(default_factory=dict)
    """What is wrong, by field, in the reader's language."""


def shown(
    reader: Subscriber,
    preferences: Preferences,
    sections: Sequence[Section],
    today: date,
    *,
    language: str = "",
    declared: Sequence[AttributeType] = (),
) -> Form:
    """The form as it stands for somebody who chose `preferences`. A pause that is over is not shown.

    Titles are those for readers of `language`; `declared` are the attributes that readers may change.
    """
    paused = preferences.paused_until
    known = {section.slug for section in sections}
    # No section chosen means all of them, and so does a choice of sections that are all gone.
    chosen = known.intersection(preferences.sections) or known
    return Form(
        sections=tuple(choice_of(section, language, chosen=section.slug in chosen) for section in sections),
        frequency=preferences.frequency.value,
        hour="" if preferences.hour is None else str(preferences.hour),
        zone=reader.timezone if reader.timezone in known_zones() else "",
        language=reader.language if reader.language in LANGUAGES else "",
        text_only=preferences.text_only,
        tracking_off=preferences.tracking_off,
        paused_until=paused.isoformat() if paused and paused > today else "",
        about=answers_of(declared, reader.attributes),
    )


def typed(
    fields: FormData,
    sections: Sequence[Section],
    *,
    has_hours: bool,
    today: date,
    words: Words,
    declared: Sequence[AttributeType] = (),
) -> Form:
    """The form as somebody sent it, with its flaws."""
    ticked = set(texts_of(fields, "section"))
    form = Form(
        sections=tuple(choice_of(section, words.language, chosen=section.slug in ticked) for section in sections),
        frequency=text_of(fields, "frequency"),
        hour=text_of(fields, "hour") if has_hours else "",
        zone=text_of(fields, "zone") if has_hours else "",
        language=text_of(fields, "language"),
        text_only=bool(text_of(fields, "text_only")),
        tracking_off=bool(text_of(fields, "tracking_off")),
        paused_until=text_of(fields, "paused_until"),
        about=typed_answers(fields, declared),
    )
    flaws: dict[str, str] = {}
    if sections and not any(section.chosen for section in form.sections):
        flaws["sections"] = words.say("Choose at least one section, or unsubscribe.")
    if form.frequency not in list(Frequency):
        flaws["frequency"] = words.say("Choose how often.")
    if form.hour and (not form.hour.isascii() or not form.hour.isdecimal() or int(form.hour[:4]) > 23):
        flaws["hour"] = words.say("Choose an hour from the list.")
    if form.zone and form.zone not in known_zones():
        flaws["zone"] = words.say("Choose a place from the list.")
    if form.language and form.language not in LANGUAGES:
        flaws["language"] = words.say("Choose a language from the list.")
    if flaw := _pause_flaw(form.paused_until, today, words):
        flaws["paused_until"] = flaw
    flaws |= flaws_in(form.about, words)
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
        tracking_off=form.tracking_off,
        paused_until=_day(form.paused_until),
    )


def zone_groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(region, ((IANA name, place as people write it), …)) for a list to choose from."""
    named = sorted(known_zones())
    return tuple(
        (region, tuple((zone, place_of(zone)) for zone in zones))
        for region, zones in groupby(named, key=lambda zone: zone.partition("/")[0])
    )


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The zones that are called after a place; the others (EST5EDT, Etc/GMT+3) are nobody's home."""
    return frozenset(zone for zone in available_timezones() if zone.partition("/")[0] in _REGIONS and "/" in zone)


def _pause_flaw(text: str, today: date, words: Words) -> str:
    until = _day(text)
    if text and until is None:
        return words.say("Write the day as 2026-12-31.")
    if until is not None and until <= today:
        return words.say("Choose a day after today.")
    if until is not None and until > today + LONGEST_PAUSE:
        return words.say("A pause lasts a year at most.")
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
