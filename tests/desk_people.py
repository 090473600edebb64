"""People of the desk for tests: added straight to the database, for a real password hash takes its time."""

from __future__ import annotations

import hashlib
from functools import cache

from digest.model.person import Person as Person
from digest.model.person import Role
from digest.ports import App
from digest.workflow.staff.entering import SignedIn
from digest.workflow.staff.passwords import hashed

PASSWORD = "four words make sense"


@cache
def kept() -> str:
    """The hash of PASSWORD, made once."""
    return hashed(PASSWORD)


def signed_in(
    app: App,
    *roles: Role,
    email: str = "ann@desk.example",
    name: str = "Ann Lee",
    newsletters: tuple[str, ...] = (),
    language: str = "",
) -> SignedIn:
    """Somebody of these roles (admin, unless named) with PASSWORD, and a session of theirs."""
    now = app.clock()
    token = f"the session of {email}"
    wanted = Person(
        id=0, email=email, name=name, roles=frozenset(roles or {Role.ADMIN}),
        newsletters=newsletters, language=language, created_at=now,
    )  # fmt: skip
    with app.begin() as tx:
        person = tx.people.add(wanted)
        tx.people.set_password(person.id, kept())
        session = tx.people.open_session(
            person.id, hashlib.sha256(token.encode()).digest(), browser="Firefox on Linux", now=now
        )
    return SignedIn(person=person, session=session, token=token)
