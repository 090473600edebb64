"""Tokens of the API at the desk: made and shown once, used, ended; only by an admin who says once more who they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.store.tx import Store
from tests.desk_people import PASSWORD
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import everything


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Iterator[DeskSite]:
    with desk(store, tmp_path, compose=False) as made:
        yield made


def test_a_token_is_made_used_and_ended(place: DeskSite) -> None:
    with place.enter() as client:
        assert "There is none yet." in client.get("/desk/tokens").text
        form = {"name": "the <shop>", "scope": ["lists:read", "no:such"], "list": "world", "expires": "2099-12-31"}
        made = client.post("/desk/tokens/create", data=form)
        secret = re.search(r"dgt_[a-z0-9]{8}_[\w-]{43}", made.text)
        assert secret is not None
        headers = {"authorization": f"Bearer {secret[0]}"}
        found = httpx.get(f"{place.site.url}/api/v1/token", headers=headers, trust_env=False).json()
        assert (found["scopes"], found["lists"]) == (["lists:read"], ["world"])
        page = client.get("/desk/tokens").text
        assert secret[0] not in page
        assert "the &lt;shop&gt;" in page
        assert "<shop>" not in page
        ended = client.post("/desk/tokens/revoke", data={"name": "the <shop>"})
        assert "Done." in ended.text
        assert httpx.get(f"{place.site.url}/api/v1/token", headers=headers, trust_env=False).status_code == 401
        for wrong in ({"name": "x"}, {"name": "", "scope": "lists:read"},
                      {"name": "y", "scope": "lists:read", "expires": "1999-01-01"},
                      {"name": "y", "scope": "lists:read", "expires": "soon"}):  # fmt: skip
            assert client.post("/desk/tokens/create", data=wrong).status_code == 422


def test_who_sits_down_at_an_open_browser_makes_none(place: DeskSite) -> None:
    with place.enter() as client:
        place.site.clock.now += timedelta(hours=1)
        form = {"name": "a", "scope": "readers:read"}
        before = everything(place.site)["api_tokens"]
        for password in ("", "wrong"):
            assert client.post("/desk/tokens/create", data=form | {"password": password}).status_code == 403
        assert everything(place.site)["api_tokens"] == before
        assert "Your password once more" in client.get("/desk/tokens").text
        assert "dgt_" in client.post("/desk/tokens/create", data=form | {"password": PASSWORD}).text
