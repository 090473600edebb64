"""What may be wrong with an edition's own words and links: one small function per check, each naming the fix."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import idna

from digest.model.edition import (
    Edition,
    LeadBlock,
    NumberBlock,
    PictureBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)
from digest.model.finding import Finding
from digest.model.newsletter import Newsletter
from digest.model.picture import LARGEST
from digest.render.typeset import one_line

CLOCKS_AHEAD = timedelta(days=7)
"""How long before it a change of the clocks is spoken of."""
_LOUD_SHARE = 0.6
_LOUD_LETTERS = 10
_SPAM = re.compile(
    r"\b(?:act now|buy now|click here|free money|guaranteed|risk[- ]free|winner|you won|limited time|urgent)\b"
    r"|100 ?% free|\$\$+|!{2,}|\?{3,}",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?…。！？؟।።]['\"”’»)\]]*\Z")
_CUT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])['\"”’»)]*\Z")
# Letters of other scripts that cannot be told from Latin ones in most fonts.
_DOUBLES = frozenset("аеорсухѕіјһԁԛԝӏοανρτυικ")


def check_edition(edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Everything that these checks have to say, in the order of the checks. All are warnings."""
    return tuple(finding for one in _CHECKS for finding in one(edition, newsletter))


def links_of(edition: Edition) -> tuple[str, ...]:
    """Every address that a reader can follow from a story or a block, each once, in reading order."""
    found: dict[str, None] = {}
    for section in edition.sections:
        for block in section.blocks:
            if isinstance(block, QuoteBlock | NumberBlock | PictureBlock) and block.url:
                found.setdefault(block.url)
    for told in edition.told:
        for url in (told.url, *(related.url for related in told.related)):
            if url:
                found.setdefault(url)
    return tuple(found)


def _loud(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    letters = [letter for letter in edition.subject if letter.isupper() or letter.islower()]
    if len(letters) >= _LOUD_LETTERS and sum(map(str.isupper, letters)) > _LOUD_SHARE * len(letters):
        yield _warning(
            "loud", "The subject is written in capitals.", "Write it as a sentence: filters mark capitals.", "subject"
        )


def _spam_words(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    for place, text in (("subject", edition.subject), ("preheader", edition.preheader)):
        found = _SPAM.search(text)
        if found:
            yield _warning(
                "spam-words",
                f"The {place} holds {found[0]!r}, which filters look for.",
                "Say it in other words.",
                place,
            )


def _blurbs(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    for told in _told_with_blurbs(edition):
        blurb, place = told.blurb.strip(), f"blurb:{told.event}"
        if not blurb:
            yield _warning("blurb", f"{_named(told)} has no blurb.", "Write a sentence or two on the desk.", place)
        elif _CUT.search(blurb) or not _ENDED.search(blurb):
            yield _warning("blurb", f"The blurb of {_named(told)} breaks off.", "End its last sentence.", place)


def _languages(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    ours = newsletter.language.partition("-")[0]
    for told in edition.told:
        if told.language.partition("-")[0] not in (ours, "und", ""):
            yield _warning(
                "language",
                f"{_named(told)} is written in {told.language}; {newsletter.name} is in {newsletter.language}.",
                "Tell the event from another outlet, or leave it if its readers read both.",
                f"story:{told.event}",
            )


def _look_alikes(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    hosts = dict.fromkeys(filter(None, (urlsplit(url).hostname for url in links_of(edition) if url.isprintable())))
    for host in hosts:
        shown = _unicode(host)
        if any(_deceives(label) for label in shown.split(".")):
            yield _warning(
                "look-alike",
                f"A link leads to {host}, which is shown as {shown}: letters of another script that look Latin.",
                "Make sure that the site is what it seems, or take the story out.",
            )


def _pictures(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    kept = [(_named(told), told.picture, f"story:{told.event}") for told in edition.told]
    for section in edition.sections:
        blocks = [block for block in section.blocks if isinstance(block, PictureBlock)]
        kept += [(f"The block {one.caption[:60]!r}", one.picture, "") for one in blocks]
    for named, picture, place in kept:
        if picture is not None and picture.size > LARGEST:
            said = f"{named} has a picture of {picture.size / 1000:.0f} KB."
            yield _warning("picture-size", said, "Choose another picture.", place)


def _clocks(edition: Edition, newsletter: Newsletter) -> Iterator[Finding]:
    zone = ZoneInfo(newsletter.zone)
    sent = datetime.combine(edition.id.date, newsletter.schedule.send_at, tzinfo=zone)
    for days in range(1, CLOCKS_AHEAD.days + 1):
        later = sent + timedelta(days=days)
        if later.utcoffset() != (later - timedelta(days=1)).utcoffset():
            yield _warning(
                "clocks",
                f"The clocks in {newsletter.zone} change by {later:%A %d %B}: the hours of readers elsewhere shift.",
                "Nothing, if you send by local time; tell partners who expect the mail at a fixed UTC hour.",
            )
            return


def _told_with_blurbs(edition: Edition) -> Iterator[Told]:
    for section in edition.sections:
        yield from (block.told for block in section.blocks if isinstance(block, LeadBlock | StoryBlock))


def _named(told: Told) -> str:
    return f"{one_line(told.headline, 60)!r} ({told.outlet})"


def _unicode(host: str) -> str:
    try:
        return idna.decode(host) if "xn--" in host else host
    except idna.IDNAError:
        return host


def _deceives(label: str) -> bool:
    """True where a label mixes scripts with Latin, or is made of letters that look Latin and are not."""
    scripts = {unicodedata.name(letter, "?").partition(" ")[0] for letter in label if letter.isalpha()}
    others = scripts - {"LATIN"}
    if not others:
        return False
    if "LATIN" in scripts:
        return bool(others & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
    return all(letter in _DOUBLES for letter in label if letter.isalpha())


def _warning(name: str, message: str, fix: str, place: str = "") -> Finding:
    return Finding(id=name, severity="warning", message=message, fix=fix, place=place)


_CHECKS: tuple[Callable[[Edition, Newsletter], Iterator[Finding]], ...] = (
    _loud,
    _spam_words,
    _blurbs,
    _languages,
    _look_alikes,
    _pictures,
    _clocks,
)
