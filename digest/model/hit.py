"""A hit: one request for a tracked link or picture, and by which rule it is a machine's and no person's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SOON = timedelta(seconds=10)
"""Nobody reads and presses so soon after we began to hand the mail over."""
BURST = timedelta(seconds=10)
"""Within so long a person does not follow `BURST_LINKS` different links."""
BURST_LINKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a request said of itself. It is looked at and forgotten: neither agent nor address is kept."""

    method: str
    agent: str = ""
    purpose: str = ""
    """The headers Purpose, Sec-Purpose, X-Purpose and X-Moz, joined."""
    click: bool = False


def _agent(pattern: str) -> Callable[[Hit], bool]:
    looked_for = re.compile(pattern, re.IGNORECASE)
    return lambda hit: looked_for.search(hit.agent) is not None


RULES: tuple[tuple[str, Callable[[Hit], bool]], ...] = (
    ("head", lambda hit: hit.method != "GET"),
    ("prefetch", lambda hit: re.search(r"prefetch|preview|prerender", hit.purpose, re.IGNORECASE) is not None),
    # Apple's Mail Privacy Protection fetches every picture by itself, and says no more than this.
    ("apple_privacy", lambda hit: not hit.click and hit.agent.strip() == "Mozilla/5.0"),
    ("gmail_proxy", _agent(r"GoogleImageProxy|ggpht\.com")),
    ("yahoo_proxy", _agent(r"YahooMailProxy|YahooCacheSystem")),
    ("scanner", _agent(r"SafeLinks|Barracuda|Mimecast|Proofpoint|urldefense|Symantec|Sophos|Trend ?Micro|Fortinet")),
    (
        "robot",
        _agent(
            r"bot\b|crawl|spider|slurp|preview|headless|curl|wget|python|httpx|aiohttp|go-http|okhttp|libwww|java/|"
            r"facebookexternalhit|whatsapp|telegram|monitor|scan"
        ),
    ),
    ("no_agent", lambda hit: not hit.agent.strip()),
)
"""In this order; the first that holds names the machine. A privacy proxy is no robot, but tells nothing of a person."""


def machine_rule(hit: Hit) -> str:
    """The name of the rule by which this is a machine's, or an empty string."""
    return next((name for name, holds in RULES if holds(hit)), "")


def too_soon(at: datetime, sent_at: datetime | None) -> bool:
    """True for a click that came before a person could have read anything."""
    return sent_at is not None and at - sent_at < SOON


def bursts(clicks: Iterable[tuple[datetime, str]]) -> Sequence[tuple[datetime, str]]:
    """Those of one reader's clicks that stand with so many others, on so many links, that they are a scanner's."""
    ordered = sorted(clicks)
    found: dict[tuple[datetime, str], None] = {}
    for first, (begun, _) in enumerate(ordered):
        together = [click for click in ordered[first:] if click[0] - begun <= BURST]
        if len({url for _, url in together}) >= BURST_LINKS:
            found.update(dict.fromkeys(together))
    return tuple(found)
