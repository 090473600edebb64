"""Whether the sources on the network answer, and what time it is where they are."""

from __future__ import annotations

import queue
import statistics
import threading
import time
from collections.abc import Iterator, Mapping

from digest.cli.checkup_line import Check, Level
from digest.model.counted import counted
from digest.model.errors import DigestError
from digest.ports import Source
from digest.settings import Settings
from digest.sources.clocks import seconds_ahead
from digest.wiring import open_fetcher, open_sources, utc_now

DEADLINE = 60.0
"""Seconds for all sources together; whoever has not answered by then is named."""
AT_ONCE = 16
NEAR, FAR = 60.0, 300.0
"""Seconds by which our clock may differ from those of others without a word, and with a warning only. Codes of six
digits (RFC 6238) and signed posts (Standard Webhooks) are refused beyond some minutes."""


def reach(settings: Settings, *, deadline: float = DEADLINE) -> Iterator[Check]:
    """Read every source that is not a folder, once; say who does not answer, and whether our clock is theirs."""
    clocks: list[float] = []

    def heard(headers: Mapping[str, str]) -> None:
        ahead = seconds_ahead(headers, utc_now())
        if ahead is not None:
            clocks.append(ahead)

    opened = open_sources(settings, open_fetcher(settings, heard=heard))
    remote = {one.slug: opened[one.slug] for one in settings.sources if one.kind != "folder"}
    if not remote:
        return
    entries = 0
    silent = dict(remote)
    for slug, said in _answers(remote, deadline):
        del silent[slug]
        if isinstance(said, int):
            entries += said
            continue
        fix = "look at the address in a browser, and at this machine's way to the network"
        yield Check(level="warn", what="network", found=f"{slug}: {said}", fix=fix)
    for slug in silent:
        found = f"{slug}: no answer within the {deadline:.0f} seconds that all sources have together"
        yield Check(level="warn", what="network", found=found, fix=f"`digest sources test` its address: {slug}")
    yield Check(
        level="ok",
        what="network",
        found=f"{counted(len(remote), 'source was', 'sources were')} asked: {counted(entries, 'entry', 'entries')}",
    )
    yield from clock(clocks)


def clock(ahead: list[float]) -> Iterator[Check]:
    """Our clock beside those of whoever answered, each in seconds that we are ahead; the middle one counts."""
    if not ahead:
        return
    middle = statistics.median(ahead)
    found = f"{abs(middle):.0f} seconds {'ahead of' if middle > 0 else 'behind'} {len(ahead)} answers from the network"
    level: Level = "ok" if abs(middle) <= NEAR else "warn" if abs(middle) <= FAR or len(ahead) < 2 else "fail"
    fix = "" if level == "ok" else "set the machine's clock (NTP): hours of sending, codes and signatures hang on it"
    yield Check(level=level, what="clock", found=found, fix=fix)


def _answers(sources: Mapping[str, Source], deadline: float) -> Iterator[tuple[str, int | str]]:
    """Each source that answers in time: how many entries it has, or what is wrong."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    said: queue.SimpleQueue[tuple[str, int | str]] = queue.SimpleQueue()
    for slug in sources:
        waiting.put(slug)

    def ask() -> None:
        while True:
            try:
                slug = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                said.put((slug, len(sources[slug].read(utc_now()).entries)))
            except DigestError as error:
                said.put((slug, str(error)))

    end = time.monotonic() + deadline
    for _ in range(min(AT_ONCE, len(sources))):
        # Nobody waits for one that hangs when the command ends.
        threading.Thread(target=ask, daemon=True).start()
    for _ in sources:
        try:
            yield said.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return
