"""Files that a person names: opened for reading, `-` is standard input, and a clear end where that fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from digest.cli.exits import Exit, Stopped


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The bytes of `path`. Raises Stopped, with the code of a document that cannot be read."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 - the errors of opening are told from those of using it
    except (OSError, ValueError) as error:
        raise Stopped(f"{path}: cannot be opened ({_reason(error)})", Exit.BAD_DOCUMENT) from error
    with file:
        try:
            file.peek(1)
        except OSError as error:
            raise Stopped(f"{path}: cannot be read ({_reason(error)})", Exit.BAD_DOCUMENT) from error
        yield file


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
