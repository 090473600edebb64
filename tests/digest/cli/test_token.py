"""Tokens of the API from the command line: shown once, listed without the secret, revoked."""

from __future__ import annotations

from tests.digest.cli.desk import Desk


def test_a_token_is_shown_once_listed_and_revoked(desk: Desk) -> None:
    desk.import_readers()
    made = desk.json(
        "token", "create", "website", "--scope", "readers:write", "--scope", "lists:read", "--list", "world",
        "--expires", "2099-12-31", "--by", "ann",
    )  # fmt: skip
    assert made["token"].startswith(f"dgt_{made['prefix']}_")
    assert made["scopes"] == ["lists:read", "readers:write"]
    assert made["expires_at"] == "2099-12-31T23:59:59+00:00"
    listed = desk.digest("token", "list")
    assert made["prefix"] in listed.stdout
    assert made["token"] not in listed.stdout
    assert desk.json("token", "list")["tokens"][0]["created_by"] == "ann"
    assert "revoked" in desk.digest("token", "revoke", "website").stdout
    assert desk.json("token", "list")["tokens"][0]["revoked_at"]


def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    assert "None" in desk.digest("token", "list").stdout
    desk.digest("token", "create", "a", code=2)
    desk.digest("token", "create", "a", "--scope", "readers:own", code=2)
    desk.digest("token", "create", "a", "--scope", "readers:read", "--list", "nowhere", code=2)
    desk.digest("token", "create", "a", "--scope", "readers:read", "--expires", "1999-01-01", code=1)
    desk.digest("token", "create", "a", "--scope", "readers:read", "--expires", "soon", code=2)
    desk.digest("token", "create", " ", "--scope", "readers:read", code=1)
    desk.digest("token", "revoke", "nobody", code=2)
    desk.json("token", "create", "a", "--scope", "readers:read")
    assert "already" in desk.digest("token", "create", "a", "--scope", "readers:read", code=8).stderr
