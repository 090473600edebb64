"""A post that cannot be applied stops no other: it is found, tried again, set aside and told."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from digest.model.feedback import BOUNCES, Feedback, FeedbackKind
from digest.ports import App
from digest.ports.delivery import FeedbackReader
from digest.providers.bounce_mail import BounceMail
from digest.providers.sendgrid_events import SendGridEvents
from digest.store.tables import hook_posts
from digest.store.tx import Store
from digest.workflow.clock.alarms import ASIDE_FOR, troubles
from digest.workflow.clock.due import sweep
from digest.workflow.feedback.events import WAITS, Applied, apply_again, apply_posts, receive
from digest.workflow.readers.letters import send_letters
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from subscribers.model import LetterKind
from subscribers.tables import suppressions
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.digest.workflow.send.test_deliver import scripted
from tests.fakes import FakeClock, ScriptedProvider
from tests.servers.bounce_mails import dsn
from tests.servers.sendgrid_hooks import HookSigner, event, post

SIGNER = HookSigner()
UNHOLDABLE = "\x00\ud800"
"""PostgreSQL refuses the first character as text, SQLite's driver the second."""


@dataclass
class OddHook:
    """A provider's reader with a defect of its own: what it makes of some posts no database holds."""

    name: str = "odd"
    mended: bool = False

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Everybody may post here."""

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """A delivery key is delivered; one behind a mark is what breaks."""
        mark, _, key = body.decode().rpartition(" ")
        if mark == "raises" and not self.mended:
            raise RuntimeError("ann@inbox.example: a defect")
        provider = f"odd{UNHOLDABLE}" if mark and not self.mended else "odd"
        at = FakeClock().now
        return (Feedback(provider=provider, event_id=key, kind=FeedbackKind.DELIVERED, at=at, delivery=key),)


def out(store: Store, readers: int) -> tuple[App, OddHook, list[str]]:
    """An app whose mailing is out, its odd hook, and the keys of the deliveries."""
    approve_plainly(store)
    people(store, readers)
    provider, hook = scripted(events=True), OddHook()
    app = app_on(store, provider=provider, feedback={"odd": hook})
    plan(app, EDITION)
    send(app, EDITION)
    return app, hook, [one.delivery for batch in provider.calls for one in batch.recipients]


def later(app: App, time: timedelta) -> None:
    """The clock moves."""
    assert isinstance(app.clock, FakeClock)
    app.clock.now += time


def test_bad_posts_among_many_are_found_and_all_others_applied(store: Store) -> None:
    app, hook, keys = out(store, 25)
    bodies = [*keys[:20], *(f"bad {key}" for key in keys[20:23]), *(f"raises {key}" for key in keys[23:])]
    random.Random(5).shuffle(bodies)
    for body in bodies:
        receive(app, "odd", {}, body.encode())
    found = apply_posts(app)
    assert (found.posts, found.new, len(found.failed), {one.tries for one in found.failed}) == (20, 20, 5, {1})
    assert account(app, EDITION).delivered == 20
    # They wait for their next try, and one that comes now does not wait for them.
    assert apply_posts(app) == Applied()
    receive(app, "odd", {}, keys[0].encode())
    assert (apply_posts(app).posts, apply_posts(app).failed) == (1, ())
    for number, wait in enumerate(WAITS, 2):
        later(app, wait)
        found = apply_posts(app)
        assert {(one.tries, one.aside) for one in found.failed} == {(number, number > len(WAITS))}
        assert len(found.failed) == 5
    later(app, timedelta(days=1))
    assert apply_posts(app) == Applied(), "tried no more"
    # A version that knows better gets them as they came.
    hook.mended = True
    assert apply_again(app) == 5
    assert (apply_posts(app).new, account(app, EDITION).delivered) == (5, 25)
    assert apply_again(app) == 0


def test_what_was_set_aside_is_an_alarm_without_a_stranger_s_words(store: Store) -> None:
    app, _, (key,) = out(store, 1)
    receive(app, "odd", {}, f"raises {key}".encode())
    with store.read() as tx:
        (number,) = tx.connection.scalars(select(hook_posts.c.id))
    said = f"post {number} of odd, try"
    assert [(one.what, type(one.error)) for one in sweep(app).broken] == [(f"{said} 1", RuntimeError)]
    for wait in WAITS:
        assert told(app) == []
        later(app, wait)
        swept = sweep(app)
    assert [one.what for one in swept.broken] == [f"{said} 5, set aside"]
    assert told(app) == [("1 posts or bounces cannot be applied, and were set aside", "odd: RuntimeError")]
    with store.read() as tx:
        assert tx.connection.scalars(select(hook_posts.c.body)).all() == [f"raises {key}".encode()]
    later(app, ASIDE_FOR + timedelta(seconds=1))
    assert told(app) == []


def told(app: App) -> list[tuple[str, str]]:
    """The alarm about posts, as it stands."""
    with app.read() as tx:
        return [(one.what, one.why) for one in troubles(app, tx, app.clock()) if one.key == "posts"]


@pytest.mark.parametrize("by_mail", [True, False])
def test_hostile_words_about_a_letter_are_applied(store: Store, by_mail: bool) -> None:
    (reader,) = people(store, 1)
    with store.begin() as tx:
        list_id, now = tx.audience.list_of("world").id, FakeClock().now
        tx.audience.queue_letter(LetterKind.ADDRESS, reader, address="eve@evil.example", list_id=list_id, now=now)
    provider = ScriptedProvider()
    readers: dict[str, FeedbackReader] = {"sendgrid": SendGridEvents(SIGNER.public_key), BOUNCES: BounceMail()}
    app = replace(app_on(store, provider=provider), feedback=readers)
    send_letters(app)
    (batch,) = provider.calls
    if by_mail:
        with app.begin() as tx:
            mail = dsn(batch.recipients[0].delivery, said="smtp; 550 5.1.1 user\x00unknown")
            tx.feedback.keep_post(BOUNCES, mail, app.clock())
    else:
        body = post([event(batch, 0, "bounce", app.clock(), type="bounce", reason="550 no \ud800 user")])
        receive(app, "sendgrid", SIGNER.headers(body, app.clock()), body)
    found = apply_posts(app)
    assert (found.letters, found.failed) == (1, ())
    with store.read() as tx:
        assert tx.connection.scalars(select(suppressions.c.email_key)).all() == ["eve@evil.example"]
