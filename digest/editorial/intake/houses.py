"""Which company owns which titles, where one company has several: one line each, `company|domain domain`.

Our own table, of public facts as of 2025; it goes before the organisations of `organisations.py`. A company is one
owner, and so has one vote, whatever its titles are called. Companies that only share shareholders are two owners: Fox
Corporation and News Corp are listed apart. Titles whose sale was under way are left out.
"""

from __future__ import annotations

HOUSES = """
Axel Springer|bild.de businessinsider.com businessinsider.de politico.com politico.eu welt.de
Comcast|nbc.com nbcnews.com sky.com skysports.com telemundo.com today.com
Daily Mail and General Trust|dailymail.co.uk dailymail.com inews.co.uk mailonsunday.co.uk metro.co.uk thisismoney.co.uk
Disney|abc7.com abc7chicago.com abc7news.com abc7ny.com abcnews.com abcnews.go.com
Fox Corporation|fox.com foxbusiness.com foxnews.com ktvu.com
Gannett|azcentral.com freep.com indystar.com jsonline.com usatoday.com
News Corp|adelaidenow.com.au barrons.com couriermail.com.au dailytelegraph.com.au heraldsun.com.au marketwatch.com
News Corp|news.com.au nypost.com skynews.com.au the-sun.com theaustralian.com.au thescottishsun.co.uk thesun.co.uk
News Corp|thesun.ie thesundaytimes.co.uk thetimes.co.uk thetimes.com wsj.com
Reach|birminghammail.co.uk chroniclelive.co.uk dailyrecord.co.uk dailystar.co.uk express.co.uk irishmirror.ie
Reach|liverpoolecho.co.uk manchestereveningnews.co.uk mirror.co.uk mylondon.news the-express.com themirror.com
Reach|walesonline.co.uk
The New York Times Company|nytimes.com theathletic.com
"""
"""Company -> its domains; subdomains belong to it too."""

TITLES = """
ABC News|abcnews.com
Bild|bild.de
CNN|cnn.com cnn.it
Daily Express|express.co.uk
Daily Mail|dailymail.co.uk dailymail.com
Daily Mirror|mirror.co.uk
Daily Record|dailyrecord.co.uk
Daily Star|dailystar.co.uk
Fox Business|foxbusiness.com
Fox News|foxnews.com
MarketWatch|marketwatch.com
Metro|metro.co.uk
NBC News|nbcnews.com
news.com.au|news.com.au
Politico|politico.com
Politico Europe|politico.eu
Sky News Australia|skynews.com.au
The Athletic|theathletic.com
The Australian|theaustralian.com.au
The i Paper|inews.co.uk
The Sun|the-sun.com thesun.co.uk thesun.ie
The Telegraph|telegraph.co.uk
The Times|thesundaytimes.co.uk thetimes.co.uk thetimes.com
The Washington Post|washingtonpost.com
USA Today|usatoday.com
Welt|welt.de
"""
"""Title, as readers know it -> its domains, for those that `organisations.py` does not have."""
