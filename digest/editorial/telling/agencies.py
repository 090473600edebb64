"""News agencies, as datelines, bylines and signatures name them."""

from __future__ import annotations

_NAMES = """
Reuters, AFP, Agence France-Presse, AP, Associated Press, The Associated Press, dpa, DPA, Xinhua, TASS, ANI, IANS, PTI,
UNI, Bloomberg, EFE, ANSA, Kyodo, Kyodo News, Yonhap, Anadolu Agency, Anadolu, Interfax, Ukrinform, Press Association,
PA Media, Canadian Press, The Canadian Press, AAP, Sputnik, RIA Novosti, NewsWire, Newswire, UPI, WAM, SPA, QNA, MENA,
Petra, NNA, APA, APP, BSS, KUNA, KCNA, CNA, Jiji Press, Bernama, Antara, Belga, Keystone-SDA, Ritzau, TT, NTB, STT,
Lusa, MTI, PAP, CTK, Agerpres, Agencies, News Agencies, ANP, IRNA, ISNA, SANA, GNA, BTA, HINA, Tanjug, TASR, BNS, LETA,
ELTA, VNA, Prensa Latina, Europa Press, Adnkronos, askanews, Askanews, AGI, Télam, Folhapress, Agência Brasil,
sda, ats, awp, epd, KNA, SID, dts, ots, Business Wire
"""
AGENCIES = frozenset(name.strip() for name in _NAMES.split(","))
