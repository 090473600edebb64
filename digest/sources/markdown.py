"""Takes the marks of Markdown out of a crawled page of text that some converter wrote as Markdown."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?=\S)", re.M)
_LINK = re.compile(
    r"\[(?P<text>[^\[\]\n]{1,300})\]\((?:https?://|/|#)[^()\s]{0,2000}(?:\([^()\s]*\))?(?:\s+\"[^\"\n]*\")?\)"
)
_PICTURE = re.compile(r"!\[[^\[\]\n]{0,300}\]\([^()\s]{1,2000}\)")
_QUOTE = re.compile(r"^ {0,3}>[ \t]?", re.M)
_CLOSED = re.compile(r"[ \t]+#+[ \t]*$", re.M)
_STRONG = re.compile(r"(?<![\w*])(?P<mark>\*{1,3}|_{1,3})(?=\S)(?P<text>[^\n*_]{1,300}?)(?<=\S)(?P=mark)(?![\w*])")


def without_marks(text: str) -> str:
    """`text` without headings' hashes, emphasis, links' targets, pictures and quotation marks at line starts.

    Nothing is touched in a text that has no heading and no link of Markdown: stars and hashes mean much elsewhere.
    """
    if not _HEADING.search(text) and not _LINK.search(text):
        return text
    bare = _LINK.sub(r"\g<text>", _PICTURE.sub("", text))
    bare = _CLOSED.sub("", _HEADING.sub("", bare))
    return _STRONG.sub(r"\g<text>", _QUOTE.sub("", bare))
