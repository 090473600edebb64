"""Alarms: what stands wrong is looked for every minute, and the operator is told once when it begins, when it gets
worse, and when it is over. A dead clock cannot tell that it is dead: for that there are heartbeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.alarm import Alarm, AlarmLevel, Trouble
from digest.model.delivery import ChunkState, Mailing, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.health import SourceHealth
from digest.model.job import JobKind
from digest.model.newsletter import Newsletter
from digest.model.run import Phase, Run, RunKey
from digest.ports import App, Tx
from digest.workflow.belief import CLOCK_WRONG, clock_trouble, doubt, is_right_again, note_wrong
from digest.workflow.clock.aftermath import LOOK_BACK_DAYS, MISSED
from digest.workflow.clock.heartbeat import beat, said_of
from digest.workflow.clock.turns import BACKUP
from digest.workflow.clock.webhooks import webhook_troubles
from digest.workflow.hours import send_instant
from digest.workflow.readers.imports import import_troubles
from digest.workflow.stories.sources import names_read

OVERDUE = timedelta(minutes=15)
"""So long after its hour an edition or a wave that has not begun is a trouble."""
FAILING = 3
"""A source that failed so many times in a row is one."""
ASIDE_FOR = timedelta(days=7)
"""So long a post that was set aside is a trouble; it is kept for retention.posts_days."""
NOBODY_COMES = timedelta(minutes=3)
"""A job that waits for so long is done by whoever watches the queue."""
SILENT_SHARE = 0.5
"""With this share of a newsletter's sources in trouble, the edition itself is in danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What one watch found and told."""

    standing: tuple[Trouble, ...]
    begun: int
    over: int
    told: int
    news: tuple[Trouble, ...] = ()
    """Those that this watch was the first to find."""
    worse: tuple[Trouble, ...] = ()
    """Those that stood, and that this watch was the first to find worse than what was told."""
    ended: tuple[str, ...] = ()
    """Keys of those that it found over, or past."""
    unreachable: tuple[str, ...] = ()
    """Why a way to the operator did not work, one line each."""


def watch(app: App, *, well: bool = True) -> Watched:
    """Look, remember what is new and what is over, and tell it. Called by every sweep; safe for several at once.

    `well` is False where the sweep failed: no monitor hears a sign of life then.
    """
    now = app.clock()
    # It may ask the network: before the database.
    wrong = doubt(app)
    with app.read() as tx:
        known = {alarm.trouble.key: alarm.trouble for alarm in tx.alarms.standing()}
        found = (clock_trouble(wrong.why),) if wrong else tuple(troubles(app, tx, now))
    fresh = [trouble for trouble in found if trouble.key not in known]
    # By a clock that is not believed nothing is late, and nothing is over.
    gone = set() if wrong else known.keys() - {trouble.key for trouble in found}
    changed = [trouble for trouble in found if trouble.key in known and _says_more(trouble, known[trouble.key])]
    news: list[Trouble] = []
    worse: list[Trouble] = []
    over = 0
    if fresh or gone or changed or wrong:
        at = wrong.at if wrong else now
        with app.begin() as tx:
            if wrong:
                note_wrong(app, tx, wrong)
            elif CLOCK_WRONG in gone and not is_right_again(app, tx, now):
                gone.remove(CLOCK_WRONG)
            news = [trouble for trouble in fresh if tx.alarms.begin(trouble, now=at)]
            worse = [trouble for trouble in changed if tx.alarms.freshen(trouble, now=at)]
            passed = {key for key in gone if _has_passed(app, key, now) or _goes_on(key, found)}
            over = tx.alarms.end(gone - passed, now=now) + tx.alarms.end(passed, now=now, told=True)
    told, unreachable = _tell(app, wrong.at if wrong and wrong.known else now)
    silent = beat(app, now) if well and not wrong else []
    return Watched(
        standing=found, begun=len(news), over=over, told=told, unreachable=(*unreachable, *silent),
        news=tuple(news), worse=tuple(worse), ended=tuple(sorted(gone)) if over else (),
    )  # fmt: skip


def _says_more(found: Trouble, known: Trouble) -> bool:
    """True where it stands, and something else is to be said of it than what is known."""
    return (found.level, found.kept) != (known.level, known.kept) or found.is_worse_than(known)


def troubles(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    """What stands wrong at this instant, read in one transaction."""
    paused = app.paused()
    if paused:
        yield Trouble(
            key="installation",
            level=AlarmLevel.CRITICAL,
            what="Nothing is sent from this installation",
            why=paused,
            next_step="digest db adopt --yes, if no other copy sends",
        )
    if tx.audience.asks_since(now - timedelta(hours=1)) >= app.asks.limits.in_all:
        yield Trouble(
            key="signups",
            level=AlarmLevel.WARNING,
            what=f"Sign-ups have reached their ceiling: {app.asks.limits.in_all:,} letters within an hour",
            why="either somebody uses the form against strangers, or very many people come at once",
            next_step="look at the log's signup lines; site.asks_in_all is the ceiling",
        )
    if why := deserted(tx):
        yield Trouble(
            key="queue",
            level=AlarmLevel.CRITICAL,
            what="Jobs wait and no worker takes them: the scheduler does the work alone",
            why=why,
            next_step="digest status; start `digest worker`, or look why those that run do not come to it",
        )
    yield from webhook_troubles(tx, now)
    yield from import_troubles(app, now)
    backup = tx.chores.get(BACKUP)
    if backup is not None and backup.failed:
        yield Trouble(
            key="backup",
            level=AlarmLevel.WARNING,
            what=f"The backup failed at {backup.began_at:%Y-%m-%d %H:%M} UTC",
            why=backup.note,
            next_step="mend that, then `digest backup DIR`; it is over once one succeeds",
        )
    aside, why = tx.feedback.posts_set_aside(now - ASIDE_FOR)
    if aside:
        yield Trouble(
            key="posts",
            level=AlarmLevel.WARNING,
            what=f"{aside:,} posts or bounces cannot be applied, and were set aside",
            why=why,
            next_step="the log's lines about them; after an upgrade that mends it `digest feedback read --again`",
            size=aside,
        )
    days = {slug: _days(one, now) for slug, one in app.newsletters.items()}
    yield from _edition_troubles(app, tx, days, now, paused=bool(paused))
    yield from _missed_troubles(app, tx, now)
    named = names_read(app, tx)
    health = tx.sources.health(sorted({slug for names in named.values() for slug in names}))
    for newsletter in app.newsletters.values():
        yield from _source_troubles(newsletter, [health[slug] for slug in named[newsletter.slug]])
    oldest = min([now.date(), *(day for found in days.values() for day in found)])
    for run in tx.runs.failed(oldest):
        yield Trouble(
            key=f"run/{run.key}",
            level=AlarmLevel.WARNING,
            what=f"{run.key.phase} of {run.key.newsletter} failed on {run.key.date}",
            why=run.note,
            next_step="digest status; the clock tries again every minute",
        )
    for mailing in tx.ledger.mailings(MailingState.PLANNED, MailingState.SENDING, MailingState.PAUSED):
        yield from _mailing_troubles(app, tx, mailing, now)


def _has_passed(app: App, key: str, now: datetime) -> bool:
    """True for a trouble of an edition whose day is not looked at any more: nobody got it, and nothing was mended."""
    slug, _, rest = key.partition("/")
    day, _, kind = rest.partition("/")
    if kind in ("held", "skipped", "late"):
        newsletter = app.newsletters.get(slug)
        return newsletter is None or date.fromisoformat(day) not in _days(newsletter, now)
    return day == "missed"


def _goes_on(key: str, found: Iterable[Trouble]) -> bool:
    """True for readers who wait no longer because they were held, or all is paused: told, and not mended."""
    mailing, _, kind = key.rpartition("/")
    instead = (f"{mailing}/uncertain", f"{mailing}/paused")
    return kind == "stuck" and any(trouble.key in instead for trouble in found)


def _missed_troubles(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    """Told for a day after it was noticed: that was when a machine came back that had been off for days."""
    by_newsletter: dict[str, list[Run]] = {}
    since = (now - timedelta(days=LOOK_BACK_DAYS + 3)).date()
    for run in tx.runs.missed(app.newsletters, since, noted_since=now - timedelta(days=1), words=MISSED):
        by_newsletter.setdefault(run.key.newsletter, []).append(run)
    for slug, found in by_newsletter.items():
        days = ", ".join(str(run.key.date) for run in found)
        yield Trouble(
            key=f"{slug}/missed/{found[-1].key.date}",
            level=AlarmLevel.CRITICAL,
            what=f"{len(found)} editions of {slug} were not made: no clock ran",
            why=days,
            next_step=f"digest run {slug} --date DATE --late makes and sends one by hand",
        )


def deserted(tx: Tx) -> str:
    """Why whoever watches the queue should do the work, empty where workers do it or there is no engine."""
    waiting = [one for one in tx.jobs.queues() if one.oldest_waiting is not None and one.name in set(JobKind)]
    oldest = max((one.oldest_waiting or timedelta(0) for one in waiting), default=timedelta(0))
    if oldest < NOBODY_COMES:
        return ""
    names = ", ".join(one.name for one in waiting)
    return f"a job waits since {int(oldest.total_seconds())} s ({names}): the workers are gone, stuck or too few"


def _days(newsletter: Newsletter, now: datetime) -> tuple[date, date]:
    """Yesterday and today by the newsletter's own clock."""
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    return today - timedelta(days=1), today


def _edition_troubles(
    app: App, tx: Tx, days: Mapping[str, tuple[date, date]], now: datetime, *, paused: bool
) -> Iterator[Trouble]:
    wanted = [
        EditionId(newsletter=slug, date=day)
        for slug, found in days.items()
        for day in found
        if app.newsletters[slug].appears(day)
    ]
    standings = tx.editions.standings(wanted)
    planned = {mailing.edition for mailing in tx.ledger.mailings_of(map(str, wanted))}
    for edition in wanted:
        start = send_instant(app.newsletters[edition.newsletter], edition.date)
        # Before the first run there was no clock that could have missed anything.
        missing = str(edition) not in planned and now >= start + OVERDUE and not paused
        began = missing and tx.runs.began(edition.newsletter, start)
        note = _last_note(tx, edition) if began else ""
        yield from _edition_trouble(edition, start, standings.get(edition), missed=began, note=note)


def _last_note(tx: Tx, edition: EditionId) -> str:
    """What its last phase that ended has to say."""
    for phase in (Phase.SEND, Phase.APPROVE, Phase.COMPOSE):
        run = tx.runs.get(RunKey(newsletter=edition.newsletter, date=edition.date, phase=phase))
        if run is not None and run.note:
            return run.note
    return ""


def _edition_trouble(
    edition: EditionId, start: datetime, standing: tuple[EditionStatus, str] | None, *, missed: bool, note: str
) -> Iterator[Trouble]:
    status, reason = standing or (None, "")
    if status in (EditionStatus.HELD, EditionStatus.SKIPPED):
        yield Trouble(
            key=f"{edition}/{status}",
            level=AlarmLevel.CRITICAL,
            what=f"{edition} is {status}: nobody gets it",
            why=reason,
            next_step=f"digest show {edition}; digest approve {edition} sends it while its window is open",
        )
        return
    if missed and status not in (EditionStatus.CANCELLED, EditionStatus.STOPPED):
        yield Trouble(
            key=f"{edition}/late",
            level=AlarmLevel.CRITICAL,
            what=f"{edition} should have begun at {start:%H:%M} UTC and has not",
            why="; ".join(filter(None, (f"it is {status}" if status is not None else "", note))),
            next_step="digest status; digest doctor",
        )


def _mailing_troubles(app: App, tx: Tx, mailing: Mailing, now: datetime) -> Iterator[Trouble]:
    slug = EditionId.parse(mailing.edition).newsletter
    if slug not in app.newsletters:
        yield Trouble(
            key=f"{mailing.called}/orphan",
            level=AlarmLevel.CRITICAL,
            what=f"Nobody goes on with {mailing.called}: its newsletter is not configured any more",
            why=f"the configuration holds no newsletter {slug}, and readers wait or are to be decided on",
            next_step=f"put {slug} back into the configuration, or `digest abandon {mailing.edition}`",
        )
        return
    # By the chunk: the account reads every delivery, which is too much for every minute.
    unsure = tx.ledger.chunks(mailing.id, ChunkState.IN_DOUBT, ChunkState.HELD)
    uncertain = sum(chunk.last_seq - chunk.first_seq + 1 for chunk in unsure)
    if uncertain:
        anybody = tx.ledger.anybody_taken(mailing.id)
        yield Trouble(
            key=f"{mailing.called}/uncertain",
            level=AlarmLevel.WARNING if anybody else AlarmLevel.CRITICAL,
            what=f"{mailing.called}: up to {uncertain:,} readers are uncertain or held",
            why="the provider did not answer, or their hour is over",
            next_step=f"digest audit {mailing.edition}; {_go_on(mailing, 'digest release')} sends to the held",
            size=uncertain,
        )
    if mailing.state is MailingState.PAUSED:
        yield Trouble(
            key=f"{mailing.called}/paused",
            level=AlarmLevel.CRITICAL,
            what=f"Sending {mailing.called} is paused",
            why=mailing.reason,
            next_step=f"mend it, then {_go_on(mailing, 'digest resume')}",
        )
        return
    # However often it was tried: a try that failed is put off, and its readers wait all the same.
    since = tx.ledger.waiting_since(mailing.id, now=now)
    if since is not None and since + OVERDUE < now:
        yield Trouble(
            key=f"{mailing.called}/stuck",
            level=AlarmLevel.CRITICAL,
            what=f"{mailing.called}: readers due at {since:%H:%M} UTC have no mail yet",
            why="the provider puts us off or is out of reach, or no process sends",
            next_step="digest doctor --online",
        )


def _go_on(mailing: Mailing, command: str) -> str:
    """By command for an edition; a correction has a page of its own at the desk."""
    return "its page at the desk" if mailing.correction else f"{command} {mailing.edition}"


def _source_troubles(newsletter: Newsletter, health: Iterable[SourceHealth]) -> Iterator[Trouble]:
    known = list(health)
    bad = [one for one in known if one.failures >= FAILING or one.silent_for is not None]
    for one in bad:
        yield Trouble(
            key=f"source/{one.source}",
            level=AlarmLevel.WARNING,
            what=f"The source {one.source} brings nothing",
            why=one.trouble,
            next_step="digest sources list",
        )
    if known and len(bad) / len(known) >= SILENT_SHARE:
        yield Trouble(
            key=f"{newsletter.slug}/sources",
            level=AlarmLevel.CRITICAL,
            what=f"{len(bad)} of {len(known)} sources of {newsletter.slug} bring nothing",
            why="the network of this machine, or a change at many outlets",
            next_step="digest doctor --online",
            size=len(bad),
        )


def _tell(app: App, now: datetime) -> tuple[int, list[str]]:
    if not app.bells:
        return 0, []
    with app.read() as tx:
        waiting = tx.alarms.to_tell(now)
    told, unreachable = 0, []
    for alarm in waiting:
        with app.begin() as tx:
            mine = tx.alarms.claim(alarm, now=now)
        if not mine:
            continue
        reached = False
        for bell in app.bells:
            try:
                bell.ring(alarm)
                reached = True
            except Exception as error:  # noqa: BLE001 - a defect in one way must not silence the others
                unreachable.append(f"{bell.name}: {said_of(error)}")
        if reached:
            told += 1
            with app.begin() as tx:
                tx.alarms.told(alarm, now=now)
    return told, list(dict.fromkeys(unreachable))


def cry(app: App, alarm: Alarm) -> bool:
    """Tell at once, without the database: it may be what is broken. True where somebody was reached."""
    reached = False
    for bell in app.bells:
        try:
            bell.ring(alarm)
            reached = True
        except Exception:  # noqa: BLE001, S112 - the other way may work; the log has the failure that led here
            continue
    return reached
