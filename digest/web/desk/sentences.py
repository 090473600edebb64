"""Sentences that are stored or raised in English, said where they are shown in the language of whoever reads them.

Checks, reasons, lines of the log and errors are made on floors that know no reader. What is kept is what was found; the
catalogue `locale/<language>.sentences.po` names the form of each sentence (`%(edition)s is %(word)s …`), by which it is
recognised. A field whose name begins with `word` is one of our words again; `count` is a number, so that what a person
wrote is not taken for a sentence of ours because it ends like one. What is not recognised stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

_FIELD = re.compile(r"%\((\w+)\)s")
_NUMBER = r"\d[\d,.]*"
_MARKS = (("; ", 2), (", ", 1))
"""What stands between sentences, and how many parts one of ours may have: "tells 4 events; 6 are the least"."""
_LONGEST = 4_000
"""Characters of a text that is looked at; ours are far shorter."""
Form = tuple[str, re.Pattern[str], str]
"""(what it begins with, the whole form, how it is said)."""


def said(language: str, text: str) -> str:
    """One sentence, or several parted by commas or semicolons, as far as they are known."""
    return _said(language, text) if language != "en" and 0 < len(text) <= _LONGEST else text


@lru_cache(maxsize=8192)
def _said(language: str, text: str) -> str:
    parted = [(mark, list(_in_turn(language, text.split(mark), mark, most))) for mark, most in _MARKS if mark in text]
    # Where each part is a sentence of ours, none of them is a field of another one.
    several = (
        mark.join(one for one, _ in told) for mark, told in parted if mark == "; " and all(known for _, known in told)
    )
    whole = next(several, None) or _whole(language, text)
    if whole is not None:
        return whole
    for mark, told in parted:
        if any(known for _, known in told):
            return mark.join(one for one, _ in told)
    return text


def _in_turn(language: str, parts: list[str], mark: str, most: int) -> Iterator[tuple[str, bool]]:
    """(sentence, whether it is known), each as long as it can be: one of ours may hold the mark itself."""
    place = 0
    while place < len(parts):
        for end in range(min(len(parts), place + most), place, -1):
            if end - place < len(parts) and (found := _whole(language, mark.join(parts[place:end]))) is not None:
                yield found, True
                break
        else:
            end = place + 1
            yield parts[place], False
        place = end


def _whole(language: str, text: str) -> str | None:
    exact, forms = _forms(language)
    if text in exact:
        return exact[text]
    for begin, form, translated in forms:
        if text.startswith(begin) and (found := form.fullmatch(text)):
            fields = {
                name: _said(language, value) if name.startswith("word") else value
                for name, value in found.groupdict().items()
            }
            return translated % fields
    return None


def _field(name: str) -> str:
    # What people typed may be empty: a subject that was taken out.
    return f"(?P<{name}>{_NUMBER if name == 'count' else '.+?' if name.startswith('word') else '.*?'})"


@cache
def _forms(language: str) -> tuple[dict[str, str], tuple[Form, ...]]:
    """Sentences without fields, and the forms of the others, the most definite first."""
    source = files("digest.web.desk").joinpath("locale", f"{language}.sentences.po").read_bytes()
    exact: dict[str, str] = {}
    forms: list[tuple[int, Form]] = []
    for message in read_po(BytesIO(source), locale=language, abort_invalid=True):
        own, translated = str(message.id), str(message.string)
        if not own:
            continue  # the head of the catalogue
        parts = _FIELD.split(own)
        if len(parts) == 1:
            exact[own] = translated
            continue
        # Texts and names of fields take turns.
        pattern = "".join(_field(part) if n % 2 else re.escape(part) for n, part in enumerate(parts))
        own_letters = sum(map(len, parts[::2]))
        forms.append((-own_letters, (parts[0], re.compile(pattern, re.DOTALL), translated)))
    forms.sort(key=lambda one: one[0])
    return exact, tuple(form for _, form in forms)
