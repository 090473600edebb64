"""A morning's stories: ten happenings, each told by several outlets, and an edition composed of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from digest.model.edition import Edition
from digest.model.story import Origin, Story
from digest.ports import App
from digest.workflow.edition.compose import compose
from tests import builders

HAPPENINGS = (
    ("Rockets hit Kramatorsk railway station", "Dozens of people waiting for evacuation trains were killed when two "
     "missiles struck the crowded station in Kramatorsk, the regional governor said."),
    ("Parliament of Pakistan votes out the prime minister", "Lawmakers in Islamabad removed Imran Khan in a "
     "no-confidence vote held shortly after midnight, ending weeks of constitutional crisis."),
    ("Sri Lanka central bank doubles its interest rate", "The bank in Colombo raised its lending rate by seven "
     "percentage points to slow inflation as shops ran out of fuel and medicine."),
    ("Shanghai extends its lockdown as cases rise", "Residents queued for food deliveries after the city of 26 million "
     "ordered another round of testing and kept schools closed."),
    ("Peru declares a curfew in Lima after fuel protests", "President Castillo imposed the curfew when truck drivers "
     "blocked motorways over the price of diesel and fertiliser."),
    ("Floods in Durban destroy bridges and homes", "The heaviest rain in sixty years swept containers from the port "
     "and cut water supplies in KwaZulu-Natal province."),
    ("Finland debates joining the NATO alliance", "The government in Helsinki sent a security report to lawmakers, "
     "who will decide within weeks whether to apply for membership."),
    ("Private crew docks with the space station", "Three businessmen and a retired astronaut reached the orbiting "
     "laboratory in a capsule launched from Florida."),
    ("Tunisia dissolves its suspended parliament", "President Saied ended the assembly after deputies met online to "
     "repeal the decrees by which he has ruled since July."),
    ("Researchers complete the human genome", "Scientists published the missing eight percent of the sequence, filling "
     "gaps in the chromosomes that had resisted reading for two decades."),
)  # fmt: skip
OUTLETS = (("wire", "The Wire", True), ("post", "The Post", False), ("daily", "The Daily", False))

OWN = (
    "Witnesses described the first minutes to our correspondent, who was there before dawn and saw crews at work.",
    "Analysts had warned for weeks that something like it could come; few expected it so soon, or so large.",
    "Neighbouring countries called for calm, markets opened lower, and an emergency session was called for noon.",
)
"""What each outlet adds: without it their reports would be copies of one another."""

LATE = "Earthquake shakes the coast of Chile"
"""What happens after the edition was composed."""
LATE_IDS = tuple(f"{n:016x}" for n in range(3))


def stories(now: datetime) -> list[Story]:
    """Two or three reports of each, of the last hours before `now`."""
    found = []
    for number, (headline, text) in enumerate(HAPPENINGS):
        for place, (slug, outlet, wire) in enumerate(OUTLETS[: 3 if number < 6 else 2]):
            key = f"{slug}/{number}"
            found.append(
                Story(
                    id=hashlib.sha256(key.encode()).hexdigest()[:16],
                    origin=Origin(source=slug, outlet=outlet, owner=outlet, wire=wire),
                    headline=headline if place == 0 else f"{outlet}: {headline.lower()}, and what comes next",
                    standfirst="",
                    text=f"{text}\n\n{OWN[place]}\n\n{OWN[(place + number) % 3 - 3].lower()} {headline}.",
                    url=f"https://{slug}.example/{number}",
                    language="en",
                    section="World",
                    byline="",
                    agency="",
                    published_at=now - timedelta(hours=2, minutes=number * 7 + place),
                    first_seen=now - timedelta(hours=1),
                )
            )
    return found


def late_stories(now: datetime) -> list[Story]:
    """Three reports of what happens late, found at `now`."""
    old = stories(now)[0]
    return [
        replace(
            old, id=LATE_IDS[n], headline=LATE, first_seen=now, published_at=now - timedelta(minutes=20),
            origin=replace(old.origin, source=f"s{n}", outlet=f"O{n}", owner=f"O{n}"),
            text=f"A strong earthquake shook the coast of Chile near Valparaiso. {OWN[n]}", url=f"https://o{n}.example/q",
        )
        for n in range(3)
    ]  # fmt: skip


def composed(app: App) -> Edition:
    """The edition of the day, composed from the morning's stories."""
    with app.begin() as tx:
        tx.stories.add(stories(app.clock()))
    return compose(app, builders.EDITION)
