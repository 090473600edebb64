"""A tracked variant: a rendering whose story links lead through our own site, made from the one without."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape, unescape

from digest.model.edition import Edition
from digest.model.mail import Rendered, Slot
from digest.render.edition_checks import links_of
from digest.render.typeset import safe_url

_HREF = re.compile(r'(?<=\shref=")[^"]+(?=")')
_IN_TEXT = re.compile(r"https?://[^\s<>]+")


def link_table(edition: Edition) -> tuple[str, ...]:
    """The addresses that a tracked link may lead to, each once, in reading order: the number is the place."""
    return tuple(dict.fromkeys(url for link in links_of(edition) if (url := safe_url(link)) is not None))


def track_token(rendered: Rendered) -> str:
    """The token of the slot that says whose link it is, made like those that the rendering has."""
    return f"-track-{rendered.sha256[:20]}-"


def track(rendered: Rendered, *, links: Mapping[str, str], pixel: str) -> Rendered:
    """The tracked variant of `rendered`.

    `links` maps an address to the one that stands in its place, `pixel` is the picture's address; both hold
    `track_token(rendered)`. Without any of them (empty) that kind is not tracked. What `links` does not name stays as
    it is: the reader's own pages, the archive, the pictures.
    """

    def in_html(found: re.Match[str]) -> str:
        address = links.get(unescape(found[0]))
        return found[0] if address is None else escape(address, quote=True)

    html = _HREF.sub(in_html, rendered.html)
    text = _IN_TEXT.sub(lambda found: links.get(found[0], found[0]), rendered.text)
    if pixel and html:
        picture = f'<img src="{escape(pixel, quote=True)}" width="1" height="1" alt="" style="display:block;border:0;">'
        end = html.lower().rfind("</body>")
        html = html[:end] + picture + html[end:] if end >= 0 else html + picture
    said = "\0".join((rendered.subject, rendered.preheader, html, text))
    return replace(
        rendered,
        variant=replace(rendered.variant, tracked=True),
        html=html,
        text=text,
        slot_tokens={**rendered.slot_tokens, Slot.TRACK: track_token(rendered)},
        sha256=hashlib.sha256(said.encode()).hexdigest(),
    )
