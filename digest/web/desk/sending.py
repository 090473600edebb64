"""Send: test, approval that repeats what it is for, progress, stop, and the account afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from digest.model.change import Outrun
from digest.model.delivery import Mailing, MailingState
from digest.model.edition import Edition
from digest.model.errors import DigestError, NotFound
from digest.model.report import Clicked, Heard, Slow, SubjectTried, ZoneProgress
from digest.ports import Tx
from digest.web.desk.access import EDITION
from digest.web.desk.call import Call
from digest.web.desk.figures import age, clock, number
from digest.web.desk.frame import Desk
from digest.web.desk.progress import places, state_of
from digest.web.desk.today import change_words, composed, counted_ago, head_of
from digest.web.desk.uncorrected import uncorrected
from digest.workflow.edition.desk import Standing, keep_note, readers_of, send_test_once, take_note_back, taken_back
from digest.workflow.edition.review import Blocked, approve, hold, skip, take_back
from digest.workflow.edition.second import ask_second, first_of, unask_second
from digest.workflow.hours import known_zone
from digest.workflow.send.mailing import abandon, release, stop
from digest.workflow.send.plan import plan
from digest.workflow.staff.people import prove
from digest.workflow.trial import reached, trial_of

ZONES_AT_ONCE = 20_000
"""Readers of a mailing up to which the report says by itself how far it is in each zone; above, whoever asks."""


def sending_pages(desk: Desk) -> None:
    """/desk/e/…: send, state, report, and what an approver presses."""
    app = desk.app
    sendings = desk.sendings

    def after(call: Call, *, changed: bool = True) -> Response:
        desk.tallies.forget()
        page = f"correction/{call.correction}" if call.correction else "send"
        return desk.to(f"/desk/e/{call.edition}/{page}", done=True if changed else "nothing")

    def mailing_of(call: Call) -> Mailing | None:
        with app.read() as tx:
            return tx.ledger.mailing(str(call.edition), call.correction)

    @desk.on("GET", f"{EDITION}/send")
    def page(call: Call) -> Response:
        found = composed(desk, call)
        findings = desk.findings(found)
        with app.read() as tx:
            waived = {one.finding for one in tx.editions.waivers(call.edition)}
            notes = tx.archive.corrections([call.edition]).get(call.edition, ()) if found.mailing else ()
        head = head_of(desk, call, found)
        return desk.page(
            call, "send.html.j2", head=head, found=found, edition=found.edition,
            readers=number(call.words, found.readers), change=change_words(call, found),
            counted=counted_ago(desk, call, found.newsletter.list),
            blockers=[one for one in findings if one.blocks],
            warnings=[one for one in findings if not one.blocks and one.key not in waived],
            large=found.readers > desk.settings.desk.blast_limit, seeds=desk.settings.desk.seeds,
            when=clock(found.send_at, found.newsletter.zone), state=state_of(call, found),
            places=places(call, found.account), proved=call.session.proved(app.clock()),
            asked=found.second, first=first_of(app, call.edition, head.version, second=call.person),
            trial=trial_of(app), reached=reached(app, found.newsletter.list), rest=uncorrected(found.account, notes),
        )  # fmt: skip

    @desk.on("POST", f"{EDITION}/test")
    def test(call: Call) -> Response:
        addresses = [call.person.email]
        if call.text("seeds") == "1":
            addresses += desk.settings.desk.seeds
        if not send_test_once(app, call.edition, addresses, by=call.by):
            return desk.to(f"/desk/e/{call.edition}/send?tested=before")
        return desk.to(f"/desk/e/{call.edition}/send?tested=1", done=True)

    @desk.on("POST", f"{EDITION}/approve")
    def accept(call: Call) -> Response:
        found = composed(desk, call)
        # Counted now: what is pressed here may not rest on a number that is a minute old.
        readers, by = readers_of(app, found.newsletter), call.by
        if readers > desk.settings.desk.blast_limit:
            first = first_of(app, call.edition, call.seen_version, second=call.person)
            if call.text("do") == "ask":
                prove(app, call.person, call.session, call.text("password"), client=call.client)
                ask_second(app, call.edition, person=call.person, by=call.by, expected_version=call.seen_version)
                return desk.to(f"/desk/e/{call.edition}/send", done=True)
            if first is not None:
                by = call.words.say("%(first)s and %(second)s", first=first.by, second=call.by)
            elif call.text("list") != found.newsletter.list:
                raise DigestError(
                    call.words.say(
                        "This goes to %(count)s readers. Write the name of the list, %(list)s, to confirm it.",
                        count=number(call.words, readers),
                        list=found.newsletter.list,
                    )
                )
            prove(app, call.person, call.session, call.text("password"), client=call.client)
        try:
            approve(app, call.edition, by=by, **call.seen)
        except Blocked:
            return desk.to(f"/desk/e/{call.edition}/checks")
        return desk.to(f"/desk/e/{call.edition}/send", done=True)

    def as_typed(call: Call, made: Edition) -> None:
        """Raise Outrun where somebody did the same first, for another reason than the one that was typed."""
        if call.reason and made.reason != call.reason:
            raise Outrun(made, call.seen_version)

    @desk.on("POST", f"{EDITION}/hold")
    def keep(call: Call) -> Response:
        reason = call.reason or f"held by {call.by}"
        as_typed(call, hold(
            app, call.edition, by=call.by, reason=reason, **call.seen
        ))  # fmt: skip
        return desk.to(f"/desk/e/{call.edition}/send", done=True)

    @desk.on("POST", f"{EDITION}/skip")
    def leave_out(call: Call) -> Response:
        reason = call.reason or f"skipped by {call.by}"
        as_typed(call, skip(
            app, call.edition, by=call.by, reason=reason, **call.seen
        ))  # fmt: skip
        return desk.to(f"/desk/e/{call.edition}/send", done=True)

    @desk.on("POST", f"{EDITION}/take-back")
    def undecide(call: Call) -> Response:
        if call.text("do") == "ask":
            unask_second(app, call.edition, by=call.by, expected_version=call.seen_version)
            return desk.to(f"/desk/e/{call.edition}/send", done=True)
        take_back(app, call.edition, by=call.by, **call.seen)
        return desk.to(f"/desk/e/{call.edition}/send", done=True)

    @desk.on("POST", f"{EDITION}/send-now")
    def begin(call: Call) -> Response:
        found = composed(desk, call)
        mailing = mailing_of(call)
        if mailing is None and call.correction:
            raise NotFound("no such correction")
        if _waiting(desk, found, mailing) > desk.settings.desk.blast_limit:
            # Whoever approved it proved who they are, or was the rule: whoever presses here does so too.
            prove(app, call.person, call.session, call.text("password"), client=call.client)
        if mailing is None:
            plan(app, call.edition, expected_version=call.seen_version if call.text("version") else None)
        elif mailing.state is MailingState.CLOSED and "1" not in (call.text("held"), call.text("given_up")):
            return after(call, changed=False)
        with app.begin() as tx:
            # The lines of the sending itself name the process that sends.
            said = f"correction {call.correction}" if call.correction else ""
            tx.log("mailing.asked", str(call.edition), by=call.by, now=app.clock(), detail=said)
        if mailing is not None and call.text("held") == "1":
            release(app, call.edition, by=call.by, correction=call.correction)
        if mailing is not None and call.text("given_up") == "1":
            release(app, call.edition, by=call.by, correction=call.correction, given_up=True)
        sendings.begin(call.edition, call.correction, by=call.by)
        return after(call)

    @desk.on("POST", f"{EDITION}/stop")
    def halt(call: Call) -> Response:
        reason = call.reason or f"stopped by {call.by}"
        halted = stop(app, call.edition, by=call.by, reason=reason, correction=call.correction)
        return after(call, changed=halted.state is MailingState.STOPPED)

    @desk.on("POST", f"{EDITION}/abandon")
    def give_up(call: Call) -> Response:
        reason = call.reason or f"given up by {call.by}"
        abandon(app, call.edition, by=call.by, reason=reason, correction=call.correction)
        return after(call)

    @desk.on("GET", f"{EDITION}/report")
    def report(call: Call) -> Response:
        found = composed(desk, call)
        with app.read() as tx:
            mailing = found.mailing
            back = desk.tallies.of("back", tx, mailing, _came_back) if mailing else _NOTHING
            waves = tx.ledger.waves(mailing.id) if mailing else ()
            calls = {due: (begun, done) for due, begun, done in tx.reports.calls(mailing.id)} if mailing else {}
            # A million deliveries take seconds to go through: only for whoever asks.
            slow = tx.reports.slowest(mailing.id, 10) if mailing and call.query("slow") == "1" else None
            few = mailing is not None and mailing.count <= ZONES_AT_ONCE
            asked = few or call.query("zones") == "1"
            zones = tx.reports.zones(mailing.id, found.newsletter.zone) if mailing and asked else None
            notes = tx.reports.notes(call.edition.newsletter, 5)
            corrections = tx.archive.corrections([call.edition]).get(call.edition, ())
            gone_notes, gone_corrections = taken_back(tx, call.edition, now=app.clock())
        zone = found.newsletter.zone
        return desk.page(
            call, "report.html.j2", head=head_of(desk, call, found), found=found, places=places(call, found.account),
            counting=back is None, back=_shown(call, found, back or _NOTHING),
            waves=[_wave(call, due, readers, calls.get(due), zone) for due, readers in waves],
            zones=[_zone(call, one) for one in zones] if zones is not None else None,
            slow=_slow(call, slow, min((begun for begun, _ in calls.values()), default=None)),
            notes=notes, corrections=corrections, state=state_of(call, found),
            gone_notes=gone_notes, gone_corrections=gone_corrections, rest=uncorrected(found.account, corrections),
        )  # fmt: skip

    @desk.on("POST", f"{EDITION}/note-for-tomorrow/take-back")
    def unnote(call: Call) -> Response:
        number = call.text("note")
        take_note_back(app, call.edition, int(number) if number.isdecimal() and len(number) < 18 else 0, by=call.by)
        return desk.to(f"/desk/e/{call.edition}/report", done=True)

    @desk.on("POST", f"{EDITION}/note-for-tomorrow")
    def note(call: Call) -> Response:
        text = call.text("text")
        if not text:
            raise DigestError(call.words.say("The note is empty."))
        keep_note(app, call.edition, text, by=call.by)
        return desk.to(f"/desk/e/{call.edition}/report", done=True)


@dataclass(frozen=True, slots=True)
class _CameBack:
    """What providers and readers said of a mailing."""

    heard: Sequence[Heard]
    clicked: Sequence[Clicked]
    reasons: Sequence[tuple[str, int]]
    subjects: Sequence[SubjectTried]


_NOTHING = _CameBack((), (), (), ())


def _came_back(tx: Tx, mailing: Mailing) -> _CameBack:
    of, number = tx.reports, mailing.id
    return _CameBack(of.heard(number), of.clicked(number, 10), of.reasons(number, 10), of.subjects(number))


def _shown(call: Call, found: Standing, back: _CameBack) -> dict[str, object]:
    return {
        "heard": _heard(call, back.heard),
        "subjects": [_subject(call, found, one) for one in back.subjects],
        "clicked": [(one.url, number(call.words, one.readers)) for one in back.clicked],
        "reasons": [(text, number(call.words, many)) for text, many in back.reasons],
    }


def _subject(call: Call, found: Standing, one: SubjectTried) -> tuple[str, str, str, str]:
    """(subject, first readers who got it and are counted, of them who pressed a link, everybody who gets it)."""
    edition = found.edition
    subject = (edition.subject_b if one.second else edition.subject) if edition else ""
    return (
        subject,
        number(call.words, one.readers),
        number(call.words, one.clicked),
        number(call.words, one.given),
    )


def _wave(
    call: Call, due: datetime, readers: int, calls: tuple[datetime, datetime] | None, zone: str
) -> tuple[str, str, str]:
    """(hour, readers, how long it took from its hour to its last call)."""
    took = age(call.words, due, calls[1]) if calls is not None else ""
    return clock(due, zone), number(call.words, readers), took


def _zone(call: Call, one: ZoneProgress) -> tuple[str, ...]:
    """(zone, hour there, planned, sent, waiting, held back, uncertain, left out)."""
    places = (one.planned, one.sent, one.waiting, one.held, one.in_doubt, one.left_out)
    return one.zone, clock(one.due_at, known_zone(one.zone) or "UTC"), *(number(call.words, many) for many in places)


def _slow(call: Call, slow: Sequence[Slow] | None, begun: datetime | None) -> list[tuple[str, str, str, str]] | None:
    """(domain, readers, put off, how long after the first call the last one had it); None where nobody asked."""
    if slow is None:
        return None
    return [
        (
            one.domain,
            number(call.words, one.readers),
            number(call.words, one.put_off),
            age(call.words, begun or one.last, one.last),
        )
        for one in slow
    ]


def _waiting(desk: Desk, found: Standing, mailing: Mailing | None) -> int:
    """How many readers a press of "send" may still reach."""
    if mailing is None:
        return readers_of(desk.app, found.newsletter)
    with desk.app.read() as tx:
        account = tx.ledger.account(mailing.id, now=desk.app.clock())
    # Whoever is held back or was given up is sent to by a press of the same name.
    return account.ready + account.held + account.skipped.get("abandoned", 0)


def _heard(call: Call, heard: Sequence[Heard]) -> list[tuple[str, str, str]]:
    """(what, readers, events) of what came back."""
    words = call.words
    said = {
        "delivered": words.say("Delivered"), "bounced_hard": words.say("Bounced for good"),
        "bounced_soft": words.say("Bounced for now"), "complained": words.say("Complained"),
        "rejected": words.say("Refused by the provider"), "unsubscribed": words.say("Unsubscribed"),
        "opened": words.say("Opened (unreliable)"), "clicked": words.say("Clicked"),
        "deferred": words.say("Put off"), "accepted": words.say("Taken"),
    }  # fmt: skip
    rows = []
    for one in heard:
        if one.kind.value in said:
            title = said[one.kind.value]
            if one.machine:
                title = words.say("%(what)s, by robots and proxies", what=title)
            rows.append((title, number(words, one.readers), number(words, one.events)))
    return rows
