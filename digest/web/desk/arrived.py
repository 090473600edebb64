"""Arrived: what came in after an edition was composed, as it was last looked at: no page waits while it is grouped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import timedelta

from digest.model.edition import Edition, EditionId
from digest.model.newcomer import Arrivals
from digest.ports import App
from digest.web.desk.beside import Beside
from digest.workflow.edition.newcomers import Newcomers, arrivals, arrivals_kept, newcomers
from digest.workflow.newsletters import newsletter_of

FRESH = timedelta(minutes=1)
"""What was found longer ago is looked for anew, beside the page that shows it."""
MOST = 20
"""Editions that somebody may be looking at."""


class Arrived:
    """What the clock found and kept, or this process since. Looking stores nothing (P4). Thread-safe."""

    def __init__(self, app: App, beside: Beside) -> None:
        self._app = app
        self._beside = beside
        self._lock = threading.Lock()
        self._found: OrderedDict[EditionId, Arrivals] = OrderedDict()

    def of(self, edition: Edition) -> Newcomers | None:
        """What came in, as it was last looked at; None where nobody has yet. The next page shows what is found now."""
        found, now = self._newest(edition), self._app.clock()
        # A clock that was set back makes what was found old, not immortal.
        if found is None or not timedelta() <= now - found.at < FRESH:
            self._beside.ask(("arrived", edition.id), lambda: self._look(edition))
        return newcomers(newsletter_of(self._app, edition.id.newsletter), edition, found) if found else None

    def _newest(self, edition: Edition) -> Arrivals | None:
        kept = arrivals_kept(self._app, edition)
        with self._lock:
            own = self._found.get(edition.id)
        if own is None or own.composed_at != edition.composed_at:
            return kept
        return own if kept is None or own.at >= kept.at else kept

    def _look(self, edition: Edition) -> None:
        found = arrivals(self._app, edition, self._newest(edition))
        with self._lock:
            self._found[edition.id] = found
            self._found.move_to_end(edition.id)
            while len(self._found) > MOST:
                self._found.popitem(last=False)
