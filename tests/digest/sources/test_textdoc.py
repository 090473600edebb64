"""Crawled pages of text: sample pages give exactly what is expected, unseen furniture stays out, nothing raises."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument
from digest.sources.furniture import Furniture, byline_of, is_date_line, judge
from digest.sources.textdoc import read_text, read_textdoc
from digest.sources.textdoc_credit import agency_name
from tests.conftest import SHARED
from tests.digest.sources.expected import SAMPLES, facts, stated

PAGES = sorted((SAMPLES / "textdoc").glob("*.txt"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sample_page_gives_what_is_expected(page: Path) -> None:
    expected = stated(page.with_suffix(".json"))
    (entry,) = read_textdoc(str(page), page.read_bytes())
    assert facts(entry, expected) == expected
    assert entry.kind == "textdoc"
    assert entry.path == str(page)


def test_there_are_enough_sample_pages() -> None:
    assert len(PAGES) >= 12


@pytest.mark.shared
def test_the_seed_page_is_read_exactly() -> None:
    pages = sorted((SHARED / "data" / "seed").glob("*.txt"))
    if not pages:
        pytest.skip("the data folder beside the checkout is absent")
    text = pages[0].read_text(encoding="utf-8")
    (entry,) = read_textdoc(str(pages[0]), pages[0].read_bytes())
    lines = [line.strip() for line in text.splitlines()]
    body = [line for line in lines[lines.index("1") + 1 : lines.index("20220408-093214")] if line]
    assert entry.title == lines[2]
    assert entry.paragraphs == tuple(body)
    assert len(body) == 10
    assert (entry.section, entry.agency, entry.byline) == ("WORLD", "NewsWire", None)
    assert entry.date == date(2022, 4, 8)
    assert entry.published_at == datetime(2022, 4, 8, 9, 32, 14, tzinfo=UTC)
    assert len(entry.related_titles) == 4
    assert entry.related_titles[0].startswith("Cambodia to lift")


FURNITURE = tuple(
    """
Share on Facebook
Tweet
0 Comments
Sign in
Subscribe now
ADVERTISEMENT
3 min read
World
Opinion
We use cookies to make this site work and to show you advertising. You can change your choice at any time.
Follow us on Twitter
Tel: 555-0100
Copy link
© 2022 Some Media Ltd. All rights reserved.
Print this page
""".strip().splitlines()
)


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[place : place + 4]) for place in range(len(words) - 3)}


@pytest.mark.parametrize("seed", range(12))
def test_the_body_survives_furniture_shuffled_around_it(seed: int) -> None:
    """Bodies of the samples between random furniture: shingle F1 of at least 0.85 on every one."""
    dice = random.Random(seed)
    page = dice.choice([page for page in PAGES if "japanese" not in page.stem and "only" not in page.stem])
    expected = stated(page.with_suffix(".json"))
    above = dice.sample(FURNITURE, k=6)
    below = dice.sample(FURNITURE, k=6)
    inside = [
        line for text in expected["paragraphs"] for line in (text, *dice.sample(("ADVERTISEMENT", "Share", "7"), k=1))
    ]
    text = "\n".join(
        [
            *above,
            expected["title"],
            "By Jane Doe",
            *inside,
            "Most read",
            "A headline of another story altogether",
            *below,
        ]
    )
    entry = read_text("page", text)
    found, wanted = shingles(" ".join(entry.paragraphs)), shingles(" ".join(expected["paragraphs"]))
    f1 = 2 * len(found & wanted) / (len(found) + len(wanted))
    assert f1 >= 0.85
    assert entry.title == expected["title"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("SUBSCRIBE for €9 a month and get every story.", Furniture.NOISE),
        ("Stay with us and never miss a story.", Furniture.NOISE),
        ("So that you never miss an update: our app.", Furniture.NOISE),
        ("“We will never miss an update from the House,” the leader said on Monday to members.", Furniture.NONE),
        ("Users can subscribe for 9 dollars a month to the new service, the company said on Monday.", Furniture.NONE),
        ("Subscribers of the railway pay 90 euros a month, the minister told parliament on Monday.", Furniture.NONE),
        ("サイト利用規約の改正で消費者庁が注意を呼びかけ", Furniture.NONE),
        ("個人情報の取り扱い お問い合わせ", Furniture.NOISE),
    ],
)
def test_a_price_asked_of_the_reader_is_no_line_of_the_article(line: str, kind: Furniture) -> None:
    assert judge(line) is kind


def test_a_long_discussion_below_a_short_article_stays_out() -> None:
    body = (
        "The bridge over the Osser will close for repairs from Monday until the end of May, the county said on Friday."
    )
    remarks = "\n".join(
        f"I have crossed that bridge {n} times and nobody told me that it was not safe." for n in range(40)
    )
    body += "\nTrucks must go by Talley, which adds an hour to their way."
    entry = read_text("page", f"Bridge over the Osser to close\n{body}\n40 Comments\n{remarks}")
    assert entry.title == "Bridge over the Osser to close"
    assert len(entry.paragraphs) == 2


HEADLINE = "Bridge over the Neris is opened"
LONG = (
    "The minister told parliament on Thursday that the country would spend four billion more on its railways by 2030.",
    "Opposition members said that the money came too late and that too little of it was meant for the north.",
)
PROMOTION = "Subscribe now for full access to all our stories."
CRAWLED = """ date 2022-04-08 WORLD

Bridge over the Neris is opened

NewsWire
0
1

{body}

20220408-093214

RELATED ARTICLES

LEAVE A REPLY

Please enter your comment!

Tel: 905-555-0125

ABOUT SOME NEWS

Recognizing the need of the community which yearned to have a newspaper of its own, we began to print one.

MORE STORIES

Peru declares emergency in its capital
"""


@pytest.mark.parametrize(
    "body",
    [
        ("The bridge over the Neris was opened on Friday.",),
        ("Yes.", "No.", "He said so."),
        ("He said so.",),
        ("The bridge over the Neris opened.", "Trucks may use it in May."),
    ],
)
def test_a_short_body_is_kept(body: tuple[str, ...]) -> None:
    for text in (f"{HEADLINE}\n\n" + "\n\n".join(body), CRAWLED.format(body="\n\n".join(body))):
        entry = read_text("page", text)
        assert (entry.title, entry.paragraphs) == (HEADLINE, body)


@pytest.mark.parametrize(
    "below",
    [
        "Share\nTweet\nSome Media Ltd.",
        "RELATED ARTICLES\nWho is the mayor?\nWhat comes next?",
        "LEAVE A REPLY\nSo sad.",
    ],
)
def test_a_page_without_a_text_gets_none_from_its_furniture(below: str) -> None:
    assert read_text("page", f"{HEADLINE} at last\n{below}").paragraphs == ()


@pytest.mark.parametrize(
    "promotion",
    [
        (PROMOTION,),
        (PROMOTION, "ADVERTISEMENT"),
        ("Sign up here for our daily newsletter.",),
        ("Story continues below advertisement",),
        ("Become a member today and read without limits.",),
        ("Get unlimited access for just $1 a week.", "Join our WhatsApp channel for the latest news."),
        ("This article is for subscribers only.",),
        ("ALSO READ: Rouble falls for the third day", "ADVERTISEMENT"),
    ],
)
@pytest.mark.parametrize("after", [("Work will begin in spring.",), ("Work will begin in spring.", "More follows.")])
def test_the_body_goes_on_behind_a_promotion(promotion: tuple[str, ...], after: tuple[str, ...]) -> None:
    entry = read_text("page", "\n\n".join((HEADLINE, *LONG, *promotion, *after)))
    assert entry.paragraphs == (*LONG, *after)


def test_a_short_last_line_is_kept() -> None:
    assert read_text("page", "\n".join((HEADLINE, *LONG, "More follows."))).paragraphs == (*LONG, "More follows.")
    text = "\n".join((HEADLINE, *LONG, PROMOTION, "More follows.", "Share", "Some Media Ltd."))
    assert read_text("page", text).paragraphs == (*LONG, "More follows.")


def test_a_body_begins_above_a_promotion_but_below_a_byline() -> None:
    first = "The bridge over the Neris opened."
    assert read_text("page", "\n".join((HEADLINE, first, PROMOTION, *LONG))).paragraphs == (first, *LONG)
    standfirst = "The bridge over the Neris was opened on Friday."
    entry = read_text("page", "\n".join((HEADLINE, standfirst, "By Jane Doe", "8 April 2022", *LONG)))
    assert (entry.standfirst, entry.paragraphs) == (standfirst, LONG)


@pytest.mark.parametrize("heading", ["RELATED ARTICLES", "MORE STORIES"])
def test_short_titles_are_kept_and_short_furniture_is_not(heading: str) -> None:
    titles = ("Rome floods", "Peru declares emergency", "Quake kills 12", "US bombs port", "Biden in Kyiv")
    furniture = """
Tel 555 0100
Fax: 905-555-0136
Gedimino pr. 1
Calle mayor 12
Our team
Media kit
Write for us
Advertise with us
Gift cards
Reuters staff
Guest contributor
Ursula von Leyen
Bank of England
Food and drink
Jump to navigation
Older posts
Press releases
Jane Doe
Middle East
He agreed.
Privacy policy
Cookie preferences
Customer service
Sign in
Contact us
About us
Terms of use
""".strip().splitlines()
    text = "\n".join((HEADLINE, *LONG, heading, *titles, *furniture))
    assert read_text("page", text).related_titles == titles
    mixed = [line for pair in zip(titles, furniture, strict=False) for line in pair]
    assert read_text("page", "\n".join((HEADLINE, *LONG, heading, *mixed))).related_titles == titles


def test_short_titles_in_capitals_are_known_by_their_verb() -> None:
    titles = ("Rome Floods", "Pope Francis Dies", "Etna Erupts")
    names = ("Rome Marathon", "Human Rights", "United States", "Jane Williams", "New York Times", "Latest News")
    mixed = [line for pair in zip(titles, names[:3], strict=True) for line in pair]
    text = "\n".join((HEADLINE, *LONG, "RELATED ARTICLES", *mixed, *names[3:]))
    assert read_text("page", text).related_titles == titles


def test_a_line_of_the_body_is_no_title_of_another_story() -> None:
    lines = (
        HEADLINE,
        LONG[0],
        "See also",
        "Peru declares emergency",
        LONG[1],
        "Nobody was hurt in it, police said.",
        LONG[1][:-1] + " and of the west, and that it would not be enough for the bridges either.",
    )
    entry = read_text("page", "\n".join(lines))
    assert lines[5] in entry.paragraphs
    assert entry.related_titles == ("Peru declares emergency",)


def test_telephone_lines_never_come_out_as_titles() -> None:
    text = "Headline of the page today\nThis is a sentence of the article that is long enough to count as text.\n"
    text += "MORE STORIES\nTel: 905-555-0125\nFax: 905-555-0136\n478 Some Street West Floor\n"
    text += "Ad Sales Email: sales@paper.example\nReal headline of another story\n"
    assert read_text("page", text).related_titles == ("Real headline of another story",)


def test_a_page_without_headline_is_told_by_its_first_sentence() -> None:
    paragraph = (
        "In the morning the harbour was full of ice and the boats could not leave it, so that no fish came to market. "
        * 2
    )
    entry = read_text(
        "page", f"{paragraph}\n\nThat lasted for nine days and some of the nights, until the wind turned at last."
    )
    assert entry.title.startswith("In the morning the harbour was full of ice")
    assert len(entry.title) <= 161


@pytest.mark.parametrize("text", ["12\n34\n56", "Share\nTweet\nSubscribe", "one"])
def test_a_page_with_nothing_to_tell_is_refused(text: str) -> None:
    with pytest.raises(BadDocument, match=r"^page: no headline"):
        read_text("page", text)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("LEAVE A REPLY", Furniture.END),
        ("20220408-093214", Furniture.END),
        ("RELATED ARTICLES", Furniture.RELATED),
        ("More on this story", Furniture.RELATED),
        ("ALSO READ: Rouble falls for the third day", Furniture.INSET),
        ("Kommentare (4)", Furniture.COMMENTS),
        ("12 commentaires", Furniture.COMMENTS),
        ("Comentarios (1.204)", Furniture.COMMENTS),
        ("Комментарии: 17", Furniture.COMMENTS),
        ("التعليقات (3)", Furniture.COMMENTS),
        ("コメント（25件）", Furniture.COMMENTS),
        ("댓글 8개", Furniture.COMMENTS),
        ("Antworten Melden", Furniture.NOISE),
        ("By signing up you agree to our terms of service and that we share your data with partners.", Furniture.NOISE),
        ("Mit der Anmeldung stimmen Sie unseren Bedingungen zu, die jederzeit gelten.", Furniture.NOISE),
        ("By signing up early the town hopes to agree on a price.", Furniture.NONE),
        ("Kommentare der Opposition folgten am Abend.", Furniture.NONE),
        ("ABOUT CANINDIA NEWS", Furniture.BREAK),
        ("Facebook Twitter WhatsApp Email", Furniture.NOISE),
        ("Accept Reject Read More", Furniture.NOISE),
        ("April 8, 2022 9:32 am", Furniture.NOISE),
        ("By Jane Doe and John Smith", Furniture.NOISE),
        ("By Friday, fifty people had died in the town.", Furniture.NONE),
        ("About 30 killed as train leaves rails", Furniture.NONE),
        ("Its privacy policy broke the law, the court said, and it must pay nine million.", Furniture.NONE),
        ("He died on 8 April 2022.", Furniture.NONE),
        ("The report is published by the World Bank each spring and counts all roads.", Furniture.NONE),
    ],
)  # fmt: skip
def test_lines_are_judged(line: str, kind: Furniture) -> None:
    assert judge(line) is kind


def test_bylines_and_date_lines() -> None:
    assert byline_of("By Ingrid Solheim") == "Ingrid Solheim"
    assert byline_of("Par Solène Maréchal") == "Solène Maréchal"
    assert byline_of("By the river they sat down") is None
    assert is_date_line("Published: 6 April 2022, 21:40 BST | Updated: 7 April 2022")
    assert not is_date_line("Twelve people were hurt on 6 April 2022 in the old harbour")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=3_000))
def test_any_text_ends_in_an_entry_or_bad_document(text: str) -> None:
    try:
        entry = read_text("page", text)
    except BadDocument:
        return
    assert entry.title.strip()
    assert all(paragraph.strip() for paragraph in entry.paragraphs)


LINES = (
    *FURNITURE,
    "RELATED ARTICLES",
    "LEAVE A REPLY",
    " date 2022-04-08 WORLD",
    "20220408-093214",
    "A short headline of the day",
    "A sentence that goes on for a while and ends with a stop.",
    "",
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_no_paragraph_is_invented(lines: list[str]) -> None:
    """Whatever the order of the lines, a paragraph is one of them."""
    try:
        entry = read_text("page", "\n".join(lines))
    except BadDocument:
        return
    assert set(entry.paragraphs) <= {line.strip() for line in lines}
    assert not {title for title in entry.related_titles if title in FURNITURE}


def test_of_two_lines_of_one_length_the_upper_one_is_the_headline() -> None:
    page = (
        "Política\nCâmara aprova fim da escala 6x1 em primeiro turno\n"
        "Texto recebeu 342 votos; segundo turno será na quarta-feira\n\n23/11/2026 09h41\n\n"
        "A Câmara dos Deputados aprovou nesta segunda-feira, em primeiro turno, a proposta que acaba com a escala "
        "de seis dias de trabalho por um de descanso. Foram 342 votos a favor e 118 contra.\n\n"
        "O segundo turno está previsto para quarta-feira. Depois, o texto segue para o Senado."
    )
    assert read_text("p", page).title == "Câmara aprova fim da escala 6x1 em primeiro turno"


def test_comments_with_a_count_are_no_body() -> None:
    body = (
        "Das Hallenbad bleibt bis Ostern geschlossen, teilten die Stadtwerke am Montag mit. Grund ist ein Defekt.",
        "Die Reparatur kostet nach Angaben der Stadtwerke rund 480.000 Euro. Schulen weichen nach Ahlen aus.",
    )
    comment = (
        "Das ist doch wieder typisch für diese Stadt, seit Jahren wird nichts getan, und dann wundert man sich. " * 3
    )
    page = "\n\n".join(
        ("Schwimmbad bleibt geschlossen", *body, "Kommentare (4)", "Horst W. schrieb:", comment, "Antworten Melden")
    )
    assert read_text("p", page).paragraphs == body


def test_a_list_that_is_counted_on_loses_its_numbers_and_an_amount_stays() -> None:
    text = "The council met on Monday and agreed to mend the bridge before the winter, its leader told reporters there."
    listed = "Most read\n1 Man finds Roman coin in garden\n2 Council shuts library early\n12 people hurt in bus crash"
    found = read_text("p", f"Bridge to be mended\n\n{text}\n\n{text} Again.\n\n{listed}").related_titles
    assert found == ("Man finds Roman coin in garden", "Council shuts library early", "12 people hurt in bus crash")


@pytest.mark.parametrize(
    ("written", "agency"),
    [
        ("Local democracy reporter", None),
        ("Staff reporter", "Staff reporter"),
        ("Our correspondent", "Our correspondent"),
    ],
)
def test_what_one_person_is_is_no_agency(written: str, agency: str | None) -> None:
    assert agency_name(written) == agency


@pytest.mark.parametrize("signed", ["(avec AFP)", "(mit dpa)", "[con EFE]", "(AFP)", "- Reuters"])
def test_an_agency_that_helped_is_read_from_the_signature(signed: str) -> None:
    text = "Le feu a pris au deuxième étage dans la nuit de dimanche à lundi, ont indiqué les pompiers de la ville."
    agency = re.sub(r"[^A-Za-z ]", "", signed).split()[-1]
    assert (
        read_text("p", f"Incendie à Dijon\n\n{text}\n\n{text} Trois personnes sont mortes. {signed}").agency == agency
    )
