"""Bounces: mail out of our own mailbox is kept like a provider's post, and applied by the same door."""

from __future__ import annotations

from collections.abc import Sequence

from digest.model.errors import NotFound
from digest.model.feedback import BOUNCES
from digest.ports import App

PAGE = 50
"""Mails in one transaction: 6 MB at most."""
PAGES = 40
"""Transactions of one turn: the rest waits for the next one."""


def read_bounces(app: App) -> int:
    """Keep every new mail of the mailbox; `apply_posts` then finds out what they say. Returns how many.

    A mail is marked as read only after it is committed here, so none is lost; one that is read twice says the same
    twice. Raises NotFound without a mailbox, and what the mailbox raises.
    """
    if app.mailbox is None:
        raise NotFound("no mailbox for bounces is configured; see `bounces:` in docs/reference/config.md")

    def keep(mails: Sequence[bytes]) -> None:
        now = app.clock()
        with app.begin() as tx:
            for mail in mails:
                tx.feedback.keep_post(BOUNCES, mail, now)

    total = 0
    for _ in range(PAGES):
        found = app.mailbox.take(keep, limit=PAGE)
        total += found
        if found < PAGE or app.stopping():
            break
    return total
