"""Bytes to text: byte order mark, then HTTP header, then the document's own declaration, UTF-8, then detection."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from charset_normalizer import from_bytes

from digest.model.errors import BadDocument
from digest.sources.alphabets import own_page

Declaration = Literal["xml", "html", "none"]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9_.:-]{2,40})""")
_HTML_DECLARED = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.I)
_HEAD = 4_096
_ALIASES = {
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
    "x-sjis": "cp932", "iso-8859-9": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874",
}  # fmt: skip
"""Labels that the web uses for a superset (the WHATWG encoding standard)."""
_TEXT_CODECS = frozenset({"utf", "cp", "iso8859", "koi8", "gb", "big5", "euc", "shift", "hz", "mac", "johab"})
_MOJIBAKE = re.compile("[ÃÂâÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_HIGH_RUN = re.compile("[À-ÖØ-öø-ÿ]{3,}")
_TAG = re.compile(rb"<[^<>]{0,2000}>")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


def decode(path: str, content: bytes, *, declaration: Declaration = "none", charset: str | None = None) -> str:
    """The text of `content`, or BadDocument that names `path`.

    `charset` is the one of the HTTP header. A page or feed that declares an encoding in which it cannot be read
    is read in the one that fits; plain text declares nothing, so it must be UTF-8 or bear a byte order mark.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _checked(path, _strict(path, content[len(mark) :], encoding))
    named = [charset] if charset else []
    if declaration != "none":
        pattern = _XML_DECLARED if declaration == "xml" else _HTML_DECLARED
        declared = pattern.search(content[:_HEAD])
        if declared is not None:
            named.append(declared[1].decode("ascii"))
    for label in (*named, "utf-8"):
        text = _try(content, label)
        if text is not None:
            return _checked(path, text)
    if declaration == "none" and not named:
        return _checked(path, _strict(path, content, "utf-8"))
    return _checked(path, _detected(path, content))


def has_wide_mark(content: bytes) -> bool:
    """True where the bytes begin with the mark of UTF-16 or UTF-32, in which NUL bytes are no sign of garbage."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))


def _try(content: bytes, label: str) -> str | None:
    name = label.strip().lower()
    name = _ALIASES.get(name, name)
    try:
        codec = codecs.lookup(name).name.replace("_", "").replace("-", "")
        if not any(codec.startswith(start) for start in _TEXT_CODECS):
            return None
        return content.decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None


def _strict(path: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadDocument(
            path,
            f"not {encoding.upper()} text (byte {error.start + 1:,} does not fit); "
            "save it as UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8`",
        ) from error


def _detected(path: str, content: bytes) -> str:
    """Its own language's code page, Windows-1252 where it reads as Western text, else what detection is sure of."""
    western = _try(content, "cp1252")
    own = own_page(content, content.decode("cp1252", "replace"))
    if own:
        return content.decode(own)
    if western is not None and _reads_western(western):
        return western
    best = from_bytes(_TAG.sub(b" ", content)[:200_000]).best()
    text = _try(content, best.encoding) if best is not None and best.chaos < 0.2 else None
    if text is None:
        raise BadDocument(path, "its encoding is not the one it declares and cannot be told; save it as UTF-8")
    return text


def _reads_western(text: str) -> bool:
    """True where characters above ASCII are few and stand as letters or punctuation of Western text do.

    Few, and alone: where most stand beside each other, Cyrillic or Greek words hide among much markup.
    """
    high = [char for char in text if char > "\x7f"]
    if 2 * sum(map(len, _HIGH_RUN.findall(text))) > len(high):
        return False
    letters = sum(char.isalpha() for char in high)
    return len(high) <= 0.15 * len(text) and letters + sum(char in "‘’“”–—…•€£«»°§©®™ ·" for char in high) >= 0.9 * len(
        high
    )


def _checked(path: str, text: str) -> str:
    """`text` without a leading mark, or BadDocument where it is binary or was decoded wrongly before it came here."""
    text = text.removeprefix("\ufeff")
    length = max(len(text), 1)
    if len(_CONTROL.findall(text[:65_536])) > 0.01 * min(length, 65_536):
        raise BadDocument(path, "binary, not text; give a text page, a feed or an HTML page")
    if text.count("\ufffd") > max(4, 0.002 * length):
        raise BadDocument(path, "its text was damaged by a wrong encoding (many U+FFFD); fetch or save it again")
    garbled = _MOJIBAKE.findall(text[:500_000])
    if len(garbled) > max(4, 0.004 * min(length, 500_000)):
        raise BadDocument(
            path, f"its text is garbled by a wrong encoding (such as {garbled[0]!r}); fetch or save it again as UTF-8"
        )
    return text
