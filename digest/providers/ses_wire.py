"""The AWS client for Amazon SES, made careful: it tells what was certainly not sent from what is in doubt."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from digest.model.errors import AdapterError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.providers.addresses import redacted

_NOT_SIGNED = (
    NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, TokenRetrievalError, NoRegionError
)  # fmt: skip
_LATER = frozenset(
    {"TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException"}
    | {"RequestLimitExceeded", "ServiceUnavailable", "SlowDown"}
)
"""Error codes that mean "not now"; the account's quota for a second or a day is the usual cause."""
_NOT_US = frozenset(
    {"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException"}
    | {"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "ExpiredToken"}
    | {"ExpiredTokenException", "MissingAuthenticationToken", "OptInRequired", "NotAuthorized"}
)
_NOISY = ("boto3", "botocore", "urllib3")
"""At DEBUG they write the signed headers and every message."""
_MEND = "provider.ses: region, keys, configuration set, and whether the sender's domain is verified"


class _Body(io.BytesIO):
    """A request's body that knows whether its last byte has been handed over.

    The transport asks for the next piece only after it has written the one before, so where it has met the end,
    the kernel holds the whole body. Before that, nobody can have read a complete request.
    """

    handed_over = False

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.handed_over = not piece
        return piece


class Wire:
    """Sends one raw message a call. Thread-safe; retries are off, for only the sender may decide on one."""

    def __init__(
        self,
        *,
        region: str,
        endpoint_url: str,
        access_key_id: str,
        secret_access_key: str,
        timeout: float,
        connections: int,
    ) -> None:
        """Empty keys: AWS's own chain is asked (environment, profile, role). `timeout` in seconds for each wait."""
        for name in _NOISY:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))
        self._call = threading.local()
        self._client = boto3.session.Session().client(
            "sesv2",
            region_name=region or None,
            endpoint_url=endpoint_url or None,
            aws_access_key_id=access_key_id or None,
            aws_secret_access_key=secret_access_key or None,
            config=Config(
                connect_timeout=timeout,
                read_timeout=timeout,
                retries={"total_max_attempts": 1, "mode": "standard"},
                max_pool_connections=connections,
            ),
        )
        self._client.meta.events.register("before-send.sesv2.SendEmail", self._watch)

    def send(self, request: dict[str, Any]) -> str:
        """The message's id at SES. Raises Transient, Permanent (this message), Unauthorised or OutcomeUnknown."""
        number = self._ask(self._client.send_email, request).get("MessageId")
        if not number:
            # Something on the way said yes, and SES always names what it took.
            raise OutcomeUnknown("Amazon SES answered 200 without a message id")
        return str(number)

    def suppressed(self, request: dict[str, Any]) -> dict[str, Any]:
        """One page of the account's suppression list. Raises as `send` does; nobody is mailed by it."""
        return self._ask(self._client.list_suppressed_destinations, request)

    def _ask(self, call: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
        self._call.body = None
        try:
            answer: dict[str, Any] = call(**request)
        except ClientError as error:
            # Without its cause: it repeats what Amazon said, with whatever stands in it (P10).
            raise _refusal(error) from None
        except ParamValidationError as error:
            raise Permanent(f"Amazon SES: {redacted(str(error))[:300]}") from error
        except _NOT_SIGNED as error:
            raise Unauthorised(f"Amazon SES cannot be called: {redacted(str(error))[:300]}. Check {_MEND}.") from error
        except Exception as error:  # after a byte has left, any surprise at all is a doubt and never a retry
            raise self._lost(error) from error
        return answer

    def close(self) -> None:
        """Let go of the kept connections; the next call opens new ones."""
        self._client.close()

    def _watch(self, request: Any, **_: Any) -> None:
        """Put a body that is watched in place of the signed one. Gives no answer, so that it is sent as usual."""
        content = request.body
        self._call.body = request.body = _Body(content if isinstance(content, bytes) else str(content).encode())

    def _lost(self, error: Exception) -> AdapterError:
        reason = f"{type(error).__name__}: {redacted(str(error))}"[:300]
        body: _Body | None = self._call.body
        if body is None and not isinstance(error, BotoCoreError):
            return Unauthorised(f"Amazon SES cannot be called: {reason}. Check {_MEND}.")
        if body is None or not body.handed_over:
            return Transient(f"Amazon SES was not reached: {reason}. It will be tried again.")
        return OutcomeUnknown(f"Amazon SES did not answer: {reason}. Taken or not: only its events can tell.")


def _refusal(error: Any) -> AdapterError:
    """What an error answer says of the one reader in the call."""
    told = error.response
    code = str(told.get("Error", {}).get("Code", ""))
    status = int(told.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    words = redacted(str(told.get("Error", {}).get("Message", "")))[:500]
    place = f"Amazon SES answered {status} {code}"
    if status == 429 or (code in _LATER and 400 <= status < 500):
        return Transient(f"{place}: not now. Waiting.", raw=words)
    # An unverified identity is reported as a rejected message: it would refuse the whole list, reader by reader.
    if code in _NOT_US or status in (401, 403, 404) or "not verified" in words:
        return Unauthorised(f"{place}: it takes no mail of ours: {words}. Check {_MEND}.", raw=words)
    if 400 <= status < 500 and status != 408:
        return Permanent(f"{place}: {words}", raw=words)
    return OutcomeUnknown(f"{place}: taken or not, only its events can tell.", raw=words)
