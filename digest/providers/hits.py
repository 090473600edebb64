"""Hits on our own tracked links, read back like any provider's events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from digest.model.errors import BadDocument, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind

NAME = "tracking"


class Hits:
    """The `FeedbackReader` of what our own pages counted. Nobody may post such a thing."""

    name = NAME

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises Unauthorised, always."""
        raise Unauthorised("hits are counted by our own pages and come from nowhere else")

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The one hit that `workflow.tracking` wrote. Raises BadDocument."""
        try:
            told = json.loads(body)
            return (
                Feedback(
                    provider=NAME,
                    event_id="",
                    kind=FeedbackKind(told["kind"]),
                    at=datetime.fromisoformat(told["at"]),
                    delivery=told["delivery"],
                    detail=told["rule"],
                    url=told["url"],
                    machine=bool(told["rule"]),
                    # That nobody else has looked says nothing of them.
                    lone=True,
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BadDocument(NAME, f"a hit that cannot be read: {type(error).__name__}") from error
