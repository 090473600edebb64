"""Text into words, names and numbers, in every script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator


def _ranges(numbers: Iterator[int]) -> str:
    """Code points as the inside of a regular expression's character class."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in found)


# Python's \w leaves out combining marks, which are parts of words in Hindi, Thai or pointed Arabic.
_CATEGORIES = [*map(unicodedata.category, map(chr, range(0x10000)))]
MARKS = _ranges(code for code, category in enumerate(_CATEGORIES) if category[0] == "M")
CAPITALS = _ranges(code for code, category in enumerate(_CATEGORIES) if category in ("Lu", "Lt"))
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_][\w{MARKS}]*")
_LONG_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_][\w{MARKS}]+")
_RUN = re.compile(rf"[{_UNSPACED}{MARKS}]+|[^{_UNSPACED}]+")
_ANY_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_WORD = re.compile(rf"[^\W\d_][\w{MARKS}]*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?:\D|$))")
# A capital after a word or a comma stands inside a sentence: it marks a name. Acronyms are names wherever they stand.
_NAME = re.compile(rf"(?<=[\w,;)’'] )[{CAPITALS}][\w{MARKS}]+|\b[{CAPITALS}]{{2,6}}\b")

_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip

_CODE = re.compile(r"<script.*?(?:</script\s*>|\Z)|<[/!a-z][^<>]{0,200}>|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
"""What looks like markup or a template in a text that should have none."""


def tokens(text: str) -> list[str]:
    """Case-folded words of two characters or more and numbers, in order; unspaced scripts as character pairs."""
    # Case-folded letters sort after the digits; the few exceptions come out of plain_number unchanged.
    return [token if token[0] > "9" else plain_number(token) for token in written_tokens(text)]


def written_tokens(text: str) -> list[str]:
    """`tokens`, the numbers as they are written: `plain_number` of each is one of `tokens`."""
    lowered = text.casefold()
    if "<" in lowered or "{" in lowered:
        # Two stories have nothing in common because somebody tried the same trick on both.
        lowered = _CODE.sub(" ", lowered)
    if _ANY_UNSPACED.search(lowered):
        return [part for token in _TOKEN.findall(lowered) for part in _split_unspaced(token)]
    return _LONG_TOKEN.findall(lowered)


def located(text: str) -> list[re.Match[str]]:
    """Where each of `tokens` stands in the text, capitals and all; empty where they cannot be told word by word."""
    found = [match for match in _TOKEN.finditer(text) if len(match[0]) > 1 or match[0][0] <= "9"]
    return found if len(found) == len(tokens(text)) else []


def _split_unspaced(token: str) -> Iterator[str]:
    if token[0].isdigit():
        yield plain_number(token)
        return
    if not _ANY_UNSPACED.search(token):
        if len(token) > 1:
            yield token
        return
    for run in _RUN.findall(token):
        if not _ANY_UNSPACED.match(run):
            if len(run) > 1 or run[0] <= "9":
                yield run
        elif len(run) == 1:
            yield run
        else:
            yield from (run[place : place + 2] for place in range(len(run) - 1))


def plain_number(token: str) -> str:
    """1,200 and 1.200 are 1200; 6.1 stays 6.1 and 6,1 becomes it."""
    return _THOUSANDS.sub("", token).replace(",", ".")


def numbers(text: str) -> frozenset[str]:
    """Numbers named in the text, thousands separators removed; English words for 2 to 12 count."""
    return frozenset(filter(None, map(number_of, tokens(text))))


def number_of(token: str) -> str:
    """The number that a token of `tokens` is, or empty."""
    return token if token[0] <= "9" else _NUMBER_WORDS.get(token, "")


def is_title_case(text: str) -> bool:
    """True where capitals say nothing: most of the longer words begin with one."""
    longer = [word for word in _WORD.findall(text) if len(word) > 3]
    return len(longer) >= 3 and sum(word[0].isupper() for word in longer) > 0.7 * len(longer)


def names(text: str) -> frozenset[str]:
    """Words with a capital inside a sentence, case-folded. Empty for scripts without capitals and for shouting."""
    if text.isupper():
        return frozenset()
    return frozenset(map(str.casefold, _NAME.findall(text)))


def names_with_title(title: str, text: str) -> frozenset[str]:
    """Names of the text, and those of the title; of a title in capitals only words that the text has as names."""
    inside = names(text)
    if is_title_case(title) and inside:
        return inside
    return inside | names(title) | inside.intersection(map(str.casefold, _WORD.findall(title)))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where there are any, with an ellipsis as the last one."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if not _ANY_UNSPACED.search(cut[-1:]) and not text[limit - 1].isspace():
        head, space, _ = cut.rpartition(" ")
        if space and len(head) > limit // 2:
            cut = head
    while cut and unicodedata.category(cut[-1])[0] in "PZ" and cut[-1] not in ")]”’»":
        cut = cut[:-1]
    return cut + "…"
