"""A story in one or two of its own sentences: chosen, never cut mid-word, never an advertisement for itself."""

from __future__ import annotations

import re

from digest.editorial.kinds.correcting import without_correction
from digest.editorial.kinds.withheld import withheld
from digest.editorial.telling.datelines import without_dateline
from digest.editorial.telling.pronouns import goes_on
from digest.editorial.text.quotation import balanced, first_unpaired
from digest.editorial.text.sentences import sentences, unglued
from digest.editorial.text.stopwords import stop_words
from digest.editorial.text.words import tokens
from digest.model.story import Story

BLURB_LIMIT = 240
_LOOK_AT = 12
_FULL = 60
"""Letters of a whole sentence; the fewer it has, the less it tells ..."""
_A_LETTER = 0.012
"""... by so much for each that is missing."""
_SUBJECT = 5
"""Words up to which what stands before a relative clause is its subject alone, without a verb."""
_LOOSE = " ,;:.!?–—…·-"
_FURNITURE = re.compile(
    r"read more|continue reading|keep reading|read (?:the )?(?:full|rest|whole|original|entire)\b|continue to (?:the )?"
    r"(?:article|story|site)|view (?:the )?(?:full|original|entire)\b|"
    r"the post .{1,200}(?:appeared first|first appeared) on|"
    r"\b(?:appeared first|first appeared|originally appeared|first published) (?:on|in|at)\b|"
    r"(?:get|download) (?:the|our) app|"
    r"click here|sign up|subscri(?:be|ption)|newsletter|cookie|advertisement|follow us|"
    r"share (?:this|on)|photo(?:graph)? ?:|image ?:|getty images|all rights reserved|copyright|©|https?://|www\.|"
    r"watch (?:the )?(?:video|live)|this (?:story|article) (?:was|has been|is being) |lire (?:la suite|aussi)|"
    r"weiterlesen|mehr dazu|leer más|lea también|اقرأ (?:أيضا|المزيد)|\bTK\b",
    re.IGNORECASE,
)
_APPEAL = re.compile(
    r"\byour (?:\w+ )?(?:support|contributions?|donations?|gifts?|membership|generosity|help) "
    r"(?:\w+ )?(?:helps?|makes?|keeps?|allows?|enables?|matters?|means|funds?|powers?|will)\b|"
    r"\A(?:please )?(?:donate|give|contribute|chip in|join|register|log ?in|sign ?in|subscribe|download|tap|swipe|"
    r"listen|bookmark)\b.{0,60}\b(?:now|today|here|us|our|for free|account|newsroom|journalism|below)\b|"
    r"\b(?:donate|subscribe|register|join us|sign up|log in) (?:now|today|here)\b|\bmake a donation to (?:us|our)\b|"
    r"\bsupport (?:us|our (?:\w+ )?(?:work|journalism|reporting|newsroom|mission|coverage))\b|"
    r"\bbecome (?:a|an) (?:\w+ )?(?:member|supporter|patron|subscriber|insider)\b|"
    r"\b(?:we|our \w+) (?:rely|relies|depend|depends) on (?:your|the support of|readers|donations)\b|"
    r"\b(?:reader|listener|viewer|donor)-(?:funded|supported)\b|\bhelp us (?:keep|continue|report|cover|stay|fund)\b|"
    r"\balready an? (?:subscriber|member)\b|\bfree trial\b|\bthis (?:content|article) is (?:available|free|only)\b|"
    r"\bsoutenez[- ]|\bfaites un don\b|\b(?:abonnez|inscrivez)-vous\b|\bje m[’']abonne\b|"
    r"\bunterstützen sie (?:uns|unsere)\b|\bspenden sie\b|\b(?:jetzt|hier) (?:abonnieren|spenden|anmelden)\b|"
    r"\bsuscr[ií]b(?:ete|ase)\b|\bap[oó]y(?:anos|enos)\b|\b(?:dona|done) (?:ahora|hoy|aquí)\b|\bhazte socio\b|"
    r"\babbonati\b|\bassine (?:já|agora)\b|\bword (?:nu )?(?:lid|abonnee)\b|تبرع(?:وا)? الآن|اشترك(?:وا)? (?:الآن|في)|"
    r"ご登録|会員登録|点击订阅|立即订阅",
    re.IGNORECASE,
)
"""The page speaks to its reader: for money, for an account, for a click."""
_SITE = re.compile(
    # placeholders of an editing system
    r"\{\{|\}\}|\{%|%%\w*|\$\{|<%|\[(?:insert|add|tk|quote|caption|image|photo|video|embed|link|placeholder)\b|"
    r"\[/?\w+(?:_\w+)+\]|\blorem ipsum\b|"
    # accounts, scripts, players, cookies, subscriptions
    r"\b(?:enable|activate|turn on|disable|allow) (?:java ?script|cookies|your ad|ad ?block)|\bad ?blocker\b|"
    r"\b(?:video|audio|media) player\b|\bplease (?:use|upgrade) .{0,30}\bbrowser\b|\bscroll (?:down|up) (?:for|to)\b|"
    r"\bmust be (?:logged|signed) in\b|\blog in to\b|\b(?:post|leave) a comment\b|"
    r"\bterms (?:of (?:use|service)|and conditions)\b.{0,40}\bappl(?:y|ies)\b|\bour privacy\b|"
    r"\bpersonali[sz]e content\b|"
    r"\b(?:not|un) ?available in your (?:region|country|area|location)\b|"
    r"\blimit of free articles\b|\bfree articles (?:this|per|a) month\b|\bunlimited access to (?:all )?(?:of )?our\b|"
    r"\baffiliate links?\b|\byour inbox\b|"
    r"\A(?:get|stay|follow|join|receive)\b.{0,80}\b(?:whatsapp|telegram|instagram|facebook|youtube|tiktok)\b|"
    # the page about itself
    r"\b(?:breaking|developing) (?:news )?story\b|\bcheck back\b|\brefresh (?:this|the) page\b|\blive updates\b|"
    r"\A(?:our|this) live ?blog\b|\Amore (?:details )?to follow\b|"
    r"\A(?:an?|the) (?:earlier|previous|original) version of "
    r"(?:this|the|our) (?:story|article|report|piece|headline)\b|"
    r"\A(?:this|our) (?:story|article|report|piece|column|podcast)"
    r"\b.{0,40}\b(?:first ran|first appeared|ran in|contains|was amended)\b|\A(?:the )?audio of this\b|"
    r"\bour (?:live ?blog|coverage|reporters?|newsroom|podcast|correspondent)\b|\Amy colleague\b|\bthis web ?site\b|"
    r"\bsolely responsible for .{0,20}\bcontent\b|\b(?:opinions|views) expressed\b.{0,60}\bauthor|"
    r"\b(?:sponsored|partner) content\b|\bend of list\b|\brecommended stories\b|\breading time\b|\bprint edition\b|"
    r"\b(?:ap|associated press|afp|reuters|dpa) (?:writers?|journalists?|reporters?) .{0,80}\bcontributed\b|"
    r"\Alast updated\b|"
    r"\breporter[’']s phone\b|\btickets for our\b|\bfind (?:\w+ )?(?:distressing|upsetting|disturbing)\b|"
    r"\b(?:change slug|adds (?:quotes?|details?|background))\b|"
    # the page speaks to who reads it
    r"\A(?:have|do|did|are|were|if|as) you\b.{0,80}\b(?:affected|video|above|below|story|call|contact)\b|"
    r"\A(?:what|how well) do you\b|\bget in touch with us\b|\blet us know\b|"
    r"\bsend (?:us|tips)\b|\bcontact (?:us|the reporter)\b|"
    r"\A(?:read|see|watch|hear) (?:also|how|our|the|this|why|more|next)\b|\Aclick\b|\Alisten to (?:this|our)\b|"
    r"\Ajoin (?:us|our)\b|\Astay up to date\b|\Aget the (?:day|latest|best|top)\b|\A(?:thank you|thanks) for reading\b|"
    r"\Asorry, |\Afollow @|\A(?:to continue|enjoy) .{0,60}\b(?:our|reading|article)\b|"
    r"\Ayou (?:must|need to|have (?:reached|read|used)|can (?:also )?(?:read|watch|listen|follow))\b|"
    # French, German, Spanish, Italian, Portuguese, Dutch, Arabic
    r"\bde cet article à lire\b|réservée?s? aux? abonn|\bconnectez-vous\b|\bactive[rz] (?:java ?script|les cookies)|"
    r"\bcréez? (?:un|votre) compte\b|\bvotre (?:navigateur|abonnement)\b|\bexternen? inhalt|\bhier finden sie\b|"
    r"\A(?:lesen|sehen|hören|aktivieren|klicken) sie\b|\bnur für abonnenten\b|\bhier geht es (?:zu|zum|zur)\b|"
    r"\b(?:exclusivo|solo) para (?:suscriptores|abonados)\b|\binici(?:e|a) sesi[oó]n\b|"
    r"\btu (?:navegador|cuenta|suscripci[oó]n)\b|"
    r"\b(?:riservato agli|exclusivo para) (?:abbonati|assinantes)\b|\bfaça login\b|\bvoor abonnees\b|"
    r"للمشتركين فقط|يرجى تفعيل",
    re.IGNORECASE,
)
"""The page, its machine or its newsroom speaks, not the story."""
_AGENCY_TAIL = re.compile(
    r"\bcontributed to this (?:report|story|article|piece)\b|"
    r"\bwith (?:additional )?(?:inputs?|reporting|files|material) (?:from|by)\b|\b(?:with|from) agencies\W*\Z|"
    r"\bhas not been edited by\b|\bsyndicated feed\b|\btrust principles\b|"
    r"\b(?:avec|mit material (?:von|der)|con informaci[oó]n de|con agencias) "
    r"(?:l[’'])?(?:afp|dpa|reuters|ap|efe|apa|kna|epd|agence|anp|ansa)\b|\binformationen von (?:dpa|afp|reuters)\b|"
    r"\bauto-generated\b|\bgenerated (?:by|from) (?:a|an|the) (?:agency|wire|syndicated)\b",
    re.IGNORECASE,
)
_CREDIT_START = re.compile(
    r"\A\W*(?:(?:additional|further|other) )?(?:reporting|writing|editing|written|edited|reported|compiled|translated|"
    r"translation|production|graphics?|photography|video|words|text|research)\b.{0,40}?\bby\b",
    re.IGNORECASE,
)
_MAKERS = (
    "by and in with additional further other reporting writing editing written edited reported compiled translated "
    "translation production graphic graphics photography video words text research from at the for of de da di van von "
    "del la el al bin ben der den du"
)
_CREDIT_SMALL = frozenset(_MAKERS.split())
"""The only small words in a line that names who wrote and who edited."""
_RULE = re.compile(r"\s*(?:\+{3,}|_{3,}|\*{3,}|={3,})\s*")
"""What parts the messages of a ticker, or the text from what an agency hangs on its end."""
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_RELATIVE = re.compile(
    r"(?P<subject>[^,]+), (?:which|who|whose|whom|where|qui|que|dont|lequel|laquelle|où|der|die|das|dessen|deren|"
    r"welche[rs]?|quien|cuy[oa]|il quale|la quale|che|o qual|a qual|die|dat|котор\w+)\b[^,]*\Z"
)
"""A beginning that ends inside of its first relative clause."""
_CUT_BEHIND = re.compile(r"(?<=[.!?。！？])(?=[\[(]?(?:…|\.{3}|&hellip;)[\])]?)")
"""Where a feed's mark for what it left out follows a whole sentence without a space."""
_LABEL = re.compile(
    r"\A\W*(?:corrections?|corrected|clarification|editor[’']?s?[’']? note|editors[’']? note|"
    r"note(?: to editors)?|"
    r"published|posted|"
    r"related(?: \w+)?|read(?: also| next| more)?|see(?: also)?|also(?: read)?|watch|listen|more|updates?|updated|"
    r"disclosure|"
    r"disclaimer|warning|quiz|poll|podcast|video|photos?|pictures?|images?|gallery|source|sources|graphic|"
    r"advertisement|"
    r"sponsored|embargo(?:ed)?|hold|kill|test|refile|repeat|slug|don[’']t miss|recommended|"
    r"lire(?: aussi| la suite)?|à lire(?: aussi)?|à voir|voir(?: aussi)?|rectificatif|erratum|"
    r"note de la rédaction|vidéo|"
    r"korrektur|anmerkung der redaktion|hinweis|lesen sie auch|mehr zum thema|"
    r"correcci[oó]n|fe de errores|nota (?:del editor|de la redacci[oó]n)|lea tambi[eé]n|le puede interesar|"
    r"ver|v[ií]deo|"
    r"correzione|leggi anche|leia (?:também|mais)|correção|lees ook|تصحيح|ملاحظة|اقرأ أيضا)"
    r"(?: of \w+ \d+| \([^)]{1,30}\))? ?[:：–—-](?=\s)",
    re.IGNORECASE,
)
"""What a newsroom calls its own lines: never a place, and what follows is no news."""
_LEANS = re.compile(
    r"\A(?:he|she|it|they|this|that|these|those|but|and|also|however|meanwhile|his|her|their|its|all (?:that|this|of)|"
    r"such|another|then|there|later|earlier|asked|here is|il|elle|ils|elles|mais|et|cela|ce|er|sie|es|aber|und|"
    r"diese[rs]?|él|ella|pero|y|esto)\b",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(r"(?:\.\.\.|…|[\[(](?:…|\.{2,3})?[\])])[\s»→>]*\Z")
"""How a feed says that it left the rest of a sentence out."""
_CREDIT = re.compile(
    r"\b(?:photo(?:graph|s)?|picture|image|foto|bild)s? ?(?::|by\b|courtesy)|\(AP Photo|"
    r"getty images|©|/(?:AFP|AP|Reuters|EPA)\b",
    re.IGNORECASE,
)
_MONTHS = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_CAPTION = re.compile(
    r"\b(?:is|are) (?:seen|pictured|shown)\b|\bfile (?:photo|picture|image)\b|\((?:left|right|cent(?:re|er)|l|r|c)\)|"
    r",? (?:left|right|cent(?:re|er)),|"
    r"\b(?:arrive|leave|walk|wait|stand|speak|look|attend|hold|shake|pose|gesture|react|sit|wave|gather|carr(?:y|ie)|ride|"
    r"queue|inspect|watche?|embrace|hug|kneel|pray|march|listen|enter|board|greet)s? .*"
    rf"\b(?:\d{{1,2}} {_MONTHS}|{_MONTHS} \d{{1,2}})\b",
    re.IGNORECASE,
)
"""What is written below a picture: who stands where, told in the present with a full date."""
_NO_QUOTATION = {ord(mark): "_" for mark in "'’‘‚()[]（）"}
"""Single marks are apostrophes too often to say where a quotation begins, and a bracket is none."""
_SMALL_TALK = frozenset(
    ["said", "says", "told", "officials", "people", "year", "years", "day", "days", "time", "today"]
)
_CLAUSES = (", ", "; ", " – ", " — ", "，", "、", "،", "；", "：", "——")
_UNSPACED_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{12}")
"""A run of a script that puts no spaces between its words."""
_CAPTION_WORDS = 60
_CREDIT_WORDS = 8


def blurb(story: Story, *, limit: int = BLURB_LIMIT) -> str:
    """At most `limit` characters of the story's text, else of its standfirst; empty where nothing serves.

    Empty too where the story says at its head that it is embargoed, on hold, withdrawn or a test.
    """
    if withheld(story.headline, story.standfirst, story.text):
        return ""
    for text in (story.text, story.standfirst):
        chosen = _choose(story.headline, text, limit, story.language)
        if chosen:
            return chosen
    return ""


def _choose(headline: str, text: str, limit: int, language: str) -> str:
    whole = _RULE.sub("\n", _CUT_BEHIND.sub(" ", _told(text[:8000])))
    # At the head of a line before it is cut: "23 Nov. (EFE).- ..." holds points that end no sentence.
    given = [without_correction(line.strip()) for line in whole.splitlines() if line.strip()]
    lines = "\n".join(_without_dateline(line, language, head=not place) for place, line in enumerate(given))
    said = _outside_quotations(unglued(lines), language)[:_LOOK_AT]
    found = [_without_dateline(sentence, language) for sentence in said]
    usable = [(place, sentence) for place, sentence in enumerate(found) if _usable(sentence, headline)]
    title = frozenset(tokens(headline))
    fitting = {place: sentence for place, sentence in usable if len(sentence) <= limit}
    # A long opening cut at a clause often says more than a short sentence from further down.
    cut = {place: _cut(sentence, limit) for place, sentence in usable[:3] if len(sentence) > limit}
    offered = {**fitting, **{place: sentence for place, sentence in cut.items() if sentence}}
    if not offered:
        return ""
    place = max(offered, key=lambda place: (_worth(place, offered[place], title) - 0.15 * (place in cut), -place))
    first = offered[place]
    following = fitting.get(place + 1, "")
    if not _joins(following, first, headline, language):
        return first
    if len(first) + 1 + len(following) <= limit and len(first) < limit * 0.6:
        joint = "" if first[-1:] in "。！？｡" else " "
        both = first + joint + following
        return both if balanced(both) else first
    return first


def _joins(following: str, first: str, headline: str, language: str) -> bool:
    """Whether a second sentence goes on with the story.

    It has a word of substance of the headline or of the first, or begins with a pronoun that can mean only one there.
    """
    if not following or _CAPTION.search(following):
        return False
    if goes_on(following, first, language):
        return True
    return not _substance(following, language).isdisjoint(_substance(f"{headline} {first}", language))


def _substance(text: str, language: str) -> set[str]:
    """Its words without function words, by their first five letters: "minister" and "ministers" are one."""
    small = stop_words(language) | _SMALL_TALK
    return {word[:5] for word in tokens(text) if word not in small}


def _without_dateline(sentence: str, language: str, *, head: bool = False) -> str:
    """The sentence without its dateline; what a newsroom's label stands before keeps it."""
    return sentence if _LABEL.match(sentence) else without_dateline(sentence, language, head=head)


def _outside_quotations(text: str, language: str) -> list[str]:
    """The text's sentences; empty in the place of each that stands inside a quotation which spans several."""
    found: list[str] = []
    for line in text.splitlines():
        marks, end = line.translate(_NO_QUOTATION), 0
        for sentence in sentences(line, language):
            start = line.find(sentence, end)
            end = start + len(sentence)
            behind = marks[end:]
            broken = first_unpaired(behind)
            inside = not balanced(marks[:start]) or (broken is not None and behind[broken] in "”」』")
            found.append("" if inside else sentence)
    return found


def _told(text: str) -> str:
    """The text without its captions: short lines with a picture's credit, and the line that a bare credit follows."""
    kept: list[str] = []
    for line in text.splitlines():
        words = len(line.split())
        if not (_CREDIT.search(line) and words <= _CAPTION_WORDS):
            kept.append(line)
        elif words <= _CREDIT_WORDS and _CREDIT.match(line.lstrip("( ")):
            while kept and not kept[-1].strip():
                kept.pop()
            if len(kept) == 1 and len(kept[0].split()) <= _CAPTION_WORDS:
                kept.pop()
    return "\n".join(kept)


def _usable(sentence: str, headline: str) -> bool:
    if _CUT_OFF.search(sentence) or len(tokens(sentence)) < 4 or not balanced(sentence):
        return False
    if _LABEL.match(sentence) or withheld(sentence):
        return False
    if any(furniture.search(sentence) for furniture in (_FURNITURE, _APPEAL, _SITE, _AGENCY_TAIL)) or _names_makers(
        sentence
    ):
        return False
    return not _repeats(sentence, headline)


def _names_makers(sentence: str) -> bool:
    """ "Reporting by A. Writer in Paris; Editing by B. Reader": names, and hardly a word beside them."""
    if not _CREDIT_START.match(sentence):
        return False
    words = re.findall(r"[^\W\d_]+", sentence)
    return all(word[:1].isupper() or word in _CREDIT_SMALL for word in words)


def _repeats(sentence: str, headline: str) -> bool:
    """The headline again: nearly all of its words, and hardly any other."""
    said, title = frozenset(tokens(sentence)), frozenset(tokens(headline))
    if not title or not said:
        return False
    shared = len(said & title)
    return shared >= 0.8 * len(title) and len(said) <= 1.4 * len(title)


def _worth(place: int, sentence: str, title: frozenset[str]) -> float:
    """Early, about the headline's subject, standing on its own feet, of a readable length."""
    said = tokens(sentence)
    overlap = len(title & frozenset(said)) / max(len(title), 1)
    value = 1.0 - 0.12 * place + 0.5 * min(overlap, 0.6)
    if _LEANS.match(sentence):
        value -= 0.6
    value -= _A_LETTER * max(0, _FULL - len(sentence) - len(_WIDE.findall(sentence)))
    if sentence[-1:] not in ".!?…。！？｡।؟۔\"”»’'":
        value -= 0.5  # a caption or a heading rather than a sentence
    if _CAPTION.search(sentence):
        value -= 0.7
    if sentence[:1] in '"“«„‘':
        value -= 0.15
    return value


def _cut(sentence: str, limit: int) -> str:
    """The sentence up to a clause or a word, an ellipsis after it; a quotation it would break open is left out.

    Empty where it has neither in a fitting place, as in a script without spaces: no word is ever broken.
    """
    clause = max(sentence.rfind(mark, 0, limit - 1) for mark in _CLAUSES)
    end = clause if clause > limit * 0.5 else sentence.rfind(" ", 0, limit)
    if _UNSPACED_WORD.search(sentence):
        # A phrase ends at a mark, in Thai at a space; and a line of such a script says twice as much.
        end = max(clause, end)
    if end < limit * (0.15 if _UNSPACED_WORD.search(sentence) else 0.4):
        return ""
    if (open_clause := _RELATIVE.match(sentence[:end])) and len(open_clause["subject"].split()) <= _SUBJECT:
        return ""  # "The commission, which was set up in May…" says nothing of it
    shorter = sentence[:end].rstrip(_LOOSE) + "…"
    while (broken := first_unpaired(shorter)) is not None:
        if broken < 20:
            return ""
        shorter = shorter[:broken].rstrip(_LOOSE) + "…"
    return shorter
