"""How a reader is shown on a page that a forwarded mail may have opened: enough to know oneself, and no more."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.model.newsletter import Newsletter
from digest.render.words import Words
from digest.web.words import words_for
from digest.workflow.readers.subscribe import Reader
from subscribers.model import Subscriber
from subscribers.store import address_of

_ONE_LINE = 20
"""Characters of a headline that fit on one line of the narrowest screen."""


def masked(reader: Subscriber) -> str:
    """`a•••@mail.example`: whoever reads several mailboxes can tell them apart; punycode where it could deceive."""
    local, _, domain = address_of(reader).shown.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def title_of(reader: Reader) -> str:
    """The newsletter's name, or the list's where no newsletter goes to it; a short one is never broken in two."""
    name = reader.newsletter.name if reader.newsletter else reader.mail_list.name
    return name.replace(" ", "\u00a0") if len(name) <= _ONE_LINE else name


def words_of(reader: Reader) -> Words:
    """The reader's language, else the newsletter's."""
    return words_for(reader.subscriber.language, language_of(reader.newsletter))


def language_of(newsletter: Newsletter | None) -> str:
    """The language of a newsletter's own texts."""
    return newsletter.language if newsletter else "en"


def zone_of(reader: Reader) -> ZoneInfo:
    """The reader's zone, else the newsletter's, as the plan of a mailing reads it."""
    for name in (reader.subscriber.timezone, reader.newsletter.zone if reader.newsletter else ""):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")
