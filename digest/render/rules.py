"""The MJML tags that we use: where each may stand and which attributes it takes. The compiler checks nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from digest.model.errors import RenderFailed

LARGEST = 600_000
"""Most characters of MJML that are compiled."""
DEEPEST = 60
"""Most tags within each other; thousands would overflow the compiler's stack and end the process."""

_BOX = frozenset({"padding", "padding-top", "padding-right", "padding-bottom", "padding-left"})
_TYPE = frozenset({"align", "color", "font-family", "font-size", "font-style", "font-weight", "line-height"})
_COMMON = frozenset({"css-class", "mj-class"})

PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset({""}),
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    "mj-title": frozenset({"mj-head"}),
    "mj-preview": frozenset({"mj-head"}),
    "mj-attributes": frozenset({"mj-head"}),
    "mj-style": frozenset({"mj-head"}),
    "mj-breakpoint": frozenset({"mj-head"}),
    "mj-raw": frozenset({"mj-head", "mj-body", "mj-column"}),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-column": frozenset({"mj-section", "mj-group", "mj-attributes"}),
    "mj-group": frozenset({"mj-section"}),
    "mj-text": frozenset({"mj-column", "mj-attributes"}),
    "mj-image": frozenset({"mj-column", "mj-attributes"}),
    "mj-button": frozenset({"mj-column", "mj-attributes"}),
    "mj-divider": frozenset({"mj-column", "mj-attributes"}),
    "mj-spacer": frozenset({"mj-column", "mj-attributes"}),
    "mj-table": frozenset({"mj-column", "mj-attributes"}),
}
"""Tag -> the tags it may stand in; the empty name is the top."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-body": frozenset({"width", "background-color", "css-class"}),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-style": frozenset(),
    "mj-breakpoint": frozenset({"width"}),
    "mj-raw": frozenset(),
    "mj-all": _TYPE | _BOX,
    "mj-wrapper": _BOX | _COMMON | {"background-color", "border", "border-top", "border-bottom", "full-width"},
    "mj-section": _BOX
    | _COMMON
    | {"background-color", "border", "border-top", "border-bottom", "direction", "full-width", "text-align"},
    "mj-column": _BOX | _COMMON | {"background-color", "border", "direction", "vertical-align", "width"},
    "mj-group": frozenset({"width", "vertical-align", "direction", "background-color"}) | _COMMON,
    "mj-text": _BOX | _TYPE | _COMMON | {"height", "letter-spacing", "text-decoration", "text-transform"},
    "mj-image": _BOX
    | _COMMON
    | {"align", "alt", "border-radius", "fluid-on-mobile", "height", "href", "src", "target", "width"},
    "mj-button": _BOX
    | _TYPE
    | _COMMON
    | {
        "background-color",
        "border",
        "border-radius",
        "href",
        "inner-padding",
        "target",
        "text-decoration",
        "width",
    },
    "mj-divider": _BOX | _COMMON | {"align", "border-color", "border-style", "border-width", "width"},
    "mj-spacer": _BOX | _COMMON | {"height"},
    "mj-table": _BOX | _TYPE | _COMMON | {"border", "cellpadding", "cellspacing", "role", "table-layout", "width"},
}
"""Tag -> the attributes it takes, as the MJML documentation lists them, less those the compiler ignores."""

# Possessive throughout: what was read is not read again, whatever follows.
_TAG = re.compile(r"""<(/?)([A-Za-z_][A-Za-z0-9_.:-]*+)((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>([^<]*+)""")
_ATTRIBUTE = re.compile(r"""([A-Za-z][A-Za-z0-9:-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|rgba?\([0-9., %]+\)|transparent|inherit")
_SIZES = re.compile(r"(?:(?:\d+(?:\.\d+)?(?:px|em|%)?|auto)(?: (?!$)|$)){1,4}")
_VALUES = {
    **dict.fromkeys(("color", "background-color", "border-color"), _COLOUR),
    **dict.fromkeys((*sorted(_BOX), "inner-padding", "font-size", "line-height", "width", "height"), _SIZES),
    **dict.fromkeys(("border-radius", "border-width", "letter-spacing"), _SIZES),
}
"""Attribute -> what its value has to look like; the compiler writes anything into the style."""
_HOLDS_HTML = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw"})
_HOLDS_WORDS = _HOLDS_HTML | {"mj-title", "mj-preview", "mj-style"}
_ONCE = frozenset({"mjml", "mj-head", "mj-body"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "wbr", "col"})


def check_mjml(mjml: str) -> bool:
    """Raise RenderFailed (place: the line) on anything the tables do not allow, or that is too large or deep.

    True where a tag goes over several lines.
    """
    if len(mjml) > LARGEST:
        raise RenderFailed("mjml", f"{len(mjml):,} characters are more than the {LARGEST:,} that are compiled")
    control = _CONTROL.search(mjml)
    if control:
        raise _failure(mjml, control, f"holds the control character U+{ord(control[0]):04X}")
    spread = False
    standing = [""]
    seen: set[str] = set()
    # Tuples, not matches: the place of a tag is only looked for where it is wrong.
    for number, (closing, name, attributes, words) in enumerate(_TAG.findall(mjml)):
        if "\n" in attributes:
            spread = True
        if closing:
            opened = standing.pop() if name not in _VOID else name
            if opened != name:
                raise _wrong_tag(mjml, number, f"</{name}> closes <{opened}>")
        else:
            reason = _reason_against(name, attributes, standing[-1])
            if name in _ONCE:
                reason = reason or (f"there is a second <{name}>" if name in seen else "")
                seen.add(name)
            if reason:
                raise _wrong_tag(mjml, number, reason)
            if not attributes.endswith("/") and name not in _VOID:
                standing.append(name)
                if len(standing) > DEEPEST:
                    raise _wrong_tag(mjml, number, f"tags are nested more than {DEEPEST} deep")
        around = standing[-1]
        if around.startswith("mj") and around not in _HOLDS_WORDS and not words.isspace() and words:
            raise _wrong_tag(mjml, number, f"the words {words.strip()[:40]!r} may not stand in <{around}>")
    if len(standing) > 1:
        raise RenderFailed("mjml", f"<{standing[-1]}> is never closed")
    return spread


def _reason_against(name: str, attributes: str, parent: str) -> str:
    """Why the tag may not stand there like that, or empty."""
    if not name.lower().startswith("mj"):
        # What is in a tag of HTML is the mail program's; in our own, only some hold any.
        wrong = parent not in _HOLDS_HTML and (parent.startswith("mj") or not parent)
        return f"<{name}> may not stand in <{parent or 'nothing'}>" if wrong else ""
    parents = PARENTS.get(name)
    if parents is None:
        return f"<{name}> is not a tag that we compile"
    if parent not in parents:
        return f"<{name}> may not stand in <{parent or 'nothing'}>"
    return _reason_against_attributes(name, attributes)


@lru_cache(maxsize=512)
def _reason_against_attributes(name: str, attributes: str) -> str:
    """Cached, for a mail repeats its few tags hundreds of times."""
    left = _ATTRIBUTE.sub("", attributes).removesuffix("/").strip()
    if left:
        return f"<{name}> has {left[:40]!r}, which is no attribute with a value in quotes"
    given: set[str] = set()
    for attribute, double, single in _ATTRIBUTE.findall(attributes):
        if attribute not in ATTRIBUTES[name]:
            return f"<{name}> has no attribute {attribute}"
        if attribute in given:
            return f"<{name}> has the attribute {attribute} twice"
        given.add(attribute)
        form = _VALUES.get(attribute)
        if form and not form.fullmatch(double or single):
            return f"<{name}> cannot have {attribute} {(double or single)[:40]!r}"
    return ""


def _wrong_tag(mjml: str, number: int, reason: str) -> RenderFailed:
    return _failure(mjml, next(islice(_TAG.finditer(mjml), number, None)), reason)


def _failure(mjml: str, match: re.Match[str], reason: str) -> RenderFailed:
    return RenderFailed(f"mjml line {mjml.count(chr(10), 0, match.start()) + 1}", reason)
