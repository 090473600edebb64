"""desk_pages: every page of the desk on one router, made from the table of addresses."""

from __future__ import annotations

from digest.ports import App
from digest.settings import Settings
from digest.web.afterwards import Afterwards
from digest.web.desk.audience import audience_pages
from digest.web.desk.changes import change_pages
from digest.web.desk.checks import check_pages
from digest.web.desk.correcting import correcting_pages
from digest.web.desk.door import door_pages
from digest.web.desk.frame import Desk
from digest.web.desk.house import house_pages
from digest.web.desk.links import link_pages
from digest.web.desk.look import look_pages
from digest.web.desk.machine import machine_pages
from digest.web.desk.other_house import other_house_pages
from digest.web.desk.passkeys import passkey_pages
from digest.web.desk.preview import preview_pages
from digest.web.desk.progress import progress_pages
from digest.web.desk.sending import sending_pages
from digest.web.desk.stories import story_pages
from digest.web.desk.today import today_pages
from digest.web.desk.tokens import token_pages
from digest.web.desk.trial import trial_pages
from digest.web.desk.webhooks import webhook_pages
from digest.web.pages import Pages


def desk_pages(app: App, pages: Pages, settings: Settings, afterwards: Afterwards) -> Desk:
    """The desk, with everything below /desk on its router."""
    desk = Desk(app, pages, settings, afterwards)
    for add in (
        door_pages,
        link_pages,
        passkey_pages,
        other_house_pages,
        today_pages,
        story_pages,
        change_pages,
        preview_pages,
        check_pages,
        sending_pages,
        progress_pages,
        house_pages,
        machine_pages,
        trial_pages,
        audience_pages,
        token_pages,
        webhook_pages,
        look_pages,
        correcting_pages,
    ):
        add(desk)
    return desk
