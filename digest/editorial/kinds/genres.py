"""What kind of piece a headline announces: the news, what explains it, an opinion, or a gallery."""

from __future__ import annotations

import re
from functools import lru_cache

_MARK = r"(?:\s*[:|–—]|\s+-\s|\s*\Z)"
"""What stands behind the name of a kind: "Analysis: ...", "Video | ...". DNA's analysis and a tank's video are news."""
_EXPLAINS = re.compile(
    rf"\A(?:(?i:(?:analysis|explained|explainer|timeline|factbox|q ?& ?a|fact check|analyse|décryptage|claves|"
    rf"análisis){_MARK}|"
    r"(?:factbox|timeline of|(?:las )?claves (?:del?|para)|q ?& ?a (?:on|with)|"
    r"why|how|what|que sait-on|ce que l['’]on sait|pourquoi|"
    # Reactions to the word, and what people may say of a plan, are no French question.
    r"comment(?! (?:by|from|on|about|period|section|made|that)\b)|"
    # "Wie die Polizei mitteilte, ..." begins a report.
    r"warum|wieso|"
    r"wie(?! [^,:]{2,50} (?:mitteilte?n?|berichtete?n?|meldete?n?|sagten?|bekannt ?gab)\b)|"
    r"was (?:wir|man|ist|sind|bedeutet|[^,:]{3,50} bedeute[tn]\b)|"
    r"por qué|cómo|qué (?:significa|sabemos|se sabe|es|cambia)|"
    r"perché|waarom|hoe|почему|что известно|لماذا|كيف|ماذا|تحليل|ما هو|ما هي|为什么|なぜ)(?!-)\b)|"
    r"(?:Who|Qui|Wer|Quién)\b)|"
    r"(?i:\b(?:what we know|what is known|what to know)\b|(?:\bexplain(?:ed|er)|, erklärt)(?=\s*(?:\Z|[:|–—]))|"
    r"\bin (?:five|six|seven) (?:charts|questions|points)\b)",
)
_OPEN = re.compile(r"\A(?:how many|how much|wie viele)\b.*\b(?:unclear|unknown|unklar)\b", re.IGNORECASE)
"""What is asked and not answered is the state of the news."""
_OPINION_WORDS = (
    r"opinions?|comment|commentary|editorial|guest essay|viewpoint|op-?ed|column|letters?|"
    r"kommentar(?: zu[mr]? [^:|]{2,50})?|leitartikel|meinung|gast(?:beitrag|kommentar)|kolumne|glosse|"
    r"tribune|édito(?:rial)?|point de vue|chronique|opinión|columna|tribuna|opinione|commento|"
    r"l[’']editoriale|editoriale|"
    r"opinião|editorial|opinie|commentaar|мнение|رأي|社论|社評|社説"
)
_PAPERS = (
    r"guardian|observer|(?:times|independent|telegraph|herald|post|mirror|standard|scotsman|economist|star|globe|mail|"
    r"sun|examiner|journal|tribune|news|age|courier|chronicle|gazette|citizen|echo|argus|press|lancet|bmj|ft|"
    r"editorial board)"
)
"""What papers are called: what the Kremlin's view is, or the IMF's, is news."""
_OPINES = re.compile(
    rf"\A[\[(]?(?:{_OPINION_WORDS})[\])]?(?:\s*[:|–—]|\s+-\s|(?<=[\])])\s)|"
    r"\A(?:tribune|éditorial|édito|chronique)\s?\. |"
    r"\|\s*(?:opinion|comment|editorial|column)\b|"
    rf"\s[|–—]\s*(?:{_OPINION_WORDS})\s*\Z|[\[(](?:opinion|comment|editorial|op-?ed|tribune|kommentar|opinión)[\])]\s*\Z|"
    rf"\A(?:the )?[\w ]{{0,30}}\b(?:{_PAPERS})(?:[’']s)? view (?:on|of) [^:]{{2,60}}:",
    re.IGNORECASE,
)
_REVIEWS = re.compile(r"\Areview\s*[:|–—]", re.IGNORECASE)
_SECTIONS = (
    "opinion|opinions|comment|comment is free|commentary|editorial|editorials|op-ed|op-eds|columns|columnists|"
    "letters|views|viewpoint|viewpoints|perspectives|meinung|kommentar|kommentare|kolumne|kolumnen|gastbeitrag|"
    "débats|tribune|tribunes|idées|chroniques|éditos|opinión|columnas|opinioni|opinião|opinie|мнения|"
    "رأي|الرأي|آراء|观点|社説"
)
_OPINION_SECTIONS = frozenset(_SECTIONS.split("|"))
_PATHS = (
    "opinion opinions commentisfree comment commentary editorials op-ed oped columnists meinung kommentar "
    "kommentare kolumnen debats tribunes idees opinioni opiniao opinie"
)
_OPINION_PATHS = frozenset(_PATHS.split())
"""What an outlet calls these pages in their addresses. Below `/editorial/` some keep all that they publish."""
_PUBLIC = re.compile(r"court|parliament|(?:\A|\.)(?:gov|gouv|gob|europa|mil)\.|\.(?:gov|int|mil)\Z|assemblee|parlament")
"""Hosts of courts, parliaments and governments: an opinion there is a ruling, a debate the news."""
_OF_A_READER = re.compile(r"/comment(?:/(?:page|comment)?-?\d*)?/?\Z")
"""The end of an address of what a reader says of an article."""
_SHOWN = (
    "videos?|vidéos?|vídeos?|photos?|fotos?|bilder|podcast|live|quiz|gallery|galería|galerie|en vivo|en directo|"
    "en direct|live-?blog|live-?ticker|minuto a minuto"
)
_GALLERY = re.compile(
    rf"\A(?:(?:watch|{_SHOWN}){_MARK}|(?:in pictures|en images|en imágenes|in bildern)\b|\(?(?:video|live)\)|"
    r"watch (?:live|now|as|how|the|this|moment|video)\b|live (?:blog|coverage|stream|ticker|reporting)\b|"
    r"(?:photos?|pictures?|videos?|quiz|bilder|fotos|imágenes|images?) (?:of|des|der|del?|du) (?:the |la )?"
    r"(?:day|week|month|year|tages|woche|día|semana|jour|semaine)\b)|"
    rf"\s[|–—-]\s*(?:in pictures|as it happened|{_SHOWN})\s*\Z|\blive updates\b|\blive: |\?\Z",
    re.IGNORECASE,
)


def explains(headline: str) -> bool:
    """True for a piece that explains what has happened. `WHO`, the health organisation, is not the question word."""
    return _EXPLAINS.search(headline) is not None and not _OPEN.search(headline)


# Asked a dozen times for each story of a day.
@lru_cache(maxsize=131_072)
def is_opinion(headline: str, section: str = "", url: str = "") -> bool:
    """True for a piece of opinion, by its section's name, the mark of its headline, or a folder of its address."""
    if section.casefold() in _OPINION_SECTIONS or _OPINES.search(headline) is not None:
        return True
    return _below_opinion(url.casefold().partition("?")[0])


def _below_opinion(url: str) -> bool:
    """True for an address below a folder of opinion. Courts give opinions too, and readers comment on an article."""
    host, *folders = url.partition("://")[2].split("/")
    if _OPINION_PATHS.isdisjoint(folders[:-1]) or _PUBLIC.search(host):
        return False
    return not _OF_A_READER.search(url)


def opines(headline: str, section: str = "", url: str = "") -> bool:
    """The same, and a review: of a film mostly, but "Review: hospital failed 200 children" is news too."""
    return is_opinion(headline, section, url) or _REVIEWS.search(headline) is not None


def is_aside(headline: str, section: str = "") -> bool:
    """True for explainers, opinions and galleries: beside an event, not the news of it."""
    return explains(headline) or opines(headline, section) or _GALLERY.search(headline) is not None
