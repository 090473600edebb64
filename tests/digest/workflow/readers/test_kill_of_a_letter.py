"""kill -9 in the middle of a letter: before the provider has it or after, nobody is sent a second one (P8)."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.model.mail import Batch, Capabilities, Receipt
from digest.ports import App
from digest.store import db, schema
from digest.store.tx import Store
from digest.workflow.clock.housework import do_housework
from digest.workflow.readers.letters import LEASE, Posted, send_letters
from subscribers.letter_tables import letters
from subscribers.model import LetterKind
from tests.builders import app_on, people
from tests.databases import KINDS, fresh_url
from tests.fakes import MORNING, FakeClock

SECONDS = 60
"""How long a killed process may take to reach the provider, on the busiest machine."""


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """Notes each letter in a file, before or after which it hangs as long as it is told to."""

    folder: Path
    hang: str = ""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(name="hanging", batch_size=1)

    def send(self, batch: Batch) -> Receipt:
        """Taken, unless it is killed before."""
        if self.hang == "before":
            self._wait()
        with (self.folder / "taken").open("a", encoding="ascii") as taken:
            taken.write("".join(f"{one.email}\n" for one in batch.recipients))
        if self.hang == "after":
            self._wait()
        return Receipt(message_id="x")

    def close(self) -> None:
        """Nothing is open."""

    def _wait(self) -> None:
        (self.folder / "reached").touch()
        time.sleep(10 * SECONDS)


def app_of(store: Store, provider: Hanging, *, hours: int = 0) -> App:
    clock = FakeClock()
    clock.wait(hours * 3600)
    return app_on(store, provider=provider, owner=provider.hang or "next", clock=clock)


def sender(url: str, folder: Path, hang: str) -> None:
    """What the process does that is killed."""
    send_letters(app_of(Store(db.open_engine(url)), Hanging(folder=folder, hang=hang)))


@pytest.mark.parametrize(("hang", "mails"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_sender_leaves_one_letter_or_none_and_says_so(
    kind: str, hang: str, mails: int, tmp_path: Path
) -> None:
    with fresh_url(kind, tmp_path) as url:
        engine = db.open_engine(url)
        schema.upgrade(engine)
        (reader,) = people(Store(engine), 1)
        with Store(engine).begin() as tx:
            mail_list = tx.audience.list_of("world").id
            tx.audience.queue_letter(LetterKind.LINKS, reader, address="r1@example.org", list_id=mail_list, now=MORNING)
        process = multiprocessing.get_context("spawn").Process(target=sender, args=(url, tmp_path, hang))
        process.start()
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "reached").exists() and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.join()
        assert (tmp_path / "reached").exists()
        assert timedelta(hours=1) > LEASE
        after = app_of(Store(engine), Hanging(folder=tmp_path), hours=1)
        # Whoever comes first, the sender or the housework: it is not sent again.
        assert send_letters(after) == Posted()
        do_housework(after)
        assert send_letters(after) == Posted()
        with Store(engine).read() as tx:
            assert tx.connection.scalars(select(letters.c.state)).all() == ["doubtful"]
        taken = tmp_path / "taken"
        assert (taken.read_text().count("\n") if taken.exists() else 0) == mails
        engine.dispose()
