"""The MJML tags that we use: where each may stand and which attributes it takes. The compiler checks nothing."""

from __future__ import annotations

import re

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

_TAG = re.compile(r"""<(/?)([A-Za-z][A-Za-z0-9-]*)((?:[^<>"']|"[^"]*"|'[^']*')*?)(/?)>""")
_ATTRIBUTE = re.compile(r"""([A-Za-z][A-Za-z0-9:-]*)\s*=\s*(?:"[^"]*"|'[^']*')""")
_VOID = frozenset({"br", "hr", "img", "meta", "link", "wbr", "col"})


def check_mjml(mjml: str) -> None:
    """Raise RenderFailed (place: the line) on anything the tables do not allow, or that is too large or deep."""
    if len(mjml) > LARGEST:
        raise RenderFailed("mjml", f"{len(mjml):,} characters are more than the {LARGEST:,} that are compiled")
    standing = [""]
    for match in _TAG.finditer(mjml):
        closing, name, attributes, closed = match.groups()
        if name in _VOID:
            continue
        if closing:
            if standing[-1] != name:
                raise _failure(mjml, match, f"</{name}> closes <{standing[-1]}>")
            standing.pop()
            continue
        if name.startswith("mj"):
            _check_tag(mjml, match, name, attributes, standing)
        if not closed:
            standing.append(name)
            if len(standing) > DEEPEST:
                raise _failure(mjml, match, f"tags are nested more than {DEEPEST} deep")
    if len(standing) > 1:
        raise RenderFailed("mjml", f"<{standing[-1]}> is never closed")


def _check_tag(mjml: str, match: re.Match[str], name: str, attributes: str, standing: list[str]) -> None:
    parents = PARENTS.get(name)
    if parents is None:
        raise _failure(mjml, match, f"<{name}> is not a tag that we compile")
    if standing[-1] not in parents:
        raise _failure(mjml, match, f"<{name}> may not stand in <{standing[-1] or 'nothing'}>")
    for attribute in _ATTRIBUTE.findall(attributes):
        if attribute not in ATTRIBUTES[name]:
            raise _failure(mjml, match, f"<{name}> has no attribute {attribute}")


def _failure(mjml: str, match: re.Match[str], reason: str) -> RenderFailed:
    return RenderFailed(f"mjml line {mjml.count(chr(10), 0, match.start()) + 1}", reason)
