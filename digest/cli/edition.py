"""What a person does with an edition: look at it, approve or hold it, send it, stop it."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import outcome
from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command, edition_argument, optional_edition_argument
from digest.cli.output import complain, notice, print_json, say
from digest.model.edition import Edition, EditionId, EditionStatus

if TYPE_CHECKING:
    from digest.model.finding import Finding
    from digest.model.mail import Variant
    from digest.ports import App
    from digest.settings import Settings

by_option = click.option("--by", metavar="NAME", default="", help="Who does it, for the record; your user name.")


def who(by: str) -> str:
    """The name for the record: what was given, else the user's."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have a number and no name.
        return "operator"


@command("show", examples=("digest show world/2026-11-22", "digest show world/2026-11-22 --candidates"))
@edition_argument
@click.option("--candidates", is_flag=True, help="Also what was not picked, and why not.")
def show(call: Call, edition: EditionId, candidates: bool) -> Exit:
    """Show an edition: its picks with their scores and reasons.

    With --json, all that is stored of it.
    """
    from digest.cli.tell import edition_document, print_candidates, print_picks
    from digest.workflow.edition.review import require

    settings = call.settings()
    with call.store(settings, make=False) as store, store.read() as tx:
        found = require(tx, edition)
    if call.json:
        print_json(edition_document(found))
        return Exit.DONE
    known = next((one for one in settings.newsletters if one.slug == edition.newsletter), None)
    say(f"Subject:   {found.subject}")
    say(f"Preheader: {found.preheader}")
    say(f"Version:   {found.version}, composed {found.composed_at:%Y-%m-%d %H:%M} UTC")
    say()
    print_picks(found, known.newsletter() if known else None)
    if candidates:
        say()
        print_candidates(found)
    say()
    say(outcome.sentence(found))
    return Exit.DONE


@command(
    "preview",
    examples=(
        "digest preview world/2026-11-22",
        "digest preview world/2026-11-22 --variant fr:all --out /tmp/look",
        "digest preview world/2026-11-22 --variant en:asia+world:text",
        "digest preview --gallery",
    ),
)
@optional_edition_argument
@click.option("--variant", "key", metavar="KEY", help="LANGUAGE:SECTIONS[:text]; all sections by default.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write; var/preview.")
@click.option("--gallery", is_flag=True, help="Every block and letter in every light, as one page.")
def preview(call: Call, edition: EditionId | None, key: str | None, out: Path | None, gallery: bool) -> Exit:
    """Write an edition as HTML and text, and print the paths.

    It is what a reader would get. What is approved is shown from its frozen bytes; the slots are filled with sample
    values. With --gallery, no edition: the look of EDITION's newsletter, or of the first in the configuration.
    """
    from digest.cli.previewing import FOLDER, write_preview
    from digest.render.checks import check
    from digest.workflow.edition.review import require
    from digest.workflow.newsletters import newsletter_of

    settings = call.settings()
    if gallery:
        return _preview_gallery(call, settings, edition, out)
    if edition is None:
        raise click.UsageError("name an EDITION, such as world/2026-11-22, or ask for --gallery")
    with call.app(settings, make=False) as app:
        newsletter = newsletter_of(app, edition.newsletter)
        with app.read() as tx:
            found = require(tx, edition)
        variant = _variant(
            f"{found.language}:all" if key is None else key, [section.slug for section in newsletter.sections]
        )
        written = write_preview(app, found, variant, out or settings.var_dir / FOLDER)
        findings = check(written.rendered, found, newsletter)
    if call.json:
        print_json(
            {
                "edition": str(edition),
                "variant": variant.key,
                "subject": written.rendered.subject,
                "html": str(written.html) if written.html else None,
                "text": str(written.text),
                "sha256": written.rendered.sha256,
                "findings": [_finding_document(one) for one in findings],
            }
        )
        return Exit.DONE
    for path in (written.html, written.text):
        if path is not None:
            say(str(path))
    for one in findings:
        complain_of(one)
    return Exit.DONE


def _preview_gallery(call: Call, settings: Settings, edition: EditionId | None, out: Path | None) -> Exit:
    from digest.cli.previewing import FOLDER, write_gallery
    from digest.workflow.newsletters import newsletter_of

    with call.app(settings) as app:
        newsletter = newsletter_of(app, edition.newsletter if edition else next(iter(app.newsletters)))
        path = write_gallery(app, newsletter, out or settings.var_dir / FOLDER)
    if call.json:
        print_json({"newsletter": newsletter.slug, "html": str(path)})
    else:
        say(str(path))
    return Exit.DONE


def _variant(key: str, known: list[str]) -> Variant:
    from digest.model.mail import Variant
    from digest.render.words import LANGUAGES

    if not re.fullmatch(r"[a-z]{2,3}:[a-z0-9+-]+(:text)?", key):
        raise click.BadParameter(f"{key!r} is no variant; write LANGUAGE:SECTIONS[:text], such as en:all")
    variant = Variant.parse(key)
    if variant.language not in LANGUAGES:
        raise click.BadParameter(f"{key!r}: no language {variant.language!r}; there are {', '.join(sorted(LANGUAGES))}")
    unknown = [slug for slug in variant.sections if slug not in known]
    if unknown:
        raise click.BadParameter(f"{key!r}: no section {unknown[0]!r}; there are {', '.join(known)}")
    return variant


def complain_of(finding: Finding) -> None:
    """A finding on stderr, with its next step."""
    notice(f"{finding.severity}: {finding.told}")


def _finding_document(finding: Finding) -> dict[str, str]:
    return {"id": finding.id, "severity": finding.severity, "message": finding.message, "fix": finding.fix}


@command(
    "approve",
    examples=("digest approve world/2026-11-22", "digest approve world/2026-11-22 --by 'Ada, night desk'"),
    exits=(Exit.NOTHING, Exit.HELD, Exit.ELSEWHERE),
)
@edition_argument
@by_option
@click.option("--despite-blockers", is_flag=True, help="Approve although checks say no; it is recorded.")
def approve(call: Call, edition: EditionId, by: str, despite_blockers: bool) -> Exit:
    """Approve an edition and freeze every byte of it.

    What is approved is what will be sent. Approved already, or sent: nothing changes, and the exit code is 0.
    """
    from digest.workflow.edition.review import Blocked
    from digest.workflow.edition.review import approve as approve_now

    with call.app() as app:
        try:
            found = approve_now(app, edition, by=who(by), despite_blockers=despite_blockers)
        except Blocked as blocked:
            if call.json:
                findings = [_finding_document(one) for one in blocked.findings]
                print_json({"error": str(blocked), "findings": findings, "exit": int(Exit.NOTHING)})
            for one in blocked.findings:
                complain(f"{edition}: {one.told}")
            complain(f"{edition} was not approved; mend it, or approve it with --despite-blockers")
            return Exit.NOTHING
    return _tell_status(call, found, outcome.of_edition(found))


@command(
    "hold",
    examples=("digest hold world/2026-11-22 --reason 'waiting for the election result'",),
    exits=(Exit.ELSEWHERE,),
)
@edition_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever looks next.")
@by_option
def hold(call: Call, edition: EditionId, reason: str, by: str) -> Exit:
    """Hold an edition until a person approves it.

    Nothing of it goes out, however often it is changed or composed anew. Held by somebody already: it stays as it is,
    with their reason. What only blockers hold is held by you from then on.
    """
    from digest.workflow.edition.review import hold as hold_now

    with call.app() as app:
        held = hold_now(app, edition, by=who(by), reason=reason)
    return _tell_status(call, held, Exit.DONE)


@command(
    "correct",
    examples=("digest correct world/2026-11-22 'The number of people killed was given as 50; it is 57.'",),
    exits=(Exit.ELSEWHERE,),
)
@edition_argument
@click.argument("text")
@by_option
def correct(call: Call, edition: EditionId, text: str, by: str) -> Exit:
    """Put a dated correction on top of an edition's web page.

    It stands in the feeds as well. The mails and what was approved stay as they were sent.
    """
    from digest.workflow.edition.archive import correct as correct_now

    with call.app() as app:
        made = correct_now(app, edition, text, by=who(by))
    if call.json:
        print_json(
            {"edition": str(edition), "id": made.id, "at": made.at.isoformat(), "by": made.by, "text": made.text}
        )
    else:
        say(f"{edition} is corrected: the note (correction {made.id}) stands on top of its page")
    return Exit.DONE


def _tell_status(call: Call, edition: Edition, code: Exit) -> Exit:
    if call.json:
        print_json(
            {
                "edition": str(edition.id),
                "status": edition.status.value,
                "reason": edition.reason,
                "approved_by": edition.approved_by,
                "approved_at": edition.approved_at.isoformat() if edition.approved_at else None,
                "exit": int(code),
            }
        )
    else:
        say(outcome.sentence(edition))
    return code


@command(
    "send",
    examples=("digest send world/2026-11-22", "digest send world/2026-11-22 --now"),
    exits=(Exit.NOTHING, Exit.HELD, Exit.PARTLY, Exit.PROVIDER, Exit.ELSEWHERE, Exit.UNCERTAIN),
)
@edition_argument
@click.option("--now", "everybody_now", is_flag=True, help="Everybody now, not at each reader's own hour.")
@click.option("--late", is_flag=True, help="Also what is past its window.")
def send(call: Call, edition: EditionId, everybody_now: bool, late: bool) -> Exit:
    """Send what is due of an approved edition.

    Its audience is frozen first, if it is not yet. Safe to run twice, and by several processes at once: nobody is
    mailed twice. A stopped edition goes on.
    """
    from digest.cli.tell import account_document, print_account
    from digest.workflow.send.deliver import send as send_now

    with call.app() as app:
        again = _plan_if_needed(app, edition, late=late)
        sent = send_now(app, edition, everybody_now=everybody_now, late=late)
        waiting = outcome.put_off(app, sent)
    code = outcome.of_sending(sent, waiting)
    lines = outcome.progress_of_sending(sent, waiting, again=again)
    if call.json:
        print_json(
            {
                "edition": str(edition),
                "state": sent.mailing.state.value,
                "again": again,
                "calls": sent.calls,
                "account": account_document(sent.account),
                "waiting_until": sent.waiting_until.isoformat() if sent.waiting_until else None,
                "problem": sent.problem,
                "notes": lines,
                "exit": int(code),
            }
        )
        return code
    print_account(sent.account)
    for line in lines:
        say(line)
    return code


def _plan_if_needed(app: App, edition: EditionId, *, late: bool) -> bool:
    """Plan an approved edition; True where it was planned before. Raises Stopped where nothing may go out."""
    from digest.workflow.clock.day import late_reason
    from digest.workflow.edition.review import require
    from digest.workflow.hours import send_instant, window_end
    from digest.workflow.newsletters import newsletter_of
    from digest.workflow.send.plan import plan

    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        if tx.ledger.mailing(str(edition)) is not None:
            return True
        found = require(tx, edition)
    if found.status in (EditionStatus.SKIPPED, EditionStatus.CANCELLED):
        raise Stopped(outcome.sentence(found), Exit.NOTHING)
    if found.status is not EditionStatus.APPROVED:
        raise Stopped(outcome.sentence(found), Exit.HELD)
    end = window_end(newsletter, send_instant(newsletter, edition.date))
    if end is not None and app.clock() > end and not late:
        # Nothing is planned either: planning would hold every reader's message, and a person has to decide first.
        raise Stopped(f"{edition} was not sent: {late_reason(newsletter, edition)}", Exit.HELD)
    plan(app, edition)
    return False
