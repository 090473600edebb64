"""Words that tell the kind of a story: hard news, soft news, and how outlets name their sections."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _titles(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


HARD: dict[str, frozenset[str]] = {
    "en": _words(
        "killed kills kill dead death deaths dies died toll attack attacks attacked strike strikes struck bomb "
        "bombing "
        "bombs blast explosion shooting shot gunmen war wars invasion invades troops army military missile "
        "missiles "
        "rocket rockets drone drones airstrike airstrikes ceasefire truce offensive siege shelling genocide "
        "massacre "
        "hostage hostages coup protest protests protesters riot riots unrest crackdown election elections vote "
        "votes "
        "voters referendum ballot poll polls parliament president minister government cabinet resigns resign "
        "ousted "
        "impeach impeachment sworn court courts ruling rules judge trial verdict convicted sentenced sentence "
        "jailed "
        "arrested arrests charged indicted extradition sanctions sanction treaty summit embassy nuclear nato un "
        "earthquake quake tsunami flood floods flooding hurricane typhoon cyclone storm wildfire wildfires "
        "volcano "
        "eruption landslide drought famine crash crashes crashed derails sinks capsizes evacuated evacuate "
        "emergency "
        "outbreak epidemic pandemic virus refugees migrants asylum border deal talks peace law bill ban bans "
        "veto "
        "collapse collapses default inflation"
    ),
    "fr": _words(
        "tué tués tuée tuées mort morts mortes bilan attaque attaques frappe frappes bombardement bombardements "
        "bombe "
        "explosion attentat fusillade guerre invasion troupes armée missile missiles roquettes drone drones "
        "trêve "
        "cessez offensive siège massacre otage otages putsch manifestation manifestations manifestants émeutes "
        "élection "
        "élections présidentielle législatives scrutin vote référendum parlement président ministre gouvernement "
        "démission démissionne tribunal justice juge procès verdict condamné condamnée prison arrêté arrêtés "
        "inculpé "
        "sanctions traité sommet ambassade nucléaire otan onu séisme tsunami inondation inondations ouragan "
        "typhon "
        "cyclone tempête incendie incendies éruption glissement sécheresse famine crash accident naufrage "
        "évacués "
        "urgence épidémie pandémie virus réfugiés migrants asile frontière accord négociations paix loi "
        "interdiction "
        "véto grève inflation"
    ),
    "es": _words(
        "muertos muerto muertes muere mueren matan asesinado asesinados ataque ataques bombardeo bombardeos "
        "bomba "
        "explosión atentado tiroteo guerra invasión tropas ejército misil misiles cohetes dron drones tregua "
        "alto "
        "ofensiva masacre rehén rehenes golpe protesta protestas manifestantes disturbios elección elecciones "
        "presidenciales votación voto votos referéndum parlamento congreso presidente presidenta ministro "
        "gobierno "
        "dimite renuncia destituido tribunal corte juez juicio veredicto condenado condenada cárcel prisión "
        "detenido "
        "detenidos acusado sanciones tratado cumbre embajada nuclear otan onu terremoto sismo tsunami inundación "
        "inundaciones huracán tifón ciclón tormenta incendio incendios volcán erupción deslave sequía hambruna "
        "accidente naufragio evacuados emergencia brote epidemia pandemia virus refugiados migrantes asilo "
        "frontera "
        "acuerdo negociaciones paz ley prohíbe veto huelga inflación"
    ),
    "de": _words(
        "tote toten tot getötet tötet stirbt sterben opfer angriff angriffe anschlag bombe bomben explosion "
        "schüsse "
        "krieg invasion truppen armee militär rakete raketen drohne drohnen waffenruhe waffenstillstand "
        "offensive "
        "belagerung massaker geisel geiseln putsch protest proteste demonstranten unruhen wahl wahlen stichwahl "
        "abstimmung referendum parlament bundestag präsident präsidentin kanzler minister ministerin regierung "
        "rücktritt tritt gericht richter prozess urteil verurteilt haft gefängnis festgenommen angeklagt "
        "sanktionen "
        "vertrag gipfel botschaft atom nato uno erdbeben tsunami flut hochwasser überschwemmung überschwemmungen "
        "hurrikan taifun zyklon sturm waldbrand waldbrände vulkan ausbruch erdrutsch dürre hungersnot absturz "
        "unglück "
        "evakuiert notstand epidemie pandemie virus flüchtlinge migranten asyl grenze abkommen gespräche "
        "frieden gesetz "
        "verbot veto streik inflation"
    ),
    "it": _words(
        "morti morto morte uccisi ucciso attacco attacchi bomba esplosione attentato guerra invasione truppe "
        "esercito "
        "missile missili drone droni tregua ostaggi golpe protesta proteste elezioni voto referendum parlamento "
        "presidente ministro governo dimissioni tribunale giudice processo condannato carcere arrestato sanzioni "
        "trattato vertice nucleare terremoto alluvione uragano incendio eruzione siccità naufragio emergenza "
        "epidemia "
        "rifugiati migranti confine accordo pace legge sciopero"
    ),
    "pt": _words(
        "mortos morto mortes morre mata ataque ataques bomba explosão atentado guerra invasão tropas exército "
        "míssil "
        "mísseis drone drones trégua reféns golpe protesto protestos eleição eleições voto referendo parlamento "
        "presidente ministro governo renuncia tribunal juiz julgamento condenado prisão preso sanções tratado "
        "cúpula "
        "nuclear terremoto enchente enchentes furacão incêndio erupção seca naufrágio emergência epidemia "
        "refugiados "
        "migrantes fronteira acordo paz lei greve"
    ),
    "nl": _words(
        "doden dood gedood aanval aanvallen bom explosie aanslag oorlog invasie troepen leger raket raketten "
        "drone "
        "bestand gijzelaars coup protest protesten verkiezingen stemming referendum parlement president premier "
        "minister kabinet regering rechtbank rechter vonnis veroordeeld cel gearresteerd sancties verdrag top "
        "kernwapen "
        "aardbeving overstroming orkaan storm bosbrand uitbarsting droogte ramp noodtoestand epidemie "
        "vluchtelingen "
        "migranten grens akkoord vrede wet staking"
    ),
    "ru": _words(
        "погибли погиб убит убиты убил жертв жертвы атака удар удары обстрел взрыв теракт война вторжение "
        "войска армия "
        "ракета ракеты дрон беспилотник перемирие наступление заложники переворот протест протесты выборы "
        "голосование "
        "референдум парламент президент министр правительство отставка суд судья приговор осужден арестован "
        "санкции "
        "договор саммит ядерный нато оон землетрясение цунами наводнение ураган пожар извержение засуха "
        "крушение авария "
        "эвакуация эпидемия беженцы мигранты граница соглашение переговоры мир закон забастовка"
    ),
    "ar": _words(
        "مقتل قتل قتلى قتيل قتيلا استشهاد شهداء هجوم هجمات غارة غارات قصف انفجار تفجير حرب غزو قوات الجيش جيش "
        "صاروخ "
        "صواريخ مسيرة هدنة وقف مجزرة رهائن انقلاب احتجاج احتجاجات مظاهرات انتخابات الانتخابات تصويت استفتاء "
        "البرلمان "
        "الرئيس رئيس وزير حكومة الحكومة استقالة محكمة المحكمة قاض محاكمة حكم سجن اعتقال عقوبات معاهدة قمة سفارة "
        "نووي "
        "النووي زلزال تسونامي فيضانات فيضان إعصار عاصفة حرائق بركان جفاف مجاعة تحطم غرق إجلاء طوارئ تفشي وباء "
        "فيروس "
        "لاجئين لاجئون مهاجرين الحدود اتفاق محادثات سلام قانون حظر إضراب"
    ),
}
"""Headline words of news that changes lives, case-folded, by language."""

SOFT: dict[str, frozenset[str]] = {
    "en": _words(
        "football soccer match league championship champions goal goals coach tennis golf cricket rugby nba "
        "nfl "
        "nhl mlb olympics olympic grand prix masters celebrity actor actress singer album song film movie movies "
        "trailer netflix series star stars fashion recipe recipes festival oscar oscars grammy grammys royal "
        "royals "
        "wedding iphone app gadget review quiz horoscope podcast travel zoo penguin panda puppy kitten lottery"
    ),
    "fr": _words(
        "football ligue match coupe championnat but buts entraîneur tennis rugby cyclisme acteur actrice "
        "chanteur "
        "chanteuse album film série festival mode recette césar people horoscope voyage zoo loterie"
    ),
    "es": _words(
        "fútbol liga partido copa campeonato gol goles entrenador tenis actor actriz cantante álbum película "
        "serie "
        "festival moda receta óscar famosos horóscopo viaje zoológico lotería"
    ),
    "de": _words(
        "fußball bundesliga spiel pokal meisterschaft tor trainer tennis formel schauspieler schauspielerin "
        "sänger "
        "sängerin album film serie festival mode rezept oscar promi horoskop reise zoo lotto"
    ),
    "ar": _words("مباراة الدوري كأس بطولة هدف مدرب كرة ممثل ممثلة فنان فنانة ألبوم فيلم مسلسل مهرجان أزياء"),
}
"""Headline words of sport, show, gadgets and leisure; two of them, or one and no hard word, make a story soft."""

WORLD_SECTIONS = _titles(
    "world|international|world news|global|foreign|news|top stories|monde|à la une|internacional|mundo|"
    "global news|"
    "ausland|welt|politik ausland|esteri|mondo|internacionais|buitenland|wereld|мир|в мире|العالم|دولي|عالم|国际|"
    "国際|"
    "middle east|europe|africa|asia|americas|asia pacific|latin america|war in ukraine|world affairs|diplomacy"
)
"""Names of sections where an outlet puts the news of the world, case-folded."""

CATCH_ALL_SECTIONS = _titles(
    "world|international|world news|global|foreign|news|top stories|monde|à la une|internacional|mundo|"
    "global news|"
    "ausland|welt|esteri|mondo|internacionais|buitenland|wereld|мир|в мире|العالم|دولي|عالم|国际|国際|home|latest|"
    "actualités|general|world affairs"
)
"""Of these, names that say nothing about where or what."""

SOFT_SECTIONS = _titles(
    "sport|sports|football|entertainment|culture|arts|celebrity|lifestyle|life|style|fashion|food|travel|music|"
    "film|"
    "movies|tv|television|technology|tech|gadgets|gaming|games|people|kultur|sports & culture|loisirs|deportes|"
    "cultura|"
    "espectáculos|sciences et culture|fußball|unterhaltung|رياضة|ثقافة|فن|спорт|культура|体育|娱乐|books|theatre"
)
"""Sections of sport, entertainment and technology."""

BEAT_SECTIONS = _titles(
    "business|economy|economics|markets|finance|money|science|health|environment|climate|space|économie|"
    "sciences|santé|"
    "wirtschaft|wissenschaft|gesundheit|economía|negocios|ciencia|salud|اقتصاد|علوم|صحة|экономика|наука|"
    "здоровье|财经|"
    "科学|companies|energy|medicine|science & health|business & economy"
)
"""Sections of business, science and health: news, but not what a digest of the world is first for."""

WIRES = _titles(
    "reuters|ap|ap news|associated press|the associated press|afp|agence france-presse|dpa|efe|ansa|pa media|upi|"
    "bloomberg|bloomberg news|kyodo|kyodo news|yonhap|xinhua|tass|interfax|anadolu|anadolu agency|pti|ians|"
    "antara|ap via|"
    "bbc|bbc news|bbc world|al jazeera|al jazeera english|dw|deutsche welle|france 24|france24|rfi|voa|npr|cnn|"
    "the guardian|guardian|the new york times|new york times|nyt|washington post|the washington post|cbc|"
    "cbc news|"
    "abc news|abc news (australia)|abc news australia|nhk|nhk world"
)
"""Wires and world desks by name, for stories that come without a configured origin."""

AGGREGATORS = _titles(
    "google news|yahoo news|yahoo|msn|msn.com|newsbreak|flipboard|apple news|smartnews|bing news|ground news|"
    "feedly|"
    "drudge report|news.google.com|memeorandum|techmeme|reddit|hacker news|kagi news|newsnow"
)
"""Sites that pass on the reports of others, by name."""
