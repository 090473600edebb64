"""Latin letters of another code page: Czech, Hungarian or Turkish bytes that also read, wrongly, as Western ones."""

from __future__ import annotations

import re

from digest.editorial.text.languages import detect

_ALPHABETS = {
    "cs": ("cp1250", "áčďéěíňóřšťúůýž"), "sk": ("cp1250", "áäčďéíĺľňóôŕšťúýž"), "pl": ("cp1250", "ąćęłńóśźż"),
    "hu": ("cp1250", "áéíóöőúüű"), "hr": ("cp1250", "čćđšž"), "sr": ("cp1250", "čćđšž"), "sl": ("cp1250", "čšž"),
    "ro": ("cp1250", "ăâîşţ"), "sq": ("cp1250", "çë"), "tr": ("cp1254", "âçğıîöşüû"),
    "lt": ("cp1257", "ąčęėįšųūž"), "lv": ("cp1257", "āčēģīķļņšūž"), "et": ("cp1257", "äõöüšž"),
}  # fmt: skip
"""Of each language the code page of Windows that it was written in, and its letters beyond ASCII."""
_SILENT = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^<>]{0,2000}>|&[#\w]{1,32};", re.I | re.S)
_MARKS = frozenset("‘’‚“”„–—…«»‹›•\xa0")
_LOOK_AT = 100_000
_MOSTLY = 0.9


def own_page(content: bytes, western: str) -> str:
    """The code page of the text's own language, where its letters fit that alphabet and `western` ones do not.

    `western` is `content` read as Windows-1252. Empty where that reading is as good as any other. The language is told
    by its ASCII letters, most of all; the letters beyond them must agree, so that a wrong guess changes nothing.
    """
    for page in sorted({page for page, _ in _ALPHABETS.values()}):
        try:
            text = content.decode(page)
        except UnicodeDecodeError:
            continue
        own, alphabet = _ALPHABETS.get(detect(_longest_lines(text)), ("", ""))
        fits = _share(text, alphabet)
        if own == page and fits >= _MOSTLY and fits > _share(western, alphabet):
            return page
    return ""


def _longest_lines(text: str) -> str:
    """The text without tags, its longest lines first: the language is told by the first letters."""
    lines = (" ".join(line.split()) for line in _SILENT.sub("\n", text[:_LOOK_AT]).splitlines())
    return " ".join(sorted(lines, key=len, reverse=True)[:5])


def _share(text: str, alphabet: str) -> float:
    """Of the signs beyond ASCII, quotation marks and dashes aside, the share that belongs to the alphabet."""
    high = [sign for sign in text.casefold() if sign > "\x7f" and sign not in _MARKS]
    return sum(sign in alphabet for sign in high) / len(high) if high else 0.0
