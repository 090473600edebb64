"""Sentry, for those who have one: every error of our log goes there, with nothing in it that the log may not hold.

A client of its own and none of the SDK's integrations: nothing is patched, no request body, local variable or
breadcrumb is taken along, and what is sent is what our own log says, scrubbed once more on its way out (P10).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.utils import BadDsn, event_from_exception

from digest.model.errors import ConfigError

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

TAGS = ("run", "newsletter", "edition", "mailing", "chunk", "attempt", "chore", "job", "request", "page")
"""What a line of the log belongs to; Sentry finds events by these."""
FAREWELL = 2.0
"""Seconds that events may take to leave when the process ends."""


class SentryHandler(logging.Handler):
    """Sends each line of level error or above. `scrub` takes one text and gives it back without secrets.

    Raises ConfigError where `dsn` is none.
    """

    def __init__(self, *, dsn: str, release: str, scrub: Callable[[str], str]) -> None:
        super().__init__(logging.ERROR)
        self._scrub = scrub
        self._sending = threading.local()
        try:
            self._client = sentry_sdk.Client(
                dsn=dsn,
                release=release,
                before_send=self._scrubbed,
                default_integrations=False,
                auto_enabling_integrations=False,
                auto_session_tracking=False,
                include_local_variables=False,
                max_breadcrumbs=0,
                send_client_reports=False,
                server_name="",
                shutdown_timeout=FAREWELL,
            )
        except BadDsn as error:
            raise ConfigError(
                "alarms.sentry_dsn is no address of a Sentry project (https://KEY@HOST/NUMBER); copy it from its "
                "settings, Client Keys"
            ) from error

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the line to the SDK, which sends it in a thread of its own: nobody waits for Sentry."""
        if record.name.startswith(("sentry_sdk", "urllib3")) or getattr(self._sending, "now", False):
            # What the sending itself says must not be sent.
            return
        self._sending.now = True
        try:
            self._capture(record)
        finally:
            self._sending.now = False

    def close(self) -> None:
        """Wait a moment for what is on its way."""
        self._client.close(timeout=FAREWELL)
        super().close()

    def _capture(self, record: logging.LogRecord) -> None:
        # structlog hands its whole event over as the message; a library's line is a text.
        said: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        if "alarm" in said:
            # The operator hears of it by ways of its own, and an edition that a rule holds is no fault of the program.
            return
        error = said.get("exc_info") or (record.exc_info[1] if record.exc_info else None)
        event: Event = {}
        hint: Hint | None = None
        if isinstance(error, BaseException):
            event, hint = event_from_exception(error, client_options=self._client.options)
        else:
            event["message"] = f"{record.name}: {said.get('event', '')}"
        event["level"] = "fatal" if record.levelno >= logging.CRITICAL else "error"
        event["logger"] = record.name
        event["tags"] = {name: str(said[name]) for name in TAGS if name in said}
        event["contexts"] = {"log": {name: str(value) for name, value in said.items() if name != "exc_info"}}
        self._client.capture_event(event, hint=hint)

    def _scrubbed(self, event: Event, _hint: Hint) -> Event | None:
        event.pop("user", None)
        event.pop("request", None)
        clean: Event = self._clean(event)
        return clean

    def _clean(self, found: Any) -> Any:
        match found:
            case str():
                return self._scrub(found)
            case dict():
                return {self._clean(name): self._clean(value) for name, value in found.items()}
            case list() | tuple():
                return [self._clean(value) for value in found]
            case _:
                return found
