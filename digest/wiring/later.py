"""Adapters that are loaded when they are first used: what only reads sources or sends keeps no first page waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


def later(opener: Callable[[], T]) -> T:
    """What `opener` opens, from its first use on; it is opened once, also by several threads."""
    return cast("T", _Later(opener))


class _Later(Generic[T]):
    """Passes every attribute on. For ports with ordinary methods: `len()`, `in` and the like are not passed on."""

    def __init__(self, opener: Callable[[], T]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._opened: list[T] = []

    def __getattr__(self, name: str) -> Any:
        # Only for what is not found on this object itself: for every name of the port.
        with self._lock:
            if not self._opened:
                self._opened.append(self._opener())
        return getattr(self._opened[0], name)


class LateMapping(Mapping[str, T]):
    """Values that are opened when they are first asked for, by names that are known before."""

    def __init__(self, openers: Mapping[str, Callable[[], T]]) -> None:
        self._openers = openers
        self._lock = threading.Lock()
        self._opened: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        opener = self._openers[name]
        with self._lock:
            if name not in self._opened:
                self._opened[name] = opener()
            return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._openers)

    def __len__(self) -> int:
        return len(self._openers)
