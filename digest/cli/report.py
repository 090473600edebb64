"""What stands where: the accounting of an edition, and the editions, mailings and runs of late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from digest.cli import outcome
from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command, edition_argument, optional_edition_argument
from digest.cli.output import print_json, print_json_line, print_table, say
from digest.model.delivery import ChunkState, MailingState
from digest.model.edition import Edition, EditionId

if TYPE_CHECKING:
    from digest.model.alarm import Alarm
    from digest.model.job import Process
    from digest.model.run import Run
    from digest.ports import Tx
    from digest.settings import Settings
    from digest.workflow.clock.engine import EngineStanding

_TROUBLED = (ChunkState.SENDING, ChunkState.IN_DOUBT, ChunkState.HELD, ChunkState.REFUSED)


@command(
    "audit",
    examples=("digest audit world/2026-11-22", "digest audit world/2026-11-22 --json | jq .skipped"),
    exits=(Exit.NOTHING,),
)
@edition_argument
@click.option("--zones", is_flag=True, help="How far it is in each zone, too: planned, sent, waiting, held.")
def audit(call: Call, edition: EditionId, zones: bool) -> Exit:
    """Account for every reader of an edition.

    It is read in one statement, as it stands at this instant. Exit code 0 only if the sum is right: planned = ready
    + sending + accepted + delivered + bounced + complained + rejected + skipped + in_doubt + held + unconfirmed.
    The JSON object has exactly these keys and adds_up, and with --zones those.
    """
    from digest.cli.tell import account_document, print_account, print_zones
    from digest.workflow.edition.review import require

    settings = call.settings()
    with call.store(settings, make=False) as store, store.read() as tx:
        mailing = tx.ledger.mailing(str(edition))
        if mailing is None:
            require(tx, edition)
            raise Stopped(f"{edition} has no mailing yet: nobody has been planned", Exit.NOTHING)
        found = tx.ledger.account(mailing.id)
        progress = _zones(tx, settings, edition, mailing.id) if zones else []
    if call.json:
        print_json_line(account_document(found) | ({"zones": progress} if zones else {}))
    else:
        print_account(found)
        if progress:
            say()
            print_zones(progress)
    return Exit.DONE if found.adds_up else Exit.FAILED


@command("status", examples=("digest status", "digest status world/2026-11-22", "digest status --json"))
@optional_edition_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Editions and runs shown.")
def status(call: Call, edition: EditionId | None, limit: int) -> Exit:
    """Show editions, mailings and runs of late, or one edition.

    What stands wrong comes first: alarms, and whether this installation is paused.

    Of one edition its account, its waves, how far it is in each zone, and every chunk that is in a call, in doubt,
    held or refused. With an engine, who is at work, what waits in the queues and for how long.
    """
    from digest.store.installation import read
    from digest.wiring import is_gone, mail_leaves, utc_now
    from digest.workflow.clock.engine import engine_standing

    settings = call.settings()
    silent = timedelta(seconds=settings.workers.silent_seconds)
    with call.store(settings, make=False) as store, store.read() as tx:
        engine = engine_standing(tx, utc_now(), silent=silent, is_gone=is_gone)
        if edition is None:
            editions = [_standing(tx, one) for one in tx.editions.recent(limit)]
            runs = tx.runs.recent(limit)
        else:
            from digest.workflow.edition.review import require

            editions = [_standing(tx, require(tx, edition), settings)]
            runs = tuple(run for run in tx.runs.recent(1000) if _of(run, edition))
        trial = tx.trial.read()
        alarms = tx.alarms.standing()
        here = read(tx.connection)
    paused = here.paused if here is not None else ""
    documents = [_run_document(run) for run in runs]
    in_trial = mail_leaves(settings) and not trial.over
    troubled = _troubled_sources(call) if edition is None else {}
    if call.json:
        print_json({"editions": editions, "runs": documents, "sources_in_trouble": troubled,
                    "engine": _engine_document(engine), "trial": in_trial, "paused": paused,
                    "alarms": [_alarm_document(one) for one in alarms]})  # fmt: skip
    elif edition is None:
        _print_wrong(paused, alarms)
        if in_trial:
            say(f"Trial mode: only people of the desk and seeds are mailed. Missing: {', '.join(trial.missing)}")
            say("`digest trial status` says what to do.")
            say()
        _print_editions(editions)
        say()
        _print_runs(documents)
        for slug, trouble in troubled.items():
            say(f"source {slug}: {trouble}")
        if engine.in_use:
            say()
            _print_engine(engine)
    else:
        _print_one(editions[0], documents)
    return Exit.DONE


def _alarm_document(alarm: Alarm) -> dict[str, str]:
    found = alarm.trouble
    return {"alarm": found.key, "level": found.level.value, "what": found.what, "why": found.why,
            "next": found.next_step, "since": alarm.since.isoformat()}  # fmt: skip


def _print_wrong(paused: str, alarms: Sequence[Alarm]) -> None:
    if paused and all(one.trouble.key != "installation" for one in alarms):
        say(f"Nothing is sent from this installation: {paused}. If no other copy sends: digest db adopt --yes")
    for one in alarms:
        # Of a source there is a line of its own.
        if not one.trouble.key.startswith("source/"):
            say(f"{one.trouble.level.value}: {one.trouble.what}: {one.trouble.why}".removesuffix(": "))
            say(f"  next: {one.trouble.next_step}")
    if paused or alarms:
        say()


def _troubled_sources(call: Call) -> dict[str, str]:
    """Sources that fail or have become silent, and what is wrong with each."""
    settings = call.settings()
    with call.store(settings, make=False) as store, store.read() as tx:
        health = tx.sources.health(one.slug for one in settings.sources)
    return {slug: one.trouble for slug, one in health.items() if one.trouble}


def _of(run: Run, edition: EditionId) -> bool:
    return run.key.newsletter == edition.newsletter and run.key.date == edition.date


def _standing(tx: Tx, edition: Edition, whole: Settings | None = None) -> dict[str, Any]:
    """An edition and its mailing; with the configuration, `whole`: waves, zones and what is troubled too."""
    from digest.cli.tell import account_document, chunk_document, mailing_document

    mailing = tx.ledger.mailing(str(edition.id))
    standing: dict[str, Any] = {
        "edition": str(edition.id),
        "status": edition.status.value,
        "reason": edition.reason,
        "version": edition.version,
        "subject": edition.subject,
        "approved_by": edition.approved_by,
        "mailing": None,
        "next": outcome.sentence(edition),
    }
    if mailing is None:
        return standing
    standing["mailing"] = {**mailing_document(mailing), "account": account_document(tx.ledger.account(mailing.id))}
    if whole is not None:
        waves = tx.ledger.waves(mailing.id)
        standing["mailing"]["waves"] = [{"due_at": due.isoformat(), "readers": count} for due, count in waves]
        standing["mailing"]["zones"] = _zones(tx, whole, edition.id, mailing.id)
        troubled = tx.ledger.chunks(mailing.id, *_TROUBLED)
        standing["mailing"]["troubled"] = [chunk_document(chunk) for chunk in troubled]
        standing["mailing"]["counted"] = {
            kind.value: {"readers": by_rule.get("", 0), "machines": {rule: n for rule, n in by_rule.items() if rule}}
            for kind, by_rule in tx.tracking.counts(mailing.id).items()
        }
    return standing


def _zones(tx: Tx, settings: Settings, edition: EditionId, mailing: int) -> list[dict[str, Any]]:
    """How far a mailing is in each zone; readers without one of their own have the newsletter's."""
    from digest.cli.tell import zone_document

    own = next((one.zone for one in settings.newsletters if one.slug == edition.newsletter), "UTC")
    return [zone_document(one) for one in tx.reports.zones(mailing, own)]


def _run_document(run: Run) -> dict[str, Any]:
    return {
        "run": str(run.key),
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "attempt": run.attempt,
        "note": run.note,
    }


def _engine_document(engine: EngineStanding) -> dict[str, Any]:
    def seconds(age: timedelta | None) -> float | None:
        return age.total_seconds() if age is not None else None

    def processes(found: Sequence[Process]) -> list[dict[str, Any]]:
        return [
            {"owner": one.owner, "version": one.version, "since": one.since.isoformat(),
             "seen_at": one.seen_at.isoformat(), "doing": one.note}
            for one in found
        ]  # fmt: skip

    return {
        "workers": processes(engine.workers),
        "schedulers": processes(engine.schedulers),
        "silent": processes(engine.silent),
        "queues": [
            {"queue": one.name, "waiting": one.waiting, "running": one.running, "failed": one.failed,
             "oldest_waiting_seconds": seconds(one.oldest_waiting),
             "oldest_running_seconds": seconds(one.oldest_running)}
            for one in engine.queues
        ],
        "trouble": engine.trouble,
    }  # fmt: skip


def _print_engine(engine: EngineStanding) -> None:
    at_work = [*engine.schedulers, *engine.workers]
    print_table(
        ("Process", "Owner", "Seen (UTC)", "Doing"),
        [(one.kind.value, one.owner, f"{one.seen_at:%H:%M:%S}", one.note) for one in at_work]
        + [(one.kind.value, one.owner, f"{one.seen_at:%H:%M:%S}", "silent since then") for one in engine.silent],
    )
    if engine.queues:
        say()
        rows = [
            (one.name, one.waiting, one.running, one.failed, _age(one.oldest_waiting), _age(one.oldest_running))
            for one in engine.queues
        ]
        names = ("Queue", "Waiting", "Running", "Failed", "Waits since", "Runs since")
        print_table(names, rows, right=names[1:])
    if engine.trouble:
        say(engine.trouble)


def _age(age: timedelta | None) -> str:
    return f"{age.total_seconds():.0f} s" if age is not None else ""


def _print_editions(editions: Sequence[dict[str, Any]]) -> None:
    if not editions:
        say("No edition yet; `digest run NEWSLETTER` makes one.")
        return
    rows = []
    for one in editions:
        account = one["mailing"]["account"] if one["mailing"] else None
        taken = account["delivered"] + account["accepted"] + account["unconfirmed"] if account else 0
        readers = f"{taken} of {account['planned'] - sum(account['skipped'].values())}" if account else ""
        status, why = one["status"], one["reason"] or one["subject"]
        if one["mailing"] and one["mailing"]["state"] == MailingState.PAUSED:
            status, why = one["mailing"]["state"], one["mailing"]["reason"] or why
        rows.append((one["edition"], status, readers, why))
    print_table(("Edition", "Status", "Readers", "Subject, or why"), rows)
    for one in editions:
        for line in _next_steps(one, short=True):
            say(line)


def _next_steps(one: dict[str, Any], *, short: bool = False) -> list[str]:
    """What a person can do about an edition's mailing; `short`: beside other editions."""
    mailing = one["mailing"]
    if mailing is None:
        return []
    account = mailing["account"]
    due = 0 if short else account["ready"] + account["sending"]
    return outcome.next_steps(one["edition"], state=mailing["state"], due=due, held=account["held"], short=short)


def _print_runs(runs: Sequence[dict[str, Any]]) -> None:
    if not runs:
        say("The clock has run nothing yet; `digest serve` starts it.")
        return
    rows = [(run["run"], run["state"], run["started_at"][:16].replace("T", " "), run["note"]) for run in runs]
    print_table(("Run", "State", "Began (UTC)", "Note"), rows)


def _print_one(one: dict[str, Any], runs: Sequence[dict[str, Any]]) -> None:
    say(f"{one['edition']}: {one['subject']}")
    say(one["next"])
    mailing = one["mailing"]
    if mailing is not None:
        say(f"Mailing to the list {mailing['list']}: {mailing['state']} {mailing['reason']}".rstrip())
        say()
        print_table(
            ("Wave (UTC)", "Readers"),
            [(wave["due_at"][:16].replace("T", " "), wave["readers"]) for wave in mailing["waves"]],
            right=("Readers",),
        )
        if mailing["zones"]:
            from digest.cli.tell import print_zones

            say()
            print_zones(mailing["zones"])
        if mailing["troubled"]:
            say()
            rows = [(chunk["chunk"], chunk["state"], chunk["readers"], chunk["note"]) for chunk in mailing["troubled"]]
            print_table(("Chunk", "State", "Readers", "Note"), rows, right=("Readers",))
        say()
        skipped = ", ".join(f"{reason} {count}" for reason, count in mailing["account"]["skipped"].items())
        counts = ", ".join(
            f"{key} {n}" for key, n in mailing["account"].items() if key not in ("skipped", "adds_up") and n
        )
        say(f"Readers: {counts}" + (f"; skipped: {skipped}" if skipped else ""))
        for kind, told in mailing["counted"].items():
            machines = ", ".join(f"{rule} {n}" for rule, n in sorted(told["machines"].items()))
            say(f"Readers who {kind}: {told['readers']}" + (f"; machines: {machines}" if machines else ""))
        for line in _next_steps(one):
            say(line)
    if runs:
        say()
        _print_runs(runs)
