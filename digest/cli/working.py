"""`digest worker`: one more process that does what the scheduler asks for."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from digest.cli.exits import Exit
from digest.cli.frame import Call, command
from digest.cli.output import print_json


@command("worker", examples=("digest worker", "DIGEST_WORKERS__MAILINGS=8 digest worker --config config.yaml"))
def worker(call: Call) -> Exit:
    """Do the work that the scheduler asks for.

    Needs `engine: procrastinate`. Start as many as you like, on as many machines as you like. Stopped by Ctrl-C or a
    plain kill: it finishes and records the calls in hand, and puts the rest back for the others. The log goes to
    stderr.
    """
    from digest.logs import configure_logs
    from digest.wiring import errors_told, open_app, open_jobs

    settings = call.settings()
    # First: it says what is missing where the extra is not installed.
    open_jobs(settings)
    from digest.worker import Worker, running

    how = running(settings)
    configure_logs()
    # Its own lines say what our ledgers say better; its warnings stay.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with errors_told(settings), open_app(settings) as app:
        one = Worker(app, how)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            one.stop_soon()

        for sig in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sig, stop)
        ended = one.run()
    if call.json:
        print_json({"stopped": True, "exit": int(Exit.DONE if ended else Exit.FAILED)})
    return Exit.DONE if ended else Exit.FAILED
