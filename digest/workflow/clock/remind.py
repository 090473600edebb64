"""The reminder before the lock: an edition still waits for a person, and what happens if nobody comes.

It goes the ways that alarms go, as a notice. The run ledger makes it happen once; only a process that dies between
telling and writing that down tells it again, under the same name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.model.alarm import Reminder
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import AdapterError
from digest.model.newsletter import Newsletter
from digest.model.run import RunState
from digest.ports import App
from digest.workflow.edition.compose import compose
from digest.workflow.edition.review import Proof, proof


def remind(app: App, newsletter: Newsletter, edition: EditionId) -> tuple[RunState, str]:
    """Tell by every way that is configured, unless nobody is waited for. FAILED where nobody could be reached: the
    clock tries again until the lock."""
    now = app.clock()
    schedule, zone = newsletter.schedule, ZoneInfo(newsletter.zone)
    if now >= datetime.combine(edition.date, schedule.approve_at, zone):
        return RunState.SKIPPED, "nobody was reminded: the lock has passed"
    made = compose(app, edition)
    if made.status is not EditionStatus.READY:
        return RunState.SKIPPED, f"nobody is waited for: it is {made.status}"
    if not app.bells:
        return RunState.SKIPPED, "nobody to remind: alarms names no mail and no webhook"
    return _tell(app, _reminder(app, newsletter, proof(app, edition), now))


def _reminder(app: App, newsletter: Newsletter, found: Proof, now: datetime) -> Reminder:
    schedule, edition = newsletter.schedule, found.edition
    reminder = Reminder(
        edition=str(edition.id),
        newsletter=newsletter.slug,
        subject=edition.subject,
        stories=len(edition.told),
        blockers=len(found.blockers),
        warnings=len(found.findings) - len(found.blockers),
        rule=newsletter.when_nobody_approves,
        by="",
        url=f"{app.help_url.rstrip('/')}/desk/e/{edition.id}",
        at=now,
    )
    hour = schedule.approve_at if reminder.held else schedule.send_at
    return replace(reminder, by=f"{hour:%H:%M} ({newsletter.zone})")


def _tell(app: App, reminder: Reminder) -> tuple[RunState, str]:
    told, unreachable = [], []
    for bell in app.bells:
        try:
            bell.remind(reminder)
            told.append(bell.name)
        except Exception as error:  # noqa: BLE001 - a defect in one way must not silence the others
            # Only words of ours, or the kind of the error: other texts may hold an address or a secret (P10).
            said = str(error) if isinstance(error, AdapterError) else type(error).__name__
            unreachable.append(f"{bell.name}: {said}")
    if not told:
        return RunState.FAILED, f"nobody could be reminded: {'; '.join(unreachable)}; look at `alarms` in the config"
    after = "; ".join([f"if nobody acts, it is {'held' if reminder.held else 'sent'} at {reminder.by}", *unreachable])
    return RunState.DONE, f"told by {', '.join(told)}: {after}"
