"""The examples of proxies are read by nginx and Caddy themselves, where the machine has them."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.reading import DEPLOY, PROGRAMS

LINK = "/u/SECRET-TOKEN-OF-A-READER"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def certificate(folder: Path) -> None:
    """A certificate of our own, for nginx opens the files that it is told."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example.org")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=9999)).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(made.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def test_nginx_reads_its_example(tmp_path: Path) -> None:
    program = shutil.which("nginx", path=PROGRAMS)
    if program is None:
        pytest.skip("no nginx: install Debian's nginx")
    certificate(tmp_path)
    text = (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8")
    text = text.replace("/etc/ssl/news.example.org", str(tmp_path))
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{text}\n}}\n", "utf-8")
    done = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-c", str(conf), "-e", "stderr"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "syntax is ok" in done.stderr, done.stderr


def test_caddy_reads_its_example(tmp_path: Path) -> None:
    program = shutil.which("caddy", path=PROGRAMS)
    if program is None:
        pytest.skip("no caddy: install Debian's caddy")
    done = subprocess.run(
        [program, "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "proxy" / "Caddyfile")],
        env={"HOME": str(tmp_path), "PATH": PROGRAMS, "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


def get(port: int, link: str = LINK, *, tls: bool) -> int:
    """The status of a reader's link, asked at a proxy behind which nothing runs; waits until it listens."""
    end = time.monotonic() + 30
    context = ssl._create_unverified_context() if tls else None  # noqa: S323 - a certificate of our own
    while True:
        where = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        asked = where("127.0.0.1", port, timeout=10, **({"context": context} if tls else {}))
        try:
            asked.request(
                "GET", link, headers={"Host": "news.example.org", "Referer": f"https://news.example.org{link}"}
            )
            return asked.getresponse().status
        except OSError:
            assert time.monotonic() < end, "the proxy does not listen"
            time.sleep(0.05)
        finally:
            asked.close()


def test_nginx_writes_no_link_into_a_log(tmp_path: Path) -> None:
    """Where Digest does not answer, and where somebody asks too often: both are errors to nginx."""
    program = shutil.which("nginx", path=PROGRAMS)
    if program is None:
        pytest.skip("no nginx: install Debian's nginx")
    certificate(tmp_path)
    port = free_port()
    text = (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8")
    text = text.replace("/etc/ssl/news.example.org", str(tmp_path)).replace("listen 443", f"listen 127.0.0.1:{port}")
    text = (
        text.replace("listen [::]:443 ssl http2;", "")
        .replace(":8025", f":{free_port()}")
        .replace("burst=60", "burst=1")
    )
    conf, log = tmp_path / "nginx.conf", tmp_path / "error.log"
    conf.write_text(
        f"daemon off;\npid {tmp_path}/pid;\nerror_log {log};\nevents {{}}\n"
        f"http {{\naccess_log {tmp_path}/access.log;\n{text}\n}}\n",
        "utf-8",
    )
    proxy = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(conf), "-e", str(log)])
    try:
        assert get(port, tls=True) == 502
        assert 503 in {get(port, "/p/SECRET", tls=True) for _ in range(20)}, "too many"
        for never_lost in ("/u/SECRET", "/hooks/ses"):
            assert {get(port, never_lost, tls=True) for _ in range(20)} == {502}
    finally:
        proxy.terminate()
        proxy.wait(30)
    written = log.read_text("utf-8") + (tmp_path / "access.log").read_text("utf-8")
    assert "SECRET" not in written


def test_caddy_writes_no_link_into_a_log(tmp_path: Path) -> None:
    program = shutil.which("caddy", path=PROGRAMS)
    if program is None:
        pytest.skip("no caddy: install Debian's caddy")
    port, log = free_port(), tmp_path / "log"
    text = (DEPLOY / "proxy" / "Caddyfile").read_text("utf-8")
    text = text.replace("news.example.org {", f"http://news.example.org:{port} {{\n\tbind 127.0.0.1")
    text = text.replace(":8025", f":{free_port()}").replace("{\n\t# Links", "{\n\tadmin off\n\t# Links", 1)
    (tmp_path / "Caddyfile").write_text(text, "utf-8")
    with log.open("wb") as out:
        proxy = subprocess.Popen(
            [program, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")],
            env={"HOME": str(tmp_path), "PATH": PROGRAMS, "XDG_DATA_HOME": str(tmp_path)}, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            assert get(port, tls=False) == 502
        finally:
            proxy.terminate()
            proxy.wait(30)
    written = log.read_text("utf-8")
    assert '"status":502' in written, "the error itself is still told"
    assert "SECRET" not in written
