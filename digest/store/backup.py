"""A consistent copy of everything that is remembered, taken while the product runs, and putting it back.

A backup is a folder: `manifest.json` (what is in it, with sizes and SHA-256), the database, and the pictures. SQLite
is copied page by page by its own backup call; PostgreSQL's tables are written by COPY within one snapshot, so that no
client program of a certain version is needed.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, inspect, select, text

from digest import __version__
from digest.model.errors import BadDocument, ConfigError, StorageFailed
from digest.store import db, installation, schema
from digest.store.partitions import PARTED, make_room
from digest.store.tables import log, mailings
from subscribers.tables import metadata

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE = "digest.sqlite"
TABLES = "tables"
PICTURES = "pictures"
_STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds. `rows` counts by table, `files` has size in bytes and SHA-256 by path in the folder."""

    path: Path
    made: datetime
    dialect: str
    revision: str
    rows: dict[str, int]
    files: dict[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(size for size, _ in self.files.values())


def make(engine: Engine, pictures: Path, folder: Path, *, now: datetime) -> Backup:
    """Write a backup into a new folder below `folder`; it has its name only once it is whole.

    Raises ConfigError where the schema is not this version's, StorageFailed or OSError where the disk says no.
    """
    revision = schema.current(engine)
    if revision != schema.newest():
        raise ConfigError(f"the database is at schema {revision}, this version wants {schema.newest()}: upgrade first")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"digest-{now:%Y%m%dT%H%M%SZ}"
    if target.exists():
        raise ConfigError(f"{target} is there already: nothing was written")
    _sweep(folder)
    part, handle = _begin(target)
    try:
        with _room_in(folder):
            rows = _copy_sqlite(engine, part) if engine.dialect.name == "sqlite" else _copy_postgresql(engine, part)
            _copy_pictures(pictures, part / PICTURES)
        for path in _files_below(part):
            # They may be moved out of their folder.
            path.chmod(0o600)
        files = {path.relative_to(part).as_posix(): _sealed(path) for path in _files_below(part)}
        made = Backup(
            path=target, made=now, dialect=engine.dialect.name, revision=str(revision), rows=rows, files=files
        )
        _write_manifest(made, part / MANIFEST)
        os.replace(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        os.close(handle)
    _sync(folder)
    return made


def _begin(target: Path) -> tuple[Path, int]:
    """A folder to write into, and its handle: while that is open, nobody takes it for one that was left behind.

    Its name is hidden: whoever looks for `digest-*` finds whole backups only.
    """
    part = target.with_name(f".{target.name}.part")
    # Only for us: a backup holds every address.
    part.mkdir(mode=0o700)
    handle = os.open(part, os.O_RDONLY)
    with suppress(OSError):  # a network disk may know no locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return part, handle


def _sweep(folder: Path) -> None:
    """What killed backups left goes: it holds every address, and one each night would fill the disk."""
    # Without the dot: of versions before this one.
    for left in (*folder.glob(".digest-*.part"), *folder.glob("digest-*.part")):
        try:
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # it is being written, or nobody can say
        else:
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)


def read(path: Path) -> Backup:
    """The backup at `path`, every file compared with its manifest. Raises BadDocument where it is not whole."""
    try:
        said = json.loads((path / MANIFEST).read_text("utf-8"))
        if said["format"] != FORMAT:
            raise BadDocument(str(path), f"a backup of format {said['format']}; this version reads {FORMAT}")
        found = Backup(
            path=path,
            made=datetime.fromisoformat(said["made"]),
            dialect=str(said["dialect"]),
            revision=str(said["revision"]),
            rows={str(name): int(count) for name, count in said["rows"].items()},
            files={str(name): (int(one["size"]), str(one["sha256"])) for name, one in said["files"].items()},
        )
    except FileNotFoundError as error:
        raise BadDocument(str(path), f"no backup: it has no {MANIFEST}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadDocument(str(path), f"its {MANIFEST} cannot be read: {error}") from error
    for name, seal in found.files.items():
        place = (path / name).resolve()
        if not place.is_relative_to(path.resolve()) or not place.is_file() or _sealed(place) != seal:
            raise BadDocument(str(path), f"{name} is missing or was changed since the backup was made")
    return found


def restore(backup: Backup, engine: Engine, pictures: Path, *, now: datetime) -> None:
    """Put a backup into an empty database of the same kind, bring it to this version, and pause it (P7).

    Raises ConfigError where the database is of another kind or not empty, BadDocument where a row count is wrong.
    """
    if backup.dialect != engine.dialect.name:
        raise ConfigError(f"{backup.path} is a backup of {backup.dialect}, storage.url is {engine.dialect.name}")
    if inspect(engine).get_table_names():
        where = db.shown(engine.url)
        raise ConfigError(f"{where} is not empty: move it away first, nothing is overwritten")
    if engine.dialect.name == "sqlite":
        _put_sqlite(backup, engine)
    else:
        _put_postgresql(backup, engine)
    _copy_pictures(backup.path / PICTURES, pictures)
    schema.upgrade(engine)
    with db.write(engine) as conn:
        found = _counted(conn, backup.rows)
        if found != backup.rows:
            wrong = ", ".join(f"{name} {found[name]:,} of {count:,}" for name, count in backup.rows.items()
                              if found[name] != count)  # fmt: skip
            raise BadDocument(str(backup.path), f"restored, but rows are missing: {wrong}")
        # Before anybody is added to it, paused or not.
        installation.skip_ids(conn)
        installation.adopt(conn, now)
        installation.pause(conn, installation.RESTORED.format(made=f"{backup.made:%Y-%m-%d %H:%M} UTC"))
        said = f"made {backup.made:%Y-%m-%d %H:%M} UTC"
        conn.execute(insert(log).values(at=now, event="database.restored", subject="database", by="cli", detail=said))


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """What fails here is the disk, and said of the backup with the next step. Raises StorageFailed."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageFailed(f"no backup was made in {folder}: {error}; {_ROOM}") from error
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFailed(f"no backup was made in {folder}: {error.strerror}; {_ROOM}") from error


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = "make room there, or name a folder on another disk"


def _copy_sqlite(engine: Engine, part: Path) -> dict[str, int]:
    target = part / SQLITE
    # Connections of our own: the copy must not sit in a transaction of the engine's.
    source = sqlite3.connect(f"file:{engine.url.database}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    check = db.open_engine(f"sqlite:///{target}")
    try:
        with db.read(check) as conn:
            said = conn.execute(text("PRAGMA quick_check(1)")).scalar_one()
            if said != "ok":
                raise StorageFailed(f"the copy of {engine.url.database} is damaged: {said}; look at the disk")
            rows = _counted(conn, [table.name for table in metadata.sorted_tables])
    finally:
        check.dispose()
    # The look above left the copy in WAL mode with files beside it.
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
    return rows


def _copy_postgresql(engine: Engine, part: Path) -> dict[str, int]:
    (part / TABLES).mkdir()
    rows: dict[str, int] = {}
    # One snapshot for all tables: what is written meanwhile is in none of them.
    with db.read(engine) as conn:
        driver: Any = conn.connection.driver_connection
        for table in metadata.sorted_tables:
            columns = _listed(column.name for column in table.columns)
            # Names of our own tables, not of anybody's input.
            out_of = f'COPY (SELECT {columns} FROM "{table.name}") TO STDOUT'  # noqa: S608
            with gzip.open(part / TABLES / f"{table.name}.gz", "wb", compresslevel=1) as out, driver.cursor() as cursor:
                with cursor.copy(out_of) as blocks:
                    for block in blocks:
                        out.write(block)
                rows[table.name] = cursor.rowcount
    _write_columns(part / TABLES / "columns.json")
    return rows


def _write_columns(path: Path) -> None:
    columns = {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}
    path.write_text(json.dumps(columns, indent=1) + "\n", "utf-8")


def _put_sqlite(backup: Backup, engine: Engine) -> None:
    # Looking whether it is empty has made the file: it goes, with what lies beside it.
    engine.dispose()
    target = Path(str(engine.url.database))
    part = target.with_name(target.name + ".part")
    part.touch(mode=0o600)
    shutil.copyfile(backup.path / SQLITE, part)
    for beside in ("-wal", "-shm"):
        target.with_name(target.name + beside).unlink(missing_ok=True)
    os.replace(part, target)
    _sync(target.resolve().parent)


def _put_postgresql(backup: Backup, engine: Engine) -> None:
    columns = json.loads((backup.path / TABLES / "columns.json").read_text("utf-8"))
    schema.upgrade(engine, to=backup.revision)
    with db.write(engine) as conn:
        driver: Any = conn.connection.driver_connection
        known = set(inspect(conn).get_table_names())
        with driver.cursor() as cursor:
            for name, named in columns.items():
                if name not in known or not all(_is_name(column) for column in named):
                    raise BadDocument(str(backup.path), f"the table {name!r} is not one of schema {backup.revision}")
                if name in {table.name for table in PARTED}:
                    # Mailings come before what belongs to them.
                    make_room(conn, through=conn.scalar(select(func.max(mailings.c.id))) or 0)
                into = f'COPY "{name}" ({_listed(named)}) FROM STDIN'
                with gzip.open(backup.path / TABLES / f"{name}.gz", "rb") as rows, cursor.copy(into) as copy:
                    while block := rows.read(_STEP):
                        copy.write(block)
                _count_on(cursor, name, named)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier()


def _count_on(cursor: Any, table: str, columns: list[str]) -> None:
    """The next key follows the greatest one: COPY does not move a sequence."""
    for column in columns:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table}"', column))
        (sequence,) = cursor.fetchone()
        if sequence:
            cursor.execute(
                f'SELECT setval(%s, COALESCE((SELECT max("{column}") FROM "{table}"), 0) + 1, false)',  # noqa: S608
                (sequence,),
            )


def _copy_pictures(source: Path, target: Path) -> None:
    if not source.is_dir():
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        # A picture that is being written has another name until it is whole.
        if path.suffix in (".jpg", ".png") and not (target / path.name).exists():
            shutil.copyfile(path, target / path.name)


def _counted(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    return {
        name: conn.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one()
        for name in names
        if name in metadata.tables
    }


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sealed(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(made: Backup, path: Path) -> None:
    said = {
        "format": FORMAT,
        "digest": __version__,
        "made": made.made.isoformat(),
        "dialect": made.dialect,
        "revision": made.revision,
        "rows": made.rows,
        "files": {name: {"size": size, "sha256": sha} for name, (size, sha) in made.files.items()},
    }
    with path.open("w", encoding="utf-8") as file:
        path.chmod(0o600)
        json.dump(said, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """A rename is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
