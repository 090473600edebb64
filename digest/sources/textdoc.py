"""Reads crawled pages of plain text: headline, date, agency and body out of the page's furniture."""

from __future__ import annotations

from digest.editorial.intake.clean import decoded
from digest.model.errors import BadDocument
from digest.model.story import Entry
from digest.sources.charset import decode
from digest.sources.textdoc_body import find_body
from digest.sources.textdoc_head import Head, read_head
from digest.sources.textdoc_lines import Line, read_lines
from digest.sources.textdoc_related import related_titles

MAX_CHARACTERS = 1_000_000
"""A page of text longer than this is not read; a long article has 50,000."""
MAX_LINES = 10_000
_LEAST_BODY = 40
"""Words of text from which a page without a headline is still taken as a story."""
_LONGEST_TITLE = 160


def read_textdoc(path: str, content: bytes, *, charset: str | None = None) -> tuple[Entry, ...]:
    """One entry: the story of a crawled page of text. BadDocument where neither headline nor text is found.

    A stamp `20220408-093214` is read as UTC. A page with a headline and no text gives an entry without paragraphs.
    """
    return (read_text(path, decoded(decode(path, content, charset=charset))),)


def read_text(path: str, text: str) -> Entry:
    """The story of a page of text that is decoded already. Raises BadDocument as `read_textdoc` does."""
    if len(text) > MAX_CHARACTERS:
        raise BadDocument(path, f"a page of {len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    lines = read_lines(text) if text.count("\n") <= MAX_LINES else ()
    if not lines and len(text) > MAX_LINES:
        raise BadDocument(path, f"a page of more than {MAX_LINES:,} lines; give one article a file")
    body = find_body(lines)
    head = read_head(lines, body)
    own = head.title.casefold()
    body = tuple(line for line in body if line.place > head.end and line.text.casefold() != own)
    if not head.title and sum(line.words for line in body) < _LEAST_BODY:
        raise BadDocument(path, "no headline and no text found; give a page with a headline and its paragraphs")
    return _entry(path, lines, body, head)


def _entry(path: str, lines: tuple[Line, ...], body: tuple[Line, ...], head: Head) -> Entry:
    title = head.title or _first_words(body[0].text)
    return Entry(
        path=path,
        kind="textdoc",
        title=title,
        paragraphs=tuple(line.text for line in body),
        standfirst=head.standfirst,
        section=head.section,
        date=head.day,
        published_at=head.published_at,
        agency=head.agency,
        byline=head.byline,
        related_titles=related_titles(lines, own=title, body=body),
    )


def _first_words(text: str) -> str:
    """The beginning of a text, for a page whose headline is lost: whole words, at most 160 characters."""
    if len(text) <= _LONGEST_TITLE:
        return text
    return text[:_LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(",;:–—-") + "…"
