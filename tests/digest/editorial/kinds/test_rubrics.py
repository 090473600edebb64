"""Rubrics join nothing; a headline that two outlets share for one happening still does."""

from __future__ import annotations

from digest.editorial.events.cluster import cluster
from digest.editorial.kinds.rubrics import without_rubrics
from digest.editorial.text.doc import Doc, encode

TEXTS = (
    "Bread prices, a late ferry and the weather in our region before you leave the house.",
    "Football results, two court cases and a singer in town tonight.",
    "Stocks, bonds and oil before the opening bell of the market.",
)


def docs_of(title: str, *texts: str) -> list[Doc]:
    return [Doc(id=str(place), title=title, text=text, language="en") for place, text in enumerate(texts)]


def test_a_rubric_makes_no_event_of_three_papers() -> None:
    assert cluster(docs_of("Morning briefing", *TEXTS)) == [0, 1, 2]
    assert cluster(docs_of("Live updates", "", "", "")) == [0, 1, 2]


def test_the_date_in_a_rubric_makes_it_no_other() -> None:
    docs = [
        Doc(id=str(day), title=f"Morning briefing: Friday {day} April", text=text, language="en")
        for day, text in zip((7, 8, 15), TEXTS, strict=True)
    ]
    assert cluster(docs) == [0, 1, 2]


def test_a_headline_that_its_text_repeats_is_no_rubric() -> None:
    docs = docs_of("Parliament dissolved", "The president dissolved parliament.", "Parliament is gone, elections come.")
    bare, encoded = without_rubrics(docs, encode(docs))
    assert [doc.title for doc in bare] == ["Parliament dissolved"] * 2
    assert all(len(head) for head in encoded.heads)


def test_a_headline_that_stands_once_is_no_rubric() -> None:
    docs = docs_of("Morning briefing", TEXTS[0])
    assert without_rubrics(docs, encode(docs))[0] == docs
