"""No tag of a publisher gets past a source: what becomes a story is text, whatever kind it came as."""

from __future__ import annotations

import html
import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from digest.editorial.intake.clean import to_story
from digest.model.story import Origin, Story
from digest.sources.detect import Address, read_document

TEXT = "The harbour master said on Friday that the ferry would stay in port until its engine had been looked at."
HOSTILE = (
    f'<p onclick="steal()">{TEXT}</p><script>alert(1)</script><style>p{{background:url(https://t.example/x)}}</style>'
    '<img src="https://tracker.example/open.gif" onerror="alert(2)"><iframe src="https://frame.example/"></iframe>'
    '<a href="javascript:alert(3)">the ferry</a><svg><a xlink:href="javascript:alert(4)">harbour</a></svg>'
    f'<form action="https://phish.example/"><input name="password"></form><p>{TEXT} The crew went home.</p>'
)
POST = {
    "id": 1, "link": "https://a.example/1", "date_gmt": "2022-04-08T09:00:00",
    "title": {"rendered": "Ferry <b>stays</b>"},
    "content": {"rendered": HOSTILE}, "excerpt": {"rendered": HOSTILE},
}  # fmt: skip
ITEM = {
    "id": "1",
    "url": "https://a.example/1",
    "title": "&lt;script&gt;alert(1)&lt;/script&gt;Ferry <b>stays</b>",
    "content_html": HOSTILE,
    "summary": TEXT,
}
DOCUMENTS = {
    "feed": (
        "<rss version='2.0'><channel><item>"
        "<title>&lt;script&gt;alert(1)&lt;/script&gt;Ferry &lt;b&gt;stays&lt;/b&gt;</title>"
        f"<link>https://a.example/1</link><description>{html.escape(HOSTILE)}</description></item></channel></rss>"
    ),
    "jsonfeed": json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [ITEM]}),
    "wordpress": json.dumps([POST]),
    "page": f"<!doctype html><html><head><title>Ferry stays</title></head><body><article><h1>Ferry stays</h1>{HOSTILE}</article></body></html>",  # noqa: E501
}
LEFT = ("<", "alert(", "onerror", "javascript:", "tracker.example", "frame.example", "phish.example", "t.example/x")


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_markup_is_gone_and_the_words_are_there(kind: str) -> None:
    address = Address(url="https://a.example/1")
    (entry,) = read_document("x", DOCUMENTS[kind].encode(), hint=kind, address=address)
    story = to_story(entry, Origin(source="a", outlet="A", owner="A"), now=datetime(2022, 4, 8, tzinfo=UTC))
    assert isinstance(story, Story)
    assert TEXT in story.text + story.standfirst
    assert "stays" in story.headline
    # The picture's address is kept, to be fetched by us and encoded anew; it is never linked or shown.
    shown = [field.name for field in fields(story) if field.name not in ("origin", "image_url")]
    kept = " ".join(str(getattr(story, name)) for name in shown)
    assert not [mark for mark in LEFT if mark in kept]
