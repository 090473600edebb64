"""The header gate: nothing that passes it can end its line, and what passes is read back as it was meant."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import RenderFailed
from digest.render.headers import ascii_address, header, line, link, mailbox, token

ANY_TEXT = st.text(alphabet=st.one_of(st.characters(), st.sampled_from('=?utf-8?b?q?"<>@,;\\\r\n\0\x85\u2028 ')))


@given(ANY_TEXT)
def test_a_subject_is_one_header_that_reads_back_or_is_refused(value: str) -> None:
    try:
        written = line("Subject", header("Subject", value))
    except RenderFailed:
        return
    message = message_from_bytes(written + b"X-Last: 1\r\n\r\nbody", policy=SMTP)
    assert message.keys() == ["Subject", "X-Last"]
    assert written.isascii()
    assert all(len(part) <= 78 or b" " not in part.strip() for part in written.split(b"\r\n"))


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=120))
def test_plain_words_come_back_letter_by_letter(value: str) -> None:
    if "=?" in value or len(value.encode()) > 998:
        return
    message = message_from_bytes(line("Subject", header("Subject", value)) + b"\r\n", policy=SMTP)
    assert str(message["Subject"]) == value


@given(ANY_TEXT)
def test_no_name_loses_its_reader_nor_adds_another(name: str) -> None:
    written = line("To", mailbox("To", name, "ann@readers.example")) + b"X-Last: 1\r\n\r\n"
    message = message_from_bytes(written, policy=SMTP)
    assert message.keys() == ["To", "X-Last"]
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@readers.example"]


@pytest.mark.parametrize(
    "hostile",
    [
        "News\r\nBcc: everybody@victim.example",
        "News\n folded",
        "=?utf-8?q?News=0D=0ABcc=3A_everybody=40victim=2Eexample?=",
        "=?utf-8?b?TmV3cw0KQmNjOiBh?=",
        "=?utf-8?q?=3D=3Futf-8=3Fq=3FNews=3D0D=3D0A=3F=3D?=",
        "News\x00",
        "News\x85more",
        "News\u2028more",
        "=?no-such-charset?q?News?=",
        "long " * 250,
    ],
)
def test_hostile_subjects_are_refused_and_the_place_is_named(hostile: str) -> None:
    with pytest.raises(RenderFailed, match="header Subject"):
        header("Subject", hostile)


@pytest.mark.parametrize("name", ["Subject", "X-" + "Long" * 20])
def test_the_longest_line_that_passes_has_998_bytes_with_its_name(name: str) -> None:
    room = 998 - len(name) - 2
    assert max(map(len, line(name, header(name, "x" * room)).split(b"\r\n"))) <= 998
    with pytest.raises(RenderFailed, match=f"longer than {room} bytes"):
        header(name, "x" * (room + 1))


def test_harmless_encoded_words_are_read_and_written_anew() -> None:
    assert header("Subject", "=?iso-8859-1?q?Caf=E9?=") == "=?utf-8?b?Q2Fmw6k=?="
    assert header("Subject", "Plain words") == "Plain words"


def test_an_international_domain_is_written_in_ascii() -> None:
    assert ascii_address("To", "ann@bücher.example") == "ann@xn--bcher-kva.example"
    assert mailbox("To", 'Ann, "the" reader', "ann@b.example") == '"Ann, \\"the\\" reader" <ann@b.example>'


@pytest.mark.parametrize(
    "address", ["änn@b.example", "a b@c.example", "a@b.example\r\nBcc: c@d.example", "a@b>c", "a@@b"]
)
def test_an_address_without_an_ascii_form_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        mailbox("To", "Ann", address)
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/ b", "https://a.example/é", "https://a>b", ""]
)
def test_only_plain_http_addresses_are_linked(url: str) -> None:
    with pytest.raises(RenderFailed):
        link("List-Archive", url)


def test_a_long_link_is_never_folded_nor_encoded() -> None:
    url = "https://digest.example/u/" + "x" * 400
    written = line("List-Unsubscribe", link("List-Unsubscribe", url))
    assert url.encode() in written


@pytest.mark.parametrize("value", ["", "-a", "a b", "a\r\n", "é", "a" * 251])
def test_tokens_are_narrow(value: str) -> None:
    with pytest.raises(RenderFailed):
        token("Message-ID", value)


@pytest.mark.parametrize("name", ["", "X Y", "X:Y", "X\r\nBcc", "Ünsubscribe"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RenderFailed):
        header(name, "value")
