"""stop, pause, resume, release, abandon: from another terminal, as often as one likes, and in the record."""

from __future__ import annotations

import pytest

from digest.cli.exits import Exit
from digest.model.edition import EditionId
from digest.settings import load_settings
from digest.wiring import open_app
from digest.workflow.send.corrections import mail_correction
from digest.workflow.send.plan import plan
from tests.digest.cli.desk import DAY, EDITION, RUN, Desk


@pytest.fixture
def planned(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An edition that is approved and planned for four readers, none of whom has it yet."""
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", DAY)
    desk.digest("approve", EDITION)
    monkeypatch.chdir(desk.folder)
    with open_app(load_settings(desk.folder / "config.yaml")) as app:
        plan(app, EditionId.parse(EDITION))
    return desk


def test_pause_and_resume_as_often_as_one_likes(planned: Desk) -> None:
    for reason in ("waiting for the desk", "another reason"):
        paused = planned.json("pause", EDITION, "--reason", reason)
        assert (paused["state"], paused["reason"]) == ("paused", "waiting for the desk")
    assert paused["account"]["ready"] == 4
    assert paused["account"]["adds_up"]
    (line,) = (one for one in planned.digest("status").stdout.splitlines() if EDITION in one)
    assert "paused" in line
    assert "waiting for the desk" in line
    assert planned.letters == []
    for _ in range(2):
        assert planned.json("resume", EDITION)["state"] == "sending"
    planned.digest("send", EDITION)
    assert len(planned.letters) == 4
    # Nothing is left to be done to it, and saying so once more does no harm.
    for action in ("pause", "resume", "stop"):
        assert planned.json(action, EDITION)["state"] == "closed"
    assert len(planned.letters) == 4


def test_a_stopped_sending_stays_stopped_when_it_is_paused(planned: Desk) -> None:
    assert planned.json("stop", EDITION, "--reason", "wrong headline")["state"] == "stopped"
    assert planned.json("pause", EDITION)["reason"] == "wrong headline"
    assert planned.json("status", EDITION)["editions"][0]["mailing"]["state"] == "stopped"
    planned.digest("send", EDITION)
    assert len(planned.letters) == 4


def test_abandon_and_release(planned: Desk) -> None:
    given_up = planned.json("abandon", EDITION, "--reason", "overtaken by events")
    assert (given_up["chunks"], given_up["account"]["skipped"]["abandoned"]) == (4, 4)
    assert given_up["account"]["adds_up"]
    assert planned.json("abandon", EDITION, "--reason", "again")["chunks"] == 0
    assert planned.json("release", EDITION)["chunks"] == 0, "nobody is held"
    asked = planned.digest("release", EDITION, "--given-up", stdin="n\n", code=Exit.INTERRUPTED)
    assert "4 readers were given up. Send to them after all?" in asked.stderr
    released = planned.json("release", EDITION, "--given-up", "--yes")
    assert (released["chunks"], released["account"]["ready"]) == (4, 4)
    assert planned.json("release", EDITION, "--given-up")["chunks"] == 0
    planned.digest("send", EDITION)
    assert len(planned.letters) == 4


def test_what_was_given_up_of_a_closed_mailing_can_still_be_released(planned: Desk) -> None:
    planned.json("stop", EDITION)
    assert planned.json("abandon", EDITION, "--reason", "overtaken by events")["state"] == "closed"
    assert planned.json("release", EDITION, "--given-up", "--yes")["state"] == "paused"
    planned.digest("send", EDITION)
    assert len(planned.letters) == 4
    assert planned.json("status", EDITION)["editions"][0]["mailing"]["state"] == "closed"


def test_the_mailing_of_a_correction_by_its_number(planned: Desk) -> None:
    planned.digest("send", EDITION)
    number = planned.json("correct", EDITION, "It was 57, not 50.")["id"]
    one = ("--correction", str(number))
    said = planned.digest("stop", EDITION, *one, code=Exit.USAGE).stderr
    assert "has not been mailed" in said
    with open_app(load_settings(planned.folder / "config.yaml")) as app:
        mail_correction(app, EditionId.parse(EDITION), number, by="Ada")
    assert planned.json("stop", EDITION)["corrections"] == {str(number): "planned"}
    assert f"--correction {number}" in planned.digest("pause", EDITION).stdout
    stopped = planned.json("stop", EDITION, "--reason", "wrong again", *one)
    assert (stopped["state"], stopped["reason"], stopped["correction"]) == ("stopped", "wrong again", number)
    assert stopped["account"]["ready"] == 4
    assert planned.json("pause", EDITION, *one)["state"] == "stopped"
    assert planned.json("abandon", EDITION, "--reason", "too late", *one)["chunks"] > 0
    assert planned.json("release", EDITION, *one, "--given-up", "--yes")["state"] == "paused"
    assert planned.json("resume", EDITION, *one)["state"] == "sending"
    assert planned.json("stop", EDITION)["state"] == "closed"
    assert len(planned.letters) == 4


def test_in_words(planned: Desk) -> None:
    said = planned.digest("pause", EDITION, "--reason", "waiting for the desk").stdout
    assert "the mailing is paused: waiting for the desk" in said
    assert "adds up" in said
    assert "nobody was released\n" in planned.digest("release", EDITION).stdout
    assert "given up 4 chunks\n" in planned.digest("abandon", EDITION, "--reason", "too late").stdout
    assert "nobody was given up\n" in planned.digest("abandon", EDITION, "--reason", "again").stdout
    assert "taken up again 4 chunks\n" in planned.digest("release", EDITION, "--given-up", "--yes").stdout


@pytest.mark.parametrize("action", [("pause",), ("resume",), ("release",), ("abandon", "--reason", "x")])
def test_without_a_mailing_it_says_so(desk: Desk, action: tuple[str, ...]) -> None:
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", DAY)
    said = desk.digest(action[0], EDITION, *action[1:], code=Exit.USAGE).stderr
    assert "has no mailing yet" in said


def test_the_same_day_again_does_not_resume_by_the_clock(planned: Desk) -> None:
    planned.digest("pause", EDITION)
    # `run` is a person at a terminal: it goes on, as `send` does.
    planned.digest(*RUN)
    assert len(planned.letters) == 4


def test_what_is_planned_says_how_it_goes_on(planned: Desk) -> None:
    step = f"`digest send {EDITION}` goes on"
    assert step in planned.digest("resume", EDITION).stdout
    assert step in planned.digest("status", EDITION).stdout
    assert step not in planned.digest("stop", EDITION).stdout
    planned.digest("send", EDITION)
    assert step not in planned.digest("status", EDITION).stdout


@pytest.mark.parametrize("action", ["stop", "pause", "resume", "release", "abandon --reason late"])
def test_an_edition_that_there_is_none_of_is_not_said_to_wait_for_its_mailing(desk: Desk, action: str) -> None:
    result = desk.digest(*action.split(), EDITION, code=Exit.USAGE)
    assert f"there is no edition {EDITION}; make it with `digest compose" in result.stderr
