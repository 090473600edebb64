"""The outbox: a Maildir that any mail program opens, and one message per key whatever happens."""

from __future__ import annotations

import mailbox
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.model.errors import Transient
from digest.providers import durable
from digest.providers.outbox import OutboxProvider, file_name
from tests.servers.letters import batch, from_bytes, reader, rendered

ROOT = Path(__file__).parents[3]

SENDER = """
import sys
from pathlib import Path
from digest.providers.outbox import OutboxProvider
from tests.servers.letters import batch, reader, rendered
provider = OutboxProvider(Path(sys.argv[1]))
for start in range(0, 600, 100):
    provider.send(batch([reader(n) for n in range(start, start + 100)], rendering=rendered(filling="word " * 4000)))
    print(start, flush=True)
"""


def start_sender(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SENDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def keys(path: Path) -> list[str]:
    return sorted(found.name for found in (path / "new").iterdir())


def test_python_opens_it_as_a_maildir(tmp_path: Path) -> None:
    receipt = OutboxProvider(tmp_path / "box").send(batch([reader(n) for n in range(3)]))
    box = mailbox.Maildir(tmp_path / "box", create=False)
    assert receipt.delivered
    assert sorted(message["Message-ID"] for message in box) == [
        f"<{reader(n).delivery}@digest.example>" for n in range(3)
    ]
    assert not list((tmp_path / "box" / "tmp").iterdir())


def test_messages_are_for_their_owner_only_and_have_the_line_ends_of_a_mail_store(tmp_path: Path) -> None:
    OutboxProvider(tmp_path).send(batch([reader(1)]))
    (path,) = (tmp_path / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize("suffix", [":2,", ":2,S", ":2,FRS", ",S=1234:2,S", ";2,S", "!2,S"])
def test_a_message_that_a_mail_program_has_moved_is_not_written_again(tmp_path: Path, suffix: str) -> None:
    provider = OutboxProvider(tmp_path)
    provider.send(batch([reader(1), reader(2)]))
    name = file_name(reader(1).delivery)
    os.rename(tmp_path / "new" / name, tmp_path / "cur" / (name + suffix))
    provider.send(batch([reader(1), reader(2), reader(3)]))
    assert keys(tmp_path) == [reader(2).delivery, reader(3).delivery]
    assert len(list((tmp_path / "cur").iterdir())) == 1


def test_a_message_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    provider = OutboxProvider(tmp_path)
    provider.send(batch([reader(1)]))
    path = tmp_path / "new" / reader(1).delivery
    before = path.stat().st_ino
    provider.send(batch([reader(1, "Somebody else")]))
    assert path.stat().st_ino == before
    assert b"Somebody else" not in path.read_bytes()


def test_the_same_key_twice_in_a_batch_is_one_message(tmp_path: Path) -> None:
    OutboxProvider(tmp_path).send(batch([reader(1), reader(1)]))
    assert keys(tmp_path) == [reader(1).delivery]


def test_what_a_killed_run_left_in_tmp_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / reader(1).delivery).write_bytes(b"half a mess" * 10_000)
    OutboxProvider(tmp_path).send(batch([reader(1)]))
    assert from_bytes((tmp_path / "new" / reader(1).delivery).read_bytes()).email == reader(1).email


@pytest.mark.parametrize("key", ["../../etc/passwd", ".hidden", "a/b", "a:2,S", "x" * 300, "ключ"])
def test_a_key_that_is_no_file_name_gets_one(key: str) -> None:
    name = file_name(key)
    assert name.isalnum()
    assert len(name) == 65
    assert name != file_name(key + "x")


def test_a_full_or_forbidden_disk_is_a_clear_no(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file where the folder should be")
    with pytest.raises(Transient, match="cannot write"):
        OutboxProvider(tmp_path / "box").send(batch([reader(1)]))


def test_kill_at_any_moment_and_again_leaves_one_message_each(tmp_path: Path) -> None:
    rolls = random.Random(8)
    for _ in range(4):
        sender = start_sender(tmp_path)
        assert sender.stdout is not None
        sender.stdout.readline()
        time.sleep(rolls.random() * 0.06)
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        sender.stdout.close()
        for path in rolls.sample(sorted((tmp_path / "new").iterdir()), 20):
            assert from_bytes(path.read_bytes()).delivery == path.name
    OutboxProvider(tmp_path).send(batch([reader(n) for n in range(600)], rendering=rendered()))
    assert keys(tmp_path) == sorted(reader(n).delivery for n in range(600))


def test_two_senders_at_once_write_each_message_once(tmp_path: Path) -> None:
    senders = [start_sender(tmp_path) for _ in range(2)]
    outputs = [sender.communicate(timeout=60) for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0], outputs
    assert keys(tmp_path) == sorted(reader(n).delivery for n in range(600))


@pytest.mark.parametrize("count", [1, 40])
def test_flushing_names_a_file_that_is_not_there(tmp_path: Path, count: int) -> None:
    """The portable ways, taken where the system has no `syncfs`."""
    paths = [tmp_path / str(number) for number in range(count)]
    for path in paths[1:]:
        path.write_bytes(b"x")
    with pytest.raises(FileNotFoundError):
        durable.flush_each([str(path) for path in paths])
    paths[0].write_bytes(b"x")
    durable.flush_each([str(path) for path in paths])
