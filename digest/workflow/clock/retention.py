"""Forget what nobody asks for any more, a short step at a time; the numbers of every mailing stay for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from digest.ports import App, Tx

ANSWERS_KEPT = timedelta(days=1)
"""For so long a request to the API under the same Idempotency-Key gets the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Rows that went, by class."""

    stories: int = 0
    posts: int = 0
    log: int = 0
    deliveries: int = 0
    """Rows of mailings that were compacted to their account."""
    happenings: int = 0
    """What was told to webhooks, or could not be."""

    @property
    def summary(self) -> str:
        """One line for people."""
        return (
            f"{self.stories:,} stories, {self.posts:,} posts, {self.log:,} lines of the log, "
            f"{self.deliveries:,} rows of old mailings, {self.happenings:,} happenings"
        )


def forget(app: App) -> Forgotten:
    """One round over everything that is older than its time. Safe to stop at any point, and to run twice."""
    now, keep = app.clock(), app.keep
    step = keep.step_rows
    return Forgotten(
        stories=_until_none(app, lambda tx: tx.retention.forget_stories(now - timedelta(days=keep.stories_days), step)),
        posts=_until_none(app, lambda tx: tx.retention.forget_posts(now - timedelta(days=keep.posts_days), step)),
        log=_until_none(app, lambda tx: tx.retention.forget_log(now - timedelta(days=keep.log_days), step)),
        deliveries=_compacted(app),
        happenings=_until_none(
            app, lambda tx: tx.webhooks.forget_happenings(now - timedelta(days=keep.webhooks_days), step)
        )
        + _until_none(app, lambda tx: tx.tokens.forget_answers(now - ANSWERS_KEPT, step)),
    )


def _until_none(app: App, step: Callable[[Tx], int]) -> int:
    gone = 0
    while not app.stopping():
        with app.begin() as tx:
            found = step(tx)
        if not found:
            break
        gone += found
    return gone


def _compacted(app: App) -> int:
    now = app.clock()
    before = now - timedelta(days=app.keep.deliveries_days)
    gone = 0
    while not app.stopping():
        with app.read() as tx:
            mailing = tx.retention.to_compact(before)
        if mailing is None:
            break
        with app.begin() as tx:
            gone += tx.retention.compact(mailing, now, app.keep.step_rows)
    return gone + _until_none(app, lambda tx: tx.retention.drop_range(app.keep.step_rows))
