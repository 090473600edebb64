"""Blurbs are the story's own sentences: whole, balanced, useful, never longer than asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editorial.telling.blurb import BLURB_LIMIT, blurb
from digest.editorial.text.quotation import balanced
from digest.editorial.text.sentences import sentences
from tests.digest.editorial.build import story

LEAD = "The United Nations suspended Russia from its Human Rights Council on Thursday after a vote in New York."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Biden met J. R. Smith of the U.S. Army. They spoke.", 2),
        ("It rose 12.6 per cent. Nobody had expected that!", 2),
        ("“We are done.” He left. She stayed…", 3),
        ("He said: “Stop!” and ran.", 1),
        ("Yahoo! said on Monday it would close.", 1),
        ("Yahoo! Inc. and E.ON SE said on Monday they would merge.", 1),
        ("第一句话。第二句话！第三句？", 3),
        ("هذا خبر أول. وهذا خبر ثان؟ نعم.", 3),
        ("यह पहला वाक्य है। यह दूसरा है।", 2),
        ("One line\nanother line", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_it_is_the_first_good_sentence_without_its_dateline() -> None:
    made = blurb(story("a", "Russia loses seat", f"NEW YORK (Meridian) - {LEAD}\n\nIt was expected."))
    assert made.startswith(LEAD)


@pytest.mark.parametrize(
    "label",
    [
        "CORRECTION:",
        "Editor's note:",
        "Editor’s note —",
        "Related:",
        "Watch:",
        "À lire aussi :",
        "Korrektur:",
        "Published:",
    ],
)
def test_a_newsrooms_label_is_no_dateline(label: str) -> None:
    line = f"{label} Russia loses seat in a council that an earlier report named wrongly."
    assert blurb(story("a", "Russia loses seat", f"{line}\n\n{LEAD}")) == LEAD


@pytest.mark.parametrize(
    "quoted",
    [
        '"It is over," said the minister, "and we are done. Russia loses its seat in the council.',
        "The minister said “we are done. Russia loses its seat in the council, he said. Nobody was hurt in the vote.",
        "Russia loses its seat in the council. Nobody else does,” said the minister of Strelsau.",
    ],
)
def test_no_sentence_is_told_out_of_the_middle_of_a_quotation(quoted: str) -> None:
    assert blurb(story("a", "Russia loses seat", f"{quoted}\n\n{LEAD}")) == LEAD


@pytest.mark.parametrize(
    "furniture",
    [
        "Read more about this story on our website today and tomorrow.",
        "Sign up for our newsletter to get the best stories of the day.",
        "Share this story with all of your friends on the usual platforms.",
        "Photo: the council hall in New York on the day of the vote (Getty Images).",
        "The post Russia loses its seat in the council appeared first on Strelsau News.",
        "The council, which meets in Geneva and has 47 members, expelled the country [...]",
        "The council met on Thursday under its president, led by Rup...",
        "The council met on Thursday under its president, led by […]",
        "Read the full story on our site today and get the app.",
        "Continue to article for all of the details of the vote.",
        "We shall never surrender,’ the prime minister told the hall of the council.",
        "”It is the end of the road for the council“ said the minister of Strelsau.",
        "‘We will fight on in the council, said the prime minister on the day of the vote.",
        "Rupert of Hentzau arrives at court in Strelsau on 8 April. Photograph: Reuters",
        "Rupert of Hentzau arrives at the council in New York on 7 April.\n\nPhotograph: Reuters",
        "Rupert of Hentzau arrives at the council in New York on 7 April.",
        "Delegates, among them Black Michael (left), on the day of the vote in the council.",
        "The hall of the council in New York is seen before the vote on Russia.",
        "“This quotation never ends, said a diplomat who watched the vote in the hall.",
        "Your support helps us to tell the stories that matter to you.",
        "Donate today and keep the facts open to everybody who needs them.",
        "Subscribe to our channel to get all of the stories of the day.",
        "Reporting by Anna Writer in Paris and Bob Reader; Editing by C. Colleague",
        "(Additional reporting by Anna Writer; editing by Bob Reader)",
        "Anna Writer in Paris contributed to this report from the hall.",
        "This story has not been edited by our staff and comes from a syndicated feed.",
        "Become a member now and read all of the stories of the council.",
        "Mit Material von dpa über die Abstimmung im Rat in New York.",
        "Faites un don pour que le journal puisse continuer son travail.",
        "We rely on readers to pay for the stories that we tell each day.",
    ],
)
def test_furniture_and_broken_quotations_are_passed_over(furniture: str) -> None:
    assert blurb(story("a", "Russia loses seat", f"{furniture}\n\n{LEAD}")) == LEAD


@pytest.mark.parametrize(
    "news",
    [
        "Your honour is at stake, the president told the council on Thursday.",
        "Reporting by the council found that 12 of its members had left the hall.",
        "Celebrities donate to help the victims of the flood in the south.",
        "The support of the council helps the people of the south, he said on Friday.",
        "The governor posted the news on Telegram on Friday morning.",
        "Tickets for the final in Strelsau went on sale on Friday morning.",
        "Google changed its privacy policy after a vote of the council.",
        "The treaty was signed in Paris to end the war in the south.",
        "Tap water in Strelsau is safe again, the council said on Thursday.",
    ],
)
def test_news_that_sounds_like_furniture_is_told(news: str) -> None:
    assert blurb(story("a", "Russia loses seat", news)) == news


@pytest.mark.parametrize("mark", [" [...]", "[...]", " […]", "[…]", "…", " ...", " (...)"])
def test_a_whole_sentence_before_the_feeds_mark_is_told(mark: str) -> None:
    assert blurb(story("a", "Russia loses seat", LEAD + mark)) == LEAD
    assert blurb(story("a", "Russia loses seat", f"{LEAD} The council, which meets in Geneva, said that{mark}")) == LEAD


PAGE_LINES = (
    "You must be logged in to post a comment on the vote in Russia.",
    "Sorry, this content on Russia is not available in your region at this time.",
    "Please enable JavaScript to play this video of the council on your device.",
    "This is a developing story about Russia; check back for updates.",
    "Vous avez 62 % de cet article à lire, la suite sur Russia est réservée aux abonnés.",
    "Este contenido de Russia es exclusivo para suscriptores de nuestro diario digital.",
    "Terms of use of the council and privacy policy apply to all visitors here.",
    "[Insert quote from council minister here before publishing] Juan to file.",
    "{{ article.lede }} Russia loses its seat in the council %%DATE%% today.",
)


@pytest.mark.parametrize("line", PAGE_LINES)
def test_a_line_of_the_page_is_told_in_neither_place(line: str) -> None:
    assert blurb(story("a", "Russia loses seat", f"{LEAD} {line} He left.")) == LEAD
    assert blurb(story("a", "Russia loses seat", f"{line}\n\n{LEAD}")) == LEAD


def test_a_second_sentence_joins_only_where_it_goes_on_with_the_first() -> None:
    on, off = "The council meets in Geneva three times a year.", "Walnut cake needs an hour in a warm oven."
    assert blurb(story("a", "Russia loses seat", f"{LEAD} {on}")) == f"{LEAD} {on}"
    assert blurb(story("a", "Russia loses seat", f"{LEAD} {off}")) == LEAD


def test_the_headline_is_not_said_again() -> None:
    headline = "UN suspends Russia from Human Rights Council"
    made = blurb(story("a", headline, f"UN suspends Russia from the Human Rights Council.\n\n{LEAD}"))
    assert made == LEAD


def test_a_long_sentence_is_cut_between_words_and_keeps_its_quotes_balanced() -> None:
    long = (
        "The council, which meets in Geneva and has 47 members, heard from its president that “nobody who bombs a "
        "railway station full of families with their suitcases and their dogs can sit in judgement over the conduct "
        "of any other state in the world, now or at any later time” on Thursday."
    )
    made = blurb(story("a", "Russia loses seat", long))
    assert 0 < len(made) <= BLURB_LIMIT
    assert made.endswith("…")
    assert balanced(made)
    assert long.startswith(made[:-1])
    assert long[len(made) - 1] in " ,"


@pytest.mark.parametrize(
    "long",
    [
        "A" * 300 + " voted in the parliament in Strelsau today.",
        "政府は金曜日に予算案を可決したと発表し" * 30 + "。",
        "รัฐบาลประกาศว่าได้ผ่านร่างงบประมาณเมื่อวันศุกร์ที่ผ่านมา" * 10,
    ],
)
def test_no_word_is_ever_broken(long: str) -> None:
    assert blurb(story("a", "Budget passes", long)) == ""


def test_a_sentence_without_spaces_is_cut_at_a_clause() -> None:
    clause = "政府は金曜日に予算案を可決したと発表し、"
    assert blurb(story("a", "予算", clause * 30)).endswith("発表し…")
    early = clause * 4 + "政府は金曜日に予算案を可決したと発表し" * 20 + "。"
    assert blurb(story("a", "予算", early)) == (clause * 4)[:-1] + "…"
    thai = "รัฐบาลประกาศว่าได้ผ่านร่างงบประมาณเมื่อวันศุกร์ที่ผ่านมา"
    assert blurb(story("a", "งบ", f"{thai} {thai * 10}")) == thai + "…"


@pytest.mark.parametrize(
    "text",
    [
        "‘We won’t go,’ he said of the workers’ rights in the ’90s.",
        "„Das ist ‚gut‘“, sagte er; «c’est bon», »so ist es«, “yes”.",
        'He threw a 6" knife; "a 5\' man" (he said) did.',
        "The dogs' owner said 'stop it now' and left.",
    ],
)
def test_marks_that_have_their_partner(text: str) -> None:
    assert balanced(text)


@pytest.mark.parametrize("text", ["”a“", ")a(", "a’ said", "‘a b", "“a «b” c»", "“‘a”’", "'Stop it. Now", "it.’ he"])
def test_marks_that_have_none(text: str) -> None:
    assert not balanced(text)


def test_without_text_the_standfirst_serves_and_without_both_nothing() -> None:
    assert blurb(story("a", "Title", "")) == ""


def test_other_scripts() -> None:
    arabic = "أعلن لبنان يوم الخميس التوصل إلى اتفاق أولي مع صندوق النقد الدولي بقيمة ثلاثة مليارات دولار."
    assert blurb(story("a", "لبنان", arabic, language="ar")) == arabic
    chinese = "俄罗斯导弹周五袭击了乌克兰东部克拉马托尔斯克的一个火车站，造成至少五十人死亡。"
    assert blurb(story("a", "袭击", chinese, language="zh")) == chinese


@settings(deadline=None)
@given(st.text(max_size=900), st.integers(min_value=60, max_value=240))
def test_it_always_fits_and_is_balanced(text: str, limit: int) -> None:
    made = blurb(story("a", "Some headline", text), limit=limit)
    assert len(made) <= limit
    assert balanced(made)


@pytest.mark.parametrize(
    "around",
    [
        "+++ 10:32 Uhr: Council votes +++ {} +++ 10:01 Uhr +++",
        "Key points: The seat is gone. Read our full analysis here. {}",
        "{}This story is available exclusively to our subscribers. Become an insider now.",
        "___ {} ___ Associated Press writers in New York contributed.",
    ],
)
def test_the_whole_sentence_is_told_whatever_a_feed_glues_to_it(around: str) -> None:
    assert blurb(story("a", "Russia loses seat", around.format(LEAD))) == LEAD


def test_an_address_and_an_abbreviation_are_not_torn() -> None:
    kept = "The sellers on Booking.Com, St.Petersburg and Node.js met Gen.Smith on Monday, the company said in writing."
    assert blurb(story("a", "Hotels", kept)) == kept


def test_a_subject_without_its_verb_is_no_blurb() -> None:
    clause = "which was set up in the wake of the scandal and which has heard from " + "many more witnesses and " * 8
    long = f"The commission, {clause}others in five cities, said on Monday that the state had failed."
    assert blurb(story("a", "Inquiry ends", f"{long} {LEAD}")) == LEAD


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("(Corrects number of jobs to 120) A bank in Perth will cut 120 jobs, it said on Sunday.", "en"),
        ("(This story corrects paragraph 2) - A bank in Perth will cut 120 jobs, it said on Sunday.", "en"),
        ("(Korrigiert: Zahl der Stellen) A bank in Perth will cut 120 jobs, it said on Sunday.", "de"),
    ],
)
def test_what_a_report_corrects_is_no_part_of_what_it_tells(text: str, language: str) -> None:
    told = story("a", "Southern Bank to shrink", text, language=language)
    assert blurb(told) == "A bank in Perth will cut 120 jobs, it said on Sunday."
