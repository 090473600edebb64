"""Preview: the mail as readers see it, in a frame that runs no script and loads nothing from elsewhere (P9)."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from digest.model.delivery import Canary
from digest.model.edition import Edition
from digest.model.errors import NotFound
from digest.model.mail import SECOND, Rendered, Slot, Variant
from digest.model.newsletter import Newsletter
from digest.model.person import Permission
from digest.ports import Tx
from digest.render.slots import greeting
from digest.render.words import LANGUAGES
from digest.web.desk.access import EDITION
from digest.web.desk.call import Call
from digest.web.desk.frame import HEADERS, Desk
from digest.web.desk.today import composed, head_of
from digest.workflow.edition.review import headed, rendering, require, tries_subjects, variant_of
from digest.workflow.newsletters import newsletter_of
from digest.workflow.trial import own_readers
from subscribers.model import AudienceGroup, Blocked, Subscriber, Subscription

VIEWS = ("desktop", "phone", "dark", "no-images", "text")
FRAME = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {images}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""The policy of a frame with a mail: no script, nothing from elsewhere, no form, shown on our own pages only."""
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


def preview_pages(desk: Desk) -> None:
    """The page with its choices, and the frame itself."""
    app = desk.app

    @desk.on("GET", f"{EDITION}/preview")
    def preview(call: Call) -> Response:
        found = composed(desk, call)
        edition = found.edition
        assert edition is not None  # noqa: S101 - `composed` raises else; for the type checker
        view = call.query("view") if call.query("view") in VIEWS else "desktop"
        language = _language(call, found.newsletter.language)
        reader = _reader(desk, call, found.newsletter)
        given = _given(call, desk, *reader, found.newsletter, edition) if reader is not None else None
        variant = given.variant if given else _asked(call, found.newsletter, edition)
        asked = {"language": language} | ({"subject": SECOND} if variant.other and not given else {})
        asked |= {"reader": str(reader[0].id)} if reader is not None else {}
        words = call.words
        names = {
            "desktop": words.say("Desktop"),
            "phone": words.say("Phone, 375 px"),
            "dark": words.say("Dark"),
            "no-images": words.say("Without pictures"),
            "text": words.say("Plain text"),
        }
        return desk.page(
            call, "preview.html.j2", head=head_of(desk, call, found), view=view, views=names, asked=urlencode(asked),
            language=language, languages=LANGUAGES, reader=reader[0] if reader else None, given=given,
            inbox=headed(edition, variant), variant=variant, tried=tries_subjects(found.newsletter, edition),
            unseen=bool(call.query("reader")) and reader is None,
        )  # fmt: skip

    @desk.on("GET", f"{EDITION}/preview/frame")
    def frame(call: Call) -> Response:
        newsletter = newsletter_of(app, call.edition.newsletter)
        with app.read() as tx:
            edition = require(tx, call.edition)
        view = call.query("view")
        if view not in VIEWS:
            raise NotFound("no such view")
        reader = _reader(desk, call, newsletter)
        variant = _asked(call, newsletter, edition)
        if reader is not None:
            variant = _given(call, desk, *reader, newsletter, edition).variant
        with app.read() as tx:
            frozen = tx.editions.frozen(call.edition, variant.key)
        # What is approved is shown from its frozen bytes (P12).
        rendered = frozen or rendering(app, edition, newsletter, variant)
        hour = newsletter.schedule.send_at.hour
        name = reader[0].name if reader is not None else ""
        hello = greeting(variant.language, name, hour=hour, otherwise=newsletter.language)
        page = _text_page(rendered, hello) if view == "text" or variant.text_only else html_page(rendered, view, hello)
        images = "'none'" if view in ("no-images", "text") else "'self' data:"
        headers = {**HEADERS, "content-security-policy": FRAME.format(images=images), "x-frame-options": "SAMEORIGIN"}
        return HTMLResponse(page, headers=headers)


def _language(call: Call, own: str) -> str:
    return call.query("language") if call.query("language") in LANGUAGES else own


def _reader(desk: Desk, call: Call, newsletter: Newsletter) -> tuple[Subscriber, Subscription] | None:
    """The reader whose mail is looked at, for those who may see readers. Raises NotFound for one of other lists."""
    wanted = call.query("reader")
    if not wanted or not call.person.may(Permission.READERS):
        return None
    with desk.app.read() as tx:
        reader = tx.audience.reader(int(wanted)) if wanted.isdecimal() and len(wanted) <= 18 else None
        own = tx.audience.list_of(newsletter.list).id
        found = [one for one in tx.audience.subscriptions_of(reader.id) if one.list_id == own] if reader else []
    if reader is None or not found:
        # As if there were nobody: an address is shown to those only whose reader it is.
        raise NotFound("this reader is not on the list")
    return reader, found[0]


def _asked(call: Call, newsletter: Newsletter, edition: Edition) -> Variant:
    """The variant that the page's choices name."""
    second = call.query("subject") == SECOND and tries_subjects(newsletter, edition)
    return Variant(language=_language(call, newsletter.language), other=second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one reader gets."""

    variant: Variant
    """That of their delivery; before the plan, or where they are left out of it, by what they chose."""
    why: str = ""
    """Why they do not get it as things stand; empty where they do, or where it was decided with the mailing."""
    left_out: bool = False
    """True where there is a mailing, and they are not in it or were given up."""
    open: bool = False
    """True where they may get the other one of two subjects."""


def _given(call: Call, desk: Desk, reader: Subscriber, chosen: Subscription, on: Newsletter, edition: Edition) -> Given:
    tried = tries_subjects(on, edition)
    with desk.app.read() as tx:
        mailing = tx.ledger.mailing(str(edition.id))
        key = tx.ledger.variant_given(mailing.id, reader.id) if mailing else ""
        waits = tx.ledger.waits_in(mailing.id, reader.id) if mailing else None
        # Whoever waits is asked for once more when their call is made.
        why = _why(call, desk, tx, reader.id, on, edition) if waits or not mailing else ""
    if mailing and key:
        judged = mailing.canary in (Canary.NONE, Canary.PASSED)
        unchosen = waits is not None and not waits.canary and not waits.attempt and not judged
        return Given(variant=Variant.parse(key), why=why, open=tried and unchosen)
    wants = chosen.preferences
    alike = AudienceGroup(
        language=reader.language, timezone="", hour=None, sections=wants.sections, text_only=wants.text_only,
        tracking_off=wants.tracking_off, blocked=None, readers=array("q", (reader.id,)),
    )  # fmt: skip
    return Given(variant=variant_of(on, alike), why=why, left_out=mailing is not None, open=tried and not mailing)


def _why(call: Call, desk: Desk, tx: Tx, reader: int, on: Newsletter, edition: Edition) -> str:
    """Why this reader would be left out now, as the plan and the sender ask; else empty."""
    own, say = own_readers(desk.app, tx), call.words.say
    blocked = tx.audience.blocked(on.list, reader, edition.id.date)
    if blocked is None:
        trial = own is not None and reader not in own
        return say("in trial mode only people of the desk and seeds do") if trial else ""
    return {
        Blocked.ERASED: say("they were erased"),
        Blocked.UNSUBSCRIBED: say("they have unsubscribed"),
        Blocked.PENDING: say("they have not confirmed yet"),
        Blocked.SUPPRESSED: say("their address is kept from mail"),
        Blocked.PAUSED: say("they have paused"),
        Blocked.NOT_TODAY: say("it is none of their days"),
    }[blocked]


def html_page(rendered: Rendered, view: str, hello: str) -> str:
    """The mail in one colour scheme, its personal links leading nowhere."""
    html = rendered.html
    # Said for everybody, whatever this browser prefers: dark rules always or never.
    html = _DARK.sub("(min-width: 0)" if view == "dark" else "(max-width: 0)", html)
    for slot, token in rendered.slot_tokens.items():
        html = html.replace(token, escape(hello) if slot is Slot.NAME else "#")
    return html


def _text_page(rendered: Rendered, hello: str) -> str:
    text = rendered.text
    for slot, token in rendered.slot_tokens.items():
        text = text.replace(token, hello if slot is Slot.NAME else f"https://…/{slot.value}")
    style = (
        "body{margin:1rem;color-scheme:light dark}"
        "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.5 monospace}"
    )
    language = escape(rendered.variant.language)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(rendered.subject)}</title>'
        f'<style>{style}</style></head><body><pre dir="auto">{escape(text)}</pre></body></html>'
    )
