"""The day by hand: run, run again, what holds it, and what it leaves behind."""

from __future__ import annotations

import json
import re

import pytest

from digest.cli.exits import Exit
from tests.digest.cli.desk import DAY, EDITION, READERS, RUN, Desk
from tests.servers.sendgrid_api import KEY, SendGridServer
from tests.servers.smtp_sink import SmtpSink


def test_a_run_mails_everybody_once_and_a_second_run_nobody(desk: Desk) -> None:
    first = desk.digest(*RUN)
    assert len(desk.letters) == 4
    assert "world/2022-04-08: 4 of 4 readers have it" in first.stdout
    assert "skipped" in first.stdout
    assert "suppressed 1" in first.stdout
    assert "not asked: 1 ended on the list world" in first.stdout
    assert "already sent" not in first.stdout
    names = [path.name for path in desk.letters]

    second = desk.digest(*RUN)
    assert "already sent: nobody was mailed again" in second.stdout
    assert [path.name for path in desk.letters] == names


def test_a_run_shows_the_picks_with_their_reasons(sent: Desk) -> None:
    shown = " ".join(sent.digest(*RUN, COLUMNS="200").stdout.split())
    for word in ("Headline", "Score", "earthquake", "coverage +1.39 (3 outlets)", "wires +0.35 (1 wire)", "World:"):
        assert word in shown


def test_progress_goes_to_stderr_and_data_to_stdout(desk: Desk) -> None:
    result = desk.digest(*RUN)
    assert "collect world: 3 sources, 9 new stories" in result.stderr
    assert f"send {EDITION}:" in result.stderr
    assert "collect world" not in result.stdout


def test_a_run_leaves_a_preview_an_outbox_and_a_database(sent: Desk) -> None:
    stdout = sent.digest(*RUN).stdout
    for line in (
        "outbox:   var/outbox",
        f"preview:  var/preview/world-{DAY}.html",
        f"text:     var/preview/world-{DAY}.txt",
        "database: var/digest.db",
    ):
        assert line in stdout
        assert (sent.folder / line.split()[1]).exists()
    html = (sent.folder / f"var/preview/world-{DAY}.html").read_text("utf-8")
    assert "Good morning, Ada." in html
    assert "http://127.0.0.1:8025/u/preview" in html
    # Every slot is filled: no token is left.
    assert "-unsubscribe-" not in html


def test_the_json_answer_says_all_of_it(desk: Desk) -> None:
    answer = desk.json(*RUN)
    assert answer["schema_version"] == 1
    assert (answer["edition"], answer["status"], answer["again"], answer["exit"]) == (EDITION, "sent", False, 0)
    assert answer["collected"]["new"] == 9
    assert [pick["rank"] for pick in answer["picks"]] == [1, 2, 3]
    assert answer["picks"][0]["outlets"]
    assert sum(part["value"] for part in answer["picks"][0]["parts"]) == pytest.approx(answer["picks"][0]["score"])
    assert answer["account"]["delivered"] == 4
    assert answer["account"]["skipped"] == {"suppressed": 1}
    assert answer["not_asked"] == {"ended": 1}
    assert answer["left"]["database"] == "var/digest.db"
    again = desk.json(*RUN)
    assert (again["again"], again["calls"], again["collected"]) == (True, 0, None)


def test_a_newsletter_that_is_not_there_is_named_with_those_that_are(desk: Desk) -> None:
    result = desk.digest("run", "wrold", code=Exit.USAGE)
    assert "digest: error: there is no newsletter 'wrold'; config.yaml has: world" in result.stderr


def test_an_edition_held_by_rule_needs_a_person(desk: Desk) -> None:
    desk.configure(policy="hold")
    result = desk.digest(*RUN, code=Exit.HELD)
    assert f"{EDITION} is held: nobody approved it" in result.stdout
    assert f"digest approve {EDITION}" in result.stdout
    assert not desk.letters
    assert (desk.folder / f"var/preview/world-{DAY}.html").exists()


def test_a_thin_day_is_held(desk: Desk) -> None:
    desk.configure(min_events=5)
    assert desk.json(*RUN, code=Exit.HELD)["status"] == "held"
    assert not desk.letters


def test_an_old_date_is_held_as_late_and_sent_on_demand(desk: Desk) -> None:
    desk.configure(window_hours=6)
    held = desk.digest(*RUN, code=Exit.HELD)
    assert "late: its sending should have begun within 6 h" in " ".join(held.stdout.split())
    assert not desk.letters
    desk.digest("approve", EDITION)
    assert "--late" in desk.digest("send", EDITION, code=Exit.HELD).stderr
    assert not desk.letters
    desk.digest("send", EDITION, "--late")
    assert len(desk.letters) == 4


def test_nobody_to_mail_is_said(desk: Desk) -> None:
    desk.import_readers("\n".join([READERS.splitlines()[0], "zed@readers.example,Zed,,,,active", ""]))
    text = (desk.folder / "config.yaml").read_text("utf-8").replace("list: world", "list: empty")
    (desk.folder / "config.yaml").write_text(text, "utf-8")
    desk.digest("subscribers", "import", "-", "--list", "empty", "--consent", "a form", stdin=b"email\n")
    result = desk.digest(*RUN, code=Exit.NOTHING)
    assert "nobody on the list empty may be mailed: nothing was sent" in result.stdout


def test_a_refused_key_is_code_7_and_the_run_can_go_on(desk: Desk) -> None:
    with SendGridServer(status=401) as server:
        desk.configure(provider=f"{{kind: sendgrid, sendgrid: {{base_url: '{server.url}'}}}}")
        desk.confirm()
        result = desk.digest(*RUN, code=Exit.PROVIDER, DIGEST_PROVIDER__SENDGRID__API_KEY=KEY)
        assert "it stopped early: SendGrid answered 401" in result.stdout
        assert desk.json("audit", EDITION)["ready"] == 4
    with SendGridServer() as server:
        desk.configure(provider=f"{{kind: sendgrid, sendgrid: {{base_url: '{server.url}'}}}}")
        desk.digest(*RUN, DIGEST_PROVIDER__SENDGRID__API_KEY=KEY)
        assert len(server.taken) == 4


def test_a_refused_reader_is_code_6(desk: Desk) -> None:
    with SmtpSink(replies={"ben@readers.example": "550 5.1.1 no such user"}) as sink:
        desk.configure(provider=f"{{kind: smtp, smtp: {{port: {sink.port}}}}}")
        desk.confirm()
        answer = desk.json(*RUN, code=Exit.PARTLY)
    assert len(sink.taken) == 3
    assert answer["account"]["rejected"] == 1


def test_a_new_installation_mails_its_own_people_only(desk: Desk) -> None:
    desk.digest("people", "invite", "ben@readers.example", "--role", "admin")
    with SmtpSink() as sink:
        desk.configure(provider=f"{{kind: smtp, smtp: {{port: {sink.port}}}}}")
        assert desk.json("status")["trial"]
        assert "Missing: domain, postal, test" in desk.digest("status").stdout
        refused = desk.digest("trial", "test", "ann@readers.example", code=Exit.FAILED)
        assert "trial mode" in refused.stderr
        desk.digest("trial", "test", "ben@readers.example")
        code = re.findall(rb"The code of this test: (\d{6})", sink.taken[-1].content)[0].decode()
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        assert "not the code" in desk.digest("trial", "confirm", "--code", wrong, code=Exit.FAILED).stderr
        account = desk.json(*RUN)["account"]
        assert [one.reader for one in sink.taken[1:]] == ["ben@readers.example"]
        assert account["skipped"]["trial mode"] == 3
        assert account["adds_up"]
        # The domain is one of examples: that is looked up, not believed.
        assert "reserved" in desk.digest("trial", "confirm", "--domain", code=Exit.FAILED).stderr
        assert desk.json("trial", "confirm", "--postal", "--code", code)["missing"] == ["domain"]
        assert not desk.json("trial", "confirm", "--domain", "--unseen")["trial"]
    assert not desk.json("status")["trial"]
    desk.configure(provider="{kind: outbox}")
    assert "There is no trial" in desk.digest("trial", "status").stdout


def test_the_key_of_sendgrid_must_be_there(desk: Desk) -> None:
    desk.configure(provider="{kind: sendgrid}")
    desk.confirm()
    result = desk.digest(*RUN, code=Exit.PROVIDER)
    assert "DIGEST_PROVIDER__SENDGRID__API_KEY" in result.stdout + result.stderr


def test_collect_names_what_it_could_not_read(desk: Desk) -> None:
    (desk.folder / "sources/wire/broken.xml").write_bytes(b"\x00\x01\x02 not a feed")
    result = desk.digest("collect", "world")
    assert result.stdout == "world: 3 sources, 9 new stories, 0 known, 1 unreadable\n"
    assert "unreadable: wire, " in result.stderr
    assert "broken.xml" in result.stderr
    answer = desk.json("collect", "world")
    assert (answer["new"], answer["known"], len(answer["unreadable"])) == (0, 9, 1)


def test_collect_fails_only_where_no_source_can_be_read(desk: Desk) -> None:
    (desk.folder / "sources/wire").rename(desk.folder / "sources/gone")
    assert "source failed: wire: " in desk.digest("collect", "world").stderr
    (desk.folder / "sources").rename(desk.folder / "away")
    answer = desk.json("collect", "world", code=Exit.FAILED)
    assert len(answer["failed"]) == 3


def test_compose_leaves_an_edition_alone_unless_told_again(desk: Desk) -> None:
    desk.digest("collect", "world")
    made = desk.json("compose", "world", "--date", DAY)
    assert (made["edition"], made["version"], made["status"]) == (EDITION, 1, "ready")
    assert desk.json("compose", "world", "--date", DAY)["version"] == 1
    assert desk.json("compose", "world", "--date", DAY, "--again")["version"] == 2
    assert f"then `digest approve {EDITION}`" in desk.digest("compose", "world", "--date", DAY).stdout


def test_today_is_the_default_date(desk: Desk) -> None:
    answer = json.loads(desk.digest("compose", "world", "--json", code=Exit.HELD).stdout)
    assert answer["edition"].startswith("world/20")
    assert "no lead" in answer["reason"].lower() or "event" in answer["reason"].lower()
