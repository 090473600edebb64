"""Which addresses may stand in a command, and that none of them is told to anybody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.providers.addresses import is_bare, redacted


@pytest.mark.parametrize("address", ["a@b.example", "o'neill+news=x@xn--bcher-kva.example", "a!#$%&*/?^_`{|}~@b.test"])
def test_plain_addresses_may(address: str) -> None:
    assert is_bare(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "@b.example", "a@", "a@b@c.example", "a b@c.example", "a@b.example>", "<a@b.example"),
        *("a@b.example\r\nDATA", "ä@b.example", "a@bücher.example", "a@b.example\n", "\x00a@b.example"),
    ],
)
def test_others_may_not(address: str) -> None:
    assert not is_bare(address)


@settings(deadline=None)  # a busy machine is no defect
@given(st.text(max_size=20), st.from_regex(r"[a-z0-9.+]{1,20}@[a-z0-9.]{1,20}", fullmatch=True), st.text(max_size=20))
def test_no_address_is_told(before: str, address: str, after: str) -> None:
    assert address not in redacted(f"{before} <{address}> {after}")
    assert "\n" not in redacted(f"{before}{address}{after}")


@settings(deadline=None)  # a busy machine is no defect
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_redacting_ends_soon_on_anything(text: str) -> None:
    assert len(redacted(text)) <= len(text) + 9 * text.count("@")
