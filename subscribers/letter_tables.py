"""The tables of single letters: those that wait to be sent, who may ask for one how often, and changes of address."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from subscribers.model import LetterKind
from subscribers.tables import BigKey, JsonObject, UtcDateTime, metadata, one_of

letters = Table(
    "letters",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("list_id", BigKey, ForeignKey("lists.id")),
    # Set where the letter is about a change of address.
    Column("change_id", BigKey, ForeignKey("address_changes.id"), index=True),
    # Where the letter goes, in the form for the wire: not always the reader's present address.
    Column("address", Text, nullable=False),
    Column("values", JsonObject, nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "state", "not_before"),
    one_of("kind", LetterKind),
    one_of("state", ("waiting", "sending", "sent", "doubtful", "dropped")),
    sqlite_autoincrement=True,
)

asks = Table(
    "asks",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # Keyed hashes: enough to count, and nothing to read.
    Column("address_hash", LargeBinary(32), nullable=False),
    Column("client_hash", LargeBinary(32), nullable=False),
    Index(None, "address_hash", "at"),
    Index(None, "client_hash", "at"),
    Index(None, "at"),
)

address_changes = Table(
    "address_changes",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False, server_default="asked"),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime),
    Column("old_email", Text, nullable=False),
    Column("old_key", Text, nullable=False),
    Column("new_email", Text, nullable=False),
    Column("new_key", Text, nullable=False),
    # At most one open question per reader: the newest replaces the one before.
    Index(
        "uq_address_changes_open",
        "subscriber_id",
        unique=True,
        sqlite_where=text("state = 'asked'"),
        postgresql_where=text("state = 'asked'"),
    ),
    one_of("state", ("asked", "replaced", "changed", "undone")),
    # A signed link names a change by id: an id must never come back for another one.
    sqlite_autoincrement=True,
)
