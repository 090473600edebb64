"""Names that outlets write in several ways: Kiev and Kyiv are one town, Zelensky and Zelenskyy one man."""

from __future__ import annotations

_WAYS = """
kyiv kiev kiew kijev
kharkiv kharkov charkiw charkow
odesa odessa
lviv lvov lwiw
mykolaiv mykolayiv nikolaev nikolayev
zaporizhzhia zaporizhzhya zaporizhia zaporozhye saporischschja
luhansk lugansk
chernihiv chernigov
chernobyl chornobyl tschernobyl
donbas donbass
avdiivka avdeevka avdiyivka
zelenskyy zelensky zelenskiy zelenski selenskyj
putin poutine
lukashenko lukashenka loukachenko lukaschenko
navalny navalni nawalny
gaddafi gadhafi qaddafi kadhafi qadhafi
netanyahu netanjahu netanyahou nétanyahou
erdogan erdoğan
orban orbán
khamenei chamenei
raisi raissi
mohammed muhammad mohammad muhammed
houthi huthi
houthis huthis
hezbollah hizbollah hizbullah hezbullah hisbollah
qaeda qaida
isis isil
taliban taleban
beijing peking
mumbai bombay
kolkata calcutta
chennai madras
bengaluru bangalore
yangon rangoon
bogota bogotá
brasilia brasília
cancun cancún
malmo malmö
zurich zürich
gothenburg göteborg
"""
"""A line for each: the way that stands for all, and the others, case-folded. For matching only; nobody is shown it."""
_ONE = {way: line.split()[0] for line in _WAYS.strip().splitlines() for way in line.split()[1:]}


def one_way(word: str) -> str:
    """The way of writing that stands for all; any other word as it is."""
    return _ONE.get(word, word)
