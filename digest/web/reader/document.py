"""A rendered edition taken apart, and put together again inside of a page: its own bytes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from digest.model.errors import RenderFailed
from digest.render.words import Words
from digest.web.pages import SiteLinks

_HEAD = re.compile(r"<head>(.*?)</head>", re.DOTALL)
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What stands in the head and in the body of a rendered edition."""

    head: str
    body: str


def take_apart(html: str) -> Document:
    """Head and body. Story texts are escaped, so the tags looked for can only be the document's own."""
    head, body = _HEAD.search(html), _BODY.search(html)
    if head is None or body is None:
        raise RenderFailed("page", "the compiled edition has no head and body")
    # By itself it is a page with a main part; here it stands inside of the page's own.
    return Document(head=head[1], body=body[1].replace(' role="main"', "", 1))


def compose(
    documents: Sequence[Document],
    *,
    links: SiteLinks,
    words: Words,
    before: str = "",
    after: str = "",
    head: str = "",
) -> str:
    """One page of these editions, under the head of the first, between `before` and `after` (HTML of ours).

    `head` is HTML of ours that joins the head.
    """
    first, *others = documents
    # Title and address are those of the first; of the others only what their look needs.
    styles = dict.fromkeys(style for other in others for style in _STYLE.findall(other.head) if style not in first.head)
    ours = (
        f'<link rel="icon" href="{escape(links.icon)}" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{escape(links.style)}">'
    )
    body = "".join(document.body for document in documents)
    return (
        f'<!doctype html><html lang="{words.language}" dir="{words.direction}"><head><meta charset="utf-8">'
        f"{first.head}{''.join(styles)}{ours}{head}</head>"
        f'<body class="around">{before}<main>{body}</main>{after}</body></html>'
    )
