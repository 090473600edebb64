"""Audience: lists with their readers, segments counted before they are saved, import with a rehearsal, export."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from digest.model.errors import DigestError, NotFound
from digest.web.desk.call import Call
from digest.web.desk.conditions import GROUPS, ROWS, Row, predicate_of, rows_of, titles
from digest.web.desk.figures import number
from digest.web.desk.frame import HEADERS, Desk, WithFile
from digest.web.desk.sentences import said
from digest.web.desk.today import counted_ago
from digest.workflow.edition.desk import day_of
from digest.workflow.readers.imports import begin_import, bring_in, go_on, import_of, recent_imports, stop_import
from digest.workflow.readers.lists import (
    check_names,
    keep_segment,
    put_segment_back,
    remove_segment,
    removed_segments,
)
from digest.workflow.readers.readership import Unfit
from digest.workflow.staff.people import prove
from subscribers.address import AddressError, parse_address
from subscribers.model import MailList
from subscribers.segmentcodec import to_json
from subscribers.segments import Predicate, SegmentError
from subscribers.store import address_of
from subscribers.transfer import TransferError

LIST = "/desk/audience/lists/{list}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One list with its readers by state."""

    slug: str
    name: str
    states: tuple[tuple[str, str], ...]
    counted: str
    """How long ago, where that is long."""


def audience_pages(desk: Desk) -> None:
    """Everything below /desk/audience."""
    app = desk.app

    @desk.on("GET", "/desk/audience")
    def audience(call: Call) -> Response:
        wanted, reader = call.query("address"), None
        with app.read() as tx:
            # Of the lists of their own newsletters only: whoever is on another one's is nobody here.
            lists = [one for one in tx.audience.lists() if desk.sees_list(call, one.slug)]
            if wanted:
                try:
                    key = parse_address(wanted, allow_reserved=True).key
                    at = tx.audience.subscribers_at([key])
                    reader = tx.audience.reader(next(iter(at.values()))) if at else None
                except AddressError:
                    reader = None
            names = {one.id: one.slug for one in lists}
            every = tx.audience.subscriptions_of(reader.id) if reader else ()
        subscriptions = [one for one in every if one.list_id in names]
        if not subscriptions and not call.person.works_on_all:
            reader = None
        rows = [
            ListRow(
                slug=one.slug, name=one.name, states=_states(desk, call, one), counted=counted_ago(desk, call, one.slug)
            )
            for one in lists
        ]
        days = {one.list: f"/desk/e/{one.slug}/{day_of(one, app.clock())}" for one in desk.newsletters(call)}
        return desk.page(
            call, "audience.html.j2", rows=rows, wanted=wanted, reader=reader,
            address=address_of(reader).shown if reader else "",
            subscriptions=[(names[one.list_id], one) for one in subscriptions], days=days,
        )  # fmt: skip

    @desk.on("GET", LIST)
    def one_list(call: Call) -> Response:
        rows, counted, problem = _rows(call.query), "", ""
        if any(row.what for row in rows):
            _require_lists(desk, call, rows)
            try:
                with app.read() as tx:
                    own, wanted = _list(desk, call), predicate_of(rows, any_of=call.query("any") == "1")
                    check_names(tx, app.newsletters.values(), own, wanted)
                    readers = tx.readership.count_matching(own.id, wanted, now=app.clock())
                counted = call.words.count("%(count)s reader", "%(count)s readers", readers)
            except SegmentError as error:
                problem = str(error)
            except Unfit as error:
                problem = error.reason
        return _page(desk, call, rows=rows, counted=counted, problem=problem)

    @desk.on("POST", f"{LIST}/segments")
    def segments(call: Call) -> Response:
        own = _list(desk, call)
        _require_lists(desk, call, _rows(call.text))
        if call.text("do") == "remove":
            # Pressed twice: it is gone, as was wanted.
            with suppress(NotFound):
                remove_segment(app, own, call.text("slug"), by=call.by)
            return desk.to(_path(own), done=True)
        if call.text("do") == "put-back":
            put_segment_back(app, own, call.text("slug"), by=call.by)
            return desk.to(_path(own), done=True)
        try:
            wanted = predicate_of(_rows(call.text), any_of=call.text("any") == "1")
            keep_segment(app, own, call.text("slug"), call.text("name"), wanted, by=call.by)
        except (SegmentError, Unfit) as error:
            problem = error.reason if isinstance(error, Unfit) else str(error)
            return _page(desk, call, rows=_rows(call.text), problem=problem, read=call.text)
        return desk.to(_path(own), done=True)

    @desk.on("POST", f"{LIST}/export")
    def export(call: Call) -> Response:
        own = _list(desk, call)
        prove(app, call.person, call.session, call.text("password"), client=call.client)
        with app.read() as tx:
            chosen = tx.readership.segment(own.id, call.text("segment")) if call.text("segment") else None
        if call.text("segment") and chosen is None:
            raise NotFound("there is no such segment")
        with app.begin() as tx:
            # Before the first byte leaves: who took the addresses is known, whatever comes after.
            tx.log("readers.exported", own.slug, by=call.by, now=app.clock(), detail=call.text("segment"))
        with app.read() as tx:
            target = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by _pieces
            tx.readership.export_csv(own.id, target, segment=chosen, now=app.clock())
        target.seek(0)
        name = f"{own.slug}{'-' + chosen.slug if chosen else ''}-{app.clock():%Y-%m-%d}.csv"
        headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_pieces(target), media_type="text/csv; charset=utf-8", headers=headers)

    @desk.on("POST", f"{LIST}/import", fields=WithFile)
    def bring(call: Call) -> Response:
        own = _list(desk, call)
        found = call.fields.get("file")
        if not isinstance(found, UploadFile) or not found.filename:
            raise DigestError(call.words.say("Choose a file of readers, CSV or TSV."))
        if not call.text("consent"):
            raise DigestError(call.words.say("Say how these people agreed: without that nobody may be mailed."))
        try:
            job = begin_import(
                app, found.file, file_name=found.filename.replace("\\", "/").rpartition("/")[2][:120],
                list_slug=own.slug, consent=call.text("consent"), dry_run=True, by=call.by,
            )  # fmt: skip
        except TransferError as error:
            raise DigestError(str(error)) from error
        return desk.to(f"/desk/audience/imports/{job.id}")

    @desk.on("GET", "/desk/audience/imports/{job}")
    def one_import(call: Call) -> Response:
        seen = import_of(app, call.number("job"))
        with app.read() as tx:
            own = tx.audience.list_by_id(seen.job.list_id)
        counts = _tallied(call, seen.job.numbers)
        return desk.page(
            call, "import.html.j2", seen=seen, own=own, counts=counts, share=round(seen.job.share * 100),
            over=seen.job.state in ("done", "failed", "stopped"),
        )  # fmt: skip

    @desk.on("POST", "/desk/audience/imports/{job}/go-on")
    def move(call: Call) -> Response:
        job, wanted = call.number("job"), call.text("do")
        if wanted == "bring-in":
            job = bring_in(app, job, by=call.by).id
        elif wanted == "stop":
            stop_import(app, job, by=call.by)
        else:
            go_on(app, job, by=call.by)
        return desk.to(f"/desk/audience/imports/{job}")


def _tallied(call: Call, numbers: Mapping[str, Mapping[str, int]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, (what, how many)) of what an import did, or would do."""
    say, language = call.words.say, call.words.language
    groups = {
        "counts": say("Lines"),
        "kept_out": say("Kept out, because they are"),
        "added_states": say("Added as"),
    }
    lines = {
        "rows": say("read"), "add": say("added"), "update": say("updated"), "end": say("ended"),
        "suppress": say("kept from mail"), "unchanged": say("unchanged"), "kept_out": say("kept out"),
        "problems": say("refused"),
    }  # fmt: skip
    shown = {**numbers, "counts": {word: many for word, many in numbers.get("counts", {}).items() if word in lines}}
    return [
        (title, [(lines[word] if group == "counts" else said(language, word), number(call.words, many))
                 for word, many in shown.get(group, {}).items()])
        for group, title in groups.items()
    ]  # fmt: skip


def _page(
    desk: Desk, call: Call, *, rows: tuple[Row, ...], counted: str = "", problem: str = "",
    read: Callable[[str], str] | None = None,
) -> Response:  # fmt: skip
    """`read` is where the form is read from, where a form was sent and refused; else it is the address."""
    own, app, value = _list(desk, call), desk.app, read or call.query
    with app.read() as tx:
        kept = [
            (one, json.dumps(to_json(one.predicate), ensure_ascii=False), _query(one.predicate))
            for one in tx.readership.segments(own.id)
        ]
        removed = removed_segments(tx, own, now=app.clock())
    jobs = recent_imports(app, own.slug, limit=5) if app.imports is not None else None
    return desk.page(
        call, "list.html.j2", status=422 if read else 200, saving=bool(counted or read), own=own,
        path=_path(own), states=_states(desk, call, own), segments=kept, rows=rows,
        removed=removed,
        any_of=value("any") == "1", titles=titles(call.words), counted=counted, problem=problem, jobs=jobs,
        proved=call.session.proved(app.clock()), groups=GROUPS,
        slug=value("slug"), named=value("name"), counted_ago=counted_ago(desk, call, own.slug),
    )  # fmt: skip


def _states(desk: Desk, call: Call, own: MailList) -> tuple[tuple[str, str], ...]:
    """(state, readers) of a list."""
    return tuple((state, number(call.words, n)) for state, n in desk.counted(own.slug).states.items())


def _query(predicate: Predicate) -> str:
    """The form that makes this segment again, as a query; empty where it is more than the form can say."""
    found = rows_of(predicate)
    if found is None:
        return ""
    fields = {
        f"{name}{n}": value
        for n, row in enumerate(found[0], start=1)
        for name, value in (("what", row.what), ("value", row.value), ("group", row.group), ("not", "1" * row.other))
    }
    return urlencode({**fields, "any": "1" * found[1]})


def _rows(read: Callable[[str], str]) -> tuple[Row, ...]:
    return tuple(
        Row(
            what=read(f"what{n}"),
            value=read(f"value{n}"),
            other=read(f"not{n}") == "1",
            group=read(f"group{n}") if read(f"group{n}") in GROUPS else GROUPS[0],
        )
        for n in range(1, ROWS + 1)
    )


def _path(own: MailList) -> str:
    return f"/desk/audience/lists/{own.slug}"


def _list(desk: Desk, call: Call) -> MailList:
    """The list that the path names."""
    return desk.own_list(call, call.param("list"))


def _require_lists(desk: Desk, call: Call, rows: tuple[Row, ...]) -> None:
    """A condition may ask for another list only where its asker may see that list. Raises NotFound."""
    for row in rows:
        if row.what == "list" and not desk.sees_list(call, row.value):
            raise NotFound("no such list")


def _pieces(target: IO[str]) -> Iterator[bytes]:
    with target:
        while piece := target.read(1 << 16):
            yield piece.encode()
