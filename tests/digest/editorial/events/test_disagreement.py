"""Happenings of one kind that are not one: countries, names and numbers that disagree part them."""

from __future__ import annotations

import pytest

from digest.editorial.events.cluster import cluster
from digest.editorial.events.disagreement import (
    COUNTRIES_DISAGREE,
    NAMES_DISAGREE,
    NUMBERS_DISAGREE,
    OTHERS_AND_FIGURES,
    PLACES_DISAGREE,
    Disagreement,
)
from digest.editorial.places.placenames import nested
from digest.editorial.text.calendar import calendar, weightless
from digest.editorial.text.doc import Doc, encode
from digest.editorial.text.words import names_with_title

MINES = (
    ("Coal mine blast in Poland kills five",
     "Methane exploded in a coal mine at Pawlowice in Poland on Wednesday and killed five miners, the owner said."),
    ("Five dead in Pawlowice mine",
     "Five miners died when methane blew up in a mine at Pawlowice in southern Poland on Wednesday, the owner said."),
    ("Coal mine blast in Pakistan kills nine",
     "Methane exploded in a coal mine at Harnai in Pakistan on Wednesday and killed nine miners, officials said."),
    ("Nine dead in Harnai mine",
     "Nine miners died when methane blew up in a mine at Harnai in western Pakistan on Wednesday, officials said."),
)  # fmt: skip


def docs_of(*pairs: tuple[str, str], language: str = "en") -> list[Doc]:
    return [Doc(id=str(place), title=title, text=text, language=language) for place, (title, text) in enumerate(pairs)]


def factors(one: tuple[str, str], other: tuple[str, str]) -> float:
    docs = docs_of(one, other)
    encoded = encode(docs)
    found = Disagreement.of(docs, encoded, [names_with_title(doc.title, doc.text) for doc in docs])
    left, right = encoded.heads[0][:1] * 0, encoded.heads[0][:1] * 0 + 1
    (dense,) = found.between(left, right)[0].tolist()
    (paired,) = found.of_pairs(left, right).tolist()
    assert dense == paired == pytest.approx(float(found.between(right, left)[0, 0])), "both ways, and both forms"
    return float(dense)


@pytest.mark.parametrize("large", [0, 5_000])
def test_two_disasters_of_one_kind_are_two_events(large: int) -> None:
    assert cluster(docs_of(*MINES), large=large) == [0, 0, 1, 1]


def test_headlines_alone_are_parted_by_their_countries() -> None:
    buses = [(f"Bus plunges off bridge in {where}", "") for where in ("Peru, killing 20", "Bolivia, killing 13")]
    assert cluster(docs_of(*buses)) == [0, 1]
    assert cluster(docs_of(buses[0], ("Peru bus plunges off bridge, 20 killed", ""))) == [0, 0]


def test_each_disagreement_counts_once() -> None:
    plain = ("Bridge falls", "A bridge fell and cars went with it.")
    assert factors(plain, plain) == 1
    assert factors(("Bridge falls in Peru", ""), ("Bridge falls in Chile", "")) == pytest.approx(
        COUNTRIES_DISAGREE * NAMES_DISAGREE
    )
    assert factors(("bridge of Morbi falls", ""), ("bridge of Quebrada falls", "")) == pytest.approx(NAMES_DISAGREE)
    assert factors(("bridge falls, 12 dead", ""), ("bridge falls, 40 dead", "")) == pytest.approx(NUMBERS_DISAGREE)


def test_one_side_that_says_more_is_no_disagreement() -> None:
    """A toll that rises beside the old one, a place that only one names, a country in the text of the other."""
    assert factors(("bridge falls, 12 dead", ""), ("bridge falls, 12 dead and 40 hurt", "")) == 1
    assert factors(("bridge falls in Peru", ""), ("bridge falls", "")) == 1
    assert factors(("bridge falls in Peru", ""), ("bridge falls near Chile", "The border with Peru is closed.")) == 1


def test_a_headline_that_names_no_country_is_read_with_its_first_words() -> None:
    one = ("dozens hurt as a bridge falls", "The bridge stood in Peru for years.")
    other = ("dozens hurt as a bridge falls", "The bridge stood in Chile for years.")
    assert factors(one, other) == pytest.approx(COUNTRIES_DISAGREE)
    late = " ".join(["word"] * 30)
    assert factors(one, (other[0], f"{late} in Chile")) == 1, "further down a country says less"


def test_days_and_months_are_no_names() -> None:
    assert {"friday", "april"} <= calendar("en")
    assert "freitag" in calendar("de")
    assert calendar("xx") == calendar("en") == calendar("und")
    assert factors(("bridge fell on Friday", ""), ("bridge fell on Saturday", "")) == 1


def test_two_towns_of_one_country_are_two_places() -> None:
    assert factors(("plant burns in Lahore", ""), ("plant burns in Karachi", "")) == pytest.approx(
        PLACES_DISAGREE * NAMES_DISAGREE
    )
    assert factors(("plant burns in Lahore", ""), ("plant burns in Karachi", "Another one in Lahore.")) == 1
    assert factors(("plant burns in Lahore", ""), ("plant burns", "")) == 1


@pytest.mark.parametrize("large", [0, 5_000])
def test_the_same_words_about_two_towns_are_two_events_and_no_copies(large: int) -> None:
    told = (
        "A gunman opened fire at a shop in {0} late on Tuesday and killed three people, police said. He fled and was "
        "arrested on Wednesday after a chase of some hours through the suburbs of the city."
    )
    docs = docs_of(*((f"Three killed in {town} shooting", told.format(town)) for town in ("Ohio", "Texas", "Texas")))
    assert cluster(docs, large=large) == [0, 1, 1]


def test_words_that_only_say_when_join_nothing() -> None:
    stories = docs_of(
        ("Ferry crews stay on shore", "Crews in Piraeus said on Tuesday morning that they would not sail today."),
        ("Plastic waste talks open", "Delegates met on Tuesday morning to discuss a treaty; votes are for today."),
        ("Stadium approved", "The council agreed on Tuesday morning. Work begins today."),
    )
    assert cluster(stories) == [0, 1, 2]
    assert {"tuesday", "today", "april", "fri"} <= weightless("en")
    assert "march" not in weightless("en"), "a march is a thing, too"
    assert "sol" not in weightless("es")


def test_two_towns_of_one_state_are_two_places() -> None:
    dayton = (
        "Three shot dead at Dayton nightclub",
        "Three were shot dead at a nightclub in Dayton, Ohio, early on Sunday.",
    )
    toledo = ("Two shot dead at gas station", "Two were shot dead at a gas station in Toledo, Ohio, late on Sunday.")
    ohio = (
        "Ohio nightclub shooting leaves three dead",
        "A man fired into a crowd early on Sunday, police in Ohio said.",
    )
    assert factors(dayton, toledo) <= PLACES_DISAGREE
    assert factors(dayton, ohio) > PLACES_DISAGREE
    assert nested("dead in Dayton, Ohio, police", "en") == {"ohio": {"dayton"}}
    assert nested("in Dayton, Toledo and Columbus", "en") == {}
    assert nested("Governor Mike DeWine, Ohio officials said", "en") == {}


def test_two_bodies_with_two_figures_are_two_happenings_and_one_with_two_is_not() -> None:
    england = ("Bank of England cuts rates to 3.75%", "The Bank of England lowered its main rate by a quarter point.")
    europe = (
        "European Central Bank cuts rates to 1.75%",
        "The European Central Bank lowered its main rate by a quarter.",
    )
    later = ("Bank of England cuts rates to 3.5%", "The Bank of England lowered its main rate more than expected.")
    assert factors(england, europe) == pytest.approx(OTHERS_AND_FIGURES)
    assert factors(england, later) > OTHERS_AND_FIGURES
    assert cluster(docs_of(england, europe)) == [0, 1]


def test_what_two_bodies_both_name_does_not_make_them_one() -> None:
    def result(body: str, rise: int, profit: str) -> tuple[str, str]:
        return (
            f"{body} sales rise {rise}% on EU demand",
            f"{body} said quarterly sales rose {rise} per cent to {profit} billion dollars on demand in the EU.",
        )

    one, other = result("Nvidia", 12, "2.9"), result("Intel", 14, "2.6")
    assert factors(one, other) == pytest.approx(OTHERS_AND_FIGURES)
    assert cluster(docs_of(one, other)) == [0, 1]
    again = (
        "EU demand lifts sales of Nvidia by 12%",
        "Nvidia told investors of quarterly sales of 2.9 billion dollars.",
    )
    assert cluster(docs_of(one, again)) == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            (
                "Trump orders 500 troops to Portland",
                "President Trump ordered 500 National Guard troops to Portland on Monday over protests at an "
                "immigration building.",
            ),
            (
                "Kotek vows to sue over 450 guardsmen sent to Portland",
                "Oregon's governor vowed to sue after the president ordered National Guard troops to Portland over "
                "protests at an immigration building. Kotek called it unlawful.",
            ),
        ),
        (
            (
                "Russia fires 450 drones at Ukraine overnight, killing 7",
                "Russia launched 450 drones and 40 missiles at Ukraine overnight, killing at least seven people in "
                "Ternopil, officials said.",
            ),
            (
                "Zelensky says 25 dead in Ternopil after Russian missile strike",
                "At least 25 people were killed in Ternopil when Russian missiles hit two blocks of flats, President "
                "Zelensky said. 476 drones were fired at Ukraine overnight.",
            ),
        ),
        (
            (
                "Airbus grounds 6,000 A320 jets over software",
                "Airbus ordered repairs to 6,000 A320 jets on Friday over software that solar radiation may corrupt, "
                "and flights were delayed.",
            ),
            (
                "Jetstar cancels 90 flights after A320 recall",
                "Jetstar cancelled 90 flights on Saturday after the plane maker ordered repairs to A320 jets over "
                "software that solar radiation may corrupt.",
            ),
        ),
    ],
)
def test_two_who_each_do_another_thing_may_be_of_one_event(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert factors(one, other) > OTHERS_AND_FIGURES
    assert cluster(docs_of(one, other)) == [0, 0]


def test_a_reflexive_deed_has_its_aim_too() -> None:
    told = (
        ("Koalition einigt sich auf Rentenpaket", "Union und SPD haben sich auf ein Rentenpaket geeinigt, sagte Merz."),
        ("Koalition einigt sich auf Wehrdienst", "Union und SPD haben sich auf den Wehrdienst geeinigt, sagte Merz."),
    )
    assert cluster(docs_of(*told, language="de")) == [0, 1]
