"""Whether a story says at its own head that nobody may publish it: an embargo, a hold, a kill, a test."""

from __future__ import annotations

import re

_MAY_NOT_YET = re.compile(
    r"(?:(?:strictly|still|under|sous|bajo) )?"
    r"embargo(?:ed|ed copy|ed story)? (?:until|till|to \d|for (?:release|publication))\b|"
    r"embargo(?:ed)?\b[^\w]{1,4}(?:until|till|(?:\d{1,2}[:.h]?\d{2}|\d{1,2} ?[ap]\.?m)\b|not for)|"
    r"strictly embargoed\b|(?:sous )?embargo jusqu|(?:bajo embargo|embargado) hasta\b|sperrfrist(?:\W*:| bis| \d)|"
    r"محظور النشر حتى|"
    r"not (?:yet )?for (?:release|publication|broadcast)\b|"
    r"(?:do not|don[’']t|ne pas|no|nicht) (?:publish|release|publier|diffuser|publicar|ver[öo]ffentlichen)"
    r"(?=\W*\Z|\s*[-–—:.!*\]]| (?:until|before|yet|avant|hasta|vor)\b)|"
    r"(?:on )?hold\s*[-–—:]\s*(?:awaiting|pending|legal|do not|until|for (?:legal|release|approval|checks?))|"
    r"hold for (?:release|legal|approval)\b",
    re.IGNORECASE,
)
_DESK_WORD = re.compile(
    r"EMBARGO(?:ED)?\s*(?:[-–—:]|\Z)|HOLD\s*(?:[-–—:]|\Z)|(?:(?:MANDATORY|BULLETIN|STORY|PHOTO) )?KILL\s*(?:[-–—:]|\Z)"
)
"""A word of the desks, in capitals: "Kill" and "hold" are words of the news too."""
_WITHDRAWN = re.compile(
    r"(?:mandatory|bulletin|story) kill\b|kill (?:notice|advisory)\b|please kill\b|"
    r"(?:story|article|item) (?:removed|withdrawn|retracted|killed)\s*(?:[-–—:.]|\Z)",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"this is (?:only |just )?a test(?:\W*\Z| (?:message|story|item|article|entry)\b)|"
    r"(?:just )?testing,? testing\b|test,? test\b|"
    r"test (?:item|story|article|message|post|entry|only)\b(?=\W*\d*\W*\Z|\s*[-–—:,.!(\[]| (?:please|ignore|do not)\b)|"
    r"test\s*[-–—:,.!]\s*(?:please|ignore|do not|disregard|only)\b",
    re.IGNORECASE,
)
_REASONS = (
    (_MAY_NOT_YET, "is not to be published yet"),
    (_DESK_WORD, "is not to be published yet"),
    (_WITHDRAWN, "was withdrawn by its newsroom"),
    (_TEST, "is a test"),
)
_BEFORE = re.compile(r"\A(?:[\W_]+|(?:attention|note to|advisory to) ?,? editors\b)*", re.IGNORECASE)
_LINES = 3
"""Lines of a text that are its head."""


def withheld(*texts: str) -> str:
    """ "it says that it is …", where one of the texts begins so in one of its first three lines; else empty."""
    for text in texts:
        for line in text[:4_000].split("\n\n", _LINES)[:_LINES]:
            said = line[_BEFORE.match(line).end() :]  # type: ignore[union-attr]
            for pattern, reason in _REASONS:
                if pattern.match(said):
                    return f"it says at its head that it {reason}"
    return ""
