# ruff: noqa: E501
"""Joining events across languages: does agreement of names, numbers and dates find the pairs, and does it hold?

    python -m benchmarks.languages

A small set of our own: the sample stories of 7 and 8 April 2022 in English, and beside them short reports in French,
Spanish and German, written for this, with the English event that each tells (none for those that nobody tells in
English). A pair is joined where it shares at least so many capitalised names and numbers, published within a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from digest.editorial.events.cluster import group
from digest.editorial.events.tongues import joined
from digest.editorial.jsonl import story_of
from digest.sources.detect import read_file

SAMPLES = Path(__file__).parents[1] / "samples" / "sources"
OTHERS = (
    ("Kramatorsk", "Frappe sur la gare de Kramatorsk : au moins 50 morts, dont cinq enfants, selon le gouverneur Kyrylenko."),
    ("Kramatorsk", "Al menos 50 muertos, cinco de ellos niños, en un ataque con misil Tochka-U a la estación de Kramatorsk."),
    ("Human Rights Council", "L'Assemblée générale de l'ONU suspend la Russie du Conseil des droits de l'homme par 93 voix contre 24."),
    ("Human Rights Council", "UN-Vollversammlung suspendiert Russland mit 93 zu 24 Stimmen bei 58 Enthaltungen aus dem Rat in Genf."),
    ("Sri Lanka", "Sri Lanka: Zentralbank hebt die Zinsen um 700 Basispunkte, der neue Gouverneur Weerasinghe warnt in Colombo."),
    ("Tel Aviv", "Deux morts et dix blessés dans une attaque par balles rue Dizengoff à Tel-Aviv, l'assaillant en fuite."),
    ("Khan", "Pakistán: la Corte Suprema restablece el parlamento y ordena votar el sábado la moción contra Imran Khan."),
    ("Jackson", "El Senado confirma por 53 a 47 a Ketanji Brown Jackson, primera mujer negra en la Corte Suprema."),
    ("Bucha", "Von der Leyen besucht Butscha und übergibt Selenskyj in Kiew den Fragebogen für den Beitritt zur EU."),
    ("Yemen", "Yémen : le président Hadi cède ses pouvoirs à un conseil dirigé par Rashad al-Alimi, à Riyad."),
    ("", "Macron en meeting à La Défense : le candidat promet de hausser les pensions à 1 100 euros."),
    ("", "Perpignan : Marine Le Pen clôt sa campagne devant 4 000 personnes avant le premier tour."),
    ("", "Ukraine : Zelensky s'adresse au parlement de Chypre et demande de nouvelles sanctions contre la Russie."),
    ("", "Die Ukraine und Russland tauschen Gefangene aus, darunter 26 Soldaten, wie Kiew am Samstag mitteilt."),
    ("", "El FMI y Argentina revisan el acuerdo por 44.000 millones de dólares en Washington."),
    ("", "Der FC Barcelona und Eintracht Frankfurt trennen sich 1:1 vor 48.000 Zuschauern."),
)  # fmt: skip
COMMON = frozenset(
    {"The", "A", "In", "On", "At", "By", "Al", "El", "La", "Le", "Die", "Der", "Deux", "Frappe", "UN", "EU"}
)


def marks(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Capitalised words and numbers of two digits or more."""
    names = frozenset(re.findall(r"\b[A-Z][a-z]{3,}\b", text)) - COMMON
    return names, frozenset(re.findall(r"\b\d{2,}\b", text.replace(".000", "000").replace(",", "")))


def english() -> Iterator[str]:
    """Headline and first paragraph of every English sample story."""
    for path in sorted(SAMPLES.rglob("*")):
        if path.suffix in (".xml", ".atom", ".json", ".txt", ".html") and "courrier" not in str(path):
            for entry in read_file(str(path)):
                if (entry.language or "en").startswith("en"):
                    yield f"{entry.title}. {' '.join((entry.standfirst, *entry.paragraphs[:2]))}"


def main() -> None:
    """Precision and recall of joins to the best English story, for several demands."""
    stories = [(text, *marks(text)) for text in english()]
    tellable = sum(1 for key, _ in OTHERS if key)
    print(f"{len(OTHERS)} foreign reports, {tellable} of them with an English event, {len(stories)} English stories")
    for least_names, least_numbers in ((1, 0), (2, 0), (3, 0), (1, 1), (2, 1)):
        joined = right = 0
        for key, foreign in OTHERS:
            names, numbers = marks(foreign)
            fitting = [
                (len(names & others) + len(numbers & counts), text)
                for text, others, counts in stories
                if len(names & others) >= least_names and len(numbers & counts) >= least_numbers
            ]
            if fitting:
                joined += 1
                right += bool(key) and key in max(fitting)[1]
        precision = f"{right / joined:.2f}" if joined else "-"
        print(
            f"  {least_names} names, {least_numbers} numbers: joined {joined}, precision {precision}, "
            f"recall {right / tellable:.2f}"
        )
    shipped()


def shipped() -> None:
    """The same with the rule that `picking.join_languages` switches on."""
    at = datetime(2022, 4, 8, 12, tzinfo=UTC)
    rows = [
        {"id": f"en-{place}", "title": text[:120], "text": text, "language": "en"}
        for place, text in enumerate(english())
    ]
    for place, (_, text) in enumerate(OTHERS):
        rows.append({"id": f"other-{place:02}", "title": "", "text": text})
    stories = [replace(story_of(row, now=at), published_at=at) for row in rows]
    wanted = dict(enumerate(key for key, _ in OTHERS))
    right = joins = 0
    for event in joined(group(stories), "en"):
        home = " ".join(story.text for story in event.stories if story.id.startswith("en"))
        guests = [story for story in event.stories if story.id.startswith("other")]
        if home:
            for guest in guests:
                key = wanted[int(guest.id[-2:])]
                held = bool(key) and key in home
                joins, right = joins + 1, right + held
                if not held:
                    print(f"    wrong: {guest.text[:60]} <- {home[:60]}")
    print(f"  as shipped: joined {joins}, right {right}")


if __name__ == "__main__":
    main()
