"""The way out to webhooks: what is signed, what an answer means, and where nothing is ever posted (T5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import httpx
import pytest

from digest.model.errors import DigestError, Permanent, Transient
from digest.notify.hooks import Signer, signed
from digest.sources.guard import Guard
from digest.sources.wire import CheckedTransport, Deadline
from tests.servers.hook_receiver import HookReceiver, receiving

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TLS = httpx.create_ssl_context(trust_env=False)


def door(*trusted: str, addresses: tuple[str, ...] = ("127.0.0.1",), seconds: float = 5.0) -> Signer:
    guard = Guard(trusted=trusted, resolve=lambda host, port: addresses)
    return Signer(
        key=b"k" * 32,
        open_transport=lambda: CheckedTransport(guard=guard, deadline=Deadline(seconds), ssl_context=TLS),
        check_host=guard.check_host,
        trusted=trusted,
        timeout=seconds,
    )


def test_the_vector_of_the_specification() -> None:
    """Standard Webhooks 1.0, the example that its libraries are tested with."""
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_post_arrives_and_both_secrets_check_it() -> None:
    with receiving() as there:
        out = door(there.pair)
        keys = [out.secret(b"s" * 16, 2), out.secret(b"s" * 16, 1)]
        assert keys[0] != keys[1]
        out.post(there.url, b'{"a":1}', key="evt_1", secrets=keys, now=NOW)
    (got,) = there.got
    assert (got.headers["webhook-id"], got.body) == ("evt_1", b'{"a":1}')
    for key, signature in zip(keys, got.headers["webhook-signature"].split(), strict=True):
        content = f"evt_1.{int(NOW.timestamp())}.".encode() + got.body
        secret = base64.b64decode(key.removeprefix("whsec_"))
        assert signature == "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (204, None), (301, Permanent), (302, Permanent), (400, Permanent), (404, Permanent),
     (410, Permanent), (408, Transient), (425, Transient), (429, Transient), (500, Transient), (503, Transient)],
)  # fmt: skip
def test_what_an_answer_means(status: int, error: type[Exception] | None) -> None:
    with receiving() as there:
        there.answers = [status]
        there.headers = {"location": "http://127.0.0.1:1/", "retry-after": "7"}
        if error is None:
            door(there.pair).post(there.url, b"{}", key="e", secrets=["whsec_eA=="], now=NOW)
        else:
            with pytest.raises(error) as caught:
                door(there.pair).post(there.url, b"{}", key="e", secrets=["whsec_eA=="], now=NOW)
            assert str(status) in str(caught.value)
            assert there.pair not in str(caught.value)
            assert caught.value.retry_after == 7  # type: ignore[attr-defined]
    assert len(there.got) == 1


@pytest.mark.parametrize("fault", ["drop", "hang", "endless", "garbage"])
def test_a_receiver_that_misbehaves_is_left(fault: str) -> None:
    with receiving() as there:
        there.fault = fault
        out = door(there.pair, seconds=0.5)
        if fault == "endless":
            out.post(there.url, b"{}", key="e", secrets=["whsec_eA=="], now=NOW)
        else:
            with pytest.raises(Transient, match="no answer"):
                out.post(there.url, b"{}", key="e", secrets=["whsec_eA=="], now=NOW)


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a.example/", "http://hooks.example/", "https://a@hooks.example/", "https://hooks.example/#x",
     "https://hooks.example:8443/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest",
     "https://2130706433/", "https://0x7f.1/", "https://localhost/", "https://db.internal/", "https://[::ffff:10.0.0.1]/",
     "https://hooks.example/\r\nx: y", "https://höoks.example/", "https://hooks.example:99999/", "https:///x"],
)  # fmt: skip
def test_where_nothing_is_posted(url: str) -> None:
    out = door()
    with pytest.raises(DigestError):
        out.check(url)
    with pytest.raises(Permanent):
        out.post(url, b"{}", key="e", secrets=["whsec_eA=="], now=NOW)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_a_good_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    """Also one that led elsewhere when it was added: the look-up of the post itself is the one that counts."""
    out = door(addresses=(address,))
    out.check("https://hooks.example/x")
    with pytest.raises(Permanent, match="no address of the open internet"):
        out.post("https://hooks.example/x", b"{}", key="e", secrets=["whsec_eA=="], now=NOW)


def test_a_trusted_pair_is_only_that_pair() -> None:
    out = door("127.0.0.1:9")
    out.check("http://127.0.0.1:9/x")
    for url in ("http://127.0.0.1:10/x", "http://127.0.0.1/x"):
        with pytest.raises(DigestError):
            out.check(url)


def test_the_receiver_is_a_real_server() -> None:
    with receiving() as there:
        assert isinstance(there, HookReceiver)
        assert httpx.post(there.url, content=b"x", trust_env=False, verify=TLS).status_code == 200
