"""What is no news is known as such, is not told, and does not stand for an event; and news is not taken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.editorial.events.cluster import group
from digest.editorial.jsonl import story_of
from digest.editorial.kinds.fillers import filler, filler_event
from digest.editorial.kinds.genres import is_opinion
from digest.editorial.picking.rank import counting, rank
from digest.editorial.picking.select import select
from digest.model.event import Event, Wish
from digest.model.newsletter import Section
from digest.model.story import Story
from tests.digest.editorial.build import newsletter

SIGNED = "Fiji and Samoa signed a tax treaty in Suva."
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_story(headline: str, text: str = "", *, section: str = "", outlet: str = "Daily", number: int = 0) -> Story:
    row = {
        "id": f"{outlet}-{number}-{headline[:20]}", "title": headline, "text": text or f"{headline}.", "outlet": outlet,
        "section": section, "published": "2026-11-22T06:00:00Z", "language": "en",
        "url": f"https://{outlet.lower()}.example/{number}",
    }  # fmt: skip
    return story_of(row, now=NOW)


@pytest.mark.parametrize(
    "headline",
    [
        "Vacancy: head of finance",
        "Now hiring: nurses for Leeds",
        "Offre d'emploi : comptable",
        "Stellenangebote der Woche",
        "TV tonight: a dark drama",
        "What's on TV this weekend",
        "How to watch Arsenal v Spurs",
        "Programme TV du samedi",
        "Sponsored: how our bank helps",
        "Advertorial – a better mattress",
        "Publireportage: la montre",
        "Anzeige: Sofas",
        "The 12 best air fryers to buy",
        "Use code SAVE20: hotels",
        "Win a cruise for two",
        "Correction",
        "Corrections and clarifications",
        "Correction: mayor of Suva",
        "Rectificatif : le maire",
        "Crossword 9,412",
        "Quick crossword no 17,002",
        "Wordle today: hints and answer",
        "Quiz of the week: who said what?",
        "Kreuzworträtsel",
        "Horoscope: the stars on Sunday",
        "Daily horoscope",
        "Lottery results: the winning numbers",
        "Death notices",
        "Obituary notices for 22 November",
        "Recipe: lamb with apricots",
        "Letters: buses and bees",
        "Live updates",
        "Photos of the week",
        "On this day: 22 November",
        "Weather: sunny spells",
        "Weather forecast for Sunday",
        "Lamb with apricots | Recipe of the day",
        "Wettervorhersage: Sonne",
        "Obituary: Joan Hall, 84, teacher",
    ],
)
def test_filler_is_known_by_its_headline(headline: str) -> None:
    assert filler(a_story(headline, "Some words stand here, as they do below any headline of the page."))


@pytest.mark.parametrize(
    "headline",
    [
        "Job vacancies fall to lowest in four years",
        "TV station stormed in Ecuador",
        "What to watch for in Turkey's election",
        "Deaths of 12 migrants shock Calais",
        "Deaths from cholera rise in Sudan",
        "Letters bombs kill two in Athens",
        "Weather kills nine in Texas",
        "Weather: red warning for Ireland",
        "Storm warning: weather turns",
        "Recipe for disaster",
        "Best friends killed in crash",
        "Winning party splits in Nepal",
        "Competition: EU fines Apple",
        "Quiz show host jailed",
        "Lottery winner murdered",
        "Bridge: collapse kills 12",
        "Live: parliament votes on budget",
        "Advertising giant sued",
        "Corrections officer taken hostage in Ohio",
        "Wordle sold for millions",
        "Crossword setter wins libel case in London",
        "Promotion of judges stirs protest",
        "Puzzle over vanished plane deepens",
        "Press releases jailed reporter",
        "El tiempo en que vivimos divide a Chile",
        "Football: Hamburg beat Bremen",
        "Obituaries of the regime",
        "Opinion poll: Labour leads by nine points",
        "Commentators fear a wider war",
        "Column of smoke over Kyiv",
        "Letters of intent signed in Accra",
        "Review: hospital failed 200 children",
        "The US view on Taiwan shifts",
    ],
)
def test_news_is_not_taken_for_filler(headline: str) -> None:
    assert filler(a_story(headline, "Police and officials told reporters what had happened there on Sunday.")) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We are looking for a senior accountant for our office in Suva.", "a vacancy"),
        ("Paid content from First Island Bank. Small firms grow faster with a partner.", "an advert"),
        ("Enjoy a week in Rome. Terms and conditions apply.", "an advert"),
        ("A report on Friday gave the wrong name of the mayor of Suva. We regret the error.", "a correction"),
        ("John, aged 81, beloved husband of Mary. Funeral on Friday, no flowers please.", "death notices"),
        ("The minister resigned. Police are looking for a man with years of experience in fraud.", ""),
    ],
)
def test_filler_is_known_by_what_it_says_to_its_reader(text: str, kind: str) -> None:
    assert filler(a_story("From the islands", text)) == kind


def test_filler_is_known_by_its_section() -> None:
    assert filler(a_story("Small firms grow", section="Sponsored Content")) == "an advert"
    assert filler(a_story("Small firms grow", section="Business")) == ""


def test_no_filler_is_told_unless_an_editor_asks_for_it() -> None:
    stories = [a_story("Crossword 9,412", "Print the grid.", section="World", outlet="Alpha"),
               a_story("Fiji and Samoa sign tax treaty", "Ministers signed a treaty in Suva that ends double taxation.",
                       section="World", outlet="Beta")]  # fmt: skip
    events = group(stories)
    chosen = select(rank(events, newsletter=newsletter(), now=NOW), newsletter(), now=NOW)
    assert [pick.event.lead.headline for pick in chosen.chosen] == ["Fiji and Samoa sign tax treaty"]
    assert list(chosen.left_out.values()) == ["a puzzle, and no news"]
    wished = rank(events, newsletter=newsletter(), now=NOW, wishes={stories[0].id: Wish.PIN})
    assert len(select(wished, newsletter(), now=NOW).chosen) == 2


def test_filler_leads_no_event_and_counts_for_nothing_in_it() -> None:
    ad = a_story("Sponsored: Fiji and Samoa sign tax treaty", SIGNED, outlet="Alpha")
    news = a_story("Fiji and Samoa sign tax treaty in Suva", SIGNED, outlet="Beta")
    (event,) = group([ad, news])
    assert event.lead == news
    assert counting(event) == [news]
    assert filler_event(event) == ""


@pytest.mark.parametrize(
    ("headline", "section"),
    [
        ("Comment | The tariff war is lost", "World"),
        ("Opinion: Europe should stop lecturing Moldova", "World"),
        ("[Opinion] The war must end", "World"),
        ("The Harbour Times view on the war: time to talk", "World"),
        ("Kommentar zum Krieg: Es reicht", "World"),
        ("Tribune. « Il faut arrêter la guerre »", "World"),
        ("The war in Sudan must end", "Opinion"),
    ],
)
def test_an_opinion_is_not_told_and_no_hard_news_unless_the_newsletter_has_a_section_for_it(
    headline: str, section: str
) -> None:
    text = "I told you so. Nobody will win, and thousands of soldiers and children of both sides pay the bill."
    piece = a_story(headline, text, section=section)
    events = group([piece])
    ranked = rank(events, newsletter=newsletter(), now=NOW)
    assert "hard news" not in ranked[0].why
    picked = select(ranked, newsletter(), now=NOW)
    assert list(picked.left_out.values()) == ["an opinion, and no news"]
    wanting = newsletter(sections=(Section(slug="voices", title="Voices", match=("opinion",)),))
    assert len(select(rank(events, newsletter=wanting, now=NOW), wanting, now=NOW).chosen) == 1


def test_an_opinion_is_known_by_its_address() -> None:
    piece = replace(a_story("The war in Sudan must end", "It must."), url="https://daily.example/opinion/2026/sudan")
    assert filler(piece) == "an opinion"
    assert filler(replace(piece, url="https://daily.example/world/opinion-polls-in-sudan")) == ""
    assert filler(replace(piece, url="https://daily.example/editorial/2026/sudan")) == "", "some publish all below it"
    assert filler(replace(piece, url="https://daily.example/comment/2026/11/23/sudan")) == "an opinion"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.supremecourt.example/opinions/26pdf/24-1287.pdf",
        "https://curia.europa.eu/opinion/c-123",
        "https://www.assemblee-nationale.example/debats/2026/budget",
        "https://daily.example/2026/quake-kills-12/comment/",
        "https://daily.example/2026/quake-kills-12/comment/page-2",
        "https://daily.example/read?from=/opinion/x",
    ],
)
def test_what_a_court_thinks_and_a_reader_adds_is_no_opinion_of_the_outlet(url: str) -> None:
    assert not is_opinion("Judges strike down the tariffs", "", url)


@pytest.mark.parametrize(
    ("headline", "opinion"),
    [
        ("The Guardian view on Gaza: a truce is not peace", True),
        ("The Times view on housing: build more", True),
        ("The Irish Times view on the budget: too little", True),
        ("The Kremlin view on the deal: no troops from NATO", False),
        ("The IMF view on Argentina: growth of 5% this year", False),
        ("The German view of Trump: 80% negative in a survey", False),
        ("The United Nations view on Sudan: a war of starvation", False),
    ],
)
def test_the_view_of_a_paper_is_opinion_and_that_of_a_government_is_news(headline: str, opinion: bool) -> None:
    assert is_opinion(headline) == opinion


def test_an_obituary_of_several_owners_is_news() -> None:
    obituaries = [a_story("Obituary: Jane Doe", "Jane Doe, who found the comet, has died.", outlet=outlet)
                  for outlet in ("Alpha", "Beta")]  # fmt: skip
    assert filler_event(Event(id="1", stories=tuple(obituaries[:1]))) == "an obituary"
    assert filler_event(Event(id="1", stories=tuple(obituaries))) == ""


def test_one_member_earns_no_credit_where_the_others_say_otherwise() -> None:
    def parts(*sections: str) -> set[str]:
        stories = tuple(
            a_story(f"Cup final {number}", "The match ended.", section=section, outlet=f"Paper{number}", number=number)
            for number, section in enumerate(sections)
        )
        (pick,) = rank([Event(id="1", stories=stories)], newsletter=newsletter(), now=NOW)
        return {part.name for part in pick.parts}

    assert "section" in parts("World")
    assert "section" in parts("World", "Sport")
    assert "section" in parts("World", "", "")
    assert "section" not in parts("World", "Sport", "Sport")

    def kind(*headlines: str) -> bool:
        stories = tuple(a_story(one, "Words.", outlet=f"Paper{n}", number=n) for n, one in enumerate(headlines))
        (pick,) = rank([Event(id="1", stories=stories)], newsletter=newsletter(), now=NOW)
        return any(part.name == "kind" for part in pick.parts)

    assert kind("Five killed in Lagos")
    assert kind("Five killed in Lagos", "Market horror", "Grief in Lagos")
    assert not kind("Goals killed off Bremen", "Football: coach hails goals", "League match: goals galore")
    assert not kind("War of words", "Choir sings", "Choir sings again", "Singing in the rain")


@pytest.mark.parametrize(
    "headline", ["Live: Ebola in Congo, latest updates", "En vivo | Elecciones en Chile: últimas noticias"]
)
def test_a_page_of_updates_alone_is_no_news(headline: str) -> None:
    assert filler(a_story(headline, "Follow our coverage.")) == "a page of updates"


@pytest.mark.parametrize(
    "headline", ["Live: Missiles hit Kyiv, three dead", "Live exports of cattle banned, latest figures show"]
)
def test_news_told_live_is_news(headline: str) -> None:
    assert filler(a_story(headline, "Three people died on Monday.")) == ""
