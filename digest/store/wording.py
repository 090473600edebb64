"""What an edition is found by: the words that are kept of it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists

from digest.store.tables import edition_words, editions

_LAST = "\U0010ffff"


def holds(term: str) -> ColumnElement[bool]:
    """SQL over `editions`: a word of the edition begins with the term (folded)."""
    return exists().where(
        and_(
            edition_words.c.edition == editions.c.name,
            edition_words.c.word >= term,
            edition_words.c.word < term + _LAST,
        )
    )
