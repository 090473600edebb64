"""Errors: one line, the right exit code, never a traceback for what a person can cause."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import IntegrityError, OperationalError

from digest.cli.exits import Exit, Stopped, exit_of, explain
from digest.cli.frame import Call, Root, command
from digest.model.edition import EditionId
from digest.model.errors import (
    BadDocument,
    ConfigError,
    DigestError,
    IllegalTransition,
    Lost,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RenderFailed,
    StorageFailed,
    Transient,
    Unauthorised,
)
from digest.workflow.edition.review import Blocked
from subscribers.model import ModelError, SubscribersError
from tests.digest.cli.desk import READERS, Desk


def database_trouble() -> OperationalError:
    return OperationalError("SELECT 1 WHERE x = ?", {"x": "ada@readers.example"}, sqlite3.OperationalError("is locked"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), Exit.USAGE),
        (NotFound("x"), Exit.USAGE),
        (ModelError("x"), Exit.USAGE),
        (BadDocument("a.txt", "empty"), Exit.BAD_DOCUMENT),
        (Blocked(EditionId.parse("world/2026-11-22"), ()), Exit.NOTHING),
        (Stopped("x", Exit.HELD), Exit.HELD),
        (Lost("x"), Exit.ELSEWHERE),
        (Transient("x"), Exit.PROVIDER),
        (Permanent("x"), Exit.PROVIDER),
        (Unauthorised("x"), Exit.PROVIDER),
        (OutcomeUnknown("x"), Exit.PROVIDER),
        (StorageFailed("the database is locked"), Exit.FAILED),
        (database_trouble(), Exit.FAILED),
        (IllegalTransition("x"), Exit.FAILED),
        (RenderFailed("x", "y"), Exit.FAILED),
        (DigestError("x"), Exit.FAILED),
        (SubscribersError("x"), Exit.FAILED),
        (PermissionError(13, "Permission denied", "var"), Exit.FAILED),
        (ZeroDivisionError("x"), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_which_error_ends_with_which_code(error: Exception, code: Exit | None) -> None:
    assert exit_of(error) is code


def test_a_database_error_is_told_without_its_values() -> None:
    error = IntegrityError("INSERT …", {"email": "ada@readers.example"}, sqlite3.IntegrityError("UNIQUE failed: x"))
    for told in (explain(error), explain(database_trouble())):
        assert "ada@" not in told
        assert "the database at storage.url" in told


def test_an_os_error_names_the_file() -> None:
    assert explain(PermissionError(13, "Permission denied", "var/outbox")) == "var/outbox: Permission denied"


def raising(error: BaseException, *arguments: str, **env: str) -> Result:
    """A command that only raises, run as `digest boom`."""

    @command("boom", examples=("digest boom",))
    def boom(call: Call) -> Exit:
        """Raise."""
        raise error

    return CliRunner().invoke(Root({"Only": (boom,)}), ["boom", *arguments], env=env)


def test_a_defect_is_one_line_that_says_how_to_see_more() -> None:
    result = raising(ZeroDivisionError("by zero"), "--json")
    assert result.exit_code == Exit.FAILED
    assert result.stderr == (
        "digest: error: unexpected ZeroDivisionError: by zero; this is a defect: DIGEST_DEBUG=1 shows where\n"
    )
    answer = json.loads(result.stdout)
    assert (answer["schema_version"], answer["exit"]) == (1, 1)
    assert "Traceback" in raising(ZeroDivisionError("by zero"), DIGEST_DEBUG="1").stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EOFError()])
def test_interrupted(error: BaseException) -> None:
    result = raising(error)
    assert result.exit_code == Exit.INTERRUPTED
    assert "Traceback" not in result.stderr


def test_an_error_with_control_characters_only_shows() -> None:
    assert "\x1b" not in raising(DigestError("\x1b[31mred")).stderr


def test_each_line_of_a_message_is_a_line_of_its_own() -> None:
    assert raising(ConfigError("one\ntwo")).stderr == "digest: error: one\ndigest: error: two\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rum",), "No such command 'rum'"),
        (("run",), "Missing argument 'NEWSLETTER'; see `digest run --help`"),
        (("run", "world", "--dat"), "No such option"),
        (("run", "world", "--date", "2022-02-30"), "'2022-02-30' is not a date; write it as 2026-11-22"),
        (("status", "--limit", "0"), "--limit"),
        (("serve", "--port", "70000"), "--port"),
        (("subscribers", "list"), "Missing option '--list'"),
    ],
)
def test_wrong_usage(empty: Desk, arguments: tuple[str, ...], said: str) -> None:
    result = empty.digest(*arguments, code=Exit.USAGE)
    assert said in result.stderr
    assert result.stderr.startswith("digest: error: ")
    assert result.stderr.count("\n") == 1
    answer = json.loads(empty.digest(*arguments, "--json", code=Exit.USAGE).stdout)
    assert answer["exit"] == 2


def test_a_missing_configuration_says_what_to_do(empty: Desk) -> None:
    result = empty.digest("status", code=Exit.USAGE)
    assert result.stderr == (
        "digest: error: config.yaml: there is no configuration here; name one with --config FILE "
        "or write one with `digest init`\n"
    )


def test_the_configuration_from_the_environment(sent: Desk, empty: Desk) -> None:
    named = str(sent.folder / "config.yaml")
    assert "no database yet" in empty.digest("status", code=Exit.USAGE, DIGEST_CONFIG=named).stderr
    assert "nowhere.yaml" in empty.digest("status", "--config", "nowhere.yaml", DIGEST_CONFIG=named, code=2).stderr


Change = Callable[[str], str]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace("    language: en", "    languge: en"),
            "config.yaml:11: newsletters.0.languge: unknown key; did you mean 'language'?",
        ),
        (
            lambda text: text.replace("zone: Europe/London", "zone: Europe/Londn"),
            "config.yaml:12: newsletters.0.zone: 'Europe/Londn' is not a time zone; did you mean 'Europe/London'?",
        ),
        (
            lambda text: text.replace("{kind: outbox}", "{kind: pigeon}"),
            "config.yaml:2: provider.kind: Input should be 'outbox', 'smtp', 'sendgrid', 'ses', 'mailgun', 'postmark' "
            "or 'resend' (found 'pigeon')",
        ),
        (lambda text: text + "\n  - [", "config.yaml: not valid YAML"),
        (lambda text: "just words", "config.yaml: expected keys such as `newsletters:`"),
        (
            lambda text: text.replace("{kind: outbox}", "{kind: sendgrid, sendgrid: {api_key: SG.x}}"),
            "provider.sendgrid.api_key is a secret: take it out and set DIGEST_PROVIDER__SENDGRID__API_KEY",
        ),
    ],
)
def test_a_mistake_in_the_configuration(empty: Desk, change: Change, said: str) -> None:
    empty.configure()
    path = empty.folder / "config.yaml"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    result = empty.digest("status", code=Exit.USAGE)
    assert said in result.stderr
    assert all(line.startswith("digest: error: ") for line in result.stderr.splitlines())
    assert not (empty.folder / "var").exists()


def test_a_file_that_is_no_database(empty: Desk) -> None:
    empty.configure()
    (empty.folder / "var").mkdir()
    (empty.folder / "var" / "digest.db").write_bytes(b"this is no database at all, only words" * 100)
    result = empty.digest("status", code=Exit.FAILED)
    assert "file is not a database; `digest doctor` looks what is wrong" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_out_of_reach_is_no_providers_fault(empty: Desk) -> None:
    empty.configure()
    address = "postgresql+psycopg://digest:verysecret@127.0.0.1:9/digest"
    result = empty.digest("status", code=Exit.FAILED, DIGEST_STORAGE__URL=address)
    assert result.stderr.startswith("digest: error: ")
    assert "Connection refused" in result.stderr
    assert "verysecret" not in result.stderr


def test_a_reader_of_our_output_who_leaves_early(desk: Desk) -> None:
    rows = READERS.splitlines()[0] + "\n" + "".join(f"r{number}@readers.example,,,,,\n" for number in range(5000))
    desk.import_readers(rows)
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "subscribers", "list", "--list", "world", "--json"],
        cwd=desk.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == Exit.FAILED
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_with_130_and_one_line(empty: Desk, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "events", "-"],
        cwd=empty.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    # More than a pipe holds: when all of it is written, the command is up and reads.
    process.stdin.write("\n" * 300_000)
    process.stdin.flush()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (Exit.INTERRUPTED, "")
    assert err.strip().endswith("digest: error: interrupted; run it again to go on")
    assert "Traceback" not in err
