"""What a person does with an edition: show, preview, approve, hold, send, stop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.cli.exits import Exit
from digest.model.finding import sentence
from tests.digest.cli.desk import DAY, EDITION, RUN, Desk


@pytest.fixture
def composed(desk: Desk) -> Desk:
    """A desk whose edition is ready and waits for a person."""
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", DAY)
    return desk


def test_show_is_a_table_and_whole_with_json(sent: Desk) -> None:
    shown = sent.digest("show", EDITION, "--candidates").stdout
    assert "Strong earthquake" in shown
    assert f"{EDITION} is sent" in shown
    whole = sent.json("show", EDITION)
    assert whole["edition"] == EDITION
    assert whole["sections"][0]["blocks"][0]["kind"] == "lead"
    assert len(whole["scored"]) == 3
    assert whole["approved_by"] == "autopilot"


@pytest.mark.parametrize("name", ["world", "world/2022-13-01", "World/2022-04-08", "../2022-04-08"])
def test_a_name_that_is_no_edition_is_wrong_usage(sent: Desk, name: str) -> None:
    result = sent.digest("show", name, code=Exit.USAGE)
    assert result.stderr.startswith("digest: error: Invalid value for 'EDITION'")


def test_an_edition_that_is_not_there_says_how_to_make_it(sent: Desk) -> None:
    answer = sent.json("show", "world/2020-01-01", code=Exit.USAGE)
    assert answer["exit"] == 2
    assert "digest compose world --date 2020-01-01" in answer["error"]


def test_preview_writes_what_was_frozen(sent: Desk, tmp_path: Path) -> None:
    result = sent.digest("preview", EDITION, "--out", str(tmp_path))
    html, text = (Path(line) for line in result.stdout.splitlines())
    assert (html.name, text.name) == (f"world-{DAY}.html", f"world-{DAY}.txt")
    letter = next(path.read_text("ascii") for path in sent.letters if "ada@readers" in path.read_text("ascii"))
    headline = "Strong earthquake strikes the coast of Valdoria"
    assert headline in letter
    assert headline in html.read_text("utf-8")
    assert headline in text.read_text("utf-8")


def test_the_gallery_needs_no_edition(desk: Desk, tmp_path: Path) -> None:
    answer = desk.json("preview", "--gallery", "--out", str(tmp_path))
    assert answer["newsletter"] == "world"
    page = Path(str(answer["html"])).read_text("utf-8")
    assert 'sandbox=""' in page
    assert "missed, dark, 375 px" in page


def test_a_preview_of_nothing_is_wrong_usage(desk: Desk) -> None:
    result = desk.digest("preview", code=Exit.USAGE)
    assert "name an EDITION, such as world/2026-11-22, or ask for --gallery" in result.stderr


def test_preview_of_another_variant_has_a_name_of_its_own(sent: Desk, tmp_path: Path) -> None:
    answer = sent.json("preview", EDITION, "--variant", "fr:business:text", "--out", str(tmp_path))
    assert answer["html"] is None
    text = Path(answer["text"])
    assert text.name == f"world-{DAY}.fr-business-text.txt"
    assert "Ostmark" in text.read_text("utf-8")
    assert "Karelon" not in text.read_text("utf-8")


@pytest.mark.parametrize("key", ["en", "en:sport", "xx:all", "", ":", "en:all:text:more", "en:all:html"])
def test_a_variant_that_cannot_be_is_wrong_usage(sent: Desk, key: str) -> None:
    sent.digest("preview", EDITION, "--variant", key, code=Exit.USAGE)


def test_approve_then_send_then_both_again(composed: Desk) -> None:
    first = composed.json("approve", EDITION, "--by", "Ada")
    assert (first["status"], first["approved_by"]) == ("approved", "Ada")
    assert composed.json("approve", EDITION, "--by", "Ben")["approved_by"] == "Ada"
    sent = composed.json("send", EDITION)
    assert (sent["again"], sent["account"]["delivered"], sent["exit"]) == (False, 4, 0)
    again = composed.json("send", EDITION)
    assert (again["again"], again["calls"], again["notes"]) == (True, 0, ["already sent: nobody was mailed again"])
    assert len(composed.letters) == 4
    assert composed.json("approve", EDITION)["status"] == "sent"


def test_what_nobody_approved_is_not_sent(composed: Desk) -> None:
    result = composed.digest("send", EDITION, code=Exit.HELD)
    assert f"digest approve {EDITION}" in result.stderr
    assert not composed.letters


def test_a_blocker_stops_an_approval_and_says_what_to_do(composed: Desk) -> None:
    composed.configure(min_events=5)
    result = composed.digest("approve", EDITION, "--json", code=Exit.NOTHING)
    answer = json.loads(result.stdout)
    assert answer["findings"]
    assert all(one["severity"] == "blocker" for one in answer["findings"])
    first = answer["findings"][0]
    assert f"{EDITION}: {sentence(first['message'])} {sentence(first['fix'])}\n" in result.stderr
    assert "--despite-blockers" in result.stderr
    assert composed.json("approve", EDITION, "--despite-blockers")["status"] == "approved"


def test_hold_keeps_it_from_being_sent_until_somebody_approves(composed: Desk) -> None:
    composed.digest("approve", EDITION)
    held = composed.json("hold", EDITION, "--reason", "wait for the result", "--by", "Ada")
    assert (held["status"], held["reason"], held["exit"]) == ("held", "wait for the result", 0)
    assert "wait for the result" in composed.digest("send", EDITION, code=Exit.HELD).stderr
    assert "wait for the result" in composed.digest(*RUN, code=Exit.HELD).stdout
    composed.digest("approve", EDITION)
    composed.digest("send", EDITION)
    assert len(composed.letters) == 4


def test_hold_wants_a_reason(composed: Desk) -> None:
    assert "--reason" in composed.digest("hold", EDITION, code=Exit.USAGE).stderr


def test_what_is_sent_cannot_be_held(sent: Desk) -> None:
    result = sent.digest("hold", EDITION, "--reason", "too late", code=Exit.FAILED)
    assert "is sent: it cannot become held" in result.stderr


def test_stop_and_go_on(composed: Desk) -> None:
    text = (composed.folder / "config.yaml").read_text("utf-8")
    # An evening in 2022 is over for everybody; tomorrow's edition still waits.
    tomorrow = composed.json("compose", "world", "--date", "2031-01-06", code=Exit.HELD)["edition"]
    composed.digest("approve", tomorrow, "--despite-blockers")
    waiting = composed.digest("send", tomorrow)
    assert "4 wait for their hour; the next are due 2031-01-06 06:00 UTC" in waiting.stdout
    stopped = composed.json("stop", tomorrow, "--reason", "wrong headline")
    assert (stopped["state"], stopped["reason"], stopped["account"]["ready"]) == ("stopped", "wrong headline", 4)
    assert composed.json("stop", tomorrow)["reason"] == "wrong headline"
    status = composed.json("status", tomorrow)
    assert status["editions"][0]["status"] == "stopped"
    assert not composed.letters
    composed.digest("send", tomorrow, "--now")
    assert len(composed.letters) == 4
    assert (composed.folder / "config.yaml").read_text("utf-8") == text


def test_stop_without_a_mailing_says_so(composed: Desk) -> None:
    assert "has no mailing yet" in composed.digest("stop", EDITION, code=Exit.USAGE).stderr


def test_a_correction_is_for_an_edition_that_is_out(sent: Desk) -> None:
    made = sent.json("correct", EDITION, "It was 57,\n not 50.", "--by", "Ada")
    assert (made["edition"], made["text"], made["by"]) == (EDITION, "It was 57, not 50.", "Ada")
    assert "on top of its page" in sent.digest("correct", EDITION, "And one more.").stdout
    assert "needs words" in sent.digest("correct", EDITION, " ", code=Exit.FAILED).stderr
    assert "there is no edition" in sent.digest("correct", "world/2020-01-01", "words", code=Exit.USAGE).stderr
