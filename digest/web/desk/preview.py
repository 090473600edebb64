"""Preview: the mail as readers see it, in a frame that runs no script and loads nothing from elsewhere (P9)."""

from __future__ import annotations

import re
from html import escape

from starlette.responses import HTMLResponse, Response

from digest.model.errors import NotFound
from digest.model.mail import Rendered, Slot, Variant
from digest.model.newsletter import Newsletter
from digest.model.person import Permission
from digest.render.slots import greeting
from digest.render.words import LANGUAGES
from digest.web.desk.access import EDITION
from digest.web.desk.call import Call
from digest.web.desk.frame import HEADERS, Desk
from digest.web.desk.today import composed, head_of
from digest.workflow.edition.review import require
from digest.workflow.newsletters import newsletter_of
from subscribers.model import Subscriber, Subscription

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
        view = call.query("view") if call.query("view") in VIEWS else "desktop"
        language = _language(call, found.newsletter.language)
        reader = _reader(desk, call, found.newsletter)
        frame = f"/desk/e/{call.edition}/preview/frame?view={view}&language={language}"
        if reader is not None:
            frame += f"&reader={reader[0].id}"
        words = call.words
        names = {
            "desktop": words.say("Desktop"),
            "phone": words.say("Phone, 375 px"),
            "dark": words.say("Dark"),
            "no-images": words.say("Without pictures"),
            "text": words.say("Plain text"),
        }
        return desk.page(
            call, "preview.html.j2", head=head_of(desk, call, found), view=view, views=names, frame=frame,
            language=language, languages=LANGUAGES, reader=reader[0] if reader else None,
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
        variant = Variant(language=_language(call, newsletter.language))
        if reader is not None:
            variant = _variant_of(*reader, newsletter)
        with app.read() as tx:
            frozen = tx.editions.frozen(call.edition, variant.key)
        # What is approved is shown from its frozen bytes (P12).
        rendered = frozen or app.renderer.render(edition, newsletter, variant, view_url=app.links.view(call.edition))
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


def _variant_of(reader: Subscriber, chosen: Subscription, newsletter: Newsletter) -> Variant:
    """The variant that this reader gets, by what they chose."""
    known = [section.slug for section in newsletter.sections]
    sections = tuple(slug for slug in known if slug in chosen.preferences.sections)
    return Variant(
        language=reader.language if reader.language in LANGUAGES else newsletter.language,
        sections=() if len(sections) in (0, len(known)) else sections,
        text_only=chosen.preferences.text_only,
    )


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
