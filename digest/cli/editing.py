"""Edits of config.yaml that leave every comment and every other line as it is."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from digest.cli.exits import Exit, Stopped
from digest.model.errors import ConfigError

if TYPE_CHECKING:
    from digest.settings import Settings

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*[A-Za-z0-9]\Z|[A-Za-z]\Z")
_AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def with_source(text: str, row: Mapping[str, Any]) -> str:
    """The configuration `text` with one more source, on a line of its own below the last one. Raises Stopped."""
    line = "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in row.items()) + "}"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = None
    if isinstance(root, yaml.MappingNode):
        found = next((value for key, value in root.value if key.value == "sources"), None)
    newline = "\r\n" if "\r\n" in text else "\n"
    if found is None:
        return text.rstrip("\r\n") + f"{newline}{newline}sources:{newline}  - {line}{newline}"
    start, stop = found.start_mark.index, found.end_mark.index
    if isinstance(found, yaml.ScalarNode) and found.tag.endswith(":null"):
        return f"{text[:start]}{newline}  - {line}{text[stop:]}"
    if not isinstance(found, yaml.SequenceNode):
        raise Stopped("`sources` is no list; mend it by hand first", Exit.USAGE)
    if found.flow_style and not found.value:
        return f"{text[:start]}[{line}]{text[stop:]}"
    if found.flow_style:
        end = _end(found.value[-1])
        return f"{text[:end]}, {line}{text[end:]}"
    end = _end(found.value[-1])
    # To the end of that line: a comment behind the last source stays behind it.
    stop = next((place for place in range(end, len(text)) if text[place] in "\r\n"), len(text))
    indent = " " * found.start_mark.column
    return f"{text[:stop]}{newline}{indent}- {line}{text[stop:] or newline}"


def _end(node: yaml.Node) -> int:
    """Where a node's own text ends; what the parser says of a block includes the comments below it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return node.end_mark.index
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _PLAIN.match(text) and text.lower() not in _AMBIGUOUS:
        return text
    # A JSON string is a YAML string, but for the line ends and controls that only YAML knows.
    return re.sub(r"[^\x20-\x7e]", _escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    letter = match[0]
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def write_checked(path: Path, text: str, *, expected: Settings, slug: str) -> None:
    """Put `text` in the place of the file, if it says the same as before and one source more. Raises Stopped."""
    from digest.settings import load_settings

    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            found = load_settings(draft)
        except ConfigError as error:
            said = str(error).replace(str(draft), str(path)).replace(draft.name, path.name)
            raise Stopped(f"{said}; nothing was written", Exit.USAGE) from error
        others = tuple(one for one in found.sources if one.slug != slug)
        if others != expected.sources or found.model_copy(update={"sources": ()}) != expected.model_copy(
            update={"sources": ()}
        ):
            raise Stopped(f"{path}: adding {slug} would change other settings; add it by hand", Exit.FAILED)
        draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
