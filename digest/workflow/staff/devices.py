"""Devices: whoever signs in with a browser that is new to them is told by mail, in case it was not them (T29)."""

from __future__ import annotations

import re
from datetime import timedelta

from digest.model.door import Notice
from digest.model.errors import DigestError, OutcomeUnknown, Permanent, Transient
from digest.model.letter import DeskLetter, Letter
from digest.model.mail import Batch, Recipient
from digest.model.person import Person, limit_key, named
from digest.ports import App
from digest.workflow.envelopes import letter_envelope
from digest.workflow.readers.letters import Posted
from digest.workflow.staff.entering import token_hash

MOST_TRIES = 4
PAUSES_SECONDS = (30, 300, 1800)
"""After the first, second, third try that came to nothing for now."""
UNKNOWN = "?"
"""A browser or system that does not say what it is."""
# Chromium's children name it, and it names Safari: the first one that fits.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
             ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def note_device(app: App, person: Person, device_token: str, *, browser: str, invited: bool = False) -> bool:
    """Remember the browser that somebody has signed in with. True where a letter about it waits now.

    Whoever comes by an invitation is told nothing: every browser was forgotten with it, and the link was theirs.
    """
    now = app.clock()
    with app.begin() as tx:
        if tx.devices.seen(person.id, token_hash(device_token), now=now) or invited:
            return False
        what = browser_named(browser)
        tx.log("person.new_device", person.email, by=named(person.email, person.name), now=now, detail=what)
        # At most five mails, then one in ten minutes: the log says the rest.
        if tx.people.try_once(limit_key("notice", str(person.id)), burst=5, every=600, now=now):
            return False
        tx.devices.queue(Notice(id=0, person=person.id, browser=what, at=now, attempt=0), not_before=now)
    return True


def browser_named(agent: str) -> str:
    """Browser and system of a User-Agent, in words of ours: what stands in it is the browser's own to choose."""
    name = next((name for mark, name in _BROWSERS if mark in agent), UNKNOWN)
    system = next((name for mark, name in _SYSTEMS if re.search(rf"\b{re.escape(mark)}", agent)), UNKNOWN)
    return f"{name}, {system}"


def send_notices(app: App) -> Posted:
    """Mail what waits, each at most once. Safe to call from anywhere and at once."""
    total = Posted()
    if app.letters is None or app.paused():
        return total
    while not app.stopping():
        with app.begin() as tx:
            notice = tx.devices.claim(now=app.clock())
        if notice is None:
            break
        total = total.plus(_send(app, notice))
    return total


def _send(app: App, notice: Notice) -> Posted:
    try:
        batch = _batch(app, notice)
        receipt = app.provider.send(batch)
    except Transient:
        return _later(app, notice)
    except OutcomeUnknown:
        return Posted(doubtful=1)
    except (Permanent, DigestError):
        return Posted(dropped=1)
    except Exception:  # noqa: BLE001 - a defect in an adapter: it may have been mailed
        return Posted(doubtful=1)
    key = batch.recipients[0].delivery
    if key in receipt.not_sent:
        return _later(app, notice)
    return Posted(dropped=1) if key in receipt.refused else Posted(sent=1)


def _batch(app: App, notice: Notice) -> Batch:
    newsletter = next(iter(app.newsletters.values()))
    with app.read() as tx:
        person = tx.people.get(notice.person)
    if person is None or not person.active or app.letters is None:
        raise DigestError("they have left")
    values = {
        "url": f"{app.help_url.rstrip('/')}/desk/me",
        "browser": notice.browser,
        "time": f"{notice.at:%Y-%m-%d %H:%M} UTC",
    }
    language = person.language or newsletter.language
    written = app.letters.write(Letter(kind=DeskLetter.DEVICE, language=language, values=values), newsletter)
    key = f"device{notice.id}x{notice.attempt}"
    return Batch(
        chunk=key,
        envelope=letter_envelope(app, newsletter, notice.at),
        rendered=written,
        recipients=(Recipient(delivery=key, email=person.email, name="", slots={}, unsubscribe_url=""),),
    )


def _later(app: App, notice: Notice) -> Posted:
    if notice.attempt >= MOST_TRIES:
        return Posted(dropped=1)
    pause = timedelta(seconds=PAUSES_SECONDS[notice.attempt - 1])
    with app.begin() as tx:
        tx.devices.queue(notice, not_before=app.clock() + pause)
    return Posted(later=1)
