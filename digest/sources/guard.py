"""Which hosts and addresses may be asked: public ones on ports 80 and 443, however an address is written (T5)."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence

from digest.model.errors import Permanent, Transient

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the numeric addresses of (host, port); raises OSError as socket.getaddrinfo does."""

PORTS = frozenset({80, 443})

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NUMERIC_HOST = re.compile(r"\A(?:.*\.)?(?:0x[0-9a-f]*|\d+)\.?\Z", re.I)
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "::/128",
        "::1/128",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""Written out, because what `is_global` says of some of these has changed between releases of Python."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


def is_public(address: str) -> bool:
    """True where a numeric address is one of the open internet; v4 inside v6 is judged as v4."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return _is_public(parsed)


def _is_public(parsed: _Address) -> bool:
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return _is_public(parsed.ipv4_mapped)
        if parsed in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
        if parsed in _V4_COMPATIBLE:
            return False
    if any(parsed.version == net.version and parsed in net for net in _NOT_PUBLIC):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that this machine's resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


class Guard:
    """Says where a connection may go. `trusted` holds "host:port" pairs of the operator's own that are let through."""

    def __init__(self, *, resolve: Resolve = system_resolve, trusted: Collection[str] = ()) -> None:
        self._resolve = resolve
        self._trusted = frozenset(pair.lower() for pair in trusted)

    def check_host(self, host: str, port: int) -> None:
        """Raise Permanent for a port or a written host that is never asked; no look-up is made."""
        if self._trusts(host, port):
            return
        if port not in PORTS:
            raise Permanent(f"{host}:{port}: only ports 80 and 443 are asked; name the pair as trusted if it is yours")
        bare = host.strip("[]").lower()
        if (
            not bare
            or bare.rstrip(".") == "localhost"
            or bare.rstrip(".").endswith((".localhost", ".local", ".internal"))
        ):
            raise Permanent(f"{host}: a name of this machine or network, which is never asked")
        if ":" in bare or _NUMERIC_HOST.match(bare):
            try:
                parsed = ipaddress.ip_address(bare)
            except ValueError as error:
                raise Permanent(f"{host}: an address in a form that hides where it leads; it is never asked") from error
            if not _is_public(parsed):
                raise Permanent(f"{host}: not an address of the open internet; it is never asked")

    def addresses(self, host: str, port: int, *, timeout: float) -> tuple[str, ...]:
        """Numeric addresses of `host`, each of them checked, looked up within `timeout` seconds.

        Permanent where any of them is not public, or the name does not exist; Transient where the look-up fails.
        """
        self.check_host(host, port)
        found = self._look_up(host, port, timeout)
        if not self._trusts(host, port):
            for address in found:
                if not is_public(address):
                    raise Permanent(f"{host}: leads to {address}, which is no address of the open internet")
        return found

    def _trusts(self, host: str, port: int) -> bool:
        return f"{host.lower()}:{port}" in self._trusted

    def _look_up(self, host: str, port: int, timeout: float) -> tuple[str, ...]:
        answer: list[Sequence[str] | OSError | UnicodeError] = []

        def ask() -> None:
            try:
                answer.append(self._resolve(host.strip("[]"), port))
            except (OSError, UnicodeError) as error:
                answer.append(error)

        # The system's resolver has no time limit of its own that we could set, so it is asked on a side thread.
        thread = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(max(0.0, timeout))
        if not answer:
            raise Transient(f"{host}: no answer from the name service within {timeout:.0f} s")
        found = answer[0]
        if isinstance(found, UnicodeError) or (
            isinstance(found, socket.gaierror) and found.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", -5))
        ):
            raise Permanent(f"{host}: no such host; check the address") from found
        if isinstance(found, OSError):
            raise Transient(f"{host}: the name service failed ({found.strerror or found})") from found
        if not found:
            raise Permanent(f"{host}: has no address; check it")
        return tuple(found)
