"""Checks: blockers and warnings, each linked to its place; a warning can be let stand with a reason."""

from __future__ import annotations

from starlette.responses import Response

from digest.model.finding import Finding
from digest.web.desk.access import EDITION
from digest.web.desk.call import Call
from digest.web.desk.frame import Desk
from digest.web.desk.today import composed, head_of
from digest.workflow.edition.desk import unwaive, waive

_TEXT = frozenset({"no-subject", "long-subject", "unfinished", "preheader", "subject"})
_PREVIEW = frozenset({"size", "template", "left-out", "contrast"})


def check_pages(desk: Desk) -> None:
    """/desk/e/…/checks."""
    app = desk.app

    @desk.on("GET", f"{EDITION}/checks")
    def checks(call: Call) -> Response:
        found = composed(desk, call)
        findings = desk.findings(found)
        with app.read() as tx:
            waivers = {one.finding: one for one in tx.editions.waivers(call.edition)}
        return desk.page(
            call, "checks.html.j2", head=head_of(desk, call, found),
            blockers=[(one, _place(one)) for one in findings if one.blocks],
            warnings=[(one, _place(one)) for one in findings if not one.blocks and one.key not in waivers],
            waived=[(one, waivers[one.key]) for one in findings if not one.blocks and one.key in waivers],
        )  # fmt: skip

    @desk.on("POST", f"{EDITION}/waive")
    def let_stand(call: Call) -> Response:
        if call.text("do") == "unwaive":
            unwaive(app, call.edition, call.text("finding"), by=call.by)
        else:
            waive(app, call.edition, call.text("finding"), reason=call.reason, by=call.by)
        return desk.to(f"/desk/e/{call.edition}/checks", done=True)


def _place(finding: Finding) -> str:
    """The page of the edition where it can be mended, and the field or story on it."""
    kind, _, event = finding.place.partition(":")
    if kind in ("subject", "other", "preheader", "note"):
        return f"/text#{kind}"
    if event.isalnum() and kind in ("blurb", "story"):
        return f"/text#b-{event}" if kind == "blurb" else f"#event-{event}"
    if finding.id in _TEXT or "subject" in finding.id:
        return "/text"
    if finding.id in _PREVIEW:
        return "/preview"
    return ""
