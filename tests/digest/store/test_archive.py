"""What readers may look up comes without what its editors chose from, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from digest.model.edition import Edition, EditionId, EditionStatus
from digest.store.tx import Store
from tests.builders import edition
from tests.digest.editorial.edition.test_edits import scored

DAYS = tuple(date(2026, 11, day) for day in (1, 2, 3, 4))
OUT = EditionStatus.SENT


def put(store: Store, day: date, status: EditionStatus = OUT, newsletter: str = "world") -> Edition:
    made = replace(
        edition(),
        id=EditionId(newsletter=newsletter, date=day),
        status=status,
        subject_b="Another one",
        scored=tuple(scored(f"c{n}", f"Candidate {n}", "world", 1.0, why="2 outlets") for n in range(3)),
    )
    with store.begin() as tx:
        tx.editions.put(made, expected_version=0)
    return made


def test_an_edition_is_whole_but_for_its_candidates(store: Store) -> None:
    made = replace(put(store, DAYS[0]), scored=(), composed=())
    with store.begin() as tx:
        tx.archive.index(made, ["river"])
        assert tx.archive.shown(["world"], before=date.max, limit=5) == (made,)
        assert tx.archive.search(["riv"], ["world"], before=date.max, limit=5) == (made,)
        assert tx.archive.next_shown("world", date.min) == made


def test_the_next_one_is_the_first_that_anybody_may_see(store: Store) -> None:
    put(store, DAYS[1], EditionStatus.STOPPED)
    put(store, DAYS[1], newsletter="asia")
    put(store, DAYS[2])
    put(store, DAYS[3])
    with store.read() as tx:
        following = tx.archive.next_shown("world", DAYS[0])
        assert following is not None
        assert following.id.date == DAYS[2]
        assert tx.archive.next_shown("world", DAYS[3]) is None
