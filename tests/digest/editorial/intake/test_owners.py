"""Owners: found by domain, and one vote for each of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from digest.editorial.events.cluster import group
from digest.editorial.intake.clean import to_story
from digest.editorial.intake.houses import HOUSES, TITLES
from digest.editorial.intake.owners import owner_of, title_of
from digest.editorial.jsonl import read_stories, world_newsletter
from digest.editorial.picking.rank import rank
from digest.model.story import Entry, Origin, Story

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://www.bbc.co.uk/news/1", "BBC News"),
        ("https://feeds.bbci.co.uk/news", "BBC News"),
        ("https://WWW.SMH.com.au./a", "Nine Publishing"),
        ("https://theage.com.au/a", "Nine Publishing"),
        ("https://notbbc.co.uk/", None),
        ("https://elle.fr/", None),
        ("https://co.uk/", None),
        ("", None),
        ("https://[broken/", None),
    ],
)
def test_the_owner_is_found_by_the_longest_known_domain(url: str, owner: str | None) -> None:
    assert owner_of(url) == owner


@pytest.mark.parametrize(
    ("url", "title", "owner"),
    [
        ("https://www.foxnews.com/1", "Fox News", "Fox Corporation"),
        ("https://www.thetimes.com/1", "The Times", "News Corp"),
        ("https://www.thetimes.co.uk/1", "The Times", "News Corp"),
        ("https://nypost.com/1", "New York Post", "News Corp"),
        ("https://www.wsj.com/1", "The Wall Street Journal", "News Corp"),
        ("https://www.mirror.co.uk/1", "Daily Mirror", "Reach"),
        ("https://www.express.co.uk/1", "Daily Express", "Reach"),
        ("https://www.politico.eu/1", "Politico Europe", "Axel Springer"),
        ("https://www.bild.de/1", "Bild", "Axel Springer"),
        ("https://edition.cnn.com/1", "CNN", "CNN"),
        ("https://metro.co.uk/1", "Metro", "Daily Mail and General Trust"),
        ("https://www.washingtonpost.com/1", "The Washington Post", "The Washington Post"),
        ("https://theage.com.au/a", "Nine Publishing", "Nine Publishing"),
        ("https://dailystar.com.lb/1", None, None),
    ],
)
def test_a_title_and_the_company_that_owns_it(url: str, title: str | None, owner: str | None) -> None:
    assert (title_of(url), owner_of(url)) == (title, owner)


def test_no_domain_stands_in_two_lines_of_a_table() -> None:
    for table in (HOUSES, TITLES):
        domains = [domain for line in table.strip().splitlines() for domain in line.partition("|")[2].split()]
        assert len(domains) == len(set(domains))


def story(source: str, owner: str, url: str) -> Story:
    entry = Entry(path="x", kind="feed", title="A ferry stays in port", url=url, standfirst="It rains.")
    made = to_story(entry, Origin(source=source, outlet=source, owner=owner), now=NOW)
    assert isinstance(made, Story)
    return made


def test_a_source_without_an_owner_gets_that_of_its_stories_addresses() -> None:
    assert story("The Age", "The Age", "https://www.theage.com.au/1").origin.owner == "Nine Publishing"
    assert story("The Age", "Somebody else", "https://www.theage.com.au/1").origin.owner == "Somebody else"
    assert story("Coast", "Coast", "https://coast.example/1").origin.owner == "Coast"


def test_two_papers_of_one_owner_have_one_vote() -> None:
    fire = "The night ferry to Osser was halted on Friday after its engine caught fire. "
    ashore = fire + "All passengers were taken ashore by the coast guard, harbour master Lind said."
    replaced = fire + "The company promised a replacement from Monday; travellers waited at Lund for hours."
    inquiry = fire + "Nobody was hurt. An inquiry into the engine of the ferry has begun, police in Osser said."
    rows = [
        {"id": "1", "title": "Ferry to Osser halted after fire", "text": ashore, "url": "https://www.smh.com.au/1"},
        {"id": "2", "title": "Fire halts the ferry to Osser", "text": replaced, "url": "https://www.theage.com.au/2"},
        {"id": "3", "title": "Osser ferry halted by engine fire", "text": inquiry, "outlet": "Coast"},
    ]
    stories, bad = read_stories((json.dumps(row) for row in rows), now=NOW)
    assert bad == ()
    assert [one.origin.outlet for one in stories] == ["Nine Publishing", "Nine Publishing", "Coast"]
    (event,) = group(stories)
    (pick,) = rank([event], newsletter=world_newsletter(), now=NOW)
    assert len(pick.outlets) == 2
