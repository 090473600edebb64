"""The only Jinja environment and the only MJML call: everything that becomes a mail or a page passes here."""

from __future__ import annotations

import re
from pathlib import Path
from traceback import extract_tb

import mjml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from digest.model.errors import RenderFailed
from digest.render.rules import check_mjml
from digest.render.typeset import wrap

_NEWLINE_IN_TAG = re.compile(r"<[^<>\n]*+\n[^<>]*+>")
_REFERENCE = re.compile(r"&#(\d{1,7});")  # longer ones name no character, and none of ours

# Marks by which a provider or a template language finds something to fill. In a story they are only text, and
# must stay text on the whole way: written here so that no later step can take them for its own.
_PROVIDER_MARKS = re.compile(r"\{(?=[{%#])|\*(?=\|)|<(?=%)|%(?=recipient)|\[(?=%)")
_WORD_JOINER = "\u2060"


class Engine:
    """Templates of one directory, set by Jinja and compiled by MJML. Thread-safe, holds no state of a mail."""

    def __init__(self, templates: Path) -> None:
        if not templates.is_dir():
            raise RenderFailed(str(templates), "is not a directory of templates")
        self._folder = templates
        # One environment for HTML and text: only names that end in .txt.j2 are not escaped.
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=_is_markup,  # noqa: S701 - it says True to everything but .txt.j2
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_finalize,
        )
        self._environment.filters["wrapped"] = wrap

    def fill(self, template: str, **values: object) -> str:
        """Set a template, named relative to the directory. Raises RenderFailed with its name and line."""
        try:
            return self._environment.get_template(template).render(**values)
        except TemplateError as error:
            raise RenderFailed(self._place(error, template), error.message or type(error).__name__) from error

    def _place(self, error: TemplateError, template: str) -> str:
        """The template and line where it went wrong: as a syntax error says it, or the innermost one called."""
        if isinstance(error, TemplateSyntaxError):
            return f"template {error.name or template} line {error.lineno}"
        for frame in reversed(extract_tb(error.__traceback__)):
            if Path(frame.filename).is_relative_to(self._folder):
                return f"template {Path(frame.filename).relative_to(self._folder)} line {frame.lineno}"
        return f"template {template}"

    def compile(self, template: str, **values: object) -> str:
        """Set an MJML template and compile it to a whole HTML document. Raises RenderFailed."""
        html = compile_mjml(self.fill(template, **values))
        # The compiler makes the body an article, which is no landmark: nothing would stand in the main one.
        return html.replace(' role="article"', ' role="main"', 1)


def compile_mjml(source: str) -> str:
    """MJML to HTML. Raises RenderFailed where the source is not MJML that we allow or cannot be compiled.

    The compiler (mrml) writes attribute values with Rust's debug escaping, which garbles newlines, backslashes
    and every combining mark. References pass untouched, so everything outside ASCII goes in as one, and comes
    out as itself again.
    """
    spread = check_mjml(source)
    one_line_tags = _NEWLINE_IN_TAG.sub(lambda tag: tag[0].replace("\n", " "), source) if spread else source
    plain = one_line_tags.replace("\\", "&#92;").encode("ascii", "xmlcharrefreplace").decode("ascii")
    try:
        # fonts={}: with None, a family named Roboto or Lato would link a remote stylesheet.
        html: str = mjml.mjml2html(plain, disable_comments=True, fonts={})
    except ValueError as error:
        raise RenderFailed("mjml", str(error)) from error
    pieces = _REFERENCE.split(html)
    restored = {number: _restored(number) for number in set(pieces[1::2])}
    pieces[1::2] = [restored[number] for number in pieces[1::2]]
    return "".join(pieces)


def _restored(reference: str) -> str:
    number = int(reference)
    return chr(number) if (number > 159 or number == 92) and number <= 0x10FFFF else f"&#{reference};"


def _is_markup(name: str | None) -> bool:
    return name is None or not name.endswith(".txt.j2")


@pass_eval_context
def _finalize(context: EvalContext, value: object) -> object:
    """Every value that a template prints: a story may hold `{{7*7}}`, and it has to arrive as exactly that."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if not context.autoescape:
        return _PROVIDER_MARKS.sub(_joined, value)
    if not _PROVIDER_MARKS.search(value):
        return value
    parts: list[str] = []
    last = 0
    for mark in _PROVIDER_MARKS.finditer(value):
        parts += [str(escape(value[last : mark.start()])), f"&#{ord(mark[0])};"]
        last = mark.end()
    return Markup("".join(parts) + str(escape(value[last:])))  # noqa: S704 - every part was escaped above


def _joined(mark: re.Match[str]) -> str:
    return mark[0] + _WORD_JOINER
