"""A story in one or two of its own sentences: chosen, never cut mid-word, never an advertisement for itself."""

from __future__ import annotations

import re

from digest.editorial.quotation import balanced, first_unpaired
from digest.editorial.sentences import sentences
from digest.editorial.words import tokens
from digest.model.story import Story

BLURB_LIMIT = 240
_LOOK_AT = 12
_SHORTEST = 40
_LOOSE = " ,;:.!?–—…·-"
_FURNITURE = re.compile(
    r"read more|continue reading|keep reading|read (?:the )?(?:full|rest|whole|original|entire)\b|continue to (?:the )?"
    r"(?:article|story|site)|view (?:the )?(?:full|original|entire)\b|"
    r"the post .{1,200}(?:appeared first|first appeared) on|"
    r"\b(?:appeared first|first appeared|originally appeared|first published) (?:on|in|at)\b|"
    r"(?:get|download) (?:the|our) app|"
    r"click here|sign up|subscri(?:be|ption)|newsletter|cookie|advertisement|follow us|"
    r"share (?:this|on)|photo(?:graph)? ?:|image ?:|getty images|all rights reserved|copyright|©|https?://|www\.|"
    r"watch (?:the )?(?:video|live)|this (?:story|article) (?:was|has been|is being) |lire (?:la suite|aussi)|"
    r"weiterlesen|mehr dazu|leer más|lea también|اقرأ (?:أيضا|المزيد)|\bTK\b",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"\A(?:[A-ZÀ-Þ][\w.'’ -]{1,40}(?:, [A-Z][\w. -]{1,30})?(?: ?\([^)]{2,40}\))? ?[-–—:] ?|\([^)]{2,30}\) ?[-–—]? ?)"
    r"(?=[A-ZÀ-Þ\"“«‘])"
)
_LEANS = re.compile(
    r"\A(?:he|she|it|they|this|that|these|those|but|and|also|however|meanwhile|his|her|their|its|all (?:that|this|of)|"
    r"such|another|then|there|later|earlier|asked|here is|il|elle|ils|elles|mais|et|cela|ce|er|sie|es|aber|und|"
    r"diese[rs]?|él|ella|pero|y|esto)\b",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(r"(?:\.\.\.|…|\[(?:…|\.{2,3})?\])[\s»→>]*\Z")
"""How a feed says that it left the rest of a sentence out."""
_CREDIT = re.compile(
    r"\b(?:photo(?:graph|s)?|picture|image|foto|bild)s? ?(?::|by\b|courtesy)|\(AP Photo|"
    r"getty images|©|/(?:AFP|AP|Reuters|EPA)\b",
    re.IGNORECASE,
)
_MONTHS = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_CAPTION = re.compile(
    r"\b(?:is|are) (?:seen|pictured|shown)\b|\bfile (?:photo|picture|image)\b|\((?:left|right|cent(?:re|er)|l|r|c)\)|"
    r",? (?:left|right|cent(?:re|er)),|"
    r"\b(?:arrive|leave|walk|wait|stand|speak|look|attend|hold|shake|pose|gesture|react|sit|wave|gather|carr(?:y|ie)|ride|"
    r"queue|inspect|watche?|embrace|hug|kneel|pray|march|listen|enter|board|greet)s? .*"
    rf"\b(?:\d{{1,2}} {_MONTHS}|{_MONTHS} \d{{1,2}})\b",
    re.IGNORECASE,
)
"""What is written below a picture: who stands where, told in the present with a full date."""
_CAPTION_WORDS = 60
_CREDIT_WORDS = 8


def blurb(story: Story, *, limit: int = BLURB_LIMIT) -> str:
    """At most `limit` characters of the story's text, else of its standfirst; empty where nothing serves."""
    for text in (story.text, story.standfirst):
        chosen = _choose(story.headline, text, limit)
        if chosen:
            return chosen
    return ""


def _choose(headline: str, text: str, limit: int) -> str:
    found = [_DATELINE.sub("", sentence, count=1).strip() for sentence in sentences(_told(text[:8000]))[:_LOOK_AT]]
    usable = [(place, sentence) for place, sentence in enumerate(found) if _usable(sentence, headline)]
    title = frozenset(tokens(headline))
    fitting = {place: sentence for place, sentence in usable if len(sentence) <= limit}
    # A long opening cut at a clause often says more than a short sentence from further down.
    cut = {place: _cut(sentence, limit) for place, sentence in usable[:3] if len(sentence) > limit}
    offered = {**fitting, **{place: sentence for place, sentence in cut.items() if sentence}}
    if not offered:
        return ""
    place = max(offered, key=lambda place: (_worth(place, offered[place], title) - 0.15 * (place in cut), -place))
    first = offered[place]
    following = fitting.get(place + 1, "")
    if following and len(first) + 1 + len(following) <= limit and len(first) < limit * 0.6:
        joint = "" if first[-1:] in "。！？｡" else " "
        both = first + joint + following
        return both if balanced(both) else first
    return first


def _told(text: str) -> str:
    """The text without its captions: short lines with a picture's credit, and the line that a bare credit follows."""
    kept: list[str] = []
    for line in text.splitlines():
        words = len(line.split())
        if not (_CREDIT.search(line) and words <= _CAPTION_WORDS):
            kept.append(line)
        elif words <= _CREDIT_WORDS and _CREDIT.match(line.lstrip("( ")):
            while kept and not kept[-1].strip():
                kept.pop()
            if len(kept) == 1 and len(kept[0].split()) <= _CAPTION_WORDS:
                kept.pop()
    return "\n".join(kept)


def _usable(sentence: str, headline: str) -> bool:
    if _CUT_OFF.search(sentence) or len(tokens(sentence)) < 4 or _FURNITURE.search(sentence) or not balanced(sentence):
        return False
    return not _repeats(sentence, headline)


def _repeats(sentence: str, headline: str) -> bool:
    """The headline again: nearly all of its words, and hardly any other."""
    said, title = frozenset(tokens(sentence)), frozenset(tokens(headline))
    if not title or not said:
        return False
    shared = len(said & title)
    return shared >= 0.8 * len(title) and len(said) <= 1.4 * len(title)


def _worth(place: int, sentence: str, title: frozenset[str]) -> float:
    """Early, about the headline's subject, standing on its own feet, of a readable length."""
    said = tokens(sentence)
    overlap = len(title & frozenset(said)) / max(len(title), 1)
    value = 1.0 - 0.12 * place + 0.5 * min(overlap, 0.6)
    if _LEANS.match(sentence):
        value -= 0.6
    if len(sentence) < _SHORTEST:
        value -= 0.3
    if sentence[-1:] not in ".!?…。！？｡।؟۔\"”»’'":
        value -= 0.5  # a caption or a heading rather than a sentence
    if _CAPTION.search(sentence):
        value -= 0.7
    if sentence[:1] in '"“«„‘':
        value -= 0.15
    return value


def _cut(sentence: str, limit: int) -> str:
    """The sentence up to a clause or a word, an ellipsis after it; a quotation it would break open is left out.

    Empty where it has neither in a fitting place, as in a script without spaces: no word is ever broken.
    """
    clause = max(sentence.rfind(mark, 0, limit - 1) for mark in (", ", "; ", " – ", " — ", "，", "、", "،"))
    end = clause if clause > limit * 0.5 else sentence.rfind(" ", 0, limit)
    if end < limit * 0.4:
        return ""
    shorter = sentence[:end].rstrip(_LOOSE) + "…"
    while (broken := first_unpaired(shorter)) is not None:
        if broken < 20:
            return ""
        shorter = shorter[:broken].rstrip(_LOOSE) + "…"
    return shorter
