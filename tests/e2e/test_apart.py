"""`digest web` and two `digest scheduler` as processes of one house: one morning, each reader once, and a clean end."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import httpx

from tests.digest.cli.desk import Desk, open_desk


def late_in_the_morning(desk: Desk) -> str:
    """Give the newsletter a zone where it is ten o'clock, and reports of three hours ago. Returns the edition."""
    now = datetime.now(UTC)
    east = 10 - now.hour if now.hour < 23 else 11
    path = desk.folder / "config.yaml"
    path.write_text(path.read_text("utf-8").replace("Europe/London", f"Etc/GMT{-east:+d}"), "utf-8")
    reported = f'"date_published": "{now - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"'
    for feed in (desk.folder / "sources").rglob("*.json"):
        feed.write_text(re.sub(r'"date_published": "[^"]*"', reported, feed.read_text("utf-8")), "utf-8")
    return f"world/{(now + timedelta(hours=east)).date()}"


def start(desk: Desk, name: str, *arguments: str) -> tuple[subprocess.Popen[bytes], Path]:
    """A process, and the file that its log goes to."""
    log = desk.folder / f"{name}.log"
    with log.open("wb") as stream:
        command = [sys.executable, "-W", "error", "-m", "digest", *arguments]
        return subprocess.Popen(command, cwd=desk.folder, stdout=subprocess.PIPE, stderr=stream), log


def until(true: Callable[[], bool]) -> None:
    """Wait for it, for as long as a crowded machine may need."""
    end = time.monotonic() + 300
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def test_pages_and_two_clocks_apart_mail_everybody_once(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    edition = late_in_the_morning(desk)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    begun = [
        start(desk, "web", "web", "--port", port),
        start(desk, "one", "scheduler", "--json"),
        start(desk, "other", "scheduler", "--json"),
    ]
    try:
        until(lambda: len(desk.letters) >= 4)
        until(lambda: all(b"keeping.time" in log.read_bytes() for _, log in begun[1:]))
        until(lambda: answers(f"http://127.0.0.1:{port}/editions/{edition}"))
        assert "digest_scheduler_alive" not in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
        for process, _ in begun:
            process.send_signal(signal.SIGTERM)
        said = [process.communicate(timeout=60)[0] for process, _ in begun]
    finally:
        for process, _ in begun:
            if process.poll() is None:
                process.kill()
                process.communicate()
    assert [process.returncode for process, _ in begun] == [0, 0, 0]
    assert [json.loads(one)["stopped"] for one in said[1:]] == [True, True]
    lines = [json.loads(line) for _, log in begun for line in log.read_text("utf-8").splitlines()]
    assert [line for line in lines if line["level"] not in ("info", "debug")] == []
    mailed = sorted(message_from_bytes(letter.read_bytes())["to"] for letter in desk.letters)
    assert len(mailed) == len(set(mailed)) == 4
    desk.digest("audit", edition)
    sends = [line for line in lines if line["event"] == "phase.ended" and line["phase"] == "send"]
    assert [line["state"] for line in sends if edition.endswith(line["date"])] == ["done"]
