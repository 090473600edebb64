"""Sign-in links by mail: asked for by a browser, mailed to somebody who works here, used once by that same browser.

The link is bound to the browser that asked, by a cookie. Opened elsewhere it does nothing, and shows no code to be
read out: whoever asks for a link in another's name would only have to ring them up for it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from digest.model.door import LetterEnd, PersonLetter
from digest.model.errors import DigestError, OutcomeUnknown, Permanent, Transient
from digest.model.letter import DeskLetter, Letter
from digest.model.mail import Batch, Recipient
from digest.model.person import LINK_LIFE, LinkKind, NotSignedIn, Person, limit_key
from digest.ports import App
from digest.workflow.envelopes import letter_envelope
from digest.workflow.readers.letters import Posted
from digest.workflow.staff.entering import SignedIn, count_try, enter, token_hash
from digest.workflow.staff.second_step import code_is_right

MOST_TRIES = 4
PAUSES_SECONDS = (30, 120, 300)
"""After the first, second, third try that came to nothing for now."""


def count_ask(app: App, email: str, *, client: str) -> None:
    """Count that somebody asks for a link. The same whoever works here. Raises TooManyTries."""
    count_try(app, email.strip().lower(), client, now=app.clock())


def queue_link(app: App, email: str, *, browser_token: str) -> bool:
    """Put a link for this browser into the queue; False where there is nobody to mail, or enough was mailed.

    Done after the answer, so that neither its words nor its time say who works here.
    """
    now = app.clock()
    address = email.strip().lower()
    with app.begin() as tx:
        person = tx.people.by_email(address)
        # At most three mails, then one in ten minutes: nobody's mailbox is filled by us (P8).
        if (
            person is None
            or not person.active
            or tx.people.try_once(limit_key("mail", address), burst=3, every=600, now=now)
        ):
            return False
        tx.door.queue_letter(person.id, browser_hash=token_hash(browser_token), now=now)
    return True


def send_links(app: App) -> Posted:
    """Mail what waits, each at most once. Safe to call from anywhere and at once."""
    total = Posted()
    if app.letters is None or app.paused():
        return total
    while not app.stopping():
        with app.begin() as tx:
            letter = tx.door.claim_letter(now=app.clock())
        if letter is None:
            break
        total = total.plus(_send(app, letter))
    return total


def link_person(app: App, token: str, *, browser_token: str) -> Person:
    """Whose link it is, for the browser that asked for it. Uses nothing up. Raises NotSignedIn."""
    with app.read() as tx:
        person = tx.people.link(
            LinkKind.SIGN_IN, token_hash(token), now=app.clock(), browser_hash=token_hash(browser_token)
        )
    if person is None or not person.active:
        raise NotSignedIn(WORKS_NO_MORE)
    return person


def sign_in_by_link(app: App, token: str, *, browser_token: str, client: str, browser: str, code: str = "") -> SignedIn:
    """Use a link, with a code of the generator where one is set up: a wrong code leaves the link as it is.

    Raises NotSignedIn and TooManyTries.
    """
    now = app.clock()
    asked = link_person(app, token, browser_token=browser_token)
    if asked.has_totp:
        count_try(app, asked.email, client, now=now)
        if not code_is_right(app, asked, code, now=now):
            raise NotSignedIn("that code is not right")
    with app.begin() as tx:
        person = tx.people.use_link(
            LinkKind.SIGN_IN, token_hash(token), now=now, browser_hash=token_hash(browser_token)
        )
        if person is None or not person.active:
            raise NotSignedIn(WORKS_NO_MORE)
        return enter(tx, person, browser=browser, now=now, how="link")


WORKS_NO_MORE = "that link works no more, or was asked for by another browser"


def _send(app: App, letter: PersonLetter) -> Posted:
    """One letter that is claimed: its link is made now, and only its hash is kept."""
    try:
        batch = _batch(app, letter)
    except DigestError as error:
        return _settle(app, letter, LetterEnd.DROPPED, str(error))
    try:
        receipt = app.provider.send(batch)
    except Transient as error:
        return _later(app, letter, str(error))
    except Permanent as error:
        return _settle(app, letter, LetterEnd.DROPPED, str(error))
    except OutcomeUnknown as error:
        return _settle(app, letter, LetterEnd.DOUBTFUL, str(error))
    except Exception as error:  # noqa: BLE001 - a defect in an adapter: it may have been mailed
        return _settle(app, letter, LetterEnd.DOUBTFUL, type(error).__name__)
    key = batch.recipients[0].delivery
    if key in receipt.not_sent:
        return _later(app, letter, receipt.note)
    if key in receipt.refused:
        return _settle(app, letter, LetterEnd.DROPPED, receipt.refused[key])
    return _settle(app, letter, LetterEnd.DOUBTFUL if key in receipt.unknown else LetterEnd.SENT, "")


def _batch(app: App, letter: PersonLetter) -> Batch:
    until = letter.queued_at + LINK_LIFE[LinkKind.SIGN_IN]
    if app.letters is None or app.clock() >= until:
        raise DigestError("it came too late: the link would be over")
    newsletter = next(iter(app.newsletters.values()))
    token = secrets.token_urlsafe(32)
    with app.begin() as tx:
        person = tx.people.get(letter.person)
        if person is None or not person.active:
            raise DigestError("they have left")
        tx.people.add_link(
            person.id, LinkKind.SIGN_IN, token_hash(token), expires_at=until, browser_hash=letter.browser_hash
        )
    url = f"{app.help_url.rstrip('/')}/desk/link/{token}"
    written = app.letters.write(
        Letter(kind=DeskLetter.SIGN_IN, language=person.language or newsletter.language, values={"url": url}),
        newsletter,
    )
    key = f"desk{letter.id}x{letter.attempt}"
    return Batch(
        chunk=key,
        envelope=letter_envelope(app, newsletter, letter.queued_at),
        rendered=written,
        recipients=(Recipient(delivery=key, email=person.email, name="", slots={}, unsubscribe_url=""),),
    )


def _later(app: App, letter: PersonLetter, why: str) -> Posted:
    if letter.attempt >= MOST_TRIES:
        return _settle(app, letter, LetterEnd.DROPPED, why)
    pause = timedelta(seconds=PAUSES_SECONDS[letter.attempt - 1])
    with app.begin() as tx:
        tx.door.put_letter_back(letter.id, not_before=app.clock() + pause, note=why)
    return Posted(later=1)


def _settle(app: App, letter: PersonLetter, end: LetterEnd, note: str) -> Posted:
    with app.begin() as tx:
        tx.door.settle_letter(letter.id, end, now=app.clock(), note=note)
    return Posted(
        sent=int(end is LetterEnd.SENT),
        dropped=int(end is LetterEnd.DROPPED),
        doubtful=int(end is LetterEnd.DOUBTFUL),
    )
