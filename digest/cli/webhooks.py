"""Webhooks that we post: add, list, failures, replay, rotate, enable, pause, resume, remove."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import click

from digest.cli.edition import by_option, who
from digest.cli.exits import Exit
from digest.cli.frame import HELP, Call, command, date_option, help_where_nothing_is_asked
from digest.cli.output import notice, print_json, print_table, say
from digest.model.webhook import KINDS

if TYPE_CHECKING:
    from digest.model.webhook import Endpoint, Post

SHOWN = 50

webhooks = click.Group(
    "webhooks",
    help="Whom we tell what happens: add, list, failures, replay, rotate, enable, pause, resume, remove.",
    context_settings=HELP,
    callback=help_where_nothing_is_asked,
    invoke_without_command=True,
    no_args_is_help=False,
)

webhook_argument = click.argument("webhook", type=click.IntRange(1), metavar="WEBHOOK")


@command(
    "add",
    examples=(
        "digest webhooks add https://hooks.example/digest",
        "digest webhooks add https://hooks.example/left --kind subscriber.unsubscribed --list world",
    ),
)
@click.argument("url", metavar="URL")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), metavar="KIND", help="Only this kind.")
@click.option("--list", "lists", multiple=True, metavar="SLUG", help="Only of this list; of every list by default.")
@click.option("--with-address", is_flag=True, help="Posts about a reader hold the e-mail address besides the id.")
@by_option
def add(call: Call, url: str, kinds: tuple[str, ...], lists: tuple[str, ...], with_address: bool, by: str) -> Exit:
    """Tell an address what happens from now on.

    Prints the secret that signs the posts.
    """
    from digest.workflow.clock.webhooks import add_webhook, secret_of

    with call.app() as app:
        made = add_webhook(app, url, kinds=kinds, lists=lists, with_address=with_address, by=who(by))
        secret = secret_of(app, made.id)
    if call.json:
        print_json({"id": made.id, "url": made.url, "secret": secret})
        return Exit.DONE
    say(secret)
    notice(f"Webhook {made.id} is told {_told(made)}. The secret checks its posts.")
    return Exit.DONE


@command("list", examples=("digest webhooks list", "digest webhooks list --json"))
def list_webhooks(call: Call) -> Exit:
    """List the webhooks and how they do."""
    with call.store(make=False) as store, store.read() as tx:
        found = [(one, tx.webhooks.counts(one.id)) for one in tx.webhooks.everything()]
    if call.json:
        rows = [
            {**_document(one), **{state.value: number for state, number in counts.items()}} for one, counts in found
        ]
        print_json({"webhooks": rows})
        return Exit.DONE
    if not found:
        say("None; `digest webhooks add URL` adds one.")
        return Exit.DONE
    print_table(
        ("Webhook", "Address", "Told", "Waiting", "Sent", "Parked", "State"),
        [(one.id, one.url, _told(one), *map(str, counts.values()), _state(one)) for one, counts in found],
        right=("Waiting", "Sent", "Parked"),
    )
    return Exit.DONE


@command("failures", examples=("digest webhooks failures 1",))
@webhook_argument
def failures(call: Call, webhook: int) -> Exit:
    """Show the newest posts that a webhook did not take, and why."""
    from digest.model.webhook import PostState
    from digest.workflow.clock.webhooks import require

    with call.store(make=False) as store, store.read() as tx:
        require(tx, webhook)
        parked = tx.webhooks.posts(webhook, PostState.PARKED, limit=SHOWN)
        failing = [one for one in tx.webhooks.posts(webhook, PostState.WAITING, limit=SHOWN) if one.tries]
    found = [*failing, *parked]
    if call.json:
        print_json({"posts": [_post(one) for one in found]})
        return Exit.DONE
    if not found:
        say("None.")
        return Exit.DONE
    print_table(
        ("Post", "Kind", "Happened (UTC)", "Tries", "State", "Why"),
        [
            (post.key, post.kind, f"{post.at:%Y-%m-%d %H:%M}", one.tries, one.state, one.note)
            for one in found
            for post in (one.happening,)
        ],
        right=("Tries",),
    )
    return Exit.DONE


@command("replay", examples=("digest webhooks replay 1", "digest webhooks replay 1 --all --date 2026-11-22"))
@webhook_argument
@date_option("Only what happened from this day on (UTC).")
@click.option("--all", "sent_too", is_flag=True, help="Posts that were taken as well.")
@by_option
def replay(call: Call, webhook: int, day: date | None, sent_too: bool, by: str) -> Exit:
    """Post parked posts again.

    They go under the ids that they had; the clock does it within a minute.
    """
    from digest.workflow.clock.webhooks import replay as again
    from digest.workflow.clock.webhooks import require

    since = None if day is None else datetime.combine(day, time(), UTC)
    with call.app() as app:
        found = again(app, webhook, since=since, sent_too=sent_too, by=who(by))
        with app.read() as tx:
            one = require(tx, webhook)
    if call.json:
        print_json({"webhook": webhook, "posts": found})
        return Exit.DONE
    say(f"{found} posts wait to be posted again.")
    if one.disabled_at is not None or one.paused_at is not None:
        how = "enable" if one.disabled_at is not None else "resume"
        notice(f"Webhook {webhook} is {_state(one)}: nothing goes before `digest webhooks {how} {webhook}`.")
    return Exit.DONE


@command("rotate", examples=("digest webhooks rotate 1",))
@webhook_argument
@by_option
def rotate(call: Call, webhook: int, by: str) -> Exit:
    """Make a new secret and show it.

    For a day posts carry signatures by both.
    """
    from digest.workflow.clock.webhooks import rotate as turn
    from digest.workflow.clock.webhooks import secret_of

    with call.app() as app:
        turn(app, webhook, by=who(by))
        secret = secret_of(app, webhook)
    if call.json:
        print_json({"webhook": webhook, "secret": secret})
        return Exit.DONE
    say(secret)
    return Exit.DONE


@command("enable", examples=("digest webhooks enable 1",))
@webhook_argument
@by_option
def enable(call: Call, webhook: int, by: str) -> Exit:
    """Post again to a webhook that was disabled.

    What was parked meanwhile waits for a replay.
    """
    from digest.workflow.clock.webhooks import enable as begin

    with call.app() as app:
        begin(app, webhook, by=who(by))
    if call.json:
        print_json({"webhook": webhook, "enabled": True})
        return Exit.DONE
    say(f"Webhook {webhook} is told again.")
    return Exit.DONE


@command("pause", examples=("digest webhooks pause 1",))
@webhook_argument
@by_option
def pause(call: Call, webhook: int, by: str) -> Exit:
    """Let the posts of a webhook wait.

    They wait for as long as happenings are remembered (webhooks.keep_days).
    """
    return _pause(call, webhook, paused=True, by=by)


@command("resume", examples=("digest webhooks resume 1",))
@webhook_argument
@by_option
def resume(call: Call, webhook: int, by: str) -> Exit:
    """Post to a paused webhook again, from the oldest post that waits."""
    return _pause(call, webhook, paused=False, by=by)


def _pause(call: Call, webhook: int, *, paused: bool, by: str) -> Exit:
    from digest.workflow.clock.webhooks import change_webhook

    with call.app() as app:
        change_webhook(app, webhook, paused=paused, by=who(by))
    if call.json:
        print_json({"webhook": webhook, "paused": paused})
        return Exit.DONE
    say(f"Webhook {webhook} is paused: its posts wait." if paused else f"Webhook {webhook} is told again.")
    return Exit.DONE


@command("remove", examples=("digest webhooks remove 1",))
@webhook_argument
@by_option
def remove(call: Call, webhook: int, by: str) -> Exit:
    """Tell a webhook nothing more, and forget its posts."""
    from digest.workflow.clock.webhooks import remove_webhook

    with call.app() as app:
        remove_webhook(app, webhook, by=who(by))
    if call.json:
        print_json({"webhook": webhook, "removed": True})
        return Exit.DONE
    say(f"Webhook {webhook} is gone.")
    return Exit.DONE


def _state(one: Endpoint) -> str:
    if one.disabled_at is not None:
        return f"disabled: {one.disabled_why}"
    if one.paused_at is not None:
        return f"paused since {one.paused_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.failures} tries failed" if one.failures else "well"


def _told(one: Endpoint) -> str:
    """What it is told, in words."""
    about = f" about {', '.join(one.lists)}" if one.lists else ""
    return (", ".join(one.kinds) or "everything") + about


def _document(one: Endpoint) -> dict[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "kinds": list(one.kinds),
        "lists": list(one.lists),
        "with_address": one.with_address,
        "failures": one.failures,
        "disabled": one.disabled_why if one.disabled_at else None,
        "paused": one.paused_at.isoformat() if one.paused_at else None,
    }


def _post(one: Post) -> dict[str, object]:
    return {
        "id": one.happening.key,
        "kind": one.happening.kind,
        "at": one.happening.at.isoformat(),
        "tries": one.tries,
        "state": one.state.value,
        "why": one.note,
    }


for _one in (add, list_webhooks, failures, replay, rotate, enable, pause, resume, remove):
    webhooks.add_command(_one)
