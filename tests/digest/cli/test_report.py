"""audit and status: the numbers, the keys that tools rely on, the exit codes."""

from __future__ import annotations

import json

from sqlalchemy import create_engine, text

from digest.cli.exits import Exit
from tests.digest.cli.desk import DAY, EDITION, RUN, Desk

KEYS = [
    "planned", "ready", "sending", "accepted", "delivered", "bounced", "complained", "rejected", "skipped",
    "in_doubt", "held", "unconfirmed", "adds_up",
]  # fmt: skip


def test_audit_has_exactly_its_keys(sent: Desk) -> None:
    account = json.loads(sent.digest("audit", EDITION, "--json").stdout)
    assert list(account) == KEYS
    assert account["planned"] == 5
    assert account["delivered"] == 4
    assert account["skipped"] == {"suppressed": 1}
    assert account["adds_up"] is True


def test_audit_for_people(sent: Desk) -> None:
    lines = [line.split() for line in sent.digest("audit", EDITION).stdout.splitlines()]
    assert ["delivered", "4"] in lines
    assert ["skipped", "1", "suppressed", "1"] in lines
    assert ["planned", "5", "adds", "up"] in lines


def test_audit_fails_where_somebody_is_lost(desk: Desk) -> None:
    desk.digest(*RUN)
    engine = create_engine(f"sqlite:///{desk.folder}/var/digest.db")
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM deliveries WHERE seq = (SELECT min(seq) FROM deliveries)"))
    engine.dispose()
    assert desk.json("audit", EDITION, code=Exit.FAILED)["adds_up"] is False
    assert "DOES NOT ADD UP" in desk.digest("audit", EDITION, code=Exit.FAILED).stdout


def test_audit_before_anybody_is_planned(desk: Desk) -> None:
    desk.digest("collect", "world")
    desk.digest("compose", "world", "--date", DAY)
    assert "nobody has been planned" in desk.digest("audit", EDITION, code=Exit.NOTHING).stderr
    assert "there is no edition" in desk.digest("audit", "world/2001-01-01", code=Exit.USAGE).stderr


def test_status_of_everything(sent: Desk) -> None:
    shown = sent.digest("status").stdout
    assert "world/2022-04-08   sent     4 of 4" in shown
    answer = sent.json("status")
    assert answer["schema_version"] == 1
    assert answer["editions"][0]["mailing"]["account"]["delivered"] == 4
    assert answer["runs"] == []


def test_status_begins_with_what_stands_wrong(desk: Desk) -> None:
    desk.digest(*RUN)
    engine = create_engine(f"sqlite:///{desk.folder}/var/digest.db")
    with engine.begin() as conn:
        conn.execute(text("UPDATE installation SET paused = 'this database is a copy'"))
        conn.execute(
            text(
                "INSERT INTO alarms (key, level, what, why, next_step, since, try_at, tries)"
                " VALUES ('world/2022-04-08/held', 'critical', 'world/2022-04-08 is held: nobody gets it', 'thin',"
                " 'look at it', '2022-04-08 05:00:00.000000', '2022-04-08 05:00:00.000000', 0)"
            )
        )
    engine.dispose()
    shown = desk.digest("status").stdout.splitlines()
    assert shown[0].startswith("Nothing is sent from this installation: this database is a copy")
    assert shown[1:3] == ["critical: world/2022-04-08 is held: nobody gets it: thin", "  next: look at it"]
    answer = desk.json("status")
    assert answer["paused"] == "this database is a copy"
    assert [(one["alarm"], one["level"]) for one in answer["alarms"]] == [("world/2022-04-08/held", "critical")]


def test_status_of_one_edition_shows_its_waves(sent: Desk) -> None:
    answer = sent.json("status", EDITION)
    assert answer["editions"][0]["mailing"]["waves"] == [{"due_at": "2022-04-08T05:00:00+00:00", "readers": 4}]
    assert answer["editions"][0]["mailing"]["troubled"] == []
    assert "2022-04-08 05:00" in sent.digest("status", EDITION).stdout


def test_how_far_it_is_in_each_zone(sent: Desk) -> None:
    zones = sent.json("status", EDITION)["editions"][0]["mailing"]["zones"]
    hours = {"Africa/Cairo": "07:00", "Asia/Tokyo": "14:00", "Europe/London": "06:00", "Europe/Paris": "07:00"}
    assert zones == [
        {
            "zone": zone, "hour": f"2022-04-08 {hour}", "due_at": "2022-04-08T05:00:00+00:00",
            "planned": 1, "sent": 1, "waiting": 0, "held": 0, "in_doubt": 0, "left_out": 0,
        }
        for zone, hour in hours.items()
    ]  # fmt: skip
    account = json.loads(sent.digest("audit", EDITION, "--zones", "--json").stdout)
    assert list(account) == [*KEYS, "zones"]
    assert account["zones"] == zones
    for command in (("status", EDITION), ("audit", EDITION, "--zones")):
        rows = [line.split() for line in sent.digest(*command).stdout.splitlines()]
        for zone, hour in hours.items():
            assert [zone, hour, "1", "1"] in rows


def test_status_of_a_new_place(empty: Desk) -> None:
    empty.configure()
    empty.digest("db", "upgrade")
    assert "No edition yet" in empty.digest("status").stdout
    assert empty.json("status") == {
        "schema_version": 1,
        "editions": [],
        "runs": [],
        "sources_in_trouble": {},
        "engine": {"workers": [], "schedulers": [], "silent": [], "queues": [], "trouble": ""},
        "trial": False,
        "paused": "",
        "alarms": [],
    }
