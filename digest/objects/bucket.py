"""One bucket of anything that speaks the S3 API, by the AWS client: AWS, R2, MinIO, Garage, Ceph."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from digest.model.errors import AdapterError, Permanent, Transient, Unauthorised

MARK = "sha256"
"""Under this name an object says what is in it: ETags are no hash of the content where a bucket encrypts by keys."""
_NOISY = ("boto3", "botocore", "urllib3", "s3transfer")
"""At DEBUG they write signed headers."""
_NOT_US = (401, 403)
_MEND = "storage.objects: bucket, region, endpoint_url and keys"


class Bucket:
    """Puts and gets whole objects below a prefix. Thread-safe. Raises Transient, Permanent or Unauthorised."""

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str = "",
        region: str = "",
        endpoint_url: str = "",
        access_key_id: str = "",
        secret_access_key: str = "",
        timeout: float = 10.0,
        connections: int = 16,
    ) -> None:
        """Empty keys: AWS's own chain is asked (environment, profile, role). `timeout` in seconds for each wait."""
        for name in _NOISY:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = boto3.session.Session().client(
            "s3",
            region_name=region or "us-east-1",
            endpoint_url=endpoint_url or None,
            aws_access_key_id=access_key_id or None,
            aws_secret_access_key=secret_access_key or None,
            config=Config(
                connect_timeout=timeout,
                read_timeout=timeout,
                # To put and to get are safe to repeat: the client may do so by itself.
                retries={"total_max_attempts": 3, "mode": "standard"},
                max_pool_connections=connections,
                # A name of ours is a path and not a host: it works with every server, and needs no wildcard in DNS.
                s3={"addressing_style": "path"} if endpoint_url else {},
                # Checksums that came to the API later are sent only where it demands them: many servers know none.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, content: bytes, *, media_type: str, cache: str) -> bool:
        """Keep it under `key` with these headers. False where the same was there already.

        `cache` is the Cache-Control that whoever asks the bucket, or a CDN before it, is answered.
        """
        said = hashlib.sha256(content).hexdigest()
        if self._mark(key) == f"{said} {cache}":
            return False
        self._ask(
            "put",
            key,
            self._client.put_object,
            Body=content,
            ContentType=media_type,
            CacheControl=cache,
            Metadata={MARK: f"{said} {cache}"},
        )
        return True

    def get(self, key: str) -> bytes | None:
        """What is kept under `key`, None where nothing is."""
        answer = self._ask("get", key, self._client.get_object)
        if answer is None:
            return None
        try:
            return bytes(answer["Body"].read())
        except (BotoCoreError, OSError) as error:
            raise Transient(f"the bucket {self._bucket} broke off in the middle of {key}: {error}") from error

    def has(self, key: str) -> bool:
        """Whether anything is kept under `key`."""
        return self._ask("look for", key, self._client.head_object) is not None

    def close(self) -> None:
        """Let go of the kept connections; the next call opens new ones."""
        self._client.close()

    def _mark(self, key: str) -> str:
        answer = self._ask("look for", key, self._client.head_object)
        return str((answer or {}).get("Metadata", {}).get(MARK, ""))

    def _ask(self, verb: str, key: str, call: Any, **more: Any) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = call(Bucket=self._bucket, Key=self._prefix + key, **more)
        except ClientError as error:
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            code = str(error.response.get("Error", {}).get("Code", ""))
            # A whole bucket that is missing is a mistake; an object that is missing is an answer.
            if status == 404 and code != "NoSuchBucket" and verb != "put":
                return None
            raise self._refusal(verb, key, status, code) from None
        except BotoCoreError as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            raise Transient(
                f"the bucket {self._bucket} was not reached to {verb} {key}: {reason}. Check {_MEND}."
            ) from error
        except RecursionError:
            # The client follows each redirect by asking where the bucket is, and is sent on again.
            raise Permanent(
                f"the bucket {self._bucket} was not reached to {verb} {key}: its address only sends us on (301). "
                "Name the address it sends to, such as https:// for http://, in storage.objects.endpoint_url"
            ) from None
        return answer

    def _refusal(self, verb: str, key: str, status: int, code: str) -> AdapterError:
        place = f"the bucket {self._bucket} answered {status} {code} to {verb} {key}"
        if status in _NOT_US:
            return Unauthorised(f"{place}: it does not let us in. Check {_MEND}.")
        if status == 429 or status >= 500:
            return Transient(f"{place}: not now. It will be tried again.")
        return Permanent(f"{place}. Check {_MEND}.")
