"""Checks of an edition's words and links, and of what is around it: each finds the one thing that it is for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from digest.model.edition import Edition, EditionId, EditionSection, LeadBlock, QuoteBlock, StoryBlock, Told
from digest.model.finding import Finding
from digest.model.linktest import LinkOutcome, LinkTest
from digest.render.edition_checks import check_edition, links_of
from digest.render.surroundings import Surroundings, check_surroundings, content_sha256
from tests.digest.render.editions import KRAMATORSK, LEAD_PICTURE, NEWSLETTER, edition, illustrated, told

URL = "https://outlet.example/1"


def _ids(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    assert all(finding.message and finding.fix for finding in found)
    return [(finding.id, finding.severity) for finding in found]


def _words(made: Edition, **newsletter: object) -> list[str]:
    found = check_edition(made, replace(NEWSLETTER, **newsletter))  # type: ignore[arg-type]
    assert not any(finding.blocks for finding in found)
    return [finding.id for finding in found]


def _leading(story: Told) -> Edition:
    return edition(sections=(EditionSection(slug="lead", title="", blocks=(LeadBlock(told=story),)),))


def test_a_good_edition_has_no_findings() -> None:
    assert _words(edition()) == []
    assert check_surroundings(edition(), NEWSLETTER, Surroundings()) == ()


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("ROCKETS HIT KRAMATORSK STATION", ["loud"]),
        ("NATO, UN and EU meet", []),
        ("محكمة باكستان العليا تعيد البرلمان", []),
        ("Act now: parliament says", ["spam-words"]),
        ("Is this the end???", ["spam-words"]),
        ("Peace!! At last", ["spam-words"]),
        ("Winners of the prize", []),
    ],
)
def test_subjects_that_filters_dislike(subject: str, found: list[str]) -> None:
    assert _words(edition(subject=subject)) == found


@pytest.mark.parametrize(
    ("blurb", "found"),
    [
        ("", ["blurb"]),
        ("The court ruled on", ["blurb"]),
        ("The court ruled on …", ["blurb"]),
        ("The court ruled.", []),
        ("“The court ruled.”", []),
        ("法院裁决。", []),
        ("حكمت المحكمة؟", []),
    ],
)
def test_blurbs_are_there_and_whole(blurb: str, found: list[str]) -> None:
    assert _words(_leading(replace(KRAMATORSK, blurb=blurb))) == found


def test_a_brief_needs_no_blurb() -> None:
    assert "blurb" not in _words(illustrated())


def test_a_story_in_another_language_is_named() -> None:
    assert _words(_leading(replace(KRAMATORSK, language="fr"))) == ["language"]
    assert _words(_leading(replace(KRAMATORSK, language="en-GB"))) == []
    assert _words(_leading(replace(KRAMATORSK, language="und"))) == []


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("xn--80ak6aa92e.com", ["look-alike"]),  # "apple" in Cyrillic letters
        ("xn--pple-43d.com", ["look-alike"]),  # one Cyrillic letter among Latin ones
        ("xn--mnchen-3ya.example", []),  # münchen
        ("xn--e1afmkfd.example", []),  # пример: no Latin letter looks like those
        ("xn--fiqs8s.example", []),
        ("outlet.example", []),
        ("xn--9999999999", []),
    ],
)
def test_domains_that_look_like_others(host: str, found: list[str]) -> None:
    assert _words(_leading(replace(KRAMATORSK, url=f"https://{host}/x", related=()))) == found


def test_large_pictures_are_named() -> None:
    assert _words(_leading(replace(KRAMATORSK, picture=replace(LEAD_PICTURE, size=200_001)))) == ["picture-size"]
    assert _words(illustrated()) == []


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2022, 3, 19), []),
        (date(2022, 3, 20), ["clocks"]),
        (date(2022, 3, 26), ["clocks"]),
        (date(2022, 3, 27), []),
        (date(2022, 10, 29), ["clocks"]),
    ],
)
def test_a_change_of_the_clocks_is_announced(day: date, found: list[str]) -> None:
    made = edition(id=EditionId(newsletter="world", date=day))
    assert _words(made) == found
    assert _words(made, zone="UTC") == []


def test_every_link_counts_once() -> None:
    links = links_of(illustrated())
    assert len(links) == len(set(links))
    assert KRAMATORSK.url in links
    assert KRAMATORSK.related[0].url in links
    assert "https://harbour-times.example/2022/04/08/platform" in links  # the quote's
    silent = edition(sections=(EditionSection(slug="x", title="", blocks=(QuoteBlock(text="a", by="b"),)),))
    assert links_of(silent) == ()


@pytest.mark.parametrize(
    ("audience", "before", "found"),
    [
        (0, (), [("audience", "blocker")]),
        (0, (100,), [("audience", "blocker")]),
        (100, (), []),
        (129, (100, 100, 100), []),
        (131, (100, 100, 100), [("audience-change", "blocker")]),
        (69, (100, 100, 5_000), [("audience-change", "blocker")]),
        (10, (5, 5), []),
        (None, (100,), []),
    ],
)
def test_an_audience_that_is_not_what_it_was(
    audience: int | None, before: tuple[int, ...], found: list[tuple[str, str]]
) -> None:
    facts = Surroundings(audience=audience, audiences_before=before)
    assert _ids(check_surroundings(edition(), NEWSLETTER, facts)) == found


def _of(day: date, *stories: Told) -> Edition:
    blocks = tuple(StoryBlock(told=story) for story in stories)
    return edition(
        id=EditionId(newsletter="world", date=day),
        sections=(EditionSection(slug="world", title="World", blocks=blocks),),
    )


def test_what_was_sent_before_is_not_sent_again() -> None:
    today = _of(date(2022, 4, 8), told("One", "It is.", "Outlet", url=URL))
    same = _of(date(2022, 4, 1), told("One", "It is.", "Outlet", url=URL))
    assert content_sha256(today) == content_sha256(same)
    assert _ids(check_surroundings(today, NEWSLETTER, Surroundings(sent_before=(same,)))) == [("repeated", "blocker")]
    other = replace(same, subject="Another day")
    assert check_surroundings(today, NEWSLETTER, Surroundings(sent_before=(other,))) == ()
    itself = Surroundings(sent_before=(today,))
    assert check_surroundings(today, NEWSLETTER, itself) == ()


def test_a_story_of_yesterday_is_named() -> None:
    today = _of(date(2022, 4, 8), told("Two", "It is.", "Outlet", url=URL))
    yesterday = _of(date(2022, 4, 7), told("One", "It was.", "Outlet", url=URL))
    before = _of(date(2022, 4, 6), told("One", "It was.", "Outlet", url=URL))
    assert _ids(check_surroundings(today, NEWSLETTER, Surroundings(sent_before=(yesterday,)))) == [
        ("told-yesterday", "warning")
    ]
    assert check_surroundings(today, NEWSLETTER, Surroundings(sent_before=(before,))) == ()


def test_links_and_pictures_that_are_not_there() -> None:
    links = (
        LinkTest(url=URL, outcome=LinkOutcome.FINE),
        LinkTest(url=URL, outcome=LinkOutcome.BROKEN, detail="answers 404"),
        LinkTest(url=URL, outcome=LinkOutcome.MOVED, detail="https://other.example/"),
        LinkTest(url=URL, outcome=LinkOutcome.SLOW, detail="takes 9 seconds"),
        LinkTest(url=URL, outcome=LinkOutcome.UNTESTED, detail="no answer"),
        LinkTest(url=URL, outcome=LinkOutcome.UNTESTED, detail="no answer"),
    )
    found = check_surroundings(edition(), NEWSLETTER, Surroundings(links=links, missing_pictures=("x.jpg",)))
    ids = ["picture-missing", "link-broken", "link-moved", "link-slow", "link-untested"]
    assert _ids(found) == [(name, "warning") for name in ids]
    assert "2 of 6 links" in found[-1].message


def test_blockers_come_first() -> None:
    facts = Surroundings(audience=0, missing_pictures=("x.jpg",))
    assert [finding.blocks for finding in check_surroundings(edition(), NEWSLETTER, facts)] == [True, False]


def test_every_check_is_documented_and_nothing_else() -> None:
    root = Path(__file__).parents[3]
    sources = ("editorial/edition/lint.py", "render/edition_checks.py", "render/checks.py", "render/surroundings.py")
    code = "".join((root / "digest" / name).read_text("utf-8") for name in (*sources, "workflow/edition/check.py"))
    made = set(re.findall(r'(?:_blocker|_warning|id=|\bid: )\(?\s*"([a-z-]+)"', code))
    made |= {"publisher", "postal-address"}  # named by the field that they look at
    page = (root / "docs" / "reference" / "checks.md").read_text("utf-8")
    documented = {
        name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    }
    assert made == documented
