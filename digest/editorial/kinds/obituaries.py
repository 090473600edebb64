"""Whether a headline tells that one person of note has died in the course of life: no hard news for that word alone."""

from __future__ import annotations

import re

_AGED = re.compile(
    r"\b(?:dies|died|dead|passes away)\b.{0,30}?(?:(?:\baged?|\bat(?: the age of)?) ?"
    r"\d{2,3}\b(?! ?(?:%|per|km|m\b|a\.|p\.|:))|[,(] ?\d{2,3}\)?\W*\Z)|"
    r"\b(?:meurt|mort|morte|décès|décédée?)\b.{0,60}\bà (?:l['’]âge de )?\d{2,3} ans\b|"
    r"\b(?:stirbt|gestorben|tot)\b.{0,60}\b(?:mit|im alter von) \d{2,3}\b|"
    r"\b(?:mit|im alter von) \d{2,3}(?: jahren)? (?:gestorben|verstorben)\b|"
    r"\b(?:muere|fallece|murió|falleció)\b.{0,60}\ba los \d{2,3} años\b|"
    r"\b(?:morto|morta|muore|è morta?)\b.{0,60}\ba \d{2,3} anni\b|\b(?:morre|morreu)\b.{0,60}\baos \d{2,3}\b|"
    r"\b\d{2,3}-jarige\b.{0,40}\boverleden\b|\boverleden\b.{0,40}\bop \d{2,3}-jarige\b",
    re.IGNORECASE,
)
_CALLINGS = (
    "actor actress singer musician composer conductor pianist guitarist drummer rapper comedian novelist writer "
    "author poet painter sculptor photographer filmmaker director choreographer dancer designer model presenter "
    "broadcaster footballer cricketer boxer golfer coach star legend icon acteur actrice chanteur chanteuse "
    "musicien compositeur écrivain écrivaine romancier peintre cinéaste comédien comédienne footballeur légende "
    "schauspieler schauspielerin sänger sängerin musiker komponist schriftsteller schriftstellerin autor dichter "
    "maler regisseur legende ikone actriz cantante músico compositor escritor escritora poeta pintor cineasta "
    "futbolista leyenda attore attrice scrittore scrittrice regista pittore calciatore ator atriz cantor cantora "
)
_CALLING = re.compile(rf"\b(?:{'|'.join(sorted(set(_CALLINGS.split())))})\b", re.IGNORECASE)
_DIES = re.compile(
    r"\b(?:dies|(?:has |have )died|passes away|est morte?|meurt|décès d[eu]|stirbt|gestorben|muere|fallece|"
    r"è morta?|muore|morre|overleden)\b",
    re.IGNORECASE,
)
_DEATH_WORDS = (
    "dead dies death died mort morte mortes stirbt tot tote muere muertos muerto morto morta morte morre dood "
)
DEATHS = frozenset(_DEATH_WORDS.split())
"""Of the words of hard news those that such a headline has beside."""


def mourns(headline: str) -> bool:
    """True for "Stage legend dies aged 90"; a president who dies is news for being one."""
    return _AGED.search(headline) is not None or (
        _DIES.search(headline) is not None and _CALLING.search(headline) is not None
    )
