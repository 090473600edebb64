"""Source health is kept as it was put, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

from digest.model.health import SourceHealth, Validators
from digest.store.tx import Store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FULL = SourceHealth(
    source="coast", last_attempt=NOW, last_success=NOW, last_new=NOW, failures=2, next_attempt=NOW,
    validators=Validators(etag='W/"ü"', last_modified="Sun, 01 Nov 2026", url="https://a.example/feed"),
    per_day={date(2026, 10, 31): 4, date(2026, 11, 1): 7}, last_error="503",
)  # fmt: skip


def test_what_is_put_comes_back_and_is_replaced(store: Store) -> None:
    with store.begin() as tx:
        tx.sources.put([FULL, SourceHealth(source="hill")])
    with store.read() as tx:
        assert tx.sources.health(["coast", "hill", "new"]) == {
            "coast": FULL,
            "hill": SourceHealth(source="hill"),
            "new": SourceHealth(source="new"),
        }
    mended = FULL.succeeded(NOW, new=1, validators=Validators())
    with store.begin() as tx:
        tx.sources.put([mended])
    with store.read() as tx:
        assert tx.sources.health(["coast"]) == {"coast": mended}
        assert tx.sources.health([]) == {}
