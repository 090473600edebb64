"""The words by which an edition is found again in the archive, folded the same way as what a reader asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from digest.model.edition import (
    Block,
    BriefsBlock,
    Edition,
    LeadBlock,
    MissedBlock,
    NoteBlock,
    NumberBlock,
    PictureBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)

LONGEST_WORD = 40
"""Characters of a word that are kept."""
MOST_TERMS = 8
"""Words of a question that are looked for."""

_WORD = re.compile(r"[^\W_]+")
_LONGEST_QUESTION = 200
FOLDING = 2
"""Which way of folding the kept words come from. Raise it with every change of `folded_words`: what was kept before is
then read anew."""

# Unicode takes no accent off these, and many keyboards do not have them. In Arabic the feminine ending and the final
# ya are often typed without their dots.
_PLAIN = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n",
        "\u0629": "\u0647", "\u0649": "\u064a", "\u0640": None,
    }
)  # fmt: skip


def folded_words(text: str) -> list[str]:
    """Words and numbers in order, without case, accents, vowel points and Arabic's stretching: Élysée is elysee.

    Letters that are two or have a stroke are as on a plain keyboard: Cœur is coeur, Łódź is lodz.
    """
    spread = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    plain = "".join(character for character in spread if not unicodedata.combining(character))
    # Once more composed: what is left may still be a letter of its own (Hangul).
    return [word[:LONGEST_WORD] for word in _WORD.findall(unicodedata.normalize("NFKC", plain))]


def terms_of(question: str) -> tuple[str, ...]:
    """What a reader asks for, each word once, at most eight; empty where it holds no word."""
    return tuple(dict.fromkeys(folded_words(question[:_LONGEST_QUESTION])))[:MOST_TERMS]


def edition_words(edition: Edition) -> frozenset[str]:
    """Every word that stands in the edition, its related headlines too."""
    parts = [edition.subject, edition.preheader]
    for section in edition.sections:
        parts.append(section.title)
        for block in section.blocks:
            parts.extend(_texts(block))
    return frozenset(word for part in parts for word in folded_words(part))


def headline_for(edition: Edition, terms: tuple[str, ...]) -> Told | None:
    """The story of the edition that says most of what was asked for; None where no single one says any of it."""
    best, most = None, 0
    for told in edition.told:
        words = folded_words(" ".join(_story(told)))
        said = sum(any(word.startswith(term) for word in words) for term in terms)
        if said > most:
            best, most = told, said
    return best


def _texts(block: Block) -> Iterator[str]:
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            yield from _story(told)
        case BriefsBlock(told=several) | MissedBlock(told=several):
            for told in several:
                yield from _story(told)
        case NoteBlock(text=text, signed=signed):
            yield from (text, signed)
        case QuoteBlock(text=text, by=by, outlet=outlet):
            yield from (text, by, outlet)
        case NumberBlock(number=number, text=text, outlet=outlet):
            yield from (number, text, outlet)
        case PictureBlock(alt=alt, caption=caption, credit=credit):
            yield from (alt, caption, credit)


def _story(told: Told) -> Iterator[str]:
    yield from (told.headline, told.blurb, told.kicker, told.outlet)
    for related in told.related:
        yield from (related.headline, related.outlet)
