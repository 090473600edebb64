"""Readers for tests: an instant, an empty database, and somebody on a list."""

import io
from contextlib import nullcontext
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from subscribers import audience, store
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.lists import enrol
from subscribers.model import MailList, Preferences
from subscribers.tables import metadata
from subscribers.transfer import ImportOptions, ImportReport, import_csv

NOW = datetime(2022, 4, 8, 5, 30, tzinfo=UTC)
MONDAY = date(2022, 4, 4)
FRIDAY = date(2022, 4, 8)
SATURDAY = date(2022, 4, 9)

FORM = Basis(method="form", wording_version="2022-1", evidence="the form on the front page")
PAGE = Basis(method="page")
OPERATOR = Basis(method="operator", evidence="asked at the fair")

OURS = {
    *("address_changes", "asks", "attribute_types", "consents", "engagements", "erasures", "former_addresses"),
    *("import_problems", "imports", "letters", "lists", "segments", "subscribers", "subscriptions", "suppressions"),
}
"""The readers' tables."""

OPTIONS = ImportOptions(consent="imported by the operator")

ERASURE_KEY = b"a key for erasures in tests only"


def empty(conn: Connection) -> None:
    """Take every row out of the readers' tables."""
    for table in reversed(metadata.sorted_tables):
        if table.name in OURS:
            conn.execute(table.delete())


def person(conn: Connection, email: str = "ana@mail.example") -> int:
    """A reader without any list."""
    return store.add_subscriber(conn, parse_address(email), now=NOW).id


def member(
    conn: Connection,
    mail_list: MailList,
    email: str = "ana@mail.example",
    preferences: Preferences | None = None,
) -> int:
    """A reader with an active subscription."""
    subscriber_id = person(conn, email)
    assert enrol(conn, subscriber_id, mail_list.id, OPERATOR, NOW, preferences=preferences).changed
    return subscriber_id


def crowd(conn: Connection, mail_list: MailList, size: int) -> list[int]:
    """That many readers with active subscriptions, by import; their ids in order."""
    lines = "".join(f"r{n}@mail.example\n" for n in range(size))
    report = import_text(conn, mail_list, f"email\n{lines}")
    assert report.added == size
    return [candidate.subscriber_id for candidate in audience.candidates(conn, mail_list.id, FRIDAY)]


def import_text(
    conn: Connection,
    mail_list: MailList,
    text: str | bytes,
    *,
    dry_run: bool = False,
    options: ImportOptions | None = None,
) -> ImportReport:
    """Import a file given as text, within the transaction of the test."""
    return import_csv(
        io.BytesIO(text.encode() if isinstance(text, str) else text),
        lambda: nullcontext(conn),
        mail_list,
        now=NOW,
        erasure_key=ERASURE_KEY,
        options=options or OPTIONS,
        dry_run=dry_run,
    )
