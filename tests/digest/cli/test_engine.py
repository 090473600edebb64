"""inspect, events, rank: anybody's own documents, without a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from digest.cli.exits import Exit
from tests.digest.cli.desk import DAY, HAPPENINGS, Desk

KEYS = [
    "path", "kind", "title", "section", "date", "published_at", "agency", "byline", "url", "language", "paragraphs",
    "related_titles",
]  # fmt: skip
FEED = """<rss version="2.0"><channel><title>Wire</title>
<item><title>Strong earthquake in Valdoria</title><link>https://wire.example/quake</link>
<pubDate>Fri, 08 Apr 2022 08:55:00 +0200</pubDate><description>Forty people were killed.</description></item>
</channel></rss>"""


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def jsonl(path: Path, *, undated: bool = False) -> Path:
    """The nine reports as lines."""
    rows = [
        {"id": f"{name}-{number}", "title": title, "text": text, "outlet": f"Outlet {number}", "section": section}
        | {"url": f"https://o{number}.example/{name}"}
        | ({} if undated else {"published": f"{DAY}T0{number + 4}:00:00Z"})
        for name, (section, *reports) in HAPPENINGS.items()
        for number, (title, text) in enumerate(reports)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_inspect_gives_exactly_the_keys(empty: Desk) -> None:
    (empty.folder / "feed.xml").write_text(FEED, "utf-8")
    (row,) = lines(empty.digest("inspect", "feed.xml", "--json").stdout)
    assert list(row) == KEYS
    assert (row["path"], row["kind"], row["title"]) == ("feed.xml", "feed", "Strong earthquake in Valdoria")
    assert row["published_at"] == "2022-04-08T06:55:00+00:00"
    assert row["url"] == "https://wire.example/quake"
    assert row["paragraphs"] == ["Forty people were killed."]


@pytest.mark.shared
def test_inspect_reads_the_seed_document(empty: Desk, shared: Path) -> None:
    path = next((shared / "data" / "seed").glob("*.txt"))
    (row,) = lines(empty.digest("inspect", str(path), "--json").stdout)
    assert (row["path"], row["kind"], row["section"], row["date"]) == (str(path), "textdoc", "WORLD", "2022-04-08")
    assert row["title"] == "Russia has suffered significant losses in Ukraine: Kremlin spokesman"
    assert row["published_at"] == "2022-04-08T09:32:14+00:00"
    assert row["agency"] == "NewsWire"
    assert len(row["paragraphs"]) == 10


def test_inspect_takes_many_paths_folders_and_standard_input(empty: Desk) -> None:
    (empty.folder / "in" / "deep").mkdir(parents=True)
    (empty.folder / "in" / ".hidden.xml").write_text(FEED, "utf-8")
    for name in ("in/b.xml", "in/deep/a.xml", "one.xml"):
        (empty.folder / name).write_text(FEED, "utf-8")
    result = empty.digest("inspect", "one.xml", "in", "-", "--json", stdin=FEED.encode())
    assert [row["path"] for row in lines(result.stdout)] == ["one.xml", "in/b.xml", "in/deep/a.xml", "-"]


def test_inspect_follows_no_link_out_of_its_folder(empty: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(FEED)
    inside = empty.folder / "linked"
    inside.mkdir()
    (inside / "own.xml").write_text(FEED)
    (inside / "also.xml").symlink_to(inside / "own.xml")
    (inside / "out.xml").symlink_to(secret)
    result = empty.digest("inspect", "linked", "--json", code=Exit.BAD_DOCUMENT)
    assert [Path(row["path"]).name for row in lines(result.stdout)] == ["also.xml", "own.xml"]
    assert "out.xml: a symbolic link out of the folder" in result.stderr


def test_inspect_for_people(empty: Desk) -> None:
    (empty.folder / "feed.xml").write_text(FEED, "utf-8")
    shown = empty.digest("inspect", "feed.xml").stdout
    assert "feed.xml (feed)\n  title:        Strong earthquake in Valdoria\n" in shown
    assert "    Forty people were killed.\n" in shown


def test_bad_documents_are_named_and_the_rest_goes_on(empty: Desk) -> None:
    bad = {
        "empty.txt": b"",
        "binary.txt": bytes(range(256)) * 20,
        "broken.xml": b"<rss><channel><item><title>cut off",
        "wide.txt": "A headline without a byte order mark".encode("utf-16-le"),
    }
    for name, content in bad.items():
        (empty.folder / name).write_bytes(content)
    zeros = empty.folder / "zeros.txt"
    with zeros.open("wb") as file:
        file.truncate(50_000_000)
    (empty.folder / "good.xml").write_text(FEED, "utf-8")
    names = [*bad, "zeros.txt", "missing.txt", "good.xml"]
    result = empty.digest("inspect", *names, "--json", code=Exit.BAD_DOCUMENT)
    errors = result.stderr.splitlines()
    for name in names[:-1]:
        assert any(line.startswith(f"digest: error: {name}: ") for line in errors), name
    assert lines(result.stdout)[-1]["path"] == "good.xml"
    assert all(list(row) == KEYS for row in lines(result.stdout))


def test_items_that_are_left_out_are_named(empty: Desk) -> None:
    told = "<item><title>Told</title><link>https://a.example/2</link></item>"
    (empty.folder / "mute.xml").write_text(f"<rss version='2.0'><channel><item/>{told}</channel></rss>", "utf-8")
    torn = "<item><title>Torn</title><link>https://a.example/3</li"
    (empty.folder / "torn.xml").write_text(f"<rss version='2.0'><channel>{told}{torn}", "utf-8")
    result = empty.digest("inspect", "mute.xml", "torn.xml", "--json")
    assert [row["title"] for row in lines(result.stdout)] == ["Told", "Told"]
    first, second = result.stderr.splitlines()
    assert first == "mute.xml: item 1 left out: it says nothing: no title, no text, no address"
    assert second.startswith("torn.xml: item 2 left out: the feed is broken or broken off (")


def test_a_hostile_title_does_nothing_to_the_terminal(empty: Desk) -> None:
    page = (
        "\x1b]0;owned\x07<rss version='2.0'><channel><item><title>Calm \x1b[31mred\u202e</title></item></channel></rss>"
    )
    (empty.folder / "\x1b[2Jname.xml").write_text(FEED + page, "utf-8")
    result = empty.digest("inspect", ".", code=0)
    assert "\x1b" not in result.stdout + result.stderr
    assert "\u202e" not in result.stdout


def test_events_of_one_happening_are_one_event(empty: Desk) -> None:
    path = jsonl(empty.folder / "stories.jsonl")
    rows = lines(empty.digest("events", "stories.jsonl").stdout)
    assert [list(row) for row in rows] == [["id", "event"]] * 9
    assert [row["id"] for row in rows] == [json.loads(line)["id"] for line in path.read_text().splitlines()]
    by_event: dict[str, set[str]] = {}
    for row in rows:
        by_event.setdefault(row["event"], set()).add(row["id"].rpartition("-")[0])
    assert sorted(map(sorted, by_event.values())) == [["bank"], ["quake"], ["vote"]]
    assert empty.digest("events", "-", "--json", stdin=path.read_bytes()).stdout == "".join(
        json.dumps(row) + "\n" for row in rows
    )


def test_bad_lines_are_named_by_their_number(empty: Desk) -> None:
    stdin = b'{"id": "a", "title": "One"}\n\nnot json\n\xff\xfe\n{"id": "a", "title": "Twice"}\n{"id": "b"}\n[1]\n'
    result = empty.digest("events", "-", stdin=stdin, code=Exit.BAD_DOCUMENT)
    assert [row["id"] for row in lines(result.stdout)] == ["a"]
    told = [line.removeprefix("digest: error: -: line ").split(":")[0] for line in result.stderr.splitlines()]
    assert told == ["3", "4", "5", "6", "7"]


def test_a_file_of_stories_that_is_not_there(empty: Desk) -> None:
    result = empty.digest("events", "gone.jsonl", "--json", code=Exit.BAD_DOCUMENT)
    assert result.stderr == "digest: error: gone.jsonl: cannot be opened (No such file or directory)\n"
    assert lines(result.stdout)[-1]["exit"] == 3


def test_no_stories_are_no_events(empty: Desk) -> None:
    assert empty.digest("events", "-", stdin=b"").stdout == ""
    assert empty.digest("rank", "-", "--date", DAY, "--json", stdin=b"\n").stdout == ""


def test_rank_explains_itself(empty: Desk) -> None:
    jsonl(empty.folder / "stories.jsonl")
    rows = lines(empty.digest("rank", "stories.jsonl", "--date", DAY, "--json").stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    for row in rows:
        assert row["score"] == pytest.approx(sum(part["value"] for part in row["parts"]))
        assert len(row["stories"]) == 3
        assert {link["kind"] for link in row["related"]} == {"other_report"}
    table = empty.digest("rank", "stories.jsonl", "--date", DAY, "--top", "1", COLUMNS="160").stdout
    assert "coverage +1.39 (3 outlets)" in table
    assert "Ostmark" not in table


def test_rank_knows_what_was_sent_before(empty: Desk) -> None:
    jsonl(empty.folder / "stories.jsonl")
    told = {"id": "old", "title": HAPPENINGS["quake"][1][0], "text": HAPPENINGS["quake"][1][1]}
    (empty.folder / "sent.jsonl").write_text(json.dumps(told) + "\n", "utf-8")
    rows = lines(empty.digest("rank", "stories.jsonl", "--date", DAY, "--sent", "sent.jsonl", "--json").stdout)
    seen = [row["event"] for row in rows if any(part["name"] == "seen" for part in row["parts"])]
    assert seen == [row["event"] for row in rows if "earthquake" in row["headline"].lower()]
    (part,) = [part for row in rows for part in row["parts"] if part["name"] == "seen"]
    assert "yesterday" in part["detail"]


def test_rank_by_the_rules_of_a_newsletter(desk: Desk) -> None:
    jsonl(desk.folder / "stories.jsonl")
    rows = lines(desk.digest("rank", "stories.jsonl", "--date", DAY, "--newsletter", "world", "--json").stdout)
    assert {row["section"] for row in rows} == {"world", "business"}
    result = desk.digest("rank", "stories.jsonl", "--newsletter", "wrold", code=Exit.USAGE)
    assert "there is no newsletter 'wrold'; config.yaml has: world" in result.stderr


def test_none_of_them_reads_a_configuration(empty: Desk) -> None:
    (empty.folder / "config.yaml").write_text("not: [valid", "utf-8")
    jsonl(empty.folder / "stories.jsonl", undated=True)
    empty.digest("events", "stories.jsonl")
    empty.digest("rank", "stories.jsonl")
    assert not (empty.folder / "var").exists()
