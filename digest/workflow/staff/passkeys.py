"""Passkeys (WebAuthn Level 3): register one, sign in by one, prove by one who one is; forget and name them.

User verification is always required: the authenticator has asked for a finger, a face or its own code. So a passkey
is two factors at once, and no code from an authenticator app is asked for besides. Each challenge is random, kept by
us, for one browser, for ten minutes, and used once.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from digest.model.door import Passkey, Step, StepKind
from digest.model.errors import DigestError, Lost, NotFound
from digest.model.person import NotSignedIn, Person, Session, TooManyTries, limit_key, named
from digest.ports import App
from digest.workflow.staff.entering import SignedIn, enter, token_hash

MOST = 20
"""Passkeys of one person."""
_LONGEST_NAME = 60
_LONGEST_ANSWER = 20_000
_REFUSED = "that passkey is not known here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who we are to authenticators: they sign for this name and this origin only, so no other site can ask them."""

    id: str
    """A host name: passkeys are bound to it, and end with it."""
    origin: str


def party_of(base_url: str) -> Party | None:
    """From where we are reached; None where browsers offer no passkeys: without https, or by a bare number."""
    found = urlsplit(base_url)
    host = found.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if found.scheme == "https" or host == "localhost":
            return Party(id=host, origin=f"{found.scheme}://{found.netloc}".lower())
    return None


def begin_registration(app: App, party: Party, person: Person, *, browser_token: str) -> str:
    """What the browser asks the authenticator to make, as JSON."""
    with app.read() as tx:
        known = tx.door.passkeys_of(person.id)
    if len(known) >= MOST:
        raise DigestError(f"you have {MOST} passkeys: remove one first")
    import webauthn
    from webauthn.helpers import structs

    challenge = secrets.token_bytes(32)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="Digest",
        user_id=_handle(person.id),
        user_name=person.email,
        user_display_name=named(person.email, person.name),
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    _begin(app, StepKind.REGISTER, person.id, challenge, browser_token)
    return webauthn.options_to_json(options)


def register(app: App, party: Party, person: Person, answer: str, *, name: str, browser_token: str) -> None:
    """Keep what the authenticator made. Raises NotSignedIn where it does not fit what we asked for."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    now = app.clock()
    challenge = _challenge(app, StepKind.REGISTER, browser_token, person=person.id)
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError) as error:
        raise NotSignedIn(_REFUSED) from error
    passkey = Passkey(
        id=0, person=person.id, credential_id=made.credential_id, public_key=made.credential_public_key,
        sign_count=made.sign_count, name=_name(name), created_at=now,
    )  # fmt: skip
    try:
        with app.begin() as tx:
            tx.door.add_passkey(passkey)
            tx.log(
                "person.passkey_added", person.email, by=named(person.email, person.name), now=now, detail=passkey.name
            )
    except Lost as error:
        raise NotSignedIn(_REFUSED) from error


def begin_use(app: App, party: Party, *, browser_token: str, client: str) -> str:
    """What the browser asks an authenticator to sign, as JSON: any of its passkeys for us. Raises TooManyTries."""
    with app.begin() as tx:
        wait = tx.people.try_once(limit_key("passkey", client), burst=20, every=15, now=app.clock())
    if wait:
        raise TooManyTries(wait)
    import webauthn
    from webauthn.helpers import structs

    challenge = secrets.token_bytes(32)
    options = webauthn.generate_authentication_options(
        rp_id=party.id, challenge=challenge, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    _begin(app, StepKind.PASSKEY, None, challenge, browser_token)
    return webauthn.options_to_json(options)


def sign_in_by_passkey(app: App, party: Party, answer: str, *, browser_token: str, browser: str) -> SignedIn:
    """Let in whoever's passkey signed our challenge. Raises NotSignedIn, the same for every cause."""
    now = app.clock()
    person = _owner(app, party, answer, browser_token=browser_token, now=now)
    with app.begin() as tx:
        return enter(tx, person, browser=browser, now=now, how="passkey")


def prove_by_passkey(
    app: App, party: Party, person: Person, session: Session, answer: str, *, browser_token: str
) -> None:
    """Say again who one is, by a passkey of one's own. Raises NotSignedIn."""
    now = app.clock()
    owner = _owner(app, party, answer, browser_token=browser_token, now=now)
    if owner.id != person.id:
        raise NotSignedIn(_REFUSED)
    with app.begin() as tx:
        tx.people.seen(session.id, now=now, proved=True)


def passkeys_of(app: App, person: Person) -> tuple[Passkey, ...]:
    """Somebody's own, oldest first."""
    with app.read() as tx:
        return tx.door.passkeys_of(person.id)


def remove_passkey(app: App, person: Person, passkey: int) -> None:
    """Forget one of one's own. Raises NotFound where it is none."""
    with app.begin() as tx:
        if not tx.door.remove_passkeys(person.id, only=passkey):
            raise NotFound("there is no such passkey")
        tx.log("person.passkey_removed", person.email, by=named(person.email, person.name), now=app.clock())


def rename_passkey(app: App, person: Person, passkey: int, name: str) -> None:
    """Call one of one's own by another name. Raises NotFound where it is none."""
    with app.begin() as tx:
        if not tx.door.name_passkey(person.id, passkey, _name(name)):
            raise NotFound("there is no such passkey")


def _owner(app: App, party: Party, answer: str, *, browser_token: str, now: datetime) -> Person:
    """Whose passkey signed; its counter has gone on."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _challenge(app, StepKind.PASSKEY, browser_token, person=None)
    try:
        told = _read(answer)
        credential_id = _bytes(str(told["rawId"]))
        with app.read() as tx:
            passkey = tx.door.passkey(credential_id)
            person = tx.people.get(passkey.person) if passkey is not None else None
        if passkey is None or person is None or not person.active:
            raise NotSignedIn(_REFUSED)
        if told["response"].get("userHandle") not in (None, _words(_handle(person.id))):
            raise NotSignedIn(_REFUSED)
        used = webauthn.verify_authentication_response(
            credential=told,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            # The counter is compared below, where what it says can be written down.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotSignedIn(_REFUSED) from error
    # One that counts must have counted on: otherwise two authenticators hold the same key (WebAuthn 6.1.1).
    counts = bool(used.new_sign_count or passkey.sign_count)
    with app.begin() as tx:
        good = not counts or used.new_sign_count > passkey.sign_count
        good = good and tx.door.count_passkey(passkey, used.new_sign_count, now=now)
        if not good:
            tx.log("person.passkey_copied", person.email, by="nobody", now=now, detail=passkey.name)
    if not good:
        raise NotSignedIn(_REFUSED)
    return person


def _begin(app: App, kind: StepKind, person: int | None, challenge: bytes, browser_token: str) -> None:
    step = Step(kind=kind, person=person, secret={"challenge": _words(challenge)})
    with app.begin() as tx:
        tx.door.begin_step(token_hash(browser_token), step, now=app.clock())


def _challenge(app: App, kind: StepKind, browser_token: str, *, person: int | None) -> bytes:
    """The challenge that this browser was given; it is used up."""
    with app.begin() as tx:
        step = tx.door.end_step(token_hash(browser_token), kind, now=app.clock())
    if step is None or step.person != person:
        raise NotSignedIn(_REFUSED)
    return _bytes(step.secret["challenge"])


def _read(answer: str) -> dict[str, Any]:
    """The authenticator's answer, as the browser wrote it down. Raises ValueError."""
    told = json.loads(answer) if len(answer) <= _LONGEST_ANSWER else None
    if not isinstance(told, dict) or not isinstance(told.get("response"), dict):
        raise ValueError("no answer of an authenticator")
    return told


def _handle(person: int) -> bytes:
    """How an authenticator knows a person of ours: by a number, which says nothing to anybody else."""
    return f"person-{person}".encode()


def _name(name: str) -> str:
    return " ".join(name.split())[:_LONGEST_NAME] or "passkey"


def _bytes(words: str) -> bytes:
    """base64url without padding, as WebAuthn writes it. Raises ValueError."""
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


def _words(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
