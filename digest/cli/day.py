"""The day by hand: run does all of it, collect and compose a part."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from digest.cli import outcome
from digest.cli.exits import Exit
from digest.cli.frame import Call, command, date_option
from digest.cli.output import notice, print_json, say
from digest.model.edition import Edition, EditionId
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.cli.previewing import Preview
    from digest.ports import App
    from digest.settings import Settings
    from digest.workflow.clock.day import Day as DayDone
    from digest.workflow.stories.collect import Collected

newsletter_argument = click.argument("newsletter", metavar="NEWSLETTER")
edition_date = date_option("The edition's date; today in the newsletter's zone.")


def edition_named(app: App, newsletter: str, day: date | None) -> EditionId:
    """The edition of that day, or of today where the newsletter's clocks are. Raises NotFound."""
    from digest.workflow.newsletters import newsletter_of

    zone = newsletter_of(app, newsletter).zone
    return EditionId(newsletter=newsletter, date=day or app.clock().astimezone(ZoneInfo(zone)).date())


@command(
    "run",
    examples=(
        "digest run world",
        "digest run world --date 2026-11-22 --now",
        "digest run world --json | jq .account",
    ),
    exits=(
        Exit.NOTHING,
        Exit.HELD,
        Exit.PARTLY,
        Exit.PROVIDER,
        Exit.ELSEWHERE,
        Exit.UNCERTAIN,
    ),
)
@newsletter_argument
@edition_date
@click.option("--now", "everybody_now", is_flag=True, help="Everybody now, not at each reader's own hour.")
@click.option("--late", is_flag=True, help="Send although the edition's window is over.")
def run(call: Call, newsletter: str, day: date | None, everybody_now: bool, late: bool) -> Exit:
    """Do a whole day: collect, compose, approve, plan, send, account.

    The newsletter's own rule approves or holds. What is done already stays done: run twice, it mails nobody twice,
    and says so. By a clock that the servers of the sources do not believe it does nothing. A preview of the edition
    is written to var/preview each time.
    """
    from digest.cli.previewing import FOLDER, write_preview
    from digest.model.mail import Variant
    from digest.workflow.clock.day import run_day

    settings = call.settings()
    with call.app(settings) as app:
        edition = edition_named(app, newsletter, day)
        done = run_day(app, edition, everybody_now=everybody_now, late=late)
        preview = None
        if done.edition.sections:
            variant = Variant(language=done.edition.language)
            preview = write_preview(app, done.edition, variant, settings.var_dir / FOLDER)
        return _tell_run(call, app, settings, done, preview)


def _tell_run(call: Call, app: App, settings: Settings, done: DayDone, preview: Preview | None) -> Exit:
    newsletter = app.newsletters[done.edition.id.newsletter]
    waiting = outcome.put_off(app, done.sent) if done.sent else ()
    code = outcome.of_sending(done.sent, waiting) if done.sent else outcome.of_edition(done.edition)
    not_asked = _not_asked(app, newsletter)
    left = _left_behind(settings, preview)
    if call.json:
        print_json(_run_document(done, not_asked, left, code))
        return code
    if done.collected is not None:
        _notice_refusals(done.collected)
    from digest.cli.tell import print_account, print_picks

    say(f"{newsletter.name}, {done.edition.id.date:%A} {done.edition.id.date.day} {done.edition.id.date:%B %Y}")
    say(done.edition.subject)
    say()
    print_picks(done.edition, newsletter)
    say()
    if done.sent is not None:
        print_account(done.sent.account)
        for state, number in not_asked.items():
            say(f"not asked: {number} {state} on the list {newsletter.list}")
        say()
        got = done.sent.account.delivered + done.sent.account.accepted + done.sent.account.unconfirmed
        say(f"{done.edition.id}: {got} of {outcome.meant_for(done.sent.account)} readers have it")
        for line in outcome.progress_of_sending(done.sent, waiting, again=done.again):
            say(line)
    else:
        say(outcome.sentence(done.edition))
    for what, where in left.items():
        say(f"{what + ':':<9} {where}")
    return code


def _not_asked(app: App, newsletter: Newsletter) -> dict[str, int]:
    """Subscriptions that no plan looks at: pending and ended ones."""
    from digest.model.errors import NotFound

    try:
        with app.read() as tx:
            counts = tx.audience.counts(newsletter.list)
    except NotFound:
        return {}
    return {state: number for state, number in counts.items() if state != "active" and number}


def _left_behind(settings: Settings, preview: Preview | None) -> dict[str, str]:
    left: dict[str, str] = {}
    if settings.provider.kind == "outbox":
        left["outbox"] = str(settings.provider.outbox.path)
    if preview is not None:
        left["preview"] = str(preview.html or preview.text)
        left["text"] = str(preview.text)
    left["database"] = database_name(settings)
    return left


def database_name(settings: Settings) -> str:
    """Where the database is, without a password: the path of a SQLite file, else the address."""
    from sqlalchemy import make_url

    url = make_url(settings.storage.url)
    return str(Path(url.database or "")) if url.get_backend_name() == "sqlite" else url.render_as_string()


def _run_document(done: DayDone, not_asked: dict[str, int], left: dict[str, str], code: Exit) -> dict[str, Any]:
    from digest.cli.tell import account_document, collected_document, pick_document, picks_of

    sent = done.sent
    return {
        "edition": str(done.edition.id),
        "status": done.edition.status.value,
        "reason": done.edition.reason,
        "subject": done.edition.subject,
        "again": done.again,
        "collected": collected_document(done.collected) if done.collected else None,
        "picks": [pick_document(scored) for scored in picks_of(done.edition)],
        "account": account_document(sent.account) if sent else None,
        "calls": sent.calls if sent else 0,
        "waiting_until": sent.waiting_until.isoformat() if sent and sent.waiting_until else None,
        "problem": sent.problem if sent else "",
        "not_asked": not_asked,
        "left": left,
        "exit": int(code),
    }


@command("collect", examples=("digest collect world", "digest collect world --json"))
@newsletter_argument
@click.option("--regardless", is_flag=True, help="Also sources that failed of late and are left in peace.")
def collect(call: Call, newsletter: str, regardless: bool) -> Exit:
    """Look once at every source of a newsletter and keep what is new.

    A source that fails, or a document that cannot be read, is named and stops nothing else. One that failed twice
    or more in a row is left in peace for a while, longer each time. The command fails only where no source at all
    could be read.
    """
    from digest.cli.tell import collected_document
    from digest.workflow.newsletters import newsletter_of
    from digest.workflow.stories.collect import collect as collect_now
    from digest.workflow.stories.collect import summary

    with call.app() as app:
        found = collect_now(app, newsletter_of(app, newsletter), regardless=regardless)
    nothing = len(found.failed) + len(found.resting) == found.sources
    code = Exit.FAILED if found.sources and nothing else Exit.DONE
    if call.json:
        print_json({"newsletter": newsletter, **collected_document(found), "exit": int(code)})
        return code
    _notice_refusals(found)
    say(f"{newsletter}: {summary(found)}")
    return code


def _notice_refusals(found: Collected) -> None:
    from digest.cli.tell import refusal_lines

    for line in refusal_lines(found):
        notice(line)


@command(
    "compose",
    examples=("digest compose world", "digest compose world --date 2026-11-22 --again"),
    exits=(Exit.NOTHING, Exit.HELD, Exit.ELSEWHERE),
)
@newsletter_argument
@edition_date
@click.option("--again", is_flag=True, help="Make it anew, unless it is approved or beyond.")
def compose(call: Call, newsletter: str, day: date | None, again: bool) -> Exit:
    """Make an edition of the stories that were collected.

    Events, picks, related items, subject and preheader come of it. An edition that is there already stays as it is
    without --again. What somebody holds stays held. Nobody is mailed.
    """
    from digest.workflow.edition.compose import compose as compose_now

    with call.app() as app:
        made = compose_now(app, edition_named(app, newsletter, day), again=again)
        return tell_edition(call, made, app.newsletters[newsletter])


def tell_edition(call: Call, edition: Edition, newsletter: Newsletter | None) -> Exit:
    """Show an edition and say where it stands."""
    from digest.cli.tell import edition_document, print_picks

    code = outcome.of_edition(edition)
    if call.json:
        print_json({**edition_document(edition), "exit": int(code)})
        return code
    say(f"Subject:   {edition.subject}")
    say(f"Preheader: {edition.preheader}")
    say()
    print_picks(edition, newsletter)
    say()
    say(outcome.sentence(edition))
    return code
