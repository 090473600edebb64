"""Aside: collecting and composing, in a process of their own that ends with its work.

What reads pages and groups stories loads a hundred megabytes and leaves as much behind: a server that waits for the
next morning would hold them all day. And a phase that runs out of memory ends alone: no reader's page ends with it.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

import structlog

from digest.logs import configure_logs
from digest.model.errors import DigestError
from digest.model.run import RunKey
from digest.model.secrecy import keep_secret
from digest.ports import App
from digest.settings import Settings
from digest.settings.root import secrets_of
from digest.wiring import errors_told, open_app
from digest.workflow.clock.due import run
from digest.workflow.clock.stopping import stoppable

ANOTHERS = 3
"""The exit code that says that somebody else had the phase in hand, or had done it."""
LOOK_EVERY = 0.2
"""Seconds between two looks at whether it has ended, or should."""
GRACE_SECONDS = 20.0
"""So long after it was told to stop it is ended."""

_log = structlog.stdlib.get_logger("digest.aside")


def aside(settings: Settings) -> Callable[[App, RunKey], bool]:
    """What `App.aside` wants: does a phase in another process, from these settings.

    It returns False where somebody else has the phase, and raises DigestError where the process did not end well.
    """

    def do(app: App, key: RunKey) -> bool:
        process = subprocess.Popen(  # noqa: S603 - our own program; the key is one of ours
            [sys.executable, "-m", "digest.aside", str(key)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # Ctrl-C at a terminal is for us, and we tell it.
            process_group=0,
        )
        try:
            code = _ended(process, pickle.dumps(settings), app.stopping)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code == -signal.SIGTERM and app.stopping():
            # It was told to stop before it had begun: the next process does the phase.
            return False
        if code not in (0, ANOTHERS):
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise DigestError(f"{key}: the process that did it ended with {how}; its lines in the log say why")
        return code == 0

    return do


def _ended(
    process: subprocess.Popen[bytes], said: bytes, stopping: Callable[[], bool], *, grace: float = GRACE_SECONDS
) -> int:
    assert process.stdin is not None  # noqa: S101 - asked for above
    # Where it ended before it had read them its exit code says more.
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(said)
        process.stdin.close()
    told = 0
    while True:
        try:
            return process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if not stopping():
                continue
        told += 1
        if told == 1:
            process.terminate()
        elif told * LOOK_EVERY > grace:
            process.kill()


def main() -> int:
    """Do the phase that the first argument names, by the settings on standard input. Returns the exit code."""
    settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
    keep_secret(secrets_of(settings))
    configure_logs()
    asked = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    try:
        with errors_told(settings), open_app(settings) as app:
            return ANOTHERS if run(stoppable(app, asked), RunKey.parse(sys.argv[1])) is None else 0
    except DigestError as error:
        _log.error("aside.failed", run=sys.argv[1], error=str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
