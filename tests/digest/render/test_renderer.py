"""EditionRenderer: what stands in a mail and on its page, and what never does."""

from __future__ import annotations

from digest.model.mail import Slot, Variant
from digest.render.renderer import EditionRenderer
from tests.digest.render.editions import KRAMATORSK, NEWSLETTER, edition

ENGLISH = Variant(language="en")
VIEW = "https://digest.example/world/2022-04-08"


def test_a_mail_holds_every_story_in_both_parts(renderer: EditionRenderer) -> None:
    rendered = renderer.render(edition(), NEWSLETTER, ENGLISH, view_url=VIEW)
    assert rendered.left_out == ()
    for told in edition().told:
        assert told.url in rendered.text
        assert f'href="{told.url}"' in rendered.html
    assert KRAMATORSK.blurb in rendered.html
    assert all(rendered.slot_tokens[slot] in rendered.html for slot in Slot)
    assert all(rendered.slot_tokens[slot] in rendered.text for slot in Slot)
