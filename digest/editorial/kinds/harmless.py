"""Quakes, storms and fires of which a headline says that they harmed nobody: news, and no hard news."""

from __future__ import annotations

import re

_HARM = (
    r"tsunami (?:warning|alert|threat)|alerta de tsunami|tsunami-?warnung|alerte (?:au )?tsunami|"
    r"casualt(?:y|ies)|deaths?|injur(?:y|ies)|damage|victims?|fatalities|"
    r"víctimas|herid[oa]s?|muertos|fallecidos|daños|victimes?|blessés?|morts?|dégâts?|"
    r"verletzten?|verletzte|opfern?|toten?|schäden|schaden|vittime|ferit[oi]|morti|danni|"
    r"vítimas|feridos|mortos|danos|slachtoffers|gewonden|doden|schade"
)
_NONE = r"no|without(?: any)?|zero|sin|sans(?: faire)?(?: de)?|aucune?|ohne|keine?n?|nessun[ao]?|senza|sem|geen|zonder"
_KIND_OF_HARM = (
    r"reported|immediate|major|serious|graves?|größere|menschliche|causar|provocar|dejar|fare|causare|provocare"
)
_NO_HARM = re.compile(
    rf"\b(?:{_NONE})(?: (?:{_KIND_OF_HARM}))* (?:{_HARM})\b(?: (?:or|nor|ni|oder|ou|né|of) (?:{_HARM})\b)*|"
    r"\b(?:nobody|no one|niemand|nadie|personne)\b[^.:]{0,20}\b(?:hurt|killed|injured|verletzt|herido|blessé)",
    re.IGNORECASE,
)
_BY_NATURE = (
    "earthquake quake tremor tsunami storm hurricane typhoon cyclone wildfire fire blaze eruption volcano flood floods "
    "landslide crash derails "
    "terremoto sismo temblor tormenta huracán incendio erupción volcán inundación inundaciones "
    "séisme tempête ouragan incendie éruption volcan inondation inondations "
    "erdbeben beben sturm orkan brand feuer großbrand vulkan überschwemmung überschwemmungen unwetter "
    "scossa alluvione eruzione vulcano tremor tempestade furacão erupção vulcão aardbeving storm brand overstroming"
)
_NATURE = frozenset(_BY_NATURE.split())


def without_harm(headline: str) -> tuple[str, frozenset[str]]:
    """The headline without the words that nobody was harmed, and which words are no hard news in it for that."""
    said = _NO_HARM.sub(" ", headline)
    return (headline, frozenset()) if said == headline else (said, _NATURE)
