"""EditionRenderer: an edition becomes one variant's mail, or its web page. Same input, same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeVar

from digest.model.edition import Block, Edition, EditionSection
from digest.model.errors import RenderFailed
from digest.model.mail import Rendered, Slot, Variant
from digest.model.newsletter import Newsletter, Tracking
from digest.render.engine import Engine
from digest.render.layout import lay_out, place
from digest.render.palette import palette
from digest.render.sheet import Sheet
from digest.render.slots import slot_tokens
from digest.render.typeset import safe_url
from digest.render.words import words_for

PREHEADER_PADDING = "\u2007\u034f\u200c" * 40
"""Keeps the body out of the inbox line; literal characters beyond U+00FF also keep the charset UTF-8."""
_TEXT_COLUMNS = 72
MOST_KEPT = 64
"""Renderings kept by the hash of their input, the oldest dropped first: an edition's variants, twice over."""
T = TypeVar("T")

_BLANK_LINES = re.compile(r"\n{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """What a web page has instead of personal links."""

    url: str
    subscribe_url: str


class EditionRenderer:
    """The Renderer port, by templates and MJML.

    `picture_host` is the address that our own pictures start with; pictures from elsewhere are not shown, for
    whoever hosts a picture sees who opens the mail. A page shows them from `page_picture_host`, which is the same
    where it is not named. Without a `subscribe_url` a page offers no such link.
    """

    def __init__(
        self, engine: Engine, *, picture_host: str = "", page_picture_host: str = "", subscribe_url: str = ""
    ) -> None:
        self._engine = engine
        self._picture_host = picture_host
        self._page_picture_host = page_picture_host or picture_host
        self._subscribe_url = subscribe_url
        # Proof, approval and preview ask for the same bytes one after the other: the input's hash finds them again.
        self._kept: dict[str, Rendered] = {}
        self._lock = Lock()

    def render(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> Rendered:
        """One variant. A block that breaks the compile is left out and named; the rest of the edition stands.

        Raises RenderFailed where the edition cannot be rendered even so.
        """
        content = _content(edition, newsletter, variant, view_url)
        key = _sha256(content)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        made = self._rendered(edition, newsletter, variant, slot_tokens(content))
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return made

    def _rendered(
        self, edition: Edition, newsletter: Newsletter, variant: Variant, tokens: dict[Slot, str]
    ) -> Rendered:
        def set_whole(part: Edition) -> tuple[Sheet, str, str]:
            sheet = lay_out(part, newsletter, variant, picture_host=self._picture_host)
            html = "" if variant.text_only else self._html(sheet, newsletter, tokens)
            return sheet, html, self._text(sheet, tokens)

        (sheet, html, text), left_out = _salvaged(edition, set_whole)
        return Rendered(
            variant=variant,
            subject=sheet.subject,
            preheader=sheet.preheader,
            html=html,
            text=text,
            slot_tokens=tokens,
            sha256=_sha256(sheet.subject, sheet.preheader, html, text),
            warnings=sheet.warnings,
            left_out=left_out,
        )

    def page(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> str:
        """The web page of an edition: no token, no script, nothing from a third party, links without a person."""
        url = safe_url(view_url)
        if url is None:
            raise RenderFailed("view_url", f"{view_url!r} is not an http address; set site.base_url")
        web = WebPage(url=url, subscribe_url=self._subscribe_url)

        def set_whole(part: Edition) -> str:
            sheet = lay_out(part, newsletter, variant, picture_host=self._page_picture_host)
            return self._html(sheet, newsletter, {}, web)

        html, _ = _salvaged(edition, set_whole)
        return html

    def _html(self, sheet: Sheet, newsletter: Newsletter, tokens: dict[Slot, str], page: WebPage | None = None) -> str:
        return self._engine.compile(
            "email/edition.mjml.j2",
            sheet=sheet,
            look=palette(newsletter.theme, sheet.lang),
            slots=tokens,
            page=page,
            padding=PREHEADER_PADDING,
            say=words_for(sheet.lang).say,
        )

    def _text(self, sheet: Sheet, tokens: dict[Slot, str]) -> str:
        text = self._engine.fill(
            "email/edition.txt.j2", sheet=sheet, slots=tokens, say=words_for(sheet.lang).say, rule=rule
        )
        return tidied(text)


def _salvaged(edition: Edition, set_whole: Callable[[Edition], T]) -> tuple[T, tuple[str, ...]]:
    """What `set_whole` makes of the edition, if need be without the blocks that fail even alone.

    Only when the whole fails is it asked block by block: a compile takes a millisecond.
    """
    try:
        return set_whole(edition), ()
    except RenderFailed:
        set_whole(replace(edition, sections=()))  # the frame itself: where it fails, no block is to blame
    kept: list[EditionSection] = []
    left_out: list[str] = []
    for section in edition.sections:
        blocks: list[Block] = []
        for block in section.blocks:
            try:
                set_whole(replace(edition, sections=(replace(section, blocks=(block,)),)))
            except RenderFailed as error:
                left_out.append(f"{place(block)}: {error.reason}")
            else:
                blocks.append(block)
        kept.append(replace(section, blocks=tuple(blocks)))
    rest = replace(edition, sections=tuple(kept))
    if edition.told and not rest.told:  # then it is our template that is broken, not a story
        raise RenderFailed(f"every story of {edition.id}", left_out[0])
    return set_whole(rest), tuple(left_out)


def _content(edition: Edition, newsletter: Newsletter, variant: Variant, view_url: str) -> str:
    """Everything that is set, so that equal input has equal tokens and no story can foresee its own.

    Status and approval are left out: an approved edition is, byte for byte, what was looked at.
    """
    told = (edition.id, edition.subject, edition.preheader, edition.sections, edition.language)
    # Who is tracked changes nothing in what the others get.
    return repr((replace(newsletter, tracking=Tracking()), told, variant, view_url))


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def tidied(text: str) -> str:
    """A text part without the blank lines that templates leave where something is missing."""
    return _BLANK_LINES.sub("\n\n\n", text).strip() + "\n"


def rule(character: str) -> str:
    """A line of the text part."""
    return character * _TEXT_COLUMNS
