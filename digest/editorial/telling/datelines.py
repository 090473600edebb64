"""Where a wire's report begins: behind the place, the date and the agency that stand before its first sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from digest.editorial.places.placenames import is_place, is_town
from digest.editorial.telling.agencies import AGENCIES
from digest.editorial.text.calendar import calendar
from digest.editorial.text.locales import locale_of
from digest.editorial.text.sentences import sentences
from digest.editorial.text.words import CAPITALS, tokens

_LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "ru", "uk")
_WORD = rf"(?:(?:[{CAPITALS}]\.){{2,}}|(?:(?:al|el|ar|as|ash|at|ez)-)?[{CAPITALS}](?:[^\W\d_]|['’/-](?=[^\W\d_]))*\.?)"
_SMALL = r"(?:am|an der|bei|d[eiou]|da|dos|del|de la|de los|en|im|la|le|les|of|on|sur|the|upon|y)"
_NAME = rf"{_WORD}(?: (?:{_SMALL} )?{_WORD}){{0,4}}"
_NATIONS = frozenset(("england", "scotland", "wales"))
"""Parts of a country that play other countries."""
_WHOLE = 6
"""Words from which a sentence is no heading."""
_FIRST_WORDS = "we our my you your let why how what who where when wir unser ich nous notre nosotros noi nós"
_SPEAKS = frozenset(_FIRST_WORDS.split())
"""How a statement begins, or a question; and not a report."""
_WORDS_OF_REPORTS = (
    "said told announced reported according police sagte teilte meldete erklärte polizei annoncé déclaré selon dijo "
    "informó anunció según policía disse annunciato polizia afirmou polícia zei meldde volgens politie"
)
_REPORTED = frozenset(_WORDS_OF_REPORTS.split())
"""What stands in a report and not in a statement."""
_SITE = r"[^\W\d_]{3,}(?:\.[a-z]{2,3}){1,2}"
"""JAKARTA, KOMPAS.com - ..."""
_BRACKET = r"(?:\.? ?|--)[(/](?P<{}>[^\W\d_][^()\n]{{1,40}}?)[)/]"
_END = (
    r"(?:(?P<dash> ?(?:--|—)(?!-) ?|\.? ?[-–—]{1,2} |(?<=[.)/])[-–—] ?|(?<=/)\. )|(?P<colon> ?: ))"
    # Of a hyphen between two letters no dateline ends: Port-au-Prince, anti-Government.
)
_OTHER_SCRIPTS = re.compile(
    # 北京11月23日电, （路透社东京电）, ［東京 23日 ロイター］, 【北京＝共同】
    r"\A(?:[^\s，。、]{2,16}\d{1,2}月\d{1,2}日(?:电|電)(?:[（(][^）)]{1,30}[）)])?|[（(][^）)]{2,24}(?:电|電)[）)]|"
    r"[［【\[](?=[^］】\]]*(?:＝|[0-9０-９]日))[^］】\]]{2,30}[］】\]])[\s　]*(?:[-－–—―][\s　]*)?(?=\S)|"
    # القاهرة (رويترز) -
    r"\A[\u0600-\u06ff]+(?: [\u0600-\u06ff]+){0,2} ?\([\u0600-\u06ff ]{2,30}\) ?[-–—:] ?(?=\S)"
)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    months = sorted({re.escape(name) for language in _LANGUAGES for name in _months(language)}, key=len, reverse=True)
    month = rf"(?i:{'|'.join(months)})\.?(?!\w)"
    date = (
        rf"(?:(?i:le ))?(?:\d{{1,2}}(?:\.|er|st|nd|rd|th)? ?(?:de )?{month}(?:,? (?:de )?\d{{4}})?|"
        rf"{month} \d{{1,2}}(?:,? \d{{4}})?|\d{{1,2}}\.\d{{1,2}}\.(?:\d{{2,4}})?)"
    )
    place = rf"(?P<place>{_NAME})(?: \[{_NAME}\])?(?:, (?P<of>{_NAME}|{_SITE}))?"
    said = rf"(?:{_BRACKET.format('before')})?(?:,? (?P<date>{date}))?(?:{_BRACKET.format('behind')})?"
    alone = rf"(?:{date} )?\((?P<alone>[^()\n]{{2,30}})\)"
    return re.compile(rf"\A(?:{alone}|{place},?{said}){_END}(?=[{CAPITALS}\d\"“«„‘¿¡])")


def _months(language: str) -> set[str]:
    """Names of months in a language, long and short, without the point behind a short one."""
    contexts = locale_of(language).months.values()
    names = {name for context in contexts for width in context.values() for name in width.values()}
    return {name.rstrip(".") for name in names if len(name) > 2 and not name[0].isdigit()}


def without_dateline(sentence: str, language: str = "en", *, head: bool = False) -> str:
    """The sentence without the place, the date and the agency that stand before it.

    What is not surely a dateline stays: an agency or a date says that it is one, else the place has to be known.
    So a speaker before a colon keeps the floor, and what stands between two dashes its subject. At the `head` of a text
    a town before a colon is a dateline, too, where a report follows.
    """
    found = _pattern().match(sentence)
    if found:
        if not _is_dateline(found, sentence, language) and not (head and _is_bare(found, sentence, language)):
            return sentence
        rest = sentence[found.end() :].strip()
        return without_dateline(rest, language) if found["alone"] else rest  # (ANSA) - ROMA, 23 NOV - ...
    return _OTHER_SCRIPTS.sub("", sentence, count=1).strip()


def _is_dateline(found: re.Match[str], sentence: str, language: str) -> bool:
    agency = found["before"] or found["behind"] or found["alone"] or ""
    if _is_agency(agency):
        # Before a colon it may be a party: Lawrence Wong (PAP): ...
        place = (found["place"] or "").partition("/")[0]
        said = found["alone"] or found["date"] or place.isupper() or is_place(place, language)
        return bool(said) or not found["colon"]
    if found["alone"] or (found["colon"] and not found["place"].isupper()):
        return False  # "Friedrich Merz (CDU): ..." and "Moscow: ..." say who speaks
    if found["date"]:
        return not found["colon"]
    place = found["place"].partition("/")[0]
    rest = sentence[found.end() :]
    # Behind a second dash the sentence goes on, and what stands between them is said of the first word.
    pairs = (found["dash"] or ":").strip(" .") in rest
    if not is_place(place, language) and not is_place(found["of"] or "", language):
        # UNITED NATIONS: no gazetteer has it. One word in capitals may be who the sentence is about: NATO.
        shouted = place.isupper() and (agency != agency.upper() or (" " in place and not pairs))
        return shouted and not found["colon"]
    if agency or place.isupper():
        return True
    if pairs or not is_town(place):
        return False
    # Two towns with a dash between them are a match, a train; "Nairobi — Kenya's parliament ..." are not.
    if found["of"]:
        return True
    nation = place.casefold() in _NATIONS
    return not any(name != place.casefold() and (is_town(name) or (nation and is_place(name, language)))
                   for name in _first_names(rest))  # fmt: skip


def _is_bare(found: re.Match[str], sentence: str, language: str) -> bool:
    """Mumbai: Police said on Friday that ... A town, a colon and a whole sentence, and nobody speaks in it.

    What a government is called by, too, or a club or a person, needs a day or "said" in that sentence.
    """
    if not found["colon"] or found["alone"] or found["date"] or found["before"] or found["behind"]:
        return False
    rest = sentence[found.end() :]
    said = next(iter(sentences(rest, language)), "")
    words = tokens(said)
    if not is_town(found["place"]) or len(words) < _WHOLE or said[-1] != "." or words[0] in _SPEAKS:
        return False
    return is_town(found["place"], alone=True) or not _REPORTED.union(calendar(language)).isdisjoint(words)


def _first_names(text: str) -> list[str]:
    """What may be a place's name at the beginning: its first word, two, three."""
    words = tokens(text[:60])
    return [" ".join(words[:length]) for length in range(1, 4)]


def _is_agency(text: str) -> bool:
    parts = {part.strip() for mark in ("[/,;|]", "[/,;|-]") for part in re.split(mark, text)}  # dpa-AFX, Keystone-SDA
    return not parts.isdisjoint(AGENCIES) or any(name.upper() == text for name in AGENCIES)
