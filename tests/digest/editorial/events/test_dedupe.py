"""Copies are found, and reports of the same happening in other words are not taken for copies."""

from __future__ import annotations

import random
from typing import Any

from digest.editorial.events.cluster import group
from digest.editorial.events.dedupe import copied, copies
from digest.editorial.text.doc import Doc
from digest.model.story import Story
from tests.digest.editorial.build import story

LONG = (
    "World food prices jumped to their highest level on record in March after the war in Ukraine shut off much of the "
    "grain and vegetable oil that leaves the Black Sea, the United Nations food agency said on Friday. The index rose "
    "12.6 percent from February, the largest step since it was introduced in 1990, and stood a third above last year."
)
OTHER = (
    "Bread, noodles and frying oil will cost families more this spring, economists in Rome warned, because harvests "
    "from Odesa no longer reach buyers in Egypt, Lebanon and Kenya while freight insurers refuse most cargoes now."
)


def test_a_syndicated_text_is_a_copy_of_the_first() -> None:
    first = story("a", "World food prices hit all-time high", LONG, outlet="Wire", hours_ago=9)
    credit = story("b", "Food prices at all-time high, says UN", f"{LONG} With Wire.", outlet="Savanna", hours_ago=8)
    own = story("c", "Why bread costs more this spring", OTHER, outlet="Harbour", hours_ago=7)
    assert copies([own, credit, first]) == {"b": "a"}


def test_one_address_is_one_article() -> None:
    one = story("a", "Ferry sinks", "Short.", url="https://x.example/a", hours_ago=9)
    two = story("b", "Ferry sinks, dozens missing", "Longer text.", url="https://www.x.example/a/", hours_ago=8)
    assert copies([two, one]) == {"b": "a"}


def test_one_front_page_is_not_one_article() -> None:
    one = story("a", "Malta bans trade in songbirds", "Short.", url="https://x.example/", hours_ago=9)
    two = story("b", "Boeing wins order for 80 jets", "Other.", url="https://x.example/", hours_ago=8)
    assert copies([two, one]) == {}


def test_one_long_title_is_one_article_unless_the_texts_or_days_disagree() -> None:
    title = "Strong earthquake of magnitude 6.1 shakes northern island"
    near = [story("a", title, "", hours_ago=9), story("b", title, "Two lines only.", hours_ago=8)]
    assert copies(near) == {"b": "a"}
    far = [story("a", title, "", hours_ago=200), story("b", title, "", hours_ago=8)]
    assert copies(far) == {}
    other = [story("a", title, LONG, hours_ago=9), story("b", title, OTHER, hours_ago=8)]
    assert copies(other) == {}
    short = [story("a", "World in brief", LONG, hours_ago=9), story("b", "World in brief", OTHER, hours_ago=8)]
    assert copies(short) == {}


def test_the_same_in_any_order() -> None:
    stories = [story(f"s{n}", f"Report {n}", LONG if n % 2 else OTHER, hours_ago=20 - n) for n in range(12)]
    expected = copies(stories)
    assert expected == {f"s{n}": f"s{n % 2}" for n in range(2, 12)}
    for seed in range(5):
        random.Random(seed).shuffle(stories)
        assert copies(stories) == expected


def test_a_text_printed_by_very_many_is_found_too() -> None:
    stories = [story(f"s{n:03}", f"Title {n}", LONG, hours_ago=300 - n) for n in range(260)]
    assert set(copies(stories).values()) == {"s000"}
    assert len(copies(stories)) == 259


def test_the_last_version_that_a_wire_sent_is_the_original() -> None:
    def sent(name: str, headline: str, hours_ago: float, **changes: Any) -> Story:
        named = {"outlet": "Wire", "wire": True, **changes}
        return story(name, headline, f"{headline}. The toll was 12 at first. {LONG}", hours_ago=hours_ago, **named)

    first, second, third = (
        sent("a", "Quake kills 12", 9),
        sent("b", "Quake kills 39", 7),
        sent("c", "Quake kills 41", 5),
    )
    client = sent("p", "Quake kills 12", 8, outlet="Savanna", wire=False)
    assert copies([first, second, third, client]) == {"a": "c", "b": "c", "p": "c"}
    assert group([first, second, third, client])[0].lead == third
    assert group([first, second, third, client])[0].copies == {"a", "b", "p"}
    same = sent("d", "Quake shakes the coast", 3)
    assert copies([first, same]) == {"d": "a"}, "another headline without a new fact is no version"
    paper = sent("e", "Quake kills 44", 3, outlet="Savanna", wire=False)
    assert copies([first, paper]) == {"e": "a"}, "what a client adds is not the wire's"


def test_nothing_in_nothing_out() -> None:
    assert copies([]) == {}
    assert copies([story("a", "Alone")]) == {}


FOOTER = (
    "This article was produced by the foundation's fellowship programme for young reporters, which is funded by "
    "readers and partners across four continents and is edited independently of them. All our stories may be "
    "republished free of charge under a licence if the author and the first place of publication are named."
)
MOULD = (
    "Shares of {} closed {} percent higher on the main exchange on Friday after analysts raised their targets for the "
    "company. Trading was heavy, with volumes above the average of the last thirty days. The wider index ended the "
    "session little changed as investors waited for the decision of the central bank."
)


def test_a_footer_or_a_mould_in_common_makes_no_copies() -> None:
    titles = ("Goats return to Sahel village", "Judge in Lima halts dam", "Teachers in Osaka end strike")
    assert copied([Doc(title=title, text=f"{title}. {FOOTER}", language="en") for title in titles]) == {}
    shares = (("Acme", "4.2"), ("Bolt", "3.1"))
    assert copied([Doc(title=f"{name} shares rise {by}%", text=MOULD.format(name, by), language="en")
                   for name, by in shares]) == {}  # fmt: skip
    acme = Doc(title="Acme shares rise 4.2%", text=MOULD.format("Acme", "4.2"), language="en")
    again = Doc(title="Analysts lift Acme", text=f"{MOULD.format('Acme', '4.2')} First published by the Harbour Times.")
    assert copied([acme, again]) == {1: 0}


def test_one_address_with_two_texts_is_two_articles() -> None:
    here = "https://paper.example/live/today"
    vote = Doc(
        title="Live: parliament votes", text="Members vote on the budget in Bratislava.", language="en", url=here
    )
    storm = Doc(
        title="Live: storm hits Ireland", text="Winds of 130 km/h were measured in Galway.", language="en", url=here
    )
    later = Doc(
        title="Parliament passes budget", text="Members in Bratislava passed the budget.", language="en", url=here
    )
    assert copied([vote, storm]) == {}
    assert copied([vote, storm, later]) == {2: 0}
    assert copied([vote, Doc(title="Anything", url=here)]) == {1: 0}, "without a text the address decides"
