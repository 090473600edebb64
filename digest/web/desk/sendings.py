"""Sendings that somebody at the desk began: each in a thread of its own, so that the page answers at once."""

from __future__ import annotations

import threading
from contextlib import suppress

import structlog

from digest.model.edition import EditionId
from digest.model.errors import DigestError, Lost
from digest.ports import App
from digest.workflow.edition.review import require
from digest.workflow.newsletters import newsletter_of
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import resume_in

_log = structlog.stdlib.get_logger("digest.desk")


class Sendings:
    """Begins what the desk asks for. What dies with the process, the clock's next sweep goes on with."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._running: set[tuple[EditionId, int]] = set()
        self._again: set[tuple[EditionId, int]] = set()
        """Asked for while one had not ended yet."""

    @property
    def running(self) -> int:
        """How many go on."""
        with self._lock:
            return len(self._running)

    def begin(self, edition: EditionId, correction: int = 0, *, by: str) -> bool:
        """Send what is due, of an edition with everybody's wave now. False where this process does so already: then it
        looks again when it has done so.

        What was stopped goes on from here, by the hand that asks, and not when a thread comes to it: whoever stops it
        after this, in any process, is obeyed.
        """
        self._go_on(edition, correction, by)
        with self._lock:
            if (edition, correction) in self._running:
                self._again.add((edition, correction))
                return False
            self._running.add((edition, correction))
        threading.Thread(target=self._send, args=(edition, correction), name=f"send {edition}", daemon=True).start()
        return True

    def _go_on(self, edition: EditionId, correction: int, by: str) -> None:
        app, now = self._app, self._app.clock()
        # Lost: somebody else let it go on in this instant, which is as good.
        with suppress(Lost), app.begin() as tx:
            mailing = tx.ledger.mailing(str(edition), correction)
            if mailing is not None:
                newsletter = newsletter_of(app, edition.newsletter)
                resume_in(app, tx, newsletter, mailing, require(tx, edition), by=by, now=now)

    def _send(self, edition: EditionId, correction: int) -> None:
        while True:
            self._send_once(edition, correction)
            with self._lock:
                if (edition, correction) not in self._again:
                    self._running.discard((edition, correction))
                    return
                self._again.discard((edition, correction))

    def _send_once(self, edition: EditionId, correction: int) -> None:
        try:
            # A correction's waves are those of readers whose night it is: they wait.
            send(self._app, edition, everybody_now=not correction, resume=False, correction=correction)
        except DigestError as error:
            _log.error("desk.send_failed", edition=str(edition), error=str(error))
        except Exception as error:  # noqa: BLE001 - a thread's last door: the sweep goes on with the mailing
            _log.error("desk.send_failed", edition=str(edition), error=type(error).__name__, exc_info=error)
