"""/webhooks: who is told what happens, and what became of each post."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from digest.model.webhook import Endpoint, PostState
from digest.ports import Tx
from digest.web.api.door import Caller, Door
from digest.web.api.problems import Problem
from digest.web.api.shapes.base import IdPath
from digest.web.api.shapes.hooks import (
    MadeOut,
    PostOut,
    PostsOut,
    ReplayIn,
    ReplayOut,
    SecretOut,
    WebhookChange,
    WebhookIn,
    WebhookOut,
)
from digest.web.api.shapes.paging import Limit, Page
from digest.web.api.table import ROOT
from digest.workflow.clock import webhooks

State = Annotated[PostState | None, Query(description="Only posts that stand so")]


def hook_api_pages(door: Door) -> None:
    """Webhooks. A token that is bound to lists sees none of this."""
    app = door.app

    @door.on("GET", "/webhooks", response_model=Page[WebhookOut])
    def list_webhooks(caller: Caller) -> Page[WebhookOut]:
        with app.read() as tx:
            return Page(data=[_out(tx, one) for one in tx.webhooks.everything()], next_cursor=None)

    @door.on("POST", "/webhooks", status=201, response_model=MadeOut)
    def add_webhook(caller: Caller, given: WebhookIn, response: Response) -> MadeOut:
        made = webhooks.add_webhook(
            app,
            given.url,
            kinds=given.kinds,
            lists=given.lists,
            with_address=given.with_address,
            by=caller.by,
        )
        response.headers["location"] = f"{ROOT}/webhooks/{made.id}"
        return MadeOut(id=made.id)

    @door.on("GET", "/webhooks/{webhook}", response_model=WebhookOut)
    def show_webhook(caller: Caller, webhook: IdPath) -> WebhookOut:
        with app.read() as tx:
            return _out(tx, webhooks.require(tx, webhook))

    @door.on("PATCH", "/webhooks/{webhook}", status=204)
    def change_webhook(caller: Caller, webhook: IdPath, given: WebhookChange) -> None:
        webhooks.change_webhook(app, webhook, **given.model_dump(), by=caller.by)

    @door.on("DELETE", "/webhooks/{webhook}", status=204)
    def remove_webhook(caller: Caller, webhook: IdPath) -> None:
        webhooks.remove_webhook(app, webhook, by=caller.by)

    @door.on("GET", "/webhooks/{webhook}/secret", response_model=SecretOut)
    def show_secret(caller: Caller, webhook: IdPath) -> SecretOut:
        return SecretOut(secret=webhooks.secret_of(app, webhook))

    @door.on("POST", "/webhooks/{webhook}/rotate", response_model=MadeOut)
    def rotate_secret(caller: Caller, webhook: IdPath) -> MadeOut:
        return MadeOut(id=webhooks.rotate(app, webhook, by=caller.by).id)

    @door.on("POST", "/webhooks/{webhook}/enable", response_model=MadeOut)
    def enable_webhook(caller: Caller, webhook: IdPath) -> MadeOut:
        return MadeOut(id=webhooks.enable(app, webhook, by=caller.by).id)

    @door.on("POST", "/webhooks/{webhook}/replay", status=202, response_model=ReplayOut)
    def replay_posts(caller: Caller, webhook: IdPath, given: ReplayIn) -> ReplayOut:
        if given.since is not None and given.since.tzinfo is None:
            raise Problem(422, "since: give it a zone, such as 2026-11-22T06:00:00Z")
        found = webhooks.replay(app, webhook, **given.model_dump(), by=caller.by)
        return ReplayOut(posts=found)

    @door.on("GET", "/webhooks/{webhook}/posts", response_model=PostsOut)
    def list_posts(caller: Caller, webhook: IdPath, state: State = None, limit: Limit = 50) -> PostsOut:
        with app.read() as tx:
            webhooks.require(tx, webhook)
            rows = tx.webhooks.posts(webhook, state, limit=limit)
        return PostsOut(
            data=[
                PostOut(
                    id=one.happening.key,
                    kind=one.happening.kind,
                    happened_at=one.happening.at,
                    state=one.state.value,
                    tries=one.tries,
                    next_try_at=one.try_at if one.state is PostState.WAITING else None,
                    done_at=one.done_at,
                    note=one.note,
                )
                for one in rows
            ]
        )


def _out(tx: Tx, one: Endpoint) -> WebhookOut:
    counts = tx.webhooks.counts(one.id)
    return WebhookOut(
        id=one.id,
        url=one.url,
        kinds=list(one.kinds),
        lists=list(one.lists),
        with_address=one.with_address,
        created_by=one.created_by,
        created_at=one.created_at,
        failures=one.failures,
        failing_since=one.failing_since,
        paused_at=one.paused_at,
        disabled_at=one.disabled_at,
        disabled_why=one.disabled_why,
        waiting=counts[PostState.WAITING],
        sent=counts[PostState.SENT],
        parked=counts[PostState.PARKED],
    )
