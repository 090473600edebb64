"""A planned mailing to readers 1, 2, 3 …, and what became of it, for the tests of delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from digest.model.delivery import Account, Chunk, Mailing
from digest.model.mail import Batch, Receipt
from digest.ports import App
from digest.store.tables import log
from digest.store.tx import Store
from digest.workflow.send.mailing import account, mailing_of
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.fakes import Answer, FakeClock, ScriptedProvider


def ready(store: Store, provider: ScriptedProvider, readers: int = 25, **changes: object) -> App:
    """An app with an approved edition and so many readers, planned."""
    approve_plainly(store)
    people(store, readers)
    app = app_on(store, provider=provider, **changes)  # type: ignore[arg-type]  # the newsletter's own fields
    plan(app, EDITION)
    return app


def raises(error: Exception) -> Answer:
    """An answer that fails, with nobody taken."""

    def answer(batch: Batch) -> Receipt:
        raise error

    return answer


def takes_and_raises(provider: list[ScriptedProvider], error: Exception) -> Answer:
    """An answer that fails although everybody was taken; `provider` is filled by then."""

    def answer(batch: Batch) -> Receipt:
        provider[0].take(batch)
        raise error

    return answer


def counts(app: App) -> dict[str, int]:
    """The numbers of the account that are not 0; it has to add up."""
    found = account(app, EDITION)
    assert found.adds_up, found
    return numbers(found)


def numbers(found: Account) -> dict[str, int]:
    """The numbers of an account that are not 0."""
    named = ("ready", "sending", "accepted", "delivered", "bounced", "complained", "rejected", "in_doubt", "held")
    return {name: value for name in named if (value := getattr(found, name))} | dict(found.skipped)


def everybody_once(readers: int, *providers: ScriptedProvider) -> bool:
    """True where each reader has exactly one message, by whichever provider."""
    taken = Counter(email for provider in providers for email in provider.taken)
    return taken == Counter(f"reader{number}@example.test" for number in range(1, readers + 1))


def chunks(app: App) -> tuple[Chunk, ...]:
    """Every chunk of the mailing."""
    with app.read() as tx:
        return tx.ledger.chunks(mailing(app).id)


def mailing(app: App) -> Mailing:
    """The mailing as it stands."""
    return mailing_of(app, EDITION)


def logged(store: Store, *events: str) -> list[str]:
    """What of these events was written in the log, in order."""
    with store.read() as tx:
        found: Iterable[str] = tx.connection.scalars(select(log.c.event).order_by(log.c.id))
        return [event for event in found if event in events]


def clock_of(app: App) -> FakeClock:
    """The clock that only tests move."""
    assert isinstance(app.clock, FakeClock)
    return app.clock
