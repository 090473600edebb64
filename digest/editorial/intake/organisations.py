# ruff: noqa: E501
"""Which organisation publishes under which domain: one line each, `organisation|domain domain`.

A trimmed copy of `media_data.json` of Kagi's kite-public (github.com/kagisearch/kite-public, commit c4fc3b5): names and
domains only; four domains that are given to two organisations are left out. It is under the MIT License:

Copyright (c) Kagi Search

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

ORGANISATIONS = """
20 Minuten|20min.ch
20 Minutes (France)|20minutes.fr
36Kr|36kr.com
9to5Google|9to5google.com
9to5Linux|9to5linux.com
9to5Mac|9to5mac.com
Aargauer Zeitung|aargauerzeitung.ch
ABC News|abcnews.go.com
ABC7 News Bay Area|abc7news.com
Adnkronos|adnkronos.com
Affaritaliani|affaritaliani.it
Agence France-Presse (AFP)|afp.com factuel.afp.com
Agenzia Giornalistica Italia|agi.it
Al Ain News|al-ain.com
Al Arabiya / Al Hadath|alhadath.net english.alarabiya.net
Al Bawaba|albawaba.com
Al Ittihad|aletihad.ae
Al Jazeera Media Network|aljazeera.com aljazeera.net
Al Khaleej|alkhaleej.ae
Al Mayadeen|almayadeen.net
Al Rai|alrai.com
Al-Ahram|english.ahram.org.eg
Al-Masry Al-Youm|almasryalyoum.com egyptindependent.com
Al-Monitor|al-monitor.com
Algemeen Dagblad|ad.nl
AlterNet|alternet.org
Amwaj.media|amwaj.media
An-Nahar|annahar.com
Android Authority|androidauthority.com
Android Headlines|androidheadlines.com
AndroidPCTV|androidpctv.com
Apache|de werktitel
AppleInsider|appleinsider.com
Arab News|arabnews.com
Arab Times|arabtimesonline.com
Arch Linux Blog|archlinux.org
Ars Technica|arstechnica.com
Artemis|lepoint.fr pointdevue.fr
ARY News|arynews.tv
Asharq Al-Awsat|aawsat.com english.aawsat.com
Associated Press of Pakistan (APP)|app.com.pk
Augsburger Allgemeine|augsburger-allgemeine.de
Ausdroid|ausdroid.net
Australian Broadcasting Corporation|abc.net.au
Avvenire|avvenire.it
Bahrain News Agency (BNA)|bna.bh
Bayard|bayard.eu la-croix.com notretemps.com pelerin.com
BBC News|bbc.co.uk bbc.com bbci.co.uk
BeInCrypto|beincrypto.com
Berliner Morgenpost|morgenpost.de
Bitcoin.com|bitcoin.com
Bitcoinist|bitcoinist.com
blackMORE Ops|blackmoreops.com
Bloomberg Media|bloomberg.com bloombergmedia.com
blue News|bluewin.ch
BNNVARA|bnnvara.nl
Boiling Steam|boilingsteam.com
BOL News|bolnews.com
Brabants Dagblad|bd.nl
Brussels Morning|brusselsmorning.com
BRUZZ|bruzz.be
BuoneNotizie|buonenotizie.it
Business Insider|businessinsider.com
Business Recorder Group|aaj.tv brecorder.com
Canton of Bern|be.ch
Canton of St.Gallen|sg.ch
Cash|cash.ch
CBS News|cbsnews.com cbssports.com
Channel NewsAsia|channelnewsasia.com
Charming Science|charmingscience.com
Chicago Tribune|chicagotribune.com
China News Service|chinanews.com
Chosun Ilbo (조선일보)|chosun.com
CloudLinux Blog|cloudlinux.com
CMA Media|brut.media corsematin.com laprovence.com latribune.com
CMI France|cmi-france.fr femina.fr franc-tireur.fr francedimanche.fr loopsider.com marianne.net programme-television.org usbeketrica.com
CNBC|cnbc.com
CNET|cnet.com
CoinDesk|coindesk.com
CoinGape|coingape.com
CoinJournal|coinjournal.net
Cointelegraph|cointelegraph.com
Computer Weekly|computerweekly.com
CORRECTIV|correctiv.org
Corriere della Sera|corriere.it rcsmediagroup.it
Cosmos Magazine|cosmosmagazine.com
Coywolf News|coywolf.com
Crikey|crikey.com.au
crypto.news|crypto.news
CryptoCurrencyNews|cryptocurrencynews.com
CryptoPotato|cryptopotato.com
CryptoSlate|cryptoslate.com
Cult of Mac|cultofmac.com
Daily Ausaf|dailyausaf.com
Daily Jang|jang.com.pk
Daily Khabrain|dailykhabrain.com.pk
Daily Lead Pakistan|leadpakistan.com.pk
Daily News Egypt|dailynewsegypt.com
Daily News Hungary|dailynewshungary.com
Daily Pakistan|dailypakistan.com.pk
Daily Qudrat|dailyqudrat.pk
Daily Sabah|dailysabah.com
Daily Times|dailytimes.com.pk
Daily Ummat|ummat.net
Dawn|dawn.com
De Gelderlander|gelderlander.nl
De Morgen|demorgen.be
De Rijksoverheid|rijksoverheid.nl
De Standaard|standaard.be
De Stentor|destentor.nl
De Tijd|tijd.be
De Volkskrant|volkskrant.nl
DebugPoint.com|debugpoint.com
Decrypt|decrypt.co
Delfi|delfi.ee
Der Bund|derbund.ch
Der Spiegel Online|spiegel.de
Der Tagesspiegel|tagesspiegel-gruppe.de tagesspiegel.de
Destructoid|destructoid.com
Deutsche Welle|dw.com
Deutschlandfunk|deutschlandfunk.de deutschlandradio.de
Die Bundesregierung|bundesregierung.de
Die Tageszeitung|taz.de
Die Zeit|zeit.de
Digital Trends|digitaltrends.com dtmg.co
DIGITIMES Asia|digitimes.com
DistroWatch|distrowatch.com
Doha News|dohanews.co
Donga Ilbo (동아일보)|donga.com
Dot Esports|dotesports.com
Droid Life|droid-life.com
El País|elpais.com
El Salto|elsaltodiario.com
Emirates News Agency (WAM)|wam.ae
Enab Baladi|english.enabbaladi.net
EndeavourOS|endeavouros.com
Engadget|engadget.com
ERR News|err.ee
ESPN|espn.com
ETNews (전자신문)|etnews.com
EToday (이투데이)|etoday.co.kr
EU Observer|euobserver.com
Eurogamer|eurogamer.net
Euronews|euronews.com
Fair Observer|fairobserver.com
Fanpage|fanpage.it
Fast Company|fastcompany.com
Federal administration of Switzerland|admin.ch
Fedora Magazine|fedoramagazine.org
Fedora Project Forum|fedoraproject.org getfedora.org
Financial Times|ft.com
Firstpost|firstpost.com
Focus|burda.com focus.de
Focus-WTV|focus-wtv.be
Follow the Money|ftm.nl
Football365|football365.com
Foreign Policy|foreignpolicy.com
FOSS Linux|fosslinux.com
France 24|france24.com
France Télévisions|france.tv france2.fr france3.fr france4.fr france5.fr francetvinfo.fr
Frankfurter Allgemeine Zeitung|faz.net frankfurterallgemeine.de
Frankfurter Rundschau|fr.de
Fudzilla|fudzilla.com fudzilla.net
Gameranx|gameranx.com
GamesIndustry.biz|gamesindustry.biz
GameSpot|gamespot.com
GamesRadar+|gamesradar.com
GamingOnLinux|gamingonlinux.com
Gazet van Antwerpen|gva.be
Geek Native|geeknative.com
GeekWire|geekwire.com
Gematsu|gematsu.com
Geo News|geo.tv
Gisborne Herald|gisborneherald.co.nz
GMX|gmx.ch
GNN (Gourmet News Network)|gnnhd.tv
GNOME Foundation|gnome.org
Google|feedburner.com google.com youtube.com
Groupe Canal+|canalplus.com canalplus.fr cnews.fr
Groupe EBRA|bienpublic.com dna.fr estrepublicain.fr lalsace.fr ledauphine.com lejsl.com leprogres.fr republicain-lorrain.fr vosgesmatin.fr
Groupe Figaro|ariase.com commentcamarche.com commentcamarche.net gala.fr journaldesfemmes.fr journaldunet.com lefigaro.fr leparticulier.fr linternaute.com meteoconsult.fr phonandroid.com tvmag.com
Groupe La Dépêche du Midi|ladepeche.fr nrpyrenees.fr petitbleu.fr
Groupe La Montagne|lamontagne.fr larep.fr leberry.fr lechorepublicain.fr lejdc.fr lepays.fr lepopulaire.fr leveil.fr lyonnne.fr
Groupe Le Monde|huffingtonpost.fr lavie.fr lemonde.fr monde-diplomatique.fr nouvelobs.com telerama.fr
Groupe Les Échos - Le Parisien|boursier.com connaissancedesarts.com historia.fr investir.fr leparisien.fr lesechos.fr lopinion.fr mezzo.tv radioclassique.fr
Groupe Nice-Matin|monacomatin.mc nicematin.com varmatin.com
Groupe Sipa Ouest France|actu.fr chasse-maree.com courrierdelouest.fr francelive.fr maville.com ouest-france.fr publihebdos.com
Groupe Sud Ouest|charentelibre.fr dordognelibre.fr larepubliquedespyrenees.fr sudouest.fr
Groupe Telegramme|letelegramme.fr
Gulf Times|gulf-times.com
Haaretz|haaretz.com
Hacker News|news.ycombinator.com
Handelsblatt Media Group|handelsblatt.com handelsblattgroup.com
Helsingin Sanomat|hs.fi
Het Belang van Limburg|hbvl.be
Het Financieele Dagblad|fd.nl
Het Laatste Nieuws|hln.be
Het Nieuwsblad|nieuwsblad.be
Hoodline|hoodline.com
HuffPost Italia|huffingtonpost.it
Hum News|humenglish.com
Humanoid|frandroid.com humanoid.fr madmoizelle.com numerama.com
Hürriyet Daily News|hurriyetdailynews.com
i (newspaper)|inews.co.uk
IGN|ign.com world.ign.com
Il Fatto Quotidiano|ilfattoquotidiano.it
Il Foglio|ilfoglio.it
il manifesto|ilmanifesto.it
il Post|ilpost.it
Il Resto del Carlino|ilrestodelcarlino.it
Il Secolo XIX|ilsecoloxix.it
Il Sole 24 Ore|gruppo24ore.ilsole24ore.com ilsole24ore.com
Il Tempo|iltempo.it
Ilta-Sanomat|is.fi
Independent News Pakistan (INP)|inp.net.pk
Independent Urdu|independenturdu.com
Insider Gaming|insider-gaming.com
Interest.co.nz|interest.co.nz
Investor's Business Daily|investors.com
Iraqi News|iraqinews.com
Iraqi News Agency (INA)|ina.iq
Islamic Republic News Agency (IRNA)|en.irna.ir
IT Home|ithome.com
It's FOSS|itsfoss.com
Japan Today|japantoday.com
Jordan News Agency (Petra)|petra.gov.jo
JTBC|jtbc.co.kr
Just the News|justthenews.com
Kali Linux Blog|kali.org
Kali Linux India Blog|kalilinux.in
Kauppalehti|kauppalehti.fi
Khaleej Times|khaleejtimes.com
Khyber News|khybernews.tv
Knack|knack.be
KnowTechie|knowtechie.com
Koninklijk Nederlands Meteorologisch Instituut|knmi.nl
Korea Economic Daily (한국경제)|hankyung.com
Kotaku|kotaku.com
Kraken Blog|kraken.com
KRON4|kron4.com
KTVU FOX 2|ktvu.com
Kukmin Ilbo (국민일보)|kmib.co.kr
Kurdistan 24|kurdistan24.net
Kuwait News Agency (KUNA)|kuna.net.kw
Kyunghyang Shinmun (경향신문)|khan.co.kr
L'Express|lexpress.fr
L'Orient Today|today.lorientlejour.com
l'Unità|unita.it
L1|l1.nl l1nieuws.nl
La Gazzetta dello Sport|gazzetta.it
La Libre Belgique|lalibre.be
La Nazione|lanazione.it
la Repubblica|repubblica.it
La Stampa|lastampa.it
Lagardère Live|europe1.fr europe2.fr lejdd.fr lejdnews.fr rfm.fr
Le Canard enchaîné|lecanardenchaine.fr
Le Gorafi|legorafi.fr
Le Média Positif|lemediapositif.com
Le Soir|lesoir.be
Les Jours SAS|lesjours.fr
Liliputing|liliputing.com
Linux Journal|linuxjournal.com
Linux Magazine|linux-magazine.com
Linux Mint Blog|blog.linuxmint.com linuxmint.com
Linux Stans|linuxstans.com
Linux Today|linuxtoday.com
Linux.com|linux.com
LinuxGizmos|linuxgizmos.com
Linuxiac|linuxiac.com
LinuxInsider|linuxinsider.com
LinuxLinks|linuxlinks.com
Lisenet|lisenet.com
Live Science|livescience.com
London School of Economics Blog|blogs.lse.ac.uk
Los Angeles Times|latimes.com
Luzerner Zeitung|luzernerzeitung.ch
LWN.net|lwn.net
LXer|lxer.com
MacRumors|macrumors.com
Macworld|macworld.com
Mada Masr|madamasr.com
Maeil Business Newspaper (매일경제)|mk.co.kr
Manjaro Linux Forum|manjaro.org
MarketWatch|marketwatch.com
Mashable|mashable.com
Masrawy|masrawy.com
MBN (Maeil Broadcasting Network)|mbn.co.kr
Mediapart|mediapart.fr
Mediaset|mediasetinfinity.mediaset.it tgcom24.mediaset.it
MEED|meed.com
Middle East Eye|middleeasteye.net
Middle East Monitor (MEMO)|middleeastmnt.disqus.com middleeastmonitor.com
Minute Mirror|minutemirror.com.pk
MMORPG.com|mmorpg.com
MobileSyrup|mobilesyrup.com
MSNBC|msnbc.com
MTV Uutiset|mtvuutiset.fi
n-tv|n-tv.de
Naharnet|naharnet.com
National News Agency (NNA)|nna-leb.gov.lb
National Public Radio|npr.org
Nature|nature.com
Nawa-i-Waqt|nawaiwaqt.com.pk
Nederlandse Omroep Stichting|nos.nl
Neue Zürcher Zeitung|nzz.ch
New Delhi Television (NDTV)|ndtv.com
New Lines Magazine|newlinesmag.com
New Scientist|newscientist.com
New York Post|nypost.com
News Mondo|newsmondo.it
Newsis (뉴시스)|newsis.com
Newsroom|newsroom.co.nz
Newstalk ZB|newstalkzb.co.nz
Newsweek|newsweek.com
NH Nieuws|nhnieuws.nl
Niche Gamer|nichegamer.com
Nine News (9News)|9news.com.au
Nine Publishing|brisbanetimes.com.au smh.com.au theage.com.au
Nintendo Life|nintendolife.com
nixCraft|cyberciti.biz nixcraft.com
Notizie Italia|notizie-italia.it
NPR|feeds.npr.org
NRC|nrc.nl
OhmyNews (오마이뉴스)|ohmynews.com
Okaz|okaz.com.sa
Oman News Agency (ONA)|omannews.gov.om
OMG! Ubuntu/OMG! Linux|omglinux.com omgubuntu.co.uk
Omroep Brabant|omroepbrabant.nl
Omroep Flevoland|omroepflevoland.nl
Omroep Gelderland|gld.nl
Omroep West|omroepwest.nl
Omroep Zeeland|omroepzeeland.nl
Omrop Fryslân|omropfryslan.nl
OnlineReports GmbH|onlinereports.ch
Open|open.online
openSUSE News|opensuse.org
OrizzonteScuola SRL|orizzontescuola.it
OSTechNix|ostechnix.com
Otago Daily Times|odt.co.nz
Pakistan & Gulf Economist|pakistangulfeconomist.com
Pakistan Observer|pakobserver.net
Pakistan Today|pakistantoday.com.pk
Pakistan TV Digital|pakistantv.com
PC Magazine|pcmag.com
PCGamesN|pcgamesn.com
PCWorld|pcworld.com
Phoronix|phoronix-test-suite.com phoronix.com
Phys.org|phys.org
PJ Media|pjmedia.com
PlayStation|playstation.com
Policy Briefing Korea (대한민국 정책브리핑)|korea.kr
Politie|politie.nl
Polygon|polygon.com
Postimees|pmo.ee postimees.ee
Presse Antilles Guyane|franceantilles.fr franceguyane.fr guadeloupe.franceantilles.fr martinique.franceantilles.fr
Prisma Media|caminteresse.fr capital.fr cesoirtv.com cotemaison.fr croq-kilos.com cuisineactuelle.fr cuisineaz.com deco.fr femmeactuelle.fr flowmagazine.fr fourchette-et-bikini.fr geo.fr harpersbazaar.fr hbrfrance.fr ideat.fr meteocity.com milkdecoration.com nationalgeographic.fr passeportsante.net programme.tv thegoodlife.fr turbo.fr voici.fr
ProPakistani|propakistani.pk
Public Broadcasting Service|pbs.org
Push Square|pushsquare.com
Qatar News Agency (QNA)|qna.org.qa
Quartz|qz.com
Radio France|fip.fr francebleu.fr franceculture.fr franceinter.fr francemusique.fr mouv.fr radiofrance.fr
Radio Free Europe/Radio Liberty|rferl.org
Radio New Zealand|rnz.co.nz
Rai News|rai.it rainews.it
Reason|reason.com
RedaktionsNetzwerk Deutschland|rnd.de
Reddit|reddit.com
Redmond Pie|redmondpie.com
Rest of World|restofworld.org
Reuters|reuters.com reutersagency.com
RFI|rfi.fr
Rheinische Post|rp-online.de
RMC Media|bfm.com bfmtv.com
Rock Paper Shotgun|rockpapershotgun.com
Rolling Stone|rollingstone.com
Rossel France|courrier-picard.fr lavoixdunord.fr lepharedunkerquois.fr lindicateurdesflandres.fr lunion.fr nordlittoral.fr
Roya News|en.royanews.tv
RT|rt.com
RTBF|rtbf.be
RTL 102.5|rtl.it
RTV Drenthe|rtvdrenthe.nl
RTV Noord|rtvnoord.nl
RTV Oost|rtvoost.nl
RTV Utrecht|rtvutrecht.nl
Rudaw|rudaw.net
Rundfunk Berlin-Brandenburg|rbb-online.de rbb24.de
Saba News Agency (Sana'a)|saba.ye
Sabq|sabq.org
Sada El Balad|elbalad.news
Salon|salon.com
San Mateo Daily Journal|smdailyjournal.com
SARL Libération|libe.com libe.fr liberation.fr
Saudi Gazette|saudigazette.com.sa
Saudi Press Agency (SPA)|spa.gov.sa
SBS (Australia)|sbs.com.au
SBS (Seoul Broadcasting System)|sbs.co.kr
Sci-News|sci.news
Science Media Exchange (Scimex)|scimex.org
ScienceBlog.com|scienceblog.com
ScienceDaily|sciencedaily.com
Scoop|scoop.co.nz
Seeking Alpha|seekingalpha.com
Segye Ilbo (세계일보)|segye.com
Semafor|semafor.com
Seoul Shinmun (서울신문)|seoul.co.kr
SFGATE|sfgate.com
SFist|sfist.com
Silicon Republic|siliconrepublic.com
Siliconera|siliconera.com
Sky|sky.com skysports.com
Sky News Arabia|skynewsarabia.com
Sky TG24|skytg24.it
Slashdot|slashdot.org sourceforge.net voipreview.org wirefly.com
Slate|slate.com
Slate.fr SAS|slate.fr
South China Morning Post|scmp.com
SparkyLinux|sparkylinux.org
Sporza|sporza.be
SRG SSR|rsi.ch rtr.ch rts.ch srf.ch srgssr.ch
St. Galler Tagblatt|tagblatt.ch
State Information Service (SIS)|sis.gov.eg
Stern|stern.de
Stuff|stuff.co.nz
Sudinfo|sudinfo.be
Suomen Kuvalehti|suomenkuvalehti.fi
SUSE|suse.com
Syrian Arab News Agency (SANA)|sana.sy
System76 Blog|system76.com
Süddeutsche Zeitung|sueddeutsche.de
t-online|t-online.de
Tages-Anzeiger|tagesanzeiger.ch
Tagesschau|tagesschau.de
TASS|tass.com tass.ru
Te Ao Māori News|teaonews.co.nz
TEAMtalk|teamtalk.com
Tech Xplore|techxplore.com
Techaeris|techaeris.com
TechCrunch|techcrunch.com
TechNews City|technews.city
TechRadar|techradar.com
TecMint|tecmint.com
The American Prospect|prospect.org
The Associated Press|ap.org apnews.com
The Block|theblock.co
The Christian Science Monitor|csmonitor.com
The Conversation|theconversation.com
The Currency Analytics|thecurrencyanalytics.com
The Daily Hodl|dailyhodl.com
The Daily Signal|dailysignal.com
The Economist|economist.com
The Express Tribune|tribune.com.pk
The Financial Daily|thefinancialdaily.com
The Friday Times|thefridaytimes.com
The Globe and Mail|theglobeandmail.com
The Guardian|theguardian.com
The Hill|thehill.com
The Hindu|thehindu.com
The Independent|independent.co.uk
The Indian Express|indianexpress.com
The Intercept|theintercept.com
The Jordan Times|jordantimes.com
The Mac Observer|macobserver.com
The Markup|themarkup.org
The Mercury News|mercurynews.com
The Nation|nation.com.pk
The National|thenationalnews.com
The New Arab|newarab.com
The New York Times|nytimes.com
The New Yorker|newyorker.com
The New Zealand Herald|nzherald.co.nz
The News International|thenews.com.pk
The Paper|thepaper.cn
The Peninsula|thepeninsulaqatar.com
The Philadelphia Inquirer|inquirer.com
The Post|thepost.co.nz
The Press|thepress.co.nz
The Register|theregister.com
The San Francisco Standard|sfstandard.com
The Straits Times|straitstimes.com
The Syrian Observer|syrianobserver.com
The Times Kuwait|timeskuwait.com
The Times of Israel|timesofisrael.com
The Verge|theverge.com
The Wall Street Journal|wsj.com
The Washington Post|feeds.washingtonpost.com
TheGamer|thegamer.com
TIME|time.com
Times of Islamabad|timesofislamabad.com
Times of Oman|timesofoman.com
Today|today.it
Tom's Hardware|tomshardware.com tomshw.it
Trouw|trouw.nl
TRT World / Anadolu|aa.com.tr trtworld.com
Tubantia|tubantia.nl
TV5 Monde|tv5monde.com
Tweakers|tweakers.net
Ubuntu Blog|ubuntu.com
UN News|news.un.org
Unixmen|unixmen.com
UrduPoint|urdupoint.com
VentureBeat|venturebeat.com
VG247|vg247.com
Virgilio|virgilio.it
Voice of America|voanews.com
VRT|vrt.be
WAFA|english.wafa.ps
Waikato Times|waikatotimes.co.nz
Watson|watson.ch
Wccftech|wccftech.com
Winnipeg Free Press|winnipegfreepress.com
WIRED|wired.com
Xbox|xbox.com
Yahoo|yahoo.com
Yemen News Agency Saba (Aden)|sabanew.net
Yleisradio (YLE)|yle.fi
Yonhap News Agency (연합뉴스)|yna.co.kr
Yonhap News TV (연합뉴스TV)|yonhapnewstv.co.kr
Youm7|youm7.com
Zawya|zawya.com
ZDNET|zdnet.com
Zweites Deutsches Fernsehen (ZDF)|zdf.de
Äripäev|aripaev.ee
"""
