"""Untrusted HTML to plain text: paragraphs for bodies, one line for titles, nothing executed or fetched."""

from __future__ import annotations

import html
import re

from lxml import etree

_BLOCK_NAMES = """
address article aside blockquote body center dd details dialog div dl dt fieldset figure footer h1 h2 h3 h4 h5 h6 header
hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul
"""
_SILENT_NAMES = """
audio button canvas embed figcaption form frame frameset head iframe input math noembed noframes noscript option script
select style svg template textarea title video
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset({"td", "th"})
_SILENT = frozenset(_SILENT_NAMES.split())
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|blink|br|cite|code|del|dfn|div|em|font|h[1-6]|i|img|ins|kbd|mark|nobr|p|q|s|samp"
    r"|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)(?:\s[^<>]*)?/?>",
    re.I,
)
_BLOCK_TAG = re.compile(r"</?(?:br|div|h[1-6]|p)(?:\s[^<>]*)?/?>", re.I)
_SILENT_PAIR = re.compile(
    r"(?P<before>\w )?<(script|style|iframe|noscript|template|object|svg)(?:\s[^<>]*)?>.{0,5000}?</\2\s*>"
    r"(?P<behind>[\s,.;:])?",
    re.I | re.S,
)
_WITH_ATTRIBUTES = re.compile(
    r"</?[a-z][a-z0-9]*(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))+\s*/?>", re.I
)
_SPOKEN_OF = re.compile(r"(?<=\w )<(?!br|img|p>|div|wbr)[a-z][a-z0-9]*>(?=\s|[,.;:!?]|\Z)", re.I)
"""A tag without attributes that stands in a line as a word does."""
_CLOSING = re.compile(r"</([a-z][a-z0-9]*)", re.I)
_LONGEST_LINE = 10_000
_SPACE = re.compile(r"[\s\ufeff]+")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_HIDDEN = re.compile("[\u00ad\u200b\u2060]")
"""Where a word may be broken: nothing that anybody reads."""
_BREAK = "\x00"


def squeeze(text: str) -> str:
    """`text` on one line: whitespace runs become one space, control characters and lone surrogates go."""
    return _SPACE.sub(" ", _HIDDEN.sub("", _UNFIT.sub("", text))).strip()


def without_controls(text: str) -> str:
    """`text` without the characters that no XML and no mail may hold; line ends and tabs stay."""
    return _UNFIT.sub("", text)


def plain_paragraphs(text: str) -> tuple[str, ...]:
    """Plain text to paragraphs: a blank line parts them."""
    return tuple(line for line in (squeeze(part) for part in re.split(r"\n\s*\n", text.replace("\r", "\n"))) if line)


def paragraphs(markup: str) -> tuple[str, ...]:
    """The paragraphs of an HTML fragment as plain text, entities decoded once; scripts, forms and captions left out."""
    markup = _UNFIT.sub("", markup)
    if "<" not in markup:
        return plain_paragraphs(html.unescape(markup))
    root = parse(markup)
    return () if root is None else paragraphs_under(root)


def parse(markup: str) -> etree._Element | None:
    """`markup` as a tree, however broken; None where nothing is in it. No network, no entities of its own."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, recover=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(_UNFIT.sub("", markup).encode(), parser)
    except etree.LxmlError:
        return None


def paragraphs_under(root: etree._Element) -> tuple[str, ...]:
    """The text below `root` in paragraphs: block elements and double line breaks part them."""
    pieces: list[str] = []
    silent = 0
    breaks = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            silent += tag in _SILENT
            if tag == "br":
                breaks += 1
                pieces.append(" " if breaks == 1 else _BREAK)
            elif tag in _BLOCKS:
                pieces.append(_BREAK)
            elif tag in _CELLS:
                pieces.append(" ")
            if not silent and element.text:
                pieces.append(element.text)
                breaks = breaks if element.text.isspace() else 0
            continue
        silent -= tag in _SILENT
        if tag in _BLOCKS:
            pieces.append(_BREAK)
        if not silent and element is not root and element.tail:
            pieces.append(element.tail)
            breaks = breaks if element.tail.isspace() else 0
    return tuple(line for line in (squeeze(part) for part in "".join(pieces).split(_BREAK)) if line)


def one_line(markup: str) -> str:
    """HTML that is declared to be HTML, as one line of text."""
    return squeeze(" ".join(paragraphs(markup)))


def guessed_line(text: str) -> str:
    """A title that may or may not be HTML (RSS does not say): what is markup goes, a tag that it talks of stays.

    So `AT&amp;T <b>wins</b>` becomes "AT&T wins", `<script>alert(1)</script>Chad votes` "Chad votes", and a headline
    about the `<script>` tag, or the `<b>` one, keeps its tag: alone, without attributes, in the place of a word.
    """
    return squeeze(html.unescape(without_markup(text)))


def without_markup(line: str) -> str:
    """A title without scripts and the like, tags with attributes and formatting; a tag that it talks of stays.

    Of what is far longer than any title only the first 10,000 characters are kept.
    """
    if "<" not in line:
        return line
    line = _WITH_ATTRIBUTES.sub("", _SILENT_PAIR.sub(_unless_spoken_of, line[:_LONGEST_LINE]))
    closed = frozenset(map(str.casefold, _CLOSING.findall(line)))
    line = _BLOCK_TAG.sub(" ", line)
    kept, end = [], 0
    for tag in _INLINE_TAG.finditer(line):
        # A word of the line: it stands where a word stands, and has no partner there.
        if _SPOKEN_OF.match(line, tag.start()) and tag[0][1:-1].casefold() not in closed:
            continue
        kept.append(line[end : tag.start()])
        end = tag.end()
    return "".join((*kept, line[end:]))


def _unless_spoken_of(pair: re.Match[str]) -> str:
    """A script goes with all that is in it, unless words stand around it: `let in <script>x</script>, and`."""
    before, behind = pair["before"] or "", pair["behind"] or ""
    return pair[0] if before and behind else before + behind
