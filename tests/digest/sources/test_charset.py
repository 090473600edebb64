# ruff: noqa: E501
"""Bytes that are not in the encoding which they declare are read in the one that they are in."""

from __future__ import annotations

import pytest

from digest.sources.charset import decode

BUDGETS = {
    "cs": ("cp1250", "Vláda schválila rozpočet na příští rok, říká předseda Novák ve čtvrtek v Praze. Opozice ho odmítá."),
    "pl": ("cp1250", "Rząd przyjął budżet na przyszły rok. Opozycja krytykuje projekt, powiedział Żółkiewski w Łodzi."),
    "hu": ("cp1250", "A kormány elfogadta a jövő évi költségvetést. A kiadások nőni fognak, mondta Győző a parlamentben."),
    "hr": ("cp1250", "Vlada je prihvatila proračun za sljedeću godinu. Izdaci za obranu će rasti, rekao je Šimić."),
    "ro": ("cp1250", "Guvernul a aprobat bugetul pentru anul viitor. Cheltuielile vor creşte, a spus Ştefan în Iaşi."),
    "tr": ("cp1254", "Hükümet gelecek yılın bütçesini kabul etti. Harcamaların artacağı konusunda anlaştı, dedi Şahin."),
    "ru": ("cp1251", "Правительство приняло бюджет на следующий год. Расходы на оборону вырастут, сказал Иванов."),
    "uk": ("cp1251", "Уряд ухвалив бюджет на наступний рік. Видатки на оборону зростуть, сказав Шевченко у Києві."),
    "el": ("cp1253", "Η κυβέρνηση ενέκρινε τον προϋπολογισμό για το επόμενο έτος. Οι δαπάνες θα αυξηθούν."),
    "de": ("cp1252", "Die Regierung verabschiedet den Haushalt für das nächste Jahr, sagte Müller in Köln. Straße gesperrt."),
    "fr": ("cp1252", "Le gouvernement a adopté le budget pour l’année prochaine. La mesure créée déplaît, dit François."),
    "pt": ("cp1252", "O governo aprovou o orçamento do próximo ano. As opiniões dividem-se, disse João em São Paulo."),
    "fi": ("cp1252", "Hallitus hyväksyi ensi vuoden talousarvion. Sää kylmenee, sanoi Mäkelä Jyväskylässä päättäjille."),
    "sv": ("cp1252", "Regeringen antog budgeten för nästa år. Försvarsutgifterna kommer att öka, säger Åkesson i Malmö."),
}  # fmt: skip
MUCH_MARKUP = '<nav class="menu"><a href="/section/world/index.html">World</a></nav>' * 40


@pytest.mark.parametrize("language", BUDGETS)
@pytest.mark.parametrize("around", ["", MUCH_MARKUP], ids=["bare", "much-markup"])
def test_bytes_of_another_code_page_that_are_declared_as_utf_8(language: str, around: str) -> None:
    page, text = BUDGETS[language]
    whole = f'<html><head><meta charset="utf-8"></head><body>{around}<p>{text}</p></body></html>'
    assert decode("p", whole.encode(page), declaration="html", charset="utf-8") == whole


def test_a_foreign_name_changes_no_alphabet() -> None:
    text = "The prime minister met Václav Havel and François Mitterrand in Köln, officials said on Friday evening."
    assert decode("p", text.encode("cp1252"), charset="utf-8") == text
