"""Progress of a mailing, an edition's or a correction's: as JSON, and as a stream that ends with the session."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from digest.model.delivery import Account, MailingState
from digest.web.desk.access import CORRECTION, EDITION
from digest.web.desk.call import Call
from digest.web.desk.figures import mark_of, number, shown_status, status_words
from digest.web.desk.frame import HEADERS, Desk
from digest.workflow.edition.desk import Standing
from digest.workflow.send.corrections import correction_of

STREAMS = 3
"""Progress streams of one session at a time (T31)."""
STREAM_SECONDS = 600


def progress_pages(desk: Desk) -> None:
    """/desk/e/…: state and stream."""
    streams = _Streams()

    def now(call: Call) -> dict[str, object]:
        return state_of(call, progress_of(desk, call))

    def state(call: Call) -> Response:
        return JSONResponse(now(call), headers=HEADERS)

    def stream(call: Call) -> Response:
        now(call)  # Where there is no such correction, the answer says so.
        if not streams.enter(call.session.id):
            return Response(status_code=429, headers={**HEADERS, "retry-after": "5"})

        async def tell() -> AsyncIterator[bytes]:
            try:
                before = ""
                for _ in range(STREAM_SECONDS):
                    # Looked at each time: whoever was shown out hears nothing more.
                    if not await run_in_threadpool(desk.still_in, call):
                        break
                    told = json.dumps(await run_in_threadpool(now, call))
                    if told != before:
                        yield f"data: {told}\n\n".encode()
                        before = told
                    await asyncio.sleep(1)
            finally:
                streams.leave(call.session.id)

        return StreamingResponse(tell(), media_type="text/event-stream", headers=HEADERS)

    for home in (EDITION, CORRECTION):
        desk.on("GET", f"{home}/state")(state)
        desk.on("GET", f"{home}/stream")(stream)


def progress_of(desk: Desk, call: Call) -> Standing:
    """Where the edition stands, with the mailing that the path is about: its own, or that of a correction."""
    found = desk.standing(call.edition)
    if not call.correction:
        return found
    correction_of(desk.app, call.edition, call.correction)
    with desk.app.read() as tx:
        mailing = tx.ledger.mailing(str(call.edition), call.correction)
        account = desk.tallies.account(tx, mailing) if mailing else None
    return replace(found, mailing=mailing, account=account)


class _Streams:
    """How many streams of progress each session has open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[int] = Counter()

    def enter(self, session: int) -> bool:
        """One more; False where there are enough."""
        with self._lock:
            if self._open[session] >= STREAMS:
                return False
            self._open[session] += 1
            return True

    def leave(self, session: int) -> None:
        """One fewer."""
        with self._lock:
            self._open[session] -= 1


def state_of(call: Call, found: Standing) -> dict[str, object]:
    """What a page that refreshes itself has to know; numbers as they are shown."""
    edition, account, mailing = found.edition, found.account, found.mailing
    status = shown_status(found)
    handed = account.planned - account.ready - account.sending - sum(account.skipped.values()) if account else 0
    whole = account.planned - sum(account.skipped.values()) if account else 0
    return {
        "version": edition.version if edition else 0,
        "status": edition.status.value if edition else "none",
        "status_words": status_words(call.words, status),
        "pill": status.value if status else "none",
        "mark": mark_of(found),
        "mailing": mailing.state.value if mailing else "",
        "running": bool(mailing and mailing.state is MailingState.SENDING and account and not account.settled),
        "done": handed,
        "whole": whole,
        "ready": account.ready if account else 0,
        "in_flight": bool(account and account.sending),
        "places": [[name, shown, title] for name, title, shown in places(call, found.account)],
    }


def places(call: Call, account: Account | None) -> list[tuple[str, str, str]]:
    """(name, title, count) of every place where planned readers are: they add up to all of them (P2)."""
    words = call.words
    if account is None:
        return []
    every = (
        ("ready", words.say("waiting"), account.ready),
        ("sending", words.say("being handed over"), account.sending),
        ("accepted", words.say("taken by the provider"), account.accepted),
        ("delivered", words.say("delivered"), account.delivered),
        ("bounced", words.say("bounced"), account.bounced),
        ("complained", words.say("complained"), account.complained),
        ("rejected", words.say("refused by the provider"), account.rejected),
        ("skipped", words.say("left out"), sum(account.skipped.values())),
        ("in_doubt", words.say("uncertain"), account.in_doubt),
        ("held", words.say("held back"), account.held),
        ("unconfirmed", words.say("taken, nothing heard"), account.unconfirmed),
        ("lost", words.say("unaccounted for"), account.lost),
    )
    shown = [(name, title, number(words, count)) for name, title, count in every if count]
    return [("planned", words.say("planned"), number(words, account.planned)), *shown]
