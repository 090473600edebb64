"""Reads robots.txt by RFC 9309: groups by agent, longest match wins, `*` and `$` understood, Crawl-delay too."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

MAX_BYTES = 512_000
"""What is read of a robots.txt; the standard asks for at least 500 KiB."""

_MAX_RULES = 5_000
_MAX_DELAY = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One Allow or Disallow line."""

    allow: bool
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one host asks of one agent. Without rules everything is allowed."""

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0
    """Seconds between requests that the host asks for, at most 30."""

    def allows(self, url: str) -> bool:
        """True where `url` may be fetched: the longest matching rule decides, and Allow wins a tie."""
        parts = urlsplit(url)
        target = _normal(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if target == "/robots.txt":
            return True
        best: tuple[int, bool] = (-1, True)
        for rule in self.rules:
            if _matches(rule.pattern, target):
                best = max(best, (len(rule.pattern), rule.allow))
        return best[1]


@dataclass(slots=True)
class _Group:
    agents: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    delay: float = 0.0


def read_robots(text: str, *, agent: str) -> Rules:
    """The rules of `text` for `agent` (a product name such as `digest`): its own groups, else those for `*`."""
    groups = _groups(text)
    wanted = agent.lower()
    chosen = [group for group in groups if wanted in group.agents] or [group for group in groups if "*" in group.agents]
    rules = [rule for group in chosen for rule in group.rules][:_MAX_RULES]
    return Rules(rules=tuple(rules), delay=max((group.delay for group in chosen), default=0.0))


def _groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
    naming = False
    for line in text.removeprefix("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            if not naming:
                groups.append(_Group())
            product = re.match(r"[A-Za-z_-]+|\*", value)
            groups[-1].agents.append(product[0].lower() if product else "")
            naming = True
        elif groups and name in ("allow", "disallow"):
            naming = False
            if value:
                groups[-1].rules.append(Rule(allow=name == "allow", pattern=_normal(value)))
        elif groups and name == "crawl-delay":
            naming = False
            if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", value):
                groups[-1].delay = min(_MAX_DELAY, float(value))
    return groups


def _normal(path: str) -> str:
    """One spelling for every path: percent signs only where they are needed."""
    return quote(unquote(path, errors="replace"), safe="/*$?&=:@!'()+,;~%-._#[]")


def _matches(pattern: str, target: str) -> bool:
    """True where `pattern` matches the beginning of `target` (all of it after `$`). Linear, no backtracking."""
    anchored = pattern.endswith("$")
    parts = (pattern[:-1] if anchored else pattern).split("*")
    if not target.startswith(parts[0]):
        return False
    place = len(parts[0])
    for part in parts[1:-1]:
        found = target.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    if len(parts) == 1:
        return not anchored or place == len(target)
    last = parts[-1]
    if anchored:
        return len(target) - len(last) >= place and target.endswith(last)
    return target.find(last, place) >= 0
