"""Ports of composing and mailing: pages of a mail, links, providers and their pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from digest.model.edition import Edition, EditionId
from digest.model.letter import Letter
from digest.model.mail import Batch, Capabilities, Receipt, Rendered, Variant
from digest.model.newsletter import Newsletter
from digest.model.throttle import CallResult, Throttle
from digest.ports.journal import CallPage
from subscribers.tokens import LinkClaim, Purpose


class Provider(Protocol):
    """Where mail goes out.

    `send` is called with no transaction open. It returns a Receipt, or raises: Transient (nobody taken, try
    later), Permanent (nobody taken, this call will never be: halve it), Unauthorised (nobody taken, pause),
    OutcomeUnknown (somebody may have been taken: in doubt).
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def send(self, batch: Batch) -> Receipt: ...

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""


@runtime_checkable
class Recalling(Protocol):
    """What a provider with `Capabilities.recall_ahead` can do besides: take back a call that is not due yet.

    A call in doubt that was taken back before its time is certainly not delivered: it may be sent again at once,
    under a new reservation. Both are called with no transaction open.
    """

    def reserve(self) -> str:
        """A name for one later call, which goes with it as `Batch.reservation`. Nobody is mailed by it.

        It is stored before the call. Raises Transient, Permanent or Unauthorised; also where its own outcome is
        unknown (a name that was made and never used harms nobody): then Transient.
        """

    def cancel(self, reservation: str) -> None:
        """Whatever was or will be sent under this name is not delivered. Safe to repeat.

        It returns only when the provider has confirmed it. Raises AdapterError otherwise: the call stays in doubt.
        """


@runtime_checkable
class Stepwise(Protocol):
    """What a provider that mails one reader after the other can do besides: end a call between two of them (P6)."""

    def send_while(
        self, batch: Batch, go_on: Callable[[], bool], *, ending: Callable[[], bool], page: CallPage | None = None
    ) -> Receipt:
        """As `Provider.send`. `go_on` is asked before every reader but the first; it is cheap, and may be asked often.

        Where it says no, the readers who are left are `not_sent`, to be tried again at once (`retry_after` 0).
        `ending`: this process ends within seconds, so that no answer is waited for that may take minutes: who was
        handed over and is waited for is `unknown` then. It may be asked by any thread. `page` is told of each reader
        before the first byte of the message, and of what was said of it.
        """


class Renderer(Protocol):
    """Edition to mail: pure, same input, same output."""

    def render(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> Rendered:
        """One variant. A block that breaks the compile is left out and named in `left_out`."""

    def page(self, edition: Edition, newsletter: Newsletter, variant: Variant, *, view_url: str) -> str:
        """The web archive page: no personal token, no tracker, no script."""


class LetterWriter(Protocol):
    """Writes single letters: pure, same input, same output."""

    def write(
        self, letter: Letter, newsletter: Newsletter, *, latest: Edition | None = None, view_url: str = ""
    ) -> Rendered:
        """Both parts, without slots. Raises RenderFailed, naming the value that may not stand in it."""


class Links(Protocol):
    """Builds and reads the addresses that stand in a mail; each signed link does one thing for one person (P5)."""

    def unsubscribe(self, subscriber: int, list_id: int, version: int) -> str:
        """The address of the page with the button, and of the one-click POST (RFC 8058)."""

    def preferences(self, subscriber: int, list_id: int, version: int) -> str: ...

    def ending(self, purpose: Purpose, subscriber: int, about: int, version: int, until: datetime) -> str:
        """The address of a page that asks for one press and works until then; `about` is a list, a change, or 0."""

    def subscribe(self, newsletter: str) -> str:
        """The page with the form."""

    def letter_key(self, letter: int) -> str:
        """Names a single letter to its provider: opaque, the same for every try."""

    def read_letter_key(self, key: str) -> int | None:
        """The letter's id, or None where the key is not ours."""

    def stamp(self, now: datetime) -> str:
        """When a form was made, signed."""

    def read_stamp(self, stamp: str) -> datetime | None:
        """When the form was made, or None where we did not make it."""

    def read(self, purpose: Purpose, token: str, now: datetime | None = None) -> LinkClaim:
        """What a token claims; `now` for the purposes that end. Raises TokenError, the same for every cause."""

    def view(self, edition: EditionId) -> str:
        """The web archive page: no personal token, so that forwarding is harmless."""

    @property
    def signing(self) -> str:
        """Which of the secret keys signs today: no secret, and the same wherever that key is configured."""

    def delivery_key(self, mailing: int, seq: int, *, signed_by: str = "") -> str:
        """base32(mailing, seq, 64-bit MAC): opaque, the same for every try of this delivery.

        `signed_by` as `signing` was when the mailing was planned. Empty, or a key that is configured no more: the
        newest.
        """

    def read_delivery_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""

    def track_key(self, mailing: int, seq: int) -> str:
        """Whose opens and clicks are counted: as `delivery_key`, and worth nothing in its place."""

    def read_track_key(self, key: str) -> tuple[int, int] | None:
        """(mailing, seq), or None where the key is not ours."""

    def tracked_link(self, edition: EditionId, number: int, who: str) -> str:
        """The address that counts a click of `who` (a track key) and leads to link `number` of the edition."""

    def is_link(self, edition: EditionId, number: int, mac: str) -> bool:
        """True where the end of a tracked address was made here for this link."""

    def pixel(self, who: str) -> str:
        """The address of the picture that counts an open of `who` (a track key)."""


class Summariser(Protocol):
    """Writes a short text of an event's reports. What it says is checked before anybody sees it."""

    def summarise(self, reports: Sequence[str], *, language: str, limit: int) -> str:
        """At most `limit` characters. Raises Transient or Permanent."""

    def close(self) -> None:
        """Let go of connections."""


class Throttles(Protocol):
    """What all senders know of each provider: how much it was given, and until when it is left in peace."""

    def get(self, provider: str, now: datetime, *, lock: bool = False) -> Throttle:
        """As it stands; `lock` keeps other senders from it until the end of the transaction."""

    def put(self, throttle: Throttle) -> None:
        """Remember it; only what was read with `lock`."""

    def count(self, sent: Mapping[tuple[str, CallResult], int]) -> None:
        """So many readers more, by provider and what became of them."""

    def counted(self) -> Mapping[tuple[str, CallResult], int]:
        """All of them since the beginning."""
