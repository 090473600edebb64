"""Webhooks from the command line: added with a secret, listed, rotated, replayed, removed."""

from __future__ import annotations

from tests.digest.cli.desk import Desk


def test_a_webhook_from_its_first_day_to_its_last(desk: Desk) -> None:
    assert "None" in desk.digest("webhooks", "list").stdout
    made = desk.json("webhooks", "add", "https://hooks.example/x", "--kind", "edition.sent", "--with-address")
    assert made["secret"].startswith("whsec_")
    narrowed = desk.digest("webhooks", "add", "https://hooks.example/y", "--list", "world")
    assert "is told everything about world" in narrowed.stderr
    desk.digest("webhooks", "remove", "2")
    assert "hooks.example" in desk.digest("webhooks", "list").stdout
    (listed,) = desk.json("webhooks", "list")["webhooks"]
    assert (listed["kinds"], listed["with_address"], listed["parked"]) == (["edition.sent"], True, 0)
    assert desk.json("webhooks", "rotate", "1")["secret"] != made["secret"]
    assert desk.json("webhooks", "failures", "1")["posts"] == []
    assert "None" in desk.digest("webhooks", "failures", "1").stdout
    assert desk.json("webhooks", "replay", "1", "--all", "--date", "2022-04-08")["posts"] == 0
    assert desk.json("webhooks", "enable", "1")["enabled"]
    assert desk.json("webhooks", "pause", "1")["paused"]
    assert "paused since" in desk.digest("webhooks", "list").stdout
    assert "nothing goes before `digest webhooks resume 1`" in desk.digest("webhooks", "replay", "1").stderr
    assert "told again" in desk.digest("webhooks", "resume", "1").stdout
    (listed,) = desk.json("webhooks", "list")["webhooks"]
    assert listed["paused"] is None
    assert "gone" in desk.digest("webhooks", "remove", "1").stdout


def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    for url in ("http://hooks.example/", "https://127.0.0.1/", "https://localhost/x", "x"):
        desk.digest("webhooks", "add", url, code=1)
    desk.digest("webhooks", "add", "https://hooks.example/", "--list", "nowhere", code=2)
    desk.digest("webhooks", "add", "https://hooks.example/", "--kind", "reader.sneezed", code=2)
    for command in ("failures", "replay", "rotate", "enable", "pause", "resume", "remove"):
        desk.digest("webhooks", command, "7", code=2)
