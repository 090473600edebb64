"""Checks: a good rendering passes them all, and each finds the one thing that it is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model.mail import Rendered, Slot, Variant
from digest.model.newsletter import Theme
from digest.render.checks import CLIPPED_AT, LARGE_AT, check, check_headers
from digest.render.renderer import EditionRenderer
from tests.digest.render.editions import NEWSLETTER, edition
from tests.digest.render.test_message import ENVELOPE

VIEW = "https://digest.example/world/2022-04-08"


@pytest.fixture(scope="module")
def rendered(renderer: EditionRenderer) -> Rendered:
    return renderer.render(edition(), NEWSLETTER, Variant(language="en"), view_url=VIEW)


def _ids(rendered: Rendered, **newsletter: object) -> list[tuple[str, str]]:
    found = check(rendered, edition(), replace(NEWSLETTER, **newsletter))  # type: ignore[arg-type]
    assert all(finding.message and finding.fix for finding in found)
    return [(finding.id, finding.severity) for finding in found]


@pytest.mark.parametrize("variant", ["en:all", "ar:all", "de:europe", "en:all:text"])
def test_a_good_rendering_has_no_findings(renderer: EditionRenderer, variant: str) -> None:
    good = renderer.render(edition(), NEWSLETTER, Variant.parse(variant), view_url=VIEW)
    assert check(good, edition(), NEWSLETTER) == ()


def test_each_check_finds_its_thing(rendered: Rendered) -> None:
    leave, choose = rendered.slot_tokens[Slot.UNSUBSCRIBE], rendered.slot_tokens[Slot.PREFERENCES]
    cases = {
        ("size", "blocker"): replace(rendered, html=rendered.html + "x" * CLIPPED_AT),
        ("size", "warning"): replace(rendered, html=rendered.html + "x" * (LARGE_AT - len(rendered.html))),
        ("unsubscribe", "blocker"): replace(rendered, text=rendered.text.replace(leave, "")),
        ("preferences", "warning"): replace(rendered, html=rendered.html.replace(choose, "")),
        ("subject", "warning"): replace(rendered, subject="s" * 61),
        ("preheader", "warning"): replace(rendered, preheader=" "),
        ("picture-http", "warning"): replace(rendered, html=rendered.html + '<img src="http://digest.example/x.jpg">'),
        ("charset", "warning"): replace(rendered, text=rendered.text.encode("latin-1", "ignore").decode("latin-1")),
        ("leak", "blocker"): replace(rendered, html=rendered.html + "<mj-nope>"),
        ("left-out", "blocker"): replace(rendered, left_out=("lead 'x': broken",)),
        ("left-out", "warning"): replace(rendered, left_out=("story 'x': broken",)),
        ("rendering", "warning"): replace(rendered, warnings=("the link was dropped",)),
    }
    for finding, broken in cases.items():
        assert _ids(broken) == [finding]


def test_more_ways_to_be_wrong(rendered: Rendered) -> None:
    assert ("preheader", "warning") in _ids(replace(rendered, preheader=rendered.subject.upper()))
    assert ("preheader", "warning") in _ids(replace(rendered, preheader="p" * 141))
    assert ("empty-part", "blocker") in _ids(replace(rendered, text=" \n"))
    assert ("leak", "warning") in _ids(replace(rendered, html=rendered.html + '<img alt="\\u{fe0f}">'))
    assert _ids(rendered, publisher=" ") == [("publisher", "blocker")]
    assert _ids(rendered, postal_address="") == [("postal-address", "blocker")]
    assert _ids(rendered, theme=Theme(accent="#ffcc00")) == [("contrast", "warning")] * 2


@pytest.mark.parametrize("part", ["subject", "preheader", "html", "text"])
def test_half_a_character_in_any_part_is_a_blocker(rendered: Rendered, part: str) -> None:
    broken = replace(rendered, **{part: getattr(rendered, part) + "\ud800"})
    (finding,) = [one for one in check(broken, edition(), NEWSLETTER) if one.id == "half-character"]
    assert finding.blocks
    assert "half a character (U+D800)" in finding.message


def test_words_of_the_newsletter_are_finished(rendered: Rendered) -> None:
    assert _ids(rendered, publisher="TK Ltd") == [("unfinished", "blocker")]
    assert _ids(rendered, tagline="All of {{ city }}") == [("unfinished", "blocker")]


def test_pictures_of_a_trial_on_this_machine_are_no_matter(rendered: Rendered) -> None:
    for host in ("http://127.0.0.1:8025", "http://localhost", "https://digest.example"):
        assert _ids(replace(rendered, html=rendered.html + f'<img alt="" src="{host}/pictures/x.jpg">')) == []


def test_blockers_come_first(rendered: Rendered) -> None:
    found = check(replace(rendered, preheader="", html=""), edition(), NEWSLETTER)
    assert [finding.blocks for finding in found] == sorted((f.blocks for f in found), reverse=True)


@pytest.mark.parametrize(
    ("place", "subject", "envelope"),
    [
        ("header Subject", "=?x-foo?q?bar?= is what the mail said", {}),
        ("header Subject", "=?utf-8?q?a=0D=0ABcc=3A_x=40e.example?=", {}),
        ("header From", "Good", {"from_name": "The\u2028Digest"}),
        ("header From", "Good", {"from_email": "a b@digest.example"}),
        ("header Reply-To", "Good", {"reply_to": "nobody"}),
        ("header List-ID", "Good", {"newsletter_name": "=?x-foo?q?bar?="}),
        ("header List-ID", "Good", {"list_id": "wor ld"}),
        ("header List-Help", "Good", {"help_url": "javascript:alert(1)"}),
        ("header Message-ID", "Good", {"message_domain": "digest example"}),
        ("header List-Unsubscribe", "Good", {"unsubscribe_mailto": "no body"}),
    ],
)
def test_a_header_that_would_be_refused_is_a_blocker_that_names_it(
    rendered: Rendered, place: str, subject: str, envelope: dict[str, str]
) -> None:
    assert check_headers(rendered, ENVELOPE) == ()
    found = check_headers(replace(rendered, subject=subject), replace(ENVELOPE, **envelope))  # type: ignore[arg-type]
    assert found
    assert all(finding.blocks and finding.fix for finding in found)
    assert place in found[0].message
