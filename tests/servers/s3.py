"""A server of the S3 API on loopback, in a process of its own: moto, which keeps objects in memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

KEY, SECRET = "AKIAEXAMPLE", "a secret of the bucket's"
PATIENCE = 60.0
"""Seconds for it to come up: far above what a loaded machine takes."""


@contextmanager
def s3_server(*buckets: str) -> Iterator[str]:
    """Its address, with these buckets in it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_CUSTOM_ENDPOINTS": ""},
    )
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the server of the S3 API ended"
                assert time.monotonic() < end, "the server of the S3 API did not come up"
                time.sleep(0.05)
        url = f"http://127.0.0.1:{port}"
        own = client(url)
        for bucket in buckets:
            own.create_bucket(Bucket=bucket)
        own.close()
        yield url
    finally:
        process.kill()
        process.wait()


def client(url: str) -> object:
    """The AWS client, for looking at what is there."""
    return boto3.session.Session().client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
