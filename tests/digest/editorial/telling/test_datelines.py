"""A dateline goes, and nothing that is part of the news goes with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.telling.blurb import blurb
from digest.editorial.telling.datelines import without_dateline
from tests.digest.editorial.build import story

NEWS = "A dam collapsed above the town."


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("MINNA, Nigeria, Nov 22 (Meridian) - ", "en"),
        ("MINNA, Nigeria, Nov. 22, 2026 (Reuters) -- ", "en"),
        ("SACRAMENTO, Calif. (AP) — ", "en"),
        ("WASHINGTON, D.C. (AP) — ", "en"),
        ("MOKWA, Nigeria — ", "en"),
        ("KYIV—", "en"),
        ("KYIV--", "en"),
        ("UNITED NATIONS - ", "en"),
        ("NEW DELHI: ", "en"),
        ("Washington – ", "en"),
        ("BERLIN/PARIS (Reuters) - ", "en"),
        ("MOSCOW, November 23. /TASS/. ", "en"),
        ("(Bloomberg) -- ", "en"),
        ("Mumbai (PTI): ", "en"),
        ("Berlin/Paris (AFP): ", "de"),
        ("Nov 23 (Reuters) - ", "en"),
        ("Nov. 23 (UPI) -- ", "en"),
        ("BRUSSEL (ANP) - ", "nl"),
        ("JAKARTA, KOMPAS.com - ", "id"),
        ("(ANSA) - ROMA, 23 NOV - ", "it"),
        ("PARIS, 23 nov 2026 (AFP) - ", "fr"),
        ("Paris, le 23 novembre (AFP) – ", "fr"),
        ("Madrid, 23 nov (EFE).- ", "es"),
        ("Strelsau (dpa/lnw) - ", "de"),
        ("Strelsau (dpa-AFX) - ", "de"),
        ("St. Gallen (sda) - ", "de"),
        ("New Delhi [India], November 23 (ANI): ", "en"),
        ("HOUSTON--(BUSINESS WIRE)--", "en"),
        ("Frankfurt am Main (dpa) - ", "de"),
        ("新华社北京11月23日电 ", "zh"),
        ("【北京＝共同】", "ja"),
        ("القاهرة (رويترز) - ", "ar"),
    ],
)
def test_place_date_and_agency_go(line: str, language: str) -> None:
    assert without_dateline(line + NEWS, language) == NEWS
    assert blurb(story("a", "Many dead in Nigeria", f"{line}{NEWS}", language=language)) == NEWS


@pytest.mark.parametrize(
    ("line", "news"),
    [
        ("Nairobi — ", "Kenya's high court blocked the finance bill on Monday."),
        ("Kyiv, Ukraine – ", "Russia fired two hundred drones at the capital overnight."),
        ("Dublin, Ireland – ", "London flights were cancelled for a day by a storm."),
        ("London — ", "London's mayor said on Monday that fares would rise by five per cent."),
    ],
)
def test_a_country_behind_a_dateline_is_who_the_news_is_of(line: str, news: str) -> None:
    assert without_dateline(line + news) == news
    assert blurb(story("a", "What happened today", line + news)) == news


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("An anti-Muslim arson attack on a school led to charges against a man of 31.", "en"),
        ("Non-Hindu mourners were turned away at the funeral of a survivor.", "en"),
        ("The ex-Minister of Finance of Portugal was jailed for six years.", "en"),
        ("Twelve pro-Russian demonstrators and forty anti-Government farmers were held.", "en"),
        ("Gangs in Port-au-Prince attacked the general hospital and freed prisoners.", "en"),
        ("Port-au-Prince hospitals were attacked by gangs on Monday night.", "en"),
        ("The U.S.-China trade talks collapsed on Monday after nine hours.", "en"),
        ("The engine maker Rolls-Royce said it would cut a thousand jobs.", "en"),
        ("Bei seinem Besuch in Neu-Delhi will Kanzler Merz über Handel sprechen.", "de"),
        ("Die CDU-Politikerin Karin Prien hat ihren Rücktritt angekündigt.", "de"),
        ("(Ex-)Kanzler Schröder hat ein Buch über den Handel geschrieben.", "de"),
        ("Jean-Luc Mélenchon appelle à voter contre le gouvernement.", "fr"),
        ("Moscow: Ukraine must leave four regions before any talks.", "en"),
        ("Friedrich Merz (CDU): Wir müssen mehr für die Bahn tun.", "de"),
        ("Lawrence Wong (PAP): We will keep the tax at nine per cent.", "en"),
        ("NATO: Russia is no threat to any member this year.", "en"),
        ("Angela Merkel (CDU) - Deutschlands frühere Kanzlerin - hat ein Buch geschrieben.", "de"),
        ("NATO - The alliance of thirty-two - meets in Ankara on Tuesday.", "en"),
        ("AFRICAN UNION - The club of fifty-five - meets in Addis Ababa on Tuesday.", "en"),
        ("London - England's capital - is sinking by a millimetre a year.", "en"),
        ("Berlin – Paris in vier Stunden: Der neue Zug fährt ab Montag.", "de"),
        ("Deutschland - Frankreich endete am Samstag ohne Tore.", "de"),
        ("England – Spain ended in a draw on Saturday night.", "en"),
        ("Paris – New Delhi flights resumed on Monday after nine years.", "en"),
        ("Iran – Israel talks resume in Muscat on Monday morning.", "en"),
        ("Paris, 13 November 2015: Gunmen killed 130 people in one night.", "en"),
    ],
)
def test_what_is_part_of_the_news_stays(sentence: str, language: str) -> None:
    assert without_dateline(sentence, language) == sentence
    assert blurb(story("a", "What happened today", sentence, language=language)) == sentence


@pytest.mark.parametrize(
    ("line", "news", "language"),
    [
        ("Mumbai: ", "Police said on Friday that three men were held over the theft.", "en"),
        ("Lahore: ", "At least nine people died when the roof of a school fell in.", "en"),
        ("Chennai: ", "A man of 24 was arrested at the harbour with nine passports.", "en"),
        ("Nagpur, Maharashtra: ", "Farmers have blocked the road to the mill for a week.", "en"),
        ("New Delhi: ", "The Supreme Court on Friday stayed the order of the tribunal.", "en"),
        ("Kathmandu: ", "Nepal's prime minister told parliament that he would resign.", "en"),
        ("Mannheim: ", "Ein Brand hat in der Nacht zwei Häuser am Hafen zerstört.", "de"),
        ("Berlin: ", "Die Bundesregierung teilte mit, dass die Steuer gesenkt wird.", "de"),
        ("Medellín: ", "Tres hombres fueron detenidos tras un robo en el mercado.", "es"),
    ],
)
def test_a_town_and_a_colon_go_from_the_head_of_a_report(line: str, news: str, language: str) -> None:
    assert without_dateline(line + news, language, head=True) == news
    assert blurb(story("a", "What happened today", line + news, language=language)) == news
    assert without_dateline(line + news, language) == line + news, "further down it may be a list of towns"


@pytest.mark.parametrize(
    "sentence",
    [
        "Ukraine: at least 39 dead in a strike on a station.",
        "Ukraine: At least 39 people died in a strike on a station.",
        "Boeing: Two whistleblowers have died and the company is silent.",
        "Moscow: Ukraine must leave four regions before any talks.",
        "Beijing: Taiwan must return to the motherland, says minister.",
        "Mumbai: We will build nine new bridges before the next rains.",
        "Mumbai: What the new bridge means for a city of islands.",
        "Mumbai: Rain again.",
        "Manchester: The women won again and nobody was surprised.",
    ],
)
def test_who_speaks_and_what_it_is_about_stays_before_a_colon(sentence: str) -> None:
    assert without_dateline(sentence, head=True) == sentence


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.from_regex(r"\A[A-Za-z]{2,9}\Z"), min_size=3, max_size=9),
    st.lists(st.from_regex(r"\A[A-Z][a-z]{2,9}\Z"), min_size=1, max_size=2),
)
def test_a_hyphen_inside_of_a_word_ends_no_dateline(words: list[str], compound: list[str]) -> None:
    sentence = " ".join((*words, "pro-" + "-".join(compound), *words)) + "."
    assert without_dateline(sentence) == sentence
