"""Pictures and pages in a bucket, on a real server of the S3 API: kept once, with headers, and never in the way."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from digest.model.errors import AdapterError, ConfigError, Permanent, Transient
from digest.objects.bucket import Bucket
from digest.objects.pictures import CACHE, BucketPictures
from digest.settings import Settings
from digest.settings.root import secrets_of
from digest.settings.site import Objects, Storage
from digest.wiring import open_bucket, open_pictures
from tests.digest.web.site import settings_for
from tests.servers.s3 import KEY, SECRET, client

NAME = f"{'a' * 40}.jpg"


def bucket(url: str, name: str = "news", **changes: object) -> Bucket:
    return Bucket(  # type: ignore[arg-type]
        **{
            "bucket": name,
            "endpoint_url": url,
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "timeout": 20.0,
            **changes,
        }
    )


def test_what_was_put_is_there_once_and_with_its_headers(s3: str) -> None:
    own = bucket(s3, prefix="/digest/")
    assert own.get("editions/world/2026-11-22") is None
    assert not own.has("editions/world/2026-11-22")
    put = {"media_type": "text/html; charset=utf-8", "cache": "public, max-age=300"}
    assert own.put("editions/world/2026-11-22", b"<p>one", **put)
    assert not own.put("editions/world/2026-11-22", b"<p>one", **put), "the same is not put again"
    assert own.put("editions/world/2026-11-22", b"<p>two", **put)
    assert own.put("editions/world/2026-11-22", b"<p>two", media_type="text/html", cache="no-cache"), "other headers"
    assert own.get("editions/world/2026-11-22") == b"<p>two"
    assert own.has("editions/world/2026-11-22")
    answer = client(s3).get_object(Bucket="news", Key="digest/editions/world/2026-11-22")  # type: ignore[attr-defined]
    assert (answer["ContentType"], answer["CacheControl"]) == ("text/html", "no-cache")
    assert answer["ETag"]
    own.close()


def test_a_picture_may_be_kept_for_ever_by_whoever_has_it(s3: str) -> None:
    pictures = BucketPictures(lambda: bucket(s3))
    assert pictures.get(NAME) is None
    pictures.put(NAME, b"pixels")
    pictures.put(NAME, b"pixels")
    assert pictures.get(NAME) == b"pixels"
    # Another process, and a CDN that asks the bucket itself.
    assert BucketPictures(lambda: bucket(s3)).get(NAME) == b"pixels"
    answer = client(s3).head_object(Bucket="news", Key=f"pictures/{NAME}")  # type: ignore[attr-defined]
    assert (answer["ContentType"], answer["CacheControl"]) == ("image/jpeg", CACHE)
    assert "immutable" in CACHE
    pictures.close()


@pytest.mark.parametrize("name", ["", "../digest.db", "a.jpg", f"{'a' * 40}.svg", f"{'a' * 40}.jpg\n"])
def test_another_name_is_none_of_ours_and_nobody_is_asked(name: str) -> None:
    def asked() -> Bucket:
        raise AssertionError("the bucket was opened")

    pictures = BucketPictures(asked)
    with pytest.raises(ValueError, match="not the name of a picture"):
        pictures.put(name, b"x")
    assert pictures.get(name) is None


def test_a_logo_is_put_when_the_first_picture_is_asked_for(s3: str) -> None:
    logo = f"{'b' * 40}.png"
    pictures = BucketPictures(lambda: bucket(s3, "other"))
    pictures.put_later(logo, b"logo")
    assert bucket(s3, "other").get(f"pictures/{logo}") is None
    assert pictures.get(NAME) is None
    assert bucket(s3, "other").get(f"pictures/{logo}") == b"logo"
    assert pictures.get(logo) == b"logo"


def test_a_bucket_that_is_not_there_is_named_with_the_next_step(s3: str) -> None:
    with pytest.raises(Permanent, match=r"nobodys answered 404 NoSuchBucket to put x\. Check storage\.objects"):
        bucket(s3, "nobodys").put("x", b"x", media_type="text/plain", cache="no-store")
    with pytest.raises(Permanent, match="NoSuchBucket"):
        bucket(s3, "nobodys").get("x")


def test_a_server_that_is_out_of_reach_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(Transient, match="not reached to get pictures/"):
        BucketPictures(lambda: bucket(f"http://127.0.0.1:{port}", timeout=1.0)).get(NAME)


def configured(folder: Path, **objects: object) -> Settings:
    storage = Storage(url=f"sqlite:///{folder / 'digest.db'}", objects=Objects.model_validate(objects))
    return settings_for(folder / "var", "https://digest.example").model_copy(update={"storage": storage})


def test_the_configuration_says_where_pictures_are_kept(s3: str, tmp_path: Path) -> None:
    keys = {"endpoint_url": s3, "access_key_id": KEY, "secret_access_key": SECRET}
    settings = configured(tmp_path, bucket="news", prefix="set", **keys)
    assert SECRET in set(secrets_of(settings))
    pictures = open_pictures(settings)
    pictures.put(NAME, b"as configured")
    assert client(s3).head_object(Bucket="news", Key=f"set/pictures/{NAME}")  # type: ignore[attr-defined]
    pictures.close()
    plain = configured(tmp_path)
    open_pictures(plain).put(NAME, b"in the folder")
    assert (tmp_path / "var" / "pictures" / NAME).read_bytes() == b"in the folder"
    with pytest.raises(ConfigError, match=r"storage\.objects\.bucket is empty"):
        open_bucket(plain)


def test_no_key_is_in_an_error(s3: str) -> None:
    with pytest.raises(AdapterError) as caught:
        bucket(s3, "nobodys").put("x", b"x", media_type="text/plain", cache="no-store")
    assert SECRET not in str(caught.value)
    assert httpx.get(f"{s3}/news/pictures/none.jpg").status_code in (403, 404)


def test_an_address_that_only_sends_on_is_named() -> None:
    """Such as http:// where the server wants https://."""

    class Elsewhere(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.send_response(301)
            self.send_header("location", "https://objects.example/")
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD  # noqa: N815 - as the library calls them

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(Permanent, match="only sends us on"):
            bucket(f"http://127.0.0.1:{server.server_port}").put("x", b"x", media_type="text/plain", cache="no-store")
        server.shutdown()
