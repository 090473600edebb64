"""How Amazon SES, Mailgun, Postmark and Resend are configured and opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.model.errors import ConfigError, Unauthorised
from digest.settings import Settings, load_settings
from digest.wiring import open_provider
from tests.digest.test_settings import SMALL, written
from tests.servers.letters import batch, reader

SECRETS = [
    ("ses", "secret_access_key"), ("mailgun", "api_key"), ("mailgun", "webhook_signing_key"),
    ("postmark", "server_token"), ("postmark", "webhook_password"), ("resend", "api_key"), ("resend", "webhook_secret"),
]  # fmt: skip


def chosen(folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, **more: str) -> Settings:
    """Settings with this provider; `more` are environment variables below DIGEST_PROVIDER__."""
    for name, value in ({"KIND": kind} | more).items():
        monkeypatch.setenv(f"DIGEST_PROVIDER__{name}", value)
    return load_settings(written(folder, SMALL))


@pytest.mark.parametrize(
    ("kind", "more", "variable"),
    [
        ("mailgun", {"MAILGUN__DOMAIN": "mg.example.org"}, "DIGEST_PROVIDER__MAILGUN__API_KEY"),
        ("postmark", {}, "DIGEST_PROVIDER__POSTMARK__SERVER_TOKEN"),
        ("resend", {}, "DIGEST_PROVIDER__RESEND__API_KEY"),
    ],
)
def test_without_a_key_only_sending_fails_and_says_which_variable_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, more: dict[str, str], variable: str
) -> None:
    provider = open_provider(chosen(tmp_path, monkeypatch, kind, **more))
    assert provider.capabilities.name == kind
    with pytest.raises(Unauthorised, match=variable):
        provider.send(batch([reader(1)]))
    provider.close()


def test_amazon_ses_needs_a_region_and_asks_aws_for_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"provider\.ses\.region"):
        open_provider(chosen(tmp_path, monkeypatch, "ses"))
    provider = open_provider(chosen(tmp_path, monkeypatch, "ses", SES__REGION="eu-central-1"))
    assert provider.capabilities.name == "ses"
    provider.close()


def test_mailgun_needs_its_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"provider\.mailgun\.domain"):
        open_provider(chosen(tmp_path, monkeypatch, "mailgun", MAILGUN__API_KEY="key"))


@pytest.mark.parametrize(("place", "key"), SECRETS)
def test_their_secrets_come_from_the_environment_or_a_file_of_its_own_and_never_from_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, key: str
) -> None:
    with pytest.raises(ConfigError, match=f"provider.{place}.{key} is a secret") as found:
        load_settings(written(tmp_path, f"provider: {{{place}: {{{key}: hush-hush}}}}\n{SMALL}"))
    assert "hush-hush" not in str(found.value)
    (tmp_path / "secret").write_text("hush-hush\n", "ascii")
    monkeypatch.setenv(f"DIGEST_PROVIDER__{place}__{key}_FILE".upper(), str(tmp_path / "secret"))
    settings = load_settings(written(tmp_path, SMALL))
    assert getattr(getattr(settings.provider, place), key).get_secret_value() == "hush-hush"
    assert "hush-hush" not in repr(settings)
