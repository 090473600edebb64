"""Readers in bulk: import with a report by line, export that comes back, list."""

from __future__ import annotations

import csv
import io
import json
import stat

from digest.cli.exits import Exit
from tests.digest.cli.desk import READERS, Desk

AGREED = ("--consent", "a form")


def rows_of(desk: Desk, *arguments: str) -> list[dict[str, object]]:
    out = desk.digest("subscribers", "list", "--list", "world", "--json", *arguments).stdout
    return [json.loads(line) for line in out.splitlines()]


def test_import_counts_and_names_each_refused_line(empty: Desk) -> None:
    empty.configure()
    result = empty.import_readers()
    assert result.stdout.splitlines() == [
        "8 rows for the list world",
        "       6 added (active 4, suppressed 1, unsubscribed 1)",
        "       0 updated",
        "       0 unchanged",
        "       0 kept out",
        "       2 refused:",
        "line 8: email 'not-an-address': An email address must have an @-sign.",
        "line 9: timezone 'Europe/Atlantis': unknown time zone: write a name such as Europe/Paris",
    ]
    again = empty.import_readers()
    assert "       6 unchanged" in again.stdout
    assert "       0 added" in again.stdout


def test_import_json_and_dry_run(empty: Desk) -> None:
    empty.configure()
    (empty.folder / "readers.csv").write_text(READERS, "utf-8")
    dry = empty.json("subscribers", "import", "readers.csv", "--list", "world", *AGREED, "--dry-run")
    assert (dry["dry_run"], dry["rows"], dry["added"], dry["refused"]) == (True, 8, 6, 2)
    assert dry["problems"][0]["line"] == 8
    # A dry run does not even make the list.
    assert "there is no list 'world'" in empty.digest("subscribers", "list", "--list", "world", code=2).stderr
    wet = empty.json("subscribers", "import", "readers.csv", "--list", "world", *AGREED)
    assert {**dry, "dry_run": False} == wet


def test_import_from_standard_input(empty: Desk) -> None:
    empty.configure()
    answer = empty.digest(
        "subscribers",
        "import",
        "-",
        "--list",
        "world",
        "--consent",
        "a form",
        stdin=b"email;name\nzoe@readers.example;Zo\xc3\xab\n",
    )
    assert "1 added" in answer.stdout
    assert rows_of(empty)[0]["name"] == "Zoë"


def test_import_of_a_file_that_cannot_be_read_at_all(empty: Desk) -> None:
    empty.configure()
    folder = empty.folder / "folder"
    folder.mkdir()
    (empty.folder / "noheader.csv").write_bytes(b"")
    (empty.folder / "wide.csv").write_bytes("email,name\n".encode("utf-16"))
    (empty.folder / "nameless.csv").write_bytes(b"name,age\nAda,36\n")
    for path, said in (
        ("gone.csv", "gone.csv: cannot be opened (No such file or directory)"),
        ("folder", "folder: cannot be opened (Is a directory)"),
        ("noheader.csv", "no header line"),
        ("wide.csv", "UTF-16"),
        ("nameless.csv", "no column `email`"),
    ):
        result = empty.digest("subscribers", "import", path, "--list", "world", *AGREED, code=Exit.BAD_DOCUMENT)
        assert said in result.stderr
        assert path in result.stderr


def test_import_onto_a_list_of_no_newsletter_is_pointed_out(desk: Desk) -> None:
    result = desk.digest("subscribers", "import", "readers.csv", "--list", "wolrd", *AGREED)
    assert "no newsletter in config.yaml goes to the list 'wolrd'" in result.stderr
    bad = desk.digest("subscribers", "import", "readers.csv", "--list", "No Slug", *AGREED, code=Exit.USAGE)
    assert "is no slug" in bad.stderr


def test_sections_that_the_newsletter_does_not_have_are_refused(desk: Desk) -> None:
    result = desk.import_readers("email,sections\nivy@readers.example,sport\n")
    assert "line 2: sections 'sport': unknown section 'sport': use business, world" in result.stdout


def test_reserved_addresses_only_where_nothing_leaves_this_machine(empty: Desk) -> None:
    rows = b"email\nana@readers.test\n"
    for provider, welcome in (
        ("{kind: outbox}", True),
        ("{kind: smtp, smtp: {host: 127.0.0.1}}", True),
        ("{kind: smtp, smtp: {host: mail.example.org}}", False),
        ("{kind: sendgrid, sendgrid: {base_url: 'http://localhost:9'}}", True),
        ("{kind: sendgrid, sendgrid: {base_url: 'http://localhost.example.org'}}", False),
        ("{kind: sendgrid}", False),
    ):
        empty.configure(provider=provider)
        out = empty.digest("subscribers", "import", "-", "--list", "world", *AGREED, "--dry-run", stdin=rows).stdout
        assert ("1 would be added" in out) is welcome, provider
    out = empty.digest("subscribers", "import", "-", "--list", "world", *AGREED, "--allow-reserved", stdin=rows).stdout
    assert "1 added" in out


def test_list_filters_and_searches(sent: Desk) -> None:
    assert len(rows_of(sent)) == 6
    assert [row["email"] for row in rows_of(sent, "--state", "ended")] == ["eli@readers.example"]
    assert [row["email"] for row in rows_of(sent, "--search", "READERS.TEST")] == ["dina@readers.test"]
    assert len(rows_of(sent, "--limit", "2")) == 2
    table = sent.digest("subscribers", "list", "--list", "world", "--limit", "3")
    assert "ada@readers.example" in table.stdout
    assert "the first 3; --limit shows more" in table.stderr


def test_a_table_of_many_readers_is_bounded(desk: Desk) -> None:
    desk.import_readers("email\n" + "".join(f"r{number}@readers.example\n" for number in range(60)))
    table = desk.digest("subscribers", "list", "--list", "world")
    assert table.stdout.count("@readers.") == 50
    assert "the first 50" in table.stderr
    assert len(rows_of(desk)) == 66


def test_export_comes_back_through_import(sent: Desk) -> None:
    out = sent.digest("subscribers", "export", "--list", "world").stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["email"] for row in rows][:2] == ["ada@readers.example", "ben@readers.example"]
    back = sent.digest("subscribers", "import", "-", "--list", "copy", *AGREED, "--dry-run", stdin=out.encode())
    assert "6 would be added (active 4, suppressed 1, unsubscribed 1)" in back.stdout


def test_export_to_a_file_is_private_and_whole(sent: Desk) -> None:
    answer = sent.json("subscribers", "export", "--list", "world", "--out", "readers.jsonl")
    assert (answer["readers"], answer["format"]) == (6, "jsonl")
    path = sent.folder / "readers.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len([json.loads(line) for line in path.read_text("utf-8").splitlines()]) == 6
    sent.digest("subscribers", "export", "--list", "nobody", "--out", "nobody.csv", code=Exit.USAGE)
    assert not list(sent.folder.glob("nobody*"))


def test_names_cannot_command_a_terminal_or_a_spreadsheet(desk: Desk) -> None:
    desk.import_readers('email,name\neve@readers.example,"=1+1"\n')
    assert ",'=1+1," in desk.digest("subscribers", "export", "--list", "world").stdout


def test_how_people_agreed_must_be_said(empty: Desk) -> None:
    empty.configure()
    rows = b"email\nana@readers.example\n"
    result = empty.digest("subscribers", "import", "-", "--list", "world", stdin=rows, code=Exit.BAD_DOCUMENT)
    assert "--consent" in result.stderr


def test_columns_can_be_named_by_hand(empty: Desk) -> None:
    empty.configure()
    rows = b"Adresse;Rufname;Geheim\nana@readers.example;Ana;x\n"
    named = ("--column", "Adresse=email", "--column", "Rufname=name", "--column", "Geheim=")
    empty.digest("subscribers", "import", "-", "--list", "world", *AGREED, *named, stdin=rows)
    (row,) = rows_of(empty)
    assert (row["email"], row["name"], row["attributes"]) == ("ana@readers.example", "Ana", {})
    wrong = ("--column", "Adresse")
    bad = empty.digest("subscribers", "import", "-", "--list", "world", *AGREED, *wrong, stdin=rows, code=Exit.USAGE)
    assert "TITLE=NAME" in bad.stderr


def test_an_import_is_seen_afterwards(empty: Desk) -> None:
    empty.configure()
    empty.import_readers()
    (job,) = empty.json("subscribers", "imports")["imports"]
    assert (job["state"], job["share"], job["rows"], job["file"]) == ("done", 1.0, 8, "readers.csv")
    assert job["numbers"]["added_states"] == {"active": 4, "suppressed": 1, "unsubscribed": 1}
    assert "readers.csv" in empty.digest("subscribers", "imports").stdout


def test_an_import_in_the_background(empty: Desk) -> None:
    empty.configure()
    (empty.folder / "readers.csv").write_text(READERS, "utf-8")
    asked = ("subscribers", "import", "readers.csv", "--list", "world", *AGREED, "--background")
    rehearsal = empty.json(*asked, "--dry-run")
    assert (rehearsal["state"], rehearsal["dry_run"]) == ("waiting", True)
    # The copy is what is read: the file itself may go.
    (empty.folder / "readers.csv").unlink()
    (done,) = empty.json("subscribers", "imports", "--carry-out")["imports"]
    assert (done["id"], done["state"], done["rows"]) == (rehearsal["id"], "done", 8)
    shown = empty.json("subscribers", "imports", "--show", str(done["id"]))
    assert [one["line"] for one in shown["problems"]] == [8, 9]
    assert "line 8: email" in empty.digest("subscribers", "imports", "--show", str(done["id"])).stdout
    assert rows_of(empty) == []
    (opened,) = empty.json("subscribers", "imports", "--bring-in", str(done["id"]))["imports"]
    job = str(opened["id"])
    (stopped,) = empty.json("subscribers", "imports", "--stop", job)["imports"]
    assert stopped["state"] == "stopped"
    assert empty.json("subscribers", "imports", "--carry-out")["imports"] == []
    assert "waiting" in empty.digest("subscribers", "imports", "--go-on", job).stdout
    empty.digest("subscribers", "imports", "--carry-out")
    assert len(rows_of(empty)) == 6
    assert "is over" in empty.digest("subscribers", "imports", "--stop", job, code=Exit.FAILED).stderr
    assert "there is no import 99" in empty.digest("subscribers", "imports", "--show", "99", code=Exit.USAGE).stderr
    empty.digest("subscribers", "imports", "--stop", job, "--carry-out", code=Exit.USAGE)
    (empty.folder / "names.csv").write_text("name\nAna\n", "utf-8")
    bad = ("subscribers", "import", "names.csv", "--list", "world", *AGREED, "--background")
    assert "names.csv: The header has no column" in empty.digest(*bad, code=Exit.BAD_DOCUMENT).stderr


def test_one_reader_from_adding_to_erasing(empty: Desk) -> None:
    empty.configure()
    empty.import_readers()
    who = "zoe@readers.example"
    answer = empty.json("subscribers", "add", who, "--list", "world", *AGREED, "--name", "Zoë", "--language", "fr-CA")
    assert (answer["email"], answer["state"], answer["added"]) == (who, "active", True)
    assert "unchanged on world (active)" in empty.digest("subscribers", "add", who, "--list", "world", *AGREED).stdout
    assert empty.json("subscribers", "show", who)["language"] == "fr"
    assert f"{who}  Zoë" in empty.digest("subscribers", "show", who).stdout
    assert "removed from world" in empty.digest("subscribers", "remove", who, "--list", "world").stdout
    assert not empty.json("subscribers", "add", who, "--list", "world", *AGREED)["added"], "who left is not revived"
    assert empty.json("subscribers", "erase", "Zoe@readers.example", "--yes")["known"]
    empty.digest("subscribers", "show", who, code=Exit.USAGE)
    refused = empty.digest("subscribers", "add", who, "--list", "world", *AGREED, code=Exit.FAILED)
    assert "was erased" in refused.stderr


def test_a_suppression_and_its_end(empty: Desk) -> None:
    empty.configure()
    empty.import_readers()
    assert empty.json("subscribers", "suppress", "ada@readers.example", "--note", "by phone")["new"]
    assert "was suppressed already" in empty.digest("subscribers", "suppress", "ada@readers.example").stdout
    assert "manual" in empty.digest("subscribers", "show", "ada@readers.example").stdout
    assert empty.json("subscribers", "suppress", "@Spam.example")["reason"] == "domain"
    empty.digest("subscribers", "suppress", "@readers.example", "--note", "a misfire")
    assert "suppressed on all: domain" in empty.digest("subscribers", "show", "ada@readers.example").stdout
    listed = empty.json("subscribers", "list", "--list", "world", "--search", "ada@")
    assert listed["suppressed"] == ["domain", "manual"]
    assert "kept back: domain" in empty.digest("subscribers", "list", "--list", "world").stdout.replace("\n", " ")
    (world,) = empty.json("lists", "show")["lists"]
    assert world["kept_back"] == world["readers"]["active"] - 1 > 1, "one has an address elsewhere"
    assert empty.json("subscribers", "allow", "@readers.example")["allowed"]
    assert empty.json("lists", "show")["lists"][0]["kept_back"] == 2, "Ada, and Fay by the import"
    refused = ("subscribers", "add", "x@spam.example", "--list", "world", *AGREED)
    assert "is suppressed" in empty.digest(*refused, code=Exit.FAILED).stderr
    assert empty.json("subscribers", "allow", "ada@readers.example")["allowed"]
    empty.digest("subscribers", "allow", "ada@readers.example", code=Exit.USAGE)
    assert empty.json("subscribers", "allow", "@spam.example")["allowed"]
    for nonsense in ("nobody", "@", "a b@c.example"):
        empty.digest("subscribers", "suppress", nonsense, code=Exit.USAGE)
