"""Phrases of page furniture, one pattern a line, in the languages of our sources; the rules are in `furniture`."""

from __future__ import annotations

END = r"""
(?:leave|post|write|add|submit) (?:a|your) (?:reply|comment|response)s?(?: here)?(?: cancel reply)?
be the first to comment
comments? (?:are )?closed
(?:please )?enter your (?:comment|name|email)(?: .*)?
your email address will not be published.*
laisser? un commentaire
deja (?:un|una) (?:comentario|respuesta)
schreibe?n? sie einen kommentar
deixe um coment[aá]rio
اترك تعليقا?
"""
"""The form for comments: after these no article goes on."""

COMMENTS = r"""
join the (?:conversation|discussion)
have your say
(?:(?:view|show|read|see) )?(?:all )?(?:reader )?(?:comments?|responses?|replies)(?: on this (?:story|article))?
(?:commentaires?|comentarios?|comentários?|commenti|comentarii|kommentar(?:e|er)?|reacties|kommentit|hozzászólások)
(?:komentarze|komentarzy|komentáře|komentarji|komentari|komentar|yorum(?:lar)?|комментари(?:и|ев|й|я)|коментар(?:і|ів|и))
(?:σχόλια|bình luận|(?:ال)?تعليق(?:ات)?|نظرات|تبصرے|תגובות|टिप्पणिया(?:ँ|ं)|ความคิดเห็น)
(?:コメント|评论|評論|留言|댓글)
"""
"""Where comments begin, or a link to them at the top; how many there are may stand before or behind."""

RELATED = r"""
related(?: (?:articles?|stor(?:y|ies)|news|posts?|content|coverage|links?|topics?|reading|reports?))?
more (?:stories|articles|news|headlines|coverage|on this(?: (?:story|topic|subject))?|like this|to read)
more (?:from|on|in|about) .{1,40}
more (?:top stories|for you)
(?:also|further) (?:in|on) .{1,30}
(?:also see|also read|further reading)
see also
read (?:also|more|next|on)
read more on .{1,40}
you (?:may|might) (?:also )?(?:like|be interested in)
(?:you may have missed|in case you missed it|don.?t miss)
most (?:read|viewed|popular|shared|commented)(?: .{1,20})?
(?:latest|top|trending|popular|recent) (?:news|stories|headlines|posts?|articles|reads?)
(?:latest|top|trending) (?:news|stories|headlines) (?:this|today|now|in|on) .{1,20}
(?:recommended|other|similar|today.?s) (?:news|stories|headlines|posts?|articles|reads?)(?: for you)?
recommended(?: (?:for you|by.*))?
must[ -]reads?
trending(?: (?:now|today|topics?))?
editor.{0,3} picks?
up next
(?:next|previous) (?:article|story|post|up)
what to read next
keep reading
(?:stories|articles) for you
(?:from )?around the (?:web|world|region|site|network)
from (?:the web|our partners|our archives?|the archives?)
sponsored (?:content|stories)
earlier(?: coverage| stories| reports)
on the same (?:subject|topic)
elsewhere (?:on|in) .{1,30}
background reading
(?:[aà] )?lire (?:aussi|également|la suite)
sur le même (?:sujet|thème)
articles? (?:liés|similaires|associés)
les plus lus
plus d.articles
(?:noticias|artículos|notas) relacionad[oa]s
te puede interesar
le[ea] (?:también|más|também)
lo más (?:leído|visto)
más (?:noticias|leídas)
mehr zum thema
das könnte sie (?:auch )?interessieren
lesen sie auch
meistgelesen
weitere (?:artikel|meldungen|nachrichten)
verwandte artikel
leia (?:também|mais)
(?:notícias|matérias) relacionadas
mais lidas
leggi anche
articoli correlati
اقرأ أيضا?ً?
مواضيع ذات صلة
الأكثر قراءة
関連記事
(?:相关|推荐|延伸)(?:新闻|阅读|文章|报道)
相關(?:新聞|閱讀|文章|報導)
あわせて読みたい
читайте (?:также|ещё|еще)
(?:материалы )?по теме
(?:смотрите|смотри) также
(?:похожие|другие|последние) новости
читайте також
(?:zobacz|czytaj|przeczytaj) (?:też|także|również|więcej)
ilgili haberler?
lees (?:ook|meer|verder)
meer over dit onderwerp
(?:اخبار|مطالب) مرتبط
بیشتر بخوانید
(?:यह|ये) भी पढ़ें
संबंधित (?:खबरें|ख़बरें|समाचार)
관련 ?기사
"""
"""Headings above lists of other articles."""

INSET = r"""
also read
read (?:more|also|next|on)
see also
related(?: (?:article|story|news|coverage|reading))?
more on this(?: story)?
further reading
don.?t miss
(?:watch|listen)(?: (?:also|now|live|video|to))?
must[ -]read
[aà] lire(?: aussi)?
lire aussi
lee también
leia (?:também|mais)
lesen sie auch
mehr zum thema
leggi anche
اقرأ أيضا?ً?
"""
"""Words before a colon or bar that make the rest of the line the title of another article."""

BREAK = r"""
mailing address
(?:quick )?contact(?: us| info(?:rmation)?)?
about(?: (?:us|the author|this (?:site|article|author)))?
(?-i:ABOUT|About)(?: (?:the )?(?-i:[A-Z0-9&][\w.'’&-]*)){1,5}
how can we help you
(?:our )?newsletters
(?:tags?|topics?|keywords?)(?: ?:.*)?
filed under.*
categories
archives?
(?:useful|quick) links
legal(?: notice)?
site ?map
company
help(?: cent(?:er|re))?
careers
masthead
corrections?
our (?:network|sites|partners|app|standards.*)
connect with us
(?:main )?(?:menu|navigation)
étiquettes
etiquetas
schlagworte
mots-clés
impressum
mentions légales
aviso legal
"""
"""Headings of footers and boxes."""

NOISE = r"""
[\d.,]+ ?[km]?(?: (?:shares?|views?|likes?|comments?|reads?|votes?|tweets?|min(?:ute)?s?(?: read)?))?
(?:share|follow|like) (?:this|us|on|via|with)(?: .{1,30})?
(?:share|tweet|post|send|pin) (?:on|to|via|by|it on|this) .{1,30}
(?:partager|compartir|teilen)(?: (?:sur|en|auf) .{1,30})?
(?:copy|copied) (?:the )?(?:link|url).{0,20}
link copied.{0,20}
(?:tel|telephone|phone|ph|fax|mobile|cell|toll[ -]free|newsroom|hotline|whatsapp|call(?: us)?)\W{0,5}\d[\d\s().–-]{4,}.*
[+(]?\d[\d\s().–-]{6,}\d
(?:ad sales )?e-?mail ?:.*
[\w.+-]+@[\w-]+(?:\.[\w-]+)+
(?:https?://|www\.)\S+
p\.? ?o\.? box\b.*
(?:©|\(c\)|copyright\b|&copy;).*
.{0,80}\ball rights? reserved\b.*
(?:\d+|an?|one) (?:second|minute|hour|day|week|month|year|min|hr)s? ago
(?:just now|yesterday)
(?:last )?updated .{1,30} ago
(?:\d+|one)[ -]min(?:ute)?s?(?: read)?
(?:reading time.*|min(?:utes?)? read)
(?:click|tap) (?:here|to)\b.*
(?:read|view|show|load|see|watch|learn|find out|discover) (?:all|more|full|the full|less)\b.{0,30}
(?:view|show|load|see|hide) (?:comments?|gallery|photos|replies)\b.{0,30}
continue reading.*
(?:skip|swipe|scroll) .{1,30}
(?:loading|play video|video (?:player|duration|unavailable)).{0,40}
(?:page )?\d+ (?:of|/) \d+
by submitting.*
save my name.*
please enter (?:your|an?|valid)\b.*
contact .{2,60} (?:at|on|via) .*(?:\d{4}|@).*
[-–—]{1,3} ?(?-i:[A-Z][A-Za-z/-]{1,20})
you have entered an incorrect.*
remember me
forgot (?:your )?password.*
(?:your )?(?:name|e-?mail(?: address)?|website|comment|password|username) ?[:*]+
your (?:name|e-?mail(?: address)?)
(?:submit|cancel|ok|decline|got it|i agree|agree|no thanks|not now|maybe later|settings|preferences|close)
(?:accept|reject|allow)(?: all)?(?: cookies)?
manage (?:choices|preferences|options|cookies)
the post .{3,200} (?:appeared first|first appeared) on .*
this (?:article|story|content|report|post) (?:was|is|has been) (?:originally |first |also )?(?:published|auto).*
advert(?:isement|ising|s)?(?: .{1,30})?
(?:sponsored|promoted|paid content|partner content)
(?:publicit[éàe]|publicidad|anzeige|werbung|pubblicità)
(?:our )?newsletter
subscribe(?: (?:now|today|to .{1,60}|for .{1,30}))?
become an? (?:(?:free|paying|digital) )?(?:member|subscriber|supporter|patron)\b.*
get (?:unlimited|full|premium) (?:digital )?access\b.*
join our (?:whatsapp|telegram|facebook|signal)\b.*
th(?:is|e) (?:article|story|content) is (?:only )?(?:for|available to) (?:our )?(?:paying )?(?:subscribers|members)\b.*
(?:the )?(?:story|article|content|text) continues? (?:below|after|under|on next|following)\b.{0,40}
sign (?:up|in)(?: .{1,40})?
log ?in(?: .{1,20})?
register(?: (?:now|here|free|to .{1,20}))?
follow us(?: .{1,30})?
get (?:the|our) (?:app|newsletter|latest|daily|morning).{0,40}
download .{1,40} app
privacy(?: (?:policy|notice|settings))?
terms (?:of (?:use|service)|and conditions|& conditions)
cookies?(?: (?:policy|settings|notice|preferences))?
(?:[01]?\d|2[0-3])[:.h][0-5]\d(?: ?(?:[ap]\.?m\.?|(?-i:[A-Z]{2,4})|uhr))?
分享(?:到|至)?\s*[:：].{0,40}
(?:责任编辑|責任編輯|编辑|編輯|校对)\s*[:：].{0,20}
.{0,30}版[权權]所有.{0,60}
未[经經][^。]{0,10}[许許授][^。]{0,20}
.{0,30}無断転載.{0,30}
シェア(?:する)?
(?:поделиться|подписаться|подписывайтесь)(?: .{1,40})?
.{0,20}все права защищены.{0,20}
.{0,20}(?:جميع الحقوق محفوظة|تمامی حقوق محفوظ است).{0,20}
(?:مشاركة|شارك|اشتراک ?گذاری)(?: .{1,30})?
(?:udostępnij|paylaş|delen|partilhar|compartilhar|condividi|dela|शेयर करें)(?: .{1,30})?
back to (?:top|home.*)
(?:home|front) ?page
(?:search|home|open menu|close menu)
[-_*=~•·.#\s|/\\<>»«›‹^]+
(?:(?:利用規約|プライバシー(?:ポリシー)?|個人情報の取り?扱い|お問い?合わせ|会社概要|運営会社)[\s|｜・／/　]*){1,9}
(?:(?:隐私(?:政策|声明|权政策)|隱私(?:權)?政策|(?:使用|服务|服務)(?:条款|條款)|[关關][于於]我[们們])[\s|｜·／/　]*){1,9}
(?:(?:이용약관|개인정보\s?(?:처리방침|취급방침)|회사소개|고객센터|사이트맵|광고문의)[\s|·/]*){1,9}
"""
"""Lines that stand alone and mean nothing for the article."""

SECTIONS = """
world, world news, international, international news, global, europe, africa, asia, asia pacific, asia-pacific,
americas, the americas, latin america, middle east, middle east & africa, us, u.s., usa, uk, canada, india, china,
australia, national, nation, local, news, politics, business, economy, markets, finance, technology, tech, science,
health, environment, climate, sport, sports, culture, arts, arts & culture, entertainment, lifestyle, travel,
education, opinion, war in ukraine, ukraine, russia, south asia, east africa, pacific, space, energy, law, crime,
society, religion, weather, monde, politique, économie, afrique, mundo, internacional, política, economía, deportes,
cultura, ciencia, welt, ausland, politik, wirtschaft, kultur, wissenschaft, panorama, mondo, esteri, 国際, 国内, 経済,
国际, 政治, 經濟, 국제, 정치, عالم, سياسة, اقتصاد,
в мире, мир, политика, экономика, общество, спорт, наука, культура, світ, політика, świat, polityka, gospodarka,
dünya, siyaset, ekonomi, buitenland, binnenland, économie & finance, 国际新闻, 国内新闻, 社会, 社會, जहां, दुनिया, देश,
विदेश, राजनीति, جهان, سیاست, اقتصاد, العالم
"""
"""Names that outlets give to their sections."""

BUTTONS = (
    "share tweet pin print email e-mail like save copy reddit whatsapp facebook twitter linkedin telegram pinterest"
    " instagram youtube flipboard rss bookmark listen x close play pause mute more less comment comments reply report"
    " translate gift send link messenger viber signal threads bluesky mastodon google news on via this the article"
    " story to a an by now page accept reject read all cookies manage text size aa"
    " antworten melden répondre signaler responder denunciar rispondi segnala reageren rapporteren"
)
"""A line made of nothing but these words is a row of buttons."""

NOTICE = r"""
by (?:signing up|subscribing|registering|submitting|entering)\b.{0,80}\b(?:you|i) (?:\w+ )?(?:agree|accept)
by (?:signing up|subscribing|registering|clicking)\b.{0,80}\b(?:you|i) (?:\w+ )?(?:consent|acknowledge|confirm)
you agree to (?:our|the) (?:terms|privacy|use of)
en (?:vous inscrivant|vous abonnant|cliquant|validant)\b.{0,80}\bvous (?:acceptez|consentez|reconnaissez)
mit (?:der|ihrer) (?:anmeldung|registrierung|bestellung)\b.{0,80}\b(?:stimmen|akzeptieren|willigen) sie
mit (?:der|deiner) (?:anmeldung|registrierung)\b.{0,80}\b(?:stimmst|akzeptierst) du
al (?:registrar|suscribir|inscribir)(?:te|se|me)\b.{0,80}\b(?:acepta|consiente|autoriza)
(?:iscrivendoti|registrandoti|cliccando)\b.{0,80}\b(?:accetti|acconsenti|dichiari)
ao (?:se inscrever|assinar|clicar|cadastrar)\b.{0,80}\b(?:concorda|aceita|autoriza)
door (?:je|u|zich) (?:in te schrijven|aan te melden)\b.{0,80}\b(?:akkoord|accepteer)
بالتسجيل.{0,60}(?:توافق|أوافق)
(?:we|this (?:web)?site|our (?:web)?site|our partners)\b.{0,60}\buses? (?:cookies|technologies)
(?:accept|manage|use of|non-essential|third-party) (?:all )?cookies
sign up (?:for|to|here|now)\b.{0,60}\b(?:newsletter|briefing|alerts?|inbox|e-?mails?|app)
\A\W*subscribe\b.{0,40}(?:[$£€¥₹]\s?\d|\b(?:a|per|every) (?:month|week|year)\b)
(?:\A\W*|\b(?:and|you|you[’']ll) )never miss (?:a|an|another) (?:story|update|article|headline|edition)
subscribe\b.{0,60}\b(?:newsletter|channel|inbox|today|now|our|premium|from [$£€])
delivered (?:straight |directly )?to your (?:inbox|door|phone)
(?:in|to) your inbox
our (?:daily|weekly|free|morning|evening) (?:newsletter|briefing|e-?mail)
(?:follow|like|join|find) us on
download (?:our|the) (?:free )?(?:mobile )?app\b
turn on (?:notifications|javascript)
enable javascript
javascript is (?:disabled|required)
your browser (?:does|is|may)
log ?in to (?:comment|continue|read|your)
already (?:a subscriber|have an account)
to continue reading
create (?:a free|your free) account
(?:sign|log) in (?:or|to) (?:register|comment|read|subscribe|continue|join)
cancel any ?time
(?:send|share) (?:us )?(?:a |your )(?:news )?(?:tips?|stor(?:y|ies)|views|photos) (?:to|with|at|by)
your email address will
required fields are marked
comments? (?:are|is) (?:moderated|subject to|closed)
(?:support|donate to|become a (?:member|supporter) of) (?:our|independent) (?:journalism|work|reporting)
with (?:agency )?inputs? from
(?-i:Additional|Further) reporting by
\(?(?-i:Reporting|Editing|Writing) by (?-i:[A-Z])
has not been edited by
read (?:the )?full article on
republished (?:by|from|with|under)\b
(?:published|generated|taken) from a syndicated feed
our standards:
nous utilisons des cookies
utilizamos cookies
wir verwenden cookies
tous droits réservés
todos los derechos reservados
alle rechte vorbehalten
abonnez-vous
suscr[ií]b(?:ete|ase)
jetzt abonnieren
inscrivez-vous
"""
"""Phrases that speak to the reader of the page; a paragraph with one of them is not the article's."""

SMALL_PRINT = r"""
privacy policy
cookie (?:policy|settings|preferences|consent|notice)
terms (?:of (?:use|service)|and conditions|& conditions)
all rights reserved
registered (?:office|trademark|in england)
no part of this
may not be (?:published|reproduced|copied)
reproduction (?:in whole|without)
ad ?blocker
free trial
letters? to the editor
community (?:guidelines|standards)
(?:views|opinions) expressed (?:in|by|are|here)
(?:is|are) published by
thomson reuters trust principles
"""
"""Words that make a short line furniture; a paragraph of news may well hold them."""

CAPTION = r"""
\A\W*(?:file )?(?:photo|picture|image|video|illustration)s?(?: (?:credit|courtesy|source|caption|of))? ?[:/(]
\A\W*(?:photo|photograph|image|picture|pic) (?:by|credit|courtesy)\b
\A\W*(?:credit|foto|photograph|caption|bild|crédit) ?:
[\[(](?:file |ap |afp |reuters )?(?:photo|image|picture|pic)s?\b[^)\]]{0,60}[\])]\W*\Z
(?:photo|photograph|image|picture|pic|credit|foto) ?(?::|/|courtesy) ?.{2,60}\Z
\b(?:getty images|shutterstock|AFP/|ap photo|epa-efe|anadolu via|(?-i:REUTERS)/\w)|/(?:AFP|Reuters|Getty|AP)\b
\bvia (?-i:REUTERS|AP|Getty|AFP)\b
\b(?:file photo|file picture|file image|handout)\W*\Z
"""
"""Marks of a picture's caption or credit."""

SITE_PAGE = r"""
(?-i:us|Us)
(?:our|your|my|me)
(?:terms|polic(?:y|ies)|privacy|cookies?|settings|preferences|consent|notice|guidelines|standards|conditions|rules)
(?:contacts?|advertise|advertising|adverts?|sponsors?|partners?|subscri(?:be|ptions?)|donate|jobs|careers?|vacanc(?:y|ies))
(?:newsletters?|e-?mails?|inbox|alerts?|apps?|podcasts?|rss|feeds?|e-?paper|magazine|editions?|print|archives?)
(?:customer|help|support|service|faqs?|accounts?|profile|log ?in|log ?out|sign (?:in|up|out)|registration)
(?:media kit|press (?:room|kit|releases?)|site ?map|gift (?:cards?|guides?)|licens(?:e|ing)|syndication|accessibility)
(?:staff|writers?|contributors?|correspondents?|columnists?|authors?|editorial (?:team|board|staff)|newsroom|team)
(?:posts?|pages?|articles?|stories|headlines|topics?|tags?|categories|sections?|comments?|replies|videos?|galler(?:y|ies))
(?:opinions?|editorials?|letters|obituaries|classifieds|puzzles|crosswords?|horoscopes?|recipes|sitewide|homepage)
(?:load|show|view|browse|see|read|click|tap|skip|share) (?:all|more|here|next|previous|now|to|this|full)
(?:pr|st|str|g|ul|al|street|road|rd|avenue|ave|lane|suite|floor)\.? \d+
(?:rue|calle|via|avda|avenida|plaza|platz|prospekt|stra(?:ß|ss)e)\.? [\w.]+ \d+
(?:all|some) rights?
(?:navigation|menu|search|footer|sidebar|content|top)
(?-i:[A-Z]\w+) (?:and|or|&) \w+
(?:photo|picture|image|graphic|illustration)s?
"""
"""Words of a site's own pages, people and addresses; among two or three words they speak against a headline."""
