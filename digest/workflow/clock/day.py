"""A whole day by hand: collect, compose, approve by rule, plan, send. What is done already stays done."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import Paused
from digest.model.newsletter import Newsletter
from digest.ports import App
from digest.workflow.belief import doubted
from digest.workflow.edition.compose import compose
from digest.workflow.edition.review import autopilot, hold
from digest.workflow.hours import send_instant, window_end
from digest.workflow.newsletters import newsletter_of
from digest.workflow.send.deliver import Sent, send
from digest.workflow.send.plan import plan
from digest.workflow.stories.collect import Collected, collect

MISSED_HOURS = 12
"""A newsletter without a window still does not begin a morning's edition by itself in the evening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How a day went. `sent` is None where nothing was planned; the edition's status and reason say why."""

    edition: Edition
    collected: Collected | None
    sent: Sent | None
    again: bool
    """True where the mailing was there already: only what was left has been sent."""


def run_day(app: App, edition: EditionId, *, everybody_now: bool = False, late: bool = False) -> Day:
    """Do the main job for one edition. Run twice, it mails nobody twice and says so (P1).

    Raises Paused where the machine's clock is not believed: which edition, and whose hour it is, would be by it.
    """
    if why := doubted(app):
        raise Paused(
            f"{why}; nothing is collected, composed or sent. Set the clock (NTP); if it is right: "
            "`digest db adopt --yes`, and run it again"
        )
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        planned = tx.ledger.mailing(str(edition))
        found = tx.editions.get(edition)
    if planned is not None and found is not None:
        sent = send(app, edition, everybody_now=everybody_now, late=late)
        return Day(edition=_now(app, edition, found), collected=None, sent=sent, again=True)
    collected = collect(app, newsletter)
    made = autopilot(app, compose(app, edition).id)
    if made.status is EditionStatus.APPROVED and not late and _is_late(app, newsletter, edition):
        made = hold(app, edition, by=app.owner, reason=late_reason(newsletter, edition))
    if made.status is not EditionStatus.APPROVED:
        return Day(edition=made, collected=collected, sent=None, again=False)
    plan(app, edition)
    sent = send(app, edition, everybody_now=everybody_now, late=late)
    return Day(edition=_now(app, edition, made), collected=collected, sent=sent, again=False)


def late_reason(newsletter: Newsletter, edition: EditionId) -> str:
    """Why an edition past its window is held, with the next step."""
    if not newsletter.schedule.window_hours:
        return (
            f"late: the clock begins no edition {MISSED_HOURS} h after its hour, also where window_hours is 0; "
            f"`digest run {edition.newsletter} --date {edition.date}` sends it by hand"
        )
    return (
        f"late: its sending should have begun within {newsletter.schedule.window_hours:g} h of "
        f"{send_instant(newsletter, edition.date):%Y-%m-%d %H:%M} UTC; send it all the same with --late, "
        "or set newsletters.schedule.window_hours to 0"
    )


def _is_late(app: App, newsletter: Newsletter, edition: EditionId) -> bool:
    end = window_end(newsletter, send_instant(newsletter, edition.date))
    return end is not None and app.clock() > end


def _now(app: App, edition: EditionId, before: Edition) -> Edition:
    with app.read() as tx:
        return tx.editions.get(edition) or before
