"""What a check says is read as sentences, wherever it is shown."""

from __future__ import annotations

import pytest

from digest.model.finding import Finding, sentence


def test_it_says_what_is_wrong_and_then_what_to_do() -> None:
    thin = Finding(
        id="thin", severity="blocker", message="edition w/a tells 2 events; 4 are the least", fix="compose again"
    )
    assert thin.told == "Edition w/a tells 2 events; 4 are the least. Compose again."


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("take it out", "Take it out."),
        ("Is it so?", "Is it so?"),
        ("", ""),
        ("https://news.example/a is told 2 times", "https://news.example/a is told 2 times."),
        ("élargir", "Élargir."),
    ],
)
def test_a_sentence_has_a_capital_and_a_full_stop(text: str, read: str) -> None:
    assert sentence(text) == read
