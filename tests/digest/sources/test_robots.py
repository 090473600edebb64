"""robots.txt by RFC 9309, and whatever else stands in such files."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.sources.robots import read_robots

TEXT = """
# a comment
User-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.php$
Crawl-delay: 2.5

User-agent: other
User-agent: Digest/2.0
Disallow: /only-ours   # ours
Disallow:
Sitemap: https://a.example/map.xml

User-agent: digest
Crawl-delay: 900
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("stranger", "/", True),
        ("stranger", "/private/x", False),
        ("stranger", "/private/open/x", True),
        ("stranger", "/private", True),
        ("stranger", "/a/b.php", False),
        ("stranger", "/a/b.php?c=1", True),
        ("stranger", "/%70rivate/x", False),
        ("stranger", "/robots.txt", True),
        ("digest", "/private/x", True),
        ("digest", "/only-ours", False),
        ("DIGEST", "/only-ours/x", False),
    ],
)
def test_the_longest_rule_of_the_own_group_decides(agent: str, path: str, allowed: bool) -> None:
    assert read_robots(TEXT, agent=agent).allows(f"https://a.example{path}") is allowed


def test_the_delay_is_read_and_bounded() -> None:
    assert read_robots(TEXT, agent="stranger").delay == 2.5
    assert read_robots(TEXT, agent="digest").delay == 30.0


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a*b", "/axxb", True), ("/a*b$", "/axbx", False), ("/a*b$", "/axbxb", True), ("/*", "/", True),
        ("/$", "/", True), ("/$", "/x", False), ("/a*", "/a", True), ("/ab$", "/a", False), ("/a*a$", "/a", False),
        ("/é", "/%C3%A9", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    rules = read_robots(f"User-agent: *\nDisallow: {pattern}", agent="x")
    assert rules.allows(f"https://a.example{path}") is not matches


def test_allow_wins_a_tie() -> None:
    assert read_robots("User-agent: *\nDisallow: /a\nAllow: /a", agent="x").allows("https://a.example/a")


def test_the_longest_rule_wins_wherever_it_stands() -> None:
    for text in ("Disallow: /a/b\nAllow: /a", "Allow: /a\nDisallow: /a/b"):
        rules = read_robots(f"User-agent: *\n{text}", agent="x")
        assert not rules.allows("https://a.example/a/b/c")
        assert rules.allows("https://a.example/a/c")


def test_without_rules_everything_is_allowed() -> None:
    for text in ("", "<html>404</html>", "Disallow: /", "User-agent: other\nDisallow: /"):
        assert read_robots(text, agent="x").allows("https://a.example/a")


def test_a_hostile_pattern_costs_no_time() -> None:
    rules = read_robots("User-agent: *\n" + f"Disallow: /{'*a' * 300}$\n" * 300, agent="x")
    start = time.process_time()
    assert rules.allows("https://a.example/" + "a" * 250 + "b")
    assert time.process_time() - start < 0.5


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_is_survived(text: str, path: str) -> None:
    read_robots("User-agent: *\nDisallow: " + text, agent="x").allows(
        "https://a.example/" + path.replace("[", "").replace("]", "")
    )
