"""Suppressions: what a provider's own lists say of our readers becomes our own knowledge, as its events do.

An event can be missed (a webhook that was down for a day, an account that mailed before us); the lists are the
provider's last word, because it mails none of these addresses whatever we ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.model.errors import NotFound
from digest.model.feedback import FeedbackKind
from digest.ports import App, Suppressed, Tx
from subscribers.consent import Basis
from subscribers.model import SuppressionReason

_ENDS = {
    FeedbackKind.BOUNCED_HARD: SuppressionReason.HARD_BOUNCE,
    FeedbackKind.COMPLAINED: SuppressionReason.COMPLAINT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronised:
    """What a look at a provider's lists brought."""

    provider: str
    entries: int = 0
    readers: int = 0
    """Entries about somebody who is a reader here; all others are passed over and not kept."""
    suppressed: int = 0
    """Readers whom no list mails any more, since now."""
    left: int = 0
    """Subscriptions that ended, since now."""

    def __str__(self) -> str:
        return (
            f"{self.provider}: {self.entries} entries, {self.readers} about readers; {self.suppressed} suppressed, "
            f"{self.left} subscriptions ended"
        )


def sync_suppressions(app: App, provider: str, *, since: datetime | None) -> Synchronised:
    """Compare with the provider's lists, or with what was added to them since then. Safe to repeat.

    Each page is fetched with no transaction open and applied in one of its own, so that what came before a failure
    stands. Raises NotFound where this provider has no such lists for us, and what the lists raise.
    """
    feed = app.suppressions.get(provider)
    if feed is None:
        raise NotFound(f"{provider}: no suppression lists can be read here; see docs/reference/providers/index.md")
    found = Synchronised(provider=provider)
    for page in feed.pages(since):
        now = app.clock()
        with app.begin() as tx:
            more = _apply(tx, provider, page, now)
        found = Synchronised(
            provider=provider,
            entries=found.entries + len(page),
            readers=found.readers + more.readers,
            suppressed=found.suppressed + more.suppressed,
            left=found.left + more.left,
        )
        if app.stopping():
            break
    return found


def _apply(tx: Tx, provider: str, page: Sequence[Suppressed], now: datetime) -> Synchronised:
    readers = tx.audience.subscribers_at({entry.email for entry in page})
    about, suppressed, left = 0, 0, 0
    for entry in page:
        subscriber = readers.get(entry.email)
        if subscriber is None:
            continue
        about += 1
        reason = _ENDS.get(entry.kind)
        if reason is not None:
            note = f"on a list of {provider}: {entry.detail or entry.kind}"
            suppressed += tx.audience.suppress(subscriber, reason, now=now, note=note)
        elif entry.kind is FeedbackKind.UNSUBSCRIBED:
            # Who signed up after that has changed their mind; the provider's list is then the operator's to mend.
            basis = Basis(method="provider", evidence=f"{provider}: {entry.detail or 'unsubscribed'}")
            left += tx.audience.leave_all(subscriber, joined_before=entry.at, now=now, basis=basis)
    return Synchronised(provider=provider, readers=about, suppressed=suppressed, left=left)
