# ruff: noqa: E501
"""What feed items have in common: body or teaser, the names of people, tags that are sections."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.editorial.text.sentences import sentences
from digest.editorial.text.words import shorten
from digest.sources.markup import guessed_line, squeeze
from digest.sources.textdoc_lines import count_words

_BODY_WORDS = 70
"""A lone summary of so many words, or of two paragraphs and 40 words, is the text itself and no teaser."""
_NOTE_WORDS = 4
_NOTE_LIMIT = 160
_TAIL = re.compile(
    r"\A\W*(?:the post .{1,300} (?:appeared first|first appeared) on .{1,120}|continue reading.{0,120}|read (?:more|the (?:full|rest)).{0,80}"
    r"|(?:view|see) (?:entire|full|original|the) (?:post|article|story).{0,40}|source\s*:?\s*https?://\S+|lire la suite.{0,60}|leer más.{0,60}|weiterlesen.{0,60})\W*\Z",
    re.I,
)
_MORE = re.compile(
    r"\s*(?:\[(?:&hellip;|…|\.\.\.)\]|\(?(?:continue reading|read more|lire la suite|leer más|weiterlesen)\)?)[\s.…»→>]*\Z",
    re.I,
)
_WHOLE = (".", "!", "?", "。", "！", "？", "।", "؟", "…", "”", '"', "»")
_EMAIL = re.compile(r"[<(]?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[>)]?")


def split_text(content: tuple[str, ...], summary: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """(body, standfirst) of an item that publishes `content` and `summary`, either of which may be empty."""
    content, summary = _without_tail(content), _without_tail(summary)
    if not content:
        words = sum(len(text.split()) for text in summary)
        letters = sum(len(text) for text in summary)
        if words >= _BODY_WORDS or (len(summary) >= 2 and words >= 40) or (words < letters / 15 and letters >= 150):
            return summary, ""
        return (), _MORE.sub(_shortened, " ".join(summary)).strip()
    standfirst = " ".join(summary)
    text = " ".join(content)
    if not standfirst or len(standfirst) > 600 or standfirst == text:
        return content, ""
    return content, standfirst


def headline_of(title: str, body: tuple[str, ...], standfirst: str) -> str:
    """The title; of a note that has none the first sentence, or as many as make four words. Empty where it says less."""
    if any(sign.isalnum() for sign in title):
        return title
    told = ""
    for sentence in sentences(standfirst or "\n".join(body[:1])):
        told = f"{told} {sentence}".strip()
        if count_words(told) >= _NOTE_WORDS:
            return shorten(told, _NOTE_LIMIT)
    return title


def _shortened(mark: re.Match[str]) -> str:
    """What stands for a mark that the rest was left out: nothing after a whole sentence, else an ellipsis."""
    before = mark.string[: mark.start()].rstrip()
    left_out = "[" in mark[0] or "…" in mark.string
    return " …" if left_out and not before.endswith(_WHOLE) else ""


def _without_tail(texts: tuple[str, ...]) -> tuple[str, ...]:
    while texts and _TAIL.match(texts[-1]):
        texts = texts[:-1]
    return texts


def people(names: Iterable[str]) -> str | None:
    """Names on one line, mail addresses left out, or None."""
    kept: list[str] = []
    for name in names:
        bare = squeeze(_EMAIL.sub(" ", guessed_line(name[:500]))).strip(" <>,;")
        bare = bare[1:-1].strip() if bare.startswith("(") and bare.endswith(")") else bare
        bare = re.sub(r"\Aby\s+", "", bare, flags=re.I)
        if bare and bare not in kept and not bare.startswith(("http://", "https://")):
            kept.append(bare)
    return ", ".join(kept)[:200] or None


def tag_of(value: object) -> str | None:
    """A tag as the name of a section: at most 40 characters, no address and no path."""
    name = guessed_line(value) if isinstance(value, str) else ""
    return name if name and len(name) <= 40 and "://" not in name and not name.startswith("/") else None
