"""Quoted-printable: any text reads back, in lines that any server passes on unchanged."""

from __future__ import annotations

import quopri
import re

from hypothesis import given
from hypothesis import strategies as st

from digest.render.quoted import SOFT_BREAK, encode

TEXTS = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(".F =\n\tfrom—ü漢 ")), max_size=400
)


def _read_back(encoded: bytes) -> str:
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")


@given(TEXTS)
def test_any_text_reads_back(text: str) -> None:
    text = text.replace("\r", "")
    assert _read_back(encode(text)) == text


@given(TEXTS)
def test_lines_are_short_and_none_starts_with_what_a_server_changes(text: str) -> None:
    for line in encode(text.replace("\r", "")).split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert re.fullmatch(rb"[\t -~]*", line)


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_pieces_join_after_a_soft_break(texts: list[str]) -> None:
    texts = [text.replace("\r", "") for text in texts]
    joined = b"".join(encode(text) + SOFT_BREAK for text in texts)
    assert _read_back(joined) == "".join(texts)


def test_a_long_link_with_a_dot_at_any_place_has_no_line_that_begins_with_one() -> None:
    for before in range(60, 160):
        link = "x" * before + ".y" * 50
        encoded = encode(link)
        assert _read_back(encoded) == link
        assert not any(line.startswith(b".") or len(line) > 76 for line in encoded.split(b"\r\n"))
