"""Reads an HTML document as tests ask about it: tags, links, pictures, and what a person reads."""

from __future__ import annotations

from html.parser import HTMLParser


class Outline(HTMLParser):
    """The tags of a document, its headings and what a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        fields = dict(attrs)
        if tag == "a":
            self.links.append(fields["href"] or "")
        if tag == "img":
            self.images.append(fields)
        if tag in ("style", "title", "xml"):
            self._unseen += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "title", "xml"):
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.text += data
