"""Identity: who another house (an OpenID provider) says that somebody is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an OpenID provider has signed for, or told us itself. Nothing of it comes from a browser."""

    subject: str
    """Issuer and the provider's own name for somebody, parted by a blank: it stays when the address changes."""
    email: str
    """Empty where it tells none."""
    email_verified: bool
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """Whom of them we let in, besides that they are invited."""

    domains: tuple[str, ...] = ()
    """Domains of addresses; empty = any."""
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Roles by group, taken at every sign-in; empty = roles are given here only."""
