"""The rivals of a pick, and the words for why they lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model.edition import ScoredEvent
from digest.model.errors import NotFound
from digest.model.event import Part
from digest.workflow.edition.explain import explained
from tests.builders import EDITION, edition
from tests.digest.editorial.build import story


def scored(name: str, rank: int, coverage: float, kind: float = 0.0, left_out: str = "") -> ScoredEvent:
    parts = (Part(name="coverage", value=coverage, detail=""), Part(name="kind", value=kind, detail=""))
    return ScoredEvent(
        event=name, headline=name, score=coverage + kind, parts=parts, why="", section="world", outlets=(), wires=(),
        stories=(), rank=rank, left_out=left_out,
    )  # fmt: skip


FOUND = replace(
    edition(),
    scored=(
        scored("first", 1, 3.0),
        scored("full", 0, 2.5, left_out="3 events of Valdoria score higher"),
        scored("second", 2, 1.0, 0.5),
        scored("third", 3, 1.2),
        scored("below", 0, 0.2, left_out="score 0.20 is below the threshold 0.5"),
    ),
)


def test_rivals_are_those_above_that_were_left_out_and_the_next_below() -> None:
    rivals = explained(FOUND, EDITION, 2, lambda _: {}).rivals
    assert [one.scored.event for one in rivals] == ["full", "third", "below"]
    assert rivals[0].why == "3 events of Valdoria score higher"
    assert rivals[0].behind == pytest.approx(-1.0)
    assert rivals[1].why == "its score is 0.30 lower, most of it kind: +0.00 against +0.50"
    assert [one.name for one in rivals[1].differences] == ["kind", "coverage"]


def test_what_stands_above_says_what_it_has_more() -> None:
    found = explained(FOUND, EDITION, 3, lambda _: {})
    assert [one.scored.event for one in found.above] == ["first", "second"]
    assert found.above[0].why == "its score is 1.80 higher, most of it coverage: +3.00 against +1.20"
    assert found.above[1].why == "its score is 0.30 higher, most of it kind: +0.50 against +0.00"
    assert explained(FOUND, EDITION, 1, lambda _: {}).above == ()
    moved = replace(FOUND, scored=(scored("weak", 1, 0.5), scored("strong", 2, 1.0), scored("equal", 3, 1.0)))
    assert "its section or an editor" in explained(moved, EDITION, 2, lambda _: {}).above[0].why
    assert "newer report" in explained(moved, EDITION, 3, lambda _: {}).above[1].why


def test_equal_scores_are_told_apart() -> None:
    pair = replace(FOUND, scored=(scored("first", 1, 1.0), scored("second", 2, 1.0)))
    assert "newer report" in explained(pair, EDITION, 1, lambda _: {}).rivals[0].why


def test_a_copy_is_what_counted_as_one_when_it_was_picked() -> None:
    told = [story("a", "Ferry with sixty on board sinks off Batam", "It sank.", url=""),
            story("b", "Ferry with sixty on board sinks off Batam", "It sank.", outlet="Diario", url="")]  # fmt: skip
    pick = replace(scored("first", 1, 1.0), stories=("a", "b"))

    def copies(kept: tuple[str, ...] | None) -> frozenset[str]:
        found = replace(FOUND, scored=(replace(pick, copies=kept),))
        return explained(found, EDITION, 1, lambda _: {one.id: one for one in told}).copies

    assert copies(("a",)) == {"a"}, "it repeated what the edition of before had told"
    assert copies(()) == frozenset()
    assert len(copies(None)) == 1, "an edition of before it was kept"


def test_who_votes_is_who_counted() -> None:
    news = story("a", "Kenya passes land law after protests in Nairobi", "Parliament voted on Monday.")
    opinion = story("b", "Comment: Kenya's land law is a theft", "The law takes from the poor.", outlet="Diario")
    pick = replace(scored("first", 1, 1.0), stories=("a", "b"), copies=())
    found = explained(replace(FOUND, scored=(pick,)), EDITION, 1, lambda _: {"a": news, "b": opinion})
    assert found.votes == (("Harbour Times", ("Harbour Times",)),)
    assert found.counting == {"a"}


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(NotFound, match="ranks 1 to 3"):
        explained(FOUND, EDITION, 4, lambda _: {})
    with pytest.raises(NotFound, match="nothing was picked"):
        explained(replace(FOUND, scored=()), EDITION, 1, lambda _: {})
    with pytest.raises(NotFound, match="there is no edition"):
        explained(None, EDITION, 1, lambda _: {})
