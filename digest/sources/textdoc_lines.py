"""Finds the article on a crawled page of text: every line is scored, the run with the greatest sum is the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.sources.furniture import Furniture, is_section, judge
from digest.sources.markdown import without_marks
from digest.sources.markup import squeeze

DATED = re.compile(r"\Adate:?\s+(?P<day>\d{4}-\d\d-\d\d)(?:\s+(?P<section>\S.*))?\Z", re.I)
"""The line that a crawler put on top: `date 2022-04-08 WORLD`."""
_SHORT = -8.0
_BOILERPLATE = -12.0
_HEADING = -30.0
_LEAST_TEXT = 10.0
_LEAST_LATER_TEXT = 60.0
_LONG_LINE = 20
"""Words from which a line counts as text even without a full stop."""
_WIDE = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]"
)
_STOP = re.compile(r"[.!?。！？؟।॥．｡۔።។။։།][\"'”’»›)\]」』\s]*\Z")
_TEASER = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\W*\Z")
_SENTENCE = re.compile(
    r"(?<=[.!?。！？؟।][\"”’' ])\s*(?=[\"“‘']?[A-ZÀ-ÞА-ЯΑ-Ω\u0600-\u06ff\u3040-\u9fff])|(?<=[。！？])"
)
_CLOSES = re.compile(r"[,.;:)”!?%]|['’]s\b|[-–](?=[^\W_])")
_OPENING = ',(“"‘'
_LEADING_WORDS = """
a about across after against all also an and any are as at be because been before being between both but by called
during each for from had has have he her his if in into is it its led like more most near new of off on one or our over
said say says she since some such than that the their them then there these they this those through to told two under
until up upon was were what when where which while who whose will with within without would
de des du la le les et en un une dans par pour sur au aux que qui el los las y del con por para
der die das den dem und im von vom zu mit auf für
"""
_LEADS_ON = frozenset(_LEADING_WORDS.split())
"""Words behind which a sentence is not over."""
BULLET = re.compile(r"\A[•·▪◦‣*–-]\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with text in it: its place among such lines, what it says, and what it seems to be."""

    place: int
    text: str
    words: int
    furniture: Furniture
    full: bool
    """True where it ends a sentence, or is long enough to be text all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines `first..last` (both included, places in the page) and the sum of their scores."""

    first: int
    last: int
    score: float


def count_words(text: str) -> int:
    """Words; scripts without spaces count two characters a word."""
    wide = len(_WIDE.findall(text))
    return len(_WIDE.sub(" ", text).split()) + (wide + 1) // 2


def ends_sentence(text: str) -> bool:
    """True where the line closes a sentence; a teaser cut with dots does not."""
    tail = text[-40:]
    return _STOP.search(tail) is not None and _TEASER.search(tail) is None


def read_lines(text: str) -> tuple[Line, ...]:
    """The lines of a page that hold text, hard wraps undone, a page on one line parted into sentences."""
    raw = (
        without_marks(text)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n\n")
        .split("\n")
    )
    texts = _mend([squeeze(line) for line in _unwrap([line.rstrip() for line in raw])])
    texts = [part for line in texts if line for part in _first_line(line)]
    if texts and len(max(texts, key=len)) > 1_500 and len(texts) < 8:
        texts = [part for line in texts for part in _sentences(line)]
    return tuple(_line(place, line) for place, line in enumerate(texts))


def _first_line(line: str) -> list[str]:
    """A crawler's "date 2022-04-08" goes with the section behind it; anything else there is the page's first line."""
    match = DATED.match(line)
    rest = match["section"] if match else None
    if match is None or rest is None or _names_section(rest):
        return [line]
    return [line[: match.start("section")].rstrip(), rest]


def _names_section(text: str) -> bool:
    few = len(text.split()) <= 3 and len(text) <= 30 and not ends_sentence(text)
    return is_section(text) or (few and judge(text) is Furniture.NONE and (text.isupper() or len(text.split()) <= 2))


def _line(place: int, text: str) -> Line:
    words = count_words(text)
    full = (ends_sentence(text) and words >= 4) or words >= _LONG_LINE
    return Line(place=place, text=text, words=words, furniture=judge(text), full=full)


def _sentences(line: str) -> list[str]:
    if len(line) <= 1_500:
        return [line]
    return [part.strip() for part in _SENTENCE.split(line) if part and part.strip()]


def _unwrap(lines: Sequence[str]) -> list[str]:
    """Join lines that were broken at a column: a break is a wrap where the next word would not have fitted."""
    lengths = sorted(len(line) for line in lines if len(line) >= 40)
    if len(lengths) < 6:
        return list(lines)
    width = lengths[min(len(lengths) - 1, int(len(lengths) * 0.97))]
    filled = [line for line in lines if len(line) >= 0.8 * width]
    if not 50 <= width <= 110 or sum(ends_sentence(line) for line in filled) > 0.4 * len(filled):
        return list(lines)
    joined: list[str] = []
    wraps = 0
    open_line = False
    previous = ""
    for line in lines:
        first_word = line.strip().split(" ", 1)[0] if line.strip() else ""
        wrapped = bool(
            open_line
            and first_word
            and len(previous) >= 0.6 * width
            and len(previous) + 1 + len(first_word) > width
            and not (ends_sentence(previous) and len(previous) < 0.8 * width)
        )
        if wrapped and joined:
            joined[-1] = f"{joined[-1]} {line.strip()}"
            wraps += 1
        else:
            joined.append(line)
        previous = line
        open_line = bool(line.strip())
    return joined if wraps >= 4 else list(lines)


def _mend(lines: Sequence[str]) -> list[str]:
    """Join what a crawler tore apart at links and emphasis: text before, the linked name, text after.

    Only lines next to each other are joined, and only where the later one goes on in the middle of a sentence.
    """
    mended: list[str] = []
    for line in lines:
        if _goes_on(line) and mended and _is_open(mended[-1]):
            _join_name(mended, line)
            mended[-1] += ("" if _CLOSES.match(line) else " ") + line
        else:
            mended.append(line)
    return mended


def _goes_on(line: str) -> bool:
    """True for what cannot begin a sentence, and is more than a lone word of a menu, and no `date …` line."""
    return bool(_CLOSES.match(line)) or (line[:1].islower() and len(line.split()) >= 3 and not DATED.match(line))


def _is_open(line: str) -> bool:
    """True where a sentence may go on behind `line`."""
    return bool(line) and not ends_sentence(line) and judge(line) is Furniture.NONE


def _join_name(mended: list[str], line: str) -> None:
    """Where the last of `mended` is a linked name in a sentence that `line` goes on with, put it where it belongs."""
    if len(mended) < 2 or not _is_open(mended[-2]) or len(mended[-1].split()) > 8:
        return
    before = mended[-2].split()
    leads_on = len(before) >= 3 and (mended[-2][-1] in _OPENING or before[-1].casefold() in _LEADS_ON)
    if leads_on or _is_torn(mended, before, line):
        name = mended.pop()
        mended[-1] += ("" if mended[-1][-1] in '(“"‘' else " ") + name


def _is_torn(mended: Sequence[str], before: Sequence[str], line: str) -> bool:
    """True for the beginning of a long sentence, and not a headline: that one often stands on the page twice."""
    if len(before) < 8 or not before[-1].islower() or not (_CLOSES.match(line) or len(line.split()) >= 4):
        return False
    return not any(other.startswith(mended[-2]) for other in mended[:-2][:30])


def score(line: Line) -> float:
    """Worth of a line as a part of the body: its words where it reads as text, a fixed debt where it does not."""
    if line.furniture in (Furniture.RELATED, Furniture.BREAK):
        return _HEADING
    if line.furniture is Furniture.INSET:
        return _SHORT
    if line.furniture is Furniture.NOISE:
        return min(_BOILERPLATE, -0.5 * line.words)
    if line.full:
        return float(line.words)
    if line.text.endswith((":", "：")) and line.words >= 4:
        return 0.5 * line.words
    if BULLET.match(line.text) and line.words >= 5:
        return _SHORT / 4
    return _SHORT


def best_run(lines: Sequence[Line]) -> Run | None:
    """The run of the body, or None where no line reads as text.

    A page is cut where comments begin and where a crawler set its stamp. The first part that holds a text wins, so
    that a long discussion below a short article stays out; a lone sentence above a link to comments is no text yet.
    """
    parts: list[tuple[Furniture, list[Line]]] = [(Furniture.NONE, [])]
    for line in lines:
        if line.furniture in (Furniture.END, Furniture.COMMENTS):
            parts.append((line.furniture, []))
        else:
            parts[-1][1].append(line)
    runs: list[Run] = []
    ended = False
    for opened_by, part in parts:
        ended = ended or opened_by is Furniture.END
        run = greatest(part, score)
        if run and _holds_up(run, lines, ended=ended):
            runs.append(run)
    best = max((run.score for run in runs), default=0.0)
    return next((run for run in runs if run.score >= min(best, _enough(lines, run))), None)


def _enough(lines: Sequence[Line], run: Run) -> float:
    """The score from which a run is a text of its own, however long the comments below it."""
    sentences = sum(line.full and line.furniture is Furniture.NONE for line in lines[run.first : run.last + 1])
    return 25.0 if sentences >= 2 else 60.0


def _holds_up(run: Run, lines: Sequence[Line], *, ended: bool) -> bool:
    """False for what is too little to be a text; below a comment form more is asked, and an "About us" is none."""
    if not ended:
        return run.score >= _LEAST_TEXT
    before = lines[run.first - 1] if run.first else None
    return run.score >= _LEAST_LATER_TEXT and not (before and before.furniture is Furniture.BREAK)


def greatest(lines: Sequence[Line], worth: Callable[[Line], float]) -> Run | None:
    """The run of neighbours with the greatest sum of `worth`, or None where no line is worth anything."""
    best: Run | None = None
    total = 0.0
    first = 0
    for line in lines:
        if total <= 0.0:
            total, first = 0.0, line.place
        total += worth(line)
        if total > 0.0 and (best is None or total > best.score):
            best = Run(first=first, last=line.place, score=total)
    return best


def body_lines(lines: Sequence[Line], run: Run) -> tuple[Line, ...]:
    """The lines of `run` that are the article's: furniture, links to others and repeated paragraphs left out."""
    kept: list[Line] = []
    seen: set[str] = set()
    in_list = False
    for line in lines[run.first : run.last + 1]:
        if line.furniture in (Furniture.RELATED, Furniture.BREAK):
            in_list = True
        elif line.furniture is Furniture.NONE and (line.full or not in_list):
            in_list = False
            folded = line.text.casefold()
            if folded not in seen and not _is_stray_link(line, lines):
                kept.append(line)
            seen.add(folded)
    return tuple(kept)


def _is_stray_link(line: Line, lines: Sequence[Line]) -> bool:
    """True for a line as long as a headline, alone between two paragraphs: the link to another story."""
    if (
        line.full
        or not 9 <= line.words < _LONG_LINE
        or not line.text[:1].isupper()
        or line.text.endswith((":", ",", ";"))
    ):
        return False
    beside = lines[max(0, line.place - 1) : line.place + 2]
    return len(beside) == 3 and beside[0].full and beside[2].full
