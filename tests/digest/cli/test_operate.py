"""init, doctor, serve: a new place works at once, and what is wrong is said with the next step."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.cli.checkup import next_sending
from digest.cli.exits import Exit
from digest.settings import load_settings
from tests.builders import newsletter
from tests.digest.cli.desk import Desk
from tests.servers.sendgrid_api import KEY, SendGridServer
from tests.servers.smtp_sink import SmtpSink

ROOT = Path(__file__).parents[3]


def checks(desk: Desk, *arguments: str, code: int = 0, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """What the doctor found, by what was looked at (the last of several)."""
    variables: dict[str, Any] = {**(env or {})}
    answer = json.loads(desk.digest("doctor", "--json", *arguments, code=code, **variables).stdout)
    assert answer["exit"] == code
    return {check["what"]: check for check in answer["checks"]}


def test_init_makes_a_place_that_works(empty: Desk) -> None:
    result = empty.digest("init", "site")
    site = Desk(folder=empty.folder / "site")
    assert "site/config.yaml" in result.stdout
    assert "  cd site\n" in result.stdout
    assert stat.S_IMODE((site.folder / "var" / "secret.key").stat().st_mode) == 0o600
    assert (site.folder / "var" / "digest.db").exists()
    assert not (empty.folder / "var").exists()
    found = checks(site)
    # Whether this Python is a mended one is not up to us.
    assert {check["level"] for what, check in found.items() if what != "python"} == {"ok"}
    assert "No edition yet" in site.digest("status").stdout
    (world,) = site.json("lists", "show")["lists"]
    assert (world["slug"], world["name"], world["opt_in"]) == ("world", "The World Brief", "double")


def test_init_lets_the_first_admin_in(empty: Desk) -> None:
    said = empty.digest("init", "site", "--admin", "Ann@desk.example").stdout
    link = said.splitlines()[-1].strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:8025/desk/welcome/[\w-]{43}", link)
    site = Desk(folder=empty.folder / "site")
    (ann,) = site.json("people", "list")["people"]
    assert (ann["email"], ann["roles"], ann["signed_in"]) == ("ann@desk.example", ["admin"], None)
    # What opens the door is nowhere on the disk.
    token = link.rpartition("/")[2].encode()
    assert not [file for file in site.folder.rglob("*") if file.is_file() and token in file.read_bytes()]
    wrong = empty.digest("init", "other", "--admin", "not an address", code=Exit.FAILED)
    assert "nothing was made" in wrong.stderr
    assert not (empty.folder / "other").exists()


def test_init_overwrites_nothing(empty: Desk) -> None:
    (empty.folder / "config.yaml").write_text("mine: 1\n", "utf-8")
    result = empty.digest("init", code=Exit.FAILED)
    assert result.stderr == "digest: error: config.yaml: is there already; nothing was changed\n"
    assert (empty.folder / "config.yaml").read_text("utf-8") == "mine: 1\n"
    assert not (empty.folder / "var").exists()


def test_init_keeps_a_key_and_a_database_that_are_there(empty: Desk) -> None:
    empty.digest("init")
    key = (empty.folder / "var" / "secret.key").read_text("ascii")
    (empty.folder / "config.yaml").unlink()
    answer = empty.json("init")
    assert answer["config"] == "config.yaml"
    assert (empty.folder / "var" / "secret.key").read_text("ascii") == key


def test_init_where_nothing_can_be_made(empty: Desk) -> None:
    (empty.folder / "file").write_text("", "utf-8")
    assert "file" in empty.digest("init", "file", code=Exit.USAGE).stderr
    assert "file" in empty.digest("init", "file/deeper", code=Exit.FAILED).stderr


def test_the_starter_is_a_newsletter_of_real_feeds(empty: Desk) -> None:
    settings = load_settings(ROOT / "digest" / "cli" / "starter.yaml")
    assert settings.provider.kind == "outbox"
    assert len({source.url for source in settings.sources}) == len(settings.sources) >= 8
    known = {source.url for source in load_settings(ROOT / "config.yaml").sources}
    assert {source.url for source in settings.sources} <= known


@pytest.mark.parametrize("name", ["config.yaml", "samples/config.yaml"])
def test_the_doctor_finds_the_bundled_configurations_well(empty: Desk, name: str) -> None:
    found = checks(empty, "--config", str(ROOT / name))
    assert {check["level"] for check in found.values()} <= {"ok", "warn"}
    # Looking changes nothing: what is not there yet is not made.
    assert found["database"]["level"] == "warn"
    assert found["secret key"]["level"] == "warn"
    assert list(empty.folder.iterdir()) == []


def test_the_doctor_for_people(sent: Desk) -> None:
    shown = " ".join(sent.digest("doctor", COLUMNS="200").stdout.split())
    for line in ("What", "ok database", "ok templates", "ok next sending"):
        assert line in shown


def test_the_doctor_names_what_fails_and_what_to_do(desk: Desk) -> None:
    (desk.folder / "sources" / "wire").rename(desk.folder / "sources" / "gone")
    (desk.folder / "var" / "secret.key").chmod(0o644)
    (desk.folder / "var" / "digest.db").write_bytes(b"no database, only words" * 100)
    found = checks(desk, code=Exit.FAILED)
    assert (found["sources"]["level"], found["sources"]["fix"]) == ("fail", "make the folder, or mend the path")
    assert found["secret key"]["fix"] == "chmod 600 var/secret.key"
    assert found["database"]["level"] == "fail"
    assert "file is not a database" in found["database"]["found"]
    assert "→ chmod 600 var/secret.key" in desk.digest("doctor", code=Exit.FAILED).stdout


def test_the_doctor_cannot_do_without_a_configuration(empty: Desk) -> None:
    assert "there is no configuration here" in empty.digest("doctor", code=Exit.USAGE).stderr


def test_the_outbox_must_be_writable(desk: Desk) -> None:
    (desk.folder / "blocked").write_text("a file in the way", "utf-8")
    desk.configure(provider="{kind: outbox, outbox: {path: blocked/outbox}}")
    found = checks(desk, code=Exit.FAILED)["provider"]
    assert found["level"] == "fail"
    assert "provider.outbox.path" in found["fix"]


def test_smtp_is_connected_to_and_mails_nobody(desk: Desk) -> None:
    with SmtpSink() as sink:
        desk.configure(provider=f"{{kind: smtp, smtp: {{port: {sink.port}}}}}")
        found = checks(desk)
        assert found["provider"]["found"] == f"smtp 127.0.0.1:{sink.port} answers"
        assert found["base URL"]["level"] == "warn"
        assert sink.taken == []
        port = sink.port
    gone = checks(desk, code=Exit.FAILED)["provider"]
    assert gone["found"].startswith(f"smtp 127.0.0.1:{port}: ")
    assert "provider.smtp.host" in gone["fix"]


def test_a_refused_login_is_told_apart(desk: Desk) -> None:
    password = "DIGEST_PROVIDER__SMTP__PASSWORD"
    with SmtpSink(users={"digest": "right"}) as sink:
        desk.configure(provider=f"{{kind: smtp, smtp: {{port: {sink.port}, username: digest}}}}")
        wrong = checks(desk, code=Exit.FAILED, env={password: "wrong"})["provider"]
        assert "the login was refused (535)" in wrong["found"]
        right = checks(desk, env={password: "right"})["provider"]
        assert right["found"].endswith("answers, and knows us")


def test_sendgrid_needs_a_key_and_is_asked_only_online(desk: Desk) -> None:
    variable = "DIGEST_PROVIDER__SENDGRID__API_KEY"
    with SendGridServer() as server:
        desk.configure(provider=f"{{kind: sendgrid, sendgrid: {{base_url: '{server.url}'}}}}")
        missing = checks(desk, code=Exit.FAILED)["provider"]
        assert missing["fix"] == f"set {variable}"
        assert checks(desk, env={variable: KEY})["provider"]["level"] == "ok"
        assert server.bodies == []
        online = checks(desk, "--online", env={variable: KEY})["provider"]
        assert "took a message in its sandbox" in online["found"]
        assert server.bodies[0]["mail_settings"]["sandbox_mode"]["enable"] is True
        assert server.taken == []
        refused = checks(desk, "--online", code=Exit.FAILED, env={variable: "SG.wrong"})["provider"]
        assert "401" in refused["found"]
        assert "SG.wrong" not in json.dumps(refused)


def test_the_next_sending_skips_days_off() -> None:
    made = newsletter()
    friday = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    assert next_sending(made, friday) == datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
    weekdays = newsletter(schedule=type(made.schedule)(days=("mon",)))
    assert next_sending(weekdays, friday) == datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_serve_until_it_is_told_to_stop(sent: Desk) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "serve", "--port", str(port), "--no-scheduler", "--json"],
        cwd=sent.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert _answers(f"http://127.0.0.1:{port}/health/live", process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert json.loads(out) == {"schema_version": 1, "stopped": True, "exit": 0}
    assert "Traceback" not in err


def _answers(url: str, process: subprocess.Popen[str]) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback server
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def test_serve_on_a_port_that_is_taken(sent: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = sent.process("serve", "--port", port, "--no-scheduler")
    assert result.returncode == Exit.FAILED
    assert result.stderr.count("digest: error: ") == 1
    assert port in result.stderr
    assert "Traceback" not in result.stderr


def test_the_doctor_tells_of_backups_alarms_and_a_pause(sent: Desk, tmp_path: Path) -> None:
    found = checks(sent)
    assert (found["backup"]["level"], found["alarms"]["level"]) == ("warn", "ok")
    sent.digest("backup", str(tmp_path / "backups"))
    assert checks(sent)["backup"]["level"] == "ok"
