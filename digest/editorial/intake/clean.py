"""An entry as published becomes a story: clean text, a safe address, a language, an instant, a stable id."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from html.entities import html5

from digest.editorial.intake.addresses import article_key, canonical
from digest.editorial.intake.owners import owner_of
from digest.editorial.kinds.correcting import corrected_headline, corrects
from digest.editorial.kinds.facts import adds
from digest.editorial.kinds.notices import is_notice
from digest.editorial.kinds.withheld import withheld
from digest.editorial.text.languages import UNKNOWN, detect, primary
from digest.editorial.text.words import shorten, tokens
from digest.model.story import Entry, Origin, Story

HEADLINE_LIMIT = 300
_LONGEST_TITLE = 3_000
STANDFIRST_LIMIT = 1_000
TEXT_LIMIT = 60_000
"""Characters of body kept: about 10,000 words, far more than matching needs."""
_SAME_HEADLINE = 0.3
"""Share of words in common from which two headlines at one address are one story's."""
_LATER = timedelta(hours=3)
"""A headline put right within this is the story of before."""

_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Controls, bidi embeddings, overrides and isolates, invisible operators, byte order marks, hidden tag characters,
# lone surrogates and non-characters. Joiners and the plain left and right marks stay: scripts need them.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SLUG = re.compile(
    r"\A[\W_]{0,8}(?:(?:UPDATE|WRAPUP|UPD|ACTUALISATION|RPT|REFILE|REPEAT)(?:[ -]?\d{1,2})?|CORRECTED|EXCLUSIVE"
    r"|URGENT|NEWSALERT|(?:BREAKING|Breaking)(?: NEWS| News| news)?"
    r"|EILMELDUNG|EIL|DERNIÈRE MINUTE|ÚLTIMA HORA|СРОЧНО|عاجل)"
    r"(?: ?\([^()]{1,30}\))?\s?[-–—:|]\s?(?=\S)"
)
"""A word of the desks in capitals, and what parts it from the headline. "Correction:" stays: it tells filler."""
_LINE_BREAK = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def plain(text: str | None) -> str:
    """One line of clean text: NFC, controls and bidi overrides gone, single spaces. Linear in its length.

    Sources hand over text, not markup: what looks like a tag or an entity here was meant to be read and is escaped
    where it is shown. Applying it twice gives the same as applying it once.
    """
    without = _FORBIDDEN.sub("", _LINE_BREAK.sub(" ", text or ""))
    return " ".join(unicodedata.normalize("NFC", without).split())


def decoded(text: str) -> str:
    """Text of a format that should hold none, with its character references read once: `&amp;lt;` is `&lt;`.

    For who reads an entry, where it is read; never for what is a story already.
    """
    return _ENTITY.sub(_decode, text) if "&" in text else text


def _decode(match: re.Match[str]) -> str:
    name = match[1]
    return html.unescape(match[0]) if name[0] == "#" or f"{name};" in html5 else match[0]


def without_outlet(title: str, outlet: str) -> str:
    """The title without the outlet's own name hung on its end, as in `Headline | Outlet`."""
    tail = re.compile(rf"\s+[|–—-]\s+{re.escape(plain(outlet))}\Z", re.IGNORECASE)
    while outlet and (shorter := tail.sub("", title)) != title:
        title = shorter
    return title


def without_slug(title: str) -> str:
    """The title without the mark that a wire's desk sets before it, as in `UPDATE 3-Quake` or `BREAKING: Quake`."""
    while True:
        found = _SLUG.match(title)
        rest = title[found.end() :] if found else corrected_headline(title)
        if not any(letter.isalnum() for letter in rest):
            return title
        title = rest


def paragraphs_of(entry: Entry) -> tuple[str, ...]:
    """The body's clean paragraphs, empty ones and immediate repeats left out."""
    cleaned = (plain(line) for paragraph in entry.paragraphs for line in _LINE_BREAK.split(paragraph))
    kept: list[str] = []
    for paragraph in cleaned:
        if paragraph and (not kept or paragraph != kept[-1]):
            kept.append(paragraph)
    return tuple(kept)


def to_story(entry: Entry, origin: Origin, *, now: datetime) -> Story | str:
    """The story, or in words the reason why the entry is refused (broken, no title, nothing to tell, a notice of
    the feed's own, or not to be published by its own words).

    A link that is no safe web address (javascript:, data:, file:) is dropped, never mailed.
    """
    if entry.flaw:
        return entry.flaw
    given = without_outlet(plain(entry.title[:_LONGEST_TITLE]), origin.outlet)
    headline = shorten(without_slug(given), HEADLINE_LIMIT)
    if not any(letter.isalnum() for letter in headline):
        return "it has no title"
    if is_notice(headline):
        return "it is a notice of the feed's own, and no story"
    url = canonical(entry.url)
    text = "\n\n".join(paragraphs_of(entry))[:TEXT_LIMIT].rstrip()
    standfirst = shorten(plain(entry.standfirst), STANDFIRST_LIMIT)
    if not url and not text and not standfirst:
        dropped = f"; {shorten(plain(entry.url), 80)!r} is no web address that we may publish" if entry.url else ""
        return f"it has neither a text nor a link{dropped}"
    if reason := withheld(headline, standfirst, text):
        return reason
    correction = corrects(given, standfirst, text)
    language = primary(entry.language) or detect(f"{headline}. {standfirst} {text}") or UNKNOWN
    return Story(
        id=story_id(entry, origin, url, headline, corrects=correction),
        origin=_owned(origin, url),
        headline=headline,
        standfirst=standfirst,
        text=text,
        url=url,
        language=language,
        section=shorten(plain(entry.section), 80),
        byline=shorten(plain(entry.byline), 200),
        agency=shorten(plain(entry.agency), 100),
        published_at=published(entry, now),
        first_seen=now,
        position=entry.position,
        related_titles=tuple(title for title in (plain(title) for title in entry.related_titles) if title)[:20],
        image_url=_picture(entry, origin),
        image_alt=shorten(plain(entry.image_alt), 300),
        corrects=correction,
    )


def _owned(origin: Origin, url: str) -> Origin:
    """The origin with the owner that the story's address tells, where the configuration names none."""
    owner = owner_of(url) if origin.owner == origin.outlet else None
    return replace(origin, owner=owner) if owner else origin


def _picture(entry: Entry, origin: Origin) -> str:
    """Where the picture can be fetched: a web address, or a file in the source's own folder; empty where nowhere."""
    address = entry.image_url or ""
    return address if address.startswith(f"folder:{origin.source}/") else canonical(address)


def story_id(entry: Entry, origin: Origin, url: str, headline: str, *, corrects: bool = False) -> str:
    """16 hexadecimal digits: the same article of the same source always has the same.

    What corrects an article under its own address is another story: what is known is not read again.
    """
    name = article_key(url) or plain(entry.guid) or f"{headline.casefold()}|{entry.date or ''}"
    name = f"{name}\ncorrected" if corrects else name
    return hashlib.sha256(f"{origin.source}\n{name}".encode()).hexdigest()[:16]


def unlike(one: tuple[Entry, Story], other: tuple[Entry, Story]) -> bool:
    """Whether two entries of one reading that have one id are two stories all the same.

    Without an address of its own another headline is enough. With one it takes another guid, too, and a headline in
    other words: an article that was given a new headline stays one.
    """
    (entry, story), (entry2, story2) = one, other
    if story.headline.casefold() == story2.headline.casefold():
        return False
    if not article_key(story.url):
        return True
    words, words2 = set(tokens(story.headline)), set(tokens(story2.headline))
    return entry.guid != entry2.guid and len(words & words2) < _SAME_HEADLINE * len(words | words2)


def told_apart(story: Story) -> Story:
    """The story with an id of its headline and what it shares with others: its link or its guid, by its old id."""
    name = f"{story.id}\n{story.headline.casefold()}"
    return replace(story, id=hashlib.sha256(name.encode()).hexdigest()[:16])


def renews(story: Story, kept: Story) -> bool:
    """Whether it is news under the address or guid of a story that we have: told hours later, with a new number.

    A feed that writes "toll rises to 39" over yesterday's "kills 12" changes headline and date, and keeps the rest.
    Headlines that are only worded anew are many, and no news.
    """
    if not story.is_dated or story.published_at - kept.published_at < _LATER:
        return False
    return any(fact[0].isdigit() for fact in adds(story, [kept]))


def published(entry: Entry, now: datetime) -> datetime:
    """The stated instant, else the stated day at noon UTC, else `now`; what lies ahead of us is `now` too."""
    stated = entry.published_at
    if stated is None and entry.date is not None:
        stated = datetime.combine(entry.date, time(12), tzinfo=UTC)
    if stated is None:
        return now
    if stated.tzinfo is None:
        stated = stated.replace(tzinfo=UTC)
    stated = stated.astimezone(UTC)
    return min(stated, now)
