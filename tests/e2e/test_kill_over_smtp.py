"""kill -9 of the real command in the middle of a mailing by SMTP: in doubt is what was on the wire, nobody is twice."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model.trial import TrialStep
from digest.store import db
from digest.store.tx import Store
from tests.e2e.conftest import Newsroom
from tests.e2e.test_kill import DAY, EDITION, write_readers
from tests.servers.smtp_sink import SmtpSink

CONNECTIONS = 4
READERS, KILLS = 250, 3
SECONDS = 120


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_each_kill_leaves_one_reader_for_each_connection(newsroom: Newsroom, seed: int) -> None:
    chance = random.Random(seed)
    with SmtpSink() as sink:
        sink.before_final = lambda: time.sleep(0.02)
        room = Newsroom(folder=newsroom.folder, config=over_smtp(newsroom, sink.port))
        write_readers(room.folder / "readers.csv", READERS)
        room.run("subscribers", "import", "readers.csv", "--list", "world", "--consent", "a form")
        out_of_trial(room.folder)
        command, points = DAY, sorted(chance.sample(range(10, READERS - 60), KILLS))
        for kill, point in enumerate(points, start=1):
            process, until = room.start(*command), time.monotonic() + SECONDS
            while len(sink.taken) < point and process.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
            process.kill()
            process.communicate()
            account = audit(room)
            assert account["adds_up"]
            assert account["held"] + account["in_doubt"] <= CONNECTIONS * (kill - 1)
            command = ("send", EDITION)
        process = room.start("send", EDITION)
        process.communicate(timeout=SECONDS)
        account = audit(room)
    assert account["adds_up"]
    assert 0 < account["held"] <= CONNECTIONS * KILLS
    assert account["accepted"] == READERS - account["held"]
    assert max(Counter(one.reader for one in sink.taken).values()) == 1


def audit(room: Newsroom) -> dict[str, int]:
    """The account; its exit code tells whether anybody is in doubt."""
    found: dict[str, int] = json.loads(room.start("audit", EDITION, "--json").communicate(timeout=SECONDS)[0])
    return found


def over_smtp(newsroom: Newsroom, port: int) -> Path:
    """The samples' configuration with a relay in place of the outbox."""
    lines = newsroom.config.read_text("utf-8").splitlines()
    sources = newsroom.config.parent / "sources"
    made = []
    for line in lines:
        if line.strip().startswith("kind: outbox"):
            line = "  kind: smtp"
        elif line.strip().startswith("outbox:"):
            line = f"  smtp: {{host: 127.0.0.1, port: {port}}}"
        made.append(line.replace("path: sources/", f"path: {sources}{os.sep}"))
    path = newsroom.folder / "config.yaml"
    path.write_text("\n".join(made) + "\n", "utf-8")
    return path


def out_of_trial(folder: Path) -> None:
    """Everybody may be mailed: an admin has confirmed it."""
    store = Store(db.open_engine(f"sqlite:///{folder / 'var' / 'digest.db'}"))
    with store.begin() as tx:
        for step in TrialStep:
            tx.trial.mark(step, by="the test", now=datetime.now(UTC))
    store.close()
