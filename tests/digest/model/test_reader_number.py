"""Numbers of readers: there and back, all different, above every id, and another key gives others."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.reader_number import FIRST, ReaderNumbers

NUMBERS = ReaderNumbers(b"a key of the installation")


@given(reader=st.integers(0, FIRST - 1))
def test_there_and_back(reader: int) -> None:
    number = NUMBERS.of(reader)
    assert FIRST <= number < 2 * FIRST
    assert NUMBERS.reader(number) == reader


@given(number=st.integers())
def test_an_id_is_no_number(number: int) -> None:
    assert (NUMBERS.reader(number) is None) == (not FIRST <= number < 2 * FIRST)


def test_numbers_follow_no_order_and_depend_on_the_key() -> None:
    numbers = [NUMBERS.of(reader) for reader in range(1_000)]
    assert len(set(numbers)) == 1_000
    rising = sum(left < right for left, right in pairwise(numbers))
    assert 400 < rising < 600
    assert not set(numbers) & {ReaderNumbers(b"another key").of(reader) for reader in range(1_000)}


@pytest.mark.parametrize("reader", [-1, FIRST])
def test_what_is_no_id_has_no_number(reader: int) -> None:
    with pytest.raises(ValueError, match="no id"):
        NUMBERS.of(reader)
