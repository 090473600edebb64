"""What the words of a 5xx reply speak of: the reader's mailbox, or us, our host, our sender and the message."""

from __future__ import annotations

import re

_MAILBOX = re.compile(
    r"\b5\.(?:1\.(?:[1-6]|9|10)|2\.[0124])\b"
    r"|\b(?:user|recipient|mailbox|address|account)\b.{0,40}\b(?:unknown|unavailable|not found|does(?: not|n't) exist"
    r"|disabled|inactive|invalid|full)\b"
    r"|\b(?:no such|unknown|invalid|inactive) (?:user|recipient|mailbox|address|account|person)\b"
    r"|recipient address rejected|\bover ?quota\b|quota exceeded",
    re.IGNORECASE,
)
"""Replies that name a mailbox (RFC 3463: 5.1.x without the sender's 5.1.7 and 5.1.8, and 5.2.x without the length of a
message and the private numbers of Exchange)."""
_US = re.compile(
    r"\b5\.(?:1\.[78]|4\.5|7\.\d+)\b|\bsender|\bsend(?:ing|as\w*)?\b|client host|\bhelo\b"
    r"|\byour (?:account|mailbox|address|user|quota|domain|message|mail|ip)\b|\bthis account\b|\bsubmission\b"
    r"|authenticat"
    r"|\b(?:daily|hourly|monthly|rate|sent|messages?|mails|recipients|connections?|outgoing|outbound|relay|policy)"
    r"\b.{0,20}\b(?:quota|limit)"
    r"|\b(?:quota|limit)\b.{0,20}\bper (?:second|minute|hour|day|month|sender|user)\b|too many",
    re.IGNORECASE,
)
"""Words about us among words that look like a mailbox: "Sender address rejected: Domain not found" (Postfix), "Daily
user sending quota exceeded" (Gmail), "SendAsDenied" (Exchange Online), "Your account has been disabled"."""
_RELAY = re.compile(r"(?<![\w.-])relay(?:ing|ed)?\b(?![.-]\w)(?! recipient)", re.IGNORECASE)
"""Not in the name of a host, and not in Postfix's "User unknown in relay recipient table"."""


def is_about_reader(words: str) -> bool:
    """True where a refusal names the reader's mailbox, and nothing in it may be meant for us."""
    return _MAILBOX.search(words) is not None and _US.search(words) is None


def is_no_relay_for_us(words: str) -> bool:
    """True where the server does not relay for us: "Relay access denied" comes at RCPT, and to every reader."""
    return _RELAY.search(words) is not None
