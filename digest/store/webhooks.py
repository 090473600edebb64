"""Webhooks: who wants to be told, what happened, and what became of each post."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from digest.model.chore import CLOCKS_APART
from digest.model.webhook import LONGEST_WAIT, Endpoint, Happening, Post, PostState
from digest.store.api_tables import webhook_endpoints, webhook_posts
from subscribers.happenings import happenings
from subscribers.tables import insert_into, is_among, lists


class StoredWebhooks:
    """The port `Webhooks` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, endpoint: Endpoint) -> Endpoint:
        """A new endpoint; the id is the database's."""
        row = {
            "url": endpoint.url,
            "kinds": endpoint.kinds,
            "lists": endpoint.lists,
            "with_address": endpoint.with_address,
            "salt": endpoint.salt,
            "created_by": endpoint.created_by,
            "created_at": endpoint.created_at,
        }
        made = insert(webhook_endpoints).values(row).returning(webhook_endpoints)
        return _endpoint(self._conn.execute(made).one())

    def get(self, endpoint: int) -> Endpoint | None:
        """By id, or None."""
        row = self._conn.execute(select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint)).first()
        return _endpoint(row) if row else None

    def everything(self) -> tuple[Endpoint, ...]:
        """All endpoints, by id."""
        rows = self._conn.execute(select(webhook_endpoints).order_by(webhook_endpoints.c.id))
        return tuple(_endpoint(row) for row in rows)

    def change(self, endpoint: Endpoint) -> None:
        """Store what may be changed of it."""
        self._conn.execute(
            update(webhook_endpoints)
            .where(webhook_endpoints.c.id == endpoint.id)
            .values(
                url=endpoint.url,
                kinds=endpoint.kinds,
                lists=endpoint.lists,
                with_address=endpoint.with_address,
                generation=endpoint.generation,
                rotated_at=endpoint.rotated_at,
                failures=endpoint.failures,
                failing_since=endpoint.failing_since,
                paused_at=endpoint.paused_at,
                disabled_at=endpoint.disabled_at,
                disabled_why=endpoint.disabled_why[:500],
            )
        )

    def remove(self, endpoint: int) -> bool:
        """It and its posts go. False where there was none."""
        self._conn.execute(delete(webhook_posts).where(webhook_posts.c.endpoint_id == endpoint))
        return self._conn.execute(delete(webhook_endpoints).where(webhook_endpoints.c.id == endpoint)).rowcount == 1

    def note(self, kind: str, *, list_slug: str | None, detail: Mapping[str, object], now: datetime) -> None:
        """Something happened that no reader's own row tells. In the same transaction as what it is about."""
        list_id = select(lists.c.id).where(lists.c.slug == list_slug).scalar_subquery() if list_slug else None
        self._conn.execute(
            insert(happenings).values(
                key=f"evt_{secrets.token_hex(16)}", kind=kind, at=now, list_id=list_id, detail=dict(detail)
            )
        )

    def share(self, limit: int, *, now: datetime) -> int:
        """Give each waiting happening to every endpoint that wants it. Returns how many happenings were shared out.

        An endpoint is told what happened since it was added. What happens while it is disabled is parked, to be
        replayed by whoever mends it.
        """
        rows = self._conn.execute(
            _with_slug()
            .where(happenings.c.shared_at.is_(None))
            .order_by(happenings.c.id)
            .limit(limit)
            .with_for_update(of=happenings, skip_locked=True)
        ).all()
        if not rows:
            return 0
        endpoints = self.everything()
        posts = [
            {
                "endpoint_id": one.id,
                "happening_id": row.id,
                "state": (PostState.WAITING if one.disabled_at is None else PostState.PARKED).value,
                "try_at": now,
                "done_at": None if one.disabled_at is None else now,
                "note": "" if one.disabled_at is None else "the webhook was disabled",
            }
            for row in rows
            for one in endpoints
            if one.created_at <= row.at and one.wants(row.kind, _happening(row).lists)
        ]
        if posts:
            self._conn.execute(insert_into(self._conn, webhook_posts).on_conflict_do_nothing(), posts)
        ids = [row.id for row in rows]
        told = {post["happening_id"] for post in posts}
        # What nobody wants to be told is let go at once.
        self._conn.execute(
            delete(happenings).where(is_among(self._conn, happenings.c.id, [one for one in ids if one not in told]))
        )
        self._conn.execute(
            update(happenings).where(is_among(self._conn, happenings.c.id, list(told))).values(shared_at=now)
        )
        return len(rows)

    def claim(self, endpoint: int, *, owner: str, now: datetime, lease_until: datetime, limit: int) -> tuple[Post, ...]:
        """Posts that are due, oldest first; nobody else gets them until then. Commit before anything is posted."""
        leased = webhook_posts.c.lease_until
        # A lease or a pause that ends in years was written by a clock that was wrong.
        free = or_(leased.is_(None), leased < now, leased > lease_until + CLOCKS_APART)
        due = or_(webhook_posts.c.try_at <= now, webhook_posts.c.try_at > now + LONGEST_WAIT + CLOCKS_APART)
        found = self._conn.scalars(
            select(webhook_posts.c.happening_id)
            .where(
                webhook_posts.c.endpoint_id == endpoint,
                webhook_posts.c.state == PostState.WAITING.value,
                due,
                free,
            )
            .order_by(webhook_posts.c.happening_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        if not found:
            return ()
        mine = and_(webhook_posts.c.endpoint_id == endpoint, is_among(self._conn, webhook_posts.c.happening_id, found))
        self._conn.execute(update(webhook_posts).where(mine).values(owner=owner, lease_until=lease_until))
        return self._posts(mine, newest_first=False, limit=limit)

    def settle(self, post: Post, *, owner: str, state: PostState, try_at: datetime, now: datetime, note: str) -> bool:
        """What a try came to. False where `owner` does not hold it any more."""
        done = self._conn.execute(
            update(webhook_posts)
            .where(
                webhook_posts.c.endpoint_id == post.endpoint,
                webhook_posts.c.happening_id == post.happening.id,
                webhook_posts.c.owner == owner,
                webhook_posts.c.state == PostState.WAITING.value,
            )
            .values(
                state=state.value,
                try_at=try_at,
                tries=webhook_posts.c.tries + 1,
                done_at=None if state is PostState.WAITING else now,
                lease_until=None,
                owner="",
                note=note[:300],
            )
        )
        return done.rowcount == 1

    def put_back(self, posts: Sequence[Post], *, owner: str) -> None:
        """Posts that were claimed and not tried are free again."""
        for post in posts:
            self._conn.execute(
                update(webhook_posts)
                .where(
                    webhook_posts.c.endpoint_id == post.endpoint,
                    webhook_posts.c.happening_id == post.happening.id,
                    webhook_posts.c.owner == owner,
                    webhook_posts.c.state == PostState.WAITING.value,
                )
                .values(owner="", lease_until=None)
            )

    def put_off(self, endpoint: int, *, until: datetime) -> None:
        """Whatever waits for it waits until then."""
        self._conn.execute(
            update(webhook_posts)
            .where(
                webhook_posts.c.endpoint_id == endpoint,
                webhook_posts.c.state == PostState.WAITING.value,
                webhook_posts.c.try_at < until,
            )
            .values(try_at=until)
        )

    def park(self, endpoint: int, *, now: datetime, note: str) -> int:
        """Whatever waits for it is given up, until a replay. How many."""
        return self._conn.execute(
            update(webhook_posts)
            .where(webhook_posts.c.endpoint_id == endpoint, webhook_posts.c.state == PostState.WAITING.value)
            .values(state=PostState.PARKED.value, done_at=now, owner="", lease_until=None, note=note)
        ).rowcount

    def posts(self, endpoint: int, state: PostState | None, *, limit: int) -> tuple[Post, ...]:
        """The newest posts of an endpoint."""
        wanted = webhook_posts.c.endpoint_id == endpoint
        if state is not None:
            wanted = and_(wanted, webhook_posts.c.state == state.value)
        return self._posts(wanted, newest_first=True, limit=limit)

    def counts(self, endpoint: int) -> Mapping[PostState, int]:
        """Its posts by state, those still remembered."""
        rows = self._conn.execute(
            select(webhook_posts.c.state, func.count())
            .where(webhook_posts.c.endpoint_id == endpoint)
            .group_by(webhook_posts.c.state)
        )
        return dict.fromkeys(PostState, 0) | {PostState(state): number for state, number in rows}

    def replay(
        self, endpoint: int, *, since: datetime | None, all_of_them: bool, now: datetime, key: str | None = None
    ) -> int:
        """Parked posts, or with `all_of_them` those that were taken too, wait to be posted again at once. How many."""
        states = [PostState.PARKED.value, *([PostState.SENT.value] if all_of_them else [])]
        wanted = and_(webhook_posts.c.endpoint_id == endpoint, webhook_posts.c.state.in_(states))
        if since is not None or key is not None:
            which = select(happenings.c.id)
            which = which if since is None else which.where(happenings.c.at >= since)
            which = which if key is None else which.where(happenings.c.key == key)
            wanted = and_(wanted, webhook_posts.c.happening_id.in_(which))
        return self._conn.execute(
            update(webhook_posts)
            .where(wanted)
            .values(
                state=PostState.WAITING.value,
                tries=0,
                try_at=now,
                done_at=None,
                lease_until=None,
                owner="",
                note="replayed",
            )
        ).rowcount

    def parked_since(self, since: datetime) -> Mapping[int, int]:
        """Posts parked since then, by endpoint, where there are any."""
        rows = self._conn.execute(
            select(webhook_posts.c.endpoint_id, func.count())
            .where(webhook_posts.c.state == PostState.PARKED.value, webhook_posts.c.done_at >= since)
            .group_by(webhook_posts.c.endpoint_id)
        )
        return {row[0]: row[1] for row in rows}

    def forget_happenings(self, before: datetime, limit: int) -> int:
        """Let go of what happened before then, with its posts. Returns how many went."""
        some = self._conn.scalars(
            select(happenings.c.id).where(happenings.c.at < before).order_by(happenings.c.id).limit(limit)
        ).all()
        if not some:
            return 0
        self._conn.execute(delete(webhook_posts).where(is_among(self._conn, webhook_posts.c.happening_id, some)))
        return self._conn.execute(delete(happenings).where(is_among(self._conn, happenings.c.id, some))).rowcount

    def _posts(self, wanted: ColumnElement[bool], *, newest_first: bool, limit: int) -> tuple[Post, ...]:
        # By the posts' own keys: whoever has few of them is not looked for among everything that happened.
        order = webhook_posts.c.happening_id.desc() if newest_first else webhook_posts.c.happening_id
        rows = self._conn.execute(
            _with_slug()
            .add_columns(
                webhook_posts.c.endpoint_id,
                webhook_posts.c.state,
                webhook_posts.c.tries,
                webhook_posts.c.try_at,
                webhook_posts.c.done_at,
                webhook_posts.c.note,
            )
            .join(webhook_posts, webhook_posts.c.happening_id == happenings.c.id)
            .where(wanted)
            .order_by(order)
            .limit(limit)
        )
        return tuple(
            Post(
                endpoint=row.endpoint_id,
                happening=_happening(row),
                state=PostState(row.state),
                tries=row.tries,
                try_at=row.try_at,
                done_at=row.done_at,
                note=row.note,
            )
            for row in rows
        )


def _with_slug() -> Select[Any]:
    return select(*happenings.c, lists.c.slug).outerjoin(lists, lists.c.id == happenings.c.list_id)


def _happening(row: Row[tuple[object, ...]]) -> Happening:
    found = row._mapping
    return Happening(
        id=found["id"],
        key=found["key"],
        kind=found["kind"],
        at=found["at"],
        subscriber=found["subscriber_id"],
        list_slug=found["slug"],
        detail=found["detail"],
    )


def _endpoint(row: Row[tuple[object, ...]]) -> Endpoint:
    found = row._mapping
    return Endpoint(**{name: found[name] for name in Endpoint.__slots__})
