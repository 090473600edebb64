"""Who publishes behind a web address, and who owns it, so that each owner has one vote."""

from __future__ import annotations

from urllib.parse import urlsplit

from digest.editorial.intake.houses import HOUSES, TITLES
from digest.editorial.intake.organisations import ORGANISATIONS


def _by_domain(table: str) -> dict[str, str]:
    return {
        domain: name
        for name, _, domains in (line.partition("|") for line in table.strip().splitlines())
        for domain in domains.split()
    }


_TITLES: dict[str, str] = _by_domain(ORGANISATIONS) | _by_domain(TITLES)
_OWNERS: dict[str, str] = _TITLES | _by_domain(HOUSES)


def owner_of(url: str) -> str | None:
    """The organisation that owns what is published under this http(s) address; None where unknown.

    A company with several titles is named for all of them; the longest known domain decides.
    """
    return _longest(url, _OWNERS)


def title_of(url: str) -> str | None:
    """The outlet under this http(s) address as its readers know it; None where unknown."""
    return _longest(url, _TITLES) or _longest(url, _OWNERS)


def _longest(url: str, names: dict[str, str]) -> str | None:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    labels = host.rstrip(".").split(".")
    for start in range(len(labels) - 1):
        found = names.get(".".join(labels[start:]))
        if found is not None:
            return found
    return None
