"""The archive in a bucket: the pages that the site itself shows, put again only where they changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.edition import EditionStatus
from digest.objects.bucket import Bucket
from digest.store.tx import Store
from digest.web.publishing import CACHE, publish
from digest.workflow.edition.archive import correct
from tests.digest.web.site import TODAY, Site, edition_of, running
from tests.servers.s3 import KEY, SECRET, client, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server("archive") as url:
        yield url


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Iterator[Site]:
    with running(store, tmp_path) as made:
        yield made


def test_the_archive_is_put_once_and_again_where_it_changed(site: Site, s3: str) -> None:
    for back in (2, 1, 0):
        site.publish(edition_of(TODAY - timedelta(days=back)))
    site.publish(edition_of(TODAY + timedelta(days=1), status=EditionStatus.READY))
    shelf = Bucket(bucket="archive", endpoint_url=s3, access_key_id=KEY, secret_access_key=SECRET)
    done = publish(site.app, site.url, shelf)
    assert (done.put, done.same) == (3 + 2 + 2, 0)
    page = shelf.get(f"editions/world/{TODAY}")
    assert page is not None
    assert page.decode() == site.client.get(f"/editions/world/{TODAY}").text, "as the site shows it itself"
    assert shelf.get("editions") == site.client.get("/editions").content
    assert shelf.get("feeds/world.atom") == site.client.get("/feeds/world.atom").content
    assert shelf.get(f"editions/world/{TODAY + timedelta(days=1)}") is None, "what is not out is not there"
    answer = client(s3).head_object(Bucket="archive", Key=f"editions/world/{TODAY}")  # type: ignore[attr-defined]
    assert (answer["ContentType"], answer["CacheControl"]) == ("text/html; charset=utf-8", CACHE)
    assert answer["ETag"]
    assert publish(site.app, site.url, shelf) == replace(done, put=0, same=7)
    correct(site.app, edition_of(TODAY).id, "It was the other river.", by="an editor")
    again = publish(site.app, site.url, shelf)
    # Its page, and both feeds.
    assert (again.put, again.same) == (3, 4)
    corrected = shelf.get(f"editions/world/{TODAY}")
    assert corrected is not None
    assert b"It was the other river." in corrected
    shelf.close()
