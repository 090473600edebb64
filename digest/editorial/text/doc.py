"""Doc: a text as it is compared with others, and its words as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.editorial.text.calendar import weightless
from digest.editorial.text.languages import UNKNOWN
from digest.editorial.text.spellings import one_way
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import plain_number, written_tokens
from digest.model.story import Story

WORD_CAP = 400
"""Words of body that are looked at; more adds nothing (research: story picking, section 0)."""
CHARACTER_CAP = WORD_CAP * 12
"""12 characters a word is generous: what lies behind would be cut anyway."""

STEM_LETTERS = 6
OPENING = 400
"""Characters of text, beside the headline, in `opening_of`."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """A text to be compared. Title or text may be empty; `published` None = unknown."""

    id: str = ""
    title: str
    text: str = ""
    language: str = UNKNOWN
    published: datetime | None = None
    url: str = ""


def doc_of(story: Story) -> Doc:
    """What a story is compared by: headline and text, or its standfirst where it has no text.

    A story that came without a date was given that of its first sight: that says nothing about the happening.
    """
    return Doc(
        id=story.id,
        title=story.headline,
        text=story.text or story.standfirst,
        language=story.language,
        published=story.published_at if story.is_dated else None,
        url=story.url,
    )


def opening_of(story: Story) -> Doc:
    """Headline and first lines, about as much as an edition tells: what earlier news is compared by.

    The cut for earlier news was measured on texts of this length; whole articles are less alike.
    """
    whole = doc_of(story)
    return replace(whole, text=whole.text[:OPENING])


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The words of docs, each word one number; `heads` are the titles' words, `bodies` those of the texts."""

    heads: tuple[Ints, ...]
    bodies: tuple[Ints, ...]
    vocabulary: dict[str, int]
    languages: tuple[str, ...]

    def content(self) -> list[Ints]:
        """Of every doc the title twice, for it says most, and the text; without function words and those of time."""
        empty = {language: self._stop_codes(language) for language in set(self.languages)}
        found = []
        for head, body, language in zip(self.heads, self.bodies, self.languages, strict=True):
            words = np.concatenate((head, head, body))
            found.append(words[~empty[language][words]])
        return found

    def stems(self) -> list[Ints]:
        """`content`, each word cut to its first letters: "strikes" and "striking" are one, in most languages."""
        stems: dict[str, int] = {}
        codes = [
            stems.setdefault(word[:STEM_LETTERS] if word[0] > "9" else word, len(stems)) for word in self.vocabulary
        ]
        table = np.array(codes, np.int64)
        return [table[words] for words in self.content()]

    def _stop_codes(self, language: str) -> NDArray[np.bool_]:
        marked = np.zeros(len(self.vocabulary) + 1, np.bool_)
        empty = stop_words(language) | weightless(language)
        marked[[self.vocabulary[word] for word in empty if word in self.vocabulary]] = True
        return marked


def encode(docs: Sequence[Doc]) -> Encoded:
    """Read the words of every doc once, for all that is made of them."""
    numbers = _Numbers()
    return Encoded(
        heads=tuple(_codes(written_tokens(doc.title), numbers) for doc in docs),
        bodies=tuple(_codes(written_tokens(doc.text[:CHARACTER_CAP])[:WORD_CAP], numbers) for doc in docs),
        vocabulary=numbers.vocabulary,
        languages=tuple(doc.language for doc in docs),
    )


class _Numbers(dict[str, int]):
    """Word as written -> its number, which it is given when it is first asked for: a word is looked at once, not often.

    Ways to write one number or one name have one code; `vocabulary` has the plain one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.vocabulary: dict[str, int] = {}

    def __missing__(self, written: str) -> int:
        word = one_way(written) if written[0] > "9" else plain_number(written)
        code = self[written] = self.vocabulary.setdefault(word, len(self.vocabulary))
        return code


def _codes(words: Sequence[str], numbers: _Numbers) -> Ints:
    return np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
