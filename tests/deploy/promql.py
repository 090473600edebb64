"""A parser of the part of PromQL that our alert rules use: enough to refuse what Prometheus would refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<string>\"[^\"]*\")|(?P<word>[a-zA-Z_:][\w:]*)"
    r"|(?P<range>\[\d+[smhd]\])|(?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^<>=(){},]))"
)
AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count"})
FUNCTIONS = {"time": 0, "absent": 1, "rate": 1, "increase": 1}
OVER_TIME = frozenset({"rate", "increase"})
OPERATORS = (
    frozenset({"or"}), frozenset({"and", "unless"}), frozenset({"==", "!=", ">", "<", ">=", "<="}),
    frozenset({"+", "-"}), frozenset({"*", "/", "%"}),
)  # fmt: skip
"""From the loosest to the tightest."""


@dataclass
class Expression:
    """What was read: selectors as (metric, {label: value}), and labels named beside them."""

    selectors: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)


def parse(text: str) -> Expression:
    """Raises ValueError for what is no expression."""
    parser = _Parser(text)
    parser.binary(0)
    if parser.tokens:
        raise ValueError(f"{text!r}: {parser.tokens[0]!r} is too much")
    return parser.found


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.found = text, _tokens(text), Expression()

    def take(self, *wanted: str) -> str:
        if not self.tokens or (wanted and self.tokens[0] not in wanted):
            raise ValueError(f"{self.text!r}: {wanted or 'more'} is wanted before {self.tokens[:1]}")
        return self.tokens.pop(0)

    def next_is(self, *wanted: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in wanted

    def binary(self, level: int) -> None:
        if level == len(OPERATORS):
            self.operand()
            return
        self.binary(level + 1)
        while self.next_is(*OPERATORS[level]):
            self.take()
            if self.next_is("on", "ignoring"):
                self.take()
                self.names()
            self.binary(level + 1)

    def operand(self) -> None:
        first = self.take()
        if first == "(":
            self.binary(0)
            self.take(")")
        elif first in AGGREGATIONS:
            if self.next_is("by", "without"):
                self.take()
                self.names()
            self.take("(")
            self.binary(0)
            self.take(")")
        elif first in FUNCTIONS:
            self.take("(")
            if first in OVER_TIME:
                self.over_time(first)
            elif FUNCTIONS[first]:
                self.binary(0)
            self.take(")")
        elif first[0].isalpha():
            self.found.selectors.append((first, self.matchers() if self.next_is("{") else {}))
        elif not first[0].isdigit():
            raise ValueError(f"{self.text!r}: {first!r} begins nothing")

    def over_time(self, function: str) -> None:
        """A selector and how far back."""
        metric = self.take()
        self.found.selectors.append((metric, self.matchers() if self.next_is("{") else {}))
        if not self.take().startswith("["):
            raise ValueError(f"{self.text!r}: {function} wants a range, such as [5m]")

    def matchers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self.take("{")
        while not self.next_is("}"):
            name = self.take()
            self.take("=", "!=", "=~", "!~")
            found[name] = self.take().strip('"')
            if not self.next_is("}"):
                self.take(",")
        self.take("}")
        return found

    def names(self) -> None:
        self.take("(")
        while not self.next_is(")"):
            self.found.labels.add(self.take())
            if not self.next_is(")"):
                self.take(",")
        self.take(")")


def _tokens(text: str) -> list[str]:
    found, place, text = [], 0, text.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"{text!r}: {text[place:]!r} cannot be read")
        found.append(match[0].strip())
        place = match.end()
    return found
