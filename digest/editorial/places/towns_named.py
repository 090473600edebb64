# ruff: noqa: E501
"""What large towns are called in other languages than English, and by those who live there.

`TOWNS_NAMED` has a paragraph for each language: the name in `towns.py`, and behind it the other one, which stands for what
that name stands for. A ~ marks what is a word or a person, too, and a place only after "in". `MORE_TOWNS` are cities that
`towns.py` has not, most of them small and known, by country. Of general knowledge; the spellings are those of GeoNames.
"""

from __future__ import annotations

from functools import lru_cache

from digest.editorial.text.words import tokens

TOWNS_NAMED = """
de
munich München, nuremberg Nürnberg, frankfurt am main Frankfurt, ludwigshafen am rhein Ludwigshafen, geneva Genf
klagenfurt am wörthersee Klagenfurt, sankt gallen St. Gallen, strasbourg Straßburg, milan Mailand, rome Rom, naples Neapel
venezia Venedig, florence Florenz, genoa Genua, warsaw Warschau, kraków Krakau, gdańsk Danzig, wrocław Breslau
poznań ~Posen, szczecin Stettin, łódź Lodz, moscow Moskau, saint petersburg Sankt Petersburg, saint petersburg St. Petersburg
kyiv Kyjiw, lviv Lemberg, kherson Cherson, bucharest Bukarest, belgrade Belgrad, athens Athen, copenhagen Kopenhagen
vilnius Wilna, brussels Brüssel, antwerp Antwerpen, liège Lüttich, the hague Den Haag, lisbon Lissabon, zaragoza Saragossa
nice Nizza, cairo Kairo, damascus Damaskus, baghdad Bagdad, tehran Teheran, mosul Mossul, tripoli Tripolis, algiers Algier
shanghai Schanghai, hong kong Hongkong, tokyo Tokio, new delhi Neu-Delhi, kolkata Kalkutta, yangon Rangun, havana Havanna
mexico city Mexiko-Stadt, ljubljana Laibach, bratislava Preßburg, bratislava Pressburg, tbilisi Tiflis, yerevan Eriwan
yerevan Jerewan, tashkent Taschkent, jeddah Dschidda, riyadh Riad, muscat Maskat, addis ababa Addis Abeba
mogadishu Mogadischu, khartoum Khartum, cape town Kapstadt, dar es salaam Daressalam, nicosia Nikosia, dushanbe Duschanbe
bishkek Bischkek, pyongyang Pjöngjang, thessaloniki Thessaloniki, prague Prag, vienna Wien, bern Bern

fr
basel Bâle, antwerp Anvers, gent Gand, brugge Bruges, leuven Louvain, london Londres, edinburgh Édimbourg, venezia Venise
genoa Gênes, köln Cologne, frankfurt am main Francfort, hamburg Hambourg, dresden Dresde, warsaw Varsovie, kraków Cracovie
athens Athènes, lisbon Lisbonne, barcelona Barcelone, sevilla Séville, zaragoza Saragosse, copenhagen Copenhague
saint petersburg Saint-Pétersbourg, bucharest Bucarest, cairo Le Caire, alexandria Alexandrie, algiers Alger, fes Fès
tangier Tanger, beirut Beyrouth, damascus ~Damas, aleppo Alep, baghdad Bagdad, mosul Mossoul, tehran Téhéran
jerusalem Jérusalem, cape town Le Cap, addis ababa Addis-Abeba, mogadishu Mogadiscio, beijing Pékin, seoul Séoul
hanoi Hanoï, ho chi minh city Hô Chi Minh-Ville, havana La Havane, new orleans La Nouvelle-Orléans
philadelphia Philadelphie, moscow Moscou, vienna Vienne, geneva Genève, bern Berne, brussels Bruxelles, kyiv Kyiv

es
london Londres, paris París, milan Milán, turin Turín, naples Nápoles, venezia Venecia, genova Génova, geneva Ginebra
zürich Zúrich, bern Berna, basel Basilea, vienna Viena, munich Múnich, köln ~Colonia, frankfurt am main Fráncfort
hamburg Hamburgo, berlin Berlín, brussels Bruselas, antwerp Amberes, the hague La Haya, amsterdam Ámsterdam
copenhagen Copenhague, stockholm Estocolmo, warsaw Varsovia, kraków Cracovia, prague Praga, athens Atenas, porto Oporto
moscow Moscú, saint petersburg San Petersburgo, kharkiv Járkov, lviv Leópolis, bucharest Bucarest, belgrade Belgrado
istanbul Estambul, cairo El Cairo, alexandria Alejandría, algiers Argel, tripoli Trípoli, benghazi Bengasi
jerusalem Jerusalén, damascus Damasco, aleppo Alepo, baghdad Bagdad, tehran Teherán, new delhi Nueva Delhi
kolkata Calcuta, beijing Pekín, shanghai Shanghái, tokyo Tokio, seoul Seúl, hanoi Hanói, new york Nueva York
philadelphia Filadelfia, new orleans Nueva Orleans, mexico city Ciudad de México, havana La Habana
port au prince Puerto Príncipe, cape town Ciudad del Cabo, strasbourg Estrasburgo, marseille Marsella, nice Niza
bordeaux Burdeos, lisbon Lisboa, geneva Ginebra

it
paris Parigi, london Londra, berlin Berlino, munich Monaco di Baviera, frankfurt am main Francoforte, hamburg Amburgo
köln ~Colonia, geneva Ginevra, zürich Zurigo, basel Basilea, lyon Lione, marseille Marsiglia, nice Nizza
strasbourg Strasburgo, antwerp Anversa, the hague ~L'Aia, warsaw Varsavia, kraków Cracovia, prague Praga, athens Atene
lisbon Lisbona, barcelona Barcellona, sevilla Siviglia, moscow ~Mosca, saint petersburg San Pietroburgo, lviv Leopoli
bucharest Bucarest, belgrade Belgrado, ljubljana Lubiana, zagreb Zagabria, copenhagen Copenaghen, stockholm Stoccolma
cairo Il Cairo, algiers Algeri, tunis Tunisi, benghazi Bengasi, jerusalem Gerusalemme, damascus Damasco, tehran Teheran
new delhi Nuova Delhi, beijing Pechino, seoul ~Seul, philadelphia Filadelfia, mexico city Città del Messico
havana L'Avana, milan Milano, turin Torino, naples Napoli, florence Firenze, venezia Venezia, rome Roma

pt
london Londres, madrid Madri, milan Milão, turin Turim, venezia Veneza, florence Florença, naples Nápoles, berlin Berlim
munich Munique, köln Colônia, hamburg Hamburgo, vienna Viena, geneva Genebra, zürich Zurique, brussels Bruxelas
antwerp Antuérpia, amsterdam Amsterdã, amsterdam Amesterdão, the hague Haia, warsaw Varsóvia, kraków Cracóvia
prague Praga, athens Atenas, moscow Moscou, moscow Moscovo, saint petersburg São Petersburgo, bucharest Bucareste
belgrade Belgrado, istanbul Istambul, algiers Argel, tunis Túnis, jerusalem Jerusalém, damascus Damasco, baghdad Bagdá
tehran Teerã, tehran Teerão, beijing Pequim, shanghai Xangai, tokyo Tóquio, seoul ~Seul, new york Nova York
new york Nova Iorque, mexico city Cidade do México, johannesburg Joanesburgo, cape town Cidade do Cabo
sevilla Sevilha, marseille Marselha, strasbourg Estrasburgo, new delhi Nova Délhi, kolkata Calcutá, lisbon Lisboa

nl
the hague Den Haag, the hague 's-Gravenhage, brussels Brussel, antwerp Antwerpen, liège ~Luik, paris Parijs, london Londen
berlin Berlijn, köln Keulen, vienna Wenen, milan Milaan, turin Turijn, venezia Venetië, naples Napels, prague Praag
warsaw Warschau, kraków Krakau, athens Athene, lisbon Lissabon, moscow Moskou, saint petersburg Sint-Petersburg
bucharest Boekarest, belgrade Belgrado, copenhagen Kopenhagen, cairo Caïro, jerusalem Jeruzalem, baghdad Bagdad
tehran Teheran, tokyo Tokio, strasbourg Straatsburg, lille Rijsel, rome Rome, geneva Genève, kyiv Kyiv

pl
warsaw Warszawa, moscow Moskwa, kyiv Kijów, lviv Lwów, kharkiv Charków, prague Praga, vienna Wiedeń, paris Paryż
london Londyn, rome Rzym, milan Mediolan, vilnius Wilno, minsk Mińsk, budapest Budapeszt, brussels Bruksela
geneva Genewa, munich Monachium, köln Kolonia, dresden Drezno, berlin Berlin

cs
prague Praha, pilsen Plzeň, vienna Vídeň, warsaw Varšava, moscow Moskva, kyiv Kyjev, kharkiv Charkov, paris Paříž
london Londýn, rome Řím, munich Mnichov, dresden Drážďany, budapest Budapešť, brussels Brusel, geneva Ženeva

tr
istanbul İstanbul, izmir İzmir, moscow Moskova, london Londra, vienna Viyana, athens Atina, thessaloniki Selanik
baghdad Bağdat, damascus ~Şam, aleppo ~Halep, jerusalem Kudüs, cairo Kahire, tehran Tahran, baku Bakü, beijing Pekin

da
copenhagen København, århus Aarhus

fi
helsinki Helsingfors, tampere Tammerfors, turku Åbo

ro
bucharest București, chisinau Chișinău

sr
belgrade Beograd, pristina Priština

lv
riga Rīga

bg
sofia Sofija

vi
hanoi Hà Nội, ho chi minh city Thành phố Hồ Chí Minh
"""

MORE_TOWNS = """
BE mechelen,ostend,oostende,ostende,kortrijk,courtrai,ypres,bruges
CH lugano,thun,la chaux de fonds
CZ olomouc,pardubice,zlín,české budějovice,hradec králové
DE ulm,fulda,konstanz,tübingen,passau,bamberg,bayreuth,schwerin,cottbus,zwickau,weimar,~halle
DK esbjerg
EE tartu
ES cádiz,cadiz,jerez,las palmas,san sebastián,san sebastian,donostia,castellón,coruña,la coruña,toledo,ávila,lugo
FR avignon,poitiers,calais,la rochelle,cannes,ajaccio,bastia,bayonne,lorient,saint nazaire,arles,colmar,~nice,~tours,~pau
IT ~como
MA fes,fès
MK bitola
NL almere,delft,den bosch,zwolle,leeuwarden
NO tromsø,tromso,bodø
RO timișoara,iași,constanța
RS niš
TR kocaeli,sakarya,muğla,~van
VN đà nẵng,huế,hải phòng,ho chi minh city
"""


@lru_cache(maxsize=1)
def names_abroad() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...], bool], ...]:
    """(language, words of the English name, words of the other one, whether that is a place anywhere) of each."""
    found = []
    for paragraph in TOWNS_NAMED.strip().split("\n\n"):
        language, *lines = paragraph.splitlines()
        for pair in ", ".join(lines).split(", "):
            words = pair.split()
            own = next(place for place, word in enumerate(words) if not word.islower())
            english, name = " ".join(words[:own]), " ".join(words[own:])
            found.append((language, tuple(english.split()), tuple(tokens(name)), not name.startswith("~")))
    return tuple(found)
