"""Linkcheck: every link of an edition is followed once, through the one HTTP door, by a deadline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import urlsplit

from digest.model.edition import Edition
from digest.model.errors import AdapterError
from digest.model.linktest import LinkOutcome, LinkTest
from digest.ports import App, Fetches
from digest.render.edition_checks import links_of

ACCEPT = "text/html, */*;q=0.8"
DEADLINE_S = 20.0
"""For all links together; what has not answered by then is untested."""
SLOW_S = 5.0
THREADS = 16

_STATUS = re.compile(r"answered (\d{3})\b")
_GUARDED = frozenset({401, 402, 403, 405, 406, 429, 451})
"""What sites say to programs and not to readers."""


def check_links(
    app: App, edition: Edition, *, deadline: float = DEADLINE_S, monotonic: Callable[[], float] = time.monotonic
) -> tuple[LinkTest, ...]:
    """Each link of the edition with its outcome, in reading order; none where the app has no door to the web.

    `deadline` is in seconds; `monotonic` measures how long an answer took.
    """
    urls = links_of(edition)
    if app.fetch is None or not urls:
        return ()
    door = app.fetch
    task = f"links {edition.id}"
    app.progress.start(task, len(urls))

    def follow(url: str) -> LinkTest:
        tested = _follow(door, url, monotonic)
        app.progress.advance(task)
        return tested

    pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="links")
    asked = {url: pool.submit(follow, url) for url in urls}
    wait(asked.values(), timeout=deadline)
    pool.shutdown(wait=False, cancel_futures=True)
    tests = tuple(
        future.result()
        if future.done() and not future.cancelled()
        else LinkTest(url=url, outcome=LinkOutcome.UNTESTED, detail=f"no answer within {deadline:.0f} s")
        for url, future in asked.items()
    )
    app.progress.finish(task, f"{sum(test.outcome is LinkOutcome.FINE for test in tests)} of {len(tests)} are fine")
    return tests


def _follow(door: Fetches, url: str, monotonic: Callable[[], float]) -> LinkTest:
    begun = monotonic()
    try:
        found = door.get(url, accept=ACCEPT)
    except AdapterError as error:
        status = _STATUS.search(str(error))
        if status and 400 <= int(status[1]) < 500 and int(status[1]) not in _GUARDED:
            return LinkTest(url=url, outcome=LinkOutcome.BROKEN, detail=f"answers {status[1]}")
        return LinkTest(url=url, outcome=LinkOutcome.UNTESTED, detail=_said(error, url))
    taken = monotonic() - begun
    if _site(found.url) != _site(url):
        return LinkTest(url=url, outcome=LinkOutcome.MOVED, detail=found.url)
    if taken > SLOW_S:
        return LinkTest(url=url, outcome=LinkOutcome.SLOW, detail=f"takes {taken:.0f} seconds")
    return LinkTest(url=url, outcome=LinkOutcome.FINE)


def _said(error: AdapterError, url: str) -> str:
    """The door's words without the address, which is said already."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return str(error).removeprefix(f"{bare}: ").removeprefix(f"{url}: ")[:200]


def _site(url: str) -> str:
    """The host without `www.`: a redirect from one to the other, or to https, is no news."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
