"""Trial mode of a new installation: how far it is, a test that has to arrive, and what an admin confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.edition import by_option, who
from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import print_json, print_table, say
from digest.model.trial import NEEDED, Trial, TrialStep

if TYPE_CHECKING:
    from digest.settings import Settings

WORDS = {
    TrialStep.DOMAIN: "the domain that mail comes from is authenticated: `digest trial confirm --domain` looks it up",
    TrialStep.POSTAL: "the postal address in the footer is yours: `digest trial confirm --postal`",
    TrialStep.TEST: "a test arrived: `digest trial test YOUR-ADDRESS`, then `digest trial confirm --code CODE`",
}

trial = click.Group(
    "trial",
    help="Trial mode of a new installation: status, test, confirm.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command("status", examples=("digest trial status", "digest trial status --json | jq .missing"))
def status(call: Call) -> Exit:
    """Say whom this installation may mail, and what is missing.

    A new one mails people of the desk and seeds only, until an admin has confirmed three things. Where nothing
    leaves the machine (the outbox) there is no trial.
    """
    settings = call.settings()
    with call.store(settings, make=False) as store, store.read() as tx:
        found = tx.trial.read()
    return _tell(call, settings, found)


@command("test", examples=("digest trial test you@example.org",))
@click.argument("address", metavar="ADDRESS")
@by_option
def test(call: Call, address: str, by: str) -> Exit:
    """Mail a test with a code to somebody of the desk, or a seed."""
    from digest.workflow.trial import send_trial

    with call.app() as app:
        send_trial(app, address, by=who(by))
    if call.json:
        print_json({"sent": address})
        return Exit.DONE
    say(f"On its way to {address}. Bring its code back within a day: digest trial confirm --code CODE")
    return Exit.DONE


@command(
    "confirm",
    examples=("digest trial confirm --domain --postal", "digest trial confirm --code 042517"),
)
@click.option("--domain", is_flag=True, help="SPF, DKIM and DMARC are set; they are looked up first.")
@click.option("--unseen", is_flag=True, help="With --domain: believe it without a look-up.")
@click.option("--postal", is_flag=True, help="The postal address in the footer is yours.")
@click.option("--code", default="", metavar="CODE", help="The code of a test that arrived.")
@by_option
def confirm(call: Call, domain: bool, unseen: bool, postal: bool, code: str, by: str) -> Exit:
    """Confirm what a new installation needs before it mails everybody.

    Each can be confirmed by itself, in any order; --domain is refused where the look-up finds something missing.
    """
    from digest.workflow.trial import arrived
    from digest.workflow.trial import confirm as confirm_steps

    if not (domain or postal or code):
        raise Stopped("say what you confirm: --domain, --postal, --code CODE", Exit.USAGE)
    settings = call.settings()
    steps = [step for step, said in ((TrialStep.DOMAIN, domain), (TrialStep.POSTAL, postal)) if said]
    with call.app(settings) as app:
        found = confirm_steps(app, steps, by=who(by), unseen=unseen)
        if code:
            found = arrived(app, code, by=who(by))
    return _tell(call, settings, found)


def _tell(call: Call, settings: Settings, found: Trial) -> Exit:
    from digest.wiring import mail_leaves

    leaves = mail_leaves(settings)
    missing = found.missing if leaves else ()
    if call.json:
        print_json({"trial": bool(missing), "missing": [step.value for step in missing], "mail_leaves": leaves})
        return Exit.DONE
    if not leaves:
        say("Nothing leaves this machine: the provider is the outbox. There is no trial.")
        return Exit.DONE
    if not missing:
        say("No trial: everybody who may have mail gets it.")
        return Exit.DONE
    say("Trial mode: only people of the desk and seeds are mailed.")
    rows = [
        (step.value, "missing" if step in missing else f"confirmed by {found.marks[step].by}", WORDS[step])
        for step in NEEDED
    ]
    print_table(("Step", "", "What it says"), rows)
    return Exit.DONE


for one in (status, test, confirm):
    trial.add_command(one)
