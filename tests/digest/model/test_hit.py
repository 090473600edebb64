"""Machines among the hits: every rule by an example, and people by none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.model.hit import RULES, Hit, bursts, machine_rule, too_soon

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
EXAMPLES = {
    "head": Hit(method="HEAD", agent=FIREFOX, click=True),
    "prefetch": Hit(method="GET", agent=FIREFOX, purpose="prefetch;prerender", click=True),
    "apple_privacy": Hit(method="GET", agent="Mozilla/5.0"),
    "gmail_proxy": Hit(
        method="GET",
        agent="Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    ),
    "yahoo_proxy": Hit(method="GET", agent="YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"),
    "scanner": Hit(method="GET", agent="Mozilla/5.0 (compatible; BarracudaCentral)", click=True),
    "robot": Hit(
        method="GET", agent="Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", click=True
    ),
    "no_agent": Hit(method="GET", click=True),
}


@pytest.mark.parametrize("rule", [name for name, _ in RULES])
def test_every_rule_has_an_example(rule: str) -> None:
    assert machine_rule(EXAMPLES[rule]) == rule


@pytest.mark.parametrize("agent", [FIREFOX, IPHONE, OUTLOOK])
@pytest.mark.parametrize("click", [False, True])
def test_people_are_no_machines(agent: str, click: bool) -> None:
    assert machine_rule(Hit(method="GET", agent=agent, click=click)) == ""


def test_apples_agent_is_a_persons_where_a_link_is_pressed() -> None:
    assert machine_rule(Hit(method="GET", agent="Mozilla/5.0", click=True)) == ""


def test_too_soon_after_sending() -> None:
    assert too_soon(NOW + timedelta(seconds=9), NOW)
    assert not too_soon(NOW + timedelta(seconds=10), NOW)
    assert not too_soon(NOW, None)


def _at(*clicks: tuple[float, int]) -> list[tuple[datetime, str]]:
    return [(NOW + timedelta(seconds=seconds), f"https://a.example/{link}") for seconds, link in clicks]


@pytest.mark.parametrize(
    ("clicks", "machine"),
    [
        (_at((0, 1), (1, 2), (2, 3)), 3),
        (_at((0, 1), (9, 2), (11, 3)), 0),
        (_at((0, 1), (1, 1), (2, 1), (3, 2)), 0),
        (_at((0, 1), (60, 2), (61, 3), (62, 4), (200, 5)), 3),
        ([], 0),
    ],
)
def test_many_links_at_once_are_a_scanners(clicks: list[tuple[datetime, str]], machine: int) -> None:
    assert len(bursts(clicks)) == machine
