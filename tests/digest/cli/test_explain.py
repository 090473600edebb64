"""The trace of one pick: stories, owners, parts, rivals."""

from __future__ import annotations

import pytest

from tests.digest.cli.desk import EDITION, Desk


@pytest.fixture
def composed(desk: Desk) -> Desk:
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", EDITION.partition("/")[2])
    return desk


def test_the_lead_is_explained(composed: Desk) -> None:
    found = composed.json("explain", EDITION, "1")
    assert found["pick"]["rank"] == 1
    assert round(sum(part["value"] for part in found["pick"]["parts"]), 2) == round(found["pick"]["score"], 2)
    assert len(found["votes"]) == len(found["stories"]) == 3
    assert found["missing"] == 0
    (nearest, *_) = found["rivals"]
    assert nearest["behind"] >= 0
    assert nearest["why"]
    text = composed.digest("explain", EDITION, "1").stdout
    assert "Votes, one per owner: 3:" in text
    assert nearest["headline"].split()[0] in text
    assert "What nearly beat it" in text


def test_a_rank_or_edition_that_is_not_there_is_told(composed: Desk) -> None:
    assert "its picks have the ranks 1 to" in composed.digest("explain", EDITION, "40", code=2).stderr
    composed.digest("explain", "world/2001-01-01", "1", code=2)
