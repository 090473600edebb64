"""Signed links and delivery keys: ours are read back, everybody else's are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.edition import EditionId
from digest.render.links import SignedLinks
from subscribers.tokens import Purpose, TokenError

OLD, NEW = b"the old key, 16 bytes or more", b"the new key, 16 bytes or more"
LINKS = SignedLinks("https://news.example/", [NEW])


@given(st.integers(0, 2**40 - 1), st.integers(0, 2**40 - 1))
def test_a_delivery_key_is_read_back(mailing: int, seq: int) -> None:
    key = LINKS.delivery_key(mailing, seq)
    assert LINKS.read_delivery_key(key) == (mailing, seq)
    # Fit for an address, a header, a file name and a URL alike.
    assert key.isalnum()
    assert key == key.lower()
    assert len(key) == 29


@given(st.text(max_size=60))
def test_what_is_not_ours_is_not_read(key: str) -> None:
    assert LINKS.read_delivery_key(key) is None


@given(st.integers(0, 28), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_letter_makes_it_nobodys(place: int, letter: str) -> None:
    key = LINKS.delivery_key(7, 11)
    changed = key[:place] + letter + key[place + 1 :]
    if changed != key:
        assert LINKS.read_delivery_key(changed) is None


def test_another_spelling_of_a_key_is_not_the_key() -> None:
    assert LINKS.read_delivery_key(LINKS.delivery_key(7, 11).upper()) is None


def test_keys_rotate() -> None:
    old = SignedLinks("https://news.example", [OLD])
    both = SignedLinks("https://news.example", [OLD, NEW])
    assert both.read_delivery_key(old.delivery_key(1, 2)) == (1, 2)
    assert both.delivery_key(1, 2) == LINKS.delivery_key(1, 2)
    assert LINKS.read_delivery_key(old.delivery_key(1, 2)) is None
    assert both.delivery_key(1, 2, signed_by=old.signing) == old.delivery_key(1, 2)
    assert LINKS.delivery_key(1, 2, signed_by=old.signing) == LINKS.delivery_key(1, 2), "the old one is taken away"


def test_links_stand_on_the_configured_site_and_do_one_thing() -> None:
    link = LINKS.unsubscribe(3, 1, 2)
    assert link.startswith("https://news.example/u/")
    token = link.rpartition("/")[2]
    claim = LINKS.read(Purpose.UNSUBSCRIBE, token)
    assert (claim.subscriber_id, claim.list_id, claim.version) == (3, 1, 2)
    with pytest.raises(TokenError):
        LINKS.read(Purpose.PREFERENCES, token)


def test_the_archive_link_holds_nothing_personal() -> None:
    assert LINKS.view(EditionId.parse("world/2026-11-22")) == "https://news.example/editions/world/2026-11-22"
