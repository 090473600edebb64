"""The tables of digest, in the metadata that the subscribers package owns."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.model.delivery import ChunkState, DeliveryStatus, MailingState
from digest.model.edition import EditionStatus
from digest.model.run import Phase, RunState
from subscribers.tables import BigKey, JsonObject, UtcDateTime, metadata, one_of

stories = Table(
    "stories",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("content", JsonObject, nullable=False),
    Index(None, "published_at", "source"),
)

editions = Table(
    "editions",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("newsletter", String(64), nullable=False),
    Column("date", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("approved_at", UtcDateTime),
    Column("content", JsonObject, nullable=False),
    Index(None, "newsletter", "date"),
    one_of("status", EditionStatus),
)

edition_versions = Table(
    "edition_versions",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", JsonObject, nullable=False),
)

renderings = Table(
    "renderings",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("variant", String(255), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("content", JsonObject, nullable=False),
)

mailings = Table(
    "mailings",
    metadata,
    Column("id", BigKey, primary_key=True),
    # One mailing for an edition, for ever: the database itself refuses a second one (P1).
    Column("edition", String(80), nullable=False, unique=True),
    Column("list", String(80), nullable=False),
    Column("state", String(10), nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("plan_sha256", String(64), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    one_of("state", MailingState),
    # A delivery key names a mailing by id: an id must never come back for another mailing.
    sqlite_autoincrement=True,
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("mailing_id", BigInteger, ForeignKey("mailings.id"), nullable=False),
    Column("variant", String(255), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "mailing_id", "state", "due_at"),
    one_of("state", ChunkState),
    CheckConstraint("first_seq <= last_seq", name="range"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing_id", BigInteger, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("status", String(10), nullable=False),
    # The reason of a skipped delivery, or the provider's word for a bounced or dropped one.
    Column("note", Text, nullable=False, server_default=""),
    Column("changed_at", UtcDateTime),
    # One delivery of a mailing to one reader (P1); also answers "what did this reader get".
    UniqueConstraint("subscriber_id", "mailing_id"),
    one_of("status", DeliveryStatus),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("newsletter", String(64), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("phase", String(10), primary_key=True),
    Column("slot", String(8), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
    one_of("state", RunState),
    one_of("phase", Phase),
)

log = Table(
    "log",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Index(None, "subject"),
)
