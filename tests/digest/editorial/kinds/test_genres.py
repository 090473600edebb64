"""What kind of piece a headline announces: an opinion poll, a tank column and a letter bomb are news."""

from __future__ import annotations

import pytest

from digest.editorial.kinds.fillers import filler
from digest.editorial.kinds.genres import is_aside
from tests.digest.editorial.build import story

NEWS = """
Opinion poll shows Labour ahead by nine points
Opinion polls tighten before Chile's vote
Opinion of court: tariffs illegal
Comment period opens on new rules for power plants
Comment by Fed chair sends shares lower
Comments by minister anger Turkey
Analysis of DNA identifies sailor lost in 1941
Analysis of 9,000 wells finds arsenic in half of them
Letter bomb injures two at Rome embassy
Column of tanks enters border town
Editorial staff of Warsaw daily go on strike
Viewpoint collapse in Alps kills three hikers
Tribune collapses at stadium in Recife, 30 injured
How many died in flood still unclear, Nairobi says
Why-not party wins seats in Bulgaria vote
Explained away by officials, leak poisoned river for years
Watch maker in Biel cuts 900 jobs
Video shows soldiers shooting unarmed men
Video of police beating sparks protests in Lagos
Photos of abducted girls released by rebels
Live ammunition used against protesters, UN says
Live exports of cattle banned in Brazil
Quiz show host shot dead in Manila
Podcast host arrested in Cairo
Explainer site blocked by Ankara
Review finds hospital failed 200 children
Timeline for troop withdrawal agreed in Doha
Fact check group banned in Hungary
Meinungsumfrage: Regierung verliert Mehrheit
Kommentar des Ministers löst Empörung aus
Wie die Polizei mitteilte, starben drei Menschen
Wie viele Opfer es gibt, ist unklar
Warum-Frage lähmt Ausschuss
Analyse von 4.000 Proben zeigt Gift im Wasser
Bilder der Überwachungskamera überführen Täter
Columna de humo tras explosión en refinería
Tribuna se derrumba en estadio y deja 30 heridos
Análisis de ADN identifica a las víctimas
Claves robadas: hackers vacían 300 cuentas
Fotos filtradas muestran torturas en prisión
Analyse ADN : le suspect identifié
"""
ASIDE = """
Opinion: The war must end
Opinion - Europe must act
Comment: We need a new treaty
Analysis: What the vote means for Europe
Letters: Readers on the war
Why the coup failed
Comment voter depuis l'étranger
Tariffs on steel, explained
Timeline of the hostage crisis
Kommentar zum Haushalt: Mutlos
Warum der Putsch scheiterte
Was die Wahl bedeutet
Opinión: La reforma que falta
Tribuna | El silencio de Europa
Claves del acuerdo: lo que cambia
Cómo votar desde el extranjero
Fotos: inundaciones en España
Video: floods in Spain
VIDEO | Floods in Spain
Watch: floods in Spain
Watch the moment the dam breaks
Live: floods in Spain
Quiz: how well do you know Spain?
In pictures: floods in Spain
Floods in Spain – in pictures
Floods in Spain - video
Photos of the week
Ukraine war live: blasts in Kyiv
EN VIVO: noche electoral
Qué significa el fallo para Europa
Die Lage in Kiew, erklärt
Bilder des Tages
"""


@pytest.mark.parametrize("headline", NEWS.strip().splitlines())
def test_news_by_a_word_for_another_kind_is_news(headline: str) -> None:
    assert not is_aside(headline)
    assert not filler(story("a", headline, "Police said on Friday that three people were there."))


@pytest.mark.parametrize("headline", ASIDE.strip().splitlines())
def test_what_explains_judges_or_shows_says_so(headline: str) -> None:
    assert is_aside(headline)
