"""Reading config.yaml and the environment; every mistake is named with its place and the nearest valid name."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import (
    BaseModel,
    SecretStr,
    ValidationError,
)

from digest.model.errors import ConfigError
from digest.model.secrecy import keep_secret
from digest.settings.kinds import ENV_PREFIX
from digest.settings.root import PROVIDER_SECRETS, SECRETS, Settings, secrets_of


def load_settings(path: Path) -> Settings:
    """Read `path` and the environment. Raises ConfigError: key's path, line, and the nearest valid name."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no configuration here; name one with --config FILE or write one with `digest init`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_twins(path, root)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path}: expected keys such as `newsletters:` and `sources:`, found {type(content).__name__}"
        )
    _refuse_secrets(path, content)
    _refuse_strange_variables()
    try:
        settings = Settings(**content)
        keep_secret(secrets_of(settings))
    except ValidationError as error:
        raise ConfigError(_explain(path, root, error)) from error
    return _with_absolute_paths(settings, path.resolve().parent)


_HOOK = ("alarms", "webhook", "url")
_OTHER_VARIABLES = ("CONFIG", "DEBUG", "TEST_")
"""What the environment may say besides the settings."""


def _refuse_strange_variables() -> None:
    """A misspelt DIGEST_… variable would be passed over in silence: say so instead."""
    known = [name.upper() for name in Settings.model_fields]
    for variable in sorted(os.environ):
        if not variable.startswith(ENV_PREFIX):
            continue
        first = variable.removeprefix(ENV_PREFIX).partition("__")[0]
        if first in known or first.removesuffix("_FILE") in known or first.startswith(_OTHER_VARIABLES):
            continue
        near = difflib.get_close_matches(first, known, n=1)
        hint = f"; did you mean {ENV_PREFIX}{near[0]}?" if near else f"; known: {', '.join(known)}"
        raise ConfigError(f"the environment's {variable}: there is no setting {first.lower()!r}{hint}")


def _refuse_twins(path: Path, node: yaml.Node | None) -> None:
    """YAML lets the last of two equal keys win: the first one would be passed over in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(f"{path}:{line}: {key.value}: stands in line {seen[key.value]} already; keep one")
            seen[key.value] = line
            _refuse_twins(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twins(path, value)


def _refuse_secrets(path: Path, content: dict[str, Any]) -> None:
    provider = content.get("provider") or {}
    for place, key in PROVIDER_SECRETS:
        inner = provider.get(place) if isinstance(provider, dict) else None
        if isinstance(inner, dict) and inner.get(key):
            name = f"{ENV_PREFIX}PROVIDER__{place.upper()}__{key.upper()}"
            raise ConfigError(f"{path}: provider.{place}.{key} is a secret: take it out and set {name} or {name}_FILE")
    for way in SECRETS:
        found: object = content
        for step in way:
            found = found.get(step) if isinstance(found, dict) else None
        # Those of the provider are looked at above. The address of a monitor on one's own network is no secret.
        if found and way[0] not in ("provider", "secret_keys") and way[-1] != "heartbeat_url":
            name = ENV_PREFIX + "__".join(way).upper()
            raise ConfigError(f"{path}: {'.'.join(way)} is a secret: take it out and set {name} or {name}_FILE")
    if content.get("secret_keys"):
        raise ConfigError(f"{path}: secret_keys must not stand in a file; set {ENV_PREFIX}SECRET_KEYS")


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    sources = tuple(
        source.model_copy(update={"path": base / source.path}) if source.path is not None else source
        for source in settings.sources
    )
    newsletters = tuple(
        one.model_copy(update={"theme": one.theme.model_copy(update={"logo": base / one.theme.logo})})
        if one.theme.logo is not None
        else one
        for one in settings.newsletters
    )
    return settings.model_copy(update={"sources": sources, "newsletters": newsletters})


def _explain(path: Path, root: yaml.Node | None, error: ValidationError) -> str:
    lines: dict[int, list[str]] = {}
    problems = error.errors(include_url=False)
    for problem in problems:
        if problem["type"] == "too_short" and any(_inside(other["loc"], problem["loc"]) for other in problems):
            # A list that came out empty because its members are wrong: the members say it better.
            continue
        place = tuple(step for step in problem["loc"] if isinstance(step, str | int))
        name = ".".join(str(step) for step in place) or "the whole file"
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "unknown key" + _suggestion(place)
        elif problem["type"] == "missing":
            message = "is missing; it has no default"
        elif place in SECRETS or place == _HOOK:
            # Not repeated: the address of a chat's hook is a secret too.
            pass
        elif "input" in problem and not isinstance(problem["input"], dict | list | tuple):
            message = f"{message} (found {_shorten(problem['input'])})"
        variable = ENV_PREFIX + "__".join(map(str, place)).upper()
        if variable in os.environ:
            lines.setdefault(0, []).append(f"the environment's {variable}: {message}")
            continue
        line = _line_of(root, place)
        lines.setdefault(line, []).append(f"{path}:{line}: {name}: {message}")
    return "\n".join(text for line in sorted(lines) for text in lines[line])


def _inside(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _shorten(value: object) -> str:
    text = "a secret" if isinstance(value, SecretStr) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _suggestion(place: tuple[str | int, ...]) -> str:
    model: Any = Settings
    for step in place[:-1]:
        if isinstance(step, int):
            continue
        found = getattr(model, "model_fields", {}).get(step)
        if found is None:
            return ""
        model = _model_in(found.annotation)
    names = list(getattr(model, "model_fields", {}))
    near = difflib.get_close_matches(str(place[-1]), names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known here: {', '.join(names)}" if names else ""


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _line_of(root: yaml.Node | None, place: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest part of `place` that stands in the file."""
    node, line = root, 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
