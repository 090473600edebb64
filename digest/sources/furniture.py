# ruff: noqa: E501
"""The words that page furniture is made of: what is not the article on a crawled page of text."""

from __future__ import annotations

import re
from enum import Enum

from digest.sources.dates import find_date


class Furniture(Enum):
    """What a line is, if it is not a line of the article."""

    NONE = "none"
    """Nothing speaks against it."""
    NOISE = "noise"
    """A button, a count, an address, a caption, a notice: it stands alone."""
    INSET = "inset"
    """A link to another article in the middle of the text; the title may follow on the same line."""
    RELATED = "related"
    """The heading of a list of other articles."""
    BREAK = "break"
    """The heading of a list or box that is not about articles."""
    END = "end"
    """After this no article goes on: comments, the form for them."""


_END = re.compile(
    r"""\A\W*(?:
      (?:leave|post|write|add|submit)\ (?:a|your)\ (?:reply|comment|response)s?(?:\ here)?(?:\ cancel\ reply)?
    | (?:be\ the\ first\ to\ comment|join\ the\ (?:conversation|discussion)|comments?\ (?:are\ )?closed|have\ your\ say)
    | (?:\d+\ )?(?:reader\ )?(?:comments?|responses?|replies)(?:\ on\ this\ (?:story|article))?(?:\ \(\d+\))?
    | (?:please\ )?enter\ your\ (?:comment|name|email)(?:\ .*)? | your\ email\ address\ will\ not\ be\ published.*
    | laisser?\ un\ commentaire | commentaires? | deja\ (?:un|una)\ (?:comentario|respuesta) | comentarios
    | schreibe?n?\ sie\ einen\ kommentar | kommentare? | deixe\ um\ coment[aá]rio | commenti
    | التعليقات | اترك\ تعليقا? | コメント | 评论
    )\W*(?:\d+)?\W*\Z""",
    re.I | re.X,
)
_RELATED = re.compile(
    r"""\A\W*(?:
      related(?:\ (?:articles?|stor(?:y|ies)|news|posts?|content|coverage|links?|topics?|reading|reports?))?
    | more\ (?:stories|articles|news|headlines|coverage|on\ this(?:\ (?:story|topic))?|like\ this|to\ read|from\ .{1,40}|on\ .{1,40}|in\ .{1,25}|about\ .{1,40}|top\ stories|for\ you)
    | (?:also|further)\ (?:in\ (?:the\ )?news|read(?:ing)?|on\ .{1,30}|see) | see\ also | read\ (?:also|more|next|on)
    | (?:you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested\ in)|you\ may\ have\ missed|in\ case\ you\ missed\ it|don.?t\ miss)
    | (?:most|latest|top|trending|popular|recent|recommended|other|editor.?s|today.?s|similar|must)[\ -](?:read|viewed|popular|shared|news|stories|headlines|posts?|articles|picks?|now|this\ week|updates|today|reads?)(?:\ .{1,20})?
    | recommended(?:\ (?:for\ you|by.*))? | trending | editors?.{0,2}\ picks? | up\ next | next\ (?:article|story|post|up) | previous\ (?:article|story|post) | what\ to\ read\ next
    | keep\ reading | stories\ for\ you | around\ the\ web | from\ (?:the\ web|our\ partners|around\ the\ .{1,20}) | sponsored\ (?:content|stories) | earlier(?:\ coverage|\ stories|\ reports)?
    | on\ the\ same\ (?:subject|topic) | elsewhere\ (?:on|in)\ .{1,30} | background(?:\ reading)? | the\ latest | read\ more\ on\ .{1,40}
    | (?:[aà]\ )?lire\ (?:aussi|également|la\ suite) | sur\ le\ même\ (?:sujet|thème) | articles?\ (?:liés|similaires|associés) | les\ plus\ lus | plus\ d.articles
    | (?:noticias|artículos|notas)\ relacionad[oa]s | te\ puede\ interesar | le[ea]\ (?:también|más|também) | lo\ más\ (?:leído|visto) | más\ (?:noticias|leídas)
    | mehr\ zum\ thema | das\ könnte\ sie\ (?:auch\ )?interessieren | lesen\ sie\ auch | meistgelesen | weitere\ (?:artikel|meldungen|nachrichten) | verwandte\ artikel
    | leia\ (?:também|mais) | (?:notícias|matérias)\ relacionadas | mais\ lidas | leggi\ anche | articoli\ correlati
    | اقرأ\ أيضا?ً? | مواضيع\ ذات\ صلة | الأكثر\ قراءة | 関連記事 | 相关(?:新闻|阅读|文章) | 관련\ ?기사
    )\W*\Z""",
    re.I | re.X,
)
_INSET = re.compile(
    r"""\A\W*(?:also\ read|read\ (?:more|also|next|on)|see\ also|related(?:\ (?:article|story|news|coverage|reading))?|more\ on\ this|further\ reading|
    don.?t\ miss|watch(?:\ (?:also|now|live|video))?|listen(?:\ now)?|must[\ -]read|explained|in\ pictures|[aà]\ lire(?:\ aussi)?|lire\ aussi|lee\ también|leia\ (?:também|mais)|
    lesen\ sie\ auch|mehr\ zum\ thema|leggi\ anche|اقرأ\ أيضا?ً?)\s*[:|>»–—-]+\s*(?P<title>.{12,})\Z""",
    re.I | re.X,
)
_BREAK = re.compile(
    r"""\A\W*(?:
      (?:share|follow|like)\ (?:this|us|on)(?:\ .{1,30})? | share | mailing\ address | (?:quick\ )?contact(?:\ us|\ info(?:rmation)?)? | about(?:\ (?:us|the\ .{1,40}|[\w.'’&-]+(?:\ [\w.'’&-]+){0,3}))?
    | how\ can\ we\ help\ you | (?:our\ )?newsletters? | subscribe(?:\ (?:now|today|to\ .{1,60}))? | sign\ (?:up|in)(?:\ .{1,40})? | log\ ?in(?:\ .{1,20})? | register(?:\ .{1,20})? | tags?(?:\ ?:.*)? | topics?(?:\ ?:.*)? | filed\ under.* | keywords?(?:\ ?:.*)?
    | advert(?:isement|ising|s)?(?:\ .{1,30})? | sponsored | promoted | categories | archives? | useful\ links | quick\ links | legal | site\ ?map | privacy(?:\ (?:policy|notice|settings))? | terms(?:\ .{1,20})? | cookies?(?:\ .{1,20})?
    | follow\ us | connect\ with\ us | get\ (?:the|our)\ .{1,40} | download\ .{1,40}\ app | our\ (?:network|sites|partners|app|standards.*) | company | help | careers | masthead | corrections? | search | menu | navigation | skip\ to\ .{1,30} | home(?:\ ?page)? | back\ to\ (?:top|home.*)
    | publicit[éàe] | publicidad | anzeige | werbung | newsletter | partager | compartir | teilen | étiquettes | etiquetas | schlagworte | mots-clés
    )\W*\Z""",
    re.I | re.X,
)
_NOISE = re.compile(
    r"""\A\W*(?:
      [\d.,]+\ ?[km]?(?:\ (?:shares?|views?|likes?|comments?|reads?|votes?|tweets?|min(?:ute)?s?(?:\ read)?))?
    | (?:share|tweet|pin|print|e-?mail|like|save|copy|reddit|whatsapp|facebook|twitter|linkedin|telegram|pinterest|instagram|youtube|flipboard|rss|bookmark|listen|x|close|play|pause|mute|text\ size|a\s?a|a[+-]|more|less|comment|reply|report|translate|gift|send|link)
        (?:(?:\W+|\ (?:on|to|via|this|the|a|link|article|story|page|friend|by|it|now)\ ?)+(?:share|tweet|pin|print|e-?mail|like|save|copy|facebook|twitter|linkedin|whatsapp|telegram|reddit|pinterest|link|article|story|page|friend|messenger|x|more))*
    | (?:share|tweet|post|send|partager|compartir|teilen|auf)\ (?:on|to|via|by|it\ on|sur|en|auf)\ .{1,30} | (?:copy|copied)\ (?:the\ )?(?:link|url).{0,20} | link\ copied.{0,20}
    | (?:tel|telephone|phone|ph|fax|mobile|cell|toll[\ -]free|newsroom|hotline|whatsapp|call(?:\ us)?)\W{0,3}(?:\(?\+?\d[\d\s().–-]{4,}).*
    | [+(]?\d[\d\s().–-]{6,}\d | (?:ad\ sales\ )?e-?mail\ ?:.* | [\w.+-]+@[\w-]+(?:\.[\w-]+)+ | (?:https?://|www\.)\S+
    | p\.?\ ?o\.?\ box\b.* | (?:©|\(c\)|copyright\b|&copy;).* | .{0,80}\ball\ rights?\ reserved\b.*
    | (?:\d+|an?|one)\ (?:second|minute|hour|day|week|month|year|min|hr)s?\ ago | (?:just\ now|yesterday) | (?:\d+|one)[\ -]min(?:ute)?s?(?:\ read)? | reading\ time.* | min(?:utes?)?\ read
    | (?:click|tap)\ (?:here|to)\b.* | (?:read|view|show|load|see|watch|learn|find\ out|discover)\ (?:all|more|full|the\ full|less|comments?|gallery|video|live|now)\b.{0,30} | continue\ reading.* | (?:skip|swipe|scroll)\ .{1,30} | loading.{0,20} | play\ video | video\ (?:player|duration|unavailable).{0,40}
    | (?:page\ )?\d+\ (?:of|/)\ \d+ | by\ submitting.* | save\ my\ name.* | please\ enter\ (?:your|an?|valid)\b.* | you\ have\ entered\ an\ incorrect.* | remember\ me | forgot\ .{1,30}
    | (?:your\ )?(?:name|e-?mail(?:\ address)?|website|comment|password|username)\ ?[:*]+ | (?:submit|cancel|ok|accept(?:\ all)?(?:\ cookies)?|reject(?:\ all)?|decline|manage\ (?:choices|preferences|options|cookies)|got\ it|i\ agree|agree|no\ thanks|not\ now|maybe\ later|allow(?:\ all)?|settings|preferences)
    | the\ post\ .{3,200}\ (?:appeared\ first|first\ appeared)\ on\ .* | this\ (?:article|story|content|report|post)\ (?:was|is|has\ been)\ (?:originally\ |first\ |also\ )?(?:published|auto|syndicated|generated|produced).*
    | [-_*=~•·.#\s|/\\<>»«›‹^]+
    )\W*\Z""",
    re.I | re.X,
)
_NOTICE = re.compile(
    r"""\b(?:
      (?:we|this\ (?:web)?site|our\ (?:web)?site|our\ partners)\b.{0,60}\buses?\ cookies | (?:accept|manage|use\ of|about|non-essential|third-party)\ (?:all\ )?cookies | cookie\ (?:policy|settings|preferences|consent|notice)
    | privacy\ policy | terms\ (?:of\ (?:use|service)|and\ conditions|&\ conditions) | all\ rights\ reserved | registered\ (?:office|trademark|in\ england) | no\ part\ of\ this | may\ not\ be\ (?:published|reproduced|copied) | reproduction\ (?:in\ whole|without)
    | sign\ up\ (?:for|to|here|now)\b.{0,60}\b(?:newsletter|briefing|alerts?|inbox|e-?mails?|app|updates) | (?:subscribe|subscription)\b.{0,60}\b(?:newsletter|channel|inbox|today|now|to\ (?:our|read|continue|unlock)|premium|offer|from\ [$£€]) | delivered\ (?:straight\ |directly\ )?to\ your\ (?:inbox|door|phone) | (?:in|to)\ your\ inbox | our\ (?:daily|weekly|free|morning|evening)\ (?:newsletter|briefing|e-?mail)
    | follow\ us\ on | (?:like|join|find)\ us\ on | download\ (?:our|the)\ (?:free\ )?(?:mobile\ )?app | turn\ on\ (?:notifications|javascript) | enable\ javascript | ad\ ?blocker | your\ browser | javascript\ is\ (?:disabled|required) | log\ ?in\ to\ (?:comment|continue|read|your)
    | already\ (?:a\ subscriber|have\ an\ account|registered) | to\ continue\ reading | create\ (?:a\ free|an|your\ free)\ account | (?:sign|log)\ in\ (?:or|to|here) | free\ trial | cancel\ any\ ?time | have\ an\ opinion | letters?\ to\ the\ editor | (?:send|share|got|have)\ (?:us\ )?(?:a\ |your\ )(?:news\ )?(?:tip|story|views|photos)
    | your\ email\ address\ will | required\ fields\ are\ marked | comments?\ (?:are|is)\ (?:moderated|subject|closed|the) | community\ (?:guidelines|standards) | (?:views|opinions)\ expressed\ (?:in|by|are|here)
    | (?:support|donate\ to|become\ a\ (?:member|supporter)\ of)\ (?:our|independent)\ (?:journalism|work|news|reporting) | nonprofit\ newsroom | (?:started|began|launched)\ publishing | has\ been\ (?:published|printed)\ (?:since|in|on|every|by) | (?:is|are)\ published\ by | (?:media|newspaper|publishing)\ (?:corp|corporation|ltd|limited|group\ plc)\b | wholly\ owned\ subsidiary
    | with\ inputs?\ from | (?:additional|further)\ reporting\ by | reporting\ by\ [A-Z] | editing\ by\ [A-Z] | (?:except\ for\ the\ headline|has\ not\ been\ edited\ by)|published\ from\ a\ syndicated\ feed | our\ standards | thomson\ reuters\ trust\ principles
    | nous\ utilisons\ des\ cookies | utilizamos\ cookies | wir\ verwenden\ cookies | tous\ droits\ réservés | todos\ los\ derechos\ reservados | alle\ rechte\ vorbehalten | abonnez-vous | suscr[ií]b(?:ete|ase) | jetzt\ abonnieren | inscrivez-vous
    )\b""",
    re.I | re.X | re.S,
)
_CAPTION = re.compile(
    r"""(?:\A\W*(?:(?:file\ )?(?:photo|picture|image|video|representational|illustration)s?(?:\ (?:by|credit|courtesy|via|source|caption|of))?\ ?[:/(]|(?:photo|image|picture)\ (?:by|credit|courtesy)|credit\ ?:|foto\ ?:|photograph\ ?:|caption\ ?:|watch\ ?:)
    |[\[(](?:file\ |ap\ |afp\ |reuters\ )?(?:photo|image|picture|pic)s?\b[^)\]]{0,60}[\])]\W*\Z|(?:photo|photograph|image|picture|pic|credit|foto)\ ?(?:by|:|/|courtesy)\ ?.{2,60}\Z|(?:getty\ images|shutterstock|\bAFP/|/AFP\b|/Reuters\b|AP\ Photo|EPA-EFE|Anadolu\ via|/Getty\b|via\ (?:REUTERS|AP|Getty|AFP)\b)|\b(?:file\ photo|file\ picture|file\ image|handout)\W*\Z)""",
    re.I | re.X,
)
_STAMP = re.compile(r"\A\W*(?:19|20)\d{6}[-T_ ]\d{4}(?:\d\d)?\W*\Z")
_BYLINE = re.compile(
    r"\A\W*(?:(?:written|reported|report|story|text|posted|published|words|analysis|edited|compiled)\s+)?"
    r"(?:by|par|por|von|di|da)[:\s]\s*(?P<name>\S.{1,120})\Z",
    re.I,
)
_DATE_WORDS = re.compile(
    r"\b(?:date[ds]?|published|posted|updated|update|modified|last|first|on|at|created|released|issued|time|day|and|from|the|hrs?|local|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?|am|pm|publié|mis|à|jour|le|modifié|publicado|actualizado|el|stand|uhr|veröffentlicht|am|vendredi|jeudi|samedi|viernes|jueves|freitag|donnerstag|gmt|utc|ist|est|edt|bst|cet|cest)\b",
    re.I,
)


def is_stamp(text: str) -> bool:
    """True for a line that is only a crawl stamp, `20220408-093214`."""
    return _STAMP.match(text) is not None


def byline_of(text: str) -> str | None:
    """What follows "By" on a byline of at most 14 words, or None."""
    match = _BYLINE.match(text)
    return match["name"].strip() if match and len(text.split()) <= 14 and text.rstrip()[-1] not in "?!" else None


def is_date_line(text: str) -> bool:
    """True where a line says little more than when."""
    if len(text) > 160:
        return False
    rest = text
    for _ in range(3):
        found = find_date(rest)
        if found is None:
            break
        rest = rest[: found.span[0]] + " " + rest[found.span[1] :]
    if rest == text:
        return False
    words = re.findall(r"[^\W\d_]{2,}", _DATE_WORDS.sub(" ", rest))
    return len(words) <= 3


def inset_title(text: str) -> str | None:
    """The title in a line such as "ALSO READ: Rouble falls again", or None."""
    match = _INSET.match(text)
    return match["title"].strip() if match else None


def judge(text: str) -> Furniture:
    """What kind of furniture a line is; NONE for anything that could be the article's."""
    words = len(text.split())
    if is_stamp(text):
        return Furniture.END
    if words <= 16 and _END.match(text):
        return Furniture.END
    if words <= 10 and _RELATED.match(text):
        return Furniture.RELATED
    if words <= 30 and _INSET.match(text):
        return Furniture.INSET
    if words <= 9 and _BREAK.match(text):
        return Furniture.BREAK
    if (
        (words <= 40 and _NOISE.match(text))
        or (words <= 80 and _NOTICE.search(text))
        or (words <= 60 and _CAPTION.search(text))
        or (words <= 14 and byline_of(text) is not None)
        or (words <= 16 and is_date_line(text))
    ):
        return Furniture.NOISE
    return Furniture.NONE
