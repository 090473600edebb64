"""Words that only say when: days, months, today. They join no two texts, and name nothing."""

from __future__ import annotations

from functools import lru_cache

from digest.editorial.text.locales import locale_of
from digest.editorial.text.words import tokens

_RELATIVE: dict[str, str] = {
    "en": "today tonight yesterday tomorrow morning afternoon evening week weekend daily",
    "fr": "aujourd hui hier demain matin matinée soir soirée semaine",
    "es": "hoy ayer mañana tarde noche semana",
    "de": "heute gestern morgen morgens abend abends woche wochenende",
    "it": "oggi ieri domani mattina sera settimana",
    "pt": "hoje ontem amanhã manhã tarde noite semana",
    "nl": "vandaag gisteren morgen ochtend avond week",
    "ru": "сегодня вчера завтра утром вечером неделе",
    "uk": "сьогодні вчора завтра вранці ввечері тижні",
    "ar": "اليوم أمس غدا صباح مساء الأسبوع",
}
_ALSO_THINGS = frozenset(("march", "sun", "sat", "mar", "august"))
"""What else than a day or month is called so: they keep their weight."""


@lru_cache(maxsize=64)
def calendar(language: str) -> frozenset[str]:
    """Names of days and months in a language (CLDR, by Babel), case-folded; the English ones where it is unknown."""
    locale = locale_of(language)
    contexts = [context for table in (locale.days, locale.months) for context in table.values()]
    return frozenset(
        word for context in contexts for width in context.values() for name in width.values() for word in tokens(name)
    )


@lru_cache(maxsize=64)
def weightless(language: str) -> frozenset[str]:
    """Words of a language that only say when, `calendar` and "today" and the like; without what means other things too.

    Short forms count in English only: elsewhere too many of them are words.
    """
    named = {word for word in calendar(language) if len(word) > 3 or language in ("en", "und")}
    relative = _RELATIVE.get("en" if language == "und" else language, "").split()
    return frozenset(named | {*relative}) - _ALSO_THINGS
