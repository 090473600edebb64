"""The database: backup, restore, and looking after its schema and its place."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import print_json, say
from digest.model.errors import DigestError


@command("backup", examples=("digest backup /var/backups/digest", "digest backup backups --json | jq -r .path"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def backup(call: Call, folder: Path) -> Exit:
    """Copy everything that is remembered, while the product runs.

    Database and pictures, as they are at one instant, go into a new folder in DIR, named by the time. Every file is
    sealed with its SHA-256. The configuration and the secret key are not in it: keep a copy of those too.
    """
    from digest.store.backup import make
    from digest.wiring import PICTURES, open_store, owner_name, utc_now
    from digest.workflow.clock.chores import note_backup

    settings = call.settings()
    with open_store(settings, make=False) as store:
        now = utc_now().replace(microsecond=0)
        try:
            made = make(store.engine, settings.var_dir / PICTURES, folder, now=now)
        except Exception as error:
            # Where the database is what is broken, nothing can be noted there: the first error is the one to tell.
            with suppress(Exception), store.begin() as tx:
                # Only words of ours and of the disk, or the kind of the error: others may hold anything.
                said = str(error) if isinstance(error, DigestError) else _kind(error)
                note_backup(tx, good=False, note=said, owner=owner_name(), now=utc_now())
            raise
        with store.begin() as tx:
            note_backup(tx, good=True, note=made.path.name, owner=owner_name(), now=utc_now())
            tx.log("database.backed_up", "database", by="cli", now=now, detail=made.path.name)
    if call.json:
        print_json({"path": str(made.path), "bytes": made.size, "revision": made.revision, "rows": made.rows})
    else:
        rows = sum(made.rows.values())
        say(f"{made.path}: {made.size:,} bytes, {rows:,} rows, schema {made.revision}")
        say("keep config.yaml and the secret key beside it: links in mails that are out need the key")
    return Exit.DONE


def _kind(error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {why}" if why else type(error).__name__


@command(
    "restore",
    examples=("digest restore /var/backups/digest/digest-20261122T050000Z",),
    exits=(Exit.BAD_DOCUMENT,),
)
@click.argument("path", type=click.Path(path_type=Path, file_okay=False), metavar="BACKUP")
def restore(call: Call, path: Path) -> Exit:
    """Put a backup into an empty place.

    The database that storage.url names must not be there, or be empty; nothing is overwritten. The backup is
    checked first, and brought to this version's schema. What was restored is paused: it sends nothing until
    `digest db adopt`, since the original may still be at work (P7).
    """
    from digest.store.backup import read
    from digest.store.backup import restore as put_back
    from digest.wiring import PICTURES, open_database, utc_now

    settings = call.settings()
    found = read(path)
    engine = open_database(settings)
    try:
        put_back(found, engine, settings.var_dir / PICTURES, now=utc_now())
    finally:
        engine.dispose()
    rows = sum(found.rows.values())
    if call.json:
        print_json({"path": str(path), "made": found.made.isoformat(), "rows": found.rows, "paused": True})
    else:
        say(f"{rows:,} rows of {found.made:%Y-%m-%d %H:%M} UTC are back; every count agrees")
        say("It sends nothing yet. What was sent after the backup is not in it: look at `digest status`,")
        say("stop the original, then `digest db adopt`.")
    return Exit.DONE


database = click.Group(
    "db",
    help="The database: upgrade it, check it, adopt a copy, forget old rows, move it.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command("upgrade", examples=("digest db upgrade",))
def upgrade(call: Call) -> Exit:
    """Bring the schema to this version.

    Every command does so by itself; this one does nothing else. Make a backup first.
    """
    from digest.store import schema
    from digest.wiring import open_database

    engine = open_database(call.settings())
    try:
        before = schema.current(engine)
        changed = schema.upgrade(engine)
    finally:
        engine.dispose()
    if call.json:
        print_json({"before": before, "now": schema.newest(), "changed": changed})
    else:
        say(f"schema {before or 'none'} -> {schema.newest()}" if changed else f"schema {before}: nothing to do")
    return Exit.DONE


@command("check", examples=("digest db check",))
def check(call: Call) -> Exit:
    """Compare the database with what this version expects.

    Schema, every table and column, and on SQLite the file's own integrity. Exit code 1 where anything differs.
    """
    from digest.store import schema
    from digest.store.installation import standing
    from digest.wiring import MARK_FILE, open_store

    settings = call.settings()
    with open_store(settings, make=False) as store:
        wrong = [*schema.damage(store.engine), *schema.drift(store.engine)]
        paused = standing(store.engine, settings.var_dir / MARK_FILE)
    if call.json:
        print_json({"revision": schema.newest(), "wrong": wrong, "paused": paused})
    else:
        for one in wrong:
            say(one)
        say(f"schema {schema.newest()}: " + (f"{len(wrong)} differences" if wrong else "as this version expects"))
        if paused:
            say(f"paused: {paused}")
    return Exit.FAILED if wrong else Exit.DONE


@command("adopt", examples=("digest db adopt --yes",))
@click.option("--yes", is_flag=True, help="Yes: no other copy of this database sends.")
def adopt(call: Call, yes: bool) -> Exit:
    """Say that this database is the one that sends.

    A copied, moved or restored database is paused: two that send would mail everybody twice. Stop the other one
    first, or make sure that it is gone. A mailing that was under way in a restored one is paused: look who has it
    since, then `digest resume` or `digest abandon`. Where the database is not paused, --yes says that the machine's
    clock is right, for three hours, where it is not believed.
    """
    from digest.store import installation
    from digest.wiring import MARK_FILE, open_store, utc_now

    settings = call.settings()
    mark = settings.var_dir / MARK_FILE
    with open_store(settings) as store:
        paused = installation.standing(store.engine, mark)
        halted: tuple[str, ...] = ()
        if paused and not yes:
            raise Stopped(f"{paused}; say --yes if no other copy of it sends", Exit.HELD)
        if paused or yes:
            now = utc_now()
            with store.begin() as tx:
                halted = installation.adopt(tx.connection, now, mark).halted
                tx.log("database.adopted", "database", by="cli", now=now, detail=paused)
    if call.json:
        print_json({"adopted": bool(paused) or yes, "was": paused, "halted": list(halted)})
    else:
        say("adopted: it sends from now on" if paused or yes else "nothing to do: it is not paused")
        for one in halted:
            say(f"{one}: its mailing is paused; {installation.BEHIND}")
    return Exit.DONE


@command("rekey", examples=("digest db rekey --yes",))
@click.option("--yes", is_flag=True, help="Yes: the secret key that is missing is lost for good.")
def rekey(call: Call, yes: bool) -> Exit:
    """Give up erasures whose secret key is lost.

    Addresses that were erased are known by a key that any secret key opens which was ever configured. Where none of
    them is left, nothing starts: put one back, for one start, and then retire it. Only where all are lost, this forgets
    who was erased, so that imports may bring them back.
    """
    from digest.store.lasting import KeyLost, opened_by, remembered
    from digest.store.lasting import rekey as start_over
    from digest.wiring import open_store, secret_keys, utc_now

    settings = call.settings()
    secrets = secret_keys(settings)
    with open_store(settings, make=False) as store:
        with store.read() as tx:
            lost = 0 if opened_by(tx.connection, secrets) else remembered(tx.connection)
        if lost and not yes:
            raise KeyLost(lost)
        if lost:
            now = utc_now()
            with store.begin() as tx:
                lost = start_over(tx.connection, secrets, now)
                tx.log("database.rekeyed", "database", by="cli", now=now, detail=f"{lost} erasures given up")
    if call.json:
        print_json({"given_up": lost})
    else:
        say(f"{lost:,} erasures are given up" if lost else "nothing to do: the secret keys open every erasure")
    return Exit.DONE


@command("forget", examples=("digest db forget",))
def forget(call: Call) -> Exit:
    """Let rows go that are older than their time.

    The clock does it every night; `retention` in the configuration says after how many days. Of old mailings the
    account stays, as numbers.
    """
    from digest.workflow.clock.retention import forget as let_go

    with call.app() as app:
        gone = let_go(app)
    if call.json:
        print_json({"stories": gone.stories, "posts": gone.posts, "log": gone.log, "deliveries": gone.deliveries})
    else:
        say(gone.summary)
    return Exit.DONE


@command("move", examples=("digest db move --to postgresql+psycopg://digest@db.internal/digest",))
@click.option("--to", "target", required=True, metavar="URL", help="An empty PostgreSQL database.")
def move(call: Call, target: str) -> Exit:
    """Take everything that is remembered to PostgreSQL.

    Stop what sends first. The database that storage.url names is only read. Every table is compared by count and by
    the hashes of its rows; where it breaks off, the same command goes on. A target that holds anything else is
    refused. What was moved sends nothing until `digest db adopt`: set storage.url to it, then adopt it. Pictures
    and the outbox stay where they are.
    """
    from digest.store.db import open_engine
    from digest.store.moving import Moved
    from digest.store.moving import move as take_along
    from digest.wiring import open_store, utc_now

    def told(one: Moved) -> None:
        if not call.json:
            say(f"{one.table:<24} {one.rows:>12,} rows  {'copied' if one.copied else 'there already'}, the same")

    with open_store(call.settings(), make=False) as store:
        # There may be a pooler before it: what prepares nothing goes through either.
        goal = open_engine(target, prepared=False)
        try:
            moved = take_along(store.engine, goal, now=utc_now().replace(microsecond=0), told=told)
        finally:
            goal.dispose()
    if call.json:
        tables = {one.table: {"rows": one.rows, "sum": one.sum, "copied": one.copied} for one in moved}
        print_json({"tables": tables, "paused": True})
    else:
        say(f"{sum(one.rows for one in moved):,} rows; every count and every hash agrees")
        say("It sends nothing yet: set storage.url to it, make sure that nothing sends from the old one,")
        say("then `digest db adopt --yes`.")
    return Exit.DONE


for one in (upgrade, check, adopt, rekey, forget, move):
    database.add_command(one)
