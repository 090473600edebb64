"""What a value may be: names, zones, times, addresses; and the base of every model."""

from __future__ import annotations

import difflib
import ipaddress
import re
import unicodedata
from contextlib import suppress
from datetime import time
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

ENV_PREFIX = "DIGEST_"


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise ValueError("must be one line, without control characters")
    return text


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
OneLine = Annotated[str, AfterValidator(_one_line)]
"""What stands in a header of mail."""
ShortText = Annotated[OneLine, Field(min_length=1, max_length=200)]
DkimSelector = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=63)]
"""RFC 6376, 3.1: what stands before `._domainkey`."""
Language = Literal["en", "fr", "es", "de", "ar"]
FetchPages = Literal["short", "never", "always"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _zone(name: str) -> str:
    if name not in _zones():
        near = difflib.get_close_matches(name, _zones(), n=1)
        raise ValueError(f"{name!r} is not a time zone" + (f"; did you mean {near[0]!r}?" if near else ""))
    return name


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _clock_time(value: object) -> object:
    # YAML 1.1 reads an unquoted 6:00 as the number 360 (base 60): say so instead of sending at midnight.
    if isinstance(value, int):
        raise ValueError('write times in quotes, such as "06:00" (YAML reads 6:00 as a number)')
    return value


Zone = Annotated[str, BeforeValidator(_zone)]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is no address or network, such as 10.0.0.0/8 or ::1") from None


def _host(name: str) -> str:
    with suppress(ValueError):
        return str(ipaddress.ip_address(name))
    if not _HOST.fullmatch(name):
        raise ValueError(f"{name!r} is no host, such as mail.example.org or 127.0.0.1")
    return name


def _address(text: str) -> str:
    local, at, host = text.rpartition("@")
    if text and not (at and _LOCAL.fullmatch(local) and _HOST.fullmatch(host)):
        raise ValueError("write the address alone and in ASCII, such as ops@example.org")
    return text


def web_address(url: str) -> str:
    """An http or https address that can be posted to, or empty. Raises ValueError, which does not repeat it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        good = parts.scheme in ("http", "https") and (_HOST.fullmatch(host) or ":" in host) and url.isascii()
    except ValueError:
        good = False
    if url and (not good or not url.isprintable() or " " in url):
        raise ValueError("this is no address that can be posted to, such as https://hooks.example.org/digest")
    return url


_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
Host = Annotated[str, BeforeValidator(_host)]
PlainAddress = Annotated[str, BeforeValidator(_address)]
WebAddress = Annotated[str, BeforeValidator(web_address)]

Network = Annotated[str, BeforeValidator(_network)]
SiteOrigin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")]
HostPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\[\]:-]+:[0-9]{1,5}$")]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)
