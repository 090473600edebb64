"""Who asks: the address at the other end, or what a proxy of ours says of it; nobody else's word is taken."""

from __future__ import annotations

import ipaddress
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
        heard = request.client.host if request.client else ""
        if not self._is_proxy(heard):
            return heard or "unknown"
        told = [one.strip() for one in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if one.strip()]
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
