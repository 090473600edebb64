"""One server of the S3 API for the whole room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.s3 import s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server("news", "other") as url:
        yield url
