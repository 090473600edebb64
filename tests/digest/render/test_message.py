"""MessageTemplate: a thousand spliced messages read back as the standard library would have written them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import RenderFailed
from digest.model.mail import Envelope, Recipient, Rendered, Slot, Variant
from digest.render.message import MessageTemplate, list_headers
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, greeting, slot_tokens
from tests.digest.render.editions import BRIEFS, KRAMATORSK, NEWSLETTER, edition, told, with_stories

VIEW = "https://digest.example/world/2022-04-08"
ENVELOPE = Envelope(
    edition="world/2022-04-08",
    newsletter="world",
    newsletter_name="The World Brief",
    list_id="world.digest.example",
    from_name="Été & friends",
    from_email="brief@digest.example",
    reply_to="desk@digest.example",
    archive_url="https://digest.example/",
    help_url="https://digest.example/help",
    unsubscribe_mailto="leave@digest.example",
    date=datetime(2022, 4, 8, 5, 0, tzinfo=UTC),
    message_domain="digest.example",
)
NAMES = (
    "",
    "Ann",
    "Ann & <b>Bob</b>",
    'Quote " and \\ slash',
    "علي حسن",
    "山田太郎",
    "Zoë 👩‍🚀 of the very long name " + "x" * 90,
    ".starts with a dot",
    "From here, with a comma; and more",
    "=?utf-8?q?encoded?=",
    "-name-slot-",
    "{{7*7}}",
    "trailing space ",
)


def recipient(number: int, name: str) -> Recipient:
    """A reader whose links are as long and as odd as real ones."""
    token = "".join(random.Random(number).choices("ABCxyz019-_.=", k=20 + number % 90))
    return Recipient(
        delivery=f"k{number}x",
        email=f"reader{number}@readers.example",
        name=name,
        slots={
            Slot.NAME: greeting("en", name),
            Slot.UNSUBSCRIBE: f"https://digest.example/u/{token}?a=1&b=2",
            Slot.PREFERENCES: f"https://digest.example/p/{token}",
            Slot.VIEW: VIEW,
        },
        unsubscribe_url=f"https://digest.example/u/{token}?a=1&b=2",
    )


@pytest.fixture(scope="module")
def rendered(renderer: EditionRenderer) -> Rendered:
    """Three stories, one of them of dots and marks: reading a whole edition a thousand times takes seconds."""
    stories = [KRAMATORSK, told(".dot {{7*7}} =?utf-8?q?x?=", "From here\n.and there\n=3D", "Outlet"), BRIEFS[0]]
    return renderer.render(with_stories(stories), NEWSLETTER, Variant(language="en"), view_url=VIEW)


def _by_the_library(filler: Filler, subject: str, reader: Recipient) -> EmailMessage:
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["Subject"] = subject
    message["From"] = Address(ENVELOPE.from_name, addr_spec=ENVELOPE.from_email)
    message["To"] = Address("", addr_spec=reader.email)
    message["List-Unsubscribe"] = (
        f"<{reader.unsubscribe_url}>, <mailto:leave@digest.example?subject=unsubscribe%20{reader.delivery}>"
    )
    message.set_content(filler.text(reader.slots), cte="quoted-printable")
    message.add_alternative(filler.html(reader.slots), subtype="html", cte="quoted-printable")
    return message


def test_a_thousand_messages_read_back_as_the_library_would_write_them(rendered: Rendered) -> None:
    template, filler = MessageTemplate(rendered, ENVELOPE), Filler(rendered)
    for number in range(1000):
        reader = recipient(number, NAMES[number % len(NAMES)])
        raw = template.build(reader)
        text, html = message_from_bytes(raw).get_payload()
        assert _body(text) == _lines(filler.text(reader.slots))
        assert _body(html) == _lines(filler.html(reader.slots))
        if number < 2 * len(NAMES):  # to write and read one with a modern policy takes the library many milliseconds
            ours = message_from_bytes(raw, policy=SMTP)
            assert ours.defects == []
            theirs = message_from_bytes(bytes(_by_the_library(filler, rendered.subject, reader)), policy=SMTP)
            for name in ("Subject", "From", "List-Unsubscribe"):
                assert str(ours[name]) == str(theirs[name])
            assert [a.addr_spec for a in ours["To"].addresses] == [a.addr_spec for a in theirs["To"].addresses]
            shown = ours["To"].addresses[0].display_name
            # Without spaces: this parser keeps the one between two encoded words, which is not text (RFC 2047, 6.2).
            assert "=?" in reader.name or "".join(shown.split()) == "".join(reader.name.split())
            parts = zip(ours.iter_parts(), theirs.iter_parts(), strict=True)
            assert all(_lines(a.get_content()) == _lines(b.get_content()) for a, b in parts)


def _body(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return _lines(content.decode())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_line_passes_every_server(rendered: Rendered, name: str) -> None:
    raw = MessageTemplate(rendered, ENVELOPE).build(recipient(1, name))
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    _, _, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in body.split(b"\r\n"))


def test_the_same_delivery_is_the_same_bytes(rendered: Rendered) -> None:
    first = MessageTemplate(rendered, ENVELOPE).build(recipient(7, "Ann"))
    assert MessageTemplate(rendered, ENVELOPE).build(recipient(7, "Ann")) == first


def test_headers_of_bulk_mail(rendered: Rendered) -> None:
    message = message_from_bytes(MessageTemplate(rendered, ENVELOPE).build(recipient(7, "Ann")), policy=SMTP)
    assert message["Message-ID"] == "<k7x@digest.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-ID"] == "The World Brief <world.digest.example>"
    assert message["Feedback-ID"].count(":") == 3
    assert message["Date"].datetime == ENVELOPE.date
    assert message["Reply-To"] == "desk@digest.example"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_one_click_stays_a_plain_address_however_long(rendered: Rendered) -> None:
    reader = replace(recipient(7, "Ann"), unsubscribe_url="https://digest.example/u/" + "x" * 300)
    assert f"<{reader.unsubscribe_url}>".encode() in MessageTemplate(rendered, ENVELOPE).build(reader)
    assert list_headers(ENVELOPE, reader)["List-Unsubscribe"].startswith(f"<{reader.unsubscribe_url}>, <mailto:")


def test_a_text_only_reader_gets_one_part(renderer: EditionRenderer) -> None:
    rendered = renderer.render(edition(), NEWSLETTER, Variant(language="en", text_only=True), view_url=VIEW)
    message = message_from_bytes(MessageTemplate(rendered, ENVELOPE).build(recipient(1, "Ann")), policy=SMTP)
    assert message.get_content_type() == "text/plain"
    assert "Good morning, Ann." in message.get_content()


def test_what_may_not_be_written_is_refused_with_its_place(rendered: Rendered) -> None:
    with pytest.raises(RenderFailed, match="header Subject"):
        MessageTemplate(replace(rendered, subject="a\r\nBcc: b@c.example"), ENVELOPE)
    with pytest.raises(RenderFailed, match="header Message-ID"):
        MessageTemplate(rendered, ENVELOPE).build(replace(recipient(1, ""), delivery="a>b"))
    with pytest.raises(RenderFailed, match="header To"):
        MessageTemplate(rendered, ENVELOPE).build(replace(recipient(1, ""), email="a\r\nb@c.example"))
    with pytest.raises(RenderFailed, match="no value was given"):
        MessageTemplate(rendered, ENVELOPE).build(replace(recipient(1, ""), slots={}))


@pytest.mark.parametrize(("part", "name"), [("html", "HTML part"), ("text", "text part")])
def test_half_a_character_is_refused_with_its_place(rendered: Rendered, part: str, name: str) -> None:
    with pytest.raises(RenderFailed, match=f"{name}: holds half a character") as refused:
        MessageTemplate(replace(rendered, **{part: getattr(rendered, part) + "\udfff"}), ENVELOPE)
    str(refused.value).encode()


def test_a_letter_belongs_to_no_list_and_asks_for_no_answer(rendered: Rendered) -> None:
    envelope = replace(ENVELOPE, letter=True)
    stranger = replace(recipient(7, ""), unsubscribe_url="")
    assert list_headers(envelope, stranger) == {"Auto-Submitted": "auto-generated"}
    message = message_from_bytes(MessageTemplate(rendered, envelope).build(stranger), policy=SMTP)
    assert [name for name in message if name.startswith("List-")] == []
    assert message["Auto-Submitted"] == "auto-generated"
    leaving = list_headers(envelope, recipient(7, ""))
    assert leaving["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-ID" not in leaving


WORDS = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from(".=F \n—漢عé🙂")), max_size=200
)
LINKS = st.from_regex(r"https://[a-z]{1,9}\.example/[A-Za-z0-9._~&=;/-]{0,300}", fullmatch=True)


@given(
    pieces=st.lists(WORDS, min_size=6, max_size=6),
    name=st.one_of(st.sampled_from(NAMES), WORDS),
    links=st.tuples(LINKS, LINKS),
)
def test_any_text_around_any_value_reads_back(pieces: list[str], name: str, links: tuple[str, str]) -> None:
    """Wherever a field lands: at a line's start or end, between dots, in a line of any length, empty or long."""
    tokens = slot_tokens("any text")
    order = [Slot.NAME, Slot.UNSUBSCRIBE, Slot.VIEW, Slot.NAME, Slot.PREFERENCES]
    content = pieces[0] + "".join(tokens[slot] + piece for slot, piece in zip(order, pieces[1:], strict=True))
    rendered = Rendered(
        variant=Variant(language="en"), subject="News", preheader="", html=f"<p>{content}</p>", text=content,
        slot_tokens=tokens, sha256="0" * 64,
    )  # fmt: skip
    slots = {Slot.NAME: name, Slot.UNSUBSCRIBE: links[0], Slot.PREFERENCES: links[1], Slot.VIEW: VIEW}
    reader = replace(recipient(1, name), slots=slots)
    raw = MessageTemplate(rendered, ENVELOPE).build(reader)
    message = message_from_bytes(raw)
    filler = Filler(rendered)
    assert [_exactly(part) for part in message.get_payload()] == [filler.text(slots), filler.html(slots)]
    lines = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert b"\n" not in raw.replace(b"\r\n", b"")


def _exactly(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def test_for_a_mail_store_the_lines_end_in_lf_and_nothing_else_differs(rendered: Rendered) -> None:
    reader = recipient(3, "Zoë 👩‍🚀 of the very long name " + "x" * 90)
    sent = MessageTemplate(rendered, ENVELOPE).build(reader)
    assert MessageTemplate(rendered, ENVELOPE, crlf=False).build(reader) == sent.replace(b"\r\n", b"\n")
