"""Who asks, as proxies write it."""

import pytest
from starlette.requests import HTTPConnection

from digest.web.clients import Clients

OURS = Clients(["10.0.0.0/8", "2001:db8:1::/48"])


def asked(peer: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return OURS.of(HTTPConnection({"type": "http", "client": (peer, 1), "headers": headers}))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "evil, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:5555", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:5555, 10.2.3.4:80", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:2::1]:443", "2001:db8:2::1"),
        ("10.0.0.1", '"[2001:db8:2::1]"', "2001:db8:2::1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, ::ffff:10.0.0.9", "203.0.113.9"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1::5", "203.0.113.9, [2001:db8:1::6]:8443", "203.0.113.9"),
        ("10.0.0.1", "unknown", "unknown"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_the_first_that_is_no_proxy_of_ours(peer: str, forwarded: str, client: str) -> None:
    assert asked(peer, forwarded) == client


def test_a_header_that_comes_twice_is_one_list() -> None:
    assert asked("10.0.0.1", "198.51.100.1", "203.0.113.9, 10.0.0.2") == "203.0.113.9"
