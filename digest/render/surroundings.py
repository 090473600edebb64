"""What may be wrong with sending an edition today: audience, earlier editions, links. The facts come as arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from digest.model.edition import Edition
from digest.model.finding import Finding
from digest.model.linktest import LinkOutcome, LinkTest
from digest.model.newsletter import Newsletter
from digest.render.typeset import one_line

AUDIENCE_CHANGE = 0.30
AUDIENCE_LEAST = 20
"""Readers below which a list may grow and shrink as it likes: three friends are a third of ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the day looks like around an edition. None and empty mean that nobody looked."""

    audience: int | None = None
    """Readers who would get it."""
    audiences_before: Sequence[int] = ()
    """Readers of the editions of the last seven days."""
    sent_before: Sequence[Edition] = ()
    """Earlier editions that were sent, newest first."""
    missing_pictures: Sequence[str] = ()
    """Names of pictures that the edition shows and that are not kept any more."""
    links: Sequence[LinkTest] = ()


def check_surroundings(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> tuple[Finding, ...]:
    """Everything that these checks have to say, the blockers first."""
    found = [finding for one in _CHECKS for finding in one(edition, newsletter, facts)]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def check_audience(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> tuple[Finding, ...]:
    """What speaks against these readers today: there are none, or far more or fewer than a week's median."""
    return tuple(finding for one in (_empty_audience, _changed_audience) for finding in one(edition, newsletter, facts))


def content_sha256(edition: Edition) -> str:
    """Hash of what an edition tells, whatever its date: equal for two that tell the same."""
    told = [(told.headline, told.blurb, told.url) for told in edition.told]
    return hashlib.sha256(repr((edition.subject, told)).encode("utf-8", "surrogatepass")).hexdigest()


def _empty_audience(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    if facts.audience == 0:
        yield _blocker(
            "audience",
            f"The list {newsletter.list!r} has no readers.",
            f"Import some with `digest subscribers import FILE --list {newsletter.list}`, or wait for the first.",
        )


def _changed_audience(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    if not facts.audience or not facts.audiences_before:
        return
    usual = median(facts.audiences_before)
    if usual >= AUDIENCE_LEAST and abs(facts.audience - usual) > AUDIENCE_CHANGE * usual:
        change = facts.audience / usual - 1
        yield _blocker(
            "audience-change",
            f"The list {newsletter.list!r} has {facts.audience:,} readers, {change:+.0%} against the median of a week.",
            "Look at the last imports and exports; approve it by hand if the change is right.",
        )


def _repeated(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    same = content_sha256(edition)
    for earlier in facts.sent_before:
        if edition.told and earlier.id != edition.id and content_sha256(earlier) == same:
            yield _blocker(
                "repeated",
                f"It tells word for word what {earlier.id} told, which was sent.",
                "Compose it again; if the sources are silent, skip the day.",
            )
            return


def _told_yesterday(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    yesterday = edition.id.date - timedelta(days=1)
    before = {told.url for earlier in facts.sent_before if earlier.id.date == yesterday for told in earlier.told}
    for told in edition.told:
        if told.url and told.url in before:
            yield _warning(
                "told-yesterday",
                f"{one_line(told.headline, 60)!r} ({told.outlet}) was in yesterday's edition.",
                "Tell the event from a newer report, or take it out.",
                f"story:{told.event}",
            )


def _missing_pictures(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    for name in facts.missing_pictures:
        yield _warning(
            "picture-missing", f"The picture {name} is not there any more.", "Compose again: it will be fetched anew."
        )


def _links(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    events = {told.url: f"story:{told.event}" for told in edition.told}
    for link in facts.links:
        at, place = link.url, events.get(link.url, "")
        match link.outcome:
            case LinkOutcome.BROKEN:
                yield _warning("link-broken", f"{at} {link.detail}.", "Replace the link or take the story out.", place)
            case LinkOutcome.MOVED:
                yield _warning("link-moved", f"{at} leads to {link.detail}.", "Link there, if that is right.", place)
            case LinkOutcome.SLOW:
                yield _warning("link-slow", f"{at} {link.detail}.", "Link to a faster report, if there is one.", place)


def _untested_links(edition: Edition, newsletter: Newsletter, facts: Surroundings) -> Iterator[Finding]:
    untested = [link for link in facts.links if link.outcome is LinkOutcome.UNTESTED]
    if untested:
        first = untested[0]
        yield _warning(
            "link-untested",
            f"{len(untested)} of {len(facts.links)} links could not be tested, the first {first.url}: {first.detail}.",
            "Open the ones that matter by hand.",
        )


def _blocker(name: str, message: str, fix: str) -> Finding:
    return Finding(id=name, severity="blocker", message=message, fix=fix)


def _warning(name: str, message: str, fix: str, place: str = "") -> Finding:
    return Finding(id=name, severity="warning", message=message, fix=fix, place=place)


_CHECKS: tuple[Callable[[Edition, Newsletter, Surroundings], Iterator[Finding]], ...] = (
    _empty_audience,
    _changed_audience,
    _repeated,
    _told_yesterday,
    _missing_pictures,
    _links,
    _untested_links,
)
