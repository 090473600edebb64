"""Readers as programs change them: add, change, subscribe by the list's own rule, enrol, unsubscribe, suppress, erase.

Nothing here goes round what readers may rely on. A double opt-in list asks the mailbox first, the limits of letters
hold, nobody who left or was erased is revived, and a reader's own unsubscribe is taken back by the reader alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.model.errors import DigestError, NotFound
from digest.ports import App, Tx
from digest.workflow.readers import erasing
from digest.workflow.readers.signup import rule_for
from subscribers.address import AddressError, EmailAddress, parse_address, parse_domain
from subscribers.attributes import AttributeType, checked_value
from subscribers.consent import Basis
from subscribers.model import (
    ATTRIBUTE_NAME,
    OWN_NAMES,
    UNWANTED,
    AttributeValue,
    MailList,
    Preferences,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.paging import Suppression
from subscribers.signup import Applicant, SignUp
from subscribers.transfer.rows import read_language, read_timezone

_LONGEST_TEXT = 1_000
_LONGEST_NOTE = 500


class Unfit(DigestError):
    """A value that cannot be taken. `place` names the field it stands in."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class NotWanted(DigestError):
    """It is understood, and a rule forbids it: the message names the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a reader besides the address. None = as it was; an attribute of None goes."""

    name: str | None = None
    language: str | None = None
    """A language tag, or empty for the newsletter's own."""
    timezone: str | None = None
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict)

    @property
    def says_nothing(self) -> bool:
        """True where it changes nothing."""
        return self.name is None and self.language is None and self.timezone is None and not self.attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A reader who is there now, and whether they are new."""

    reader: Subscriber
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A reader on a list, and whether that is news."""

    subscriber: int
    state: SubscriptionState
    changed: bool
    why: str = ""
    """Why nothing changed, in words."""


def address_of(text: str, *, place: str = "email") -> EmailAddress:
    """The address that was written. Raises Unfit."""
    try:
        return parse_address(text, allow_reserved=True)
    except AddressError as error:
        raise Unfit(place, str(error)) from error


def put_reader(app: App, email: str, profile: Profile, *, by: str) -> Put:
    """The reader with this address, made if need be and changed as said. On no list by it. Raises Unfit, NotWanted."""
    now = app.clock()
    address = address_of(email)
    with app.begin() as tx:
        found = tx.readership.at(address)
        if found is None:
            _refuse_erased(app, tx, address)
        reader = found or tx.readership.add(address, now=now)
        _change(tx, reader.id, _fit_profile(tx, profile), now)
        if found is None:
            tx.log("reader.added", str(reader.id), by=by, now=now)
        elif not profile.says_nothing:
            tx.log("reader.changed", str(reader.id), by=by, now=now)
        reader = tx.audience.reader(reader.id) or reader
    return Put(reader=reader, created=found is None)


def change_reader(app: App, subscriber: int, profile: Profile, *, by: str) -> None:
    """Change what is known of a reader. Raises NotFound, Unfit."""
    now = app.clock()
    with app.begin() as tx:
        _require(tx, subscriber)
        if not profile.says_nothing:
            _change(tx, subscriber, _fit_profile(tx, profile), now)
            tx.log("reader.changed", str(subscriber), by=by, now=now)


def choose_for(app: App, subscriber: int, mail_list: MailList, wanted: Preferences, *, by: str) -> None:
    """A reader's choices for a list, all of them. Raises NotFound where there is no live subscription, Unfit."""
    now = app.clock()
    _check_wishes(app, mail_list, wanted)
    with app.begin() as tx:
        if not tx.audience.choose(subscriber, mail_list.id, wanted, now=now):
            raise NotFound(f"reader {subscriber} has no live subscription to {mail_list.slug}")
        tx.log("reader.chose", str(subscriber), by=by, now=now, detail=mail_list.slug)


def subscribe(
    app: App, mail_list: MailList, email: str, profile: Profile, wanted: Preferences | None, *, basis: Basis, by: str
) -> tuple[SignUp, int | None]:
    """Take a sign-up as our own form does: by the list's rule, with its one letter, within the limits.

    Who left this list or all of them, or was erased, is asked by mail even where the list asks nobody else: a program
    cannot say for them that they are back. Returns what came of it, and the reader's id where there is one. A program
    is trusted with its own count: the limits of an address and of all hold, that of a single client does not.
    Raises Unfit, NotWanted.
    """
    now = app.clock()
    _refuse_archived(mail_list)
    address = address_of(email)
    basis = _fit(basis)
    if wanted is not None:
        _check_wishes(app, mail_list, wanted)
    asker = replace(app.asks.by(by), limits=replace(app.asks.limits, per_client=app.asks.limits.in_all))
    with app.begin() as tx:
        # Before anybody is looked up: the same refusal whether the address is known or not.
        profile = _fit_profile(tx, profile)
        applicant = Applicant(
            address=address, language=profile.language or "", timezone=profile.timezone or "", preferences=wanted
        )
        before = tx.readership.at(address)
        rule = rule_for(app, tx, address, mail_list)
        came = tx.audience.sign_up(rule, applicant, asker, basis=basis, now=now)
        reader = tx.readership.at(address)
        if reader is not None and before is None:
            # Only of somebody new: a stranger's sign-up must not write over what a reader has chosen.
            _change(tx, reader.id, replace(profile, language=None, timezone=None), now)
        tx.log("reader.subscribed", str(reader.id) if reader else "nobody", by=by, now=now,
               detail=f"{mail_list.slug}: {came}")  # fmt: skip
    return came, reader.id if reader else None


def enrol(
    app: App, mail_list: MailList, email: str, profile: Profile, wanted: Preferences | None, *, basis: Basis, by: str
) -> Enrolled:
    """Add somebody who agreed elsewhere, with the evidence. Nobody who left, was suppressed or erased is revived.

    Raises Unfit, NotWanted.
    """
    now = app.clock()
    _refuse_archived(mail_list)
    address = address_of(email)
    basis = _fit(basis)
    if not basis.evidence:
        raise Unfit("evidence", "say how this person agreed, so that it can be shown later")
    if wanted is not None:
        _check_wishes(app, mail_list, wanted)
    with app.begin() as tx:
        # Before anybody is looked up: the same refusal whether the address is known or not.
        profile = _fit_profile(tx, profile)
        found = tx.readership.at(address)
        # Of somebody known as well: the sign-up that waits for its confirmation may be a stranger's.
        _refuse_erased(app, tx, address)
        kept_back = tx.readership.kept_back(address, mail_list.id, erasure_key=app.asks.erasure_key)
        if kept_back:
            reasons = ", ".join(sorted(kept_back))
            raise NotWanted(f"the address is suppressed ({reasons}); lift that first, if it is a mistake")
        reader = found or tx.readership.add(address, now=now)
        if found is None:
            _change(tx, reader.id, profile, now)
        state, changed = tx.readership.enrol(reader.id, mail_list.id, basis=basis, now=now, preferences=wanted)
        if state is None:
            raise NotWanted("the reader left every list, and comes back by their own sign-up only")
        if changed:
            tx.log("reader.enrolled", str(reader.id), by=by, now=now, detail=mail_list.slug)
    return Enrolled(subscriber=reader.id, state=state, changed=changed, why="" if changed else _UNCHANGED[state])


_UNCHANGED = {
    SubscriptionState.ACTIVE: "on the list already",
    SubscriptionState.PENDING: "was asked, and has not confirmed yet",
    SubscriptionState.ENDED: "left the list, and comes back by their own sign-up only",
}


def unsubscribe_reader(app: App, subscriber: int, mail_list: MailList, *, by: str, reason: str = "") -> bool:
    """The reader leaves the list at once (P3). True where it changed anything. Raises NotFound."""
    now = app.clock()
    with app.begin() as tx:
        _require(tx, subscriber)
        basis = Basis(method="api", evidence=(reason or by)[:_LONGEST_NOTE])
        changed = tx.audience.unsubscribe(subscriber, mail_list.id, now=now, basis=basis)
        if changed:
            tx.log("reader.unsubscribed", str(subscriber), by=by, now=now, detail=mail_list.slug)
    return changed


def erase_reader(app: App, subscriber: int, *, by: str) -> None:
    """Forget a reader for good; a keyed hash stays, so that no program brings the address back. Raises NotFound."""
    with app.read() as tx:
        _require(tx, subscriber)
    erasing.erase_reader(app, subscriber, by=by)


def suppress_address(app: App, who: str, *, mail_list: MailList | None, note: str, by: str) -> tuple[Suppression, bool]:
    """Keep mail back from an address or an `@domain`; True where it is news. Raises Unfit."""
    now = app.clock()
    reason = SuppressionReason.DOMAIN if who.startswith("@") else SuppressionReason.MANUAL
    with app.begin() as tx:
        found, news = tx.readership.suppress(
            suppression_key(who),
            reason,
            list_id=mail_list.id if mail_list else None,
            now=now,
            note=_text(note, "note", _LONGEST_NOTE),
        )
        if news:
            tx.log("address.suppressed", f"suppression {found.id}", by=by, now=now, detail=reason)
    return found, news


def lift_suppression(app: App, found: Suppression, *, by: str) -> None:
    """Take a suppression back. Raises NotWanted for a reader's own unsubscribe, NotFound where it is gone."""
    if found.reason is SuppressionReason.UNSUBSCRIBED:
        raise NotWanted("a reader's own unsubscribe is taken back by the reader alone, by signing up again")
    now = app.clock()
    with app.begin() as tx:
        if not tx.readership.lift(found):
            raise NotFound("that suppression is gone")
        tx.log("address.allowed", f"suppression {found.id}", by=by, now=now, detail=found.reason)


def suppression_key(who: str) -> str:
    """What a suppression of this address or `@domain` is kept under. Raises Unfit."""
    if not who.startswith("@"):
        return address_of(who, place="who").fold_key
    try:
        return f"@{parse_domain(who, allow_reserved=True)}"
    except AddressError as error:
        raise Unfit("who", str(error)) from error


def _require(tx: Tx, subscriber: int) -> Subscriber:
    found = tx.audience.reader(subscriber)
    if found is None or found.erased_at is not None:
        raise NotFound(f"there is no reader {subscriber}")
    return found


def _refuse_archived(mail_list: MailList) -> None:
    if mail_list.archived_at is not None:
        raise NotWanted(f"the list {mail_list.slug} is archived: nobody joins it any more")


def _refuse_erased(app: App, tx: Tx, address: EmailAddress) -> None:
    if tx.readership.was_erased(address, erasure_key=app.asks.erasure_key):
        raise NotWanted("the address was erased, and comes back by its owner's own sign-up only")


def _fit_profile(tx: Tx, profile: Profile) -> Profile:
    """The same as it is stored. Raises Unfit."""
    return Profile(
        name=None if profile.name is None else _text(profile.name, "name", 200),
        language=None if profile.language is None else _language(profile.language),
        timezone=None if profile.timezone is None else _timezone(profile.timezone),
        attributes=_attributes(tx, profile.attributes),
    )


def _change(tx: Tx, subscriber: int, profile: Profile, now: datetime) -> None:
    if profile.says_nothing:
        return
    tx.readership.change(
        subscriber,
        now=now,
        name=profile.name,
        language=profile.language,
        timezone=profile.timezone,
        attributes=profile.attributes,
    )


def _attributes(tx: Tx, given: Mapping[str, AttributeValue | None]) -> Mapping[str, AttributeValue | None]:
    if not given:
        return {}
    declared = tx.readership.attribute_types()
    taken: dict[str, AttributeValue | None] = {}
    for name, value in given.items():
        place = f"attributes.{name[:40]}"
        if not ATTRIBUTE_NAME.fullmatch(name):
            raise Unfit(place, "use a-z, 0-9 and _, up to 40, a letter first")
        if name in OWN_NAMES and value is not None:
            raise Unfit(place, "that is a field of the reader's own; take another name")
        try:
            taken[name] = None if value is None else _typed(declared, name, value)
        except ValueError as error:
            raise Unfit(place, str(error)) from error
    return taken


def _typed(declared: Mapping[str, AttributeType], name: str, value: AttributeValue) -> AttributeValue:
    if name in declared:
        return checked_value(declared[name], value)
    if isinstance(value, str):
        return _text(value, f"attributes.{name}", _LONGEST_TEXT)
    if not isinstance(value, bool) and not -(2**53) <= value <= 2**53:
        raise ValueError("the number is out of range: use -2^53 to 2^53")
    return value


def _language(text: str) -> str:
    try:
        return read_language(text) if text else ""
    except ValueError as error:
        raise Unfit("language", str(error)) from error


def _timezone(text: str) -> str:
    try:
        return read_timezone(text) if text else ""
    except ValueError as error:
        raise Unfit("timezone", str(error)) from error


def _text(text: str, place: str, longest: int) -> str:
    if UNWANTED.search(text):
        raise Unfit(place, "a control character in the text")
    if len(text) > longest:
        raise Unfit(place, f"longer than {longest} characters")
    return text.strip()


def _fit(basis: Basis) -> Basis:
    """What is said of a consent is kept for years: no control characters, no blanks around it."""
    return replace(
        basis,
        wording_version=_text(basis.wording_version, "wording", 40),
        evidence=_text(basis.evidence, "evidence", _LONGEST_NOTE),
    )


def _check_wishes(app: App, mail_list: MailList, wanted: Preferences) -> None:
    """Sections are those of the newsletters that go to the list; where none does, any will do.

    So are days: who would take editions of days on which none comes would get nothing for ever.
    """
    homes = [one for one in app.newsletters.values() if one.list == mail_list.slug]
    known = {section.slug for one in homes for section in one.sections}
    strange = [slug for slug in wanted.sections if known and slug not in known]
    if strange:
        raise Unfit("sections", f"there is no section {strange[0]!r}; use {', '.join(sorted(known))}")
    if homes and not any(one.schedule.brings(wanted.frequency) for one in homes):
        raise Unfit("frequency", f"{wanted.frequency}: no edition of {mail_list.slug} comes on such days")
