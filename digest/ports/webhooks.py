"""Ports of outgoing webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from digest.model.webhook import Endpoint, Post, PostState


class Webhooks(Protocol):
    """Who wants to be told what, what happened, and what became of each post."""

    def add(self, endpoint: Endpoint) -> Endpoint:
        """A new endpoint; the id is the database's."""

    def get(self, endpoint: int) -> Endpoint | None: ...

    def everything(self) -> tuple[Endpoint, ...]:
        """All endpoints, by id."""

    def change(self, endpoint: Endpoint) -> None:
        """Store what may be changed of it: all but its id, its salt, and who added it when."""

    def remove(self, endpoint: int) -> bool:
        """It and its posts go. False where there was none."""

    def note(self, kind: str, *, list_slug: str | None, detail: Mapping[str, object], now: datetime) -> None:
        """Something happened that no reader's own row tells. In the same transaction as what it is about."""

    def share(self, limit: int, *, now: datetime) -> int:
        """Give each waiting happening to every endpoint that wants it. Returns how many happenings were shared out."""

    def claim(self, endpoint: int, *, owner: str, now: datetime, lease_until: datetime, limit: int) -> tuple[Post, ...]:
        """Posts that are due, oldest first; nobody else gets them until then. Commit before anything is posted."""

    def settle(self, post: Post, *, owner: str, state: PostState, try_at: datetime, now: datetime, note: str) -> bool:
        """What a try came to. False where `owner` does not hold it any more."""

    def put_back(self, posts: Sequence[Post], *, owner: str) -> None:
        """Posts that were claimed and not tried are free again."""

    def put_off(self, endpoint: int, *, until: datetime) -> None:
        """Whatever waits for it waits until then."""

    def park(self, endpoint: int, *, now: datetime, note: str) -> int:
        """Whatever waits for it is given up, until a replay. How many."""

    def posts(self, endpoint: int, state: PostState | None, *, limit: int) -> tuple[Post, ...]:
        """The newest posts of an endpoint."""

    def counts(self, endpoint: int) -> Mapping[PostState, int]:
        """Its posts by state, those still remembered."""

    def replay(
        self, endpoint: int, *, since: datetime | None, all_of_them: bool, now: datetime, key: str | None = None
    ) -> int:
        """Parked posts, or with `all_of_them` those that were taken too, wait to be posted again at once. How many.

        With `key` only the one of this happening.
        """

    def parked_since(self, since: datetime) -> Mapping[int, int]:
        """Posts parked since then, by endpoint, where there are any."""

    def forget_happenings(self, before: datetime, limit: int) -> int:
        """Let go of what happened before then, with its posts. Returns how many went."""


class HookDoor(Protocol):
    """The way out to endpoints: only to addresses of the open internet, unless the operator trusts them."""

    def check(self, url: str) -> None:
        """Raises DigestError for an address that would never be posted to."""

    def secret(self, salt: bytes, generation: int) -> str:
        """The secret of an endpoint, as Standard Webhooks writes it: whsec_ and base64."""

    def post(self, url: str, body: bytes, *, key: str, secrets: Sequence[str], now: datetime) -> None:
        """One try. Raises Transient, Permanent or OutcomeUnknown, naming no address."""
