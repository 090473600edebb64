"""Trial mode at the desk: what is missing before everybody is mailed, and confirming it."""

from __future__ import annotations

from starlette.responses import Response

from digest.model.errors import DigestError
from digest.model.trial import TrialStep
from digest.web.desk.call import Call
from digest.web.desk.frame import Desk
from digest.workflow import trial
from digest.workflow.staff import people


def trial_pages(desk: Desk) -> None:
    """/desk/trial."""
    app = desk.app

    @desk.on("GET", "/desk/trial")
    def look(call: Call) -> Response:
        with app.read() as tx:
            marks = tx.trial.read().marks
        domains = sorted({one.sender.email.rpartition("@")[2] for one in app.newsletters.values()})
        postal = list(dict.fromkeys(one.postal_address for one in app.newsletters.values()))
        return desk.page(
            call, "trial.html.j2", marks=marks, steps=TrialStep, domains=domains, postal=postal,
            trial=trial.trial_of(app), leaves=app.trial, proved=call.session.proved(app.clock()),
        )  # fmt: skip

    @desk.on("POST", "/desk/trial")
    def act(call: Call) -> Response:
        people.prove(app, call.person, call.session, call.text("password"), client=call.client)
        what = call.text("do")
        if what == "test":
            trial.send_trial(app, call.person.email, by=call.by)
        elif what == "code":
            trial.arrived(app, call.text("code"), by=call.by)
        elif what in (TrialStep.DOMAIN, TrialStep.POSTAL):
            trial.confirm(app, [TrialStep(what)], by=call.by, unseen=call.text("unseen") == "1")
        else:
            raise DigestError("the form does not say what to do: reload the page")
        return desk.to("/desk/trial", done=True)
