"""`digest check`: what it says, to people and to programs, and how it ends."""

from __future__ import annotations

from digest.cli.exits import Exit
from tests.digest.cli.desk import EDITION, Desk


def test_a_good_edition_passes(sent: Desk) -> None:
    answer = sent.json("check", EDITION, "--no-links")
    assert answer["blocked"] is False
    assert answer["exit"] == Exit.DONE
    findings = answer["findings"]
    assert isinstance(findings, list)
    assert all(set(one) == {"id", "severity", "message", "fix"} for one in findings)


def test_a_blocker_ends_with_its_own_code(desk: Desk) -> None:
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", EDITION.partition("/")[2])
    config = desk.folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("postal_address: ", "postal_address: TK "), "utf-8")
    result = desk.digest("check", EDITION, "--no-links", code=Exit.NOTHING)
    assert "blocker: The newsletter's postal address still holds 'TK'" in result.stdout
    assert "[unfinished]" in result.stdout
    assert f"{EDITION}: 1 blocker, 0 warnings\n" in result.stdout
