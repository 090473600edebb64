"""`digest check`: what there is to say against an edition before anybody gets it."""

from __future__ import annotations

import click

from digest.cli.exits import Exit
from digest.cli.frame import Call, command, edition_argument
from digest.cli.output import print_json, say
from digest.model.counted import counted
from digest.model.edition import EditionId


@command(
    "check",
    examples=("digest check world/2026-11-22", "digest check world/2026-11-22 --no-links --json"),
    exits=(Exit.NOTHING,),
)
@edition_argument
@click.option("--links/--no-links", default=True, help="Follow every link, for up to 20 seconds; on by default.")
def check(call: Call, edition: EditionId, links: bool) -> Exit:
    """Run every check on an edition, and change nothing.

    A blocker stops an automatic send, and the exit code is 4; a warning stops nothing. docs/reference/checks.md lists
    them all.
    """
    from digest.workflow.edition.check import check_edition_now

    with call.app(make=False) as app:
        checked = check_edition_now(app, edition, links=links)
    code = Exit.NOTHING if checked.blocked else Exit.DONE
    if call.json:
        findings = [
            {"id": one.id, "severity": one.severity, "message": one.message, "fix": one.fix} for one in checked.findings
        ]
        document = {
            "edition": str(edition),
            "version": checked.edition.version,
            "status": checked.edition.status.value,
            "blocked": checked.blocked,
            "findings": findings,
            "exit": int(code),
        }
        print_json(document)
        return code
    for one in checked.findings:
        say(f"{one.severity}: {one.told} [{one.id}]")
    blockers = sum(one.blocks for one in checked.findings)
    say(f"{edition}: {counted(blockers, 'blocker')}, {counted(len(checked.findings) - blockers, 'warning')}")
    return code
