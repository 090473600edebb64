"""VERP: every message goes out under its own return path, and the key is read back from whatever relays make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import ConfigError
from digest.providers.smtp import SmtpProvider
from digest.providers.verp import keys_in, verp
from digest.render.links import SignedLinks
from tests.servers.letters import batch, reader
from tests.servers.smtp_sink import SmtpSink

LINKS = SignedLinks("https://digest.example", [b"a key for tests, 32 bytes long.."])


@pytest.mark.parametrize("pipelining", [False, True])
def test_each_message_has_a_return_path_of_its_own(pipelining: bool) -> None:
    people = [reader(n) for n in range(5)]
    with SmtpSink(pipelining=pipelining) as sink:
        sender = SmtpProvider(host="127.0.0.1", port=sink.port, return_path="bounces@digest.example", verp=True)
        sender.send(batch(people))
        sender.close()
    assert {taken.reader: taken.sender for taken in sink.taken} == {
        one.email: f"bounces+{one.delivery}@digest.example" for one in people
    }
    assert sink.complaints == []


def test_without_it_there_is_one_return_path_for_all() -> None:
    with SmtpSink() as sink:
        sender = SmtpProvider(host="127.0.0.1", port=sink.port, return_path="bounces@digest.example")
        sender.send(batch([reader(1), reader(2)]))
        sender.close()
    assert {taken.sender for taken in sink.taken} == {"bounces@digest.example"}


@pytest.mark.parametrize(
    "address", ["", "bounces", "@digest.example", "a+b@digest.example", f"{'b' * 32}@digest.example"]
)
def test_a_return_path_that_a_key_does_not_fit_into_is_refused_at_once(address: str) -> None:
    with pytest.raises(ConfigError, match="return_path"):
        SmtpProvider(host="127.0.0.1", port=25, return_path=address, verp=True)


@given(mailing=st.integers(0, 2**40 - 1), seq=st.integers(0, 2**40 - 1), loud=st.booleans())
def test_a_key_comes_back_whatever_the_case(mailing: int, seq: int, loud: bool) -> None:
    address = verp("bounces@digest.example", LINKS.delivery_key(mailing, seq))
    assert len(address.partition("@")[0]) <= 64
    (key,) = keys_in(f"To: <{address.upper() if loud else address}>")
    assert LINKS.read_delivery_key(key) == (mailing, seq)
