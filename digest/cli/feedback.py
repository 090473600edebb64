"""Feedback by hand: what the clock does by itself, now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import HELP, Call, command, help_where_nothing_is_asked
from digest.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from digest.ports import App
    from digest.workflow.clock.chores import Done, Work

feedback = click.Group(
    "feedback",
    help="What providers and mailboxes say: bounces, suppression lists, calls in doubt.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)


@command("read", examples=("digest feedback read", "digest feedback read --json", "digest feedback read --again"))
@click.option("--again", is_flag=True, help="Also what was set aside because it could not be applied.")
def read(call: Call, again: bool) -> Exit:
    """Read the bounce mailbox, and apply everything that waits.

    `digest serve` does this every few minutes (bounces.every_minutes) and applies what webhooks brought every minute.
    Without a mailbox it only applies. Safe to repeat: a bounce counts once. What cannot be applied is tried five times
    within an hour and a half and then set aside; it is kept for retention.posts_days.
    """
    from digest.workflow.clock.chores import bounces_chore
    from digest.workflow.feedback.events import apply_again, apply_posts

    with call.app() as app:
        if again:
            apply_again(app)
        done = _now(app, "bounces", bounces_chore(app)) if app.mailbox is not None else None
        applied = apply_posts(app)
    note = done.note if done else "no mailbox is configured"
    if call.json:
        names = ("posts", "events", "new", "unknown", "settled", "unreadable")
        counts = {**{name: getattr(applied, name) for name in names}, "failed": len(applied.failed)}
        print_json({"mailbox": note, **counts, "exit": int(Exit.DONE)})
        return Exit.DONE
    say(f"Mailbox: {note}.")
    say(
        f"Applied: {applied.posts} posts with {applied.events} events, {applied.new} of them new; {applied.unknown} of "
        f"other mail, {applied.unreadable} posts unreadable, {applied.settled} doubts settled."
    )
    for one in applied.failed:
        say(f"Not applied: {one} ({type(one.error).__name__}).")
    return Exit.DONE


@command("sync", examples=("digest feedback sync", "digest feedback sync --all"), exits=(Exit.NOTHING,))
@click.option("--all", "whole", is_flag=True, help="The whole lists, not only what was added since the last time.")
def sync(call: Call, whole: bool) -> Exit:
    """Compare the provider's suppression lists with ours.

    Whoever bounced, complained or unsubscribed there is not mailed from here any more. `digest serve` does this once a
    day, and over the whole lists once a week. Exit code 4 where the provider has no lists that we can read.
    """
    from digest.workflow.clock.chores import suppressions_chore

    with call.app() as app:
        if not app.suppressions:
            raise Stopped(
                "the provider in use has no suppression lists that can be read, or no key is set; "
                "see docs/reference/providers/index.md",
                Exit.NOTHING,
            )
        prefix = "all-suppressions" if whole else "suppressions"
        done = [_now(app, f"{prefix}/{name}", suppressions_chore(app, name, whole=whole)) for name in app.suppressions]
    _tell(call, done)
    return Exit.DONE


@command("lookup", examples=("digest feedback lookup",), exits=(Exit.NOTHING,))
def lookup(call: Call) -> Exit:
    """Ask the provider about calls in doubt.

    A message that it shows proves that its call was taken. One that it does not show proves nothing. Exit code 4 where
    the provider cannot be asked (SendGrid: provider.sendgrid.lookups).
    """
    from digest.workflow.clock.chores import lookups_chore

    with call.app() as app:
        if not app.lookups:
            raise Stopped("the provider in use cannot be asked about single messages", Exit.NOTHING)
        done = [_now(app, f"lookups/{name}", lookups_chore(app, name)) for name in app.lookups]
    _tell(call, done)
    return Exit.DONE


@command("status", examples=("digest feedback status", "digest feedback status --json"))
def status(call: Call) -> Exit:
    """Show when each of these was last done, and how it went."""
    with call.store(make=False) as store, store.read() as tx:
        found = tx.chores.recent()
    rows = [
        {
            "chore": one.name,
            "began": one.began_at.isoformat(),
            "good": one.good_at.isoformat() if one.good_at else None,
            "failed": one.failed,
            "note": one.note,
        }
        for one in found
    ]
    if call.json:
        print_json({"chores": rows, "exit": int(Exit.DONE)})
    elif rows:
        shown = [(row["chore"], row["began"], "failed" if row["failed"] else "", row["note"]) for row in rows]
        print_table(("What", "Last begun (UTC)", "", "What came of it"), shown)
    else:
        say("Nothing of this has been done here yet.")
    return Exit.DONE


def _now(app: App, name: str, work: Work) -> Done:
    """One turn at once, unless another process is at it. Raises Stopped."""
    from digest.workflow.clock.chores import do_chore

    done = do_chore(app, name, timedelta(0), work)
    if done is None:
        raise Stopped(f"{name}: another process is at it; try again in a minute", Exit.FAILED)
    if not done.good:
        raise Stopped(done.note, Exit.FAILED)
    return done


def _tell(call: Call, done: list[Done]) -> None:
    if call.json:
        print_json({"done": [{"chore": one.name, "note": one.note} for one in done], "exit": int(Exit.DONE)})
        return
    for one in done:
        say(one.note + ".")


for one in (read, sync, lookup, status):
    feedback.add_command(one)
