"""People of the desk from the command line: the first admin's link, the list, the end."""

from __future__ import annotations

from tests.digest.cli.desk import Desk


def test_the_first_admin_gets_a_link_and_leaves_the_last(desk: Desk) -> None:
    made = desk.json("people", "invite", "Ann@example.org", "--role", "admin", "--name", "Ann")
    assert made["email"] == "ann@example.org"
    assert "/desk/welcome/" in made["link"]
    token = made["link"].rpartition("/")[2]
    again = desk.json("people", "invite", "ann@example.org")
    assert again["roles"] == ["admin"]
    assert token not in again["link"]
    assert [one["email"] for one in desk.json("people", "list")["people"]] == ["ann@example.org"]
    assert "last admin" in desk.digest("people", "end", "ann@example.org", code=1).stderr
    desk.json("people", "invite", "bob@example.org", "--role", "admin")
    assert desk.json("people", "end", "ann@example.org")["left"]
    assert "left" in desk.digest("people", "list").stdout


def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    desk.digest("people", "invite", "no-address", "--role", "admin", code=1)
    desk.digest("people", "invite", "ann@example.org", code=1)
    desk.digest("people", "invite", "ann@example.org", "--role", "editor", "--newsletter", "nowhere", code=2)
    desk.digest("people", "end", "nobody@example.org", code=2)
    assert "Nobody yet" in desk.digest("people", "list").stdout
