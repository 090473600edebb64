"""Who may come in: another house that vouches for people."""

from __future__ import annotations

from digest import __version__
from digest.model.identity import Vouching
from digest.ports import House
from digest.settings import Settings
from digest.wiring.identity import utc_now


def open_house(settings: Settings) -> House | None:
    """The OpenID provider that is configured, or None. It is asked for nothing before somebody signs in by it."""
    chosen = settings.desk.sign_in.oidc
    if not chosen.issuer:
        return None
    from digest.identity.openid import OpenId
    from digest.sources.exchange import Exchange

    agent = f"digest/{__version__} (+{settings.fetching.contact})"
    return OpenId(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=chosen.client_secret.get_secret_value(),
        groups_claim=chosen.groups_claim,
        exchange=Exchange(user_agent=agent, trusted=settings.fetching.trusted),
        clock=utc_now,
    )


def open_vouching(settings: Settings) -> Vouching:
    """Whom an OpenID provider may vouch for."""
    chosen = settings.desk.sign_in.oidc
    domains = tuple(one.lower() for one in chosen.allowed_domains)
    return Vouching(domains=domains, roles=tuple(chosen.roles.items()))
