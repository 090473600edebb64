"""What is written for leisure or as advice, and is no news of the world: the headline says so by how it speaks."""

from __future__ import annotations

import re
from functools import lru_cache

_QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"]*\"|(?<!\w)[‘'][^‘’']{2,}[’'](?!\w)|「[^」]*」")
"""What others say is no speech of the paper's own."""

_SPEAKS: dict[str, str] = {
    "en": r"you|your|yours|you(?:['’](?:re|ll|ve|d))|yourself|(?-i:I)(?:['’](?:m|ve|d|ll))?|my|me|myself",
    "fr": r"vous|votre|vos|je|j['’](?=\w)|mon|ma|mes|tu|ton|tes|moi",
    "de": r"(?<=\w )(?-i:Sie|Ihre?[mnrs]?)|ich|meine?[mnrs]?|du|deine?[mnrs]?",
    "es": r"tú|tus?|te|ti|usted(?:es)?|yo|mis?|me",
    "it": r"tu[oa]?|tuoi|tue|ti|io|mi[oa]|miei|mi",
    "pt": r"você|vocês|eu|meus?|minhas?|te|teu|tua",
    "nl": r"jij|jouw|je|jullie|ik|mijn|mij",
    "ar": r"عليك|زوجي|زوجتي|نصائح|لماذا يجب أن ت\w+",
}
"""Words by which a headline speaks to who reads it, or of who wrote it."""
_NUMBER = (
    r"(?:\d{1,3}|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|trois|quatre|cinq|sept|huit|neuf|dix|"
    r"drei|vier|fünf|sechs|sieben|acht|neun|zehn|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|tre|quattro|cinque|sei|"
    r"sette|otto|nove|dieci|três|quatro|sete|oito|dez|drie|vijf|zes|zeven|negen|tien)"
)
_THINGS = (
    r"(?:things?|ways?|reasons?|tips?|tricks?|hacks?|ideas?|recipes?|gifts?|presents?|books?|films?|movies|shows?|"
    r"series|songs?|albums?|podcasts?|games?|gadgets?|apps?|places|spots|destinations?|beaches|hotels|restaurants|"
    r"getaways|facts|signs|foods?|drinks|snacks|meals|dinners|desserts|habits|mistakes|myths|rules|secrets|lessons|"
    r"looks|outfits|dresses|trends|products|buys|essentials|must-haves|plants|walks|hikes|"
    r"choses|façons|manières|raisons|conseils|astuces|idées|recettes|livres|séries|lieux|erreurs|cadeaux|"
    r"dinge|wege|gründe|tipps|ideen|rezepte|bücher|filme|serien|orte|fehler|fakten|geschenke|"
    r"cosas|formas|maneras|razones|consejos|trucos|recetas|libros|películas|lugares|errores|secretos|regalos|"
    r"cose|modi|motivi|consigli|trucchi|idee|ricette|libri|luoghi|errori|regali|"
    r"coisas|maneiras|razões|motivos|dicas|truques|receitas|livros|filmes|erros|presentes|"
    r"dingen|manieren|redenen|boeken|plekken|fouten|cadeaus)"
)
_RELATIVES = (
    r"(?:husband|wife|boyfriend|girlfriend|partner|fianc[eé]e?|mother|father|mum|mom|dad|sister|brother|son|daughter|"
    r"mother-in-law|in-laws|boss|friend|best friend|neighbou?rs?|flatmate|roommate|ex|date)"
)
_SIGNS: tuple[tuple[str, bool, str], ...] = (
    (
        "asks for advice",
        True,
        r"\b(?:what (?:should|can|do) I (?:do|say|tell|wear|give)|should I|am I (?:wrong|too|the|being)|"
        r"how (?:do|can) I|"
        rf"is it (?:ok|okay|normal|wrong) (?:to|that|if)|my {_RELATIVES}|agony (?:aunt|uncle)|"
        r"(?:mon mari|ma femme|mon copain|ma copine|ma belle-mère)|(?:mein mann|meine frau|mein freund|meine freundin|"
        r"meine schwiegermutter)|(?:mi marido|mi mujer|mi esposa?|mi novi[oa]|mi suegra)|(?:mio marito|mia moglie|"
        r"mia suocera)|(?:meu marido|minha (?:mulher|esposa|sogra))|(?:mijn man|mijn vrouw|mijn schoonmoeder)|"
        r"que dois-je faire|was soll ich|qué debo hacer|che devo fare|o que devo fazer|wat moet ik)\b|"
        r"زوجي|زوجتي|ماذا أفعل",
    ),
    (
        "says what to buy",
        True,
        r"\b(?:best|top|cheapest|great|perfect)\b.{1,60}\b(?:under|below|less than|for) [$£€]\s?\d|"
        r"\b(?:gift (?:guide|ideas?)|stocking fillers?|stocking stuffers?|buying guide|tried and tested|"
        r"(?:discount|promo|voucher) codes?|on sale (?:now|for)|worth (?:buying|the money)|editors['’]? picks)\b|"
        r"\b(?:black friday|cyber monday|prime day|boxing day)\b.{0,40}\b(?:deals?|offers?|bargains?|discounts?|"
        r"under [$£€]\d)|\b(?:deals?|bargains?|discounts?)\b.{0,40}\b(?:black friday|cyber monday|prime day)\b|"
        r"\b(?:idées[- ]cadeaux|guide d['’]achat|kaufberatung|geschenkideen|ideas? (?:de|para) regal\w+|idee regalo)\b",
    ),
    (
        "is a recipe",
        True,
        r"\b(?:recipes?|recettes?|rezepte?|recetas?|ricett[ae]|receitas?)\b|"
        r"\A(?:how to|comment|so|wie man|cómo|come|como) (?:\w+ )?(?:cook|bake|roast|fry|grill|poach|cuire|cuisiner|"
        r"kochen|backen|cocinar|hornear|cucinare|cuocere|cozinhar|assar)\b|وصفة|طريقة (?:عمل|تحضير)",
    ),
    (
        "is a list of things",
        False,
        rf"\A(?:the |our |my |les |nos |die |unsere |los |las |le |i |gli |os |as |de )?(?:top )?{_NUMBER} "
        rf"(?:[\w'’-]+ ){{0,3}}{_THINGS}\b|\A(?:the |our )?(?:very )?best (?!hope|chance|friend)[\w'’-]+|"
        r"\A(?:les meilleur(?:e?s)|die besten|l[oa]s mejores|i migliori|le migliori|os melhores|as melhores|de beste) ",
    ),
    (
        "says how to do it",
        False,
        r"\A(?:how|when|where|what) to \w+|\A(?:why|when) (?:you|we) should\b|"
        r"\Acomment (?:bien |mieux )?\w+(?:er|ir|re)\b|"
        r"\A(?:so (?:gelingt|klappt|schützen|sparen|bleiben|pflegen|machen|finden)|wie man)\b|"
        r"\Acómo \w+(?:ar|er|ir)(?:se|la|lo|te|los|las)?\b|\Acome \w+(?:are|ere|ire|arsi|ersi|irsi)\b|"
        r"\Acomo \w+(?:ar|er|ir)\b|\Azo \w+ je\b|\Aكيف (?:ت|يمكنك)\w*",
    ),
    (
        "tells what its writer tried",
        False,
        r"\A(?:(?-i:I)|we) (?:tried|tested|spent|ate|wore|slept|lived|gave up|quit|went|visited|swapped|used|bought)"
        r"\b|"
        r"\Aj['’]ai (?:testé|essayé|passé)\b|\Aich habe\b.{0,60}\b(?:getestet|ausprobiert|probiert)\b|\Aprobé\b|"
        r"\Aho provato\b|\Atestei\b|\Aik (?:probeerde|testte)\b",
    ),
)
"""What a headline does, whether it does so whatever else it says, and how that is known. A sign that is not sure of
itself counts only beside no word of hard news."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[tuple[str, bool, re.Pattern[str]], ...], dict[str, re.Pattern[str]]]:
    signs = tuple((says, sure, re.compile(pattern, re.I)) for says, sure, pattern in _SIGNS)
    speaks = {language: re.compile(rf"(?<![\w'’-])(?:{words})(?![\w-])", re.I) for language, words in _SPEAKS.items()}
    return signs, speaks


# Asked some three times for each story of a day.
@lru_cache(maxsize=131_072)
def leisure(headline: str, language: str, *, hard: bool) -> str:
    """What the headline does that news does not do ("asks for advice"); empty for news.

    `hard`: it has words of hard news. Then only what is sure counts: "What to know about the war" is about a war. What
    stands between quotation marks is somebody else's speech.
    """
    signs, speaks = _patterns()
    said = " ".join(_QUOTED.sub(" ", headline).split())
    for does, sure, pattern in signs:
        if (sure or not hard) and pattern.search(said):
            return does
    if not hard and language in speaks and speaks[language].search(said):
        return "speaks to its reader or of its writer"
    return ""
