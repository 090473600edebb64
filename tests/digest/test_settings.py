"""config.yaml and the environment, and how every mistake in them is named."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
import yaml

from digest.model.errors import ConfigError
from digest.settings import load_settings

ROOT = Path(__file__).parents[2]
SMALL = """\
site:
  base_url: https://news.example
sources:
  - {slug: one, kind: folder, path: stories, outlet: The One}
newsletters:
  - slug: world
    name: World
    list: world
    zone: Europe/London
    sender: {name: World, email: world@news.example}
    publisher: A House
    postal_address: 1 Street
    sections:
      - {slug: world, title: World}
    schedule:
      send_at: "06:30"
"""


def written(folder: Path, text: str) -> Path:
    """The text as a configuration file."""
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    """What is said about a configuration that cannot be used."""
    with pytest.raises(ConfigError) as caught:
        load_settings(written(folder, text))
    return str(caught.value)


@pytest.mark.parametrize("path", ["config.yaml", "samples/config.yaml"])
def test_the_shipped_configurations_are_true(path: str) -> None:
    settings = load_settings(ROOT / path)
    assert settings.newsletters[0].newsletter().schedule.send_at == time(6)
    assert settings.provider.kind == "outbox"


def test_defaults_and_places(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, SMALL))
    assert settings.storage.url == "sqlite:///var/digest.db"
    assert settings.domain_of_lists == "news.example"
    assert settings.sources[0].path == tmp_path.resolve() / "stories"
    assert settings.sources[0].origin().owner == "The One"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER__SENDGRID__API_KEY", "SG.secret")
    monkeypatch.setenv("DIGEST_PROVIDER__KIND", "sendgrid")
    monkeypatch.setenv("DIGEST_SITE__BASE_URL", "https://other.example")
    settings = load_settings(written(tmp_path, SMALL))
    assert settings.provider.kind == "sendgrid"
    assert settings.provider.sendgrid.api_key.get_secret_value() == "SG.secret"
    assert settings.site.base_url == "https://other.example"
    assert "SG.secret" not in repr(settings)


def test_a_secret_may_come_from_a_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("SG.from-a-file\n", "ascii")
    monkeypatch.setenv("DIGEST_PROVIDER__SENDGRID__API_KEY_FILE", str(tmp_path / "key"))
    settings = load_settings(written(tmp_path, SMALL))
    assert settings.provider.sendgrid.api_key.get_secret_value() == "SG.from-a-file"


@pytest.mark.parametrize(
    ("old", "new", "line", "place", "said"),
    [
        ("base_url:", "bse_url:", 2, "site.bse_url", "did you mean 'base_url'"),
        ("  send_at:", "  sendat:", 16, "newsletters.0.schedule.sendat", "did you mean 'send_at'"),
        ("Europe/London", "Europe/Londn", 9, "newsletters.0.zone", "did you mean 'Europe/London'"),
        ('"06:30"', "6:30", 16, "newsletters.0.schedule.send_at", "write times in quotes"),
        ("kind: folder", "kind: folders", 4, "sources.0.kind", "folder"),
        ("    publisher: A House\n", "", 6, "newsletters.0.publisher", "is missing"),
        ("https://news.example", "news.example", 2, "site.base_url", "match"),
        ("    zone: Europe", "    language: xx\n    zone: Europe", 9, "newsletters.0.language", "'en', 'fr'"),
        ("    list: world\n", "    list: world\n    list: other\n", 9, "list", "line 8"),
        (
            "{slug: world, title: World}",
            "{slug: world, title: World}\n      - {slug: world, title: X}",
            6,
            "newsletters.0",
            "stands twice",
        ),
        ("world@news.example", "nobody", 10, "newsletters.0.sender.email", "match"),
    ],
)
def test_every_mistake_has_its_place_and_a_next_step(
    tmp_path: Path, old: str, new: str, line: int, place: str, said: str
) -> None:
    assert old in SMALL
    message = refusal(tmp_path, SMALL.replace(old, new))
    assert f":{line}: {place}: " in message
    assert said in message
    assert len(message.splitlines()) == 1


def test_a_newsletter_of_unknown_sources_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, SMALL.replace("    list: world\n", "    list: world\n    sources: [onne]\n"))
    assert "did you mean 'one'" in message


def test_a_slug_stands_once(tmp_path: Path) -> None:
    twice = SMALL.replace("newsletters:", "  - {slug: one, kind: folder, path: x, outlet: X}\nnewsletters:")
    assert "stands twice" in refusal(tmp_path, twice)


@pytest.mark.parametrize(
    "secret",
    ["provider: {sendgrid: {api_key: SG.x}}", "provider: {smtp: {password: x}}", "secret_keys: 0123456789abcdef"],
)
def test_secrets_never_stand_in_the_file(tmp_path: Path, secret: str) -> None:
    message = refusal(tmp_path, f"{secret}\n{SMALL}")
    assert "DIGEST_" in message
    assert "SG.x" not in message


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "a: [1\n", "site:\n\tbase_url: x\n"])
def test_what_is_no_configuration_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert str(tmp_path) in refusal(tmp_path, text)


def test_a_missing_file_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="digest init"):
        load_settings(tmp_path / "nowhere.yaml")


def test_a_wrong_word_in_the_environment_is_said_to_stand_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER__KIND", "pigeon")
    assert "the environment's DIGEST_PROVIDER__KIND" in refusal(tmp_path, SMALL)
    monkeypatch.delenv("DIGEST_PROVIDER__KIND")
    monkeypatch.setenv("DIGEST_PROVDER__KIND", "smtp")
    assert "did you mean DIGEST_PROVIDER?" in refusal(tmp_path, SMALL)


def test_every_documented_key_misspelt_is_told_by_its_name(tmp_path: Path) -> None:
    for key in ("site", "sources", "newsletters"):
        content = yaml.safe_load(SMALL)
        content[key + "z"] = content.pop(key)
        assert f"did you mean {key!r}" in refusal(tmp_path, yaml.safe_dump(content))


def test_holidays_and_dates_make_a_calendar(tmp_path: Path) -> None:
    more = "  holidays: [GB, DE-BY]\n      skip_dates: [2026-11-23]\n      extra_dates: [2026-12-25]\n"
    settings = load_settings(written(tmp_path, SMALL.rstrip() + "\n    " + more))
    schedule = settings.newsletters[0].newsletter().schedule
    assert not schedule.appears(date(2027, 1, 1)), "New Year's Day is a holiday in both"
    assert not schedule.appears(date(2027, 1, 6)), "Epiphany is one in Bavaria"
    assert not schedule.appears(date(2026, 11, 23))
    assert schedule.appears(date(2026, 12, 25)), "named as an extra edition"
    assert schedule.appears(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("name", "hint"), [("UK", "did you mean GB?"), ("Germany", "did you mean DE?"), ("DE-", "its parts: BB, BE, ")]
)
def test_a_calendar_is_named_by_its_code(tmp_path: Path, name: str, hint: str) -> None:
    said = refusal(tmp_path, SMALL.rstrip() + f'\n      holidays: ["{name}"]\n')
    assert f"the holidays of '{name}' are not known" in said
    assert hint in said


def test_codes_of_calendars_may_be_typed_in_small_letters(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, SMALL.rstrip() + "\n      holidays: [gb, de-by]\n"))
    assert settings.newsletters[0].schedule.holidays == ("GB", "DE-BY")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("      days: []", "it would never appear"),
        ("      window_hours: 0.0001", "window_hours must be 0.25 or more"),
        ("      skip_dates: [2026-12-25]\n      extra_dates: [2026-12-25]", "2026-12-25 stands in skip_dates and in"),
        ("    picking: {min_events: 50, max_events: 5}", "min_events (50) is more than max_events (5)"),
    ],
)
def test_what_would_never_send_is_refused(tmp_path: Path, more: str, why: str) -> None:
    assert why in refusal(tmp_path, f"{SMALL.rstrip()}\n{more}\n")


def test_days_may_be_named_one_by_one(tmp_path: Path) -> None:
    more = "\n      days: []\n      extra_dates: [2026-12-25]\n"
    schedule = load_settings(written(tmp_path, SMALL.rstrip() + more)).newsletters[0].newsletter().schedule
    assert schedule.appears(date(2026, 12, 25))
    assert not schedule.appears(date(2026, 12, 24))


@pytest.mark.parametrize("field", ["sender: {name: ", "name: "])
def test_a_name_is_one_line(tmp_path: Path, field: str) -> None:
    assert "must be one line" in refusal(tmp_path, SMALL.replace(f"{field}World", f'{field}"World\\nBcc: x"', 1))


def test_a_secret_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text("k" * 40)
    monkeypatch.setenv("DIGEST_SECRET_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("DIGEST_SECRET_KEYS", "other")
    assert "DIGEST_SECRET_KEYS_FILE and DIGEST_SECRET_KEYS both name the secret" in refusal(tmp_path, SMALL)


@pytest.mark.parametrize("name", ["XX", "DE-ZZ", "Bavaria"])
def test_a_calendar_that_nobody_knows_is_refused(tmp_path: Path, name: str) -> None:
    assert f"the holidays of '{name}' are not known" in refusal(
        tmp_path, SMALL.rstrip() + f"\n      holidays: [{name}]\n"
    )


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        ('quiet_from: "22:00"', "stand together"),
        ('{quiet_from: "22:00", quiet_until: "22:00"}', "stand together"),
        ('{quiet_from: "22:00", quiet_until: "07:00"}', "send_at lies within the quiet hours"),
    ],
)
def test_quiet_hours_that_make_no_sense(tmp_path: Path, hours: str, why: str) -> None:
    more = "".join(f"\n      {one.strip()}" for one in hours.strip("{}").split(","))
    assert why in refusal(tmp_path, SMALL.rstrip() + more + "\n")


def test_quiet_hours(tmp_path: Path) -> None:
    text = SMALL.rstrip() + '\n      quiet_from: "22:00"\n      quiet_until: "06:30"\n'
    schedule = load_settings(written(tmp_path, text)).newsletters[0].newsletter().schedule
    assert (schedule.quiet_from, schedule.quiet_until) == (time(22), time(6, 30))
