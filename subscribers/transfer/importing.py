"""Import of readers from CSV: by the thousand, some thousands in one transaction, safe to run again."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Protocol

from sqlalchemy import Connection

from subscribers.model import MailList
from subscribers.transfer.batch import Decided, Settled, decide_all, learn_sizes, write
from subscribers.transfer.reading import CsvRows, Row
from subscribers.transfer.rows import ImportOptions, ImportRow, LineProblem, RowReader, shorten
from subscribers.transfer.seen import NOES, SeenAddresses
from subscribers.transfer.verdict import Decision, Verdict

BATCH = 5_000
"""Rows per transaction: on SQLite others may wait for it, a few tenths of a second."""

_MANY = 10_000
"""New readers after which the database counts anew, instead of some time later by itself."""

_READ_AGAIN = 50_000
"""Rows that are only read again between two signs of life: a few seconds."""

MOST_PROBLEMS = 1_000
"""How many problems a report lists; the rest is only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or would do. rows = added + updated + unchanged + refused + the sum of kept_out.

    `added_states` divides `added` by the state the file gave. `kept_out` counts by reason those whom an import
    may not revive: unsubscribed, suppressed, pending, erased. `problems` says why rows were refused, in the
    order of the file, at most 1,000 of them. An address that comes as active and later in the file as unsubscribed or
    suppressed counts once as added and once as updated.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    refused: int
    kept_out: Mapping[str, int]
    added_states: Mapping[str, int]
    problems: tuple[LineProblem, ...]
    notes: tuple[str, ...]
    dry_run: bool


class Journal(Protocol):
    """Where an import keeps how far it is."""

    def tally(self) -> Tally:
        """The numbers so far: empty at first."""

    def keep(self, conn: Connection, tally: Tally, problems: Sequence[LineProblem], place: int) -> None:
        """Write the numbers, the problems of this batch and the byte of the file, in the batch's own transaction.

        What it raises undoes the batch.
        """

    def alive(self) -> None:
        """Called now and then while what was done before is only read again."""


def import_csv(
    source: BinaryIO,
    begin: Callable[[], AbstractContextManager[Connection]],
    mail_list: MailList,
    *,
    now: datetime,
    erasure_key: bytes,
    options: ImportOptions | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
    journal: Journal | None = None,
) -> ImportReport:
    """Import a CSV file into a list. `begin` opens a transaction, as `engine.begin` does; one per 5,000 rows.

    A dry run reads everything, writes nothing, and reports the same numbers. An import that was cut short is
    continued by running it again: rows that are in already count as unchanged. `progress` is called with the
    number of rows done. With a `journal` the numbers are kept in the transaction of each batch, and one that was cut
    short goes on where it was, to the same report. Memory stays flat, but for 16 to 32 bytes a row that find doubled
    addresses.

    Raises TransferError for a file that cannot be imported at all; single rows never stop it.
    """
    options = options or ImportOptions()
    rows = CsvRows(source)
    tally = Tally() if journal is None else journal.tally()
    reader = RowReader(rows.header, options)
    settled = Settled(list_id=mail_list.id, now=now, erasure_key=erasure_key)
    lines = _read(rows, reader)
    _read_again(lines, tally.counts["rows"], journal)
    with closing(_Lots(source, lines)) as lots, _few_collections():
        while lot := lots.take():
            with begin() as conn:
                # Where the database is another process, the next rows are read while it works. SQLite works in this
                # one: there the two would only take the interpreter from one another.
                if conn.dialect.name != "sqlite":
                    lots.read_ahead()
                decided: Decided = []
                for turn in lot.turns:
                    judged = decide_all(conn, turn, settled)
                    if not dry_run:
                        write(conn, judged, settled)
                    decided += judged
                problems = tally.take(lot.rows, lot.bad, decided)
                if journal is not None:
                    journal.keep(conn, tally, problems, lot.place)
            if progress is not None:
                progress(tally.counts["rows"])
    if not dry_run and tally.counts[Verdict.ADD] >= _MANY:
        with begin() as conn:
            learn_sizes(conn)
    return tally.report(reader.notes, dry_run)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Rows make no cycles: to look for some every 700 objects finds none, and costs a tenth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lot:
    """The rows of one batch, and the byte of the file that was read by then.

    `turns` are the good ones, no address twice in one of them: what a row says of an address is judged once what an
    earlier row said of it is written.
    """

    turns: list[list[ImportRow]]
    bad: list[LineProblem]
    place: int

    @property
    def rows(self) -> int:
        return sum(map(len, self.turns)) + len(self.bad)


class _Lots:
    """The file batch by batch, at most one of them ahead."""

    def __init__(self, source: BinaryIO, lines: Iterator[ImportRow | LineProblem]) -> None:
        self._source = source
        self._lines = lines
        self._reader: ThreadPoolExecutor | None = None
        self._ahead: Future[_Lot | None] | None = None

    def take(self) -> _Lot | None:
        """The next batch, None at the end of the file."""
        if self._ahead is None:
            return self._read()
        ahead, self._ahead = self._ahead, None
        return ahead.result()

    def read_ahead(self) -> None:
        """Begin to read the batch after this one, in a thread of its own."""
        self._reader = self._reader or ThreadPoolExecutor(1, "import")
        self._ahead = self._reader.submit(self._read)

    def close(self) -> None:
        """Wait for what is being read: the file is its owner's again."""
        if self._reader is not None:
            self._reader.shutdown()

    def _read(self) -> _Lot | None:
        lines = list(islice(self._lines, BATCH))
        if not lines:
            return None
        turns: list[list[ImportRow]] = [[]]
        for line in lines:
            if isinstance(line, ImportRow):
                while len(turns) <= len(line.earlier):
                    turns.append([])
                turns[len(line.earlier)].append(line)
        return _Lot(
            turns=turns,
            bad=[line for line in lines if isinstance(line, LineProblem)],
            place=self._source.tell() if self._source.seekable() else 0,
        )


def _read_again(lines: Iterator[ImportRow | LineProblem], rows: int, journal: Journal | None) -> None:
    """What was done before is read all the same: its addresses must be known."""
    for start in range(0, rows, _READ_AGAIN):
        deque(islice(lines, min(_READ_AGAIN, rows - start)), maxlen=0)
        if journal is not None:
            journal.alive()


class Tally:
    """The numbers of the report as they grow."""

    def __init__(
        self, numbers: Mapping[str, Mapping[str, int]] | None = None, problems: Sequence[LineProblem] = ()
    ) -> None:
        before = numbers or {}
        self.counts: Counter[str] = Counter(before.get("counts", {}))
        self._kept_out: Counter[str] = Counter(before.get("kept_out", {}))
        self._added_states: Counter[str] = Counter(before.get("added_states", {}))
        self._problems: list[LineProblem] = list(problems)

    def take(
        self, rows: int, problems: list[LineProblem], decided: list[tuple[ImportRow, Decision]]
    ) -> list[LineProblem]:
        """Count one batch: `rows` lines, those refused while reading, and what was decided on the others.

        Returns those of its problems that the report lists.
        """
        self.counts["rows"] += rows
        for row, decision in decided:
            self.counts[decision.verdict] += 1
            if decision.verdict is Verdict.KEPT_OUT:
                self._kept_out[decision.why] += 1
            elif decision.verdict is Verdict.ADD:
                self._added_states[row.wishes.state] += 1
            elif decision.verdict is Verdict.REFUSED:
                problems.append(_about_address(row, decision.why))
        self.counts["problems"] += len(problems)
        room = MOST_PROBLEMS - len(self._problems)
        listed = sorted(problems, key=lambda problem: problem.line)[:room]
        self._problems.extend(listed)
        return listed

    def numbers(self) -> dict[str, dict[str, int]]:
        """The numbers as JSON takes them."""
        return {
            "counts": {str(name): number for name, number in self.counts.items()},
            "kept_out": dict(self._kept_out),
            "added_states": dict(self._added_states),
        }

    def report(self, notes: tuple[str, ...], dry_run: bool) -> ImportReport:
        """The finished report."""
        count = self.counts
        return ImportReport(
            rows=count["rows"],
            added=count[Verdict.ADD],
            updated=count[Verdict.UPDATE] + count[Verdict.END] + count[Verdict.SUPPRESS],
            unchanged=count[Verdict.UNCHANGED],
            refused=count["problems"],
            kept_out=dict(self._kept_out),
            added_states=dict(self._added_states),
            problems=tuple(self._problems),
            notes=notes,
            dry_run=dry_run,
        )


def _about_address(row: ImportRow, reason: str) -> LineProblem:
    return LineProblem(line=row.line, column="email", value=shorten(row.address.typed), reason=reason)


def _read(rows: CsvRows, reader: RowReader) -> Iterator[ImportRow | LineProblem]:
    """The rows of the file that are not blank, each read, and refused if its address came before.

    But a no is never refused: who comes as active on one line and as unsubscribed on another has unsubscribed.
    """
    seen = SeenAddresses()
    for row in rows:
        if not row.broken and not any(cell.strip() for cell in row.cells):
            continue
        read = reader.read(row)
        if isinstance(read, ImportRow):
            state = read.wishes.state
            first, earlier = seen.note(read.address.fold_key, read.line, state)
            if earlier:
                if state in NOES and state not in earlier:
                    read = replace(read, earlier=earlier)
                else:
                    read = _about_address(read, f"the same address as on line {first}, which counts")
        yield read
        if row.last_line > row.line and not isinstance(read, ImportRow):
            yield from _lines_within(row)


def _lines_within(row: Row) -> Iterator[LineProblem]:
    """Each line of the file is accounted for: those that a cell in quotes runs on over go with its row."""
    reason = f"it belongs to line {row.line}, where a cell in quotes begins; is a quote missing there?"
    for line in range(row.line + 1, row.last_line + 1):
        yield LineProblem(line=line, column="", value="", reason=reason)
