"""Advice, shopping and leisure are known by how their headlines speak, and hard news is not taken for them."""

from __future__ import annotations

import pytest

from benchmarks.thinday import judged
from digest.editorial.kinds.leisure import leisure


def test_on_a_thin_day_leisure_is_left_out_and_hard_news_is_told() -> None:
    found = judged()
    wrong = [row["title"] for row, _, told in found if told == row["soft"]]
    assert len(found) == 40
    assert wrong == ["The 15 best winter boots, tested by our editors"], (
        "the one that is told, as docs/why/picks.md says"
    )


def test_the_score_says_which_sign_it_was() -> None:
    said = {row["title"]: pick.why for row, pick, _ in judged()}
    assert "advice or leisure (asks for advice) -1.0" in said["My husband never listens. What should I do?"]


@pytest.mark.parametrize(
    ("headline", "language", "hard", "does"),
    [
        ("Ten ways to sleep better", "en", False, "is a list of things"),
        ("Ten ways the war changed Sudan", "en", True, ""),
        ("“I lost my home”, says mother", "en", False, ""),
        ("I lost my home to a hobby", "en", False, "speaks to its reader or of its writer"),
        ("Should I lend my brother money?", "en", True, "asks for advice"),
        ("Wie man Brot backt", "de", False, "says how to do it"),
        ("Sie kämpfen um Wasser", "de", False, ""),
        ("So können Sie Strom sparen", "de", False, "speaks to its reader or of its writer"),
        ("Comment la Chine contourne les sanctions", "fr", False, ""),
        ("Cómo limpiar el horno", "es", False, "says how to do it"),
        ("Best hope for peace fades", "en", False, ""),
        ("US sends aid to Niger", "en", False, ""),
        ("World War I bomb found in Ypres", "en", True, ""),
    ],
)
def test_signs(headline: str, language: str, hard: bool, does: str) -> None:
    assert leisure(headline, language, hard=hard) == does
