"""What a person can do with a mailing: stop, pause, resume, release what is held, abandon the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.edition import by_option, who
from digest.cli.exits import Exit
from digest.cli.frame import Call, command, edition_argument
from digest.cli.output import print_json, say
from digest.model.counted import counted
from digest.model.edition import EditionId

if TYPE_CHECKING:
    from digest.ports import App


correction_option = click.option(
    "--correction", type=click.IntRange(min=0), default=0, show_default=False, metavar="ID",
    help="The mailing of this correction, and not the edition's own. `digest correct` and the desk tell its number.",
)  # fmt: skip


def _tell(
    call: Call, app: App, edition: EditionId, correction: int, *, chunks: int | None = None, did: str = ""
) -> Exit:
    """The mailing, its account and the next steps, after what was done."""
    from digest.cli.outcome import next_steps
    from digest.cli.tell import account_document, mailing_document, print_account
    from digest.workflow.send.mailing import account, corrections_under_way, mailing_of

    mailing = mailing_of(app, edition, correction=correction)
    found = account(app, edition, correction=correction)
    others = () if correction else corrections_under_way(app, edition)
    if call.json:
        document = {"edition": str(edition), **mailing_document(mailing), "account": account_document(found)}
        document |= {"correction": correction} if correction else {}
        document |= {"corrections": {str(one.correction): one.state.value for one in others}} if others else {}
        print_json(document | ({} if chunks is None else {"chunks": chunks}) | {"exit": int(Exit.DONE)})
        return Exit.DONE
    if chunks is not None:
        say(f"{mailing.called}: {did} {counted(chunks, 'chunk')}" if chunks else f"{mailing.called}: nobody was {did}")
    say(f"{mailing.called}: the mailing is {mailing.state}" + (f": {mailing.reason}" if mailing.reason else ""))
    print_account(found)
    due = found.ready + found.sending
    state = mailing.state.value
    for line in next_steps(str(edition), state=state, due=due, held=found.held, correction=correction):
        say(line)
    for one in others:
        say(f"{one.called} has a mailing of its own, which is {one.state}: --correction {one.correction}")
    return Exit.DONE


@command(
    "stop",
    examples=("digest stop world/2026-11-22 --reason 'wrong headline'", "digest stop world/2026-11-22 --correction 3"),
    exits=(Exit.ELSEWHERE,),
)
@edition_argument
@correction_option
@click.option("--reason", default="", metavar="TEXT", help="Why, for whoever looks next.")
@by_option
def stop(call: Call, edition: EditionId, correction: int, reason: str, by: str) -> Exit:
    """Stop a sending, from any terminal.

    No new call is made; what is in flight is accounted for. `digest send EDITION` goes on with those who do not
    have it yet.
    """
    from digest.workflow.send.mailing import stop as stop_now

    name = who(by)
    with call.app() as app:
        stop_now(app, edition, by=name, reason=reason or f"stopped by {name}", correction=correction)
        return _tell(call, app, edition, correction)


@command(
    "pause",
    examples=("digest pause world/2026-11-22 --reason 'waiting for the desk'",),
    exits=(Exit.ELSEWHERE,),
)
@edition_argument
@correction_option
@click.option("--reason", default="", metavar="TEXT", help="Why, for whoever looks next.")
@by_option
def pause(call: Call, edition: EditionId, correction: int, reason: str, by: str) -> Exit:
    """Pause a sending for a while, from any terminal.

    No new call is made from then on; what is in flight is accounted for. `digest resume EDITION` goes on. Paused or
    stopped already: it stays as it is, and the exit code is 0.
    """
    from digest.workflow.send.mailing import pause as pause_now

    name = who(by)
    with call.app() as app:
        pause_now(app, edition, by=name, reason=reason or f"paused by {name}", correction=correction)
        return _tell(call, app, edition, correction)


@command("resume", examples=("digest resume world/2026-11-22",), exits=(Exit.ELSEWHERE,))
@edition_argument
@correction_option
@by_option
def resume(call: Call, edition: EditionId, correction: int, by: str) -> Exit:
    """Go on with a paused or stopped sending.

    The clock of `digest serve` sends the rest with its next sweep; `digest send EDITION` does it at once. Whoever has
    it already is not mailed again. A provider that was left in peace is asked again, and first readers whose mail came
    back hold nobody back any more.
    """
    from digest.workflow.send.mailing import resume as resume_now

    with call.app() as app:
        resume_now(app, edition, by=who(by), correction=correction)
        return _tell(call, app, edition, correction)


@command(
    "release",
    examples=(
        "digest release world/2026-11-22 && digest send world/2026-11-22",
        "digest release world/2026-11-22 --given-up",
    ),
)
@edition_argument
@correction_option
@click.option("--given-up", is_flag=True, help="Those who were given up, and not the held ones; it asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option
def release(call: Call, edition: EditionId, correction: int, given_up: bool, yes: bool, by: str) -> Exit:
    """Send to those who are held or were given up.

    The held ones, or with --given-up the others, go with the next sending. Of a call that never answered somebody may
    have the message already, and gets it a second time then, with the same Message-ID. Where there is nobody nothing
    changes, and the exit code is 0.
    """
    from digest.workflow.send.mailing import account
    from digest.workflow.send.mailing import release as release_now

    with call.app() as app:
        readers = account(app, edition, correction=correction).skipped.get("abandoned", 0)
        if given_up and readers and not yes:
            who_they_are = "reader was" if readers == 1 else "readers were"
            click.confirm(f"{readers} {who_they_are} given up. Send to them after all?", abort=True, err=True)
        chunks = release_now(app, edition, by=who(by), correction=correction, given_up=given_up)
        return _tell(call, app, edition, correction, chunks=chunks, did="taken up again" if given_up else "released")


@command("abandon", examples=("digest abandon world/2026-11-22 --reason 'overtaken by events'",))
@edition_argument
@correction_option
@click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever looks next.")
@by_option
def abandon(call: Call, edition: EditionId, correction: int, reason: str, by: str) -> Exit:
    """Give up everybody who does not have it yet.

    What is ready, held or in doubt is not sent any more; the account names them as skipped (abandoned). Calls in
    flight are accounted for. `digest release EDITION --given-up` takes it back.
    """
    from digest.workflow.send.mailing import abandon as abandon_now

    with call.app() as app:
        chunks = abandon_now(app, edition, by=who(by), reason=reason, correction=correction)
        return _tell(call, app, edition, correction, chunks=chunks, did="given up")
