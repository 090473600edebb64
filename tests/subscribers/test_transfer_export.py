"""Export: what goes out comes back the same, and a spreadsheet only shows it."""

import csv
import io
import json
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from subscribers.address import parse_address
from subscribers.lists import enrol, subscribe, unsubscribe
from subscribers.model import Frequency, MailList, OptIn, Preferences, SuppressionReason
from subscribers.segments import LanguageIs
from subscribers.store import add_subscriber, ensure_list, page_of_readers
from subscribers.suppression import suppress
from subscribers.transfer import export_csv, export_jsonl
from tests.subscribers.people import FORM, NOW, OPERATOR, PAGE, empty, import_text, member, person


def _csv(conn: Connection, mail_list: MailList) -> str:
    file = io.StringIO(newline="")
    export_csv(conn, mail_list.id, file)
    return file.getvalue()


def test_states_go_out_in_words_that_the_import_knows(conn: Connection, world: MailList) -> None:
    member(conn, world)
    unsubscribe(conn, member(conn, world, "ben@mail.example"), world.id, PAGE, NOW)
    member(conn, world, "eva@mail.example")
    suppress(conn, "eva@mail.example", SuppressionReason.HARD_BOUNCE, now=NOW)
    subscribe(conn, person(conn, "kim@mail.example"), world, FORM, NOW)
    # Their no came by a row that differs in upper and lower case: it is of this list, and theirs.
    member(conn, world, "liv@mail.example")
    suppress(conn, "liv@mail.example", SuppressionReason.UNSUBSCRIBED, now=NOW, list_id=world.id)
    rows = list(csv.DictReader(io.StringIO(_csv(conn, world))))
    assert [(row["email"][:3], row["state"], row["consent"]) for row in rows] == [
        ("ana", "active", OPERATOR.evidence),
        ("ben", "unsubscribed", OPERATOR.evidence),
        ("eva", "suppressed", OPERATOR.evidence),
        ("kim", "pending", FORM.evidence),
        ("liv", "unsubscribed", OPERATOR.evidence),
    ]
    assert {row["sections"] for row in rows} == {"all"}


def test_formulas_go_out_as_text(conn: Connection, world: MailList) -> None:
    reader = add_subscriber(
        conn, parse_address("+ana@mail.example"), now=NOW, name="=cmd()", attributes={"note": "@SUM(A1)"}
    )
    enrol(conn, reader.id, world.id, OPERATOR, NOW)
    row = next(csv.DictReader(io.StringIO(_csv(conn, world))))
    assert (row["email"], row["name"], row["note"]) == ("'+ana@mail.example", "'=cmd()", "'@SUM(A1)")


def test_people_see_punycode_where_letters_could_deceive_and_programs_what_was_typed(
    conn: Connection, world: MailList
) -> None:
    for typed in ("ana@p\u0430ypal.com", "ana@B\u00dcCHER.example", "ana@Mail.example"):  # the first with a Cyrillic a
        member(conn, world, typed)
    shown = [row["email"] for row in csv.DictReader(io.StringIO(_csv(conn, world)))]
    assert shown == ["ana@xn--pypal-4ve.com", "ana@b\u00fccher.example", "ana@Mail.example"]
    file = io.StringIO()
    export_jsonl(conn, world.id, file)
    assert json.loads(file.getvalue().splitlines()[0])["email"] == "ana@p\u0430ypal.com"


def test_json_lines_keep_types(conn: Connection, world: MailList) -> None:
    reader = add_subscriber(
        conn, parse_address("ana@mail.example"), now=NOW, name="سارة", attributes={"age": 41, "gift": True}
    )
    wishes = Preferences(sections=("asia",), hour=6, paused_until=date(2022, 5, 1))
    enrol(conn, reader.id, world.id, OPERATOR, NOW, preferences=wishes)
    file = io.StringIO()
    assert export_jsonl(conn, world.id, file) == 1
    assert "سارة" in file.getvalue()
    assert json.loads(file.getvalue()) == {
        "email": "ana@mail.example",
        "name": "سارة",
        "language": "",
        "timezone": "",
        "sections": ["asia"],
        "frequency": "daily",
        "hour": 6,
        "paused_until": "2022-05-01",
        "state": "active",
        "consent": OPERATOR.evidence,
        "attributes": {"age": 41, "gift": True},
    }


def test_a_segment_goes_out_alone(conn: Connection, world: MailList) -> None:
    import_text(conn, world, "email,language\nana@mail.example,fr\nben@mail.example,en\n")
    file = io.StringIO()
    assert export_jsonl(conn, world.id, file, segment=LanguageIs(languages=frozenset({"fr"}))) == 1
    assert json.loads(file.getvalue())["email"] == "ana@mail.example"
    assert export_csv(conn, world.id, io.StringIO(), segment=LanguageIs(languages=frozenset({"de"}))) == 0


_printable = st.text(
    st.one_of(st.sampled_from("'=+-@,;\"|＝ "), st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf", "Cn"])),
    max_size=20,
).map(str.strip)
_people = st.fixed_dictionaries(
    {
        "name": _printable,
        "language": st.sampled_from(["", "en", "ar"]),
        "timezone": st.sampled_from(["", "Asia/Kathmandu"]),
        "attributes": st.dictionaries(st.sampled_from(["city", "n"]), _printable.filter(bool), max_size=2),
    }
)
_wishes = st.builds(
    Preferences,
    sections=st.lists(st.sampled_from(["asia", "middle-east"]), unique=True).map(tuple),
    frequency=st.sampled_from(Frequency),
    hour=st.none() | st.integers(0, 23),
    paused_until=st.none() | st.dates(),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_people, _wishes), min_size=1, max_size=5))
def test_there_and_back_through_csv(engine: Engine, people: list[tuple[dict[str, object], Preferences]]) -> None:
    with engine.connect() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        for number, (person_, wishes) in enumerate(people):
            address = parse_address(f"{'+' if number % 2 else 'r'}{number}@mail.example")
            reader = add_subscriber(conn, address, now=NOW, **person_)  # type: ignore[arg-type]
            enrol(conn, reader.id, world.id, OPERATOR, NOW, preferences=wishes)
        text = _csv(conn, world)
        before = _known(conn, world)
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        report = import_text(conn, world, text)
        assert (report.added, report.refused) == (len(people), 0), report.problems
        assert _known(conn, world) == before
        assert _csv(conn, world) == text
        conn.rollback()


def _known(conn: Connection, world: MailList) -> list[object]:
    return [
        (r.email, r.name, r.language, r.timezone, r.attributes, s.preferences)
        for r, s in page_of_readers(conn, world.id)
    ]
