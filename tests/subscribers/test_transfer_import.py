"""Import: every line is accounted for, nothing is revived, and a second run changes nothing."""

import io
import tracemalloc
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, update

from subscribers import consent
from subscribers.address import parse_address
from subscribers.audience import candidates
from subscribers.consent import Act
from subscribers.lists import choose, subscribe, unsubscribe, unsubscribe_everywhere
from subscribers.model import Blocked, Frequency, MailList, OptIn, Preferences, SubscriptionState, SuppressionReason
from subscribers.store import (
    count_subscribers,
    counts_by_state,
    ensure_list,
    find_subscriber,
    get_subscriber,
    get_subscription,
    page_of_readers,
)
from subscribers.suppression import gate, lift, suppress_domain
from subscribers.tables import consents, subscribers, subscriptions, suppressions
from subscribers.transfer import (
    ImportOptions,
    ImportReport,
    LineProblem,
    TransferError,
    batch,
    erase,
    export_csv,
    import_csv,
)
from subscribers.transfer.importing import BATCH
from subscribers.transfer.reading import CsvRows
from subscribers.transfer.rows import ImportRow, Wishes
from subscribers.transfer.verdict import Decision
from tests.subscribers.people import (
    ERASURE_KEY,
    FORM,
    FRIDAY,
    NOW,
    OPTIONS,
    PAGE,
    empty,
    import_text,
    member,
    person,
)

GOOD = """email,name,language,timezone,sections,frequency,hour,state,consent
ana@mail.example,Ana,es,America/Lima,asia;science,weekdays,6,active,signed at the fair
ben@mail.example,Ben,en,,,,,unsubscribed,
eva@mail.example,Eva,fr,Europe/Paris,all,weekly,0,suppressed,paper form
"""


def _adds_up(report: ImportReport) -> bool:
    told = report.added + report.updated + report.unchanged + report.refused + sum(report.kept_out.values())
    return report.rows == told


def _rows(conn: Connection) -> list[object]:
    """Everything that an import may write, for comparison."""
    return [
        conn.execute(select(table).order_by(*table.primary_key.columns)).all()
        for table in (subscribers, subscriptions, consents, suppressions)
    ]


def _only_problem(report: ImportReport) -> LineProblem:
    assert report.refused == 1
    return report.problems[0]


def test_readers_come_in_with_all_they_chose(conn: Connection, world: MailList) -> None:
    report = import_text(conn, world, GOOD)
    assert (report.rows, report.added, report.refused) == (3, 3, 0)
    assert report.added_states == {"active": 1, "unsubscribed": 1, "suppressed": 1}
    assert _adds_up(report)
    ana = find_subscriber(conn, parse_address("ana@mail.example"))
    assert ana is not None
    assert (ana.name, ana.language, ana.timezone) == ("Ana", "es", "America/Lima")
    found = get_subscription(conn, ana.id, world.id)
    assert found is not None
    assert found.preferences == Preferences(sections=("asia", "science"), frequency=Frequency.WEEKDAYS, hour=6)
    assert counts_by_state(conn, world.id)[SubscriptionState.ENDED] == 1
    assert [c.blocked for c in candidates(conn, world.id, FRIDAY)] == [None, Blocked.SUPPRESSED]
    line = consent.history(conn, ana.id)[0]
    assert (line.act, line.basis.method, line.basis.evidence) == (Act.GIVEN, "import", "signed at the fair")


def test_a_second_run_changes_nothing(conn: Connection, world: MailList) -> None:
    import_text(conn, world, GOOD)
    before = _rows(conn)
    report = import_text(conn, world, GOOD)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 3)
    assert _rows(conn) == before


def test_a_dry_run_says_the_same_and_writes_nothing(conn: Connection, world: MailList) -> None:
    before = _rows(conn)
    rehearsal = import_text(conn, world, GOOD, dry_run=True)
    assert _rows(conn) == before
    report = import_text(conn, world, GOOD)
    assert (rehearsal.dry_run, report.dry_run) == (True, False)
    assert (rehearsal.added, rehearsal.added_states) == (report.added, report.added_states)


@pytest.mark.parametrize("revenant", ["ended", "everywhere", "domain", "erased", "pending"])
def test_nobody_is_revived(conn: Connection, world: MailList, daily: MailList, revenant: str) -> None:
    target, why = world, "unsubscribed"
    if revenant == "ended":
        unsubscribe(conn, member(conn, world), world.id, PAGE, NOW)
    elif revenant == "everywhere":
        unsubscribe_everywhere(conn, member(conn, world), PAGE, NOW)
        target = daily
    elif revenant == "domain":
        suppress_domain(conn, "mail.example", now=NOW)
        why = "suppressed"
    elif revenant == "erased":
        member(conn, world)
        erase(conn, parse_address("ana@mail.example"), erasure_key=ERASURE_KEY, now=NOW)
        why = "erased"
    else:
        subscribe(conn, person(conn), world, FORM, NOW)
        why = "pending"
    for text in ("email\nana@mail.example\n", "email,state\nana@mail.example,active\n"):
        before = _rows(conn)
        report = import_text(conn, target, text)
        assert report.kept_out == {why: 1}
        assert _adds_up(report)
        assert _rows(conn) == before
    assert count_subscribers(conn, target.id) == 0


def test_another_case_of_an_erased_address_stays_out_too(conn: Connection, world: MailList) -> None:
    erase(conn, parse_address("ana@mail.example"), erasure_key=ERASURE_KEY, now=NOW)
    assert import_text(conn, world, "email\nANA@mail.example\n").kept_out == {"erased": 1}


def test_case_twins_are_neither_merged_nor_doubled(conn: Connection, world: MailList) -> None:
    member(conn, world)
    problem = _only_problem(import_text(conn, world, "email\nAna@mail.example\n"))
    assert (problem.line, problem.column) == (2, "email")
    assert "upper and lower case" in problem.reason


def test_history_may_end_what_is_active(conn: Connection, world: MailList) -> None:
    ana, ben = member(conn, world), member(conn, world, "ben@mail.example")
    text = "email,state\nana@mail.example,unsubscribed\nben@mail.example,suppressed\n"
    assert import_text(conn, world, text).updated == 2
    assert import_text(conn, world, text).unchanged == 2
    found = get_subscription(conn, ana, world.id)
    assert found is not None
    assert found.state is SubscriptionState.ENDED
    assert [(c.subscriber_id, c.blocked) for c in candidates(conn, world.id, FRIDAY)] == [(ben, Blocked.SUPPRESSED)]
    assert consent.history(conn, ana)[-1].act is Act.WITHDRAWN


def test_a_reader_of_another_list_gets_a_second_subscription(
    conn: Connection, world: MailList, daily: MailList
) -> None:
    ana = member(conn, world)
    assert import_text(conn, daily, "email,hour\nana@mail.example,7\n").added == 1
    found = get_subscription(conn, ana, daily.id)
    assert found is not None
    assert found.preferences.hour == 7


def test_cells_update_and_blanks_do_not(conn: Connection, world: MailList) -> None:
    import_text(conn, world, GOOD)
    change = "email,name,language,hour,sections,city\nana@mail.example,Ana María,,0,all,Lima\n"
    assert import_text(conn, world, change).updated == 1
    assert import_text(conn, world, change).unchanged == 1
    ana = find_subscriber(conn, parse_address("ana@mail.example"))
    assert ana is not None
    assert (ana.name, ana.language, ana.attributes) == ("Ana María", "es", {"city": "Lima"})
    found = get_subscription(conn, ana.id, world.id)
    assert found is not None
    assert found.preferences == Preferences(sections=(), frequency=Frequency.WEEKDAYS, hour=0)


def test_what_a_reader_chose_is_not_overwritten(conn: Connection, world: MailList) -> None:
    import_text(conn, world, GOOD)
    ana = find_subscriber(conn, parse_address("ana@mail.example"))
    assert ana is not None
    choose(conn, ana.id, world.id, Preferences(hour=22), NOW + timedelta(days=1))
    report = import_text(conn, world, GOOD)
    assert (report.updated, report.unchanged) == (0, 3)
    found = get_subscription(conn, ana.id, world.id)
    assert found is not None
    assert found.preferences.hour == 22


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("ana.mail.example,,,,,,", "email", "must have an @-sign"),
        (",Ana,,,,,", "email", "no address"),
        ("ana@localhost,,,,,,", "email", "period"),
        ("ana@mail.test,,,,,,", "email", "special-use"),
        ("ana@mail.example,,english!,,,,", "language", "language tag"),
        ("ana@mail.example,,,Mars/Olympus,,,", "timezone", "unknown time zone"),
        ("ana@mail.example,,,,spotr,,", "sections", "unknown section 'spotr': use asia, world"),
        ("ana@mail.example,,,,a b,,", "sections", "no slug"),
        ("ana@mail.example,,,,,hourly,", "frequency", "use daily, weekdays, weekly"),
        ("ana@mail.example,,,,,,24", "hour", "0 to 23"),
        ("ana@mail.example,,,,,,٣", "hour", "0 to 23"),
        ("ana@mail.example,,,,,,-1", "hour", "0 to 23"),
        ("ana@mail.example,a,b,c,d,e,f,g", "", "8 cells, but the header names 7"),
        ("ana@mail.example,A\x00na,,,,,", "name", "control character"),
        ("ana@mail.example,A\u202ena,,,,,", "name", "control character"),
        ("ana@mail.example," + "A" * 201 + ",,,,,", "name", "longer than 200"),
        ('ana@mail.example,"Ana', "", "quote does not end"),
        ('ana@mail.example,"A"na",,,,,', "", "is a quote missing"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(
    conn: Connection, world: MailList, line: str, column: str, reason: str
) -> None:
    text = f"email,name,language,timezone,sections,frequency,hour\n{line}\n"
    options = replace(OPTIONS, sections=frozenset({"asia", "world"}))
    report = import_text(conn, world, text, options=options)
    problem = _only_problem(report)
    assert (problem.line, problem.column) == (2, column)
    assert reason in problem.reason
    assert len(problem.value) <= 32
    assert _adds_up(report)
    assert count_subscribers(conn, world.id) == 0


def test_one_broken_line_does_not_hurt_the_others(conn: Connection, world: MailList) -> None:
    text = b"email,name\nana@mail.example,Ana\nben@mail.example,\xff\n\n ,\neva@mail.example,Eva\n"
    report = import_text(conn, world, text)
    assert (report.rows, report.added) == (3, 2)
    problem = _only_problem(report)
    assert (problem.line, problem.column, problem.reason) == (3, "name", "bytes that are not UTF-8")


def test_doubled_addresses_count_once_and_name_the_first(conn: Connection, world: MailList) -> None:
    lines = "".join(f"r{n}@mail.example,N\n" for n in range(2_500))
    text = f"email,name\n{lines}r7@mail.example,Other\nR2400@MAIL.example,Other\n"
    report = import_text(conn, world, text)
    assert (report.added, report.refused) == (2_500, 2)
    assert [(p.line, p.reason) for p in report.problems] == [
        (2_502, "the same address as on line 9, which counts"),
        (2_503, "the same address as on line 2402, which counts"),
    ]


@pytest.mark.parametrize("apart", [0, BATCH])
@pytest.mark.parametrize(("no", "blocked"), [("unsubscribed", "ended"), ("suppressed", "suppressed")])
def test_a_no_wins_wherever_in_the_file_it_stands(
    conn: Connection, world: MailList, no: str, blocked: str, apart: int
) -> None:
    others = "".join(f"r{n}@mail.example,\n" for n in range(apart))
    for yes_first in (True, False):
        address = f"ana{yes_first}@mail.example"
        said = [f"{address},active\n", f"{address},{no}\n"]
        file = "email,state\n" + others.join(said if yes_first else said[::-1])
        rehearsal = import_text(conn, world, file, dry_run=True)
        report = import_text(conn, world, file)
        told = (report.rows, report.added, report.updated, report.unchanged, report.refused, report.kept_out)
        assert told == (
            rehearsal.rows, rehearsal.added, rehearsal.updated, rehearsal.unchanged, rehearsal.refused,
            rehearsal.kept_out,
        )  # fmt: skip
        assert _adds_up(report)
        assert (report.updated, report.refused) == ((1, 0) if yes_first else (0, 1))
        reader = find_subscriber(conn, parse_address(address))
        assert reader is not None
        verdict = gate(conn, [reader.id], world.id, FRIDAY)[reader.id]
        assert verdict is (Blocked.UNSUBSCRIBED if blocked == "ended" else Blocked.SUPPRESSED)


_states = st.sampled_from(["active", "pending", "unsubscribed", "suppressed"])
_said = st.lists(st.tuples(st.sampled_from(["ana", "Ana", "ben", "eva"]), _states), max_size=9)


@settings(max_examples=60, deadline=None)
@given(_said, st.sampled_from(["", "domain", "erased", "listed"]))
@example([("ana", "pending"), ("ana", "active"), ("ana", "suppressed")], "")
def test_a_rehearsal_and_the_import_agree_whatever_a_file_says_twice(
    engine: Engine, said: list[tuple[str, str]], before: str
) -> None:
    file = "email,state\n" + "".join(f"{name}@mail.example,{state}\n" for name, state in said)
    with engine.connect() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        if before == "domain":
            suppress_domain(conn, "mail.example", now=NOW)
        elif before == "erased":
            erase(conn, parse_address("ana@mail.example"), erasure_key=ERASURE_KEY, now=NOW)
        elif before == "listed":
            member(conn, world)
        rehearsal = import_text(conn, world, file, dry_run=True)
        report = import_text(conn, world, file)
        assert _adds_up(report)
        assert replace(rehearsal, dry_run=False, problems=()) == replace(report, problems=())
        mailed = {one.email.lower() for one in candidates(conn, world.id, FRIDAY) if one.blocked is None}
        said_no = {f"{name.lower()}@mail.example" for name, state in said if state in ("unsubscribed", "suppressed")}
        assert not mailed & said_no
        again = import_text(conn, world, file)
        assert (again.added, again.updated) == (0, 0)
        conn.rollback()


def test_headers_are_read_kindly(conn: Connection, world: MailList) -> None:
    text = "\ufeffE-Mail Address;Full Name;Time Zone;Sections;Favourite Colour;Größe\r\n"
    text += "Ana@mail.example;Ana;europe/paris;asia|world|asia;blue;7\r\n"
    report = import_text(conn, world, text)
    assert report.added == 1
    assert report.notes == (
        "Column `favourite_colour` is kept as a custom attribute.",
        "Column 'Größe' is left out: its name cannot be an attribute's.",
    )
    reader, subscription = page_of_readers(conn, world.id)[0]
    assert (reader.timezone, reader.attributes) == ("Europe/Paris", {"favourite_colour": "blue"})
    assert subscription.preferences.sections == ("asia", "world")


def test_pauses_and_languages_with_regions(conn: Connection, world: MailList) -> None:
    text = "email,language,paused_until\nana@mail.example,pt-BR,2022-05-01\nben@mail.example,,soon\n"
    report = import_text(conn, world, text)
    assert _only_problem(report).reason == "not a date: write it as 2026-11-22"
    reader, subscription = page_of_readers(conn, world.id)[0]
    assert reader.language == "pt"
    assert subscription.preferences.paused_until == date(2022, 5, 1)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "no header"),
        (b"\n", "no header"),
        (b"name\nAna\n", "no column `email`: it has name"),
        (b"email,E-Mail\n", "names a column twice: email"),
        ("email\nana@mail.example\n".encode("utf-16"), "UTF-16: save it as CSV in UTF-8"),
        ("email\nana@mail.example\n".encode("utf-16-be"), "NUL bytes, as UTF-16 has"),
        ("\ufeffemail\nana@mail.example\n".encode("utf-16-be"), "UTF-16: save"),
        ("email\nana@mail.example\n".encode("utf-32"), "UTF-32: save"),
        (b'"email,name\nana@mail.example,Ana\n', "is a quote missing"),
        (b"email,name\rana@mail.example,Ana\r", "CR alone"),
        (b"email," + b"x" * 200_000 + b"\nana@mail.example,\n", "first line is longer than 100,000"),
        ("émail\n".encode("latin-1"), "header is not UTF-8"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x1f\x8brest", "gzip"),
        (bytes(1_000), "NUL bytes"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_whole(conn: Connection, world: MailList, file: bytes, message: str) -> None:
    with pytest.raises(TransferError, match=message):
        import_text(conn, world, file)


def test_a_quote_that_does_not_end_costs_its_own_line_alone(conn: Connection, world: MailList) -> None:
    others = "".join(f"r{n}@mail.example,N\n" for n in range(400))
    text = f'email,name\nana@mail.example,Ana\nben@mail.example,"Ben\n{others}eva@mail.example,"Eva"\n'
    report = import_text(conn, world, text)
    assert (report.rows, report.added) == (403, 402)
    problem = _only_problem(report)
    assert problem.line == 3
    assert "a quote opens here and does not end" in problem.reason
    assert find_subscriber(conn, parse_address("eva@mail.example")) is not None
    assert _adds_up(report)


def test_a_cell_over_several_lines_goes_with_all_of_them(conn: Connection, world: MailList) -> None:
    """Well quoted, so nobody can say whether a quote is missing: the lines within are told, and make no readers."""
    text = 'email,name\nana@mail.example,"Ana\nben@mail.example,Ben\n"\neva@mail.example,Eva\n'
    report = import_text(conn, world, text)
    assert [(problem.line, problem.column) for problem in report.problems] == [(2, "name"), (3, ""), (4, "")]
    assert "runs on to line 4" in report.problems[0].reason
    assert "belongs to line 2" in report.problems[1].reason
    assert (report.rows, report.added, report.refused) == (4, 1, 3)


def test_a_note_over_several_lines_makes_no_reader_when_its_quote_is_lost(conn: Connection, world: MailList) -> None:
    text = 'email,name\nana@mail.example,"Ana said\nben@mail.example\nis a friend\neva@mail.example,Eva\n'
    report = import_text(conn, world, text)
    assert [problem.line for problem in report.problems] == [2, 3, 4]
    assert report.problems[1].reason == "1 cells, but the header names 2 columns"
    assert report.added == 1


_pieces = st.lists(
    st.sampled_from(
        ["a@b.example", "ana@mail.example", ",", '"', '""', "\n", "\r\n", "\r", "\x00", "Ana", " ", "\xff", ";"]
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(_pieces)
def test_every_line_is_in_one_row_and_no_other(pieces: list[str]) -> None:
    file = b"email,name\n" + "".join(pieces).encode("latin-1")
    rows = list(CsvRows(io.BytesIO(file)))
    seen = [line for row in rows for line in range(row.line, row.last_line + 1)]
    blank = [n for n, line in enumerate(file.split(b"\n"), start=1) if not line.strip(b"\r")]
    lines = range(2, file.count(b"\n") + (not file.endswith(b"\n")) + 1)
    assert seen == sorted(set(seen))
    assert set(lines) - set(seen) <= set(blank)
    assert set(seen) <= set(lines)


def test_an_endless_line_costs_little_memory(conn: Connection, world: MailList) -> None:
    class Endless(io.RawIOBase):
        """40 MB of one line between two good ones, made as it is read."""

        def __init__(self) -> None:
            self.parts = [b"email,name\nana@mail.example,Ana\n", *[b"x" * 2**20] * 40, b"\nben@mail.example,\n"]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            if not self.parts:
                return 0
            head, rest = self.parts[0][: len(buffer)], self.parts[0][len(buffer) :]
            self.parts[:1] = [rest] if rest else []
            buffer[: len(head)] = head
            return len(head)

    tracemalloc.start()
    with io.BufferedReader(Endless()) as source:
        report = import_csv(source, lambda: nullcontext(conn), world, now=NOW, erasure_key=ERASURE_KEY, options=OPTIONS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.rows, report.added) == (3, 2)
    assert _only_problem(report).reason == "the line is longer than 100,000 bytes"
    assert peak < 10_000_000


def test_an_import_that_was_cut_is_finished_by_the_next(engine: Engine) -> None:
    class Cut(Exception):
        """The machine stops."""

    lines = "".join(f"r{n}@mail.example\n" for n in range(11_500))
    done: list[int] = []

    def stop(rows: int) -> None:
        done.append(rows)
        raise Cut

    with engine.begin() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
    file = f"email\n{lines}".encode()
    with pytest.raises(Cut):
        import_csv(
            io.BytesIO(file), engine.begin, world, now=NOW, erasure_key=ERASURE_KEY, options=OPTIONS, progress=stop
        )
    assert done == [5_000]
    report = import_csv(
        io.BytesIO(file), engine.begin, world, now=NOW, erasure_key=ERASURE_KEY, options=OPTIONS, progress=done.append
    )
    assert (report.added, report.unchanged) == (6_500, 5_000)
    assert done == [5_000, 5_000, 10_000, 11_500]
    with engine.begin() as conn:
        assert conn.execute(select(func.count()).select_from(consents)).scalar_one() == 11_500
        empty(conn)


_emails = st.sampled_from(
    ["ana@mail.example", "ANA@mail.example", "ben@mail.example", "eva@x.test", "no", "", "kim@bücher.example"]
)
_lines = st.tuples(
    _emails,
    st.sampled_from(["", "Ana", "=cmd()", "O'Brien", 'a"b', "سارة"]),
    st.sampled_from(["", "5", "23", "24", "x"]),
    st.sampled_from(["", "active", "unsubscribed", "suppressed", "pending", "lost"]),
)


@settings(max_examples=40, deadline=None)
@example(first=[("ANA@mail.example", "", "", "pending"), ("ana@mail.example", "", "", "active")], second=[])
@given(first=st.lists(_lines, max_size=8), second=st.lists(_lines, max_size=8))
def test_rehearsal_and_run_agree_and_every_line_is_accounted_for(
    engine: Engine, first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    with engine.connect() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.DOUBLE, NOW)
        for lines in (first, second):
            text = "email,name,hour,state\n" + "".join(
                ",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in lines
            )
            rehearsal = import_text(conn, world, text, dry_run=True)
            report = import_text(conn, world, text)
            assert _adds_up(report)
            assert report.kept_out == rehearsal.kept_out
            assert report.problems == rehearsal.problems
            assert (report.added, report.updated, report.unchanged) == (
                rehearsal.added,
                rehearsal.updated,
                rehearsal.unchanged,
            )
            again = import_text(conn, world, text)
            assert (again.added, again.updated, again.problems) == (0, 0, report.problems)
        conn.rollback()


def test_how_they_agreed_must_be_said(conn: Connection, world: MailList) -> None:
    silent = ImportOptions()
    with pytest.raises(TransferError, match="agreed"):
        import_text(conn, world, "email\nana@mail.example\n", options=silent)
    report = import_text(conn, world, "email,consent\nana@mail.example,a card\nben@mail.example,\n", options=silent)
    assert (report.added, report.refused) == (1, 1)
    assert report.problems[0].column == "consent"


def test_a_batch_whose_address_somebody_took_meanwhile_loses_nobody(engine: Engine) -> None:
    """The quick way in fails as a whole on PostgreSQL; then the slow way lets the other one keep the upper hand."""
    with engine.begin() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        rows = [_row(conn, world, name) for name in ("ana", "ben")]
        if conn.dialect.name == "postgresql":
            member(conn, world, "ana@mail.example")
        batch.write(conn, rows, batch.Settled(list_id=world.id, now=NOW, erasure_key=ERASURE_KEY))
        found = conn.execute(select(subscribers.c.email_key).order_by(subscribers.c.email_key)).scalars().all()
        assert found == ["ana@mail.example", "ben@mail.example"]
        assert count_subscribers(conn, world.id) == 2
        empty(conn)


def _row(conn: Connection, world: MailList, name: str) -> tuple[ImportRow, Decision]:
    row = ImportRow(line=2, address=parse_address(f"{name}@mail.example"), wishes=Wishes(), consent="a \\ backslash")
    settled = batch.Settled(list_id=world.id, now=NOW, erasure_key=ERASURE_KEY)
    return batch.decide_all(conn, [row], settled)[0]


def test_backslashes_come_in_as_they_are(conn: Connection, world: MailList) -> None:
    import_text(conn, world, "email,name\nana@mail.example,a\\b \\N \\t\n")
    names = conn.execute(select(subscribers.c.name).order_by(subscribers.c.id)).scalars().all()
    assert names == ["a\\b \\N \\t"]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "no",
    [
        "unsubscribed,,,",
        "suppressed,,,",
        "unsubscribed,form,99,",
        "suppressed,form,,bad\x07name",
        "unsubscribed,form,,too,many",
    ],
)
def test_a_no_holds_whatever_else_is_wrong_with_its_line(
    conn: Connection, world: MailList, no: str, *, turned: bool
) -> None:
    lines = ["ana@mail.example,active,form,,", f"ana@mail.example,{no}"]
    text = "email,state,consent,hour,name\n" + "\n".join(lines[::-1] if turned else lines) + "\n"
    rehearsal = import_text(conn, world, text, options=ImportOptions(), dry_run=True)
    report = import_text(conn, world, text, options=ImportOptions())
    assert (report.refused, report.rows) == (int(turned), 2), "of two lines the first counts, and every no"
    assert (rehearsal.added, rehearsal.updated, rehearsal.unchanged) == (report.added, report.updated, report.unchanged)
    assert [one.blocked for one in candidates(conn, world.id, NOW.date())] in ([], ["suppressed"])


def test_who_is_suppressed_and_never_agreed_gets_nothing_once_that_is_lifted(conn: Connection, world: MailList) -> None:
    import_text(conn, world, "email,state,consent\nana@mail.example,suppressed,\n", options=ImportOptions())
    assert lift(conn, "ana@mail.example", SuppressionReason.MANUAL)
    assert list(candidates(conn, world.id, NOW.date())) == []


@pytest.mark.parametrize("number", ["9" * 400, "1e400", "NaN", "-" + "9" * 30])
def test_a_number_that_nothing_holds_is_one_refused_row(conn: Connection, world: MailList, number: str) -> None:
    report = import_text(
        conn, world, f'email,attributes\nana@mail.example,"{{""n"": {number}}}"\nben@mail.example,{{}}\n'
    )
    assert (report.refused, report.added) == (1, 1)


def test_a_file_of_ours_leaves_numbers_and_yes_what_they_are(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    conn.execute(update(subscribers).values(attributes={"age": 41, "gift": True, "plan": "basic"}))
    out = io.StringIO()
    export_csv(conn, world.id, out)
    assert import_text(conn, world, out.getvalue()).unchanged == 1
    changed = out.getvalue().replace("basic", "full")
    assert import_text(conn, world, changed).updated == 1
    found = get_subscriber(conn, reader)
    assert found is not None
    assert found.attributes == {"age": 41, "gift": True, "plan": "full"}
    assert isinstance(found.attributes["gift"], bool)
