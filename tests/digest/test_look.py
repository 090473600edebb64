"""The look that an operator configures: colours, a logo, pictures or none, down to the mail."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from digest.cli.checkup import checks
from digest.model.errors import ConfigError
from digest.model.mail import Variant
from digest.settings import Settings, load_settings
from digest.wiring import open_app, picture_host
from tests.digest.render.editions import illustrated
from tests.digest.render.photographs import landscape, written
from tests.digest.test_settings import SMALL


def _settings(folder: Path, monkeypatch: pytest.MonkeyPatch, **theme: object) -> Settings:
    monkeypatch.chdir(folder)
    content = yaml.safe_load(SMALL)
    content["newsletters"][0]["theme"] = theme
    (folder / "etc").mkdir(exist_ok=True)
    path = folder / "etc" / "config.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return load_settings(path)


def test_a_logo_is_encoded_anew_and_stands_in_the_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "logo.png").write_bytes(written(landscape(960, 256), "PNG"))
    settings = _settings(tmp_path, monkeypatch, logo="logo.png", page="#dde6ee", pictures=False)
    with open_app(settings) as app:
        newsletter = app.newsletters["world"]
        logo = newsletter.theme.logo
        assert logo is not None
        assert app.pictures is not None
        assert len(app.pictures.get(logo.name) or b"") == logo.size
        html = app.renderer.render(
            illustrated(), newsletter, Variant(language="en"), view_url="https://a.example/"
        ).html
    host = picture_host(settings.site.base_url)
    assert f'src="{host}{logo.name}" alt="{newsletter.name}" width="240" height="64"' in html
    assert "#dde6ee" in html
    assert not newsletter.theme.pictures


@pytest.mark.parametrize(
    ("theme", "said"),
    [
        ({"logo": "missing.png"}, "missing.png"),
        ({"logo": "config.yaml"}, "is no picture that we read"),
    ],
)
def test_a_logo_that_is_none_is_named_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: dict[str, object], said: str
) -> None:
    settings = _settings(tmp_path, monkeypatch, **theme)
    with pytest.raises(ConfigError, match=rf"newsletters\.world\.theme\.logo: .*{said}"), open_app(settings):
        pass


def test_the_doctor_names_a_logo_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path, monkeypatch, logo="missing.png")
    (found,) = [check for check in checks(settings, online=False) if check.what == "logos"]
    assert found.level == "fail"
    path = tmp_path / "etc" / "missing.png"
    assert found.found == f"newsletters.world.theme.logo: {path}: No such file or directory"


@pytest.mark.parametrize("theme", [{"page": "white"}, {"accent": "#fff"}, {"page_dark": "#12345g"}])
def test_what_is_no_colour_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match=rf"newsletters\.0\.theme\.{next(iter(theme))}"):
        _settings(tmp_path, monkeypatch, **theme)


def test_without_an_address_there_is_no_host_of_pictures() -> None:
    assert picture_host("") == ""
    assert picture_host("https://a.example/news/") == "https://a.example/news/pictures/"
