"""What fills a page and is no news: vacancies, what is on television, adverts, opinion, puzzles, plain weather."""

from __future__ import annotations

import re
from functools import lru_cache

from digest.editorial.kinds.correcting import corrected_headline
from digest.editorial.kinds.genres import is_opinion
from digest.editorial.kinds.notices import is_notice
from digest.model.event import Event
from digest.model.story import Story

OBITUARY = "an obituary"
"""News after all where several owners have one."""
OPINION = "an opinion"
"""Told all the same where the newsletter has a section for it."""
_HEADS: dict[str, str] = {
    "a vacancy": (
        r"(?:(?:job )?(?:vacancy|vacancies)(?: notices?)?|job (?:opening|offer|advert)s?|offres? d[’']emploi|"
        r"stellen(?:angebote?|anzeigen?|ausschreibung)|oferta (?:de )?(?:empleo|laboral)|"
        r"ofertas de (?:empleo|emprego)|vagas? de emprego|offert[ae] di lavoro|vacatures?|وظائف شاغرة|вакансии)"
        r"(?:\s*[:|–—-]|\Z)|(?:now hiring|we(?:[’']re| are) hiring|on recrute|wir suchen|stellenangebote der)\b"
    ),
    "what is on television": (
        r"(?:tv (?:tonight|today|guide|listings?|schedule|picks)|(?:tonight|today|this week)[’']s tv|what(?:[’']s|"
        r" is) on (?:tv|television|tonight)|what to (?:watch|stream|see|read)(?: on (?:tv|netflix)| tonight|"
        r" this (?:week|weekend)|\s*:)|how to watch\b|"
        r"where to watch\b|best (?:tv|shows|films|movies|series)\b|programme tv|ce soir à la télé|que regarder|"
        r"tv[- ](?:programm|tipps?)|was läuft (?:heute|im)|fernsehprogramm|programación (?:de )?tv|qué ver (?:hoy|"
        r"en)|dónde ver|stasera in tv|guida tv|o que ver|tv[- ]gids|مواعيد مباريات|телепрограмма)"
    ),
    "an advert": (
        r"(?:advertis(?:ement|ing|ing feature|er content)|advertorial|sponsored(?: content| post| by)?|"
        r"paid (?:content|post|for|partnership|program)|promoted|partner content|brand(?:ed)? content|"
        r"press release|giveaway|publi-?(?:reportage|rédactionnel|cité|communiqué)|contenu sponsorisé|"
        r"anzeige|sponsored post|advertorial|werbung|publirreportaje|contenido patrocinado|publicidad|"
        r"contenuto sponsorizzato|publieditorial|conteúdo patrocinado|advertentie|إعلان(?: ممول)?|"
        r"реклама)\s*(?:[:|–—-]|\Z)"
    ),
    "shopping": (
        r"(?:(?:the )?(?:\d+ |our )?best [^,:]{1,50} (?:to buy|deals?|you can buy|for \d{4})\b|(?:black friday|"
        r"cyber monday|prime day)\b[^:]*\b(?:deals?|offers?|sale)\b|use code\b|win (?:a|an|two|tickets|one of)\b|"
        r"save (?:up to )?\d+ ?%|\d+ ?% off\b|bons plans?\b|les meilleurs? [^,:]{1,40} à acheter|gewinnen sie\b|"
        r"schnäppchen\b|las mejores ofertas|sorteo:)"
    ),
    "a correction": (
        r"(?:corrections?(?: and clarifications?)?|clarifications?|corrigend(?:um|a)|erratum|errata|"
        r"for the record|rectificatifs?|fe de (?:erratas|errores)|rectificaci[oó]n|korrektur(?:en)?|berichtigung|"
        r"correzione|correção|rectificatie|تصحيح|تصويب)(?:\s*[:|–—-]|\s+(?:of|du|vom|del|for)\b|\Z)"
    ),
    "a puzzle": (
        r"(?:(?:cryptic |quick |mini |daily |today[’']s )*(?:crosswords?|sudoku|wordle|kakuro|word ?search|"
        r"killer sudoku|spelling bee)\b(?=\W*(?:[\d#:|–—-]|no\b|hints?|answers?|clues?|solutions?|for\b|"
        r"of the (?:day|week)\b|today|\Z))|"
        r"(?:nyt )?(?:connections|strands|puzzles?):? (?:hints?|answers?|clues?|of the|#)|"
        r"(?:the |our |weekly |news |daily |saturday |sunday |"
        r"friday )*quiz(?: of the (?:day|week|year))?\s*(?:[:|–—?-]|\Z|of the\b)|mots croisés|mots fléchés|"
        r"kreuzworträtsel|crucigrama|cruciverba|palavras cruzadas|kruiswoord|кроссворд|الكلمات المتقاطعة)"
    ),
    "a horoscope": (
        r"(?:(?:daily |weekly |your |today[’']s |monthly )*horoscopes?|(?:your |daily )?star signs?|zodiac|"
        r"horóscopo|horoskop|oroscopo|horoscoop|гороскоп|حظك اليوم|الأبراج)\b"
    ),
    "numbers of a lottery": (
        r"(?:(?:winning |national |euro ?millions |powerball |mega millions )*(?:lottery|lotto|euromillions|"
        r"powerball|mega millions)\b.{0,30}\b(?:numbers?|results?|draw)\b|lottozahlen|résultats? (?:du )?(?:loto|"
        r"euromillions)|resultados? (?:de la )?(?:lotería|loteria|bonoloto|quiniela))"
    ),
    "death notices": (
        r"(?:(?:obituary|death|funeral|family|bereavement|in memoriam) notices?|obituaries|deaths|in memoriam|"
        r"births,? (?:deaths|marriages)|avis (?:de décès|d[’']obsèques)|carnet(?: du jour)?|nécrologies?|"
        r"todesanzeigen|traueranzeigen|esquelas|necrológicas|necrologi|overlijdensberichten)(?:\s*[:|–—-]|\Z)|"
        r"(?:obituary|death|funeral|family) notices? (?:for|of|from|\d)"
    ),
    "a recipe": (
        r"(?:recipes?|recettes?|rezepte?|recetas?|ricett[ae]|receitas?|recept(?:en)?)\s*(?:[:|–—-]|of the\b|"
        r"du jour\b|des tages\b)"
    ),
    "letters": (
        r"(?:letters?(?: to the editor| of the (?:day|week))?|readers[’']? letters|your letters|dear (?:abby|"
        r"deidre|prudence|annie)|courrier des lecteurs|leserbriefe?|cartas? (?:al director|a la directora)|"
        r"lettere al direttore|carta do leitor|ingezonden brieven)\s*(?:[:|–—-]|\Z)"
    ),
    "a page of updates": (
        r"(?:live(?: updates?| blog)?|latest (?:news|updates|headlines)|news in brief|breaking news|en direct|"
        r"liveticker|newsticker|en vivo|in diretta|ao vivo)\s*\Z|"
        # "Live: Ebola in Congo, latest updates" names what is told elsewhere.
        r"(?:live|en direct|liveticker|en vivo|in diretta|ao vivo)\s?[:|–—-] [^:]{3,80}[,:|–—-] ?(?:the )?"
        r"(?:latest|live updates|latest (?:updates|news)|follow (?:it )?live|últimas noticias|alle entwicklungen|"
        r"les dernières (?:infos|informations))\s*\Z"
    ),
    OBITUARY: (r"(?:obituary|obituaries|nécrologie|nachruf|obituario|necrologio|obituário|некролог)\s*(?:[:|–—-]|\Z)"),
    "a fixture of the paper": (
        r"(?:(?:on )?this day(?: in history)?|today in history|cartoons?(?: of the (?:day|week))?|(?:photos?|"
        r"pictures?|images?) of the (?:day|week)|podcast|newsletter|caption contest|ask (?:annie|amy)|"
        r"(?:gold|silver|petrol|exchange|currency) (?:price|rate)s? (?:today|for)|éphéméride|dessin du jour|"
        r"l[’']image du jour|karikatur(?: des tages)?|kalenderblatt|bild des tages|efemérides|foto del día|"
        r"viñeta)\s*(?:[:|–—-]|\Z)"
    ),
}
"""How a headline begins, or what hangs on its end."""
_WEATHER = re.compile(
    r"\A(?:(?:today[’']s |weekend |uk |us |irish |local |national |\w+ )?weather(?: forecast| report| outlook|"
    r" today| tomorrow| tonight| update)?\s*(?:[:|–—-]|\bfor\b|\bin\b|\bon\b|\Z)|"
    r"(?:the )?(?:\w+ )?(?:forecast|outlook) for (?:mon|tues|wednes|thurs|fri|satur|sun|the week|today|"
    r"tomorrow)|météo\b|bulletin météo|prévisions météo|wetter\b|wettervorhersage|das wetter\b|"
    r"el tiempo (?:hoy|para)\b|pronóstico (?:del tiempo|para)\b|meteo\b|previsioni (?:del tempo|meteo)|"
    r"previsão do tempo|weerbericht|het weer\b|погода\b|حالة الطقس|طقس)",
    re.IGNORECASE,
)
_WARNS = re.compile(
    r"\b(?:warning|alert|red|amber|danger|emergency|storm|hurricane|typhoon|cyclone|tornado|flood|kill|dead|"
    r"die|death|evacuat|blizzard|record|alerte|vigilance|tempête|inondation|mort|orages? violents?|unwetter|"
    r"warnung|sturm|hochwasser|tote|alerta|aviso|tormenta|inundaci|muert|allerta|alluvione|morti|tempestade|"
    r"inundaç|waarschuwing|code (?:rood|oranje)|storm|تحذير|предупрежд|шторм|погиб)",
    re.IGNORECASE,
)
_SECTIONS: dict[str, str] = {
    "a vacancy": (
        "jobs|careers|vacancies|recruitment|job offers|emploi|offres d'emploi|stellenmarkt|stellenangebote|"
        "empleo|empleos|lavoro offerte"
    ),
    "what is on television": (
        "tv tonight|tv guide|tv listings|tv & radio listings|what to watch|programme tv|tv-programm|"
        "fernsehprogramm|programación tv"
    ),
    "an advert": (
        "sponsored|sponsored content|paid content|paid post|advertorial|advertisement|advertising|"
        "partner content|partners|promoted|brand studio|branded content|press releases|classifieds|"
        "advertisement feature|publireportage|anzeige|anzeigen|publirreportaje|publicidad|contenido patrocinado"
    ),
    "shopping": (
        "deals|shopping|coupons|vouchers|competitions|giveaways|the filter|wirecutter|select|bons plans|shop|"
        "gutscheine|ofertas"
    ),
    "a correction": (
        "corrections|corrections and clarifications|corrections & clarifications|clarifications|rectificatifs|"
        "korrekturen|fe de errores"
    ),
    "a puzzle": (
        "crossword|crosswords|puzzles|puzzles & games|quiz|quizzes|sudoku|games & puzzles|mots croisés|rätsel|"
        "pasatiempos"
    ),
    "a horoscope": ("horoscope|horoscopes|astrology|horoskop|horóscopo|oroscopo"),
    "numbers of a lottery": ("lottery|lotto|lottery results|loteria|lotería"),
    "death notices": (
        "death notices|funeral notices|family notices|avis de décès|todesanzeigen|traueranzeigen|esquelas|necrológicas"
    ),
    "a recipe": ("recipes|recettes|rezepte|recetas|ricette|receitas"),
    "letters": ("letters|letters to the editor|readers' letters|leserbriefe|courrier des lecteurs|cartas al director"),
}
_SAID: dict[str, str] = {
    "a vacancy": (
        r"\bwe are (?:looking for|seeking|recruiting|hiring) (?:an? |\w+ )|\b(?:send your cv|"
        r"submit your application)\b|\bequal opportunit(?:y|ies) employer\b|\bnous recherchons une?\b|"
        r"\bwir suchen (?:eine?n?|zum)\b|\bbuscamos (?:un|una)\b|\benvíe su cv\b"
    ),
    "an advert": (
        r"\A(?:this is )?(?:paid|sponsored|partner|advertis(?:er|ing)|branded) (?:content|post|feature|article)\b|"
        r"\bterms (?:and conditions )?apply\b|\b(?:with|use) (?:the )?(?:promo |discount |"
        r"voucher )?code [A-Z0-9]{4,}\b|\bwhile (?:stocks|supplies) last\b|\bshop now\b|\bbook (?:now|"
        r"by \w+day)\b|\bthis (?:article|post|content) (?:is|was) (?:paid for|sponsored|produced|created) (?:by|"
        r"for|in partnership)\b|\bbrought to you by\b|\bcontenu (?:proposé|sponsorisé) par\b|"
        r"\bce contenu a été (?:produit|réalisé) (?:par|pour)\b|\bcontenido (?:patrocinado|ofrecido) por\b|"
        r"\bin zusammenarbeit mit unserem partner\b"
    ),
    "a correction": (
        r"\bwe (?:regret|apologi[sz]e for|are sorry for) (?:the|this|any|our) (?:error|mistake|confusion)\b|"
        r"\A(?:an?|the|our|due to an editing error,? an?) (?:\w+ ){0,3}(?:article|report|story|headline|caption|"
        r"picture|map)\b.{0,80}\b(?:misstated|misspelled|misidentified|wrong(?:ly)?|incorrect(?:ly)?|"
        r"should have)\b"
    ),
    "death notices": (
        r"\b(?:beloved|dearly loved|loving|cherished|much[- ]loved) (?:husband|wife|father|mother|son|daughter|"
        r"brother|sister|grand\w+)\b.{0,200}\b(?:service|funeral|flowers|cremation|mourn|rest in peace|"
        r"donations)\b"
    ),
}
"""What its first lines say to who reads them."""
_OPENING = 400
_RUBRIC = re.compile(r"\s*[|–—]\s*(?P<rubric>[^|–—]{3,40})\Z")

_Patterns = tuple[tuple[str, re.Pattern[str]], ...]


@lru_cache(maxsize=1)
def _patterns() -> tuple[_Patterns, _Patterns, dict[str, str]]:
    heads = tuple((kind, re.compile(rf"\A\W*(?:{said})", re.IGNORECASE)) for kind, said in _HEADS.items())
    bodies = tuple((kind, re.compile(said, re.IGNORECASE)) for kind, said in _SAID.items())
    sections = {name: kind for kind, names in _SECTIONS.items() for name in names.split("|")}
    return heads, bodies, sections


def filler(story: Story) -> str:
    """What the story is that is no news, in words ("a crossword"); empty for news.

    Told by the section's name, by how the headline begins or what hangs on its end, or by what its first lines say to
    the reader. Weather is news where the headline warns.
    """
    headline = corrected_headline(story.headline) or story.headline
    kind = _kind_of(story.section, headline, story.standfirst, story.text[:_OPENING])
    return kind or (OPINION if is_opinion(headline, story.section, story.url) else "")


# A day's composing asks some five times for each of its stories, and a question costs a tenth of a millisecond: room
# for a day of 100,000 stories, and the first lines of each are all that is kept (1 KB).
@lru_cache(maxsize=131_072)
def _kind_of(section: str, headline: str, standfirst: str, start: str) -> str:
    heads, bodies, sections = _patterns()
    if kind := sections.get(section.casefold()):
        return kind
    if is_notice(headline):
        return "a notice of the feed's own"
    rubric = _RUBRIC.search(headline)
    for said in (headline, rubric["rubric"] if rubric else ""):
        for kind, pattern in heads:
            if said and pattern.match(said):
                return kind
    if _WEATHER.match(headline) and not _WARNS.search(headline):
        return "plain weather"
    opening = f"{standfirst} {start}".strip()
    return next((kind for kind, pattern in bodies if pattern.search(opening)), "")


def filler_event(event: Event) -> str:
    """What the event is that is no news, where every story of it is such; empty for news.

    An obituary that several owners publish is news: somebody of note has died.
    """
    kinds = [filler(story) for story in event.stories]
    if not all(kinds):
        return ""
    owners = {story.origin.owner for story in event.stories if not story.origin.aggregator}
    return "" if kinds[0] == OBITUARY and len(owners) > 1 else kinds[0]
