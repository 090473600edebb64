"""Rows spelt as PostgreSQL's COPY spells them: the same text of SQLite's row and of PostgreSQL's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Float, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.types import Boolean, Date, Integer

from digest.store import copying, db
from subscribers.tables import JsonObject, SlugSet, UtcDateTime, metadata
from tests.databases import fresh_url

pytestmark = pytest.mark.postgres
OWN = MetaData()
SAMPLE = Table(
    "sample",
    OWN,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("day", Date),
    Column("said", Text),
    Column("document", JsonObject),
    Column("raw", LargeBinary),
    Column("yes", Boolean),
    Column("slugs", SlugSet),
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    folder: Path = tmp_path_factory.mktemp("copying")
    with fresh_url("sqlite", folder) as lite, fresh_url("postgresql", folder) as post:
        engines = db.open_engine(lite), db.open_engine(post)
        for engine in engines:
            OWN.create_all(engine)
        yield engines
        for engine in engines:
            engine.dispose()


# PostgreSQL holds no NUL, and neither holds half a character.
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6, allow_nan=False).filter(lambda n: n == 0 or abs(n) > 1e-3)
DOCUMENTS = st.dictionaries(
    WORDS, st.recursive(NUMBERS | WORDS | st.booleans() | st.none(), st.lists, max_leaves=4), max_size=3
)
ROWS = st.fixed_dictionaries(
    {
        "at": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "day": st.none() | st.dates(datetime(1000, 1, 1).date()),  # noqa: DTZ001
        "said": st.none() | WORDS | st.sampled_from(["\\N", "\\.", "a\tb\nc\rd\\e\b\f\v", "", "\\x41"]),
        "document": DOCUMENTS | st.sampled_from([{}, {"a": 'b\\n\t"c'}, {"z": 1.0, "a": [1e3, {"y": 2, "b": None}]}]),
        "raw": st.none() | st.binary(max_size=8),
        "yes": st.none() | st.booleans(),
        "slugs": st.just(()) | st.just(("asia", "world")),
    }
)


@settings(max_examples=25)
@given(rows=st.lists(ROWS, min_size=1, max_size=8))
def test_what_is_sent_is_what_is_there(both: tuple[Engine, Engine], rows: list[dict[str, Any]]) -> None:
    lite, post = both
    with db.write(lite) as source, db.write(post) as target:
        for conn in (source, target):
            conn.execute(SAMPLE.delete())
        source.execute(insert(SAMPLE), rows)
        sent = copying.take(target, SAMPLE, copying.batches(source, SAMPLE))
        assert sent == copying.summed(source, SAMPLE) == copying.summed(target, SAMPLE)
        assert sent[0] == len(rows)
        there = [row._asdict() for row in target.execute(select(SAMPLE).order_by(SAMPLE.c.id))]
        assert there == [row._asdict() for row in source.execute(select(SAMPLE).order_by(SAMPLE.c.id))]


def test_of_large_documents_only_a_few_are_in_memory_at_once(
    both: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "FIRST", 2)
    monkeypatch.setattr(copying, "MOST", 20_000)
    empty = {"at": None, "day": None, "said": None, "document": {}, "raw": None, "yes": None, "slugs": ()}
    rows = [{**empty, "document": {"text": f"{number} " * 1_000}} for number in range(1, 41)]
    lite, post = both
    with db.write(lite) as source, db.write(post) as target:
        for conn in (source, target):
            conn.execute(SAMPLE.delete())
        source.execute(insert(SAMPLE), rows)
        batches = list(copying.batches(source, SAMPLE))
        assert sum(map(len, batches)) == len(rows)
        assert max(sum(map(len, batch)) for batch in batches) <= 2 * 20_000
        sent = copying.take(target, SAMPLE, iter(batches))
        assert sent == copying.summed(source, SAMPLE) == copying.summed(target, SAMPLE)


@pytest.mark.parametrize(
    ("name", "value"),
    [("said", "b"), ("day", datetime(2026, 1, 2).date()), ("document", {"a": 2}), ("raw", b"b"), ("yes", False),  # noqa: DTZ001
     ("at", datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)), ("slugs", ("asia",)), ("said", None)],
)  # fmt: skip
def test_any_difference_is_seen(both: tuple[Engine, Engine], name: str, value: object) -> None:
    row = {"id": 1, "at": datetime(2026, 1, 1, tzinfo=UTC), "day": datetime(2026, 1, 1).date(), "said": "a",  # noqa: DTZ001
           "document": {"a": 1}, "raw": b"a", "yes": True, "slugs": ()}  # fmt: skip
    lite, post = both
    with db.write(lite) as source, db.write(post) as target:
        for conn in (source, target):
            conn.execute(SAMPLE.delete())
            conn.execute(insert(SAMPLE), row)
        assert copying.summed(source, SAMPLE) == copying.summed(target, SAMPLE)
        target.execute(SAMPLE.update().values({name: value}))
        assert copying.summed(source, SAMPLE) != copying.summed(target, SAMPLE)


def test_the_large_tables_are_spelt_and_fractions_are_not() -> None:
    for name in ("subscribers", "subscriptions", "consents", "deliveries", "feedback", "chunks", "hook_posts", "log"):
        assert copying.can_spell(metadata.tables[name]), name
    assert not copying.can_spell(Table("fractions", MetaData(), Column("share", Float)))
