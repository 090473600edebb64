"""The tracked variant: story links lead through our own site, everything else is as it was."""

from __future__ import annotations

import quopri
import re
from dataclasses import replace
from html import unescape

from digest.model.mail import Rendered, Slot, Variant
from digest.model.newsletter import Tracking
from digest.render.message import MessageTemplate
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, Substitutes
from digest.render.tracking import link_table, track, track_token
from tests.digest.render.editions import KRAMATORSK, NEWSLETTER, edition
from tests.digest.render.test_message import ENVELOPE, VIEW, recipient

WHO = "aaaaaaaadqaaaaaaaa"
EDITION = edition()
TABLE = link_table(EDITION)


def _plain(renderer: EditionRenderer, *, text_only: bool = False) -> Rendered:
    return renderer.render(EDITION, NEWSLETTER, Variant(language="en", text_only=text_only), view_url=VIEW)


def _tracked(plain: Rendered, *, opens: bool = True, clicks: bool = True) -> Rendered:
    who = track_token(plain)
    links = {url: f"https://digest.example/c/{who}.{n}.mac" for n, url in enumerate(TABLE)} if clicks else {}
    return track(plain, links=links, pixel=f"https://digest.example/o/{who}.gif" if opens else "")


def test_every_story_link_leads_through_our_site_and_no_other_does(renderer: EditionRenderer) -> None:
    plain = _plain(renderer)
    tracked = _tracked(plain)
    before = [unescape(href) for href in re.findall(r'href="([^"]+)"', plain.html)]
    after = [unescape(href) for href in re.findall(r'href="([^"]+)"', tracked.html)]
    assert len(before) == len(after)
    assert set(TABLE) <= set(before)
    who = tracked.slot_tokens[Slot.TRACK]
    for old, new in zip(before, after, strict=True):
        expected = f"https://digest.example/c/{who}.{TABLE.index(old)}.mac" if old in TABLE else old
        assert new == expected
    for slot in (Slot.UNSUBSCRIBE, Slot.PREFERENCES, Slot.VIEW):
        assert tracked.html.count(tracked.slot_tokens[slot]) == plain.html.count(plain.slot_tokens[slot])


def test_the_text_part_too(renderer: EditionRenderer) -> None:
    tracked = _tracked(_plain(renderer))
    assert KRAMATORSK.url not in tracked.text
    assert tracked.text.count("/c/") >= len(TABLE) / 2
    assert not [url for url in TABLE if re.search(re.escape(url) + r"(?![^\s>])", tracked.text)]


def test_the_picture_stands_once_at_the_end_and_only_in_html(renderer: EditionRenderer) -> None:
    tracked = _tracked(_plain(renderer))
    assert tracked.html.count("/o/") == 1
    assert tracked.html.index("/o/") < tracked.html.lower().rindex("</body>") < tracked.html.index("/o/") + 200
    assert "/o/" not in tracked.text
    assert "/o/" not in "".join((text := _tracked(_plain(renderer, text_only=True))).html + text.text)


def test_each_kind_alone(renderer: EditionRenderer) -> None:
    plain = _plain(renderer)
    opens, clicks = _tracked(plain, clicks=False), _tracked(plain, opens=False)
    assert "/c/" not in opens.html + opens.text
    assert "/o/" in opens.html
    assert "/o/" not in clicks.html
    assert "/c/" in clicks.html


def test_who_is_tracked_changes_nothing_for_the_others(renderer: EditionRenderer) -> None:
    """P12: the same bytes, the same hash, whether the newsletter tracks anybody or not."""
    on = replace(NEWSLETTER, tracking=Tracking(opens=True, clicks=True))
    plain = _plain(renderer)
    assert renderer.render(EDITION, on, Variant(language="en"), view_url=VIEW) == plain
    tracked = _tracked(plain)
    assert tracked.variant.key == "en:all:tracked"
    assert Variant.parse(tracked.variant.key) == tracked.variant
    assert tracked.sha256 != plain.sha256
    assert _tracked(plain) == tracked


def test_every_way_of_writing_a_mail_fills_it(renderer: EditionRenderer) -> None:
    tracked = _tracked(_plain(renderer))
    reader = replace(recipient(1, "Ann"), slots={**recipient(1, "Ann").slots, Slot.TRACK: WHO})
    raw = MessageTemplate(tracked, ENVELOPE).build(reader)
    joined = quopri.decodestring(raw).decode()
    assert f"https://digest.example/c/{WHO}.0.mac" in joined
    assert f"https://digest.example/o/{WHO}.gif" in joined
    assert "-track-" not in joined
    assert f"https://digest.example/c/{WHO}.0.mac" in Filler(tracked).html(reader.slots)
    substitutes = Substitutes(tracked)
    html = substitutes.html
    for token, value in substitutes.values(reader.slots).items():
        html = html.replace(token, value)
    assert f"https://digest.example/c/{WHO}.0.mac" in html
    assert "-track-" not in html
