"""SendGrid's adapter and the sender together, against the loopback server: calls taken back, lists obeyed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model.delivery import DeliveryStatus, MailingState
from digest.model.newsletter import Doubts
from digest.ports import App
from digest.providers.sendgrid import SendGridProvider
from digest.providers.sendgrid_calls import SendGridCalls
from digest.providers.sendgrid_lists import SendGridLists
from digest.store.tx import Store
from digest.workflow.feedback.suppressions import sync_suppressions
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from subscribers.tables import metadata
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.digest.workflow.feedback.test_events import SIGNER, about, ready, scripted, tell
from tests.digest.workflow.send.test_deliver import counts
from tests.servers.sendgrid_api import KEY, Fault, SendGridServer

__all__ = ["SIGNER"]


@contextmanager
def app_at(store: Store, server: SendGridServer, readers: int, **options: object) -> Iterator[App]:
    """A planned mailing that goes out by SendGrid's own adapter."""
    approve_plainly(store)
    people(store, readers)
    provider = SendGridProvider(api_key=KEY, base_url=server.url, timeout=5, concurrency=1, **options)  # type: ignore[arg-type]
    app = app_on(store, provider=provider, doubts=Doubts(recall=True))
    plan(app, EDITION)
    yield app
    provider.close()


@pytest.mark.parametrize("fault", [Fault.TAKEN_RESET, Fault.TAKEN_ERROR, Fault.RESET_AFTER_BODY])
def test_a_call_in_doubt_is_taken_back_and_everybody_gets_one(store: Store, fault: Fault) -> None:
    """Whether SendGrid had taken it or not: what was sent under the cancelled id is dropped, so it may go out again."""
    with SendGridServer(faults=[fault]) as server, app_at(store, server, 30, recall_minutes=20, events=True) as app:
        send(app, EDITION)
        assert send(app, EDITION).mailing.state is MailingState.CLOSED
        names = [body["batch_id"] for body in server.bodies]
        assert len(set(names)) == len(names) == 2, "each call has a name of its own"
        assert server.account.cancelled == names[:1]
        standing = [body for body in server.bodies if body["batch_id"] not in server.account.cancelled]
        got = Counter(person["to"][0]["email"] for body in standing for person in body["personalizations"])
        assert len(got) == 30
        assert set(got.values()) == {1}
        assert counts(account(app, EDITION)) == {"accepted": 30}
        assert server.account.faults == []


def test_where_cancelling_is_not_confirmed_nobody_is_mailed_again(store: Store) -> None:
    with SendGridServer(faults=[Fault.TAKEN_RESET]) as server:
        server.account.most_cancelled = 0
        with app_at(store, server, 10, recall_minutes=20, events=True) as app:
            send(app, EDITION)
            send(app, EDITION)
        assert len(server.bodies) == 1
        assert counts(account(app, EDITION)) == {"in_doubt": 10}


def test_its_lists_stop_the_next_edition(store: Store) -> None:
    with SendGridServer() as server, app_at(store, server, 3) as app:
        server.account.bounces = [{"created": 1, "email": "reader1@example.test", "reason": "550", "status": "5.1.1"}]
        server.account.spam_reports = [{"created": 1, "email": "READER2@example.test", "ip": "192.0.2.1"}]
        feed = SendGridLists(SendGridCalls(api_key=KEY, base_url=server.url, timeout=5))
        app = replace(app, suppressions={"sendgrid": feed})
        assert sync_suppressions(app, "sendgrid", since=None).suppressed == 2
        # Planned already, and left out all the same: the gate is asked again before the call (P3).
        send(app, EDITION)
        assert [taken.email for taken in server.taken] == ["reader3@example.test"]


EVENTS = ("processed", "deferred", "delivered", "bounce", "dropped", "spamreport", "open", "click", "something new")


@given(told=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(EVENTS)), min_size=1, max_size=12), dice=st.randoms())
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_repeats_and_disorder_end_where_order_ends(store: Store, told: list[tuple[int, str]], dice: object) -> None:
    """The same events, once in order, and once shuffled, doubled and cut into posts as it comes."""
    ends = []
    for shuffled in (False, True):
        with store.begin() as tx:
            for table in reversed(metadata.sorted_tables):
                tx.connection.execute(table.delete())
        provider = scripted(events=True)
        app = ready(store, provider, readers=4)
        send(app, EDITION)
        people_of = sorted(about(app, provider.calls[0], "x"), key=lambda one: str(one["email"]))
        events = [{**people_of[place], "event": kind, "sg_event_id": f"{place}{kind}"} for place, kind in told]
        if shuffled:
            events += [{**one, "sg_event_id": f"again {number}"} for number, one in enumerate(events)]
            dice.shuffle(events)  # type: ignore[attr-defined]
        for start in range(0, len(events), 3):
            tell(app, *events[start : start + 3])
        with store.read() as tx:
            rows = tx.connection.exec_driver_sql(
                "SELECT s.email, d.status FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id"
            ).all()
        # A bounce and a drop have one rank: whichever came first stays, and either stops the mail.
        same = {DeliveryStatus.BOUNCED.value: "not delivered", DeliveryStatus.DROPPED.value: "not delivered"}
        ends.append({email: same.get(status, status) for email, status in rows})
        assert account(app, EDITION).adds_up
    assert ends[0] == ends[1]
