"""Aftermath: what is left of days that are over. Held readers are given up, and days on which no clock ran are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.delivery import ChunkState, Mailing, MailingState
from digest.model.edition import EditionId
from digest.model.newsletter import Newsletter
from digest.model.run import Phase, RunKey, RunState
from digest.ports import App, Tx
from digest.workflow.hours import send_instant
from digest.workflow.send.mailing import abandon, close_if_settled, stop

HELD_DAYS = 7
"""Whom nobody has released so long after the plan, is given up: the mailing closes, and a person may still release."""
LOOK_BACK_DAYS = 28
"""So far back days are looked at on which no clock ran; runs are kept for longer than that."""
MISSED = "missed: no clock ran"
"""How the note of such a day's run begins."""


def settle_old(app: App) -> int:
    """Give up readers held for too long, and what nobody ended before its rows go. Returns how many mailings."""
    now = app.clock()
    settled = 0
    open_states = [state for state in MailingState if state is not MailingState.CLOSED]
    with app.read() as tx:
        old = [one for one in tx.ledger.mailings(*open_states) if one.planned_at < now - timedelta(days=HELD_DAYS)]
    for mailing in old:
        if app.stopping():
            break
        if mailing.planned_at < now - timedelta(days=app.keep.deliveries_days):
            _end(app, mailing)
            settled += 1
        else:
            settled += _give_up_held(app, mailing, now)
    return settled


def _end(app: App, mailing: Mailing) -> None:
    """Its rows go with those of its days, whatever state it was left in."""
    edition = EditionId.parse(mailing.edition)
    reason = f"left for more than {app.keep.deliveries_days} days"
    if mailing.state is MailingState.PLANNED:
        stop(app, edition, by=app.owner, reason=reason, correction=mailing.correction)
    abandon(app, edition, by=app.owner, reason=reason, correction=mailing.correction)


def _give_up_held(app: App, mailing: Mailing, now: datetime) -> bool:
    with app.begin() as tx:
        held = tx.ledger.chunks(mailing.id, ChunkState.HELD)
        note = f"given up: held, and nobody released it within {HELD_DAYS} days"
        given_up = sum(tx.ledger.doubt(one, to=ChunkState.ABANDONED, now=now, note=note) for one in held)
        if given_up:
            tx.log("mailing.given_up", mailing.edition, by=app.owner, now=now, detail=note)
            close_if_settled(app, tx, mailing, now=now)
    return given_up > 0


def note_missed(app: App) -> int:
    """Write down each edition of a day on which no clock ran, so that it is told. Returns how many.

    `due` looks at yesterday and today; this is for a machine that was off for longer.
    """
    now = app.clock()
    noted = 0
    for newsletter in app.newsletters.values():
        with app.read() as tx:
            missed = _missed_days(tx, newsletter, now)
        for day in missed:
            with app.begin() as tx:
                noted += _note(app, tx, newsletter, day, now)
    return noted


def _missed_days(tx: Tx, newsletter: Newsletter, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    since = today - timedelta(days=LOOK_BACK_DAYS)
    seen = tx.runs.days(newsletter.slug, since)
    # Before the first run there was no clock that could have missed anything.
    first = since if tx.runs.began(newsletter.slug, send_instant(newsletter, since)) else min(seen, default=today)
    days = (first + timedelta(days=number) for number in range((today - first).days - 1))
    return [day for day in days if day not in seen and newsletter.appears(day)]


def _note(app: App, tx: Tx, newsletter: Newsletter, day: date, now: datetime) -> bool:
    if tx.ledger.mailing(str(EditionId(newsletter=newsletter.slug, date=day))) is not None:
        return False
    key = RunKey(newsletter=newsletter.slug, date=day, phase=Phase.SEND)
    if not tx.runs.begin(key, owner=app.owner, now=now, lease_until=now, is_gone=app.is_gone):
        return False
    note = f"{MISSED} on {day}; `digest run {newsletter.slug} --date {day} --late` sends it by hand"
    tx.runs.end(key, owner=app.owner, state=RunState.SKIPPED, note=note, now=now)
    return True
