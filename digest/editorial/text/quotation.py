"""Whether every quotation mark and bracket of a text has its partner, in order."""

from __future__ import annotations

_CLOSES = {
    "”": "“„", ")": "(", "]": "[", "」": "「", "』": "『", "）": "（", "›": "‹", "‹": "›", "»": "«", "«": "»", "“": "„",
}  # fmt: skip
"""Closing mark -> the marks that it closes. Guillemets point either way; the English opening mark is German's end."""
_OPENS = frozenset("“„([「『（‹›«»")


def balanced(text: str) -> bool:
    """True where every quotation mark and bracket has its partner, opened before it is closed."""
    return first_unpaired(text) is None


def first_unpaired(text: str) -> int | None:
    """Place of the first mark without a partner, or None. Apostrophes, feet, inches and genitives are no marks."""
    opened: list[tuple[str, int]] = []
    for place, mark in enumerate(text):
        top = opened[-1][0] if opened else ""
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if mark in "'’‘‚\"":
            change = _of_word_mark(mark, top, before, after)
        elif top and top in _CLOSES.get(mark, ""):
            change = -1
        elif mark in _OPENS:
            change = 1
        elif mark in _CLOSES:
            change = None
        else:
            continue
        if change is None:
            return min([at for _, at in opened] + [place])
        if change > 0:
            opened.append((mark, place))
        elif change < 0:
            opened.pop()
    return opened[0][1] if opened else None


def _of_word_mark(mark: str, top: str, before: str, after: str) -> int | None:
    """1 opens, -1 closes, 0 belongs to a word, None closes what nobody opened."""
    inside = before.isalnum() and after.isalnum()
    if mark == '"':
        return -1 if top == '"' else 0 if before.isdigit() else 1
    if inside and mark != "‚":
        return 0
    if mark == "‚":
        return 1
    if mark == "‘":
        return -1 if top == "‚" else 0 if after.isdigit() else 1
    if top in ("‘", "‚") and mark == "’":
        return -1
    if mark == "'" and top == "'" and not (before.isspace() or not before):
        return -1
    if after.isalnum():  # at the head of a word: ’tis, the '90s, or a straight mark that opens
        return 1 if mark == "'" and after.isalpha() else 0
    return 0 if before.isdigit() or before in ("s", "S", "x", "z") else None
