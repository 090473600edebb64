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
