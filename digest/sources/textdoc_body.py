"""Chooses the body of a crawled page: the best run of text, bridged over furniture, or a short text where none is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.sources.furniture import Furniture, is_notice
from digest.sources.textdoc_lines import Line, Run, best_run, body_lines, ends_sentence, greatest, score

_BRIDGE = 2
"""Lines of furniture that a body may go on behind."""
_LEAST_WORDS = 2
"""A lone sentence of fewer words is no body."""
_ABBREVIATED = re.compile(r"\b(?:inc|ltd|co|corp|llc|plc|pvt|bros|jr|sr|u\.?s|u\.?k|e\.?u|u\.?n|[ap]\.?m)\.\W*\Z", re.I)
_PARTS = (Furniture.END, Furniture.COMMENTS)
_LISTS = (Furniture.RELATED, Furniture.BREAK)


def find_body(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The article's lines, furniture left out; empty where the page has no text."""
    run = best_run(lines) or _short_run(lines)
    if run is None:
        return ()
    first, last = _earlier(lines, run.first), _later(lines, run.last)
    return body_lines(lines, Run(first=first, last=last, score=run.score))


def _later(lines: Sequence[Line], last: int) -> int:
    """The last place of a body that goes on: short sentences at once, full ones behind a line or two of furniture."""
    while True:
        if last + 1 < len(lines) and _is_sentence(lines[last + 1]):
            last += 1
            continue
        beyond = _across(lines, last, 1)
        if beyond is None:
            return last
        last = beyond


def _earlier(lines: Sequence[Line], first: int) -> int:
    """The first place of a body that began above a notice such as "Subscribe now for full access".

    Only above a notice: above a byline or a row of buttons stands the standfirst, which is no part of the body.
    """
    while True:
        before = _across(lines, first, -1)
        if before is None or not all(is_notice(line.text) for line in lines[before + 1 : first]):
            return first
        first = before


def _across(lines: Sequence[Line], place: int, step: int) -> int | None:
    """The place of the sentence behind one or two lines of furniture next to `place`, or None.

    Behind a notice a short one counts too, "More follows."; below buttons stand short lines of all kinds.
    """
    for distance in range(1, _BRIDGE + 2):
        beyond = place + step * distance
        if not 0 <= beyond < len(lines):
            return None
        line = lines[beyond]
        if line.furniture not in (Furniture.NOISE, Furniture.INSET):
            between = lines[min(place, beyond) + 1 : max(place, beyond)]
            enough = line.full or (step > 0 and all(is_notice(other.text) for other in between))
            return beyond if between and enough and _is_sentence(line) else None
    return None


def _is_sentence(line: Line) -> bool:
    """True for a sentence of any length, "Yes." too, and not for the name of a company."""
    says = any(char.isalpha() for char in line.text)
    return line.furniture is Furniture.NONE and says and ends_sentence(line.text) and not _ABBREVIATED.search(line.text)


def _short_run(lines: Sequence[Line]) -> Run | None:
    """The text of a page that has none of the usual length: its best run of short sentences before any comments.

    What stands under the heading of a list is often a question, so it counts only where nothing else does.
    """
    plain, listed = _parts(lines)
    runs = [run for part in plain if (run := greatest(part, _short_worth)) and _says_enough(lines, run)]
    runs = runs or [run for part in listed if (run := greatest(part, _full_worth))]
    return runs[0] if runs else None


def _parts(lines: Sequence[Line]) -> tuple[list[list[Line]], list[list[Line]]]:
    """(parts, parts under the heading of a list) of the page above the form for comments."""
    plain: list[list[Line]] = [[]]
    listed: list[list[Line]] = []
    current = plain[0]
    for line in lines:
        if line.furniture is Furniture.END:
            break
        if line.furniture in _PARTS or line.furniture in _LISTS:
            current = []
            (listed if line.furniture in _LISTS else plain).append(current)
        else:
            current.append(line)
    return plain, listed


def _short_worth(line: Line) -> float:
    return float(line.words) if _is_sentence(line) else score(line)


def _full_worth(line: Line) -> float:
    """As a sentence that states something: headlines in a list end with no full stop, at most with a question mark."""
    return (
        score(line) if line.full and line.text.endswith((".", "。", "।", "۔", ".”", '."')) else min(score(line), -8.0)
    )


def _says_enough(lines: Sequence[Line], run: Run) -> bool:
    sentences = [line for line in lines[run.first : run.last + 1] if _is_sentence(line)]
    return len(sentences) >= 2 or sum(line.words for line in sentences) >= _LEAST_WORDS
