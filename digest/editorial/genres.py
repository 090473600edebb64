"""What kind of piece a headline announces: the news, what explains it, an opinion, or a gallery."""

from __future__ import annotations

import re

_EXPLAINS = re.compile(
    r"\A(?:(?i:why|how|what|explained?|explainer|analysis|timeline|factbox|q ?& ?a|fact check|"
    r"pourquoi|comment|que sait-on|ce que l['’]on sait|analyse|décryptage|"
    r"warum|wieso|wie|was (?:wir|man|ist|sind|bedeutet)|por qué|cómo|claves|análisis|"
    r"perché|waarom|hoe|почему|что известно|لماذا|كيف|ماذا|تحليل|ما هو|ما هي|为什么|なぜ)|Who|Qui|Wer|Quién)\b|"
    r"(?i:\b(?:what we know|what is known|what to know|explainer|explained)\b|"
    r"\bin (?:five|six|seven) (?:charts|questions|points)\b)",
)
_OPINES = re.compile(
    r"\A(?:opinions?|comment|commentary|editorial|op-?ed|column|letters?|review|kommentar|leitartikel|tribune|"
    r"édito(?:rial)?|opinión|columna|editoriale|мнение|رأي|社论|社説)\s*[:|–—]|"
    r"\|\s*(?:opinion|comment|editorial|column)\b",
    re.IGNORECASE,
)
_OPINION_SECTIONS = frozenset(
    [
        "opinion",
        "opinions",
        "comment",
        "comment is free",
        "commentary",
        "editorial",
        "editorials",
        "op-ed",
        "op-eds",
        "columns",
        "columnists",
        "letters",
        "views",
        "viewpoint",
        "meinung",
        "kommentar",
        "kommentare",
        "débats",
        "tribunes",
        "idées",
        "chroniques",
        "opinión",
        "columnas",
        "opinioni",
        "opinie",
        "мнения",
        "رأي",
        "الرأي",
        "آراء",
        "观点",
        "社説",
    ]
)
_GALLERY = re.compile(
    r"\A(?:watch|videos?|vidéos?|in pictures|photos|podcast|live|quiz|en images|fotos|bilder)\b|"
    r"\blive updates\b|\?\Z",
    re.IGNORECASE,
)


def explains(headline: str) -> bool:
    """True for a piece that explains what has happened. `WHO`, the health organisation, is not the question word."""
    return _EXPLAINS.search(headline) is not None


def opines(headline: str, section: str = "") -> bool:
    """True for a piece of opinion, by the name of its section or by the mark that its headline bears."""
    return section.casefold() in _OPINION_SECTIONS or _OPINES.search(headline) is not None


def is_aside(headline: str, section: str = "") -> bool:
    """True for explainers, opinions and galleries: beside an event, not the news of it."""
    return explains(headline) or opines(headline, section) or _GALLERY.search(headline) is not None
