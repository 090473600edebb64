"""Whether a story says of itself that it corrects one told before, and its headline without that mark."""

from __future__ import annotations

import re

_WORDS = (
    r"CORRECTED|CORRECTS?|CORRECTION|CORRECTIVE|REFILE|CLARIFIED|CORRIGÉE?|CORRIGE|RECTIFICATIF|RECTIFICATION|CORRECTIF|"
    r"KORREKTUR|KORRIGIERT|BERICHTIGUNG|BERICHTIGT|CORRECCI[ÓO]N|CORREGID[OA]|RECTIFICACI[ÓO]N|RECTIFICA|CORREZIONE|"
    r"RETTIFICA|CORRETTO|CORREÇÃO|CORRIGIDO|RETIFICAÇÃO|CORRECTIE|GECORRIGEERD|RECTIFICATIE|ИСПРАВЛЕНО|ИСПРАВЛЕНИЕ"
)
_MARK = re.compile(
    rf"[\W_]{{0,4}}(?:(?:UPDATE|WRAPUP|RPT|REPEAT) ?\d{{0,2}} ?[-–—:] ?)?(?P<mark>{_WORDS}|تصحيح|تصويب|訂正|更正)"
    r"(?: ?\([^()]{1,30}\))? ?[-–—:：|)\]]+ ?(?=\S)",
    re.IGNORECASE,
)
"""What stands before such a headline, and what parts it from that."""
_NOTICE_END = re.compile(
    r"\b(?:story|article|report|headline|caption|photo|picture|graphic|column|item|date|spelling|name|artikel|meldung|"
    r"bericht|überschrift|article|légende|titre|artículo|noticia|titular|articolo|titolo|artigo|matéria)\W*\Z",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:we|our|us|nous|notre|nos|wir|unser\w*|nuestr\w+|nostr\w+|noss\w+|ons|onze)\b|\A(?:of|to|for|du|zu|zum|del?)\b",
    re.IGNORECASE,
)
_OF_WIRES = frozenset(("CORRECTED", "REFILE"))
_SENTENCE = 4
"""Words from which what stands behind the mark is a headline: "Correction: mayor of Suva" names what was wrong."""
_SAID = re.compile(
    r"\A\W*(?:\((?:this (?:story|item|article) )?(?:corrects|corrected|refiles|korrigiert|berichtigt|corrige|rectifie|"
    r"corrigé|corregido)\b|this (?:story|report|article|version|item) (?:corrects|has been corrected to|replaces|"
    r"is a correction)\b|(?:diese|die) (?:meldung|fassung) (?:wurde )?(?:korrigiert|berichtigt|ersetzt)\b|"
    r"cette dépêche (?:corrige|annule)\b|esta (?:noticia|nota) (?:corrige|rectifica|sustituye)\b)",
    re.IGNORECASE,
)
"""How the first line of an agency's corrected report begins."""

_IN_BRACKETS = re.compile(
    r"\A\W{0,3}\((?:this (?:story|item|article) )?(?:corrects|corrected|refiles|korrigiert|berichtigt|corrige|rectifie|"
    r"corrigé|corregido)\b[^()]{0,300}\)\s*(?:[-–—:]\s*)?(?=\S)",
    re.IGNORECASE,
)
"""What was wrong, in brackets before the first sentence."""


def without_correction(line: str) -> str:
    """A line without the brackets that say what it corrects: the desks' word to each other, and no news."""
    return _IN_BRACKETS.sub("", line, count=1)


def corrected_headline(title: str) -> str:
    """What stands behind a mark such as "CORRECTED:" where that is a headline again; empty elsewhere.

    A notice of the desk, "Correction: Fiji treaty story", tells nothing again: it is filler.
    """
    found = _MARK.match(title)
    if found is None:
        return ""
    rest = title[found.end() :].strip()
    words = len(rest.split())
    unspaced = words < 2 and len(rest) >= 8 and not found["mark"].isascii()
    whole = words >= (2 if found["mark"] in _OF_WIRES else _SENTENCE) or unspaced
    return rest if whole and not _NOTICE_END.search(rest) and not _OURS.search(rest) else ""


def corrects(title: str, *texts: str) -> bool:
    """True where the title as its outlet gave it bears such a mark, or one of the texts begins as such reports do."""
    return bool(corrected_headline(title)) or any(_SAID.match(text) for text in texts)
