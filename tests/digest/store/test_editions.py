"""What sent editions told is found again, without their candidates, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.model.edition import BriefsBlock, EditionId, EditionSection, LeadBlock, Telling
from digest.model.errors import RenderFailed
from digest.model.mail import Variant
from digest.store.tx import Store
from tests.builders import FakeClock, edition, frozen, told

NOW = FakeClock().now
DAYS = (date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3))


def put(store: Store, day: date, number: int, *, mailed: bool = True) -> None:
    sections = (
        EditionSection(slug="lead", title="", blocks=(LeadBlock(told=told(number)),)),
        EditionSection(slug="briefs", title="In brief", blocks=(BriefsBlock(told=(told(number + 10),)),)),
    )
    made = replace(edition(), id=EditionId(newsletter="world", date=day), sections=sections)
    with store.begin() as tx:
        tx.editions.put(made, expected_version=0)
        if mailed:
            tx.ledger.plan(edition=str(made.id), list_slug="world", groups=(), skipped={}, chunk_size=1, now=NOW)


def test_what_was_told_before_comes_newest_first(store: Store) -> None:
    for number, day in enumerate(DAYS, start=1):
        put(store, day, number)
    with store.read() as tx:
        assert tx.editions.told_before("world", DAYS[2], 5) == (
            Telling(date=DAYS[1], told=told(2)),
            Telling(date=DAYS[1], told=told(12)),
            Telling(date=DAYS[0], told=told(1)),
            Telling(date=DAYS[0], told=told(11)),
        )
        assert [one.date for one in tx.editions.told_before("world", DAYS[2], 1)] == [DAYS[1]] * 2
        assert tx.editions.told_before("other", DAYS[2], 5) == ()


def test_what_was_never_mailed_was_not_told(store: Store) -> None:
    put(store, DAYS[0], 1, mailed=False)
    with store.read() as tx:
        assert tx.editions.told_before("world", DAYS[2], 5) == ()


def test_half_a_character_is_neither_kept_nor_frozen(store: Store) -> None:
    """JSON may spell one; no mail can carry it, and only one of the two databases would take it."""
    whole = edition()
    with pytest.raises(RenderFailed, match=r"^subject: holds half a character \(U\+D83D\)"), store.begin() as tx:
        tx.editions.put(replace(whole, subject="half \ud83d of it"), expected_version=0)
    with store.begin() as tx:
        tx.editions.put(whole, expected_version=0)
    broken = replace(frozen(Variant(language="en")), html="<p>\udfff</p>")
    with pytest.raises(RenderFailed, match=r"^html: holds half a character") as refused, store.begin() as tx:
        tx.editions.freeze(whole, [broken])
    str(refused.value).encode()
    with store.read() as tx:
        assert tx.editions.frozen_variants(whole.id) == ()
