"""Lists, segments and attributes from the command line."""

from __future__ import annotations

import json

from digest.cli.exits import Exit
from tests.digest.cli.desk import Desk

FRENCH = json.dumps({"all": [{"state": ["active"]}, {"language": ["fr"]}]}).encode()


def test_a_list_is_made_shown_and_changed(empty: Desk) -> None:
    empty.configure()
    made = empty.json("lists", "set", "staff", "--name", "Staff", "--private", "--single-opt-in", "--not-indexed")
    assert (made["opt_in"], made["public"], made["indexed"]) == ("single", False, False)
    again = empty.json("lists", "set", "staff", "--description", "For us.")
    assert again == {**made, "description": "For us."}
    assert {"schema_version": 1, **empty.json("lists", "show")["lists"][0]} == {**again, "kept_back": 0}
    assert "staff" in empty.digest("lists", "show").stdout
    assert "world: the list of world, made with its first reader" in empty.digest("lists", "show").stdout
    empty.digest("lists", "set", "world")
    assert "made with its first reader" not in empty.digest("lists", "show").stdout
    assert "single opt-in, public" in empty.digest("lists", "set", "staff", "--public").stdout
    empty.digest("lists", "set", "No Slug", code=Exit.USAGE)


def test_the_table_of_lists_breaks_no_word_on_eighty_columns(empty: Desk) -> None:
    empty.configure()
    empty.digest("lists", "set", "neighbourhood", "--name", "The Neighbourhood Letter of Skerry", "--private")
    shown = empty.digest("lists", "show").stdout
    assert max(map(len, shown.splitlines()[:6])) <= 80
    for word in ("neighbourhood ", "Kept back", "Pending", "private"):
        assert word in shown, shown


def test_a_segment_is_counted_saved_exported_and_removed(desk: Desk) -> None:
    (desk.folder / "french.json").write_bytes(FRENCH)
    counted = desk.json("segments", "save", "french", "french.json", "--list", "world", "--dry-run")
    assert (counted["readers"], counted["dry_run"]) == (1, True)
    assert desk.json("segments", "show", "--list", "world")["segments"] == []
    desk.digest("segments", "save", "french", "-", "--list", "world", "--name", "French", stdin=FRENCH)
    (saved,) = desk.json("segments", "show", "--list", "world")["segments"]
    assert (saved["slug"], saved["name"], saved["readers"]) == ("french", "French", 1)
    assert "French" in desk.digest("segments", "show", "--list", "world").stdout
    out = desk.digest("subscribers", "export", "--list", "world", "--segment", "french").stdout
    assert out.count("@readers.example") == 1
    assert "cho@readers.example" in out
    assert "removed" in desk.digest("segments", "remove", "french", "--list", "world").stdout
    desk.digest("segments", "remove", "french", "--list", "world", code=Exit.USAGE)
    desk.digest("subscribers", "export", "--list", "world", "--segment", "french", code=Exit.USAGE)


def test_a_segment_that_means_nothing_is_refused(desk: Desk) -> None:
    for text in (b"", b"{", b"[]", b'{"sql": "1=1"}', b"[" * 50_000, b" " * 100_001):
        result = desk.digest("segments", "save", "x", "-", "--list", "world", stdin=text, code=Exit.BAD_DOCUMENT)
        assert "no segment" in result.stderr


def test_attributes_are_declared_and_hold_in_an_import(empty: Desk) -> None:
    empty.configure()
    declared = empty.json("attributes", "declare", "plan", "--kind", "choice", "--choice", "gift", "--choice", "paid")
    assert declared["choices"] == ["gift", "paid"]
    assert "plan" in empty.digest("attributes", "show").stdout
    assert {"schema_version": 1, **empty.json("attributes", "show")["attributes"][0]} == declared
    out = empty.import_readers("email,plan\nana@readers.example,GIFT\nben@readers.example,free\n").stdout
    assert "line 3: plan 'free': unknown choice: use gift, paid" in out
    empty.digest("attributes", "declare", "plan", "--kind", "choice", code=Exit.USAGE)
    refused = empty.digest("attributes", "declare", "state", "--kind", "text", code=Exit.USAGE)
    assert "a column of every import and export" in refused.stderr
    out = empty.import_readers('email,attributes\ncara@readers.example,"{""state"": ""Ohio""}"\n').stdout
    assert empty.json("subscribers", "show", "cara@readers.example")["attributes"] == {"their_state": "Ohio"}, out
    assert empty.json("attributes", "remove", "plan")["removed"]
    empty.digest("attributes", "remove", "plan", code=Exit.USAGE)
