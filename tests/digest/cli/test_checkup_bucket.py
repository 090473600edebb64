"""What the doctor says of the bucket, on a real server of the S3 API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.cli.checkup_bucket import OBJECT, look
from digest.settings.site import Objects, Storage
from tests.digest.web.site import settings_for
from tests.servers.s3 import KEY, SECRET, client, s3_server

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server("news") as url:
        yield url


def level(folder: Path, url: str, name: str, *, online: bool = True) -> tuple[str, str]:
    chosen = Objects(
        bucket=name,
        prefix="digest/",
        endpoint_url=url,
        access_key_id=KEY,
        secret_access_key=SecretStr(SECRET),
    )
    settings = settings_for(folder, "https://news.example").model_copy(update={"storage": Storage(objects=chosen)})
    found = look(settings, NOW, online=online)
    assert found is not None
    assert (found.level == "ok") == (found.fix == "")
    return found.level, found.found


def test_a_bucket_is_read_and_written_online(s3: str, tmp_path: Path) -> None:
    assert level(tmp_path, s3, "news") == ("ok", "news: read and written")
    kept = client(s3).get_object(Bucket="news", Key=f"digest/{OBJECT}")  # type: ignore[attr-defined]
    assert kept["Body"].read() == b"2026-11-23T06:00:00+00:00\n"


def test_a_bucket_that_is_missing_fails(s3: str, tmp_path: Path) -> None:
    found = level(tmp_path, s3, "nwes")
    assert found[0] == "fail"
    assert "404 NoSuchBucket" in found[1]


def test_a_bucket_out_of_reach_fails(tmp_path: Path) -> None:
    assert level(tmp_path, "http://127.0.0.1:1", "news")[0] == "fail"


def test_nothing_is_asked_offline_nor_said_without_a_bucket(tmp_path: Path) -> None:
    assert level(tmp_path, "http://127.0.0.1:1", "news", online=False)[0] == "ok"
    assert look(settings_for(tmp_path, "https://news.example"), NOW, online=True) is None
