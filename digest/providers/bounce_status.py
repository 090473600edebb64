"""Hard or soft: what a status code of RFC 3463, or a server's own words, say about an address."""

from __future__ import annotations

import re

from digest.model.feedback import FeedbackKind

_HARD = re.compile(r"5\.(?:1\.(?!7$|8$)\d{1,3}|2\.1)")
"""5.1.x is about the address (but x.1.7 and x.1.8, which are about ours); 5.2.1 is a mailbox that is switched off."""
_UNCLEAR = re.compile(r"5\.[05]\.\d{1,3}|")
"""No more than "it failed" (5.0.0), or a code of the protocol (5.5.x) that servers use for unknown users too."""
_NOBODY = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient|address|person)|(?:user|mailbox|account|recipient) "
    r"(?:does not exist|doesn't exist|not found|not known)|(?:invalid|unknown|bad) (?:recipient|mailbox|destination)"
    r"|(?:account|mailbox) (?:has been |is )?(?:disabled|closed|deactivated|deleted)|not a known user"
    r"|unrouteable address",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


def judged(status: str, words: str) -> FeedbackKind:
    """What a delivery that failed for good says about its address.

    Hard only where the address itself is at fault: that ends mail to it. All else is soft and counts by the
    newsletter's policy: a full mailbox (5.2.2), a message too big (5.3.4), a policy (5.7.x), a route (5.4.x), and every
    4.x.x at which the other side gave up.
    """
    if _HARD.fullmatch(status) or (_UNCLEAR.fullmatch(status) and _NOBODY.search(words)):
        return FeedbackKind.BOUNCED_HARD
    return FeedbackKind.BOUNCED_SOFT


def code_in(text: str) -> str:
    """The first status code that stands in a text, or empty."""
    found = _CODE.search(text)
    return found[1] if found else ""
