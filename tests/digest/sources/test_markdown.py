"""Marks of Markdown go, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.markdown import without_marks


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("# Headline", "Headline"),
        ("## Headline ##\n\ntext", "Headline\n\ntext"),
        ("# H\n> quoted", "H\nquoted"),
        ("a [link](https://a.example/x_(y)) here", "a link here"),
        ("# H\n**strong** and *weak* and _weak_", "H\nstrong and weak and weak"),
        ("# H\n![a picture](https://a.example/p.png)text", "H\ntext"),
        ("# H\n2 * 3 * 4 and snake_case_name", "H\n2 * 3 * 4 and snake_case_name"),
        ("#hashtag and *stars* stay", "#hashtag and *stars* stay"),
        ("He said [sic](that) much", "He said [sic](that) much"),
        ("> quoted mail", "> quoted mail"),
    ],
)
def test_marks_are_taken_out(written: str, bare: str) -> None:
    assert without_marks(written) == bare


@given(st.text(alphabet="ab#*_[]()!> \nhttps:/.", max_size=200))
def test_any_text_is_survived_and_never_grows(text: str) -> None:
    assert len(without_marks(text)) <= len(text)
