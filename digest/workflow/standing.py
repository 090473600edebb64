"""Whether this installation is the one that sends: a copy or a restored backup never does by itself (P7)."""

from __future__ import annotations

from digest.model.errors import Paused
from digest.ports import App


def require_sender(app: App) -> None:
    """Raise Paused where nothing may be sent from here, with what a person can do."""
    reason = app.paused()
    if reason:
        raise Paused(f"{reason}; nothing is sent from here. If no other copy of it sends: `digest db adopt`")
