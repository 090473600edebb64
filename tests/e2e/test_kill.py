"""kill -9 in the middle of a send, at random points, again and again: everybody has exactly one message."""

from __future__ import annotations

import csv
import email
import json
import random
import time
from collections import Counter
from email import policy
from pathlib import Path

import pytest

from tests.e2e.conftest import Newsroom

EDITION = "world/2022-04-08"
DAY = ("run", "world", "--date", "2022-04-08")


def write_readers(path: Path, count: int) -> None:
    """Invented readers with different choices, so that the send has many chunks."""
    sections = ["", "world", "asia;africa", "europe;world", "business", "science;americas"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["email", "name", "language", "timezone", "sections"])
        for number in range(count):
            zone = ("Europe/Paris", "America/Lima", "Asia/Tokyo", "Africa/Nairobi")[number % 4]
            language = ("en", "fr", "es")[number % 3]
            table.writerow([f"r{number}@readers.example", f"Reader {number}", language, zone, sections[number % 6]])


def messages(newsroom: Newsroom) -> Counter[str]:
    """How many messages each reader has in the outbox."""
    found: Counter[str] = Counter()
    for path in newsroom.outbox.iterdir():
        found[email.message_from_bytes(path.read_bytes(), policy=policy.default)["To"].addresses[0].addr_spec] += 1
    return found


def kill_at(newsroom: Newsroom, count: int) -> bool:
    """Start the day and kill it as soon as so many messages are there. False where it was done before that."""
    process = newsroom.start(*DAY)
    try:
        while process.poll() is None:
            if newsroom.outbox.is_dir() and sum(1 for _ in newsroom.outbox.iterdir()) >= count:
                process.kill()
                process.communicate()
                return True
            time.sleep(0.002)
        return False
    finally:
        process.kill()
        process.communicate()


def prove(newsroom: Newsroom, *, readers: int, kills: int, seed: int) -> None:
    """Kill at random points, then let it finish, then look at every mailbox."""
    chance = random.Random(seed)
    path = newsroom.folder / "readers.csv"
    write_readers(path, readers)
    newsroom.run("subscribers", "import", str(path), "--list", "world", "--consent", "a form")
    killed = 0
    for point in sorted(chance.sample(range(1, readers * 9 // 10), kills)):
        if kill_at(newsroom, point):
            killed += 1
            account = json.loads(newsroom.run("audit", EDITION, "--json"))
            assert account["adds_up"]
            assert account["planned"] == readers
    assert killed > 0, "the send was over before anything could be killed"
    newsroom.run(*DAY)
    expected = Counter({f"r{number}@readers.example": 1 for number in range(readers)})
    assert messages(newsroom) == expected
    account = json.loads(newsroom.run("audit", EDITION, "--json"))
    assert account["adds_up"]
    assert account["delivered"] == readers
    # And once more for good measure: nobody is mailed again.
    newsroom.run(*DAY)
    assert messages(newsroom) == expected


def test_kill_in_the_middle_of_a_send_leaves_everybody_with_one_message(newsroom: Newsroom) -> None:
    prove(newsroom, readers=400, kills=3, seed=20221122)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_kill_again_and_again(newsroom: Newsroom, seed: int) -> None:
    prove(newsroom, readers=3_000, kills=12, seed=seed)
