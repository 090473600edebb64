"""Amazon SES' account-level suppression list: addresses that bounced or complained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from digest.model.errors import OutcomeUnknown, Transient
from digest.model.feedback import FeedbackKind
from digest.ports import Suppressed
from digest.providers.ses_wire import Wire

PAGE = 1000
"""Entries of one call, the most that it gives."""
_REASONS = {"BOUNCE": FeedbackKind.BOUNCED_HARD, "COMPLAINT": FeedbackKind.COMPLAINED}


class SesLists:
    """The port `SuppressionFeed`. Unsubscribes are not among them: those are ours alone."""

    def __init__(
        self, *, region: str, access_key_id: str, secret_access_key: str, endpoint_url: str, timeout: float
    ) -> None:
        """As `SesProvider`; the key needs `ses:ListSuppressedDestinations`. `timeout` in seconds for each wait."""
        self._wire = Wire(
            region=region,
            endpoint_url=endpoint_url,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            timeout=timeout,
            connections=1,
        )

    def pages(self, since: datetime | None) -> Iterator[Sequence[Suppressed]]:
        """As `ports.SuppressionFeed`."""
        request: dict[str, Any] = {"PageSize": PAGE} | ({"StartDate": since} if since else {})
        while True:
            try:
                told = self._wire.suppressed(request)
            except OutcomeUnknown as error:
                raise Transient(f"{error} It will be asked again.", raw=error.raw) from error
            found = [_entry(row) for row in told.get("SuppressedDestinationSummaries") or ()]
            if found:
                yield [entry for entry in found if entry is not None]
            if not told.get("NextToken"):
                return
            request["NextToken"] = told["NextToken"]


def _entry(row: Any) -> Suppressed | None:
    kind = _REASONS.get(str(row.get("Reason")))
    email, at = row.get("EmailAddress"), row.get("LastUpdateTime")
    if kind is None or not isinstance(email, str):
        return None
    when = at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(0, UTC)
    return Suppressed(email=email, kind=kind, at=when, detail=f"account suppression list: {row['Reason']}")
