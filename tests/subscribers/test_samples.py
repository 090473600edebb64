"""The sample readers: 200 who come in, and 6 broken lines that the report names."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from subscribers.audience import candidates
from subscribers.model import Blocked, MailList, SubscriptionState
from subscribers.store import counts_by_state, page_of_readers
from subscribers.transfer import ImportOptions
from tests.subscribers.people import import_text

FILE = Path(__file__).parents[2] / "samples" / "subscribers.csv"
SECTIONS = frozenset({"world", "europe", "middle-east", "asia", "africa", "americas", "business", "science"})
OPTIONS = ImportOptions(consent="made for tests", sections=SECTIONS, allow_reserved=True)


def test_200_come_in_and_6_lines_are_named(conn: Connection, world: MailList) -> None:
    report = import_text(conn, world, FILE.read_bytes(), options=OPTIONS)
    assert (report.rows, report.added, report.refused) == (206, 200, 6)
    assert report.added_states == {"active": 184, "unsubscribed": 9, "suppressed": 7}
    assert [(problem.line, problem.column) for problem in report.problems] == [
        (33, "email"),
        (64, "email"),
        (96, "timezone"),
        (129, "hour"),
        (160, "email"),
        (191, ""),
    ]
    reasons = [problem.reason for problem in report.problems]
    assert "must have an @-sign" in reasons[1]
    assert reasons[2:] == [
        "unknown time zone: write a name such as Europe/Paris",
        "not an hour: write 0 to 23",
        "the same address as on line 5, which counts",
        "12 cells, but the header names 10 columns",
    ]
    assert report.notes == ()
    assert import_text(conn, world, FILE.read_bytes(), options=OPTIONS).unchanged == 200


def test_the_audience_of_the_sample_edition(conn: Connection, world: MailList) -> None:
    import_text(conn, world, FILE.read_bytes(), options=OPTIONS)
    assert counts_by_state(conn, world.id)[SubscriptionState.ENDED] == 9
    audience = list(candidates(conn, world.id, date(2022, 4, 8)))
    blocked = Counter(candidate.blocked for candidate in audience)
    assert blocked[Blocked.SUPPRESSED] == 7
    assert blocked[Blocked.PAUSED] == 2
    assert blocked[None] > 150
    assert {section for c in audience for section in c.sections} == SECTIONS
    assert {"en", "fr", "es", "de", "ar"} <= {candidate.language for candidate in audience}


def test_the_readers_live_around_the_world(conn: Connection, world: MailList) -> None:
    import_text(conn, world, FILE.read_bytes(), options=OPTIONS)
    readers = [reader for reader, _ in page_of_readers(conn, world.id, limit=500)]
    noon = datetime(2022, 4, 8, 12, tzinfo=UTC)
    offsets = {noon.astimezone(ZoneInfo(reader.timezone)).utcoffset() for reader in readers if reader.timezone}
    assert len(offsets) >= 15
    assert {"America/Lima", "Asia/Kathmandu", "Pacific/Apia"} <= {reader.timezone for reader in readers}
    assert {reader.email.rpartition(".")[2] for reader in readers} == {"example", "test"}


@pytest.mark.parametrize("name", ["=cmd()", "<b>Bold</b> & Co", "{{7*7}}", "Patrick O'Rourke", "陈晓雨", "سارة الخطيب"])
def test_awkward_names_come_in_as_written(conn: Connection, world: MailList, name: str) -> None:
    import_text(conn, world, FILE.read_bytes(), options=OPTIONS)
    assert [r.name for r, _ in page_of_readers(conn, world.id, search=name)] == [name]
