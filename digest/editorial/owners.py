"""Who owns the outlet behind a web address, so that each owner has one vote."""

from __future__ import annotations

from urllib.parse import urlsplit

from digest.editorial.organisations import ORGANISATIONS

_BY_DOMAIN: dict[str, str] = {
    domain: name
    for name, _, domains in (line.partition("|") for line in ORGANISATIONS.strip().splitlines())
    for domain in domains.split()
}


def owner_of(url: str) -> str | None:
    """The organisation that publishes under this http(s) address, by its longest known domain; None where unknown."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    labels = host.rstrip(".").split(".")
    for start in range(len(labels) - 1):
        found = _BY_DOMAIN.get(".".join(labels[start:]))
        if found is not None:
            return found
    return None
