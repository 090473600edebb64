"""Readers out of the house: as a file, or as a table to look at."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from digest.cli.exits import Exit
from digest.cli.frame import Call, command
from digest.cli.output import notice, print_json, print_json_line, print_table, say
from digest.model.counted import counted

if TYPE_CHECKING:
    from digest.store.tx import Store
    from subscribers.model import Subscriber, Subscription

SHOWN = 50
"""Readers in a table without --limit."""

list_option = click.option("--list", "slug", required=True, metavar="SLUG", help="The list, by its slug.")


@command(
    "export",
    examples=(
        "digest subscribers export --list world > readers.csv",
        "digest subscribers export --list world --segment french",
        "digest subscribers export --list world --format jsonl --out readers.jsonl",
    ),
)
@list_option
@click.option("--segment", metavar="SLUG", help="Only the readers of this saved segment.")
@click.option("--format", "form", type=click.Choice(("csv", "jsonl")), help="csv, or jsonl as with --json.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A file; else stdout.")
def export_readers(call: Call, slug: str, segment: str | None, form: str | None, out: Path | None) -> Exit:
    """Export the readers of a list or a segment, with their states.

    As CSV, which the import reads back, or as JSON Lines. A file holds personal data: it is written readable by its
    owner only, whole or not at all.
    """
    from digest.cli.lists import saved_segment
    from digest.store import db
    from digest.store.sentto import sent_to
    from digest.wiring import utc_now
    from subscribers.transfer import export_csv, export_jsonl

    wanted = form or ("jsonl" if call.json else "csv")
    write = export_csv if wanted == "csv" else export_jsonl
    with call.store(make=False) as store:
        with store.read() as tx:
            list_id = tx.audience.list_of(slug).id
        with db.read(store.engine) as conn:
            chosen = None if segment is None else saved_segment(conn, list_id, segment).predicate
            with _target(out) as target:
                number = write(conn, list_id, target, segment=chosen, now=utc_now(), sent=sent_to)
    if out is not None and call.json:
        print_json({"list": slug, "format": wanted, "readers": number, "path": str(out)})
    elif out is not None:
        say(f"{counted(number, 'reader')} written to {out}")
    return Exit.DONE


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(out.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, out)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@command(
    "list",
    examples=(
        "digest subscribers list --list world",
        "digest subscribers list --list world --state ended --json",
        "digest subscribers list --list world --search example.org",
    ),
)
@list_option
@click.option("--state", type=click.Choice(("pending", "active", "ended")), help="Only those in this state.")
@click.option("--search", default="", metavar="TEXT", help="A part of the address or of the name.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help=f"At most so many; a table shows {SHOWN}.")
def list_readers(call: Call, slug: str, state: str | None, search: str, limit: int | None) -> Exit:
    """List readers, oldest first.

    Whom a suppression keeps back is marked. With --json one object a line, all of them.
    """
    with call.store(make=False) as store:
        most = limit if limit is not None or call.json else SHOWN
        found = _readers(store, slug, state, search)
        rows: list[dict[str, Any]] = []
        more = False
        for number, (reader, subscription, why) in enumerate(found):
            if most is not None and number >= most:
                more = True
                break
            row = _reader_document(reader, subscription, why)
            if call.json:
                print_json_line(row)
            else:
                rows.append(row)
    if call.json:
        return Exit.DONE
    print_table(("Email", "Name", "State", "Wishes"), [_reader_cells(row) for row in rows])
    if more:
        notice(f"the first {len(rows)}; --limit shows more, --json all")
    return Exit.DONE


def _readers(
    store: Store, slug: str, state: str | None, search: str
) -> Iterator[tuple[Subscriber, Subscription, list[str]]]:
    """Each reader with the subscription, and why mail is kept back, if it is."""
    from digest.store import db
    from subscribers.model import SubscriptionState
    from subscribers.store import PAGE, address_of, page_of_readers
    from subscribers.suppression import reasons_for

    with store.read() as tx:
        list_id = tx.audience.list_of(slug).id
    after = 0
    while True:
        with db.read(store.engine) as conn:
            page = page_of_readers(
                conn,
                list_id,
                state=SubscriptionState(state) if state else None,
                search=search,
                after=after,
                limit=PAGE,
            )
            spelt = [address_of(reader) for reader, _ in page]
            keys = {key for one in spelt for key in (one.fold_key, f"@{one.domain}")}
            reasons = reasons_for(conn, keys, list_id)
        for (reader, subscription), address in zip(page, spelt, strict=True):
            why = reasons.get(address.fold_key, frozenset()) | reasons.get(f"@{address.domain}", frozenset())
            yield reader, subscription, sorted(one.value for one in why)
        if len(page) < PAGE:
            return
        after = page[-1][0].id


def _reader_cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    hour = "" if row["hour"] is None else f"{row['hour']:02}:00"
    pause = f"paused until {row['paused_until']}" if row["paused_until"] else ""
    sections = ", ".join(row["sections"]) or "all sections"
    form = "text only" if row["text_only"] else ""
    wishes = (row["language"], row["timezone"], hour, row["frequency"], form, pause, sections)
    state = ", ".join((row["state"], *(f"kept back: {why}" for why in row["suppressed"])))
    return row["shown"], row["name"], state, " ".join(filter(None, wishes))


def _reader_document(reader: Subscriber, subscription: Subscription, suppressed: list[str]) -> dict[str, Any]:
    from subscribers.store import address_of

    chosen = subscription.preferences
    return {
        "id": reader.id,
        "email": reader.email,
        # For people: punycode where letters could deceive.
        "shown": address_of(reader).shown,
        "name": reader.name,
        "language": reader.language,
        "timezone": reader.timezone,
        "state": subscription.state.value,
        "since": subscription.since.isoformat(),
        "ended_reason": subscription.ended_reason,
        "suppressed": suppressed,
        "sections": list(chosen.sections),
        "frequency": chosen.frequency.value,
        "hour": chosen.hour,
        "text_only": chosen.text_only,
        "paused_until": chosen.paused_until.isoformat() if chosen.paused_until else None,
        "attributes": dict(reader.attributes),
    }
