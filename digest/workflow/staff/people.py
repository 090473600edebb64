"""People: invite, sign in and out, prove again, change what somebody may do. Tokens are kept as hashes only."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.errors import DigestError, NotFound
from digest.model.person import (
    LINK_LIFE,
    LONGEST_NAME,
    RESERVED,
    LinkKind,
    NotSignedIn,
    Permission,
    Person,
    Role,
    Session,
    named,
    seen_of,
)
from digest.ports import App, Tx
from digest.workflow.staff.entering import SignedIn, count_try, enter, forgive_try, token_hash
from digest.workflow.staff.passwords import hashed, matches
from digest.workflow.staff.second_step import code_is_right
from subscribers.address import AddressError, parse_address

GIVE_BACK_WITHIN = timedelta(days=1)
"""How long an ended access can be given back as it was; afterwards by an invitation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A person, and the token of the link by which they choose a password. It is told once."""

    person: Person
    token: str
    expires_at: datetime


def invite(
    app: App, email: str, *, name: str = "", roles: frozenset[Role], newsletters: tuple[str, ...] = (), by: str
) -> Invitation:
    """Add somebody, or let somebody who is there choose a new password: a one-time link for 48 hours.

    Raises DigestError for an address that is none, or roles and newsletters that make no sense.
    """
    now = app.clock()
    try:
        address = parse_address(email, allow_reserved=True).fold_key
    except AddressError as error:
        raise DigestError(f"{email!r} is not an address: {error}") from error
    strange = [slug for slug in newsletters if slug not in app.newsletters]
    if strange:
        raise NotFound(f"there is no newsletter {strange[0]!r}; config.yaml has: {', '.join(app.newsletters)}")
    token = secrets.token_urlsafe(32)
    expires = now + LINK_LIFE[LinkKind.INVITE]
    with app.begin() as tx:
        person = tx.people.by_email(address)
        if person is None:
            if not roles:
                raise DigestError(f"give {address} a role: {', '.join(Role)}")
            made = Person(
                id=0, email=address, name=_own_name(tx, name, but=0), roles=roles,
                newsletters=newsletters, created_at=now,
            )  # fmt: skip
            person = tx.people.add(made)
        elif roles and (
            person.roles != roles or person.left_at is not None or newsletters not in ((), person.newsletters)
        ):
            person = replace(person, roles=roles, newsletters=newsletters, left_at=None)
            keep_an_admin(tx, person)
            tx.people.change(person)
            # As with every change of roles: whoever sits in front of them signs in anew.
            tx.people.end_sessions(person.id)
        if not person.active:
            raise DigestError(f"{address} has left; name the roles that they come back with")
        tx.people.put_link(person.id, LinkKind.INVITE, token_hash(token), expires_at=expires)
        tx.log("person.invited", address, by=by, now=now, detail=", ".join(sorted(person.roles)))
    return Invitation(person=person, token=token, expires_at=expires)


def invited(app: App, token: str) -> Person:
    """Whom an invitation is for; it stays as it is. Raises NotSignedIn where it works no more."""
    with app.read() as tx:
        person = tx.people.link(LinkKind.INVITE, token_hash(token), now=app.clock())
    if person is None or not person.active:
        raise NotSignedIn("that link works no more: ask for a new one")
    return person


def accept(app: App, token: str, *, name: str, password: str, browser: str) -> SignedIn:
    """Use an invitation: choose a password, sign in, end every other session. Raises NotSignedIn, WeakPassword."""
    now = app.clock()
    asked = invited(app, token)
    kept = hashed(password, about=(asked.email, asked.name, name))
    with app.begin() as tx:
        person = tx.people.use_link(LinkKind.INVITE, token_hash(token), now=now)
        if person is None or not person.active:
            raise NotSignedIn("that link works no more: ask for a new one")
        person = replace(person, name=_own_name(tx, name or person.name, but=person.id), has_password=True)
        tx.people.change(person)
        tx.people.set_password(person.id, kept)
        # Whoever lost the generator gets in by a new invitation, and sets up another one.
        tx.people.set_totp(person.id, key="", pending="")
        # The same for passkeys and other ways in: whoever made them may not be who was invited.
        tx.door.remove_passkeys(person.id)
        tx.people.unlink_subject(person.id)
        tx.devices.forget(person.id)
        tx.people.forget_links(person.id, LinkKind.SIGN_IN)
        tx.people.end_sessions(person.id)
        return enter(tx, person, browser=browser, now=now, how="invitation")


def sign_in(app: App, email: str, password: str, *, client: str, browser: str, code: str = "") -> SignedIn:
    """By address and password, and the code of whoever has set one up. Raises NotSignedIn, the same for every cause,
    and TooManyTries.
    """
    now = app.clock()
    address = email.strip().lower()
    count_try(app, address, client, now=now)
    with app.read() as tx:
        person = tx.people.by_email(address)
        kept = tx.people.password_of(person.id) if person is not None and person.active else ""
    # Outside of any transaction: a hash takes a tenth of a second on purpose.
    right = matches(kept, password)
    if right and person is not None and person.has_totp:
        right = code_is_right(app, person, code, now=now)
    if person is None or not right:
        with app.begin() as tx:
            tx.log("person.refused", person.email if person else "somebody unknown", by="nobody", now=now)
        raise NotSignedIn("address and password do not belong together")
    with app.begin() as tx:
        forgive_try(tx, address, client)
        return enter(tx, person, browser=browser, now=now, how="password")


def who(app: App, token: str) -> tuple[Person, Session]:
    """Whose session a cookie is. Raises NotSignedIn where it is none, too old, or its person has left."""
    with app.read() as tx:
        found = tx.people.session(token_hash(token))
    if found is None or not found[0].active or not found[1].alive(app.clock()):
        raise NotSignedIn("nobody is signed in here")
    return found


def still_here(app: App, session: Session, *, minutes: float = 1.0) -> None:
    """Note that a session is in use, at most once in so many minutes. Only ever for what changes something (P4)."""
    now = app.clock()
    if (now - session.seen_at).total_seconds() >= minutes * 60:
        with app.begin() as tx:
            tx.people.seen(session.id, now=now)


def prove(app: App, person: Person, session: Session, password: str, *, client: str) -> None:
    """Say again who one is, for what needs it. Raises NotSignedIn and TooManyTries."""
    now = app.clock()
    if session.proved(now) and not password:
        return
    count_try(app, person.email, client, now=now)
    with app.read() as tx:
        kept = tx.people.password_of(person.id)
    if not matches(kept, password):
        raise NotSignedIn("that is not your password")
    with app.begin() as tx:
        forgive_try(tx, person.email, client)
        tx.people.seen(session.id, now=now, proved=True)


def sign_out(app: App, person: Person, session: Session) -> None:
    """End this session."""
    end_session(app, person, session.id)


def end_session(app: App, person: Person, session: int) -> bool:
    """End one of a person's own sessions. False where it is not theirs, or over."""
    with app.begin() as tx:
        ended = tx.people.end_sessions(person.id, only=session)
        if ended:
            tx.log("person.signed_out", person.email, by=named(person.email, person.name), now=app.clock())
    return bool(ended)


def end_other_sessions(app: App, person: Person, session: Session) -> int:
    """End every session of a person's own but this one. Returns how many."""
    with app.begin() as tx:
        ended = tx.people.end_sessions(person.id, but=session.id)
        if ended:
            tx.log(
                "person.signed_out", person.email, by=named(person.email, person.name), now=app.clock(),
                detail=f"{ended} other sessions",
            )  # fmt: skip
    return ended


def change_person(app: App, person: int, *, roles: frozenset[Role], newsletters: tuple[str, ...], by: Person) -> Person:
    """What somebody may do from now on; another's sessions end. Raises DigestError where no admin would be left."""
    now = app.clock()
    if not roles:
        raise DigestError("give at least one role, or end the access")
    with app.begin() as tx:
        found = _required(tx, person)
        # One that is configured no more stays theirs while it is ticked: without it they would have all of them.
        strange = [one for one in newsletters if one not in app.newsletters and one not in found.newsletters]
        if strange:
            raise NotFound(f"there is no newsletter {strange[0]!r}; config.yaml has: {', '.join(app.newsletters)}")
        changed = replace(found, roles=roles, newsletters=tuple(newsletters))
        keep_an_admin(tx, changed)
        tx.people.change(changed)
        if person != by.id:
            # Whoever changes their own roles sits in front of it, and has just said so.
            tx.people.end_sessions(person)
        tx.log("person.changed", found.email, by=named(by.email, by.name), now=now, detail=", ".join(sorted(roles)))
    return changed


def choose_language(app: App, person: Person, language: str) -> None:
    """The language of the desk's own words for somebody; empty = as their browser says."""
    with app.begin() as tx:
        tx.people.change(replace(_required(tx, person.id), language=language))


def end_access(app: App, person: int, *, by: str) -> Person:
    """Somebody leaves: their sessions and links end at once. Raises DigestError for the last admin."""
    now = app.clock()
    with app.begin() as tx:
        left = replace(_required(tx, person), left_at=now)
        keep_an_admin(tx, left)
        tx.people.change(left)
        tx.people.end_sessions(person)
        tx.people.forget_links(person)
        tx.door.remove_passkeys(person)
        tx.devices.forget(person)
        tx.log("person.left", left.email, by=by, now=now)
    return left


def give_back(app: App, person: int, *, by: str) -> Person:
    """Take back, within a day, that somebody's access was ended: roles and password are theirs again.

    Sessions, links and passkeys stay ended. Raises DigestError where nothing was ended, or it is longer ago.
    """
    now = app.clock()
    with app.begin() as tx:
        found = _required(tx, person)
        if not may_be_given_back(found, now):
            raise DigestError(f"{found.email}: the access was not ended within the last day; invite them anew")
        back = replace(found, left_at=None)
        tx.people.change(back)
        tx.log("person.given_back", back.email, by=by, now=now, detail=", ".join(sorted(back.roles)))
    return back


def may_be_given_back(person: Person, now: datetime) -> bool:
    """True where somebody's access was ended so lately that it can be given back as it was."""
    return person.left_at is not None and now - person.left_at <= GIVE_BACK_WITHIN


def people_of(app: App) -> tuple[Person, ...]:
    """Everybody, those who left last."""
    with app.read() as tx:
        return tx.people.everybody()


def _required(tx: Tx, person: int) -> Person:
    found = tx.people.get(person)
    if found is None:
        raise NotFound(f"there is no person {person}")
    return found


def _own_name(tx: Tx, name: str, *, but: int) -> str:
    """The name without what nobody sees. Raises DigestError where it is too long, or somebody else's, here or gone."""
    own = seen_of(name)
    if len(own) > LONGEST_NAME:
        raise DigestError(f"a name has at most {LONGEST_NAME} characters, and this one {len(own)}")
    folded = unicodedata.normalize("NFKC", own).casefold()
    others = (one for one in tx.people.everybody() if one.id != but)
    taken = {unicodedata.normalize("NFKC", named(one.email, one.name)).casefold() for one in others}
    if folded and (folded in taken or folded in RESERVED):
        raise DigestError(f"somebody is called {own} in the log already: choose a name that is yours alone")
    return own


def keep_an_admin(tx: Tx, changed: Person) -> None:
    """Raise DigestError where nobody would be an admin after this change."""
    others = (one for one in tx.people.everybody() if one.id != changed.id)
    if not changed.may(Permission.ADMIN) and not any(one.may(Permission.ADMIN) for one in others):
        raise DigestError(f"{changed.email} is the last admin: make somebody else one first")
