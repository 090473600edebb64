"""Amazon SES: each reader's message as the bytes that were approved, one call of the v2 API for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from digest.model.errors import AdapterError, ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt, Recipient
from digest.ports import CallPage
from digest.providers.ses_wire import Wire
from digest.providers.stepwise import STOPPED, NoPage, always, never
from digest.providers.writing import Unwritable, Writer, Writers

BATCH_SIZE = 10
"""Readers of one batch, mailed one after the other."""
_PATIENCE = 3
"""So many calls in a row without an answer, or refused before anybody was taken, and the rest waits."""
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(slots=True)
class _Tally:
    """What has become of the readers of one batch so far."""

    message_id: str = ""
    taken: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    not_sent: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    failures: int = 0
    """In a row, without an answer."""
    rejections: int = 0
    """By SES, while nobody was taken."""
    retry_after: float | None = None

    def receipt(self) -> Receipt:
        return Receipt(
            message_id=self.message_id,
            refused=self.refused,
            not_sent=frozenset(self.not_sent),
            unknown=frozenset(self.unknown),
            note="; ".join(dict.fromkeys(self.notes)),
            retry_after=self.retry_after,
        )


class SesProvider:
    """Calls `SendEmail` with raw content. Thread-safe.

    Raw, and not `SendBulkEmail`: that one fills Handlebars, which story text may hold too, and writes the message
    itself; and SES counts recipients, not calls. SES has no idempotency key; our keys travel as message tags and
    come back in every event of the configuration set.
    """

    def __init__(
        self,
        *,
        region: str,
        configuration_set: str = "",
        access_key_id: str = "",
        secret_access_key: str = "",
        endpoint_url: str = "",
        timeout: float = 20.0,
        events: bool = False,
        concurrency: int = 8,
    ) -> None:
        """Empty keys: AWS's own chain is asked (environment, profile, role). `timeout` in seconds for each wait.

        `events` is False where no configuration set publishes them to us. Raises ConfigError without a region.
        """
        if not re.fullmatch(r"[a-z0-9-]{2,32}", region):
            raise ConfigError("provider.ses.region must be an AWS region, such as eu-central-1")
        if configuration_set and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", configuration_set):
            raise ConfigError("provider.ses.configuration_set may hold letters, digits, '_' and '-' only")
        if bool(access_key_id) != bool(secret_access_key):
            raise ConfigError(
                "provider.ses needs access_key_id and secret_access_key together, or neither. "
                "Set DIGEST_PROVIDER__SES__ACCESS_KEY_ID and DIGEST_PROVIDER__SES__SECRET_ACCESS_KEY."
            )
        self._configuration_set = configuration_set
        self._wire = Wire(
            region=region,
            endpoint_url=endpoint_url,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            timeout=timeout,
            connections=concurrency,
        )
        self._writers = Writers()
        self._capabilities = Capabilities(
            name="ses", batch_size=BATCH_SIZE, events=events, whole=False, concurrency=concurrency
        )

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, batch: Batch) -> Receipt:
        """One call for each reader. Raises Transient or Unauthorised where nobody has been taken or is in doubt."""
        return self.send_while(batch, always)

    def send_while(
        self,
        batch: Batch,
        go_on: Callable[[], bool],
        *,
        ending: Callable[[], bool] = never,
        page: CallPage | None = None,
    ) -> Receipt:
        """As `ports.Stepwise` says; no answer is waited for so long that an end of the process had to break it off."""
        if len(batch.recipients) > BATCH_SIZE:
            raise Permanent(f"chunk {batch.chunk}: {len(batch.recipients)} readers; the most is {BATCH_SIZE}")
        writer = self._writers.of(batch)
        tally = _Tally()
        for place, recipient in enumerate(batch.recipients):
            if place and not go_on():
                tally.notes.append(STOPPED)
                tally.retry_after = 0.0
                tally.not_sent |= {recipient.delivery for recipient in batch.recipients[place:]}
                break
            try:
                self._deliver(tally, writer, batch.chunk, recipient, page or NoPage())
            except (Transient, Unauthorised) as error:
                if not (tally.taken or tally.unknown):
                    raise
                tally.notes.append(str(error))
                tally.retry_after = error.retry_after
                left = {recipient.delivery for recipient in batch.recipients[place:]}
                tally.not_sent |= left - tally.unknown
                break
        return tally.receipt()

    def close(self) -> None:
        """Let go of the kept connections."""
        self._wire.close()

    def _deliver(self, tally: _Tally, writer: Writer, chunk: str, recipient: Recipient, page: CallPage) -> None:
        """One reader. Raises Transient or Unauthorised where going on with the others makes no sense now."""
        try:
            message = writer.write(recipient)
        except Unwritable as why:
            tally.refused[recipient.delivery] = str(why)
            return
        page.begun(recipient.delivery)
        try:
            message_id = self._wire.send(self._request(message, chunk, recipient))
        except OutcomeUnknown as error:
            page.ended(recipient.delivery, taken=None)
            _doubt(tally, recipient.delivery, error)
        except (Transient, Unauthorised):
            page.ended(recipient.delivery, taken=False)
            raise
        except Permanent as error:
            page.ended(recipient.delivery, taken=False)
            _refuse(tally, recipient.delivery, error)
        else:
            page.ended(recipient.delivery, taken=True)
            tally.taken += 1
            tally.failures = 0
            tally.message_id = tally.message_id or message_id

    def _request(self, message: bytes, chunk: str, recipient: Recipient) -> dict[str, object]:
        tags = {"delivery": recipient.delivery, "chunk": tag(chunk)}
        request: dict[str, object] = {
            # Named here too: SES would otherwise read the readers from the message.
            "Destination": {"ToAddresses": [recipient.email]},
            "Content": {"Raw": {"Data": message}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items() if _TAG.fullmatch(value)],
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        return request


def tag(chunk: str) -> str:
    """A chunk's key as a tag may hold it: `12.3` is `12_3`."""
    return chunk.replace(".", "_")


def _doubt(tally: _Tally, delivery: str, error: AdapterError) -> None:
    tally.unknown.add(delivery)
    tally.notes.append(str(error))
    tally.failures += 1
    if tally.failures >= _PATIENCE:
        raise Transient(f"Amazon SES: {tally.failures} calls in a row without an answer. Waiting.")


def _refuse(tally: _Tally, delivery: str, error: AdapterError) -> None:
    tally.refused[delivery] = str(error)
    tally.failures = 0
    if tally.taken:
        return
    tally.rejections += 1
    if tally.rejections >= _PATIENCE:
        # It may be the message rather than its readers, and would refuse the whole list: a person should look.
        raise Unauthorised(f"Amazon SES refused {tally.rejections} readers in a row and took nobody: {error}")
