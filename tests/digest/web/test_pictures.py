"""The pictures' pages: for everybody, for ever, and for nothing but pictures."""

from __future__ import annotations

import pytest

from tests.digest.web.site import PICTURE, Site


def test_a_picture_may_be_kept_and_shown_anywhere(site: Site) -> None:
    answer = site.client.get(f"/pictures/{PICTURE}")
    assert answer.content == b"pixels"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    # Mail programs in a browser show it on a page of theirs.
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert site.client.head(f"/pictures/{PICTURE}").headers["content-length"] == "6"


@pytest.mark.parametrize("name", [f"{'b' * 40}.jpg", "..%2Fdigest.db", "%2e%2e", "x"])
def test_nothing_else_is_served(site: Site, name: str) -> None:
    assert site.client.get(f"/pictures/{name}").status_code == 404
