"""What the gallery shows: one block of each kind and one letter of each, in English and in Arabic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from digest.model.edition import (
    Block,
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
from digest.model.letter import DeskLetter, Kind
from digest.model.picture import KeptPicture
from digest.render.pixels import LEAD, THUMB
from subscribers.model import LetterKind

MORNING = datetime(2026, 11, 23, 4, 55, tzinfo=UTC)
WIDE = KeptPicture(name=f"{'1' * 40}.jpg", width=LEAD.width, height=LEAD.height, size=60_000)
SMALL = KeptPicture(name=f"{'2' * 40}.jpg", width=THUMB.width, height=THUMB.height, size=9_000)
_SITE = "https://outlet.example/2026/11/23/"

_ENGLISH: Mapping[str, tuple[str, ...]] = {
    "lead": (
        "Harbour",
        "Fishing fleet comes home after nineteen days in the ice",
        "All forty-one boats reached the harbour before dawn. Two had lost their engines and were towed; nobody was "
        "hurt. The owners ask who gave the forecast on which they had sailed.",
        "Meridian Wire",
        "Boats with snow on their decks in a harbour at sunrise",
    ),
    "story": (
        "Rivers",
        "Dam upstream opens its gates, and the delta has water for a second sowing",
        "Engineers let a third of the lake go within a week. Farmers had asked for it since August.",
        "Austral Daily",
        "A canal between green fields",
    ),
    "related": (
        "The harbour master's log, hour by hour",
        "What sea ice does to steel",
        "Owners demand an inquiry",
    ),
    "briefs": (
        "Ferry line reopens across the strait",
        "Museum returns forty drawings",
        "Rain ends the cricket on the second day",
    ),
    "note": (
        "Three of us have worked at that harbour. We have left the names of two families out; they know why.",
        "Ines Marlow, morning editor",
    ),
    "quote": ("We heard the ice before we saw it. Then we heard each other.", "Ane Larsen, who skippers the Kittiwake"),
    "number": ("19 days", "The longest that the fleet has been held by ice since records began in 1951."),
    "picture": (
        "Ropes white with frost on a bollard",
        "The outer mole at six in the morning, an hour before the first boat.",
    ),
    "sections": ("World", "Asides"),
}
_ARABIC: Mapping[str, tuple[str, ...]] = {
    "lead": (
        "الميناء",
        "أسطول الصيد يعود بعد تسعة عشر يومًا في الجليد",
        "وصلت القوارب الواحد والأربعون إلى الميناء قبل الفجر. فقد اثنان منها محركيهما وقُطرا، ولم يُصب أحد. ويسأل "
        "الملاك عمن أصدر النشرة التي أبحروا على أساسها.",
        "وكالة الأفق",
        "قوارب يغطي الثلج أسطحها في ميناء عند الشروق",
    ),
    "story": (
        "الأنهار",
        "السد يفتح بواباته، والدلتا تجد ماءً لزرعة ثانية",
        "أطلق المهندسون ثلث مياه البحيرة خلال أسبوع. وكان المزارعون يطلبون ذلك منذ آب.",
        "يومية الجنوب",
        "قناة بين حقول خضراء",
    ),
    "related": ("سجل الميناء ساعة بساعة", "ما يفعله جليد البحر بالفولاذ", "الملاك يطالبون بتحقيق"),
    "briefs": ("خط العبّارة يعود عبر المضيق", "متحف يعيد أربعين رسمًا", "المطر ينهي المباراة في يومها الثاني"),
    "note": ("عمل ثلاثة منا في ذلك الميناء. أغفلنا اسمي عائلتين، وهما تعلمان السبب.", "إيناس مرلو، محررة الصباح"),
    "quote": ("سمعنا الجليد قبل أن نراه. ثم سمع بعضنا بعضًا.", "آنه لارسن، ربانة القارب"),
    "number": ("19 يومًا", "أطول مدة احتجز فيها الجليد الأسطول منذ بدء السجلات عام 1951."),
    "picture": ("حبال بيضّها الصقيع على مربط", "الرصيف الخارجي في السادسة صباحًا، قبل ساعة من أول قارب."),
    "sections": ("العالم", "هوامش"),
}


def specimen_editions(language: str) -> Mapping[str, Edition]:
    """Kind of block -> an edition of nothing else. `language` is `en` or `ar`."""
    said = _ARABIC if language == "ar" else _ENGLISH
    world, asides = said["sections"]
    shown: dict[str, tuple[str, str, tuple[Block, ...]]] = {
        "lead": ("lead", "", (LeadBlock(told=_lead(said, language)),)),
        "story": ("world", world, (StoryBlock(told=_story(said, language)), StoryBlock(told=_plain(said, language)))),
        "briefs": ("briefs", "", (BriefsBlock(told=_briefs(said, language)),)),
        "note": ("asides", asides, (NoteBlock(text=said["note"][0], signed=said["note"][1]),)),
        "quote": ("asides", asides, (_quote(said, language),)),
        "number": ("asides", asides, (_number(said, language),)),
        "picture": ("asides", asides, (_picture(said, language),)),
        "missed": ("missed", "", (MissedBlock(told=_briefs(said, language, days=2)),)),
    }
    return {
        kind: _edition(language, EditionSection(slug=slug, title=title, blocks=blocks))
        for kind, (slug, title, blocks) in shown.items()
    }


def _edition(language: str, *sections: EditionSection) -> Edition:
    return Edition(
        id=EditionId(newsletter="gallery", date=date(2026, 11, 23)),
        version=1,
        status=EditionStatus.DRAFT,
        subject="Gallery",
        preheader="Every block in every light",
        sections=sections,
        scored=(),
        language=language,
        composed_at=MORNING,
        inputs_sha256="0" * 64,
    )


def _told(words: tuple[str, ...], language: str, slug: str) -> Told:
    kicker, headline, blurb, outlet, alt = words
    return Told(
        event=slug,
        story=slug,
        headline=headline,
        blurb=blurb,
        url=_SITE + slug,
        outlet=outlet,
        kicker=kicker,
        published_at=MORNING - timedelta(hours=3),
        minutes=4,
        language=language,
        outlets=6,
        image_alt=alt,
        image_credit=outlet,
    )


def _lead(said: Mapping[str, tuple[str, ...]], language: str) -> Told:
    kinds = (RelatedKind.OTHER_REPORT, RelatedKind.EXPLAINER, RelatedKind.EARLIER)
    related = tuple(
        Related(
            kind=kind,
            headline=headline,
            outlet=said["story"][3],
            url=f"{_SITE}related-{number}",
            why="",
            score=0.5,
            published_at=MORNING - timedelta(days=number),
        )
        for number, (kind, headline) in enumerate(zip(kinds, said["related"], strict=True))
    )
    return replace(_told(said["lead"], language, "fleet"), picture=WIDE, related=related)


def _story(said: Mapping[str, tuple[str, ...]], language: str) -> Told:
    return replace(_told(said["story"], language, "dam"), picture=SMALL, related=_lead(said, language).related[:1])


def _plain(said: Mapping[str, tuple[str, ...]], language: str) -> Told:
    return replace(_told(said["story"], language, "delta"), kicker="", headline=said["briefs"][0], minutes=1, outlets=0)


def _briefs(said: Mapping[str, tuple[str, ...]], language: str, *, days: int = 0) -> tuple[Told, ...]:
    published = MORNING - timedelta(days=days)
    first = replace(_told(said["story"], language, "brief"), published_at=published)
    return tuple(
        replace(first, headline=headline, blurb="", kicker=first.kicker if number % 2 == 0 else "")
        for number, headline in enumerate(said["briefs"])
    )


def _quote(said: Mapping[str, tuple[str, ...]], language: str) -> QuoteBlock:
    text, by = said["quote"]
    return QuoteBlock(text=text, by=by, url=_SITE + "ice", outlet=said["lead"][3], language=language)


def _number(said: Mapping[str, tuple[str, ...]], language: str) -> NumberBlock:
    number, text = said["number"]
    return NumberBlock(number=number, text=text, url=_SITE + "ice", outlet=said["lead"][3], language=language)


def _picture(said: Mapping[str, tuple[str, ...]], language: str) -> PictureBlock:
    alt, caption = said["picture"]
    return PictureBlock(
        image_url=_SITE + "mole.jpg",
        alt=alt,
        caption=caption,
        credit=said["story"][3],
        url=_SITE + "mole",
        picture=WIDE,
        language=language,
    )


_LINK = "https://digest.example/k/" + "k" * 40
SPECIMEN_VALUES: Mapping[Kind, Mapping[str, str]] = {
    LetterKind.CONFIRM: {"url": _LINK, "hours": "48"},
    LetterKind.LINKS: {"preferences": _LINK, "unsubscribe": _LINK},
    LetterKind.WELCOME: {"preferences": _LINK, "unsubscribe": _LINK},
    LetterKind.GOODBYE: {"url": _LINK},
    LetterKind.ADDRESS: {"url": _LINK, "hours": "24"},
    LetterKind.MOVED: {"url": _LINK, "days": "7"},
    LetterKind.EXPORT: {"url": _LINK, "hours": "1"},
    LetterKind.ERASE: {"url": _LINK, "hours": "2"},
    DeskLetter.SIGN_IN: {"url": _LINK},
    DeskLetter.DEVICE: {"url": _LINK, "browser": "Firefox, Linux", "time": "2026-11-23 05:12 UTC"},
    DeskLetter.TRIAL: {"url": _LINK, "code": "042517"},
    DeskLetter.READY: {
        "url": _LINK,
        "edition": "world/2026-11-23",
        "subject": "Fishing fleet comes home after nineteen days in the ice",
        "stories": "14",
        "blockers": "0",
        "warnings": "2",
        "rule": "send_if_checks_pass",
        "time": "05:58",
    },
    DeskLetter.ALERT: {
        "url": _LINK,
        "what": "world/2026-11-23 is held",
        "why": "The newest story is 31 hours old: 4 of 26 sources could not be read since yesterday evening.",
        "next": "look at the sources' health, then compose again",
        "time": "05:12",
    },
}
"""Values for a letter of each kind."""
