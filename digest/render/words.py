"""The furniture of a mail in the reader's language: our own words, dates, and the direction of writing."""

from __future__ import annotations

from datetime import date
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("en", "fr", "es", "de", "ar")
"""Languages that everything of ours is written in; English is the source."""

_QUOTATION_MARKS = {
    "fr": ("«\u202f", "\u202f»"), "es": ("«", "»"), "de": ("„", "“"), "ar": ("«", "»"), "it": ("«", "»"),
    "ru": ("«", "»"), "uk": ("«", "»"), "pl": ("„", "”"), "sv": ("”", "”"), "ja": ("「", "」"), "zh": ("“", "”"),
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


class Words:
    """Our words in one language."""

    def __init__(self, language: str, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue
        self._locale = Locale.parse(language)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return direction_of(self.language)

    def say(self, text: str, **values: object) -> str:
        """A text of ours, its %(name)s fields filled."""
        return self._catalogue.gettext(text) % values

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """A text that depends on a number, which stands in it as %(count)s."""
        return self._catalogue.ngettext(one, many, number) % {"count": number, **values}

    def full_date(self, day: date) -> str:
        """Such as Friday 8 April 2022, as the language writes it at the head of a page."""
        written = self.date_inside(day)
        return written[:1].upper() + written[1:]

    def date_inside(self, day: date) -> str:
        """The same in the form that stands inside a sentence: `vendredi 8 avril 2022` has no capital there."""
        if self.language == "en":  # en is en_US to CLDR; a world newsletter writes the day first
            return f"{format_date(day, 'EEEE', self._locale)} {format_date(day, 'd MMMM y', self._locale)}"
        return format_date(day, "full", self._locale)

    def weekday(self, day: date) -> str:
        """Such as Tuesday, in the form that stands inside a sentence."""
        return format_date(day, "EEEE", self._locale)

    def day_and_month(self, day: date) -> str:
        """Such as 6 April."""
        if self.language == "en":
            return format_date(day, "d MMMM", self._locale)
        return format_skeleton("MMMMd", day, locale=self._locale)


def direction_of(language: str) -> str:
    """`ltr` or `rtl`, by the language's usual script."""
    return "rtl" if language.split("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def quotation_marks(language: str) -> tuple[str, str]:
    """What stands before and behind somebody's words in that language."""
    return _QUOTATION_MARKS.get(language.split("-")[0].lower(), ("“", "”"))


def words_for(*languages: str) -> Words:
    """Words in the first of `languages` that we have, English where we have none of them."""
    for language in languages:
        primary = language.split("-")[0].lower()
        if primary in LANGUAGES:
            return _words(primary)
    return _words("en")


@cache
def _words(language: str) -> Words:
    return Words(language, NullTranslations() if language == "en" else _catalogue(language))


def _catalogue(language: str) -> Translations:
    """The catalogue as it lies in the package: read once, compiled in memory, so that no file can be stale."""
    source = files("digest.render").joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
