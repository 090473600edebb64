"""Today: each newsletter's edition with its countdown, readers and checks, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from digest.model.change import IllegalEdit
from digest.model.edition import EditionId, EditionStatus
from digest.model.errors import NotFound
from digest.model.report import TomorrowNote
from digest.render.words import Words
from digest.web.desk.call import Call
from digest.web.desk.counts import OLD
from digest.web.desk.figures import Head, age, head, number
from digest.web.desk.frame import Desk
from digest.workflow.edition.compose import compose
from digest.workflow.edition.desk import Standing, composable, day_of
from digest.workflow.edition.edit import undoable
from digest.workflow.trial import trial_of

NOTES = 5
"""Notes of the days before that stand on a card."""
NOTED_DAYS = 4
"""A note for tomorrow counts over a long weekend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One newsletter's edition on the page of today."""

    head: Head
    rule: str
    list: str
    notes: tuple[TomorrowNote, ...]
    """Left for whoever makes this edition."""
    readers: str
    counted: str
    """How long ago, where that is long."""
    change: str
    subject: str
    stories: int
    blockers: int
    warnings: int
    reason: str
    approved_by: str


def today_pages(desk: Desk) -> None:
    """/desk."""
    app = desk.app

    @desk.on("GET", "/desk")
    def today(call: Call) -> Response:
        now = app.clock()
        cards = []
        for newsletter in desk.newsletters(call):
            day = day_of(newsletter, now)
            found = desk.standing(EditionId(newsletter=newsletter.slug, date=day))
            cards.append(card_of(desk, call, found))
            after = EditionId(newsletter=newsletter.slug, date=day + timedelta(days=1))
            with app.read() as tx:
                ahead = tx.editions.standing(after) is not None
            if ahead:
                cards.append(card_of(desk, call, desk.standing(after)))
        return desk.page(call, "today.html.j2", trial=trial_of(app), cards=cards)

    @desk.on("POST", "/desk/e/{newsletter}/{day}/compose")
    def compose_now(call: Call) -> Response:
        again = call.text("again") == "1"
        seen = call.seen_version if again else None
        if not composable(app, call.edition):
            raise IllegalEdit(
                call.words.say("An edition is made for today, for tomorrow, or for a day of the last week.")
            )
        made = compose(app, call.edition, again=again, by=call.by, expected_version=seen)
        return desk.to(f"/desk/e/{call.edition}", done=True if made.version != seen else "nothing")


def card_of(desk: Desk, call: Call, found: Standing) -> Card:
    """The card of one edition."""
    edition = found.edition
    findings = desk.findings(found) if edition else ()
    with desk.app.read() as tx:
        waived = {one.finding for one in tx.editions.waivers(found.id)}
    return Card(
        head=head_of(desk, call, found),
        rule=_rule(call.words, found),
        list=found.newsletter.list,
        readers=number(call.words, found.mailing.count if found.mailing else found.readers),
        notes=_notes(desk, call, found),
        counted="" if found.mailing else counted_ago(desk, call, found.newsletter.list),
        change=change_words(call, found),
        subject=edition.subject if edition else "",
        stories=len(edition.told) if edition else 0,
        blockers=sum(one.blocks for one in findings),
        warnings=sum(not one.blocks and one.key not in waived for one in findings),
        reason=edition.reason if edition else "",
        approved_by=edition.approved_by if edition else "",
    )


def _rule(words: Words, found: Standing) -> str:
    """What becomes of it where nobody decides anything more."""
    if found.edition is not None and found.edition.status is EditionStatus.HELD:
        if found.held_by_checks:
            return words.say("It waits for approval again once no blocker stands.")
        return words.say("It goes out only if an approver lets it go.")
    rules = {
        "send": words.say("If nobody decides, it goes out."),
        "send_if_checks_pass": words.say("If nobody decides, it goes out when no blocker stands."),
        "hold": words.say("If nobody decides, it is held."),
    }
    return rules[found.newsletter.when_nobody_approves.value]


def _notes(desk: Desk, call: Call, found: Standing) -> tuple[TomorrowNote, ...]:
    """What was left with an edition of the days before, until this one is decided."""
    if found.mailing is not None:
        return ()
    with desk.app.read() as tx:
        newest = tx.reports.notes(found.newsletter.slug, NOTES)
    since = found.id.date - timedelta(days=NOTED_DAYS)
    before = ((EditionId.parse(one.edition).date, one) for one in newest)
    return tuple(one for day, one in before if since <= day < found.id.date)


def counted_ago(desk: Desk, call: Call, slug: str) -> str:
    """How long ago a list was counted, where that is so long that a page says it; else empty."""
    at, now = desk.counted(slug).at, desk.app.clock()
    return call.words.say("counted %(age)s ago", age=age(call.words, at, now)) if now - at >= OLD else ""


def change_words(call: Call, found: Standing) -> str:
    """How many more or fewer readers than last time."""
    if found.change is None:
        return call.words.say("first mailing")
    if found.change == 0:
        return call.words.say("as many as last time")
    amount = number(call.words, abs(found.change))
    if found.change > 0:
        return call.words.say("%(count)s more than last time", count=amount)
    return call.words.say("%(count)s fewer than last time", count=amount)


def head_of(desk: Desk, call: Call, found: Standing) -> Head:
    """The head of an edition's pages."""
    version = found.edition.version if found.edition else 0
    return head(call.words, found, now=desk.app.clock(), undoable=undoable(found.edits, version) is not None)


def composed(desk: Desk, call: Call) -> Standing:
    """The edition that the path names. Raises NotFound where it was not composed yet."""
    found = desk.standing(call.edition)
    if found.edition is None:
        raise NotFound("it is not composed yet")
    return found
