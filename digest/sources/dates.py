"""Reads the dates that documents state, in the forms the web writes them, into a day and an aware UTC instant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from digest.sources.months import MONTHS, THAI

_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "cet": 60, "west": 60, "wat": 60, "cest": 120, "sast": 120,
    "cat": 120, "eet": 120, "eest": 180, "msk": 180, "eat": 180, "trt": 180, "gst": 240, "pkt": 300, "ist": 330,
    "npt": 345, "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "awst": 480, "jst": 540, "kst": 540, "aest": 600,
    "acst": 570, "aedt": 660, "nzst": 720, "nzdt": 780, "est": -300, "edt": -240, "et": -300, "cst": -360,
    "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "brt": -180, "art": -180, "pet": -300,
}  # fmt: skip
"""Minutes east of UTC. An abbreviation that two countries share has the meaning most common in English news."""

_MONTH = "(?:ב-?)?(?P<month>" + "|".join(map(re.escape, sorted(MONTHS, key=len, reverse=True))) + r")\.?"
_THAI = "(?P<month>" + "|".join(map(re.escape, sorted(THAI, key=len, reverse=True))) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAYS = (
    re.compile(rf"(?<!\d){_YEAR}(?P<gap>[-/.])(?P<month>\d\d?)(?P=gap)(?P<day>\d\d?)(?!\d)"),
    re.compile(rf"(?<!\d){_YEAR}(?P<month>\d\d)(?P<day>\d\d)(?=[T-]\d{{4}}(?:\d\d)?(?!\d))"),
    re.compile(rf"\b{_DAY}(?:\s+(?:de|of))?[\s,-]+{_MONTH}(?:\s+(?:de|of))?[\s,-]+{_YEAR}\b", re.I),
    re.compile(rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b", re.I),
    re.compile(rf"(?<!\d){_YEAR}\s*[年년]\s*(?P<month>\d\d?)\s*[月월]\s*(?P<day>\d\d?)\s*[日일]"),
    re.compile(rf"(?<!\d){_YEAR}\.\s(?P<month>\d\d?)\.\s(?P<day>\d\d?)(?!\d)"),
    re.compile(rf"(?<!\d)(?P<day>\d\d?)\s+tháng\s+(?P<month>\d\d?)(?:,|,?\s+năm)?\s+{_YEAR}(?!\d)", re.I),
    re.compile(rf"(?<!\d)(?P<day>\d\d?)\s+{_THAI}\s+(?P<year>2[05]\d\d)(?!\d)"),
    re.compile(rf"(?<!\d)(?P<first>\d\d?)(?P<mark>[/.])(?P<second>\d\d?)(?P=mark){_YEAR}(?!\d)"),
    re.compile(rf"(?<!\d){_YEAR}\.?\s+{_MONTH}\s+(?P<day>\d\d?)\.?(?!\d)", re.I),
)
_DAY_FIRST = re.compile(
    r"\b(?:a las|às|alle|publié|mis à jour|publicado|publicada|actualizado|atualizado|pubblicato|aggiornato"
    r"|veröffentlicht|stand|uhr|kl|saat|klo|ngày|thứ)\b|\dh\b",
    re.I,
)
"""Words beside a date by which 07/04/2022 is no American one."""
_STAMP_TIME = re.compile(r"\A[T-](?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?!\d)")
_TIME = re.compile(
    r"(?<![\d.:])(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?P<rest>.{0,24})",
    re.I | re.S,
)
_OFFSET = re.compile(
    r"\A\s*\(?\s*(?:(?:gmt|utc)\s*)?(?P<sign>[+−-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?!\d)", re.I
)
_ZONE = re.compile(r"\A\s*\(?\s*(?P<zone>[A-Za-z]{1,4})\b")
_MAX_LENGTH = 400
_ANY_DIGIT = re.compile("[0-9]")
_EPOCH = re.compile(r"\s*(?P<seconds>\d{10})(?:\d{3}|\.\d+)?\s*\Z")
"""Seconds, or milliseconds, since 1970, and nothing else."""
_ZEROS = (
    0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040,
    0x17E0, 0xFF10,
)  # fmt: skip
_DIGITS = {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
"""Digits of Arabic, Persian, the scripts of India, Thai, Lao, Tibetan, Burmese, Khmer, and wide ones; each is one
character before and after."""
_BUDDHIST = 543
"""Years that Thailand counts more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a text says about when: `day` as written, `instant` (aware, UTC) where it also gives a time.

    A time without a zone is taken as UTC, and so is one whose zone we do not know.
    `span` is the place of the date in the text, start and end.
    """

    day: date
    instant: datetime | None
    span: tuple[int, int]


def find_date(text: str) -> Stated | None:
    """The first date in `text`, or None. 1 January 1970 to 31 December 2099; 04/05/2022 is ambiguous and no date
    (but 04.05.2022 is one, and so is 04/05/2022 beside words of a language that puts the day first).
    A text that is nothing but a number of ten or thirteen digits counts seconds or milliseconds since 1970."""
    text = text[:_MAX_LENGTH].translate(_DIGITS)
    if _ANY_DIGIT.search(text) is None:
        return None
    if epoch := _EPOCH.match(text):
        since_1970 = datetime.fromtimestamp(int(epoch["seconds"]), UTC)
        return Stated(day=since_1970.date(), instant=since_1970, span=(0, len(text)))
    found: tuple[re.Match[str], date] | None = None
    for pattern in _DAYS:
        match = pattern.search(text)
        day = _day(match, text) if match else None
        if match and day and (found is None or match.start() < found[0].start()):
            found = (match, day)
    if found is None:
        return None
    match, day = found
    clock, end = _clock(text, match)
    instant = None
    if clock is not None:
        hour, minute, second, zone = clock
        try:
            instant = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            instant = None
    return Stated(day=day, instant=instant, span=(match.start(), end))


def _day(match: re.Match[str], text: str) -> date | None:
    parts = match.groupdict()
    year = int(parts["year"])
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        if first <= 12 < second and parts["mark"] == "/":
            first, second = second, first
        elif second > 12 or (parts["mark"] == "/" and first <= 12 and first != second and not _DAY_FIRST.search(text)):
            return None
        day, month = first, second
    else:
        day = int(parts["day"])
        name = parts["month"].casefold()
        month = MONTHS.get(name) or THAI.get(name) or int(name)
    if year > 2500:
        year -= _BUDDHIST
    try:
        return date(year, month, day) if year >= 1970 else None
    except ValueError:
        return None


def _clock(text: str, found: re.Match[str]) -> tuple[tuple[int, int, int, timezone] | None, int]:
    """(hour, minute, second, zone) of the time beside the date `found`, and where both of them end."""
    start = found.end()
    stamp = _STAMP_TIME.match(text[start:])
    if stamp is not None:
        zone, used = _zone(text[start + stamp.end() :])
        return (int(stamp["hour"]), int(stamp["minute"]), int(stamp["second"] or 0), zone), start + stamp.end() + used
    match = _TIME.search(text, start) or _TIME.search(text[: found.start()])
    if match is None or match.start() - start > 30:
        return None, start
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    zone, used = _zone(match["rest"])
    end = match.start("rest") + used
    return (hour, int(match["minute"]), int(match["second"] or 0), zone), max(start, end)


def _zone(rest: str) -> tuple[timezone, int]:
    """The zone that `rest` begins with and how many characters it takes; UTC and 0 where there is none."""
    offset = _OFFSET.match(rest)
    if offset is not None:
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        if minutes <= 14 * 60:
            sign = 1 if offset["sign"] == "+" else -1
            return timezone(timedelta(minutes=sign * minutes)), offset.end()
    named = _ZONE.match(rest)
    if named is not None and named["zone"].lower() in _ZONES:
        return timezone(timedelta(minutes=_ZONES[named["zone"].lower()])), named.end()
    return UTC, 0
