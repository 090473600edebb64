"""A mailing over a real SMTP server that resets after the final dot: once, or twice under one Message-ID, or named.

Seeded. SMTP tells nothing later, so that the newsletter's `on_doubt` decides about each message without a reply.
"""

from __future__ import annotations

import email
import random
from collections import defaultdict
from pathlib import Path

import pytest

from digest.model.newsletter import OnDoubt
from digest.providers.smtp import SmtpProvider
from digest.store.tx import Store
from digest.workflow.send.deliver import send
from digest.workflow.send.mailing import account
from digest.workflow.send.plan import plan
from tests.builders import EDITION, app_on, approve_plainly, people
from tests.databases import fresh_engine
from tests.digest.workflow.mailings import numbers
from tests.servers.smtp_sink import Fault, SmtpSink

FAULTS = (
    Fault.TAKEN_RESET, Fault.TAKEN_RESET, Fault.RESET_AFTER_DOT, Fault.TAKEN_GARBAGE, Fault.RESET_IN_BODY,
    Fault.DATA_LATER, Fault.MAIL_LATER, Fault.MAIL_CLOSING, Fault.DROP_BEFORE_DATA,
)  # fmt: skip
FAULTY = 0.2
"""Share of messages that go wrong."""


def prove(folder: Path, rule: OnDoubt, *, seed: int, readers: int) -> dict[str, int]:
    """Send it, through all of it, and look at what the server took. Returns the account."""
    chance = random.Random(seed)
    faults = [chance.choice(FAULTS) if chance.random() < FAULTY else Fault.NONE for _ in range(readers * 2)]
    with fresh_engine("sqlite", folder) as engine, SmtpSink(faults=faults) as sink:
        store = Store(engine)
        approve_plainly(store)
        people(store, readers)
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, timeout=5)
        app = app_on(store, provider=provider, on_doubt=rule)
        plan(app, EDITION)
        for _ in range(60):
            send(app, EDITION)
            found = account(app, EDITION)
            assert found.adds_up
            if not (found.ready or found.sending or found.in_doubt):
                break
            app.wait(60)
        provider.close()
        found = account(app, EDITION)
        assert (found.ready, found.sending, found.in_doubt) == (0, 0, 0)
        _look_at_the_mailboxes(sink, rule, numbers(found), readers)
        return numbers(found)


def _look_at_the_mailboxes(sink: SmtpSink, rule: OnDoubt, found: dict[str, int], readers: int) -> None:
    messages: defaultdict[str, list[str]] = defaultdict(list)
    for one in sink.taken:
        messages[one.reader].append(email.message_from_bytes(one.content)["Message-ID"])
    once = sum(1 for ids in messages.values() if len(ids) == 1)
    more = {reader: ids for reader, ids in messages.items() if len(ids) > 1}
    # Never silent: whoever is not accepted is held or given up by name, and whoever is accepted has it.
    named = found.get("held", 0) + found.get("abandoned", 0)
    assert found["accepted"] + named == readers
    assert len(messages) >= found["accepted"]
    if rule is OnDoubt.RESEND:
        assert found == {"accepted": readers}
        assert len(messages) == readers
        assert more, "the storm has to hit somebody who had it"
        assert all(len(set(ids)) == 1 for ids in more.values())
        return
    assert more == {}
    assert once == len(messages) < readers
    assert named > 0
    assert found.get("held" if rule is OnDoubt.HOLD else "abandoned") == named


@pytest.mark.parametrize("rule", list(OnDoubt))
def test_each_reader_once_or_as_configured(rule: OnDoubt, tmp_path: Path) -> None:
    prove(tmp_path, rule, seed=20261122, readers=60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rule", list(OnDoubt))
def test_each_reader_once_or_as_configured_again_and_again(rule: OnDoubt, seed: int, tmp_path: Path) -> None:
    prove(tmp_path, rule, seed=seed, readers=2_000)
