"""Stories, events and newsletters for the tests of this room: only what a test cares about is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model.event import Event
from digest.model.newsletter import Newsletter, Picking, Section, Sender, Weights
from digest.model.story import Origin, Story

CUTOFF = datetime(2022, 4, 9, 4, 0, tzinfo=UTC)


def origin(outlet: str = "Harbour Times", *, wire: bool = False, aggregator: bool = False, owner: str = "") -> Origin:
    return Origin(
        source=outlet.casefold().replace(" ", "-"), outlet=outlet, owner=owner or outlet, wire=wire,
        aggregator=aggregator,
    )  # fmt: skip


def story(
    name: str,
    headline: str,
    text: str = "",
    *,
    outlet: str = "Harbour Times",
    wire: bool = False,
    aggregator: bool = False,
    owner: str = "",
    hours_ago: float = 6,
    section: str = "World",
    language: str = "en",
    url: str | None = None,
    related_titles: tuple[str, ...] = (),
    corrects: bool = False,
) -> Story:
    at = CUTOFF - timedelta(hours=hours_ago)
    return Story(
        id=name,
        origin=origin(outlet, wire=wire, aggregator=aggregator, owner=owner),
        headline=headline,
        standfirst="",
        text=text,
        url=f"https://{outlet.casefold().replace(' ', '-')}.example/{name}" if url is None else url,
        language=language,
        section=section,
        byline="",
        agency="",
        published_at=at,
        first_seen=at + timedelta(minutes=10),
        related_titles=related_titles,
        corrects=corrects,
    )


def event(*stories: Story, copies: frozenset[str] = frozenset()) -> Event:
    return Event(id=stories[0].id, stories=stories, copies=copies)


def newsletter(
    *,
    sections: tuple[Section, ...] = (
        Section(slug="world", title="World", match=("world", "international")),
        Section(slug="europe", title="Europe", match=("europe",)),
        Section(slug="business", title="Business", match=("business", "economy")),
    ),
    picking: Picking | None = None,
    weights: Weights | None = None,
    language: str = "en",
) -> Newsletter:
    return Newsletter(
        slug="world",
        name="World Digest",
        list="world",
        language=language,
        zone="UTC",
        sender=Sender(name="World Digest", email="digest@news.example"),
        publisher="Example",
        postal_address="1 Example Street",
        sections=sections,
        picking=picking or Picking(),
        weights=weights or Weights(),
    )


STATION = "Missiles struck the railway station of Kramatorsk, killing at least 39 people who waited for trains"
PAKISTAN = "Pakistan's Supreme Court restored the parliament in Islamabad and ordered Imran Khan to face a vote"
FRANCE = "French voters choose between Emmanuel Macron and Marine Le Pen in the first round on Sunday"
FOOD = "World food prices rose 12.6 percent in March to a record, the FAO index of cereals and vegetable oils shows"
AXIOM = "A capsule carrying the first private crew of Axiom lifted off from Florida towards the space station"
GOLF = "Tiger Woods returned to the Masters in Augusta and finished his opening round one under par before fans"


def day_stories() -> list[Story]:
    """Ten stories of one April day: a happening told by three outlets, one told by two, and the rest."""
    return [
        story("k1", "Missiles hit Kramatorsk station, 39 killed", f"{STATION}. Officials in Donetsk blamed Russia.",
              outlet="Meridian Wire", wire=True, hours_ago=9),
        story("k2", "Dozens die as rockets strike Kramatorsk railway station", f"{STATION} from Donetsk.",
              outlet="Levant Post", hours_ago=8),
        story("k3", "Ukraine: at least 39 dead at Kramatorsk station", f"Witnesses spoke of chaos. {STATION}.",
              outlet="Rhein Kurier", hours_ago=7, section="Europe"),
        story("p1", "Pakistan court restores parliament in blow to Imran Khan", f"{PAKISTAN} on Saturday.",
              outlet="Indus Mirror", hours_ago=20),
        story("p2", "Imran Khan faces vote after Supreme Court ruling", f"The ruling is a blow. {PAKISTAN}.",
              outlet="Harbour Times", hours_ago=18),
        story("f1", "Macron and Le Pen make last pitch before French vote", f"{FRANCE}. Polls narrowed.",
              outlet="Brussels Dispatch", hours_ago=12, section="Europe"),
        story("b1", "Food prices hit record, FAO says", f"{FOOD}. The war cut exports.", outlet="Capital Ledger",
              hours_ago=16, section="Business"),
        story("a1", "First private crew heads to space station", f"{AXIOM}. The crew stays ten days.",
              outlet="Austral Daily", hours_ago=13, section="Science"),
        story("r1", "Peru sends troops to guard roads", "Farmers blocked the Panamericana near Ica. The army came.",
              outlet="Diario", hours_ago=11, section="Americas"),
        story("g1", "Tiger Woods back at the Masters", f"{GOLF}.", outlet="Great Lakes Tribune", section="Sport"),
    ]  # fmt: skip
