"""Which installation this database belongs to, so that a restored or copied one is known and does not send (P7).

A database remembers the place where it lies. For SQLite that is the file itself (its inode, and the machine's id
where there is one): a copy is another file. For PostgreSQL it is the cluster's system identifier and the database's
own number: a dump that is read in elsewhere has another one. A physical twin (pg_basebackup, a snapshot, a cloned
machine) keeps all of these and is not known: docs/how-to/back-up-and-restore.md says what to do. A file that was
replaced by an older copy of itself may have the old inode again: so the newest mailing, and how many readers were
handed over to providers, are also written down beside the database, and one that knows less than this mark is older
than what was sent.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from digest.model.delivery import MailingState
from digest.model.throttle import CallResult
from digest.store import db
from digest.store.ledger_rows import mailing_of
from digest.store.tables import installation, log, mailings, sends
from subscribers.letter_tables import address_changes, letters
from subscribers.tables import subscribers

COPIED = "this database is a copy or was moved: it was made in another place, and may have a twin that still sends"
OLDER = "this database is older than what was sent from here: mailing {seen} is not in it, its newest is {newest}"
FEWER = "this database is older than what was sent from here: it knows of {known} readers who were mailed, of {seen}"
RESTORED = "this database was restored from a backup of {made}: what was sent since then is not in it"
BEHIND = "it went on after the backup was made, perhaps: look who has it, then resume it, or give the rest up"
"""Why a mailing is paused that was under way in a database that is older than what was sent."""
ADOPTED = "database.adopted"
"""The event in the log; its detail is why the database was paused."""
_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Who this database says it is. `paused` is why it may not send, empty where it may."""

    id: str
    since: datetime
    paused: str
    halted: tuple[str, ...] = ()
    """Mailings that its adoption has paused, as people call them."""


def recognise(engine: Engine, now: datetime) -> Installation:
    """Compare the database with the place where it lies; found elsewhere, it is paused from now on."""
    with db.read(engine) as conn:
        here = place_of(conn)
        found = _row(conn)
        if found is not None and (found[1] == here or found[0].paused):
            return found[0]
    with db.write(engine) as conn:
        found = _row(conn)
        if found is None:
            conn.execute(insert(installation).values(one=1, id=secrets.token_hex(16), place=here, since=now, paused=""))
        elif found[1] != here and not found[0].paused:
            conn.execute(update(installation).values(paused=COPIED))
        row = _row(conn)
    assert row is not None  # noqa: S101 - written above, in the same transaction
    return row[0]


def standing(engine: Engine, mark: Path) -> str:
    """Why this database may not send, empty where it may. Keeps `mark`, the file that says how far it has sent.

    Raises OSError where the mark cannot be written: without it, a database that was put back would not be known.
    """
    # The mark first: what another process plans and writes down in between is in the database when it is asked.
    seen = _marked(mark)
    with db.read(engine) as conn:
        found = _row(conn)
        here = _sent_here(conn)
    if found is not None and found[0].paused:
        return found[0].paused
    reason = _older(here, seen)
    if reason:
        with db.write(engine) as conn:
            pause(conn, reason)
    elif here != seen:
        write_mark(mark, *here)
    return reason


def _older(here: tuple[int, int], seen: tuple[int, int]) -> str:
    """Why a database that has come so far is older than the mark, empty where it is not."""
    if here[0] < seen[0]:
        return OLDER.format(seen=seen[0], newest=here[0] or "none")
    return FEWER.format(known=here[1], seen=seen[1]) if here[1] < seen[1] else ""


def write_mark(mark: Path, newest: int, mailed: int = 0) -> None:
    """Write down the newest mailing, and how many readers were handed over; the file is there whole or as it was."""
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = mark.with_name(f"{mark.name}.{os.getpid()}.{threading.get_ident()}")
    with part.open("w", encoding="ascii") as file:
        file.write(f"{newest} {mailed}\n" if mailed else f"{newest}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, mark)


def _marked(mark: Path) -> tuple[int, int]:
    try:
        newest, _, mailed = mark.read_text("ascii").partition(" ")
        return int(newest), int(mailed or 0)
    except (FileNotFoundError, ValueError):
        return 0, 0


def _sent_here(conn: Connection) -> tuple[int, int]:
    """(the newest mailing, readers whom providers have taken or may have): neither ever becomes less."""
    mailed = select(func.coalesce(func.sum(sends.c.readers), 0)).where(sends.c.result.in_(_MAILED)).scalar_subquery()
    newest = select(func.coalesce(func.max(mailings.c.id), 0)).scalar_subquery()
    found = conn.execute(select(newest, mailed)).one()
    return int(found[0]), int(found[1])


_MAILED = (CallResult.TAKEN, CallResult.IN_DOUBT)


def pause(conn: Connection, reason: str) -> None:
    """From now on this database sends nothing, until it is adopted. In the caller's transaction."""
    conn.execute(update(installation).values(paused=reason))


def adopt(conn: Connection, now: datetime, mark: Path | None = None) -> Installation:
    """This database, where it lies now, is the one that sends: a new id, and no pause. In the caller's transaction.

    With `mark` it goes on behind whatever was given a number before it was put back (see `skip_ids`). Where it is older
    than what was sent, mailings that were under way are paused: whoever got them since would get them again (P1).
    """
    found = read(conn)
    halted = _halt(conn, now) if found is not None and found.paused.startswith(_STALE) else ()
    if mark is not None:
        skip_ids(conn, past_mailing=_marked(mark)[0])
        write_mark(mark, *_sent_here(conn))
    values = {"id": secrets.token_hex(16), "place": place_of(conn), "since": now, "paused": ""}
    if conn.execute(update(installation).values(**values)).rowcount == 0:
        conn.execute(insert(installation).values(one=1, **values))
    return Installation(id=str(values["id"]), since=now, paused="", halted=halted)


_STALE = tuple(one.partition("{")[0] for one in (RESTORED, OLDER, FEWER))
_UNDER_WAY = (MailingState.PLANNED, MailingState.SENDING)


def _halt(conn: Connection, now: datetime) -> tuple[str, ...]:
    rows = conn.execute(
        update(mailings)
        .where(mailings.c.state.in_(_UNDER_WAY))
        .values(state=MailingState.PAUSED, reason=BEHIND)
        .returning(*mailings.c)
    )
    found = sorted((mailing_of(row) for row in rows), key=lambda one: one.id)
    for one in found:
        said = {"event": "mailing.paused", "subject": one.edition, "by": "cli", "detail": BEHIND}
        conn.execute(insert(log).values(at=now, **said))
    return tuple(one.called for one in found)


SKIPPED = {mailings: 1_000, subscribers: 1_000_000, letters: 1_000_000, address_changes: 1_000_000}
"""How many ids are left out where an older database goes on: more than can have been given since the copy was made."""


def skip_ids(conn: Connection, *, past_mailing: int = 0) -> None:
    """Let the next ids begin far behind those that mails out there name already.

    What was sent and signed after the copy was made names mailings, readers, letters and changes that this database
    does not know, by numbers that it would give again: a delivery key of a lost mailing would stand for a new one
    (whose message a Maildir or a provider then takes for a repeat), and the link of a lost reader would open the page
    of another. `past_mailing` is the newest mailing that was ever written down beside the database.
    """
    for table, many in SKIPPED.items():
        known = conn.execute(select(func.max(table.c.id))).scalar_one() or 0
        if table is mailings:
            known = max(known, past_mailing)
        if conn.dialect.name == "postgresql":
            conn.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence(:name, 'id'), "
                    "greatest(:known, nextval(pg_get_serial_sequence(:name, 'id'))) + :many)"
                ),
                {"name": table.name, "known": known, "many": many},
            )
            continue
        given = conn.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        row = {"name": table.name, "seq": max(known, given or 0) + many}
        if given is None:
            conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), row)
        else:
            conn.execute(text("UPDATE sqlite_sequence SET seq = :seq WHERE name = :name"), row)


def read(conn: Connection) -> Installation | None:
    """What the database says of itself, None before anybody has recognised it."""
    found = _row(conn)
    return found[0] if found is not None else None


def vouched_at(engine: Engine) -> datetime | None:
    """When a person said that the clock is right; None where nobody did since this database was made or adopted.

    That is an adoption of one that was not paused. One that was says that no other copy sends, on a machine that may be
    new and whose clock nobody has looked at.
    """
    said = select(installation.c.since).join(log, log.c.at == installation.c.since)
    with db.read(engine) as conn:
        found: datetime | None = conn.scalar(said.where(log.c.event == ADOPTED, log.c.detail == ""))
    return found


def _row(conn: Connection) -> tuple[Installation, str] | None:
    row = conn.execute(select(installation)).first()
    return (Installation(id=row.id, since=row.since, paused=row.paused), row.place) if row is not None else None


def place_of(conn: Connection) -> str:
    """The place where this database lies, as 64 hexadecimal digits."""
    if conn.dialect.name == "postgresql":
        row = conn.execute(
            text(
                "SELECT (SELECT system_identifier FROM pg_control_system()),"
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        ).one()
        said = f"postgresql {row[0]} {row[1]}"
    else:
        said = f"sqlite {Path(str(conn.engine.url.database)).stat().st_ino} {_machine()}"
    return hashlib.sha256(said.encode()).hexdigest()


def _machine() -> str:
    # Containers have none, or an empty one that a new container would not change: the file decides there.
    try:
        return _MACHINE_ID.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
