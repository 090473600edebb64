"""Text into words, names and numbers, in every script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache


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
_MARKS = _ranges(code for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M")
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_](?:\w|[{_MARKS}])*")
_RUN = re.compile(rf"[{_UNSPACED}{_MARKS}]+|[^{_UNSPACED}]+")
_ANY_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_WORD = re.compile(rf"[^\W\d_](?:\w|[{_MARKS}])*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?:\D|$))")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n…。！？।؟]|[\"'“”‘’«»„(\[–—-])\s*\Z")

_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """Case-folded words and numbers of two characters or more, in order; unspaced scripts as character pairs."""
    lowered = text.casefold()
    found = _TOKEN.findall(lowered)
    if _ANY_UNSPACED.search(lowered):
        return [part for token in found for part in _split_unspaced(token)]
    return [_plain_number(token) if token[0].isdigit() else token for token in found if len(token) > 1]


def _split_unspaced(token: str) -> Iterator[str]:
    if token[0].isdigit():
        token = _plain_number(token)
    if not _ANY_UNSPACED.search(token):
        if len(token) > 1:
            yield token
        return
    for run in _RUN.findall(token):
        if not _ANY_UNSPACED.match(run):
            if len(run) > 1:
                yield run
        elif len(run) == 1:
            yield run
        else:
            yield from (run[place : place + 2] for place in range(len(run) - 1))


def _plain_number(token: str) -> str:
    """1,200 and 1.200 are 1200; 6.1 stays 6.1 and 6,1 becomes it."""
    return _THOUSANDS.sub("", token).replace(",", ".")


def numbers(text: str) -> frozenset[str]:
    """Numbers named in the text, thousands separators removed; English words for 2 to 12 count."""
    digits = {_plain_number(found) for found in _NUMBER.findall(text)}
    spelt = {_NUMBER_WORDS[word] for word in _WORD.findall(text.casefold()) if word in _NUMBER_WORDS}
    return frozenset(digits | spelt)


def is_title_case(text: str) -> bool:
    """True where capitals say nothing: most of the longer words begin with one."""
    longer = [word for word in _WORD.findall(text) if len(word) > 3]
    return len(longer) >= 3 and sum(word[0].isupper() for word in longer) > 0.7 * len(longer)


@lru_cache(maxsize=8192)
def names(text: str) -> frozenset[str]:
    """Words with a capital inside a sentence, case-folded. Empty for scripts that have no capitals."""
    found: set[str] = set()
    for line in text.splitlines():
        if is_title_case(line) and len(line) < 160:
            continue
        for match in _WORD.finditer(line):
            word = match[0]
            if len(word) < 2 or not word[0].isupper():
                continue
            if word.isupper() and len(word) <= 6:
                found.add(word.casefold())  # an acronym is a name wherever it stands
            elif not _SENTENCE_START.search(line, 0, match.start()):
                found.add(word.casefold())
    return frozenset(found)


def names_with_title(title: str, text: str) -> frozenset[str]:
    """Names of the text, and those of the title; of a title in capitals only words that the text has as names."""
    inside = names(text)
    if is_title_case(title) and inside:
        return inside
    return inside | names(title) | {word for word in _first_words(title) if word in inside}


def _first_words(title: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(title)]


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
