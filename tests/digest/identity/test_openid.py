"""What an OpenID provider signs is believed only where everything of it is right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from digest.identity.openid import OpenId
from digest.model.errors import Permanent
from digest.sources.exchange import Exchange

ISSUER = "https://id.example"
NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


@cache
def key(name: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name})


class Scripted:
    """The provider's answers, by the end of the address; counts what was asked."""

    def __init__(self, id_token: str, /, **more: object) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, object] = {
            "openid-configuration": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize?x=1",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "userinfo_endpoint": f"{ISSUER}/me",
            },
            "keys": KeySet([key()]).as_dict(private=False),
            "token": {"id_token": id_token, "access_token": "a"},
            "me": {"sub": "ann-7", "email": "Ann@desk.example", "email_verified": True},
            **more,
        }

    def __call__(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        self.asked.append(url)
        return json.dumps(self.answers[url.rpartition("/")[2]]).encode()


def claims(**changes: object) -> dict[str, Any]:
    now = int(NOW.timestamp())
    made = {"iss": ISSUER, "aud": "digest", "sub": "ann-7", "nonce": "n", "iat": now, "exp": now + 300, **changes}
    return {name: value for name, value in made.items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims(**changes), key())


def house(exchange: Scripted, now: datetime = NOW) -> OpenId:
    return OpenId(
        issuer=ISSUER, client_id="digest", client_secret="s", groups_claim="groups", exchange=exchange,
        clock=lambda: now,
    )  # fmt: skip


def identity(exchange: Scripted, now: datetime = NOW) -> Any:
    return house(exchange, now).identity("code", redirect="https://d.example/back", verifier="v", nonce="n")


def test_a_right_token_is_believed() -> None:
    found = identity(Scripted(signed(email="ANN@desk.example", email_verified=True, groups=["news"])))
    assert (found.subject, found.email, found.email_verified) == (f"{ISSUER} ann-7", "ann@desk.example", True)
    assert found.groups == {"news"}
    # Its address may stand on its card only.
    assert identity(Scripted(signed())).email == "ann@desk.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["digest", "another"]},
        {"azp": "another"},
        {"aud": None},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(NOW.timestamp()) + 61},
        {"iat": None},
        {"nonce": "m"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
)
def test_a_wrong_claim_is_not_believed(changes: dict[str, object]) -> None:
    with pytest.raises(Permanent, match="not believed"):
        identity(Scripted(signed(**changes)))


def test_only_the_providers_own_keys_count() -> None:
    public = json.dumps(key().as_dict(private=False))
    other = RSAKey.generate_key(2048, parameters={"kid": "one"})
    unsigned = "eyJhbGciOiJub25lIn0." + signed().split(".")[1] + "."
    curve = ECKey.generate_key("P-384", parameters={"kid": "e"})
    for token in (
        "",
        "nonsense",
        "a.b.c",
        unsigned,
        signed()[:-4] + "AAAA",
        jwt.encode({"alg": "RS256", "kid": "one"}, claims(), other),
        # The public key taken for a secret that both know.
        jwt.encode({"alg": "HS256", "kid": "one"}, claims(), OctKey.import_key(public)),
        jwt.encode({"alg": "RS512", "kid": "one"}, claims(), key(), algorithms=["RS512"]),
        jwt.encode({"alg": "ES384", "kid": "e"}, claims(), curve, algorithms=["ES384"]),
    ):
        with pytest.raises(Permanent, match="not believed"):
            identity(Scripted(token))


def test_a_new_key_is_asked_for_once() -> None:
    exchange = Scripted(jwt.encode({"alg": "RS256", "kid": "two"}, claims(), key("two")))
    with pytest.raises(Permanent, match="not believed"):
        identity(exchange)
    assert exchange.asked.count(f"{ISSUER}/keys") == 2
    exchange.answers["keys"] = KeySet([key(), key("two")]).as_dict(private=False)
    assert identity(exchange).email == "ann@desk.example"


@pytest.mark.parametrize(
    "answers",
    [
        {"me": {"sub": "eve-1", "email": "ann@desk.example", "email_verified": True}},
        {"openid-configuration": {"issuer": "https://evil.example"}},
        {"openid-configuration": {"issuer": ISSUER}},
        {"openid-configuration": []},
        {"token": {}},
    ],
)
def test_whoever_tells_something_else_is_not_believed(answers: dict[str, object]) -> None:
    with pytest.raises(Permanent):
        identity(Scripted(signed(), **answers))


def test_an_address_that_is_not_verified_is_not_said_to_be() -> None:
    for told in (None, False, "true", 1):
        found = identity(Scripted(signed(email="ann@desk.example", email_verified=told)))
        assert not found.email_verified


def test_the_address_to_go_to_and_what_is_kept_for_an_hour() -> None:
    exchange, instant = Scripted(signed()), [NOW]
    asked = OpenId(
        issuer=ISSUER, client_id="digest", client_secret="", groups_claim="g", exchange=exchange,
        clock=lambda: instant[0],
    )  # fmt: skip
    address = asked.address(redirect="https://d.example/back", state="s", nonce="n", challenge="c")
    assert address.startswith(f"{ISSUER}/authorize?x=1&response_type=code&client_id=digest&")
    assert "code_challenge=c&code_challenge_method=S256" in address
    asked.address(redirect="https://d.example/back", state="s", nonce="n", challenge="c")
    assert len(exchange.asked) == 1
    instant[0] += timedelta(hours=1)
    asked.address(redirect="https://d.example/back", state="s", nonce="n", challenge="c")
    assert len(exchange.asked) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "ftp://x/",
    ],
)
def test_the_door_asks_https_and_the_open_internet_only(url: str) -> None:
    with pytest.raises(Permanent):
        Exchange(user_agent="test")(url)
