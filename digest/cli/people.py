"""The people of the editor's desk: invite, list, end. The first admin comes in by `digest people invite`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.edition import by_option, who
from digest.cli.exits import Exit
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from digest.settings import Settings

ROLES = ("analyst", "editor", "approver", "audience", "admin")

people = click.Group(
    "people",
    help="Who may work at the desk: invite, list, end.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command(
    "invite",
    examples=(
        "digest people invite ann@example.org --role admin",
        "digest people invite bob@example.org --role editor --role approver --newsletter world",
        "digest people invite ann@example.org",
    ),
)
@click.argument("email", metavar="ADDRESS")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="What they may do; several are fine.")
@click.option("--name", default="", metavar="NAME", help="As others see it; they can say it themselves.")
@click.option("--newsletter", "newsletters", multiple=True, metavar="SLUG", help="Only these; all by default.")
@by_option
def invite(call: Call, email: str, roles: tuple[str, ...], name: str, newsletters: tuple[str, ...], by: str) -> Exit:
    """Invite somebody to the desk, or let somebody choose a new password.

    Prints a link that works once, for two days. For somebody who is there already, no role is needed: their roles
    stay as they are.
    """
    from digest.model.person import Role
    from digest.workflow.staff.people import invite as invite_somebody

    settings = call.settings()
    with call.app(settings) as app:
        made = invite_somebody(
            app, email, name=name, roles=frozenset(map(Role, roles)), newsletters=newsletters, by=who(by)
        )
    link = welcome_link(settings, made.token)
    if call.json:
        expires = made.expires_at.isoformat()
        print_json({"email": made.person.email, "roles": sorted(made.person.roles), "link": link, "expires": expires})
        return Exit.DONE
    say(f"{made.person.email}: {', '.join(sorted(made.person.roles))}")
    say(link)
    say("The link works once, for two days. `digest serve` has to run where it leads.")
    return Exit.DONE


def welcome_link(settings: Settings, token: str) -> str:
    """Where somebody who is invited chooses a password."""
    return f"{settings.site.base_url.rstrip('/')}/desk/welcome/{token}"


@command("list", examples=("digest people list", "digest people list --json"))
def list_people(call: Call) -> Exit:
    """List who may work at the desk, and who did."""
    with call.store(make=False) as store, store.read() as tx:
        found = tx.people.everybody()
    if call.json:
        print_json(
            {
                "people": [
                    {
                        "email": one.email,
                        "name": one.name,
                        "roles": sorted(one.roles),
                        "newsletters": list(one.newsletters),
                        "signed_in": one.signed_in_at.isoformat() if one.signed_in_at else None,
                        "left": one.left_at.isoformat() if one.left_at else None,
                    }
                    for one in found
                ]
            }
        )
        return Exit.DONE
    if not found:
        say("Nobody yet; `digest people invite ADDRESS --role admin` invites the first admin.")
        return Exit.DONE
    rows = [
        (
            one.email,
            one.name,
            ", ".join(sorted(one.roles)),
            ", ".join(one.newsletters) or "all",
            "left" if one.left_at else f"{one.signed_in_at:%Y-%m-%d %H:%M}" if one.signed_in_at else "not yet",
        )
        for one in found
    ]
    print_table(("Address", "Name", "Roles", "Newsletters", "Last here (UTC)"), rows)
    return Exit.DONE


@command("end", examples=("digest people end bob@example.org",))
@click.argument("email", metavar="ADDRESS")
@by_option
def end(call: Call, email: str, by: str) -> Exit:
    """End somebody's access: their sessions and links end at once. The last admin stays."""
    from digest.model.errors import NotFound
    from digest.workflow.staff.people import end_access

    with call.app() as app:
        with app.read() as tx:
            found = tx.people.by_email(email)
        if found is None:
            raise NotFound(f"nobody here has the address {email}; `digest people list` shows who there is")
        left = end_access(app, found.id, by=who(by))
    if call.json:
        print_json({"email": left.email, "left": left.left_at.isoformat() if left.left_at else None})
        return Exit.DONE
    say(f"{left.email} has no access any more.")
    return Exit.DONE


for one in (invite, list_people, end):
    people.add_command(one)
