"""The second step: codes from an authenticator app (TOTP, RFC 6238); each is taken once."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import pyotp

from digest.model.person import NotSignedIn, Person, named
from digest.ports import App


def begin_totp(app: App, person: Person) -> str:
    """A new key for an authenticator app, shown until it is confirmed: the address that the app reads (otpauth:)."""
    key = pyotp.random_base32()
    with app.begin() as tx:
        kept, _ = tx.people.totp_of(person.id)
        tx.people.set_totp(person.id, key=kept, pending=key)
    return totp_address(key, person)


def totp_address(key: str, person: Person) -> str:
    """What stands in the picture that an app reads."""
    address: str = pyotp.TOTP(key).provisioning_uri(name=person.email, issuer_name="Digest")
    return address


def confirm_totp(app: App, person: Person, code: str) -> None:
    """The app gives right codes: from now on one is asked for. Raises NotSignedIn."""
    now = app.clock()
    with app.begin() as tx:
        _, pending = tx.people.totp_of(person.id)
        step = _step_of(pending, code, now) if pending else 0
        if not step or not tx.people.use_step(person.id, step):
            raise NotSignedIn("that code is not right")
        tx.people.set_totp(person.id, key=pending, pending="")
        tx.log("person.totp_on", person.email, by=named(person.email, person.name), now=now)


def end_totp(app: App, person: Person) -> None:
    """No code is asked for any more."""
    with app.begin() as tx:
        tx.people.set_totp(person.id, key="", pending="")
        tx.log("person.totp_off", person.email, by=named(person.email, person.name), now=app.clock())


def code_is_right(app: App, person: Person, code: str, *, now: datetime) -> bool:
    """True for a code of this half minute, the one before or after, that was not used yet; it is used by this."""
    with app.begin() as tx:
        key, _ = tx.people.totp_of(person.id)
        step = _step_of(key, code, now)
        return bool(step) and tx.people.use_step(person.id, step)


def _step_of(key: str, code: str, now: datetime) -> int:
    """The half minute that a code is of: this one, the one before or after; 0 where it is of none."""
    generator, digits = pyotp.TOTP(key), "".join(code.split())
    for offset in (0, -1, 1):
        at = now + timedelta(seconds=30 * offset)
        if hmac.compare_digest(generator.at(at).encode(), digits.encode()):
            return int(at.timestamp()) // 30
    return 0
