"""No address that is not public is ever dialled, however it is written and wherever it comes from (T5)."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.errors import Permanent, Transient
from digest.sources.guard import Guard, is_public

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
    "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "no address", "",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


def answering(*addresses: str) -> Guard:
    return Guard(resolve=lambda host, port: addresses)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_let_through(address: str) -> None:
    assert is_public(address)
    assert answering(address).addresses("a.example.org", 443, timeout=1) == (address,)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(Permanent, match=r"a\.example\.org"):
        answering(address).addresses("a.example.org", 443, timeout=1)


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Permanent, match=r"10\.0\.0\.1"):
        answering("8.8.8.8", "10.0.0.1").addresses("a.example.org", 80, timeout=1)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.", "1.2.3.08", "::1",
        "[::1]", "::ffff:127.0.0.1",
        "localhost", "LOCALHOST.", "a.localhost", "printer.local", "metadata.google.internal", "",
        "134744072", "8.8.2056",
    ],
)  # fmt: skip
def test_inside_names_and_disguised_addresses_are_refused(host: str) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("no look-up may be made")

    with pytest.raises(Permanent):
        Guard(resolve=resolve).addresses(host, 80, timeout=1)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 0, 65535])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(Permanent, match="only ports 80 and 443"):
        answering("8.8.8.8").check_host("a.example.org", port)


def test_a_trusted_pair_is_let_through_and_nothing_beside_it() -> None:
    guard = Guard(resolve=lambda host, port: ("127.0.0.1",), trusted={"127.0.0.1:8123"})
    assert guard.addresses("127.0.0.1", 8123, timeout=1) == ("127.0.0.1",)
    for host, port in (("127.0.0.1", 8124), ("127.0.0.1", 80), ("localhost", 8123)):
        with pytest.raises(Permanent):
            guard.addresses(host, port, timeout=1)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_let_through(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not is_public(str(address)) or "64:ff9b:" in str(address)


def test_failing_look_ups_are_told_apart() -> None:
    def failing(error: OSError) -> Guard:
        def resolve(host: str, port: int) -> Sequence[str]:
            raise error

        return Guard(resolve=resolve)

    with pytest.raises(Permanent, match="no such host"):
        failing(socket.gaierror(socket.EAI_NONAME, "unknown")).addresses("a.example.org", 80, timeout=1)
    with pytest.raises(Transient, match="name service failed"):
        failing(socket.gaierror(socket.EAI_AGAIN, "later")).addresses("a.example.org", 80, timeout=1)
    with pytest.raises(Permanent, match="no address"):
        answering().addresses("a.example.org", 80, timeout=1)


def test_a_look_up_that_never_ends_is_given_up() -> None:
    release = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        release.wait(5)
        return ("8.8.8.8",)

    try:
        with pytest.raises(Transient, match="no answer from the name service"):
            Guard(resolve=resolve).addresses("a.example.org", 80, timeout=0.05)
    finally:
        release.set()
