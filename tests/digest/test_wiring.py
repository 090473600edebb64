"""Which process owns a claim, and whether it still lives; and the key of signed links."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from digest.model.errors import ConfigError, Unauthorised
from digest.model.mail import Variant
from digest.providers.hits import Hits
from digest.settings import Settings, load_settings
from digest.store.journal import FileJournal
from digest.wiring import is_gone, open_app, open_feedback, open_renderer, owner_name, secret_keys
from tests.digest.render.editions import LEAD_PICTURE, NEWSLETTER, illustrated
from tests.digest.test_settings import SMALL, written
from tests.servers.letters import batch, reader
from tests.servers.sendgrid_hooks import HookSigner


def settings_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose working files lie in `folder`."""
    monkeypatch.setenv("DIGEST_VAR_DIR", str(folder / "var"))
    monkeypatch.setenv("DIGEST_STORAGE__URL", f"sqlite:///{folder / 'digest.db'}")
    return load_settings(written(folder, SMALL))


def test_this_process_lives() -> None:
    assert not is_gone(owner_name())


def test_a_process_that_ended_is_gone() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from digest.wiring import owner_name; print(owner_name())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert is_gone(child.stdout.strip())


def test_another_process_with_the_same_number_is_not_mistaken_for_it() -> None:
    machine, pid, started = owner_name().rsplit("/", 2)
    assert is_gone(f"{machine}/{pid}/{int(started) - 1}")


@pytest.mark.parametrize("owner", ["elsewhere/boot/namespace/1/1", "", "nonsense", "a/b"])
def test_what_cannot_be_known_is_not_called_gone(owner: str) -> None:
    assert not is_gone(owner)


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path, monkeypatch)
    first = secret_keys(settings)
    assert secret_keys(settings) == first
    mode = stat.S_IMODE(os.stat(tmp_path / "var" / "secret.key").st_mode)
    assert mode == 0o600


def test_configured_keys_rotate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEYS", "an old key of some length, a new, longer key")
    with pytest.raises(ConfigError):
        secret_keys(settings_in(tmp_path, monkeypatch))
    monkeypatch.setenv("DIGEST_SECRET_KEYS", "an old key of some length, a new key of its own")
    assert secret_keys(settings_in(tmp_path, monkeypatch)) == [b"an old key of some length", b"a new key of its own"]


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEYS", "short")
    with pytest.raises(ConfigError, match="16 characters"):
        secret_keys(settings_in(tmp_path, monkeypatch))


def test_an_app_opens_on_nothing_but_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_app(settings_in(tmp_path, monkeypatch)) as app:
        assert list(app.newsletters) == ["world"]
        assert app.provider.capabilities.name == "outbox"
        assert isinstance(app.journal, FileJournal), "or whoever is killed leaves whole calls in doubt"
        with app.read() as tx:
            assert tx.editions.recent(5) == ()


def test_sendgrid_without_a_key_says_which_variable_to_set_when_it_comes_to_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER__KIND", "sendgrid")
    with open_app(settings_in(tmp_path, monkeypatch)) as app:
        assert app.provider.capabilities.name == "sendgrid"
        with pytest.raises(Unauthorised, match="DIGEST_PROVIDER__SENDGRID__API_KEY"):
            app.provider.send(batch([reader(1)]))


def test_a_webhook_is_open_only_where_its_proof_can_be_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    always = {Hits.name}
    assert set(open_feedback(settings_in(tmp_path, monkeypatch))) == always, "our own hits, which nobody can post"
    monkeypatch.setenv("DIGEST_PROVIDER__SENDGRID__WEBHOOK_PUBLIC_KEY", HookSigner().public_key)
    monkeypatch.setenv("DIGEST_PROVIDER__MAILGUN__WEBHOOK_SIGNING_KEY", "signing-key-of-a-test")
    monkeypatch.setenv("DIGEST_PROVIDER__POSTMARK__WEBHOOK_PASSWORD", "a-long-password")
    monkeypatch.setenv("DIGEST_PROVIDER__RESEND__WEBHOOK_SECRET", "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")
    monkeypatch.setenv("DIGEST_PROVIDER__SES__TOPICS", '["arn:aws:sns:eu-west-1:123456789012:events"]')
    found = open_feedback(settings_in(tmp_path, monkeypatch))
    assert {name: reader.name for name, reader in found.items()} == {name: name for name in found}
    assert set(found) == always | {"sendgrid", "mailgun", "postmark", "resend", "ses"}


@pytest.mark.parametrize(
    ("pictures_url", "shown"),
    [("", "https://a.example/pictures/"), ("https://cdn.example/d", "https://cdn.example/d/")],
)
def test_mails_show_pictures_from_the_configured_place(pictures_url: str, shown: str) -> None:
    renderer = open_renderer("https://a.example/", pictures_url)
    mail = renderer.render(illustrated(), NEWSLETTER, Variant(language="en"), view_url="https://a.example/e")
    assert f'src="{shown}{LEAD_PICTURE.name}"' in mail.html
    page = renderer.page(illustrated(), NEWSLETTER, Variant(language="en"), view_url="https://a.example/e")
    assert f'src="https://a.example/pictures/{LEAD_PICTURE.name}"' in page
