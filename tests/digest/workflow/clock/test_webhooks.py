"""Webhooks from what happens to what arrives: none lost, the same id for every try, given up aloud, replayed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model.errors import DigestError, NotFound
from digest.model.reader_number import FIRST
from digest.model.webhook import DISABLE_SPAN, KINDS, MOST_TRIES, PROBE_AFTER, PostState, next_try
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.clock.alarms import troubles
from digest.workflow.clock.retention import forget
from digest.workflow.clock.webhooks import (
    add_webhook,
    change_webhook,
    enable,
    remove_webhook,
    replay,
    rotate,
    secret_of,
    tell,
)
from subscribers.consent import Basis
from subscribers.happenings import happenings
from subscribers.lists import enrol
from subscribers.model import OptIn, SuppressionReason
from subscribers.store import ensure_list
from tests import builders
from tests.digest.notify.test_hooks import door
from tests.fakes import FakeClock, ScriptedProvider
from tests.servers.hook_receiver import HookReceiver, receiving

BASIS = Basis(method="page")


@pytest.fixture
def there() -> Iterator[HookReceiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def app(store: Store, there: HookReceiver) -> App:
    made = builders.app_on(store, provider=ScriptedProvider())
    return replace(made, hooks=door(there.pair))


def leave(app: App, store: Store, *numbers: int) -> list[int]:
    """Readers who join and leave: two happenings each."""
    readers = [builders.people(store, 1, start=number)[0] for number in numbers]
    with app.begin() as tx:
        list_id = tx.audience.list_of("world").id
        for reader in readers:
            assert tx.audience.unsubscribe(reader, list_id, now=app.clock(), basis=BASIS)
    return readers


def later(app: App, **span: float) -> None:
    app.clock.now += timedelta(**span)  # type: ignore[attr-defined]  # the clock of tests


def states(app: App, number: int = 0) -> dict[str, int]:
    with app.read() as tx:
        hooks = tx.webhooks.everything()
        return {state.value: count for state, count in tx.webhooks.counts(hooks[number].id).items() if count}


def test_everything_that_befalls_a_reader_is_told(app: App, store: Store, there: HookReceiver) -> None:
    add_webhook(app, there.url, with_address=True, by="a test")
    later(app, seconds=1)
    leave(app, store, 2)
    stays = builders.people(store, 1, start=3)[0]
    with app.begin() as tx:
        tx.audience.suppress(stays, SuppressionReason.COMPLAINT, now=app.clock())
        tx.audience.suppress(stays, SuppressionReason.HARD_BOUNCE, now=app.clock())
        tx.audience.suppress(stays, SuppressionReason.HARD_BOUNCE, now=app.clock())
        tx.audience.erase(stays, erasure_key=builders.KEY, now=app.clock())
    assert tell(app).sent == 6
    told = [json.loads(one.body) for one in there.got]
    assert [one["type"].partition(".")[2] for one in told] == [
        "subscribed", "unsubscribed", "subscribed", "complained", "bounced", "erased",
    ]  # fmt: skip
    assert told[1]["data"] | {"subscriber": 0} == {
        "state": "ended", "method": "page", "list": "world", "subscriber": 0, "email": "reader2@example.test",
    }  # fmt: skip
    assert told[-1]["data"]["email"] is None
    assert tell(app).sent == 0


def test_nothing_is_told_of_what_is_rolled_back(app: App, store: Store, there: HookReceiver) -> None:
    add_webhook(app, there.url, by="a test")
    later(app, seconds=1)
    reader = builders.people(store, 1)[0]
    tell(app)
    with contextlib.suppress(ZeroDivisionError), app.begin() as tx:
        assert tx.audience.unsubscribe(reader, tx.audience.list_of("world").id, now=app.clock(), basis=BASIS)
        1 / 0  # noqa: B018 - whatever goes wrong
    assert tell(app).sent == 0


def test_an_endpoint_is_told_what_it_wants_since_it_was_added(app: App, store: Store, there: HookReceiver) -> None:
    leave(app, store, 1)
    later(app, seconds=1)
    add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], lists=["world"], by="a test")
    later(app, seconds=1)
    leave(app, store, 2)
    tell(app)
    (told,) = [json.loads(one.body) for one in there.got]
    assert told["type"] == "subscriber.unsubscribed"
    assert "email" not in told["data"]
    with app.read() as tx:
        assert len(tx.connection.execute(happenings.select()).all()) == 1  # type: ignore[attr-defined]  # of a store
    with pytest.raises(DigestError, match="nothing that is told"):
        add_webhook(app, there.url, kinds=["subscriber.sneezed"], by="a test")
    with pytest.raises(DigestError, match="https"):
        add_webhook(app, "http://hooks.example/", by="a test")
    with pytest.raises(NotFound):
        add_webhook(app, there.url, lists=["nowhere"], by="a test")


def test_a_post_that_fails_comes_again_under_its_id_and_is_given_up_aloud(
    app: App, store: Store, there: HookReceiver
) -> None:
    made = add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    later(app, seconds=1)
    leave(app, store, 1)
    there.answers = [500] * MOST_TRIES
    began = app.clock()
    for _ in range(MOST_TRIES):
        assert tell(app).failed == 1
        assert tell(app).failed == 0
        later(app, hours=12.1)
    assert len(set(there.ids)) == 1
    assert len(there.ids) == MOST_TRIES
    assert states(app) == {"parked": 1}
    assert tell(app).sent == 0
    with app.read() as tx:
        (said,) = [one for one in troubles(app, tx, app.clock()) if one.key.startswith("webhook/")]
        (post,) = tx.webhooks.posts(made.id, PostState.PARKED, limit=9)
    assert said.key == f"webhook/{made.id}/parked"
    assert post.note == "answered 500"
    assert app.clock() - began > DISABLE_SPAN
    assert replay(app, made.id, by="a test") == 1
    assert tell(app).sent == 1
    assert len(set(there.ids)) == 1
    with app.read() as tx:
        assert not [one for one in troubles(app, tx, app.clock()) if one.key.startswith("webhook/")]
    assert replay(app, made.id, by="a test") == 0
    assert replay(app, made.id, since=app.clock(), sent_too=True, by="a test") == 0
    assert replay(app, made.id, sent_too=True, by="a test") == 1


def test_three_days_of_tries() -> None:
    now = FakeClock().now
    for vary in (0.0, 1.0):
        at, tries = now, 0
        while (then := next_try(tries := tries + 1, at, vary=vary)) is not None:
            assert then > at
            at = then
        assert timedelta(days=2) < at - now < timedelta(days=3.5)
    assert next_try(1, now, vary=0.5, asked=3_600) == now + timedelta(hours=1)
    assert next_try(1, now, vary=0.5, asked=1e9) == now + timedelta(days=1)


def test_an_endpoint_that_fails_is_asked_once_a_turn_and_holds_up_nobody_else(
    app: App, store: Store, there: HookReceiver
) -> None:
    with receiving() as good:
        app = replace(app, hooks=door(there.pair, good.pair))
        add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
        add_webhook(app, good.url, kinds=["subscriber.unsubscribed"], by="a test")
        later(app, seconds=1)
        leave(app, store, *range(1, 9))
        there.answers = [503] * 100
        for _ in range(PROBE_AFTER):
            tell(app)
        assert len(good.got) == 8
        later(app, minutes=6)
        asked = len(there.got)
        tell(app)
        assert len(there.got) == asked + 1
        there.answers = []
        later(app, minutes=6)
        tell(app)
        later(app, minutes=6)
        tell(app)
        assert set(there.ids) == set(good.ids)
        assert states(app) == {"sent": 8}


def test_an_endpoint_that_takes_nothing_or_is_gone_is_disabled_and_comes_back(
    app: App, store: Store, there: HookReceiver
) -> None:
    made = add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    later(app, seconds=1)
    leave(app, store, 1, 2)
    there.answers = [410]
    assert tell(app).failed == 1
    assert states(app) == {"parked": 2}
    leave(app, store, 3)
    tell(app)
    assert states(app) == {"parked": 3}
    with app.read() as tx:
        (said,) = [one for one in troubles(app, tx, app.clock()) if one.key.startswith("webhook/")]
    assert said.key == f"webhook/{made.id}/disabled"
    assert "410" in said.why
    enable(app, made.id, by="a test")
    replay(app, made.id, by="a test")
    tell(app)
    assert states(app) == {"sent": 3}
    leave(app, store, *range(4, 8))
    there.answers = [500] * 500
    for _ in range(60):
        tell(app)
        later(app, hours=2)
    with app.read() as tx:
        found = tx.webhooks.get(made.id)
    assert found is not None
    assert found.disabled_at is not None
    assert "took nothing since" in found.disabled_why


def test_two_processes_tell_each_thing_once(app: App, store: Store, there: HookReceiver) -> None:
    add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    later(app, seconds=1)
    leave(app, store, *range(1, 31))
    other = replace(app, owner="another")
    with app.begin() as tx:
        tx.webhooks.share(1_000, now=app.clock())
        taken = tx.webhooks.claim(
            tx.webhooks.everything()[0].id, owner="gone", now=app.clock(),
            lease_until=app.clock() + timedelta(minutes=4), limit=10,
        )  # fmt: skip
    assert tell(other).sent == 20
    assert tell(app).sent == 0
    assert not set(there.ids) & {one.happening.key for one in taken}
    # Its process died: what it had taken up is told by another one.
    later(app, minutes=5)
    assert tell(app).sent == 10
    assert len(there.ids) == len(set(there.ids)) == 30


DYING = """
import os, signal, sys
from datetime import UTC, datetime
from digest.store.db import open_engine
from digest.store.tx import Store
from subscribers.consent import Basis
store = Store(open_engine(sys.argv[1]))
with store.begin() as tx:
    list_id = tx.audience.list_of("world").id
    for reader in map(int, sys.argv[2:]):
        tx.audience.unsubscribe(reader, list_id, now=datetime.now(UTC), basis=Basis(method="page"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_between_the_commit_and_the_post_loses_nothing(app: App, store: Store, there: HookReceiver) -> None:
    add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    readers = builders.people(store, 5)
    with app.begin() as tx:
        # The child runs by the machine's clock, whatever that says.
        hook = tx.webhooks.everything()[0]
        tx.connection.exec_driver_sql("UPDATE webhook_endpoints SET created_at = '2000-01-01 00:00:00+00:00'"  # type: ignore[attr-defined]
            if store.engine.dialect.name == "postgresql" else
            "UPDATE webhook_endpoints SET created_at = '2000-01-01 00:00:00.000000'")  # fmt: skip
    url = store.engine.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", DYING, url, *map(str, readers)], env={**os.environ}, timeout=120, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert hook.id
    tell(app)
    assert sorted(json.loads(one.body)["data"]["subscriber"] for one in there.got) == sorted(readers)


@pytest.mark.parametrize("told", [True, False], ids=["doubted", "nobody could doubt it"])
def test_what_a_wrong_clock_put_off_goes_when_it_is_set(
    app: App, store: Store, there: HookReceiver, told: bool
) -> None:
    add_webhook(app, there.url, by="me")
    later(app, seconds=5)
    leave(app, store, 7)
    right = app.clock()
    later(app, days=1000)
    there.answers = [503] * 50
    ahead = timedelta(days=1000) if told else None
    for _ in range(3):
        tell(replace(app, ask_time=lambda: ahead))
        later(app, minutes=10)
    assert bool(there.got) is not told
    app.clock.now = right + timedelta(minutes=5)  # type: ignore[attr-defined]
    there.answers = []
    tell(app)
    assert states(app) == {"sent": 2}
    with app.read() as tx:
        assert tx.webhooks.everything()[0].failing_since is None


def test_a_new_secret_and_the_one_before_sign_for_a_day(app: App, store: Store, there: HookReceiver) -> None:
    made = add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    first = secret_of(app, made.id)
    rotate(app, made.id, by="a test")
    assert secret_of(app, made.id) != first
    for hours, signatures in ((1, 2), (24, 1)):
        later(app, hours=hours)
        leave(app, store, hours)
        tell(app)
        assert len(there.got[-1].headers["webhook-signature"].split()) == signatures
    with app.read() as tx:
        rows = str(tx.connection.exec_driver_sql("SELECT * FROM webhook_endpoints").all())  # type: ignore[attr-defined]
    assert first.removeprefix("whsec_") not in rows


def test_a_copy_tells_nobody_and_what_is_old_is_forgotten(app: App, store: Store, there: HookReceiver) -> None:
    made = add_webhook(app, there.url, by="a test")
    later(app, seconds=1)
    leave(app, store, 1)
    assert tell(replace(app, paused=lambda: "a copy")).sent == 0
    assert tell(replace(app, stopping=lambda: True)).sent == 0
    assert tell(app).sent == 2
    later(app, days=31)
    assert forget(app).happenings == 2
    assert states(app) == {}
    remove_webhook(app, made.id, by="a test")
    with pytest.raises(NotFound):
        remove_webhook(app, made.id, by="a test")
    assert set(KINDS) >= {"edition.sent", "subscriber.erased"}


def test_an_endpoint_of_one_list_hears_what_befalls_its_readers_and_of_no_other_list(
    app: App, store: Store, there: HookReceiver
) -> None:
    both, first_only, left = builders.people(store, 3)
    now = app.clock()
    with app.begin() as tx:
        conn = tx.connection  # type: ignore[attr-defined]  # of a store
        second = ensure_list(conn, "second", "Second", OptIn.SINGLE, now)
        for reader in (both, left):
            enrol(conn, reader, second.id, BASIS, now)
        tx.audience.unsubscribe(left, second.id, now=now, basis=BASIS)
    tell(app)
    add_webhook(app, there.url, lists=["second"], by="a test")
    add_webhook(app, there.url, kinds=["subscriber.erased"], by="a test")
    later(app, seconds=1)
    with app.begin() as tx:
        for reader in (both, first_only, left):
            tx.audience.suppress(reader, SuppressionReason.HARD_BOUNCE, now=app.clock())
            tx.audience.suppress(reader, SuppressionReason.COMPLAINT, now=app.clock())
            tx.audience.erase(reader, erasure_key=builders.KEY, now=app.clock())
    tell(app)
    told = [json.loads(one.body) for one in there.got]
    number = app.asks.numbers.of
    of_second = [(one["type"].partition(".")[2], one["data"]) for one in told if one["data"]["subscriber"] > FIRST]
    assert sorted(of_second, key=lambda one: (one[1]["subscriber"] != number(both), one[0])) == [
        ("bounced", {"lists": ["second"], "subscriber": number(both)}),
        ("complained", {"lists": ["second"], "subscriber": number(both)}),
        ("erased", {"lists": ["second"], "subscriber": number(both)}),
        # Who left is nobody's reader any more; but whoever knows them is to forget them.
        ("erased", {"lists": ["second"], "subscriber": number(left)}),
    ]
    everywhere = {one["data"]["subscriber"]: one["data"]["lists"] for one in told if one["data"]["subscriber"] < FIRST}
    assert everywhere == {both: ["second", "world"], first_only: ["world"], left: ["second", "world"]}


def test_what_happens_while_it_is_paused_goes_when_it_is_let_go_on(app: App, store: Store, there: HookReceiver) -> None:
    made = add_webhook(app, there.url, kinds=["subscriber.unsubscribed"], by="a test")
    later(app, seconds=1)
    change_webhook(app, made.id, paused=True, by="a test")
    leave(app, store, 1, 2)
    assert tell(app).sent == 0
    assert states(app) == {"waiting": 2}
    with app.read() as tx:
        assert not [one for one in troubles(app, tx, app.clock()) if one.key.startswith("webhook/")]
    change_webhook(app, made.id, paused=False, by="a test")
    assert tell(app).sent == 2
    assert len(there.got) == 2
