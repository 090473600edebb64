"""Tokens of the API: create, list, revoke."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import click

from digest.cli.edition import by_option, who
from digest.cli.exits import Exit
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import notice, print_json, print_table, say
from digest.model.api_token import ApiToken, Scope

token = click.Group(
    "token",
    help="Tokens of the API: create, list, revoke.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


def _last_day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2027-11-22") from None


@command(
    "create",
    examples=(
        "digest token create website --scope readers:write --scope lists:read --list world",
        "digest token create reports --scope editions:read --expires 2027-11-22",
    ),
)
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    metavar="SCOPE",
    help="What it may do; several are fine. docs/reference/api.md says what each allows.",
)
@click.option("--list", "lists", multiple=True, metavar="SLUG", help="Only this list; every list by default.")
@click.option(
    "--expires",
    callback=_last_day,
    metavar="YYYY-MM-DD",
    help="The last day on which it works (UTC); never by default.",
)
@by_option
def create(
    call: Call, name: str, scopes: tuple[str, ...], lists: tuple[str, ...], expires: date | None, by: str
) -> Exit:
    """Make a token of the API and show it, once.

    Only a hash of it is kept: whoever loses it needs another one.
    """
    from digest.workflow.staff.tokens import create as make

    until = None if expires is None else datetime.combine(expires, time(23, 59, 59), ZoneInfo("UTC"))
    with call.app() as app:
        made = make(app, name, scopes=[Scope(one) for one in scopes], lists=lists, expires_at=until, by=who(by))
    if call.json:
        print_json({**_document(made.token), "token": made.secret})
        return Exit.DONE
    say(made.secret)
    notice(f"{made.token.name}: {', '.join(sorted(made.token.scopes))}. It is shown once; keep it like a password.")
    return Exit.DONE


@command("list", examples=("digest token list", "digest token list --json"))
def list_tokens(call: Call) -> Exit:
    """List the tokens of the API, by name; no secret is shown."""
    with call.store(make=False) as store, store.read() as tx:
        found = tx.tokens.everything()
    if call.json:
        print_json({"tokens": [_document(one) for one in found]})
        return Exit.DONE
    if not found:
        say("None; `digest token create NAME --scope SCOPE` makes one.")
        return Exit.DONE
    rows = [
        (
            one.name,
            f"dgt_{one.prefix}_…",
            ", ".join(sorted(one.scopes)),
            ", ".join(one.lists) or "all",
            _until(one),
            f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never",
        )
        for one in found
    ]
    print_table(("Name", "Begins with", "Scopes", "Lists", "Works until", "Last used (UTC)"), rows)
    return Exit.DONE


@command("revoke", examples=("digest token revoke website",))
@click.argument("name", metavar="NAME")
@by_option
def revoke(call: Call, name: str, by: str) -> Exit:
    """End a token: it works no more from the next request on. Its name is not used again."""
    from digest.workflow.staff.tokens import revoke as end

    with call.app() as app:
        gone = end(app, name, by=who(by))
    if call.json:
        print_json(_document(gone))
        return Exit.DONE
    say(f"{gone.name}: revoked.")
    return Exit.DONE


def _until(one: ApiToken) -> str:
    if one.revoked_at is not None:
        return f"revoked {one.revoked_at:%Y-%m-%d}"
    return f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "it is revoked"


def _document(one: ApiToken) -> dict[str, object]:
    def at(instant: datetime | None) -> str | None:
        return instant.isoformat() if instant else None

    return {
        "name": one.name,
        "prefix": one.prefix,
        "scopes": sorted(one.scopes),
        "lists": list(one.lists),
        "created_by": one.created_by,
        "created_at": at(one.created_at),
        "expires_at": at(one.expires_at),
        "used_at": at(one.used_at),
        "revoked_at": at(one.revoked_at),
    }


for _one in (create, list_tokens, revoke):
    token.add_command(_one)
