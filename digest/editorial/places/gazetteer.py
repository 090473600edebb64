"""What countries are called, and the region each lies in: countries, capitals, demonyms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from digest.editorial.places.towns_named import names_abroad
from digest.editorial.text.locales import locale_of
from digest.editorial.text.words import tokens

REGION_WORDS: dict[str, frozenset[str]] = {
    "europe": frozenset({"europe", "european", "europa", "europe & russia", "europe et russie"}),
    "middle-east": frozenset({"middle east", "mideast", "middle-east", "proche-orient", "moyen-orient", "gulf",
                              "nahost", "naher osten", "oriente medio", "medio oriente", "الشرق الأوسط", "mena",
                              "middle east & africa", "middle east and africa"}),
    "asia": frozenset({"asia", "asia pacific", "asia-pacific", "asie", "asien", "south asia", "east asia", "آسيا",
                       "asia & pacific", "asia and the pacific"}),
    "africa": frozenset({"africa", "afrique", "afrika", "áfrica", "أفريقيا", "middle east & africa",
                         "middle east and africa"}),
    "americas": frozenset({"americas", "the americas", "america", "amériques", "américa", "latin america", "us",
                           "us & canada", "usa", "united states", "north america", "south america", "amerika",
                           "américa latina", "أمريكا"}),
    "oceania": frozenset({"oceania", "australia", "pacific", "océanie", "ozeanien", "asia pacific", "asia-pacific",
                          "asia & pacific", "asia and the pacific"}),
}  # fmt: skip
"""How newsletters and outlets name a region, case-folded."""

# ISO code: capitals, great cities, demonyms and other names, parted by commas. A ~ marks what says whose, not where:
# people, adjectives, leaders, movements. A place that states dispute goes by its own name in place of a code: to say
# whose it is would be to take a side (docs/why/picks.md). The two long words stand for US and UK, since "us" is a word
# too. The countries' own names in each language come from Babel (CLDR).
_TABLE = """
europe
AL tirana,~albanian|AD ~andorran|AT vienna,wien,vienne,~austrian|BY minsk,~belarusian,~lukashenko
BE brussels,bruxelles,~belgian
BA sarajevo,~bosnian,bosnia|BG sofia,~bulgarian|HR zagreb,~croatian|CY nicosia,~cypriot
CZ prague,prag,~czech,czech republic
DK copenhagen,~danish|EE tallinn,~estonian|FI helsinki,~finnish
FR paris,~french,~français,~française,~macron,~le pen,marseille,lyon,élysée,elysee
DE berlin,~german,~allemand,~allemande,~deutsch,~deutsche,~scholz,~merz,bundestag,munich|GR athens,~greek
HU budapest,~hungarian,~orban,~orbán
IS reykjavik,reykjavík,~icelandic|IE dublin,~irish|IT rome,roma,~italian,milan|XK pristina,~kosovan|LV riga,~latvian
LI vaduz|LT vilnius,~lithuanian|LU ~luxembourgish|MT valletta,~maltese|MD chisinau,~moldovan|MC monaco
ME podgorica,~montenegrin
MK skopje,~macedonian|NL amsterdam,the hague,~dutch,netherlands,holland,rotterdam|NO oslo,~norwegian|PL warsaw,~polish
PT lisbon,~portuguese
RO bucharest,~romanian|RU moscow,~russian,~russians,kremlin,~putin,~russe,~russes,moscou,st petersburg
RU chechnya,~chechen,grozny,dagestan
SM san marino|RS belgrade,~serbian|SK bratislava,~slovak|SI ljubljana,~slovenian
ES madrid,~spanish,barcelona,~catalan
SE stockholm,~swedish|CH bern,geneva,~swiss,zurich
UA ~zelensky,~zelenskyy,~zelenskiy,kyiv,kiev,~ukrainian,~ukrainians
UA mariupol,kharkiv,donbas,donetsk,luhansk,odesa,kramatorsk,bucha,lviv
GB london,~british,britain,great britain,~unitedkingdomofbritain
GB england,scotland,~scottish,wales,~welsh,northern ireland,~boris johnson,belfast
VA vatican,~pope,holy see
GE tbilisi,~georgian,batumi|AM yerevan,~armenian|AZ baku,~azerbaijani|FO faroe islands,~faroese|GI gibraltar
IM isle of man|JE jersey island|GG guernsey
Crimea crimea,~crimean,sevastopol,simferopol,crimée,krim|Northern_Cyprus northern cyprus|Transnistria transnistria
Abkhazia abkhazia,~abkhaz|South_Ossetia south ossetia|Nagorno-Karabakh nagorno-karabakh,nagorno karabakh,artsakh
middle-east
BH manama,~bahraini|EG cairo,~egyptian|IR tehran,~iranian|IQ baghdad,~iraqi
IL jerusalem,tel aviv,~israeli,~israelis,~netanyahu,~israélien|JO amman,~jordanian|KW ~kuwaiti
LB beirut,~lebanese,liban
OM muscat,~omani|PS gaza,west bank,~palestinian,~palestinians,palestine,ramallah,~hamas,jenin|QA doha,~qatari
SA riyadh,~saudi,~saudis,jeddah|SY damascus,~syrian,aleppo|TR ankara,istanbul,~turkish,turkey,~erdogan,~erdoğan
AE abu dhabi,dubai,~emirati,uae|YE sanaa,sana'a,~yemeni,~houthi,~houthis,aden|Golan_Heights golan heights,golan
asia
AF kabul,~afghan,~afghans,~taliban|BD dhaka,~bangladeshi|BT thimphu,~bhutanese|BN ~bruneian|KH phnom penh,~cambodian
CN beijing,~chinese,shanghai,~xi jinping,wuhan,~chinois|HK hong kong|IN delhi,new delhi,~indian,mumbai,~modi,kolkata
CN xinjiang,~uyghur,~uyghurs,inner mongolia
ID jakarta,~indonesian,bali|JP tokyo,~japanese,osaka,~kishida,fukushima|KZ astana,almaty,nur-sultan,~kazakh
KG bishkek,~kyrgyz
LA vientiane,~laotian,laos|MO macau,macao|MY kuala lumpur,~malaysian|MV ~maldivian|MN ulaanbaatar,~mongolian
MM naypyidaw,yangon,burma,~burmese,~rohingya|NP kathmandu,~nepali,~nepalese
KP pyongyang,~north korean,~kim jong un,north korea
PK islamabad,~pakistani,karachi,lahore,~imran khan|PH manila,~filipino,~philippine,~duterte,~marcos|SG ~singaporean
Kashmir kashmir,~kashmiri,srinagar,jammu and kashmir,cachemire|Tibet tibet,~tibetan,~tibetans,lhasa
KR seoul,~south korean,south korea|LK colombo,~sri lankan,~rajapaksa|TW taipei,~taiwanese|TJ dushanbe,~tajik
TH bangkok,~thai|TL dili|TM ashgabat,~turkmen|UZ tashkent,~uzbek|VN hanoi,~vietnamese,ho chi minh
africa
DZ algiers,~algerian|AO luanda,~angolan|BJ ~beninese|BW gaborone|BF ouagadougou,~burkinabe|BI ~burundian
CV cape verde,~cape verdean,cabo verde|ST são tomé and príncipe,sao tome and principe,são tomé,sao tome
EH western sahara,~sahrawi|Somaliland somaliland|YT mayotte|RE réunion island,la réunion
CM yaounde,~cameroonian|CF bangui,~central african|TD ~chadian,n'djamena|KM comoros
CD kinshasa,goma,~congolese,congo,dr congo,drc,congo-kinshasa
CD democratic republic of the congo,democratic republic of congo
CG brazzaville,congo-brazzaville,republic of the congo,republic of congo
CI abidjan,ivory coast,~ivorian|DJ djibouti|GQ equatorial guinea|ER asmara,~eritrean|SZ eswatini,swaziland
ET addis ababa,~ethiopian,tigray|GA libreville,~gabonese|GM banjul,~gambian|GH accra,~ghanaian|GN conakry,~guinean
GW bissau|KE nairobi,~kenyan,mombasa|LS lesotho|LR monrovia,~liberian|LY tripoli,~libyan,benghazi
MG antananarivo,~malagasy
MW lilongwe,~malawian|ML bamako,~malian|MR nouakchott,~mauritanian|MU ~mauritian|MA rabat,~moroccan,casablanca
MZ maputo,~mozambican|NA windhoek,~namibian|NE niamey,~nigerien|NG abuja,lagos,~nigerian,~boko haram
RW kigali,~rwandan
SN dakar,~senegalese|SC seychelles|SL freetown|SO mogadishu,~somali,~al-shabab,~shabab,~al shabaab
ZA pretoria,johannesburg,cape town,~south african,durban|SS juba,~south sudanese|SD khartoum,~sudanese,darfur
TZ dodoma,dar es salaam,~tanzanian|TG ~togolese|TN tunis,~tunisian|UG kampala,~ugandan|ZM lusaka,~zambian
ZW harare,~zimbabwean
americas
AG antigua|AR buenos aires,~argentine,~argentinian,~milei|BS ~bahamian|BB ~barbadian|BZ ~belizean|BO la paz,~bolivian
BR brasilia,~brazilian,rio de janeiro,são paulo,sao paulo,~bolsonaro,~lula
CA ottawa,~canadian,toronto,~trudeau,montreal,québec
CL santiago,~chilean,~boric|CO bogota,bogotá,~colombian|CR ~costa rican|CU havana,~cuban|DM dominica|DO santo domingo
EC quito,~ecuadorian,~ecuadorean|SV san salvador,~salvadoran,~bukele|GD grenada|GT ~guatemalan|GY ~guyanese
HT port-au-prince,~haitian|HN tegucigalpa,~honduran|JM kingston,~jamaican
MX mexico city,~mexican,~lópez obrador,~lopez obrador,~sheinbaum|NI managua,~nicaraguan|PA panama city,~panamanian
PY ~paraguayan|PE lima,~peruvian,~castillo|TT trinidad|UY montevideo,~uruguayan
US washington,america,~american,~americans,white house,pentagon,~biden,~trump,new york,california,texas,florida
US us senate,nasa,wall street,los angeles,chicago,~américain,états-unis,etats-unis,~unitedstatesofamerica
US new mexico,new jersey,new hampshire,alabama,alaska,arizona,arkansas,colorado,connecticut,delaware,hawaii,idaho
US illinois,indiana,iowa,kansas,kentucky,louisiana,maine,maryland,massachusetts,michigan,minnesota,mississippi
US missouri,montana,nebraska,nevada,north carolina,south carolina,north dakota,south dakota,ohio,oklahoma,oregon
US pennsylvania,rhode island,tennessee,utah,vermont,virginia,west virginia,wisconsin,wyoming,new england
US atlanta,boston,houston,dallas,philadelphia,san francisco,seattle,las vegas,miami,detroit,denver,baltimore
CA ontario,alberta,british columbia,manitoba,saskatchewan,nova scotia,new brunswick,newfoundland
AU new south wales,tasmania,south australia,western australia
VE caracas,~venezuelan,~maduro|GL greenland,nuuk|PR puerto rico,~puerto rican,~puerto ricans
KN saint kitts and nevis,st kitts and nevis,st kitts|LC saint lucia,st lucia|VC saint vincent,st vincent|SR suriname
VI us virgin islands,u.s. virgin islands|VG british virgin islands|KY cayman islands|BM bermuda
AW aruba|CW curaçao,curacao
GF french guiana|GP guadeloupe|MQ martinique|FK falkland islands,falklands|TC turks and caicos
oceania
AU canberra,sydney,melbourne,~australian,queensland,~albanese|FJ suva,~fijian
NZ wellington,auckland,~new zealander,~ardern
PG port moresby,papua new guinea|SB honiara,solomon islands|TO ~tongan,tonga|VU vanuatu|WS apia,~samoan
AS american samoa,~american samoan,pago pago|FM micronesia,~micronesian,federated states of micronesia
MH marshall islands
PW palau|NR nauru|KI kiribati|TV tuvalu,funafuti|GU guam|NC new caledonia,nouméa,noumea|PF french polynesia,tahiti
CK cook islands|NU niue|MP northern mariana islands,saipan
"""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: a country (ISO 3166 alpha-2; empty: no country), and whether it says where or whose."""

    country: str
    whose: bool = False


Names = Mapping[tuple[str, ...], Named]

NOWHERE = (
    "south china sea", "east china sea", "sea of japan", "gulf of mexico", "indian ocean", "english channel",
    "irish sea", "washington post", "new york times", "wall street journal", "times of india",
    "latin america", "south america", "north america", "central america",
    "australian open", "french open", "us open", "new york post", "le monde", "paris agreement", "paris accord",
    "guinea pig", "guinea pigs", "swiss army knife", "french fries", "turkey dinner", "boston globe", "south georgia",
    "los angeles times", "financial times of london", "philadelphia inquirer", "the hague convention",
    "gulf of guinea", "gulf of oman", "gulf of california", "lake chad", "philippine sea", "mozambique channel",
    "jordan river", "river jordan", "jordan valley", "bay of bengal", "new guinea", "chinese new year", "indian summer",
    "french open tennis", "russian roulette", "chinese whispers", "danish pastry", "belgian waffle", "turkish delight",
    "american airlines", "british airways", "air india one", "bank of america", "america first", "captain america",
    "miss america", "copa america", "copa américa",
)  # fmt: skip
"""Names that hold a country's name and are none: seas, papers, cups."""


_SHORT: dict[str, dict[str, str]] = {
    "CD": {"en": "DR Congo", "de": "DR Kongo", "fr": "RD Congo", "es": "RD Congo", "it": "RD Congo", "pt": "RD Congo",
           "nl": "DR Congo"},
    "HK": {"en": "Hong Kong", "de": "Hongkong", "fr": "Hong Kong", "es": "Hong Kong", "it": "Hong Kong",
           "pt": "Hong Kong", "nl": "Hongkong"},
    "MO": {"en": "Macao", "de": "Macau", "fr": "Macao", "es": "Macao", "it": "Macao", "pt": "Macau", "nl": "Macau"},
}  # fmt: skip
"""What newsrooms call those whose name in CLDR is one of a register: "Hong Kong SAR China", "Congo - Kinshasa"."""


def _read() -> tuple[dict[tuple[str, ...], Named], dict[str, str]]:
    """Aliases -> what they stand for, and country -> region, from the table."""
    names: dict[tuple[str, ...], Named] = {tuple(tokens(name)): Named("") for name in NOWHERE}
    regions: dict[str, str] = {}
    region = ""
    for line in _TABLE.strip().splitlines():
        if " " not in line.strip():
            region = line.strip()
            continue
        for part in line.split("|"):
            code, _, aliases = part.strip().partition(" ")
            code = code.replace("_", " ")
            regions[code] = region
            for alias in aliases.split(","):
                names[tuple(tokens(alias.lstrip("~")))] = Named(code, alias.startswith("~"))
    names.pop((), None)
    return names, regions


_ALIASES, _REGIONS = _read()


@lru_cache(maxsize=64)
def names_of(language: str) -> Names:
    """What countries are called in a language, the aliases included. Other languages' names would mislead:
    "island" is Iceland in German only."""
    names = dict(_ALIASES)
    for spoken, english, other, _ in names_abroad():
        if spoken == language.partition("-")[0] and english in _ALIASES:
            names.setdefault(other, _ALIASES[english])
    for code, name in _territories(language).items():
        key = tuple(tokens(re.sub(r"\s*\(.*\)", "", name)))
        if code in _REGIONS and 0 < len(key) <= 5:
            names.setdefault(key, Named(code))
    return names


@lru_cache(maxsize=64)
def first_words(language: str) -> frozenset[str]:
    """The words that names of countries begin with: a text that has none of them names no country."""
    return frozenset(key[0] for key in names_of(language))


def _territories(language: str) -> Mapping[str, str]:
    return locale_of(language).territories


def region_of(country: str) -> str:
    """europe, middle-east, asia, africa, americas, oceania, or empty. The European Union (EU) lies in Europe."""
    return "europe" if country == "EU" else _REGIONS.get(country, "")


def country_name(country: str, language: str) -> str:
    """The country's name in a language, in English where we do not know the language; empty for no country.

    A disputed place goes by its English name, and by none in another language. Names are those of newsrooms, not of
    registers: DR Congo and Hong Kong, and no other name in brackets.
    """
    spoken = language.partition("-")[0]
    if len(country) > 2:
        return country if spoken == "en" else ""
    short = _SHORT.get(country, {}).get(spoken)
    return short or re.sub(r"\s*\(.*\)", "", str(_territories(language).get(country, "")))
