"""The exit codes, and which error ends with which."""

from __future__ import annotations

import sys
from enum import IntEnum

from digest.model.errors import (
    AdapterError,
    BadDocument,
    ConfigError,
    DigestError,
    Lost,
    NotFound,
    Paused,
    StorageFailed,
)


class Exit(IntEnum):
    """What a command says to the shell when it ends."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BAD_DOCUMENT = 3
    NOTHING = 4
    HELD = 5
    PARTLY = 6
    PROVIDER = 7
    ELSEWHERE = 8
    UNCERTAIN = 9
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done, or done already",
    Exit.FAILED: "failed; the error says why and what to do",
    Exit.USAGE: "wrong usage or configuration, or a name that does not exist here",
    Exit.BAD_DOCUMENT: "a document could not be read; the others were",
    Exit.NOTHING: "nothing to send, skipped by rule, or a blocker stands",
    Exit.HELD: "held or stopped: it needs a person",
    Exit.PARTLY: "sent, but some readers' messages were rejected or came back",
    Exit.PROVIDER: "the other side (a mail provider, a source) refused us or is out of reach",
    Exit.ELSEWHERE: "somebody else holds it or was faster; look again",
    Exit.UNCERTAIN: "uncertain: deliveries are in doubt or held",
    Exit.INTERRUPTED: "interrupted; run it again to go on",
}
"""One line of help for each code."""


class Stopped(DigestError):
    """A command that ends with `code` and says why: no defect, and nothing was changed."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def exit_of(error: BaseException) -> Exit | None:
    """The code an error ends with, or None for one that nobody foresaw."""
    if isinstance(error, Stopped):
        return error.code
    if isinstance(error, ConfigError | NotFound) or _is(error, "pydantic_core", "ValidationError"):
        return Exit.USAGE
    if isinstance(error, BadDocument):
        return Exit.BAD_DOCUMENT
    if isinstance(error, Paused):
        return Exit.HELD
    if isinstance(error, Lost):
        return Exit.ELSEWHERE
    if isinstance(error, AdapterError):
        return Exit.PROVIDER
    if _is(error, "digest.workflow.edition.review", "Blocked"):
        return Exit.NOTHING
    if _is(error, "subscribers.model", "ModelError"):
        return Exit.USAGE
    if isinstance(error, DigestError | OSError) or _is(error, "subscribers.model", "SubscribersError"):
        return Exit.FAILED
    return Exit.FAILED if _is(error, "sqlalchemy.exc", "SQLAlchemyError") else None


def _is(error: BaseException, module: str, name: str) -> bool:
    """isinstance without an import: what was never loaded cannot have been raised."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(error, kind)


ASK_THE_DOCTOR = "; `digest doctor` looks what is wrong"
"""What everybody but the doctor says of a database that fails."""


def explain(error: BaseException) -> str:
    """One or more lines for people. Of a database error only the driver's words: the rest may hold addresses."""
    if isinstance(error, StorageFailed):
        return f"{error}{ASK_THE_DOCTOR}"
    if isinstance(error, DigestError):
        return str(error)
    if _is(error, "sqlalchemy.exc", "SQLAlchemyError"):
        from digest.store.db import words_of

        return f"the database at storage.url: {words_of(error)}{ASK_THE_DOCTOR}"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    if _is(error, "pydantic_core", "ValidationError"):
        return " ".join(str(error).split())
    return str(error) or type(error).__name__
