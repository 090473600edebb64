"""Dates as documents write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.dates import find_date
from digest.sources.months import FROM_CLDR, FULL_NAMES, LANGUAGES, MONTHS


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("20220408-093214", "2022-04-08", "2022-04-08T09:32:14+00:00"),
        ("date 2022-04-08 WORLD", "2022-04-08", None),
        ("2022-04-08T09:32:14Z", "2022-04-08", "2022-04-08T09:32:14+00:00"),
        ("2022-04-08T23:30:00.123-05:00", "2022-04-08", "2022-04-09T04:30:00+00:00"),
        ("2022-04-08 09:32", "2022-04-08", "2022-04-08T09:32:00+00:00"),
        ("20220408T093214Z", "2022-04-08", "2022-04-08T09:32:14+00:00"),
        ("Published: April 8, 2022 9:32 PM GMT+2", "2022-04-08", "2022-04-08T19:32:00+00:00"),
        ("Friday, 8 April 2022, 12:30 BST", "2022-04-08", "2022-04-08T11:30:00+00:00"),
        ("Apr. 8, 2022, 12:05 a.m. EDT", "2022-04-08", "2022-04-08T04:05:00+00:00"),
        ("8th of April 2022", "2022-04-08", None),
        ("le 8 avril 2022 à 18h05", "2022-04-08", "2022-04-08T18:05:00+00:00"),
        ("8 de abril de 2022", "2022-04-08", None),
        ("8. März 2022, 07:15 Uhr", "2022-03-08", "2022-03-08T07:15:00+00:00"),
        ("2022年4月8日 10:20", "2022-04-08", "2022-04-08T10:20:00+00:00"),
        ("31/03/2022", "2022-03-31", None),
        ("03/31/2022 10:00 AM IST", "2022-03-31", "2022-03-31T04:30:00+00:00"),
        ("08.08.2022", "2022-08-08", None),
        ("Stand: 08.04.2022 11:32 Uhr", "2022-04-08", "2022-04-08T11:32:00+00:00"),
        ("07/04/2022 a las 19:12h.", "2022-04-07", "2022-04-07T19:12:00+00:00"),
        ("8 апреля 2022, 12:45", "2022-04-08", "2022-04-08T12:45:00+00:00"),
        ("8 kwietnia 2022", "2022-04-08", None),
        ("8 Nisan 2022 10:15", "2022-04-08", "2022-04-08T10:15:00+00:00"),
        ("2022. április 8.", "2022-04-08", None),
        ("प्रकाशित: 8 अप्रैल 2022, 09:32", "2022-04-08", "2022-04-08T09:32:00+00:00"),
        ("٨ أبريل ٢٠٢٢", "2022-04-08", None),
        ("8 เมษายน 2022", "2022-04-08", None),
        ("8 เมษายน 2565", "2022-04-08", None),
        ("8. dubna 2022 10:15", "2022-04-08", "2022-04-08T10:15:00+00:00"),
        ("៨ មេសា ២០២២", "2022-04-08", None),
        ("8 اپریل 2022", "2022-04-08", None),
        ("8 באפריל 2022", "2022-04-08", None),
        ("Thứ sáu, 8/4/2022, 10:30", "2022-04-08", "2022-04-08T10:30:00+00:00"),
        ("10:15 on 8 April 2022", "2022-04-08", "2022-04-08T10:15:00+00:00"),
        ("1649410334", "2022-04-08", "2022-04-08T09:32:14+00:00"),
        ("1649410334000", "2022-04-08", "2022-04-08T09:32:14+00:00"),
    ],
)
def test_a_date_is_found(text: str, day: str, instant: str | None) -> None:
    stated = find_date(text)
    assert stated is not None
    assert stated.day.isoformat() == day
    assert (stated.instant.isoformat() if stated.instant else None) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "no date", "04/05/2022", "El Paso, 04/05/2022", "2022-13-08",
        "31 February 2022", "1850-01-01", "call 905-673-6625", "12:30",
        "April 8", "version 1.2.3", "20229999-111111", "iPhone 12 Pro 2022", "8 tháng 13, 2022",
    ],
)  # fmt: skip
def test_what_is_no_date_or_not_clear_is_none(text: str) -> None:
    assert find_date(text) is None


@given(st.text(alphabet="0123456789-/.: TZ+apmril,AprilMärz年月日", max_size=60))
def test_any_text_is_survived_and_instants_are_utc(text: str) -> None:
    stated = find_date(text)
    if stated is not None and stated.instant is not None:
        assert stated.instant.tzinfo is UTC
        assert abs((stated.instant.date() - stated.day).days) <= 1


@given(st.datetimes(datetime(1971, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_isoformat_writes_is_read_back(instant: datetime) -> None:
    stated = find_date(instant.isoformat())
    assert stated is not None
    assert stated.instant == instant.replace(microsecond=0)


def test_the_months_written_down_are_those_of_cldr() -> None:
    """What a name means in one language only, or the same in all that have it, and in no language written by hand."""
    found: dict[str, set[int]] = {}
    for language in (*LANGUAGES, *FULL_NAMES):
        for width in ("wide", "abbreviated") if language in LANGUAGES else ("wide",):
            for number, name in Locale.parse(language).months["format"][width].items():
                bare = name.strip(".").casefold()
                if len(bare) >= 3 and " " not in bare and not bare.isdigit():
                    found.setdefault(bare, set()).add(number)
    clear = {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1}
    written = {name: number for number, line in enumerate(FROM_CLDR, start=1) for name in line.split()}
    assert written.items() <= clear.items()
    assert clear.keys() <= MONTHS.keys()
