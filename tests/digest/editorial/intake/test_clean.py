"""Entries become stories: clean, safe, in every script, and the same when cleaned again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.intake.clean import HEADLINE_LIMIT, decoded, plain, to_story
from digest.model.story import Entry, Story
from tests.digest.editorial.build import origin

NOW = datetime(2022, 4, 8, 20, 0, tzinfo=UTC)
OUTLET = origin("Harbour Times")

awkward = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(list("&;#x<>amplt0123456789 \n\t\u202e\u2066\ufeff\u200b\u0301\ud800'\"|-")),
    ),
    max_size=80,
)


def entry(title: str = "Ferry sinks off the coast", **more: object) -> Entry:
    base = Entry(path="a.txt", kind="textdoc", title=title, paragraphs=("The ferry sank on Friday.",))
    return replace(base, **more)  # type: ignore[arg-type]


def read(title: str = "Ferry sinks off the coast", **more: object) -> Story:
    story = to_story(entry(title, **more), OUTLET, now=NOW)
    assert isinstance(story, Story), story
    return story


@settings(deadline=None)
@given(awkward)
def test_cleaning_twice_equals_cleaning_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@settings(deadline=None)
@given(title=awkward, paragraph=awkward, standfirst=awkward)
def test_a_story_cleaned_again_is_the_same(title: str, paragraph: str, standfirst: str) -> None:
    first = to_story(entry(title, paragraphs=(paragraph,), standfirst=standfirst), OUTLET, now=NOW)
    if isinstance(first, str):
        return
    again = to_story(
        entry(first.headline, paragraphs=tuple(first.text.split("\n\n")), standfirst=first.standfirst),
        OUTLET,
        now=NOW,
    )
    assert isinstance(again, Story)
    assert (again.headline, again.text, again.standfirst) == (first.headline, first.text, first.standfirst)


@pytest.mark.parametrize(
    "text",
    [
        "الانتخابات الفرنسية: ماكرون ولوبان",
        "俄罗斯导弹袭击克拉马托尔斯克车站",
        "ゼレンスキー大統領がキーウで演説",
        "नेपाल में टाइफाइड टीकाकरण",
        "Володимир Зеленський у Бучі",
        "Reykjavík, São Paulo, Müller, Đà Nẵng",
        "می‌خواهم بروم",
        "a < b and <3 stay, as does 5 > 4",
    ],
)
def test_every_script_survives(text: str) -> None:
    assert plain(text) == text


def test_controls_and_bidi_overrides_go() -> None:
    assert plain("evil\u202egpj.exe\u202c \u0000x\ufeff") == "evilgpj.exe x"
    assert plain("  one\n\ttwo\u2028three\u00a0four ") == "one two three four"


def test_entities_are_decoded_once_where_entries_are_read_and_never_again() -> None:
    assert decoded("Fish &amp; chips &#8212; &eacute;t&eacute;") == "Fish & chips — été"
    assert decoded("AT&T; R&D &notanentity; stay") == "AT&T; R&D &notanentity; stay"
    assert decoded("use &amp;lt;b&amp;gt; tag") == "use &lt;b&gt; tag"
    assert read("use &lt;b&gt; tag").headline == "use &lt;b&gt; tag"


@pytest.mark.parametrize("clean", [plain, decoded])
def test_nested_entities_take_time_in_proportion_to_their_length(clean: Callable[[str], str]) -> None:
    began = time.process_time()
    clean("&" + "amp;" * 250_000 + "lt;b")
    assert time.process_time() - began < 1.0, "quadratic: a million letters took hours"


def test_what_looks_like_markup_is_text_and_stays() -> None:
    hostile = "Registry accepts <script>alert(1)</script>, {{7*7}} & </mj-text>"
    assert read(hostile).headline == hostile


def test_headline_is_bounded_between_words() -> None:
    story = read("word " * 200)
    assert len(story.headline) <= HEADLINE_LIMIT
    assert story.headline.endswith("word…")


def test_the_outlets_name_at_the_end_of_a_title_goes() -> None:
    assert read("Ferry sinks | Harbour Times").headline == "Ferry sinks"
    assert read("Ferry sinks | Other Times").headline == "Ferry sinks | Other Times"


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("UPDATE 3-Quake kills 14 in Chile", "Quake kills 14 in Chile"),
        ("RPT-UPDATE 1-Quake kills 14", "Quake kills 14"),
        ("CORRECTED (OFFICIAL)-Quake kills 12", "Quake kills 12"),
        ("🚨 BREAKING: Quake kills 14", "Quake kills 14"),
        ("EILMELDUNG: Beben in Chile", "Beben in Chile"),
        ("عاجل | زلزال في تشيلي", "زلزال في تشيلي"),
        ("СРОЧНО: Землетрясение в Чили", "Землетрясение в Чили"),
        ("Breaking: Bank fails", "Bank fails"),
        ("Breaking Bad: the film", "Breaking Bad: the film"),
        ("UPDATE", "UPDATE"),
        ("UPDATE 3-", "UPDATE 3-"),
        ("Urgent care for Gaza", "Urgent care for Gaza"),
        ("Update: how the tax works", "Update: how the tax works"),
        ("CORRECTION: Mayor's name", "CORRECTION: Mayor's name"),
        ("REFILE-Quake kills 14 in Chile", "Quake kills 14 in Chile"),
        ("Korrektur: Minister tritt nicht zurück", "Minister tritt nicht zurück"),
        ("Correction: Fiji treaty and Samoa story", "Correction: Fiji treaty and Samoa story"),
        ("Correction: We gave the wrong age", "Correction: We gave the wrong age"),
    ],
)
def test_the_mark_of_a_wires_desk_goes(title: str, headline: str) -> None:
    assert read(title).headline == headline


@pytest.mark.parametrize("title", ["", "   ", "…", "\u202e\u200b"])
def test_without_a_title_it_is_refused(title: str) -> None:
    assert to_story(entry(title), OUTLET, now=NOW) == "it has no title"


def test_with_neither_text_nor_link_it_is_refused() -> None:
    assert to_story(entry(paragraphs=()), OUTLET, now=NOW) == "it has neither a text nor a link"
    unsafe = to_story(entry(paragraphs=(), url="javascript:alert(1)"), OUTLET, now=NOW)
    assert isinstance(unsafe, str)
    assert "javascript" in unsafe
    inside = to_story(entry(paragraphs=(), url="http://10.0.0.7/a"), OUTLET, now=NOW)
    assert isinstance(inside, str)
    assert "'http://10.0.0.7/a' is no web address that we may publish" in inside


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/admin",
        "http://printer.local/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//x.example/a",
    ],
)
def test_an_unsafe_link_is_dropped_and_the_story_kept(url: str) -> None:
    assert read(url=url).url == ""


def test_dates() -> None:
    stated = datetime(2022, 4, 8, 6, 30, tzinfo=UTC)
    assert read(published_at=stated, date=date(2022, 1, 1)).published_at == stated
    assert read(date=date(2022, 4, 7)).published_at == datetime(2022, 4, 7, 12, tzinfo=UTC)
    assert read().published_at == NOW
    assert read(published_at=NOW + timedelta(days=30)).published_at == NOW
    ahead = read(published_at=NOW + timedelta(hours=5))
    assert (ahead.published_at, ahead.is_dated) == (NOW, False)
    assert read(published_at=NOW - timedelta(hours=5)).is_dated


def test_language_is_detected_where_it_is_not_stated() -> None:
    german = "Die Regierung in Berlin hat am Freitag ein neues Gesetz beschlossen, sagte der Minister."
    assert read("Regierung beschließt Gesetz", paragraphs=(german,)).language == "de"
    assert read("Regierung", language="en-GB").language == "en"
    assert read("Oslo", paragraphs=("ok",)).language == "und"


def test_the_id_is_stable_and_belongs_to_source_and_address() -> None:
    first = read(url="https://x.example/a?utm_source=rss")
    assert len(first.id) == 16
    assert read("Another title", url="https://www.x.example/a").id == first.id
    assert read(url="https://x.example/b").id != first.id
    other = to_story(entry(url="https://x.example/a"), origin("Levant Post"), now=NOW)
    assert isinstance(other, Story)
    assert other.id != first.id
    assert read(guid="g1").id != read(guid="g2").id


def test_a_picture_is_on_the_web_or_in_the_sources_own_folder() -> None:
    own = f"folder:{OUTLET.source}/pictures/ferry.jpg"
    assert read(image_url=own).image_url == own
    assert read(image_url="https://outlet.example/ferry.jpg").image_url == "https://outlet.example/ferry.jpg"
    for elsewhere in ("folder:another/pictures/ferry.jpg", "file:///etc/passwd", "pictures/ferry.jpg", None):
        assert read(image_url=elsewhere).image_url == ""


@pytest.mark.parametrize(
    ("title", "standfirst", "expected"),
    [
        ("CORRECTED-Minister will not resign", "", True),
        ("UPDATE 2-CORRECTED-Minister will not resign", "", True),
        ("Corrected: Minister will not resign over contract", "", True),
        ("Rectificatif : le ministre ne démissionne pas", "", True),
        ("Minister will not resign", "(Corrects headline to say he stays)", True),
        ("Minister will not resign", "He corrected the record on Monday.", False),
        ("Correction: mayor of Suva", "", False),
        ("Corrections officer taken hostage in Ohio", "", False),
    ],
)
def test_a_story_that_corrects_another_is_known_and_is_a_story_of_its_own(
    title: str, standfirst: str, expected: bool
) -> None:
    link = "https://a.example/minister"
    before = read("Minister resigns", url=link)
    after = read(title, standfirst=standfirst, url=link)
    assert after.corrects is expected
    assert (after.id != before.id) is expected


@pytest.mark.parametrize(
    "title",
    [
        "Subscribe to our newsletter",
        "Sign up for our morning briefing",
        "Follow us on Facebook",
        "Download our new app",
        "Abonnez-vous à notre lettre",
        "Jetzt abonnieren",
        "Suscríbete a nuestro boletín",
        "Page not found",
        "Подпишитесь на наш канал",
    ],
)
def test_a_notice_of_the_feeds_own_is_refused_by_name(title: str) -> None:
    said = to_story(entry(title), OUTLET, now=NOW)
    assert said == "it is a notice of the feed's own, and no story"


@pytest.mark.parametrize(
    "title",
    [
        "About US troops in Niger",
        "Support US bill on chips, senators say",
        "Contact lost with plane over Java",
        "Subscriber numbers fall at Netflix",
        "Sign of life from trapped miners",
        "Join the army or flee: Eritrea's choice",
    ],
)
def test_news_is_no_notice(title: str) -> None:
    assert read(title).headline == title
