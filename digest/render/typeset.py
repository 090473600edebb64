"""Text as it may be set: cleaned of what breaks a mail, cut, wrapped by columns, and safe as a link."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

import idna

LONGEST_URL = 2000
"""Longest link that is set, in characters; longer ones break in mail programs."""

# NUL to US without tab and newline, DEL, C1 (alone it makes Gmail clip), noncharacters, surrogates: any of them
# fails the compile or worse. Bidi embeddings, overrides and isolates would turn the text behind a headline around.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_FLAG_OR_FORBIDDEN = re.compile(f"(\U0001f3f4[\U000e0020-\U000e007e]{{1,8}}\U000e007f)|{_FORBIDDEN.pattern}")
"""The flags of England, Scotland and others are a black one and hidden letters, which are kept in nothing else."""
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED = re.compile(f"({_MARKS}{{4}}){_MARKS}+")
"""More marks on one letter than any language writes: they would cover the lines above and below."""
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BREAK = re.compile(r"[^\S\u00a0\u202f\u2007]+")  # spaces, less those that hold words together
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_PARAGRAPHS = re.compile(r"\n[ \t\r]*\n\s*")
# Characters a URL may hold as they are. The apostrophe is left out: click tracking cut links there.
_URL_SAFE = "!#$%&()*+,-./:;=?@[]_~"
_URL_PLAIN = re.compile(r"[A-Za-z0-9!#$%&()*+,\-./:;=?@\[\]_~]*")


def one_line(text: str, limit: int = 0) -> str:
    """The text on one line, without control and direction characters, cut to `limit` characters (0 = whole)."""
    if text.isascii() and text.isprintable() and "  " not in text:  # most texts; nothing forbidden is both
        line = text.strip()
    else:
        spaced = _SPACES.sub(" ", _FLAG_OR_FORBIDDEN.sub(r"\1", _LINE_ENDS.sub(" ", text)))
        line = _PILED.sub(r"\1", spaced).strip()
    return cut(line, limit) if limit else line


def typographic(line: str) -> str:
    """With the apostrophe of print between letters: outlets write both, which looks careless side by side."""
    return _APOSTROPHE.sub("\u2019", line) if "'" in line else line


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text in which a blank line parts them, each on one line."""
    lines = (one_line(part) for part in _PARAGRAPHS.split(text.replace("\r\n", "\n")))
    return tuple(line for line in lines if line)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended by an ellipsis between words where there is a space to end at."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ")
    if space > limit // 2:
        kept = kept[:space]
    # Half a letter (a base without its marks) would be another letter.
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip(" ,;:-–—") + "…"


def columns(text: str) -> int:
    """Width of a text in columns of a fixed-width font: wide letters take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def wrap(text: str, width: int = 72, *, indent: str = "", hanging: str | None = None) -> str:
    """The text in lines of at most `width` columns; words too long for a line are broken.

    Each line stands behind `indent`, the second and later ones behind `hanging` where that is given.
    """
    later = indent if hanging is None else hanging
    room = width - max(columns(indent), columns(later))
    lines: list[str] = []
    line: list[str] = []
    used = 0
    width_of = len if text.isascii() else columns
    for word in text.split() if text.isascii() else filter(None, _BREAK.split(text)):
        step = width_of(word)
        if line and used + 1 + step <= room:
            line.append(word)
            used += 1 + step
            continue
        if line:
            lines.append(" ".join(line))
        *full, last = _broken(word, room) if step > room else [word]
        lines.extend(full)
        line, used = [last], columns(last)
    if line:
        lines.append(" ".join(line))
    return "\n".join((later if number else indent) + line for number, line in enumerate(lines))


def safe_url(url: str) -> str | None:
    """The address in plain ASCII if it is http or https, has a host and no user name; otherwise None."""
    candidate = url.strip()
    # urlsplit drops line ends silently, and browsers read a backslash as a slash: such an address means two things.
    if set("\\\r\n\t") & set(candidate):
        return None
    if not candidate or len(candidate) > LONGEST_URL or _FORBIDDEN.search(candidate):
        return None
    try:
        parts = urlsplit(candidate)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    ascii_host = _ascii_host(host)
    if ascii_host is None:
        return None
    netloc = ascii_host if port is None else f"{ascii_host}:{port}"
    path, query, fragment = map(_quoted, (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def direction(text: str) -> str | None:
    """`ltr` or `rtl` by the first letter that has a direction; None where no letter has one."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return None


def words(text: str) -> int:
    """How many words a reader reads; in scripts without spaces two letters count as one."""
    dense = 0 if text.isascii() else len(_DENSE.findall(text))
    return len(text.split()) + dense // 2


def _quoted(part: str) -> str:
    return part if _URL_PLAIN.fullmatch(part) else quote(part, safe=_URL_SAFE)


def _ascii_host(host: str) -> str | None:
    if ":" in host:  # urlsplit has taken the brackets of an IPv6 literal away
        try:
            return f"[{ipaddress.IPv6Address(host)}]" if "%" not in host else None  # a zone is another machine's
        except ValueError:
            return None
    if host.isascii():
        return host if _HOST.fullmatch(host) else None
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _broken(word: str, room: int) -> list[str]:
    pieces = [""]
    used = 0
    for character in word:
        step = _width(character)
        if used + step > room:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += step
    return pieces
