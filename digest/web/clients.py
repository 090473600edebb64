"""Who asks: the address at the other end, or what a proxy of ours says of it; nobody else's word is taken."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from starlette.requests import HTTPConnection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Clients:
    """Tells clients apart. `proxies` are the networks whose X-Forwarded-For is believed."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in proxies)

    def of(self, request: HTTPConnection) -> str:
        """The client's address as text; `unknown` where there is none.

        The header is read from its end: each proxy adds whom it heard, and the first that is not a proxy of ours is
        the client, whatever stands before.
        """
        heard = _bare(request.client.host) if request.client else ""
        if not self._is_proxy(heard):
            return heard or "unknown"
        told = [_bare(one) for one in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if one.strip()]
        for address in reversed(told):
            if not self._is_proxy(address):
                return address[:64]
        return heard

    def _is_proxy(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def _bare(text: str) -> str:
    """The address alone: some proxies add a port, some write IPv6 in brackets, some IPv4 as an IPv6 one."""
    text = text.strip().strip('"')
    found = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    text = found[1] if found else text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return text


_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.%]+)\](?::\d+)?")
_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+")
