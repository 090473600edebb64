"""Typesetting: hostile text becomes harmless, and harmless text stays as it is."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.typeset import (
    LONGEST_URL,
    columns,
    cut,
    direction,
    one_line,
    paragraphs,
    safe_url,
    typographic,
    words,
    wrap,
)


@given(st.text())
def test_one_line_holds_nothing_that_breaks_a_mail(text: str) -> None:
    line = one_line(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in line)
    assert not any(c in line for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert one_line(line) == line


@pytest.mark.parametrize(
    "text", ["हिन्दी में शीर्षक", "ภาษาไทย", "عَرَبِيّ", "👨‍👩‍👧‍👦 wins", "n̈ é", "a\u00a0b", "日本語の見出し"]
)
def test_every_script_survives(text: str) -> None:
    assert one_line(text) == text


@given(st.text(), st.integers(min_value=2, max_value=80))
def test_a_cut_text_is_never_longer(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


def test_a_cut_falls_between_words() -> None:
    assert cut("Rockets hit Kramatorsk station", 24) == "Rockets hit Kramatorsk…"
    assert cut("Rockets", 7) == "Rockets"
    assert cut("W" * 50, 10) == "W" * 9 + "…"


def test_a_cut_does_not_take_a_mark_off_its_letter() -> None:
    assert cut("abcdn\u0308xyz", 6) == "abcd…"


def test_paragraphs_are_parted_by_blank_lines() -> None:
    assert paragraphs("One\ntwo.\n\n \nThree.\r\n\r\n") == ("One two.", "Three.")


@given(st.text(), st.integers(min_value=10, max_value=80))
def test_wrapped_lines_fit_and_keep_every_letter(text: str, width: int) -> None:
    wrapped = wrap(text, width)
    assert all(columns(line) <= width for line in wrapped.split("\n"))
    assert "".join(wrapped.split()) == "".join(text.split())


def test_wide_letters_take_two_columns_and_marks_none() -> None:
    assert columns("漢字") == 4
    assert columns("e\u0301") == 1
    assert wrap("漢" * 50, 72).split("\n")[0] == "漢" * 36


def test_later_lines_hang() -> None:
    assert wrap("- one two three", 10, indent=" ", hanging="   ") == " - one\n   two\n   three"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "//a.example/",
        "https://",
        "https://user:secret@a.example/",
        "https://a.example\\@b.example/",
        "https://a.example/\r\nBcc: x",
        "https://[::1",
        "https://a.example:port/",
        "https://a b.example/",
        "https://a.example/" + "x" * LONGEST_URL,
        "",
    ],
)
def test_unsafe_addresses_are_none(url: str) -> None:
    assert safe_url(url) is None


def test_safe_addresses_are_ascii_and_hold_no_marks() -> None:
    assert safe_url("https://bücher.example/é?q='x'|{{7}}#ü") == (
        "https://xn--bcher-kva.example/%C3%A9?q=%27x%27%7C%7B%7B7%7D%7D#%C3%BC"
    )
    assert safe_url(" https://a.example/b%20c?d=e&f=g ") == "https://a.example/b%20c?d=e&f=g"


@given(st.text())
def test_any_address_is_refused_or_made_safe(text: str) -> None:
    url = safe_url("https://a.example/" + text)
    if url is not None:
        assert url.isascii()
        assert urlsplit(url).hostname == "a.example"
        assert not set("'\"<>{}|\\^` \r\n") & set(url)
        assert safe_url(url) == url


def test_direction_is_that_of_the_first_letter() -> None:
    assert direction("«محكمة» rules") == "rtl"
    assert direction("7 judges محكمة") == "ltr"
    assert direction("123 …") is None


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert words("one two three") == 3
    assert words("東京で桜が満開") >= 3


def test_an_apostrophe_between_letters_is_that_of_print() -> None:
    assert typographic("It's Sana'a, l'Élysée") == "It’s Sana’a, l’Élysée"
    for kept in ("the '90s", "5'11", "'quoted'", "rock 'n' roll", "players' strike", "plain"):
        assert typographic(kept) == kept


@pytest.mark.parametrize(
    "url",
    [
        'http://[v1."><script>:]/x', 'http://[fe80::1%"><b]/x', "http://[fe80::1%25eth0]/", "http://[v1.\xe9:]/",
        "http://..../", "http://-/", "http://a..example/", "http://-a.example/", f"http://{'a' * 64}.example/",
    ],
)  # fmt: skip
def test_an_address_whose_host_is_none_is_no_link(url: str) -> None:
    assert safe_url(url) is None


@pytest.mark.parametrize("url", ["http://[2001:db8::1]:8080/x", "http://a_b.example/", "http://xn--wgv71a.example./"])
def test_odd_hosts_that_are_hosts_stay(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_an_end_of_line_of_any_kind_parts_words(end: str) -> None:
    assert one_line(f"one{end}two") == "one two"


def test_flags_stay_and_hidden_letters_elsewhere_go() -> None:
    hidden = "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert one_line(f"\U0001f3f4{hidden} wins") == f"\U0001f3f4{hidden} wins"
    assert one_line(f"England{hidden} wins") == "England wins"


def test_marks_are_not_piled_up() -> None:
    assert one_line("Z" + "\u0338\u0489\u0321" * 60 + "algo") == "Z\u0338\u0489\u0321\u0338algo"
    assert one_line("Vi\u0323\u0302t") == "Vi\u0323\u0302t"
