"""A message that we signed is believed as it arrives, and the configuration says plainly what is missing."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.model.errors import ConfigError
from digest.render.dkim import DkimSigner
from digest.settings import load_settings
from digest.wiring import open_provider
from tests.digest.test_settings import SMALL
from tests.servers.letters import batch, reader
from tests.servers.smtp_sink import SmtpSink

PEM = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


def _written(folder: Path, port: int = 25, **changes: object) -> Path:
    content = yaml.safe_load(SMALL)
    signature = {"domain": "digest.example", "selector": "d1", "key_file": str(folder / "key.pem"), **changes}
    content["provider"] = {"kind": "smtp", "smtp": {"port": port, "dkim": signature}}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def test_what_arrives_is_believed(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(PEM)
    signer = DkimSigner(domain="digest.example", selector="d1", key=PEM)
    with SmtpSink(pipelining=True) as sink:
        provider = open_provider(load_settings(_written(tmp_path, sink.port)))
        try:
            provider.send(batch([reader(1), reader(2)]))
        finally:
            provider.close()
        taken = [message.content for message in sink.taken]
    assert len(taken) == 2
    for message in taken:
        assert message.count(b"DKIM-Signature:") == 1
        assert dkim.verify(message, dnsfunc=lambda name, timeout=5: signer.record.encode("ascii"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"selector": ""}, "a signature needs domain, selector and key_file"),
        ({"key_file": None}, "a signature needs domain, selector and key_file"),
        ({"key_file": "missing.pem"}, r"provider\.smtp\.dkim\.key_file: missing\.pem cannot be read: No such file"),
        ({"domain": "No Domain"}, r"provider\.smtp\.dkim\.domain: 'No Domain'"),
        ({"key_file": "config.yaml"}, r"provider\.smtp\.dkim\.key_file: holds no private key"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], said: str
) -> None:
    (tmp_path / "key.pem").write_bytes(PEM)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        open_provider(load_settings(_written(tmp_path, **changes)))
