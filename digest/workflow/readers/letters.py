"""Letters: what waits in the queue is written and handed to the provider, one letter a call, each at most once.

A letter is claimed and that is committed, the provider is called with no transaction open, the answer is recorded.
Where no answer comes, or the process dies in between, the letter is doubtful and is not repeated: its reader can ask
again, and no stranger's mailbox gets two (P8). Links are signed when the letter is written, so no token is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model.edition import Edition
from digest.model.errors import DigestError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.letter import Letter
from digest.model.mail import Batch, Receipt, Recipient
from digest.model.newsletter import Newsletter
from digest.ports import App
from digest.workflow.belief import doubted
from digest.workflow.envelopes import letter_envelope
from digest.workflow.trial import require_own
from subscribers.changes import ANSWER_WITHIN, UNDO_WITHIN
from subscribers.letters import WaitingLetter
from subscribers.model import LetterKind, Subscriber
from subscribers.signup import CONFIRM_WITHIN
from subscribers.tokens import Purpose

LEASE = timedelta(minutes=5)
"""How long one provider call may take before its letter is doubtful."""
AT_ONCE = 10
"""Letters claimed in one transaction."""
ROUNDS = 100
"""Transactions of one call, at most: the rest waits for the next one."""
MOST_TRIES = 8
LONGEST_PAUSE = timedelta(hours=1)

EXPORT_WITHIN = timedelta(hours=24)
ERASE_WITHIN = timedelta(hours=24)
_WITHIN = {
    LetterKind.CONFIRM: CONFIRM_WITHIN,
    LetterKind.ADDRESS: ANSWER_WITHIN,
    LetterKind.MOVED: UNDO_WITHIN,
    LetterKind.EXPORT: EXPORT_WITHIN,
    LetterKind.ERASE: ERASE_WITHIN,
}
"""How long the link of a letter works, from when it was asked for. A letter is not sent when that is over."""
_OF_USE = timedelta(hours=24)
"""The same for letters whose links do not end."""
_PURPOSES = {
    LetterKind.CONFIRM: Purpose.CONFIRM,
    LetterKind.ADDRESS: Purpose.CHANGE_ADDRESS,
    LetterKind.MOVED: Purpose.UNDO_CHANGE,
    LetterKind.EXPORT: Purpose.EXPORT,
    LetterKind.ERASE: Purpose.ERASE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of the letters that were due."""

    sent: int = 0
    dropped: int = 0
    later: int = 0
    doubtful: int = 0
    problem: str = ""
    """Why sending stopped, where a person must mend something."""

    def plus(self, other: Posted) -> Posted:
        """Both together."""
        return Posted(
            sent=self.sent + other.sent,
            dropped=self.dropped + other.dropped,
            later=self.later + other.later,
            doubtful=self.doubtful + other.doubtful,
            problem=self.problem or other.problem,
        )


def send_letters(app: App) -> Posted:
    """Send what is due. Safe to call from anywhere and at once: a letter is claimed by one caller only.

    By a clock that is not believed none is sent: it would be dropped as too late. It waits until the clock is set.
    """
    total = Posted()
    if app.letters is None or app.paused() or doubted(app):
        return total
    for _ in range(ROUNDS):
        if app.stopping() or total.problem:
            break
        now = app.clock()
        with app.begin() as tx:
            claimed = tx.audience.claim_letters(owner=app.owner, now=now, lease_until=now + LEASE, limit=AT_ONCE)
        if not claimed:
            break
        for letter in claimed:
            total = total.plus(_give_back(app, letter, total.problem) if total.problem else _send(app, letter))
    return total


class _Pointless(DigestError):
    """What the letter was about is gone, or its time is over."""


def _send(app: App, letter: WaitingLetter) -> Posted:
    try:
        require_own(app, [letter.address])
        batch = letter_batch(app, letter)
    except DigestError as error:
        # Nothing was sent, and nothing would change by trying again.
        return _drop(app, letter, str(error))
    try:
        receipt = app.provider.send(batch)
    except Transient as error:
        return _later(app, letter, str(error), error.retry_after)
    except Unauthorised as error:
        return _give_back(app, letter, str(error)).plus(Posted(problem=str(error)))
    except Permanent as error:
        return _drop(app, letter, str(error))
    except OutcomeUnknown as error:
        return _doubt(app, letter, str(error))
    except Exception as error:  # noqa: BLE001 - a defect in an adapter: somebody may have been mailed
        return _doubt(app, letter, f"{type(error).__name__} in the {app.provider.capabilities.name} provider")
    return _record(app, letter, receipt, batch.recipients[0].delivery)


def _record(app: App, letter: WaitingLetter, receipt: Receipt, key: str) -> Posted:
    if key in receipt.refused:
        return _drop(app, letter, receipt.refused[key])
    if key in receipt.not_sent:
        return _later(app, letter, receipt.note, receipt.retry_after)
    if key in receipt.unknown:
        return _doubt(app, letter, receipt.note)
    with app.begin() as tx:
        tx.audience.letter_sent(letter.id, owner=app.owner, now=app.clock(), message_id=receipt.message_id)
    return Posted(sent=1)


def _drop(app: App, letter: WaitingLetter, why: str) -> Posted:
    with app.begin() as tx:
        tx.audience.letter_dropped(letter.id, owner=app.owner, now=app.clock(), note=why)
    return Posted(dropped=1)


def _doubt(app: App, letter: WaitingLetter, why: str) -> Posted:
    if app.provider.capabilities.idempotent:
        # The same key again leaves one message: nothing to doubt.
        return _later(app, letter, why, None)
    with app.begin() as tx:
        tx.audience.letter_doubted(letter.id, owner=app.owner, now=app.clock(), note=why)
    return Posted(doubtful=1)


def _later(app: App, letter: WaitingLetter, why: str, retry_after: float | None) -> Posted:
    if letter.attempt >= MOST_TRIES:
        return _drop(app, letter, f"given up after {letter.attempt} tries: {why}")
    pause = timedelta(minutes=2.0 ** (letter.attempt - 1)) if retry_after is None else timedelta(seconds=retry_after)
    return _put_back(app, letter, why, min(pause, LONGEST_PAUSE))


def _give_back(app: App, letter: WaitingLetter, why: str) -> Posted:
    """Until a person has mended it: tried again soon, and not counted against the letter's own tries."""
    return _put_back(app, letter, why, timedelta(minutes=5))


def _put_back(app: App, letter: WaitingLetter, why: str, pause: timedelta) -> Posted:
    with app.begin() as tx:
        tx.audience.letter_put_back(letter.id, owner=app.owner, not_before=app.clock() + pause, note=why)
    return Posted(later=1)


def letter_batch(app: App, letter: WaitingLetter) -> Batch:
    """The provider call of one letter. Raises DigestError where it cannot or need not be written."""
    if app.letters is None:
        raise _Pointless("nobody writes letters here")
    until = letter.queued_at + _WITHIN.get(letter.kind, _OF_USE)
    if app.clock() >= until:
        raise _Pointless("it came too late: what it asks for is over")
    reader, newsletter, latest = _around(app, letter)
    values, leave = _values(app, letter, reader, newsletter, until)
    written = app.letters.write(
        Letter(kind=letter.kind, language=reader.language or newsletter.language, values=values),
        newsletter,
        latest=latest,
        view_url=app.links.view(latest.id) if latest else "",
    )
    return Batch(
        chunk=f"letter-{letter.id}.{letter.attempt}",
        envelope=letter_envelope(app, newsletter, letter.queued_at),
        rendered=written,
        recipients=(
            # Without a name: a name is what a stranger typed.
            Recipient(
                delivery=app.links.letter_key(letter.id), email=letter.address, name="", slots={}, unsubscribe_url=leave
            ),
        ),
    )


def _around(app: App, letter: WaitingLetter) -> tuple[Subscriber, Newsletter, Edition | None]:
    with app.read() as tx:
        reader = tx.audience.reader(letter.subscriber_id)
        mail_list = tx.audience.list_by_id(letter.list_id) if letter.list_id is not None else None
        slug = mail_list.slug if mail_list else None
        newsletter = next((one for one in app.newsletters.values() if one.list == slug), None)
        newsletter = newsletter or next(iter(app.newsletters.values()))
        latest: tuple[Edition, ...] = ()
        if letter.kind is LetterKind.WELCOME:
            latest = tx.archive.shown((newsletter.slug,), before=date.max, limit=1)
    if reader is None or reader.erased_at is not None:
        raise _Pointless("its reader is gone")
    return reader, newsletter, latest[0] if latest else None


def _values(
    app: App, letter: WaitingLetter, reader: Subscriber, newsletter: Newsletter, until: datetime
) -> tuple[dict[str, str], str]:
    """The values that this kind takes, and the one-click address where its reader is on a list."""
    purpose = _PURPOSES.get(letter.kind)
    if purpose is not None:
        about = letter.change_id if letter.change_id is not None else letter.list_id or 0
        if purpose in (Purpose.EXPORT, Purpose.ERASE):
            about = 0
        values = {"url": app.links.ending(purpose, reader.id, about, reader.link_version, until)}
        within = _WITHIN[letter.kind]
        if letter.kind is LetterKind.MOVED:
            return values | {"days": str(within.days)}, ""
        return values | {"hours": str(int(within.total_seconds()) // 3600)}, ""
    if letter.kind is LetterKind.GOODBYE:
        return {"url": app.links.subscribe(newsletter.slug)}, ""
    if letter.list_id is None:
        raise _Pointless("it names no list")
    leave = app.links.unsubscribe(reader.id, letter.list_id, reader.link_version)
    own = app.links.preferences(reader.id, letter.list_id, reader.link_version)
    return {"preferences": own, "unsubscribe": leave}, leave
