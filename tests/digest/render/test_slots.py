"""Slots: every value arrives as it was given, in the form of the part it stands in, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import RenderFailed
from digest.model.mail import Rendered, Slot, Variant
from digest.render.slots import OF_EVERY_MAIL, Filler, Substitutes, greeting, slot_tokens

TOKENS = slot_tokens("everything that is set")
NAME, LEAVE = TOKENS[Slot.NAME], TOKENS[Slot.UNSUBSCRIBE]
RENDERED = Rendered(
    variant=Variant(language="en"),
    subject="s",
    preheader="p",
    html=f'<p>{NAME}</p><a href="{LEAVE}">x</a><p>-name- {{{{name}}}}</p>{NAME}',
    text=f"{NAME}\n{LEAVE}\n-name- {{{{name}}}}",
    slot_tokens=TOKENS,
    sha256="",
)
VALUES = {slot: f"https://a.example/{slot}" for slot in OF_EVERY_MAIL}


def test_tokens_are_made_from_the_content_and_differ() -> None:
    assert slot_tokens("a") == slot_tokens("a")
    assert set(slot_tokens("a").values()).isdisjoint(slot_tokens("b").values())
    assert all(token.replace("-", "").isalnum() for token in TOKENS.values())


@given(st.text())
def test_a_value_is_escaped_in_html_and_plain_in_text(name: str) -> None:
    filler = Filler(RENDERED)
    html, text = filler.html(VALUES | {Slot.NAME: name}), filler.text(VALUES | {Slot.NAME: name})
    shown = text.split("\n")[0]
    assert html.startswith("<p>")
    assert html.count("<") == RENDERED.html.count("<")
    assert html.count('"') == RENDERED.html.count('"')
    assert unescape(html.split("<p>")[1].split("</p>")[0]) == unescape(shown) or shown in unescape(html)


def test_what_only_looks_like_a_slot_stays() -> None:
    filler = Filler(RENDERED)
    assert "-name- {{name}}" in filler.html(VALUES)
    assert "-name- {{name}}" in filler.text(VALUES)


def test_a_value_that_is_a_token_is_not_filled_again() -> None:
    assert LEAVE in Filler(RENDERED).text(VALUES | {Slot.NAME: LEAVE}).split("\n")[0]


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(RenderFailed, match="slot name"):
        Filler(RENDERED).html({})
    with pytest.raises(RenderFailed, match="slot name"):
        Substitutes(RENDERED).values({Slot.UNSUBSCRIBE: "x"})


@pytest.mark.parametrize("name", ["Ann", "A & B <c>", '"quoted"', "-html-", "علي"])
def test_a_provider_that_replaces_in_any_order_gets_what_we_would_have_written(name: str) -> None:
    values = VALUES | {Slot.NAME: name}
    parts, filler = Substitutes(RENDERED), Filler(RENDERED)
    pairs = list(parts.values(values).items())
    for seed in range(6):
        Random(seed).shuffle(pairs)
        html, text = parts.html, parts.text
        for token, value in pairs:
            html, text = html.replace(token, value), text.replace(token, value)
        assert html == filler.html(values)
        assert text == filler.text(values)


def test_a_provider_gets_only_the_tokens_that_stand_somewhere() -> None:
    assert len(Substitutes(RENDERED).values(VALUES)) == 4
    assert len(Substitutes(replace(RENDERED, html="")).values(VALUES)) == 2


def test_a_greeting_makes_sense_with_and_without_a_name() -> None:
    assert greeting("en", "Ann") == "Good morning, Ann."
    assert greeting("en", "  ") == "Good morning."
    assert greeting("en", "Ann", hour=13) == "Good afternoon, Ann."
    assert greeting("fr-CA", "Zoé", hour=20) == "Bonsoir, Zoé."
    assert greeting("ar", "علي") == "صباح الخير، علي."
    assert greeting("xx", "") == "Good morning."
    assert greeting("xx", "Ann", otherwise="de") == "Guten Morgen, Ann."
    assert greeting("fr", "Ann", otherwise="de") == "Bonjour, Ann."
    assert "\n" not in greeting("en", "A\r\nB\x00" + "x" * 500)
    assert len(greeting("en", "x" * 500)) < 80
    assert greeting("en", "100% (s)") == "Good morning, 100% (s)."
