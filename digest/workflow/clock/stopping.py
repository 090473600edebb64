"""An app that begins nothing new once it is told to stop."""

from __future__ import annotations

import threading
from dataclasses import replace

from digest.ports import App


def stoppable(app: App, stopping: threading.Event) -> App:
    """The same app, which begins nothing new once `stopping` is set: no phase, no provider call, no waiting.

    What is in hand is finished and recorded. So a stop leaves no call in doubt.
    """

    def wait(seconds: float) -> None:
        stopping.wait(seconds)

    return replace(app, stopping=stopping.is_set, wait=wait)
