"""A real OpenID provider on loopback, and somebody who signs in there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.oracles import NODE

SECRET = "the secret of the client, for tests only"


@contextmanager
def provider(accounts: Mapping[str, Mapping[str, object]], redirect: str) -> Iterator[str]:
    """oidc-provider under Node. Gives its issuer; ends with the test."""
    told = json.dumps({"accounts": accounts, "redirects": [redirect], "secret": SECRET})
    with subprocess.Popen(
        ["node", str(NODE / "oidc.mjs"), told],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            issuer = next((line.strip() for line in process.stdout if line.startswith("http")), "")
            assert issuer, "the provider did not start"
            yield issuer
        finally:
            process.terminate()


def vouched(address: str, login: str) -> dict[str, str]:
    """Sign in there as `login`, and say yes. What the browser comes back with: code, state, iss."""
    with httpx.Client(timeout=30) as browser:
        answer = browser.get(address)
        for _ in range(12):
            target = answer.headers.get("location", "")
            if answer.is_redirect and urlsplit(target).path == "/desk/sign-in/oidc/back":
                return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            if answer.is_redirect:
                answer = browser.get(answer.url.join(target))
                continue
            action = re.findall(r'<form[^>]* action="([^"]+)"', answer.text)
            prompt = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            assert action, answer.text[:2000]
            assert prompt, answer.text[:2000]
            answer = browser.post(
                answer.url.join(action[0]), data={"prompt": prompt[0], "login": login, "password": "any"}
            )
    raise AssertionError("it never came back")
