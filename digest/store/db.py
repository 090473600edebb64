"""The one engine: how SQLite and PostgreSQL are opened, and what a transaction is on each."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.model.errors import ConfigError, MissingLibrary, StorageFailed

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one before it gives up."""
HURRY_SECONDS = 15
"""The same once its process is to end: what is in hand is still written, and nobody has to kill it."""
CONNECT_SECONDS = 10
"""How long PostgreSQL may take to answer at all; `?connect_timeout=` in the address says otherwise."""
_SILENCE = {"idle": 10, "interval": 5, "count": 3}
"""A host whose network is gone says nothing. After 25 s of that it is given up, on both sides: the locks of what it had
open would hold up everybody for the hours that a system waits by itself."""
_FROZEN_MS = 60_000
"""A process that stands still in the middle of a transaction holds its locks while its host answers for it. After so
long without a statement the server ends the transaction; who thinks longer between two says so (`think_long`)."""
_OF_A_POOLER = "a PgBouncer takes no options: set storage.prepared_statements: false and workers.listen: false"
_ASKED_FOR_MS = 5_000
_GIVEN_UP_MS = 1_000 * (_SILENCE["idle"] + _SILENCE["interval"] * _SILENCE["count"])


def open_engine(url: str, *, prepared: bool = True, patience: float = BUSY_SECONDS) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql+psycopg://…`. Makes the folder of a SQLite file.

    With `prepared` False PostgreSQL prepares no statement: a pooler may give each transaction another connection.
    `patience`: seconds to wait for whoever holds a SQLite file.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            f"storage.url: {url.split('@')[-1]!r} is not an address such as sqlite:///var/digest.db"
        ) from error
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, patience)
    if address.get_backend_name() == "postgresql":
        return _open_postgresql(address, prepared)
    raise ConfigError(
        f"storage.url: {address.get_backend_name()} is not supported; use sqlite:///PATH or postgresql+psycopg://…"
    )


def shown(url: URL) -> str:
    """The address for people: without a password, also one that stands in its query."""
    hidden = {name: "hidden" for name in url.query if name in ("password", "sslpassword")}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _open_sqlite(address: URL, patience: float) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise ConfigError(
            "storage.url: name a file, such as sqlite:///var/digest.db; a memory database forgets who was mailed"
        )
    path = Path(str(address.database)).resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"storage.url: the folder of {address.database} cannot be made: {error}") from error
    engine = create_engine(
        address,
        connect_args={"timeout": patience, "check_same_thread": False},
        # An error message must not hold an address (P10).
        hide_parameters=True,
    )

    @event.listens_for(engine, "do_connect")
    def _private(*_: object) -> None:
        # A new database is for nobody but this user, and SQLite gives the files beside it the same mode. One that is
        # there keeps its own: somebody may have opened it to a group.
        if not path.exists():
            with suppress(OSError):  # the driver says it better
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        # The driver must not open transactions by itself: the `begin` listener below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: a commit is on the disk before a provider is called; the account survives a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is deleted is written over: who was erased is not read out of the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    ends = _ENDS[engine] = _End()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a read that later writes could not be retried safely.
        if conn.get_execution_options().get("digest_write", False):
            _begin_to_write(conn, patience, ends)
        else:
            conn.exec_driver_sql("BEGIN")

    return engine


class _End:
    """When the waits of a process that is to end are over, by the monotonic clock; None while it goes on."""

    at: float | None = None


_ENDS: WeakKeyDictionary[Engine, _End] = WeakKeyDictionary()
_LOOK_MS = 250
_BUSY = 5
"""SQLITE_BUSY, in the lower byte of what SQLite says."""


def hurry(engine: Engine, *, seconds: float = HURRY_SECONDS) -> None:
    """This process is to end: nobody in it waits for a SQLite lock for longer than `seconds` from now.

    May be called from a signal handler.
    """
    ends = _ENDS.get(engine)
    if ends is not None and ends.at is None:
        ends.at = time.monotonic() + seconds


def _begin_to_write(conn: Connection, patience: float, ends: _End) -> None:
    """BEGIN IMMEDIATE in many short waits for whoever holds the lock: SQLite's own long one cannot be ended."""
    # The driver's own connection: that a try fails is no news to anybody.
    raw = conn.connection.driver_connection
    assert raw is not None, "a connection that begins is open"  # noqa: S101
    until = time.monotonic() + patience
    raw.execute(f"PRAGMA busy_timeout={min(_LOOK_MS, int(patience * 1_000))}")
    try:
        while time.monotonic() < (until if ends.at is None else min(until, ends.at)):
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != _BUSY:
                    break
            else:
                return
        # The last try says why.
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={int(patience * 1_000)}")


def _open_postgresql(address: URL, prepared: bool) -> Engine:
    settings: dict[str, object] = {f"keepalives_{name}": value for name, value in _SILENCE.items()}
    settings["tcp_user_timeout"] = _GIVEN_UP_MS
    if "connect_timeout" not in address.query:
        # A frozen host, or a pooler that died, takes the connection and says nothing.
        settings["connect_timeout"] = CONNECT_SECONDS
    # 5 is the driver's own default: a statement is prepared when it comes the fifth time.
    settings["prepare_threshold"] = 5 if prepared else None
    if prepared:
        # The server's side of it. A pooler takes no such options: there they are its own settings.
        options = [f"-c tcp_keepalives_{name}={value}" for name, value in _SILENCE.items()]
        options.append(f"-c tcp_user_timeout={_GIVEN_UP_MS} -c idle_in_transaction_session_timeout={_FROZEN_MS}")
        # A sender that was killed leaves its question behind: the server looks now and then who waits for it.
        options.append(f"-c client_connection_check_interval={_ASKED_FOR_MS}")
        # A question with a thousand keys looks expensive, and would be compiled for longer than it takes to answer.
        options.append("-c jit=off")
        # What the address says comes last, and counts.
        settings["options"] = " ".join([*options, str(address.query.get("options", ""))]).strip()
    try:
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=settings,
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise MissingLibrary("storage.url: PostgreSQL", str(error)) from error


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed on a clean exit, rolled back otherwise. Raises StorageFailed."""
    with _connected(engine) as conn:
        # Of a connection that breaks it could not be asked any more.
        info = conn.info
        info.pop(_ERASED, None)
        try:
            with conn.execution_options(digest_write=True).begin():
                yield conn
        finally:
            for turn in info.pop(_TURNS, {}).values():
                turn.release()
        if conn.info.pop(_ERASED, None):
            _empty_the_log(conn)


def leave_no_trace(conn: Connection) -> None:
    """Something personal goes in this transaction: after it, SQLite's write-ahead log holds none of it either."""
    conn.info[_ERASED] = True


_ERASED = "digest_erased"
_TRACE_SECONDS = 2


def _empty_the_log(conn: Connection) -> None:
    """Not while somebody reads what was before: then the next erasure does it, or the end of the last connection."""
    if conn.dialect.name != "sqlite":
        return
    # The driver's own connection: there is no transaction now, and none is to begin.
    raw = conn.connection.driver_connection
    assert raw is not None, "a connection that is open has one"  # noqa: S101
    raw.execute(f"PRAGMA busy_timeout={_TRACE_SECONDS * 1_000}")
    try:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1_000}")


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One consistent view of everything; on SQLite (WAL) it never waits for a writer. Raises StorageFailed."""
    with _connected(engine) as conn:
        if engine.dialect.name == "postgresql":
            conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with conn.begin():
            yield conn


def think_long(conn: Connection) -> None:
    """This transaction may stand still between two statements: what it is about takes minutes to work out."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def be_brief(conn: Connection) -> None:
    """This transaction has what every sender waits for: the server ends it after five seconds without a statement."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 5000")


_TURNS = "digest_turns"
_TURN_SECONDS = 10.0
"""A thread that waited for so long waits in the database: it sees who waits for whom, and we do not."""
_turns: WeakKeyDictionary[Engine, dict[str, threading.Lock]] = WeakKeyDictionary()
_turns_lock = threading.Lock()


def wait_for_turn(conn: Connection, name: str) -> None:
    """Of the threads of this process one at a time waits in the database for what all senders share, until its commit.

    A process that freezes has then one place in that queue and not one for each thread: each would be given what they
    wait for, one after the other, and keep it for as long as `be_brief` says.
    """
    if conn.dialect.name != "postgresql":
        return
    held: dict[str, threading.Lock] = conn.info.setdefault(_TURNS, {})
    if name in held:
        return
    with _turns_lock:
        turn = _turns.setdefault(conn.engine, {}).setdefault(name, threading.Lock())
    # Who has one already waits in the database only: it sees two that wait for each other, and no lock of ours does.
    if turn.acquire(timeout=0 if held else _TURN_SECONDS):
        held[name] = turn


@contextmanager
def rebuild(engine: Engine) -> Iterator[Connection]:
    """A write transaction in which tables may be made anew under their own names. Raises StorageFailed.

    SQLite changes a table by making another one and dropping the old: with foreign keys on, the rows of other tables
    that point at it would forbid that. They are looked at before the commit instead.
    """
    if engine.dialect.name != "sqlite":
        with write(engine) as conn:
            yield conn
        return
    with _connected(engine) as conn:
        # The driver's own connection: the switch does nothing inside of a transaction.
        raw = conn.connection.driver_connection
        assert raw is not None, "a connection that is open has one"  # noqa: S101
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with conn.execution_options(digest_write=True).begin():
                yield conn
                broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise StorageFailed(
                        f"the database {shown(engine.url)}: {len(broken)} rows of "
                        f"{broken[0][0]} point at nothing; nothing was changed"
                    )
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def words_of(error: BaseException) -> str:
    """What the driver says, for people. Only its first line: PostgreSQL's DETAIL repeats the row (P10)."""
    said = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
    return f"{said}; {_OF_A_POOLER}" if "unsupported startup parameter" in said else said


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as conn:
            yield conn
    except DBAPIError as error:
        raise StorageFailed(f"the database {shown(engine.url)}: {words_of(error)}") from None
    except PoolTimeout:
        raise StorageFailed(
            f"the database {shown(engine.url)}: all connections of this process were in use for too long"
        ) from None
