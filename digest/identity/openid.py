"""An OpenID provider: OpenID Connect Core 1.0, code flow with PKCE; every id_token is verified by its own keys."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from digest.model.errors import Permanent
from digest.model.identity import Identity

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""With keys that only the provider has. Never `none`, and never a key that both sides know (HS256)."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
FRESH = timedelta(hours=1)
"""How long its configuration and keys are kept."""


class Exchanges(Protocol):
    """The door to the provider."""

    def __call__(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes: ...


class OpenId:
    """The port `House`. Its configuration is read when it is first asked for, and anew after an hour."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        groups_claim: str,
        exchange: Exchanges,
        clock: Callable[[], datetime],
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._groups_claim = groups_claim
        self._exchange = exchange
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def address(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser is sent to say who it is. Raises AdapterError."""
        endpoint = self._endpoint("authorization_endpoint")
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect,
                "scope": "openid email profile",
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def farewell(self, *, redirect: str) -> str:
        """Where a browser is sent to sign out there too (RP-Initiated Logout 1.0); empty where it offers none."""
        endpoint = self._configuration().get("end_session_endpoint")
        if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://")):
            return ""
        query = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": redirect})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def identity(self, code: str, *, redirect: str, verifier: str, nonce: str) -> Identity:
        """Who somebody is, for the code that they came back with. Raises AdapterError; Permanent = not believed."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        headers = {}
        if self._client_secret:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = self._client_id
        answer = self._json(self._exchange(self._endpoint("token_endpoint"), form=form, headers=headers))
        claims = self._verified(str(answer.get("id_token", "")), nonce)
        if "email" not in claims and "userinfo_endpoint" in self._configuration():
            claims = self._with_userinfo(claims, str(answer.get("access_token", "")))
        groups = claims.get(self._groups_claim, ())
        return Identity(
            subject=f"{self._issuer} {claims['sub']}",
            email=str(claims.get("email") or "").strip().lower(),
            email_verified=claims.get("email_verified") is True,
            groups=frozenset(map(str, groups if isinstance(groups, list) else ())),
        )

    def _with_userinfo(self, claims: dict[str, Any], token: str) -> dict[str, Any]:
        told = self._json(
            self._exchange(self._endpoint("userinfo_endpoint"), headers={"authorization": f"Bearer {token}"})
        )
        # Somebody else's card may have been put in (Core 5.3.2).
        if told.get("sub") != claims["sub"]:
            raise Permanent("the OpenID provider tells of somebody else than it signed for")
        return {**told, **claims}

    def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id_token (Core 3.1.3.7). Raises Permanent."""
        try:
            claims = self._decoded(token)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Permanent(f"its id_token is not believed: {type(error).__name__}") from error
        now = self._clock().timestamp()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        wrong = next(
            (
                what
                for what, right in (
                    ("iss", claims.get("iss") == self._issuer),
                    ("aud", self._client_id in audiences),
                    ("azp", claims.get("azp", self._client_id) == self._client_id),
                    ("azp", len(audiences) == 1 or "azp" in claims),
                    ("exp", _number(claims.get("exp")) + LEEWAY > now),
                    ("iat", 0 < _number(claims.get("iat")) <= now + LEEWAY),
                    ("nonce", bool(nonce) and claims.get("nonce") == nonce),
                    ("sub", isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255),
                )
                if not right
            ),
            "",
        )
        if wrong:
            raise Permanent(f"its id_token is not believed: {wrong} is not right")
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        try:
            return dict(jwt.decode(token, self._keys(), algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError):
            # It may have new keys: ask once.
            return dict(jwt.decode(token, self._keys(anew=True), algorithms=ALGORITHMS).claims)

    def _keys(self, *, anew: bool = False) -> KeySet:
        found = self._document(self._endpoint("jwks_uri"), anew=anew)
        # What we do not know is left out, and so is what signs with a secret that both sides know.
        known = [one for one in found.get("keys", ()) if one.get("kty") in ("RSA", "EC", "OKP")]
        return KeySet.import_key_set({"keys": known})

    def _endpoint(self, name: str) -> str:
        found = self._configuration().get(name)
        if not isinstance(found, str):
            raise Permanent(f"{self._issuer}: its configuration names no {name}")
        return found

    def _configuration(self) -> dict[str, Any]:
        found = self._document(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise Permanent(f"{self._issuer}: its configuration is of another issuer; write the issuer as it does")
        return found

    def _document(self, url: str, *, anew: bool = False) -> dict[str, Any]:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and not anew and now - kept[0] < FRESH:
            return kept[1]
        found = self._json(self._exchange(url))
        with self._lock:
            self._kept[url] = (now, found)
        return found

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Permanent(f"{self._issuer}: its answer is no JSON") from error
        if not isinstance(found, dict):
            raise Permanent(f"{self._issuer}: its answer is no JSON object")
        return found


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
