"""Editions to render in tests: one of twelve stories as on a real morning, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from digest.model.edition import (
    BriefsBlock,
    Edition,
    EditionId,
    EditionSection,
    EditionStatus,
    LeadBlock,
    MissedBlock,
    NoteBlock,
    NumberBlock,
    PictureBlock,
    QuoteBlock,
    StoryBlock,
    Told,
)
from digest.model.event import Related, RelatedKind
from digest.model.newsletter import Newsletter, Section, Sender
from digest.model.picture import KeptPicture

MORNING = datetime(2022, 4, 8, 4, 55, tzinfo=UTC)

NEWSLETTER = Newsletter(
    slug="world",
    name="The World Brief",
    list="world",
    language="en",
    zone="Europe/London",
    sender=Sender(name="The World Brief", email="brief@digest.example"),
    publisher="The Digest Desk",
    postal_address="12 Example Street\nLondon N1 9GU, United Kingdom",
    tagline="The day's news from many newsrooms, in one good mail",
    taglines={"ar": "أخبار اليوم من غرف أخبار كثيرة في رسالة واحدة"},
    sections=(
        Section(slug="world", title="World", titles={"ar": "العالم", "fr": "Monde"}),
        Section(slug="europe", title="Europe", titles={"ar": "أوروبا"}),
        Section(slug="business", title="Business"),
        Section(slug="science", title="Science and space"),
    ),
)


def related(headline: str, outlet: str, kind: RelatedKind = RelatedKind.OTHER_REPORT, days: int = 0) -> Related:
    """A related item of `days` ago."""
    slug = headline.lower().replace(" ", "-").replace("'", "")
    return Related(
        kind=kind,
        headline=headline,
        outlet=outlet,
        url=f"https://{outlet.lower().replace(' ', '-')}.example/2022/04/{slug}",
        why="same event, other owner, closeness 0.41",
        score=0.41,
        published_at=MORNING - timedelta(days=days),
    )


def told(headline: str, blurb: str, outlet: str, **more: object) -> Told:
    """A story with sensible fields where none are given."""
    slug = "-".join(headline.lower().split()[:7]).replace("'", "")
    base = Told(
        event=f"event-{slug}",
        story=f"story-{slug}",
        headline=headline,
        blurb=blurb,
        url=f"https://{outlet.lower().replace(' ', '-')}.example/2022/04/08/{slug}",
        outlet=outlet,
        published_at=MORNING - timedelta(hours=3),
        minutes=3,
    )
    return replace(base, **more)  # type: ignore[arg-type]


KRAMATORSK = told(
    "Rockets hit Kramatorsk station as thousands wait for trains out of the east",
    "At least 50 people were killed, five of them children, when rockets struck a station crowded with families "
    "leaving the Donetsk region. Officials had urged civilians to go while the line was open; trains were "
    "diverted to Sloviansk within the hour.",
    "Meridian Wire",
    kicker="Ukraine",
    minutes=5,
    outlets=7,
    related=(
        related("'We had the tickets in our hands': the platform at half past ten", "Harbour Times"),
        related("Kyiv says missile carried the words 'for the children'", "Capital Ledger"),
        related(
            "Governor asks people of the Donbas to leave while they can", "Brussels Dispatch", RelatedKind.EARLIER, 2
        ),
    ),
)
STORIES = {
    "world": (
        told(
            "Pakistan's top court restores parliament and orders a vote on Imran Khan",
            "Five judges found the dissolution of the assembly unlawful. The no-confidence vote that the prime "
            "minister had avoided must be held on Saturday.",
            "Levant Post",
            kicker="Pakistan",
            minutes=4,
            outlets=5,
            related=(
                related("How the numbers stand in Islamabad", "Austral Daily", RelatedKind.EXPLAINER),
                related("Khan's allies walk out before the count", "Pacific Observer", RelatedKind.EARLIER, 5),
            ),
        ),
        told(
            "United Nations suspends Russia from its human rights council",
            "The assembly voted 93 to 24, with 58 abstentions. It is the second time that a member has been "
            "suspended, after Libya in 2011.",
            "Austral Daily",
            kicker="United Nations",
            outlets=6,
            related=(related("Who abstained, and why", "Levant Post"),),
        ),
        told(
            "Gunman kills two in a Tel Aviv street of bars; search ends in Jaffa at dawn",
            "The attacker was found near a mosque after nine hours and shot. It was the fourth such attack in "
            "Israel in three weeks.",
            "Levant Post",
            kicker="Israel",
            outlets=4,
        ),
    ),
    "europe": (
        told(
            "French candidates hold last rallies as the gap between Macron and Le Pen narrows",
            "Two polls put the president within four points of his rival in a run-off. Campaigning stops at "
            "midnight, two days before the first round.",
            "Brussels Dispatch",
            kicker="France",
            minutes=4,
            outlets=6,
            related=(
                related("A morning with undecided voters in Perpignan", "Lakes Tribune"),
                related("Prix à la pompe : ce que proposent les candidats", "Courrier Midi"),
            ),
        ),
        told(
            "Von der Leyen in Kyiv hands over the first form of Ukraine's way to membership",
            "She visited Bucha with Josep Borrell and promised an answer within weeks, not years.",
            "Rhein Kurier",
            kicker="European Union",
            outlets=5,
        ),
        told(
            "Finland's foreign minister expects the country to decide on NATO before midsummer",
            "A report will go to parliament next week. Sites of the government were down while the president spoke.",
            "Brussels Dispatch",
            kicker="Finland",
            minutes=2,
            outlets=3,
            related=(related("What 1,300 kilometres of border mean", "Harbour Times", RelatedKind.BACKGROUND),),
        ),
    ),
    "business": (
        told(
            "World food prices hit an all-time high in March as war chokes Black Sea grain",
            "The index of the United Nations food agency rose 12.6 percent in a month, the most since it began in "
            "1990. Wheat gained almost a fifth.",
            "Meridian Wire",
            minutes=3,
            outlets=4,
            related=(related("Bread, chips and the price of sunflower oil", "Harbour Times"),),
        ),
        told(
            "Rishi Sunak's wife to pay tax in Britain on her income abroad",
            "Akshata Murty said the arrangement was legal but not in keeping with her husband's work.",
            "Harbour Times",
            kicker="Britain",
            minutes=3,
            outlets=3,
        ),
    ),
    "science": (
        told(
            "First all-private crew lifts off for the space station",
            "Three customers, each of whom paid about $55 million, and a retired astronaut are to stay eight days "
            "and run 25 experiments.",
            "Lakes Tribune",
            outlets=4,
            minutes=3,
            related=(related("The investor from Montreal who trained for this", "Lakes Tribune"),),
        ),
    ),
}
BRIEFS = (
    told("Lima lifts its curfew hours after thousands defy it", "", "Pacific Observer", kicker="Peru"),
    told("Convoy reaches Tigray, the first by road since December", "", "Levant Post", kicker="Ethiopia"),
    told("Japan to expel eight Russian diplomats and phase out coal", "", "Pacific Observer", kicker="Japan"),
)


def edition(**changes: object) -> Edition:
    """The edition of 8 April 2022: a lead, nine stories in four sections, three briefs, a note."""
    note = NoteBlock(
        text="Some pictures from Kramatorsk are hard to look at; we link to reports that do not open with them.",
        signed="Ines Marlow, morning editor",
    )
    sections = [EditionSection(slug="lead", title="", blocks=(LeadBlock(told=KRAMATORSK), note))]
    for section in NEWSLETTER.sections:
        blocks = tuple(StoryBlock(told=story) for story in STORIES[section.slug])
        sections.append(EditionSection(slug=section.slug, title=section.title, blocks=blocks))
    sections.append(EditionSection(slug="briefs", title="In brief", blocks=(BriefsBlock(told=BRIEFS),)))
    base = Edition(
        id=EditionId(newsletter="world", date=date(2022, 4, 8)),
        version=1,
        status=EditionStatus.DRAFT,
        subject="Rockets hit Kramatorsk station; Pakistan is to vote",
        preheader="Also: Russia out of the rights council, and food prices at an all-time high",
        sections=tuple(sections),
        scored=(),
        language="en",
        composed_at=MORNING,
        inputs_sha256="0" * 64,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def with_stories(stories: list[Told], **changes: object) -> Edition:
    """An edition of these stories only: the first leads, the others are one section."""
    lead, *others = stories
    return edition(
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=lead),)),
            EditionSection(slug="world", title="World", blocks=tuple(StoryBlock(told=t) for t in others)),
        ),
        **changes,
    )


LEAD_PICTURE = KeptPicture(name=f"{'1' * 40}.jpg", width=1104, height=621, size=60_000)
THUMB = KeptPicture(name=f"{'2' * 40}.jpg", width=240, height=180, size=9_000)
QUOTE = QuoteBlock(
    text="We had the tickets in our hands. Then there was a sound that I will not describe.",
    by="Halyna Kovalenko, who waited on the platform",
    url="https://harbour-times.example/2022/04/08/platform",
    outlet="Harbour Times",
)
NUMBER = NumberBlock(
    number="93 to 24",
    text="The vote of the General Assembly to suspend Russia from the human rights council; 58 abstained.",
    url="https://austral-daily.example/2022/04/08/vote",
    outlet="Austral Daily",
)
PICTURE = PictureBlock(
    image_url="https://levant-post.example/pictures/shore.jpg",
    alt="Salt on the shore of a lake, with hills behind it at dusk",
    caption="The shore of the Dead Sea, which falls by more than a metre a year.",
    credit="Levant Post",
    url="https://levant-post.example/2022/04/07/dead-sea",
    picture=LEAD_PICTURE,
)
MISSED = MissedBlock(
    told=(
        told(
            "Sri Lanka's cabinet resigns after a night of protests",
            "",
            "Indus Mirror",
            kicker="Sri Lanka",
            published_at=MORNING - timedelta(days=4),
        ),
        told("The long rains are late again in the north", "", "Savanna Standard", published_at=None),
    )
)


def illustrated() -> Edition:
    """An edition that holds every kind of block, with pictures: what one day at its fullest is."""
    lead = replace(KRAMATORSK, picture=LEAD_PICTURE, image_alt="Bags left on a railway platform", image_credit="Wire")
    world, europe = STORIES["world"], STORIES["europe"]
    thumbed = replace(world[0], picture=THUMB, image_alt="The dome of a court")
    note = NoteBlock(text="First paragraph.\n\nSecond paragraph.", signed="Ines Marlow")
    return edition(
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=lead), note)),
            EditionSection(
                slug="world",
                title="World",
                blocks=(StoryBlock(told=thumbed), NUMBER, StoryBlock(told=world[1]), QUOTE),
            ),
            EditionSection(slug="europe", title="Europe", blocks=(StoryBlock(told=europe[0]), PICTURE)),
            EditionSection(slug="briefs", title="In brief", blocks=(BriefsBlock(told=BRIEFS),)),
            EditionSection(slug="missed", title="In case you missed it", blocks=(MISSED,)),
        )
    )


HOSTILE_HEADLINES = (
    "<script>alert('x')</script> in the headline",
    "</mj-text></mj-column><mj-column><mj-text>Injected",
    "She said \"it's 'fine'\" & left",
    "Profits &amp;amp; losses &lt;b&gt; &#8238;",
    "<![CDATA[ cdata ]]> <!-- not closed <?xml 3 < 4",
    "W" * 500,
    " ".join(["hundred"] * 100),
    "محكمة باكستان العليا تعيد البرلمان وتأمر بتصويت (السبت)",
    "東京で桜が満開、観測史上五番目の早さ、上野公園に数万人が集まる",
    "Family 👨‍👩‍👧‍👦 wins 🏳️‍🌈 é n̈ हिन्दी ภาษาไทย",
    "Override \u202eesrever\u202c and \u2067isolate\u2069, zero\u200bwidth\u00a0space",
    "NUL \x00 bell \x07 C1 \x92 non \ufffe {{7*7}} {% for %} <%x%> *|FNAME|* %recipient% \\u{0}",
)
