"""Letting somebody in: the cookie of their session, and the one by which their browser is known again."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from digest.model.door import DEVICE_LIFE
from digest.web.desk.call import Call
from digest.web.desk.frame import Desk
from digest.workflow.staff.devices import note_device, send_notices
from digest.workflow.staff.entering import SignedIn

_LONGEST = 100


def let_in(desk: Desk, call: Call, answer: Response, entered: SignedIn, *, invited: bool = False) -> Response:
    """Both cookies; with a browser that is new to them, a letter tells so, after this answer."""
    app, known = desk.app, call.request.cookies.get(desk.device_cookie, "")
    token = known if 0 < len(known) <= _LONGEST else secrets.token_urlsafe(32)
    if note_device(app, entered.person, token, browser=call.browser, invited=invited):
        desk.afterwards.do(lambda: send_notices(app))
    desk.with_session(answer, entered.token)
    desk.set_cookie(answer, desk.device_cookie, token, seconds=int(DEVICE_LIFE.total_seconds()))
    return answer
