"""Heartbeats: a monitor hears of each edition that is out, and of each day that the calendar leaves without one.

A dead clock cannot tell that it is dead. The monitor expects one sign of life a day, and calls somebody when none came.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.delivery import ChunkState, MailingState
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import AdapterError
from digest.model.newsletter import Newsletter
from digest.ports import App, Monitor, Tx
from digest.workflow.hours import send_instant
from subscribers.model import Blocked

LOOK_BACK_DAYS = 2
"""The last wave of an edition may come a day after its date, and a call in hand an hour later."""
OWN_WISH = (Blocked.PAUSED, Blocked.NOT_TODAY)
"""Why a reader gets no mail on a day on which all is well."""
OWN = "+own"
"""Ends the name under which a newsletter's own monitor was told, beside the one for all."""


def beat(app: App, now: datetime) -> list[str]:
    """Give every sign of life that is due and was not given. Returns why a monitor could not be told, a line each."""
    if app.monitor is None and not app.monitors:
        return []
    with app.read() as tx:
        waiting = [sign for newsletter in app.newsletters.values() for sign in _signs(app, tx, newsletter, now)]
    failed: dict[int, str] = {}
    for name, monitor, edition in waiting:
        if id(monitor) in failed:
            # One that does not answer is waited for once a minute, not once for each edition.
            continue
        try:
            monitor.beat(edition)
        except Exception as error:  # noqa: BLE001 - a monitor that cannot be asked must not end the clock
            failed[id(monitor)] = f"heartbeat: {said_of(error)}"
            continue
        with app.begin() as tx:
            tx.alarms.beat(name, now)
    return list(dict.fromkeys(failed.values()))


def said_of(error: Exception) -> str:
    """Only words of ours, or the kind of the error: other texts may hold an address or a secret (P10)."""
    return str(error) if isinstance(error, AdapterError) else f"{type(error).__name__}; look at `alarms` in the config"


def _signs(app: App, tx: Tx, newsletter: Newsletter, now: datetime) -> Iterator[tuple[str, Monitor, str]]:
    """(name it is remembered by, who is told, the edition) of each sign that is due."""
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    ways = [(suffix, monitor) for suffix, monitor in (("", app.monitor), (OWN, app.monitors.get(newsletter.slug)))]
    editions = [
        EditionId(newsletter=newsletter.slug, date=today - timedelta(days=ago)) for ago in range(LOOK_BACK_DAYS, -1, -1)
    ]
    told = tx.alarms.beaten([f"{edition}{suffix}" for edition in editions for suffix, _ in ways])
    for edition in editions:
        names = {f"{edition}{suffix}": monitor for suffix, monitor in ways if monitor is not None}
        due = {name: monitor for name, monitor in names.items() if name not in told}
        if due and (_is_out(tx, edition) or (edition.date == today and _has_none(app, tx, newsletter, edition, now))):
            yield from ((name, monitor, str(edition)) for name, monitor in due.items())


def _is_out(tx: Tx, edition: EditionId) -> bool:
    """True where somebody got it and nobody waits any more; who is held or in doubt is an alarm of its own.

    Also where every reader of the list wants none today. Not where all are kept back, by the trial or a suppression.
    """
    mailing = tx.ledger.mailing(str(edition))
    if mailing is None or mailing.state not in (MailingState.SENDING, MailingState.CLOSED):
        return False
    if mailing.state is MailingState.SENDING and (tx.ledger.has(mailing.id, ChunkState.READY, ChunkState.SENDING)):
        return False
    if tx.ledger.anybody_taken(mailing.id):
        return True
    return mailing.state is MailingState.CLOSED and tx.ledger.all_skipped_for(mailing.id, OWN_WISH)


def _has_none(app: App, tx: Tx, newsletter: Newsletter, edition: EditionId, now: datetime) -> bool:
    """True at the hour of a day that the calendar, or a person, leaves without an edition: all is well."""
    if now < send_instant(newsletter, edition.date) or app.paused() or tx.ledger.mailing(str(edition)) is not None:
        return False
    if not newsletter.appears(edition.date):
        return True
    standing = tx.editions.standings([edition]).get(edition)
    return standing is not None and standing[0] is EditionStatus.CANCELLED
