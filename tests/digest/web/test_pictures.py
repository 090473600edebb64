"""The pictures' pages: for everybody, for ever, and for nothing but pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.model.errors import DigestError, Permanent, Transient, Unauthorised
from digest.store.tx import Store
from tests.digest.web.site import PICTURE, Site, running


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


@pytest.mark.parametrize(
    ("error", "again"), [(Transient("slow"), "5"), (Permanent("no such bucket"), "60"), (Unauthorised("no"), "60")]
)
def test_a_bucket_that_does_not_answer_is_no_fault_of_the_page(
    store: Store, tmp_path: Path, error: DigestError, again: str
) -> None:
    class Bucket:
        def get(self, _name: str) -> bytes | None:
            raise error

        def put(self, name: str, content: bytes) -> None: ...

        def close(self) -> None: ...

    with running(store, tmp_path, change=lambda app: replace(app, pictures=Bucket())) as site:
        answer = site.client.get(f"/pictures/{PICTURE}")
    said = (answer.status_code, answer.headers["retry-after"], answer.headers["cache-control"])
    assert said == (503, again, "no-store")
