"""The tables of the API: its tokens, answers that may be asked for again, and the webhooks that we post."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)

import subscribers.happenings  # noqa: F401 - joins the metadata
from digest.model.webhook import PostState
from subscribers.tables import BigKey, SlugSet, UtcDateTime, metadata, one_of

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    # What stands before the secret: found by it, then compared by the hash in constant time.
    Column("prefix", String(16), nullable=False, unique=True),
    # SHA-256 of the whole token, which holds 256 bits of chance: nothing to guess, nothing to slow down.
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("scopes", SlugSet, nullable=False),
    Column("lists", SlugSet, nullable=False, server_default=""),
    Column("created_by", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    sqlite_autoincrement=True,
)

api_answers = Table(
    "api_answers",
    metadata,
    Column("token_id", BigKey, ForeignKey("api_tokens.id"), primary_key=True, autoincrement=False),
    # SHA-256 of the Idempotency-Key.
    Column("key_hash", LargeBinary(32), primary_key=True),
    # SHA-256 of method, path and body: the same key for another request is a mistake of the caller's.
    Column("request_hash", LargeBinary(32), nullable=False),
    # Empty while the first request is at work. An answer to a POST holds ids, and nothing personal.
    Column("status", SmallInteger),
    Column("body", Text, nullable=False, server_default=""),
    Column("location", Text, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False, index=True),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kinds", SlugSet, nullable=False, server_default=""),
    Column("lists", SlugSet, nullable=False, server_default=""),
    Column("with_address", Boolean, nullable=False, server_default=false()),
    # With a key that is not in the database and the generation it makes the secret: a copy of this table signs nothing.
    Column("salt", LargeBinary(16), nullable=False),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("rotated_at", UtcDateTime),
    Column("created_by", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("paused_at", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("disabled_why", Text, nullable=False, server_default=""),
    # A post names an endpoint by id: an id must never come back for another address.
    sqlite_autoincrement=True,
)

webhook_posts = Table(
    "webhook_posts",
    metadata,
    Column("endpoint_id", BigKey, ForeignKey("webhook_endpoints.id"), primary_key=True, autoincrement=False),
    Column("happening_id", BigKey, ForeignKey("happenings.id"), primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("try_at", UtcDateTime, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "happening_id"),
    Index(
        "ix_webhook_posts_waiting",
        "endpoint_id",
        "try_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_webhook_posts_parked",
        "endpoint_id",
        "happening_id",
        "done_at",
        sqlite_where=text("state = 'parked'"),
        postgresql_where=text("state = 'parked'"),
    ),
    one_of("state", PostState),
)
