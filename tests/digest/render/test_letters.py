"""Letters: every kind in every language, and nothing that a stranger typed in any that goes to a stranger."""

from __future__ import annotations

import email
import re
from contextlib import nullcontext
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import RenderFailed
from digest.model.letter import LETTERS, DeskLetter, Kind
from digest.model.mail import Rendered
from digest.model.newsletter import Sender
from digest.render.engine import Engine
from digest.render.letter_texts import FIELDS, Field
from digest.render.letters import Letter, LetterWriter, letter_message
from digest.render.typeset import columns, safe_url, typographic
from digest.render.words import LANGUAGES
from subscribers.model import LetterKind
from tests.digest.render.conftest import TEMPLATES
from tests.digest.render.editions import HOSTILE_HEADLINES, NEWSLETTER, edition, illustrated
from tests.digest.render.letters import VALUES, letter
from tests.digest.render.outline import Outline

OURS = (DeskLetter.READY, DeskLetter.ALERT, DeskLetter.DEVICE)
TO_STRANGERS = tuple(kind for kind in LETTERS if kind not in OURS)
NOON = datetime(2022, 4, 8, 12, tzinfo=UTC)
WRITER = LetterWriter(Engine(TEMPLATES), picture_host="https://digest.example/pictures/")


def _message(written: Rendered, to: str = "ann@reader.example", unsubscribe_url: str = "") -> bytes:
    return letter_message(
        written,
        sender=Sender(name="The World Brief", email="brief@digest.example", reply_to="desk@digest.example"),
        to=to,
        date=NOON,
        key="letter-1",
        domain="digest.example",
        unsubscribe_url=unsubscribe_url,
    )


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_in_every_language(kind: Kind, language: str) -> None:
    written = WRITER.write(letter(kind, language), NEWSLETTER)
    outline = Outline(written.html)
    assert outline.tags.count("h1") == 1
    assert f'lang="{language}"' in written.html
    for value_name, field in FIELDS[kind].items():
        if field is Field.URL:
            assert VALUES[kind][value_name] in outline.links
            assert VALUES[kind][value_name] in written.text.split("\n")
    assert NEWSLETTER.publisher in written.text
    assert "London N1 9GU" in outline.text
    assert max(written.html) > "\u00ff"
    assert max(written.text) > "\u00ff"
    assert all(columns(line) <= 72 or line.startswith("https://") for line in written.text.split("\n"))
    assert len(written.subject) <= 80
    assert "%(" not in written.subject + written.html + written.text


def test_letters_to_strangers_take_addresses_and_numbers_only() -> None:
    for kind in TO_STRANGERS:
        assert set(FIELDS[kind].values()) <= {Field.URL, Field.NUMBER}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TO_STRANGERS), st.text(), st.data())
def test_no_text_of_a_stranger_gets_into_a_letter(kind: Kind, text: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FIELDS[kind])))
    fits = safe_url(text) == text if FIELDS[kind][name] is Field.URL else re.fullmatch(r"[0-9]{1,6}", text)
    with nullcontext() if fits else pytest.raises(RenderFailed, match=f"letter {kind}: {name} is not"):
        WRITER.write(letter(kind, **{name: text}), NEWSLETTER)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_confirm_mail_is_the_same_whatever_name_was_typed(name: str) -> None:
    plain = _message(WRITER.write(letter(LetterKind.CONFIRM), NEWSLETTER))
    typed = Letter(kind=LetterKind.CONFIRM, language="en", values={**VALUES[LetterKind.CONFIRM], "name": name})
    with pytest.raises(RenderFailed, match="takes exactly hours, url; see 'name'"):
        WRITER.write(typed, NEWSLETTER)
    # The name has no other way in: neither the writer nor the message builder takes one.
    assert _message(WRITER.write(letter(LetterKind.CONFIRM), NEWSLETTER)) == plain


@pytest.mark.parametrize("text", HOSTILE_HEADLINES)
def test_what_our_programs_say_stays_text(text: str) -> None:
    written = WRITER.write(letter(DeskLetter.ALERT, what=text, why=text, next=text, time=text), NEWSLETTER)
    plain = WRITER.write(letter(DeskLetter.ALERT), NEWSLETTER)
    assert Outline(written.html).tags == Outline(plain.html).tags
    parsed = email.message_from_bytes(_message(written), policy=SMTP)
    assert len(parsed.get_all("Subject", [])) == 1


def test_a_welcome_encloses_the_latest_edition() -> None:
    view = "https://digest.example/editions/world/2022-04-08"
    written = WRITER.write(letter(LetterKind.WELCOME, "fr"), NEWSLETTER, latest=illustrated(), view_url=view)
    outline = Outline(written.html)
    for story in illustrated().told:
        assert typographic(story.headline) in outline.text
        assert story.url in written.text
    assert view in outline.links
    assert "voici la dernière édition" in outline.text
    assert "Friday" not in outline.text
    bare = WRITER.write(letter(LetterKind.WELCOME, "fr"), NEWSLETTER)
    assert "dernière édition" not in bare.text
    other = WRITER.write(letter(LetterKind.GOODBYE), NEWSLETTER, latest=edition())
    assert edition().told[0].headline not in other.text


@pytest.mark.parametrize(
    ("rule", "blockers", "said"),
    [
        ("send", "1", "If nobody acts, it goes out at 05:58."),
        ("send_if_checks_pass", "0", "If nobody acts, it goes out at 05:58."),
        ("send_if_checks_pass", "2", "A check forbids it: if nobody acts by 05:58, it is held."),
        ("hold", "0", "If nobody approves it by 05:58, it is held."),
    ],
)
def test_an_editor_is_told_what_happens_when_nobody_acts(rule: str, blockers: str, said: str) -> None:
    written = WRITER.write(letter(DeskLetter.READY, rule=rule, blockers=blockers), NEWSLETTER)
    assert said in written.text


def test_a_language_that_we_lack_is_the_newsletters() -> None:
    assert WRITER.write(letter(LetterKind.GOODBYE, "xx"), NEWSLETTER).variant.language == "en"


def test_the_message_of_a_letter() -> None:
    written = WRITER.write(letter(LetterKind.CONFIRM, "ar"), NEWSLETTER)
    raw = _message(written)
    parsed = email.message_from_bytes(raw, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    assert parsed["To"] == "ann@reader.example"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Message-ID"] == "<letter-1@digest.example>"
    assert parsed["Reply-To"] == "desk@digest.example"
    assert parsed["Subject"] == written.subject
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-ID", "Precedence"):
        assert name not in parsed
    text, html = parsed.iter_parts()
    assert text.get_content().replace("\r\n", "\n").strip() == written.text.strip()
    assert html.get_content().replace("\r\n", "\n").strip() == written.html.strip()
    assert all(len(line) <= 998 and not line.startswith(b".") for line in raw.split(b"\r\n"))
    raw.decode("ascii")


def test_only_a_welcome_can_be_left_with_one_click() -> None:
    leave = VALUES[LetterKind.WELCOME]["unsubscribe"]
    written = WRITER.write(letter(LetterKind.WELCOME), NEWSLETTER)
    parsed = email.message_from_bytes(_message(written, unsubscribe_url=leave), policy=SMTP)
    assert parsed["List-Unsubscribe"] == f"<{leave}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@given(st.text())
def test_no_address_writes_a_header(text: str) -> None:
    written = WRITER.write(letter(LetterKind.GOODBYE), NEWSLETTER)
    try:
        raw = _message(written, to=text)
    except RenderFailed:
        return
    parsed = email.message_from_bytes(raw, policy=SMTP)
    expected = {"To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version"}
    assert set(parsed.keys()) == expected | {"Reply-To", "Content-Type"}
