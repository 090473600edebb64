"""Corrections: a dated note on the web copy, a note to whoever makes the next edition, a mail to those who got it."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import HTMLResponse, Response

from digest.model.delivery import Mailing
from digest.model.errors import DigestError
from digest.model.mail import Variant
from digest.render.slots import greeting
from digest.web.desk.access import CORRECTION, EDITION
from digest.web.desk.call import Call
from digest.web.desk.figures import number
from digest.web.desk.frame import HEADERS, Desk
from digest.web.desk.preview import FRAME, html_page
from digest.web.desk.progress import places, progress_of, state_of
from digest.web.desk.today import composed, head_of
from digest.web.desk.uncorrected import since, uncorrected
from digest.workflow.edition.archive import correct, uncorrect
from digest.workflow.edition.desk import LONGEST_NOTE, keep_note
from digest.workflow.edition.second import ask_second_to_mail, first_to_mail, unask_second_to_mail
from digest.workflow.send.corrections import Whom, correction_mail, correction_of, mail_correction, whom
from digest.workflow.staff.people import prove


def correcting_pages(desk: Desk) -> None:
    """/desk/e/…: correct, and the mailing of a correction."""
    app = desk.app

    @desk.on("POST", f"{EDITION}/correct")
    def put_right(call: Call) -> Response:
        made = correct(app, call.edition, call.text("text"), by=call.by)
        if call.text("tomorrow") == "1":
            said = call.words.say("Correct in the next edition: %(what)s", what=made.text)
            # As long as a note may be, it stands there without the words before it: nothing is cut.
            keep_note(app, call.edition, said if len(said) <= LONGEST_NOTE else made.text, by=call.by)
        if call.text("again") == "1":
            return desk.to(f"/desk/e/{call.edition}/correction/{made.id}", done=True)
        return desk.to(f"/desk/e/{call.edition}/report", done=True)

    @desk.on("GET", CORRECTION)
    def page(call: Call) -> Response:
        found = composed(desk, call)
        correction = correction_of(app, call.edition, call.correction)
        progress = progress_of(desk, call)
        mailing, account, readers, problem = progress.mailing, progress.account, None, ""
        if mailing is None:
            try:
                readers = whom(app, call.edition, correction)
            except DigestError as error:
                problem = str(error)
        with app.read() as tx:
            alike = [one for one in tx.archive.corrections([call.edition])[call.edition] if one.text == correction.text]
        variant = Variant(language=found.newsletter.language)
        subject = correction_mail(app, call.edition, correction, variant).subject
        seconds = readers is not None and readers.seconds
        other = correction_mail(app, call.edition, correction, replace(variant, other=True)).subject if seconds else ""
        return desk.page(
            call, "correction.html.j2", head=head_of(desk, call, found), found=found, correction=correction,
            mailing=mailing, account=account, places=places(call, account), problem=problem,
            readers=number(call.words, readers.readers) if readers else "",
            list=readers.list if readers else mailing.list if mailing else found.newsletter.list,
            left_out=_left_out(call, readers), subject=subject, other=other,
            rest=uncorrected(found.account, (correction,)), newest=alike[0],
            later=since(found.account, mailing),
            large=(readers.readers if readers else account.planned if account else 0) > desk.settings.desk.blast_limit,
            state=state_of(call, progress), asked=correction.asked,
            first=first_to_mail(app, call.edition, call.correction, second=call.person),
            proved=call.session.proved(app.clock()), home=f"{CORRECTION.format(**call.request.path_params)}",
        )  # fmt: skip

    @desk.on("GET", f"{CORRECTION}/frame")
    def frame(call: Call) -> Response:
        correction = correction_of(app, call.edition, call.correction)
        newsletter = desk.newsletter(call)
        variant = Variant(language=newsletter.language)
        rendered = correction_mail(app, call.edition, correction, variant)
        hello = greeting(newsletter.language, "", hour=newsletter.schedule.send_at.hour, otherwise=newsletter.language)
        headers = {
            **HEADERS, "content-security-policy": FRAME.format(images="'self' data:"), "x-frame-options": "SAMEORIGIN",
        }  # fmt: skip
        return HTMLResponse(html_page(rendered, "desktop", hello), headers=headers)

    @desk.on("POST", f"{CORRECTION}/mail")
    def mail(call: Call) -> Response:
        home = CORRECTION.format(**call.request.path_params)
        # Counted now: what is pressed here may not rest on a number that is a minute old.
        note = correction_of(app, call.edition, call.correction)
        found = whom(app, call.edition, note) if _mailing(desk, call) is None else None
        readers, by = found.readers if found else 0, call.by
        if found and readers > desk.settings.desk.blast_limit:
            first = first_to_mail(app, call.edition, call.correction, second=call.person)
            if call.text("do") == "ask":
                prove(app, call.person, call.session, call.text("password"), client=call.client)
                ask_second_to_mail(app, call.edition, call.correction, person=call.person, by=call.by)
                return desk.to(home, done=True)
            if first is not None:
                by = call.words.say("%(first)s and %(second)s", first=first.by, second=call.by)
            elif call.text("list") != found.list:
                raise DigestError(
                    call.words.say(
                        "This goes to %(count)s readers. Write the name of the list, %(list)s, to confirm it.",
                        count=number(call.words, readers),
                        list=found.list,
                    )
                )
            prove(app, call.person, call.session, call.text("password"), client=call.client)
        mail_correction(app, call.edition, call.correction, by=by)
        desk.sendings.begin(call.edition, call.correction, by=call.by)
        return desk.to(home, done=True)

    @desk.on("POST", f"{CORRECTION}/take-back")
    def take_back(call: Call) -> Response:
        if call.text("do") == "ask":
            unask_second_to_mail(app, call.edition, call.correction, by=call.by)
            return desk.to(CORRECTION.format(**call.request.path_params), done=True)
        uncorrect(app, call.edition, call.correction, by=call.by)
        return desk.to(f"/desk/e/{call.edition}/report", done=True)


def _mailing(desk: Desk, call: Call) -> Mailing | None:
    with desk.app.read() as tx:
        return tx.ledger.mailing(str(call.edition), call.correction)


def _left_out(call: Call, readers: Whom | None) -> list[tuple[str, str]]:
    """(reason, readers) of those who got the edition and are not mailed."""
    skipped = readers.skipped if readers else {}
    return [(reason, number(call.words, len(ids))) for reason, ids in sorted(skipped.items())]
