"""The machine: init makes a place to work in, doctor looks whether all is well, serve runs the clock and the pages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command
from digest.cli.output import print_json, print_table, say
from digest.cli.people import welcome_link

if TYPE_CHECKING:
    from digest.cli.checkup_line import Check
    from digest.settings import Settings

STARTER = "starter.yaml"


@command(
    "init",
    examples=(
        "digest init",
        "digest init my-newsletter --admin you@example.org",
        "digest init my-newsletter && cd my-newsletter && digest doctor",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
@click.option("--admin", default="", metavar="ADDRESS", help="The first admin of the desk: prints their one-time link.")
def init(call: Call, folder: Path, admin: str) -> Exit:
    """Make a place to work in: configuration, database, key, admin.

    The configuration works as it stands; the key signs the links in mails. Nothing that is there already is
    overwritten: with a configuration in place it fails and changes nothing. The link of --admin works once, for two
    days; behind it one chooses a password.
    """
    from digest.wiring import KEY_FILE, open_store, secret_keys, utc_now
    from subscribers.address import AddressError, parse_address

    if admin:
        try:
            # Before anything is made: a slip here would leave a place without its admin.
            parse_address(admin, allow_reserved=True)
        except AddressError as error:
            raise Stopped(f"--admin: {admin!r} is not an address: {error}; nothing was made", Exit.FAILED) from None

    target = folder / call.config
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        raise Stopped(f"{target}: is there already; nothing was changed", Exit.FAILED) from None
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(resources.files("digest.cli").joinpath(STARTER).read_text("utf-8"))
    # Paths in a configuration are relative to the folder that the commands run in.
    with contextlib.chdir(folder):
        settings = Call(config=call.config, json=call.json).settings()
        with open_store(settings) as store, store.begin() as tx:
            # Otherwise a list is made with its first reader: here somebody looks at an empty table.
            for one in settings.newsletters:
                tx.audience.ensure_list(one.list, one.name, utc_now())
        secret_keys(settings)
        link = _first_admin(settings, admin) if admin else ""
    key = None if settings.secret_keys.get_secret_value() else str(folder / settings.var_dir / KEY_FILE)
    if call.json:
        made = {"config": str(target), "secret_key": key, "storage": settings.storage.url}
        print_json(made | ({"admin": {"email": admin, "link": link}} if admin else {}))
        return Exit.DONE
    say(f"{target}: the configuration; put your own names and sources in it")
    if key is not None:
        say(f"{key}: the secret key; keep a copy, links in mails that are out need it")
    say("Next:")
    if folder != Path():
        say(f"  cd {folder}")
    say("  digest doctor")
    say("  digest subscribers import readers.csv --list world --consent 'how they agreed'")
    say("  digest run world")
    if not link:
        say("  digest people invite you@example.org --role admin    (the editor's desk, once `digest serve` runs)")
        return Exit.DONE
    say("  digest serve")
    say(f"The desk's first admin is {admin}. This link works once, for two days, and is shown only now:")
    say(f"  {link}")
    return Exit.DONE


def _first_admin(settings: Settings, email: str) -> str:
    """The link by which the first admin chooses a password."""
    from digest.model.person import Role
    from digest.wiring import open_app
    from digest.workflow.staff.people import invite

    with open_app(settings) as app:
        made = invite(app, email, roles=frozenset({Role.ADMIN}), by="digest init")
    return welcome_link(settings, made.token)


@command("doctor", examples=("digest doctor", "digest doctor --online", "digest doctor --json | jq '.checks[]'"))
@click.option("--online", is_flag=True, help="Also ask the mail provider, DNS and every source; nobody is mailed.")
def doctor(call: Call, online: bool) -> Exit:
    """Look whether everything is in place.

    One line each, ok, warn or fail, and what to do. Exit code 1 if anything fails, 2 if the configuration cannot be
    read. Nothing is changed but for a line in the log, which the desk shows, and nobody is mailed; with --online
    SendGrid is called in its sandbox, which delivers nothing.
    """
    from digest.cli.checkup import checks, note_checks

    settings = call.settings()
    found = list(checks(settings, online=online))
    note_checks(settings, found)
    code = Exit.FAILED if any(one.level == "fail" for one in found) else Exit.DONE
    if call.json:
        rows = [{"level": one.level, "what": one.what, "found": one.found, "fix": one.fix} for one in found]
        print_json({"checks": rows, "exit": int(code)})
    else:
        _print_checks(found)
    return code


def _print_checks(found: Iterable[Check]) -> None:
    rows = [(one.level, one.what, one.found + (f"\n→ {one.fix}" if one.fix else "")) for one in found]
    print_table(("", "What", "Found, and what to do"), rows)


@command("serve", examples=("digest serve", "digest serve --host 0.0.0.0 --port 8025", "digest serve --no-scheduler"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="The port to listen on.")
@click.option("--scheduler/--no-scheduler", default=True, help="Run the clock too (the default), or only the pages.")
def serve(call: Call, host: str, port: int, scheduler: bool) -> Exit:
    """Run the clock and the web pages.

    Until it is stopped, by Ctrl-C or a plain kill; what is in hand is finished then. The log, with the address,
    goes to stderr.
    """
    settings = call.settings()
    from digest.web import serve as serve_pages

    serve_pages(settings, host=host, port=port, scheduler=scheduler)
    if call.json:
        print_json({"stopped": True, "exit": int(Exit.DONE)})
    return Exit.DONE


@command("web", examples=("digest web", "digest web --host 0.0.0.0 --port 8025"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="The port to listen on.")
def web(call: Call, host: str, port: int) -> Exit:
    """Run the web pages alone.

    `digest scheduler` runs the clock beside it, as another process or on another machine with the same database. What
    a reader waits for, such as a confirmation, is sent from here at once. Stopped as `digest serve` is.
    """
    settings = call.settings()
    from digest.web import serve as serve_pages

    serve_pages(settings, host=host, port=port, scheduler=False)
    if call.json:
        print_json({"stopped": True, "exit": int(Exit.DONE)})
    return Exit.DONE


@command("scheduler", examples=("digest scheduler", "digest scheduler --config /srv/digest/config.yaml"))
def scheduler(call: Call) -> Exit:
    """Run the clock alone.

    It collects, composes, approves by rule, sends and does the chores. Two of them do no harm: each phase of each
    edition happens once. Until it is stopped, by Ctrl-C or a plain kill; what is in hand is finished then.
    """
    settings = call.settings()
    from digest.scheduler import keep_time

    keep_time(settings)
    if call.json:
        print_json({"stopped": True, "exit": int(Exit.DONE)})
    return Exit.DONE
