"""What a feed says for itself among its news: subscribe, follow us, get our app, page not found."""

from __future__ import annotations

import re

_NOTICE = re.compile(
    r"[\W_]*"
    r"(?:subscribe\b(?=.{0,60}\b(?:newsletters?|briefing|channel|podcast|our|us|now|today)\b|\W*\Z)|"
    r"sign up\b(?=.{0,60}\b(?:newsletters?|briefing|alerts?|e-?mails?|our|inbox|now|today|here)\b|\W*\Z)|"
    r"(?:get|receive|join)\b.{1,60}\b(?:in your inbox|our newsletter|our (?:whatsapp|telegram|discord)\b|"
    r"our community)|(?:download|get|try) our\b.{0,30}\bapp\b|"
    r"(?:follow|like|find|contact|about|support) (?-i:us|Us|US\Z)(?!\w)|"
    r"advertise with us|support our (?:\w+ )?(?:journalism|work|newsroom)|become an? (?:\w+ )?(?:member|supporter|"
    r"subscriber)\W*\Z|welcome to our (?:new )?(?:web ?site|site|app|newsletter)|privacy (?:policy|notice)\W*\Z|"
    r"terms (?:of (?:use|service)|and conditions)\W*\Z|cookie policy\W*\Z|(?:page|article) not found|"
    r"(?:abonnez|inscrivez)-vous\b|recevez\b.{0,40}\b(?:newsletter|lettre)|téléchargez notre|suivez-nous|"
    r"soutenez-nous|jetzt abonnieren|abonnieren sie\b|(?:unseren? |zum |den )?newsletter abonnieren|"
    r"melden sie sich\b.{0,40}\b(?:an|newsletter)|folgen sie uns|suscr[ií]b(?:ete|ase)\b|"
    r"reg[ií]str(?:ate|ese)\b|ap[uú]ntate\b|s[ií]guenos|descarga nuestra|hazte (?:socio|suscriptor)|iscriviti\b|"
    r"abbonati\W*\Z|abbonati (?:a|ora|alla)\b|seguici|scarica la nostra|inscreva-se|assine (?:a|o|já|nossa|agora)\b|"
    r"cadastre-se|siga-nos|baixe (?:o|nosso)|(?:meld|schrijf) je (?:aan|in)\b|abonneer (?:je|nu)\b|volg ons|"
    r"اشترك(?:وا)? (?:الآن|في (?:نشرت|قنات|خدمة))|تابعونا على|подпи(?:шитесь|сывайтесь)\b|購読(?:登録|する)|订阅)",
    re.IGNORECASE,
)
"""How such a headline begins, in nine languages."""


def is_notice(headline: str) -> bool:
    """True where the headline speaks to the reader of the feed about the outlet itself: no story, whatever is below."""
    return _NOTICE.match(headline) is not None
