"""Trial: whom a new installation may mail before an admin has confirmed it, and how it is confirmed. The one gate.

Its own people are those of the desk and the seeds. Where nothing leaves the machine (the outbox) there is no trial.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from digest.model.errors import DigestError, NotFound
from digest.model.letter import DeskLetter, Letter
from digest.model.mail import Batch, Recipient
from digest.model.person import TooManyTries, limit_key
from digest.model.trial import Trial, TrialStep
from digest.ports import App, Tx
from digest.workflow.envelopes import letter_envelope
from digest.workflow.standing import require_sender
from subscribers.address import AddressError, parse_address
from subscribers.model import SubscriptionState

_TEMPLATE = re.compile(r"\b1 Example Street\b", re.IGNORECASE)
"""The address of the configuration that `digest init` writes."""
CODE_LIFE = timedelta(hours=24)
"""How long a test may take to arrive."""
HELD_BACK = "this installation is in trial mode: it mails only people of its desk and seeds; see `digest trial status`"


def trial_of(app: App) -> Trial | None:
    """How far the trial is; None where there is none, or it is over."""
    if not app.trial:
        return None
    with app.read() as tx:
        found = tx.trial.read()
    return None if found.over else found


def own_readers(app: App, tx: Tx) -> frozenset[int] | None:
    """Readers who may be mailed meanwhile, None = all of them."""
    own = _own(app, tx)
    return None if own is None else tx.audience.readers_at(sorted(own))


def reached(app: App, list_slug: str) -> int | None:
    """How many readers of a list a mailing reaches meanwhile, None = all of them. Whoever paused is counted."""
    with app.read() as tx:
        own = own_readers(app, tx)
        if own is None:
            return None
        try:
            here = tx.audience.list_of(list_slug).id
        except NotFound:
            return 0
        every = (tx.audience.subscriptions_of(reader) for reader in own)
        return sum(any(one.list_id == here and one.state is SubscriptionState.ACTIVE for one in ones) for ones in every)


def require_own(app: App, addresses: Collection[str]) -> None:
    """Raise DigestError where one of these may not be mailed meanwhile."""
    with app.read() as tx:
        own = _own(app, tx)
    if own is not None and any(_fold(one) not in own for one in addresses):
        raise DigestError(HELD_BACK)


def confirm(app: App, steps: Sequence[TrialStep], *, by: str, unseen: bool = False) -> Trial:
    """An admin says that domain and postal address are as they should be. Returns how far it is.

    The domain is looked up first, unless `unseen`. Raises DigestError where the DNS speaks against it, or an address
    is the one of our template.
    """
    now = app.clock()
    if TrialStep.DOMAIN in steps and not unseen and (wrong := app.ask_domain()):
        raise DigestError(f"{'; '.join(wrong)}: mend it, or confirm it unseen where you know better")
    ours = [one.slug for one in app.newsletters.values() if _TEMPLATE.search(one.postal_address)]
    if TrialStep.POSTAL in steps and ours:
        raise DigestError(f"the postal address of {', '.join(ours)} is the one of the template: write your own first")
    with app.begin() as tx:
        for step in steps:
            if step not in (TrialStep.DOMAIN, TrialStep.POSTAL):
                raise DigestError(f"{step} is proved by the code of a test, not said")
            tx.trial.mark(step, by=by, now=now)
            tx.log("trial.confirmed", step.value, by=by, now=now)
        return tx.trial.read()


def send_trial(app: App, to: str, *, by: str) -> None:
    """Mail a test with a code to one of our own people. Raises DigestError, and AdapterError as the provider does."""
    if app.letters is None:
        raise DigestError("nobody writes letters here")
    now, newsletter = app.clock(), next(iter(app.newsletters.values()))
    require_own(app, [to])
    require_sender(app)
    with app.begin() as tx:
        wait = tx.people.try_once(limit_key("trial mail"), burst=5, every=120, now=now)
    if wait:
        raise TooManyTries(wait)
    code = f"{secrets.randbelow(1_000_000):06}"
    written = app.letters.write(
        Letter(
            kind=DeskLetter.TRIAL,
            language=newsletter.language,
            values={"url": f"{app.help_url.rstrip('/')}/desk/trial", "code": code},
        ),
        newsletter,
    )
    key = f"trial{secrets.token_hex(8)}"
    with app.begin() as tx:
        tx.trial.mark(TrialStep.ASKED, by=by, now=now, detail=_hash(code))
        tx.log("trial.asked", _fold(to), by=by, now=now)
    receipt = app.provider.send(
        Batch(
            chunk=key,
            envelope=letter_envelope(app, newsletter, now),
            rendered=written,
            recipients=(Recipient(delivery=key, email=_fold(to), name="", slots={}, unsubscribe_url=""),),
        )
    )
    if key in receipt.refused:
        raise DigestError(f"the provider refused it: {receipt.refused[key]}")


def arrived(app: App, code: str, *, by: str) -> Trial:
    """The code of a test that arrived. Raises DigestError where it is not right or too old, and TooManyTries."""
    now = app.clock()
    with app.begin() as tx:
        wait = tx.people.try_once(limit_key("trial code"), burst=5, every=60, now=now)
        asked = tx.trial.read().marks.get(TrialStep.ASKED)
    if wait:
        raise TooManyTries(wait)
    right = asked is not None and hmac.compare_digest(asked.detail, _hash("".join(code.split())))
    if asked is None or not right or now - asked.at > CODE_LIFE:
        raise DigestError("that is not the code of the newest test, or the test is older than a day: send another one")
    with app.begin() as tx:
        tx.trial.mark(TrialStep.TEST, by=by, now=now)
        tx.log("trial.confirmed", TrialStep.TEST.value, by=by, now=now)
        return tx.trial.read()


def _own(app: App, tx: Tx) -> frozenset[str] | None:
    if not app.trial or tx.trial.read().over:
        return None
    people = (one.email for one in tx.people.everybody() if one.active)
    seeds = (seed for newsletter in app.newsletters.values() for seed in newsletter.canary.seeds)
    return frozenset(_fold(one) for one in (*people, *seeds, *app.seeds))


def _fold(address: str) -> str:
    try:
        return parse_address(address, allow_reserved=True).fold_key
    except AddressError as error:
        raise DigestError(f"{address!r} is not an address: {error}") from error


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
