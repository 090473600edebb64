"""What goes out: Variant, Rendered, Recipient, Batch, Receipt and a provider's Capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SECOND = "b"
"""What the key of a variant with the second subject ends with."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Variant:
    """One rendering of an edition: for one language and one choice of sections.

    `sections` empty means all of them. `text_only` readers get no HTML part. In a `tracked` one opens or clicks are
    counted: a rendering of its own, so that the others are the same bytes whether anybody is tracked or not.
    """

    language: str
    sections: tuple[str, ...] = ()
    text_only: bool = False
    tracked: bool = False
    other: bool = False
    """With the edition's second subject."""

    @property
    def key(self) -> str:
        """Stable name of the variant, such as `en:all`, `fr:asia+world:text`, `en:all:tracked` or `en:all:b`."""
        names = "+".join(sorted(self.sections)) or "all"
        marks = (("text", self.text_only), ("tracked", self.tracked), (SECOND, self.other))
        return ":".join((self.language, names, *(mark for mark, on in marks if on)))

    @classmethod
    def parse(cls, key: str) -> Variant:
        """Read back what `key` wrote."""
        language, names, *rest = key.split(":")
        return cls(
            language=language,
            sections=() if names == "all" else tuple(names.split("+")),
            text_only="text" in rest,
            tracked="tracked" in rest,
            other=SECOND in rest,
        )


class Slot(StrEnum):
    """A per-reader hole, filled after compile by exact replacement."""

    NAME = "name"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"
    TRACK = "track"
    """Stands in tracked variants only: whose opens and clicks are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The bytes of one variant, frozen at approval: what was approved is what is sent (P12)."""

    variant: Variant
    subject: str
    preheader: str
    html: str
    """Whole HTML document with slot tokens; empty for a text-only variant."""
    text: str
    """Plain-text part with slot tokens."""
    slot_tokens: Mapping[Slot, str]
    """The exact token that stands in `html` and `text` for each slot."""
    sha256: str
    """Over subject, preheader, html and text."""
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Blocks that could not be compiled, each with its reason: named to the editor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One reader in a provider call."""

    delivery: str
    """Delivery key: opaque, unguessable, the same for every try."""
    email: str
    name: str
    slots: Mapping[Slot, str]
    """Plain values (not escaped) for every slot."""
    unsubscribe_url: str
    """https address of the one-click POST (RFC 8058); empty in a letter to somebody who is on no list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is the same for every message of a mailing."""

    edition: str
    newsletter: str
    newsletter_name: str
    list_id: str
    """RFC 2919 identifier without angle brackets: `world.digest.example.org`."""
    from_name: str
    from_email: str
    reply_to: str
    archive_url: str
    help_url: str
    unsubscribe_mailto: str
    """Address for the mailto form of List-Unsubscribe, or empty."""
    date: datetime
    """Fixed for the mailing, so that a retry writes the same bytes."""
    message_domain: str
    """Right-hand side of Message-ID."""
    letter: bool = False
    """A single mail to one person: it says that a machine wrote it, and belongs to no list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One provider call: up to `Capabilities.batch_size` recipients of one variant."""

    chunk: str
    """Key of the chunk and number of the try, `12.3`, echoed by the provider in every event.

    What stands before the point is the same for every try; between tries readers may be taken out, never added.
    """
    envelope: Envelope
    rendered: Rendered
    recipients: tuple[Recipient, ...]
    reservation: str = ""
    """What `Recalling.reserve` gave for this call and no other; empty = the call cannot be taken back."""
    send_at: datetime | None = None
    """Delivery must not begin before this instant; None = at once. Set only together with `reservation`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider said at once. Everybody in the batch who is not named here was taken."""

    message_id: str = ""
    delivered: bool = False
    """True where taking is delivering (the outbox): no later event will come."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Delivery key -> reason, for those certainly and permanently not taken."""
    not_sent: frozenset[str] = frozenset()
    """Delivery keys certainly not taken yet: to be tried again."""
    unknown: frozenset[str] = frozenset()
    """Delivery keys whose outcome is unknown."""
    note: str = ""
    """Why some were not sent or are unknown."""
    retry_after: float | None = None
    """Seconds to wait before trying `not_sent` again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do, as data."""

    name: str
    batch_size: int
    """Most recipients in one call."""
    idempotent: bool = False
    """Sending the same delivery key twice leaves one message: a doubtful call may be repeated."""
    idempotent_for: float | None = None
    """Seconds for which `idempotent` holds, reckoned from the first try; None = for ever."""
    events: bool = False
    """It reports later what became of each message."""
    whole: bool = True
    """A call is taken whole or not at all, so that word of one reader speaks for all; else only for that reader."""
    concurrency: int = 1
    """Calls in flight that it is made for."""
    recall_ahead: float | None = None
    """Seconds that a call is scheduled ahead so that it can be taken back; None = it never can.

    Whoever sets it is `ports.Recalling` as well.
    """
    recall_until: float = 600.0
    """Seconds before `Batch.send_at` up to which taking back is certain."""
