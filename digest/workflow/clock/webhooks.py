"""Webhooks: who is told, and the posts themselves: signed, at least once, tried for three days, then parked.

What happened stands in the database before anybody is told, written in the transaction that it is about. So a process
that dies between the commit and the post loses nothing; one that dies between the post and its record posts it again,
under the same id.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from digest.model.alarm import AlarmLevel, Trouble
from digest.model.errors import AdapterError, DigestError, NotFound, Permanent
from digest.model.webhook import (
    DISABLE_AFTER,
    DISABLE_SPAN,
    KINDS,
    PROBE_AFTER,
    Endpoint,
    Post,
    PostState,
    next_try,
)
from digest.ports import App, HookDoor, Tx
from digest.workflow.belief import doubted

LEASE = timedelta(minutes=4)
"""A post that was taken up and not recorded by then is taken up again: its process died."""
AT_ONCE = 20
"""Posts of one endpoint that are taken up together; with them the endpoint is asked one after the other."""
ENDPOINTS_AT_ONCE = 8
SHARED_AT_ONCE = 1_000
ROUNDS = 50
"""Rounds of one turn, at most: the rest waits for the next one."""
MOST_ENDPOINTS = 50
LONGEST_PROBE = timedelta(minutes=5)
"""An endpoint that fails is asked again at least so often: what waits for it goes soon after it works again."""
GONE = 410
_TOLD_FOR = timedelta(days=7)
"""For so long a parked post is a trouble that the operator is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one turn did."""

    shared: int = 0
    sent: int = 0
    failed: int = 0
    parked: int = 0

    def __add__(self, other: Told) -> Told:
        return Told(**{name: getattr(self, name) + getattr(other, name) for name in Told.__slots__})


def add_webhook(
    app: App, url: str, *, kinds: Collection[str] = (), lists: Collection[str] = (), with_address: bool = False, by: str
) -> Endpoint:
    """Tell this address what happens from now on. Raises DigestError for an address that is never posted to."""
    now = app.clock()
    _door(app).check(url)
    wanted = Endpoint(
        id=0, url=url, kinds=_kinds(kinds), lists=tuple(sorted(set(lists))),
        with_address=with_address, salt=secrets.token_bytes(16), created_by=by, created_at=now,
    )  # fmt: skip
    with app.begin() as tx:
        for slug in lists:
            tx.audience.list_of(slug)
        if len(tx.webhooks.everything()) >= MOST_ENDPOINTS:
            raise DigestError(f"there are {MOST_ENDPOINTS} webhooks already; remove one first")
        made = tx.webhooks.add(wanted)
        tx.log("webhook.added", f"webhook {made.id}", by=by, now=now, detail=_host(url))
    return made


def change_webhook(
    app: App,
    endpoint: int,
    *,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    lists: Collection[str] | None = None,
    with_address: bool | None = None,
    paused: bool | None = None,
    by: str,
) -> Endpoint:
    """Change where and what it is told; None = as it was. What waits for it goes as it is then. The secret stays.

    While it is paused its posts wait, as long as happenings are remembered at all. Raises NotFound, DigestError.
    """
    now = app.clock()
    if url is not None:
        _door(app).check(url)
    with app.begin() as tx:
        found = require(tx, endpoint)
        for slug in lists or ():
            tx.audience.list_of(slug)
        wanted = replace(
            found,
            url=found.url if url is None else url,
            kinds=found.kinds if kinds is None else _kinds(kinds),
            lists=found.lists if lists is None else tuple(sorted(set(lists))),
            with_address=found.with_address if with_address is None else with_address,
            paused_at=found.paused_at if paused is None else (found.paused_at or now) if paused else None,
        )
        if wanted != found:
            tx.webhooks.change(wanted)
            moved = wanted.paused_at != found.paused_at
            event = ("webhook.paused" if wanted.paused_at else "webhook.resumed") if moved else "webhook.changed"
            tx.log(event, f"webhook {endpoint}", by=by, now=now, detail="" if url is None else _host(url))
    return wanted


def _kinds(kinds: Collection[str]) -> tuple[str, ...]:
    """In our order. Raises DigestError for one that is nothing."""
    strange = sorted(set(kinds) - set(KINDS))
    if strange:
        raise DigestError(f"{strange[0]!r} is nothing that is told; use {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in kinds)


def secret_of(app: App, endpoint: int) -> str:
    """The secret that signs its posts now. Raises NotFound."""
    with app.read() as tx:
        found = require(tx, endpoint)
    return _door(app).secret(found.salt, found.generation)


def rotate(app: App, endpoint: int, *, by: str) -> Endpoint:
    """A new secret; for a day posts carry two signatures, by it and by the one before. Raises NotFound."""
    now = app.clock()
    with app.begin() as tx:
        found = require(tx, endpoint)
        found = replace(found, generation=found.generation + 1, rotated_at=now)
        tx.webhooks.change(found)
        tx.log("webhook.rotated", f"webhook {endpoint}", by=by, now=now)
    return found


def enable(app: App, endpoint: int, *, by: str) -> Endpoint:
    """Post to it again. What was parked meanwhile waits for a replay. Raises NotFound."""
    now = app.clock()
    with app.begin() as tx:
        found = require(tx, endpoint)
        found = replace(found, disabled_at=None, disabled_why="", failures=0, failing_since=None)
        tx.webhooks.change(found)
        tx.log("webhook.enabled", f"webhook {endpoint}", by=by, now=now)
    return found


def remove_webhook(app: App, endpoint: int, *, by: str) -> None:
    """It is told nothing more, and its posts are forgotten. Raises NotFound."""
    with app.begin() as tx:
        if not tx.webhooks.remove(endpoint):
            raise NotFound(f"there is no webhook {endpoint}; `digest webhooks list` shows which there are")
        tx.log("webhook.removed", f"webhook {endpoint}", by=by, now=app.clock())


def replay(
    app: App, endpoint: int, *, since: datetime | None = None, sent_too: bool = False, post: str | None = None, by: str
) -> int:
    """Parked posts are posted again with the next turn, under the ids that they had. How many. Raises NotFound.

    With `post`, its id, only that one, taken or not; NotFound where it is not remembered, or waits already.
    """
    now = app.clock()
    with app.begin() as tx:
        require(tx, endpoint)
        found = tx.webhooks.replay(endpoint, since=since, all_of_them=sent_too or post is not None, now=now, key=post)
        if post is not None and not found:
            raise NotFound(f"webhook {endpoint} has no post {post[:60]} that could be posted again")
        tx.log("webhook.replayed", f"webhook {endpoint}", by=by, now=now, detail=f"{found} posts")
    return found


def require(tx: Tx, endpoint: int) -> Endpoint:
    """The endpoint. Raises NotFound."""
    found = tx.webhooks.get(endpoint)
    if found is None:
        raise NotFound(f"there is no webhook {endpoint}; `digest webhooks list` shows which there are")
    return found


def tell(app: App) -> Told:
    """One turn: what happened is shared out, and what is due is posted. Safe to call by several processes at once.

    An installation that is paused (a copy, a restored backup) tells nobody: its original does. By a clock that is not
    believed nobody is told either: signatures hold the time, and what fails would be put off by years.
    """
    if app.hooks is None or app.paused() or doubted(app):
        return Told()
    total = Told()
    for _ in range(ROUNDS):
        if app.stopping():
            break
        with app.begin() as tx:
            shared = tx.webhooks.share(SHARED_AT_ONCE, now=app.clock())
        done = Told(shared=shared) + _post_due(app)
        total += done
        if done == Told():
            break
    return total


def _post_due(app: App) -> Told:
    with app.read() as tx:
        endpoints = [one for one in tx.webhooks.everything() if one.is_told]
    if not endpoints:
        return Told()
    with ThreadPoolExecutor(min(ENDPOINTS_AT_ONCE, len(endpoints)), thread_name_prefix="webhooks") as pool:
        return sum(pool.map(lambda one: _post_to(app, one.id), endpoints), Told())


def _post_to(app: App, number: int) -> Told:
    """What is due for one endpoint, one after the other; it is given up for this turn where one fails."""
    now = app.clock()
    with app.begin() as tx:
        endpoint = tx.webhooks.get(number)
        if endpoint is None or not endpoint.is_told:
            return Told()
        limit = 1 if endpoint.failures >= PROBE_AFTER else AT_ONCE
        posts = tx.webhooks.claim(number, owner=app.owner, now=now, lease_until=now + LEASE, limit=limit)
        bodies = [body_of(app, tx, endpoint, post) for post in posts]
    total = Told()
    for place, (post, body) in enumerate(zip(posts, bodies, strict=True)):
        # The rest is somebody else's before its lease can run out under us.
        if app.stopping() or app.clock() - now > LEASE / 2:
            _put_back(app, posts[place:])
            break
        error = _try(app, endpoint, post, body)
        total += _record(app, number, post, error)
        if error is not None:
            _put_back(app, posts[place + 1 :])
            break
    return total


def _try(app: App, endpoint: Endpoint, post: Post, body: bytes) -> AdapterError | None:
    door, now = _door(app), app.clock()
    keys = [door.secret(endpoint.salt, generation) for generation in endpoint.generations(now)]
    try:
        door.post(endpoint.url, body, key=post.happening.key, secrets=keys, now=now)
    except AdapterError as error:
        return error
    return None


def _record(app: App, number: int, post: Post, error: AdapterError | None) -> Told:
    now = app.clock()
    with app.begin() as tx:
        endpoint = tx.webhooks.get(number)
        if endpoint is None:
            return Told()
        if error is None:
            tx.webhooks.settle(post, owner=app.owner, state=PostState.SENT, try_at=now, now=now, note="")
            if endpoint.failures:
                tx.webhooks.change(replace(endpoint, failures=0, failing_since=None))
            return Told(sent=1)
        then = next_try(post.tries + 1, now, vary=random.random(), asked=error.retry_after)
        state = PostState.PARKED if then is None else PostState.WAITING
        tx.webhooks.settle(post, owner=app.owner, state=state, try_at=then or now, now=now, note=str(error))
        _count_failure(tx, endpoint, error, then or now, now)
    return Told(failed=1, parked=int(then is None))


def _count_failure(tx: Tx, endpoint: Endpoint, error: AdapterError, then: datetime, now: datetime) -> None:
    # What is said to fail since tomorrow was written by a clock that was wrong.
    since = min(endpoint.failing_since or now, now)
    failing = replace(endpoint, failures=endpoint.failures + 1, failing_since=since)
    why = ""
    if isinstance(error, Permanent) and error.raw == str(GONE):
        why = "it answered 410: it wants to be told no more"
    elif failing.failures >= DISABLE_AFTER and now - since >= DISABLE_SPAN:
        why = f"it took nothing since {since:%Y-%m-%d %H:%M} UTC, in {failing.failures} tries"
    if why:
        failing = replace(failing, disabled_at=now, disabled_why=why)
        tx.webhooks.park(endpoint.id, now=now, note="the webhook was disabled")
        tx.log("webhook.disabled", f"webhook {endpoint.id}", by="clock", now=now, detail=why)
    elif failing.failures >= PROBE_AFTER:
        # One after the other would only wait for the same silence.
        tx.webhooks.put_off(endpoint.id, until=min(then, now + LONGEST_PROBE))
    tx.webhooks.change(failing)


def _put_back(app: App, posts: Sequence[Post]) -> None:
    if posts:
        with app.begin() as tx:
            tx.webhooks.put_back(posts, owner=app.owner)


def body_of(app: App, tx: Tx, endpoint: Endpoint, post: Post) -> bytes:
    """What is posted, as JSON. The address is looked up now, where the endpoint is to have it: it is kept nowhere.

    An endpoint of some lists hears of no other ones, and knows readers as a token that is bound to lists does.
    """
    happening = post.happening
    told: dict[str, Any] = dict(happening.detail)
    if happening.list_slug is not None:
        told["list"] = happening.list_slug
    elif happening.subscriber is not None:
        told["lists"] = [slug for slug in happening.lists if not endpoint.lists or slug in endpoint.lists]
    if happening.subscriber is not None:
        told["subscriber"] = app.asks.numbers.of(happening.subscriber) if endpoint.lists else happening.subscriber
        if endpoint.with_address:
            reader = tx.audience.reader(happening.subscriber)
            told["email"] = reader.email if reader is not None and reader.erased_at is None else None
    document = {"type": happening.kind, "timestamp": happening.at.isoformat(), "data": told}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def webhook_troubles(tx: Tx, now: datetime) -> Iterator[Trouble]:
    """Webhooks that are not told any more, and posts that were given up."""
    parked = tx.webhooks.parked_since(now - _TOLD_FOR)
    for one in tx.webhooks.everything():
        if one.disabled_at is not None:
            yield Trouble(
                key=f"webhook/{one.id}/disabled",
                level=AlarmLevel.WARNING,
                what=f"Webhook {one.id} is told nothing any more",
                why=one.disabled_why,
                next_step=f"mend it, then `digest webhooks enable {one.id}` and `digest webhooks replay {one.id}`",
            )
        elif parked.get(one.id):
            yield Trouble(
                key=f"webhook/{one.id}/parked",
                level=AlarmLevel.WARNING,
                what=f"Webhook {one.id} did not take {parked[one.id]:,} posts, which are tried no more",
                why=f"{one.failures} tries in a row failed" if one.failures else "",
                next_step=f"`digest webhooks failures {one.id}` says why; `digest webhooks replay {one.id}`",
            )


def _door(app: App) -> HookDoor:
    if app.hooks is None:
        raise DigestError("webhooks are not posted from here")
    return app.hooks


def _host(url: str) -> str:
    """What may stand in a log: an address may hold a secret in its path."""
    return urlsplit(url).hostname or ""
