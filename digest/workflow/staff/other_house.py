"""Another house says who somebody is (OpenID Connect): begin, come back, and a second step in between.

It makes no person. Whoever is invited is known by a verified address the first time, and after that by the name that
the house has for them, which stays when an address is given to somebody else.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from digest.model.door import Step, StepKind
from digest.model.errors import AdapterError, DigestError
from digest.model.identity import Identity, Vouching
from digest.model.person import NotSignedIn, Person, Role, TooManyTries, limit_key
from digest.ports import App, House, Tx
from digest.workflow.staff.entering import SignedIn, count_try, enter, token_hash
from digest.workflow.staff.people import keep_an_admin
from digest.workflow.staff.second_step import code_is_right

REFUSED = "that account is not known here"
_ELSEWHERE = "the domain of their address is not among desk.sign_in.oidc.allowed_domains"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWanted:
    """They are who they are; the code from their authenticator app is still asked for."""

    person: Person


def begin(app: App, house: House, *, redirect: str, browser_token: str, client: str) -> str:
    """Where to send the browser. Raises AdapterError and TooManyTries."""
    with app.begin() as tx:
        wait = tx.people.try_once(limit_key("oidc", client), burst=20, every=15, now=app.clock())
    if wait:
        raise TooManyTries(wait)
    secret = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    address = house.address(
        redirect=redirect, state=secret["state"], nonce=secret["nonce"],
        challenge=create_s256_code_challenge(secret["verifier"]),
    )  # fmt: skip
    with app.begin() as tx:
        step = Step(kind=StepKind.OIDC, person=None, secret=secret)
        tx.door.begin_step(token_hash(browser_token), step, now=app.clock())
    return address


def come_back(
    app: App,
    house: House,
    vouching: Vouching,
    *,
    code: str,
    state: str,
    redirect: str,
    browser_token: str,
    browser: str,
) -> SignedIn | CodeWanted:
    """Let in whom the house vouches for. Raises NotSignedIn, the same for every cause, and AdapterError."""
    now = app.clock()
    with app.begin() as tx:
        step = tx.door.end_step(token_hash(browser_token), StepKind.OIDC, now=now)
    if step is None or not code or not hmac.compare_digest(step.secret["state"].encode(), state.encode()):
        raise NotSignedIn(REFUSED)
    try:
        found = house.identity(code, redirect=redirect, verifier=step.secret["verifier"], nonce=step.secret["nonce"])
    except AdapterError as error:
        with app.begin() as tx:
            tx.log("person.refused", "somebody unknown", by="nobody", now=now, detail=str(error))
        raise
    with app.begin() as tx:
        person = _person(tx, found, vouching)
        if isinstance(person, str):
            # The page says the same for every cause; the reason is for admins.
            tx.log("person.refused", found.email or "somebody unknown", by="nobody", now=now, detail=person)
        elif person.has_totp:
            waiting = Step(kind=StepKind.CODE, person=person.id, secret={})
            tx.door.begin_step(token_hash(browser_token), waiting, now=now)
            return CodeWanted(person=person)
        else:
            return enter(tx, person, browser=browser, now=now, how="oidc")
    raise NotSignedIn(REFUSED)


def give_code(app: App, code: str, *, browser_token: str, client: str, browser: str) -> SignedIn:
    """The authenticator app's code, behind the other house. Raises NotSignedIn, TooManyTries."""
    now = app.clock()
    key = token_hash(browser_token)
    with app.read() as tx:
        step = tx.door.step(key, StepKind.CODE, now=now)
        person = tx.people.get(step.person) if step is not None and step.person is not None else None
    if person is None or not person.active:
        raise NotSignedIn(REFUSED)
    count_try(app, person.email, client, now=now)
    if not code_is_right(app, person, code, now=now):
        raise NotSignedIn("that code is not right")
    with app.begin() as tx:
        if tx.door.end_step(key, StepKind.CODE, now=now) is None:
            raise NotSignedIn(REFUSED)
        return enter(tx, person, browser=browser, now=now, how="oidc and code")


def _person(tx: Tx, found: Identity, vouching: Vouching) -> Person | str:
    """Whom of ours it is, with the roles that the house gives them; or why it is nobody, for the log."""
    person = tx.people.by_subject(found.subject)
    if person is None:
        if not found.email_verified:
            return "the provider does not say that the address is verified"
        if not _allowed(found.email, vouching):
            return _ELSEWHERE
        person = tx.people.by_email(found.email)
        if person is None or not person.active:
            return "nobody with this address works here: invite them first"
        # One who is known to a house by another name is another one, with an address that was given away.
        if not tx.people.link_subject(person.id, found.subject):
            return "the provider knows whoever has this address here by another name: a new invitation ends that"
    if not person.active:
        return "that access has ended"
    if not _allowed(person.email, vouching):
        return _ELSEWHERE
    return _with_roles(tx, person, found, vouching) if vouching.roles else person


def _with_roles(tx: Tx, person: Person, found: Identity, vouching: Vouching) -> Person | str:
    roles = frozenset(Role(role) for group, given in vouching.roles if group in found.groups for role in given)
    if not roles:
        return "none of their groups is named in desk.sign_in.oidc.roles"
    if roles == person.roles:
        return person
    changed = replace(person, roles=roles)
    try:
        keep_an_admin(tx, changed)
    except DigestError as error:
        return str(error)
    tx.people.change(changed)
    tx.people.end_sessions(person.id)
    return changed


def _allowed(email: str, vouching: Vouching) -> bool:
    return "@" in email and (not vouching.domains or email.rpartition("@")[2] in vouching.domains)


def farewell(house: House | None, *, redirect: str) -> str:
    """Where to sign out over there as well; empty where there is nobody, or it cannot be asked now."""
    try:
        return house.farewell(redirect=redirect) if house is not None else ""
    except AdapterError:
        # One is signed out here in any case.
        return ""
