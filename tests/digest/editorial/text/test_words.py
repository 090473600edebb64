"""Words, names and numbers, in every script."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.text.words import names, names_with_title, numbers, shorten, tokens


def test_words_of_many_scripts() -> None:
    assert tokens("Macron's 1,200 troops in São Paulo, 6.1 quake") == [
        "macron", "1200", "troops", "in", "são", "paulo", "6.1", "quake",
    ]  # fmt: skip
    assert tokens("नेपाल में") == ["नेपाल", "में"]
    assert tokens("ゼレンスキー") == ["ゼレ", "レン", "ンス", "スキ", "キー"]
    assert tokens("2022年4月") == ["2022", "年", "4", "月"]
    assert tokens("الرئيس الفرنسي") == ["الرئيس", "الفرنسي"]
    assert tokens("") == tokens("— … !") == []


def test_names_are_capitals_inside_a_sentence_and_acronyms() -> None:
    text = "Police in Kramatorsk said so. Officials of NATO, Emmanuel Macron among them, agreed."
    assert names(text) == {"kramatorsk", "nato", "emmanuel", "macron"}
    assert names("LONG RAINS STILL MISSING IN THE NORTH") == frozenset()
    assert names("ゼレンスキー大統領") == frozenset()


def test_a_title_in_capitals_names_only_what_the_text_names() -> None:
    text = "He said that Imran Khan would go."
    assert names_with_title("Court Ruling Puts Khan Under Pressure", text) == {"imran", "khan"}


def test_numbers_in_figures_and_words() -> None:
    assert numbers("At least 39 dead, 1,200 hurt, three of them children; 12.6 per cent") == {
        "39", "1200", "3", "12.6",
    }  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=120), st.integers(min_value=2, max_value=60))
def test_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


def test_shortening_never_cuts_a_word() -> None:
    assert shorten("Parliament votes on the budget", 20) == "Parliament votes on…"
    assert shorten("Parliament", 20) == "Parliament"
