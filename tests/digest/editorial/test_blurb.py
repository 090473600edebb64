"""Blurbs are the story's own sentences: whole, balanced, useful, never longer than asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.blurb import BLURB_LIMIT, balanced, blurb
from digest.editorial.sentences import sentences

from .build import story

LEAD = "The United Nations suspended Russia from its Human Rights Council on Thursday after a vote in New York."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Biden met J. R. Smith of the U.S. Army. They spoke.", 2),
        ("It rose 12.6 per cent. Nobody had expected that!", 2),
        ("“We are done.” He left. She stayed…", 3),
        ("He said: “Stop!” and ran.", 1),
        ("Yahoo! said on Monday it would close.", 1),
        ("第一句话。第二句话！第三句？", 3),
        ("هذا خبر أول. وهذا خبر ثان؟ نعم.", 3),
        ("यह पहला वाक्य है। यह दूसरा है।", 2),
        ("One line\nanother line", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_it_is_the_first_good_sentence_without_its_dateline() -> None:
    made = blurb(story("a", "Russia loses seat", f"NEW YORK (Meridian) - {LEAD}\n\nIt was expected."))
    assert made.startswith(LEAD)


@pytest.mark.parametrize(
    "furniture",
    [
        "Read more about this story on our website today and tomorrow.",
        "Sign up for our newsletter to get the best stories of the day.",
        "Share this story with all of your friends on the usual platforms.",
        "Photo: the council hall in New York on the day of the vote (Getty Images).",
        "“This quotation never ends, said a diplomat who watched the vote in the hall.",
    ],
)
def test_furniture_and_broken_quotations_are_passed_over(furniture: str) -> None:
    assert blurb(story("a", "Russia loses seat", f"{furniture}\n\n{LEAD}")) == LEAD


def test_the_headline_is_not_said_again() -> None:
    headline = "UN suspends Russia from Human Rights Council"
    made = blurb(story("a", headline, f"UN suspends Russia from the Human Rights Council.\n\n{LEAD}"))
    assert made == LEAD


def test_a_long_sentence_is_cut_between_words_and_keeps_its_quotes_balanced() -> None:
    long = (
        "The council, which meets in Geneva and has 47 members, heard from its president that “nobody who bombs a "
        "railway station full of families with their suitcases and their dogs can sit in judgement over the conduct "
        "of any other state in the world, now or at any later time” on Thursday."
    )
    made = blurb(story("a", "Russia loses seat", long))
    assert 0 < len(made) <= BLURB_LIMIT
    assert made.endswith("…")
    assert balanced(made)
    assert long.startswith(made[:-1])
    assert long[len(made) - 1] in " ,"


def test_without_text_the_standfirst_serves_and_without_both_nothing() -> None:
    assert blurb(story("a", "Title", "")) == ""


def test_other_scripts() -> None:
    arabic = "أعلن لبنان يوم الخميس التوصل إلى اتفاق أولي مع صندوق النقد الدولي بقيمة ثلاثة مليارات دولار."
    assert blurb(story("a", "لبنان", arabic, language="ar")) == arabic
    chinese = "俄罗斯导弹周五袭击了乌克兰东部克拉马托尔斯克的一个火车站，造成至少五十人死亡。"
    assert blurb(story("a", "袭击", chinese, language="zh")) == chinese


@settings(deadline=None)
@given(st.text(max_size=900), st.integers(min_value=60, max_value=240))
def test_it_always_fits_and_is_balanced(text: str, limit: int) -> None:
    made = blurb(story("a", "Some headline", text), limit=limit)
    assert len(made) <= limit
    assert balanced(made)
