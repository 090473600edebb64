"""The tables of the readers, the metadata all other tables join, and column types for both databases."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    any_,
    cast,
    false,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""The one MetaData of the whole product: `digest.store` adds its tables here, and Alembic reads it."""

BigKey = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts up by itself on both databases (SQLite only does so for INTEGER)."""

JsonObject = JSON().with_variant(postgresql.JSONB(), "postgresql")
"""A JSON document; JSONB on PostgreSQL."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: an aware datetime in, an aware UTC datetime out, whatever the database makes of zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime with ValueError: nobody can say which instant it means."""
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"naive datetime {value.isoformat()}: give it a zone, as in datetime.now(UTC)")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What SQLite returns naive is UTC; what PostgreSQL returns is brought to UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def slug_text(slugs: tuple[str, ...]) -> str:
    """Slugs as the text that a SlugSet column holds."""
    return f"|{'|'.join(slugs)}|" if slugs else ""


class SlugSet(TypeDecorator[tuple[str, ...]]):
    """A few slugs in one text column, as `|asia|world|`; the empty tuple is the empty string.

    Delimited on both ends so that one portable LIKE finds a member. Callers give valid slugs.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        """Write the slugs in the order given."""
        return slug_text(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        """Read the slugs in the order written."""
        return tuple(value[1:-1].split("|")) if value else ()


def one_of(column: str, values: type[Any] | tuple[str, ...]) -> CheckConstraint:
    """A check that a text column holds one of an enum's values."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def insert_into(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that understands ON CONFLICT, in the dialect of this connection; both spell it alike.

    To learn whether a row went in, add `.returning(key)` and look for a row: `rowcount` does not say on PostgreSQL.
    """
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def is_among(conn: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """SQL: the column holds one of many values, which travel as one array, not as a thousand parameters."""
    if conn.dialect.name == "postgresql":
        # As one text: the driver takes longer over a thousand values than the database over its answer.
        if isinstance(column.type, BigInteger):
            spelt = literal("{" + ",".join(map(str, map(int, values))) + "}", Text)
            return column == any_(cast(spelt, postgresql.ARRAY(BigInteger)))
        if isinstance(column.type, Text):
            return column == any_(cast(literal(_array_of_texts(values), Text), postgresql.ARRAY(Text)))
        return column == any_(literal(list(values), postgresql.ARRAY(column.type)))
    if isinstance(column.type, LargeBinary):
        return column.in_(values)
    array = func.json_each(literal(json.dumps(list(values)), Text)).table_valued("value", name="among")
    return column.in_(select(array.c.value))


def _array_of_texts(values: Collection[str]) -> str:
    """Texts as PostgreSQL reads an array of them."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{joined}"}}'


lists = Table(
    "lists",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("slug", String(80), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("public", Boolean, nullable=False, server_default=true()),
    Column("opt_in", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    # Whether search engines may keep the archive of this list.
    Column("indexed", Boolean, nullable=False, server_default=true()),
    # Nobody joins it any more; who is on it stays.
    Column("archived_at", UtcDateTime),
    one_of("opt_in", ("single", "double")),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    # The address in lower case, and its domain: what suppressions are matched against.
    Column("fold_key", Text, nullable=False, index=True),
    Column("domain", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default=""),
    Column("timezone", String(64), nullable=False, server_default=""),
    Column("attributes", JsonObject, nullable=False),
    Column("link_version", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # When the reader last chose by their own hand; imports leave such a reader's choices alone.
    Column("chosen_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    # A signed link names a reader by id: an id must never come back for another person.
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), nullable=False),
    Column("list_id", BigKey, ForeignKey("lists.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("ended_reason", String(40)),
    Column("sections", SlugSet, nullable=False, server_default=""),
    Column("frequency", String(10), nullable=False, server_default="daily"),
    Column("hour", SmallInteger),
    Column("text_only", Boolean, nullable=False, server_default=false()),
    Column("tracking_off", Boolean, nullable=False, server_default=false()),
    Column("paused_until", Date),
    # Why the reader left, in a word of ours or in their own, where they said so.
    Column("leaving_note", Text, nullable=False, server_default=""),
    UniqueConstraint("subscriber_id", "list_id"),
    # The audience of a list, already in reader order.
    Index(None, "list_id", "state", "subscriber_id"),
    one_of("state", ("pending", "active", "ended")),
    one_of("frequency", ("daily", "weekdays", "weekly")),
    CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), nullable=False),
    Column("list_id", BigKey, ForeignKey("lists.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("act", String(10), nullable=False),
    Column("method", String(20), nullable=False),
    Column("wording_version", String(40), nullable=False, server_default=""),
    Column("evidence", Text, nullable=False, server_default=""),
    Index(None, "subscriber_id", "list_id"),
    one_of("act", ("asked", "given", "confirmed", "withdrawn")),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", BigKey, primary_key=True),
    # A fold key (address in lower case), or `@domain` for a whole domain.
    Column("email_key", Text, nullable=False, index=True),
    Column("list_id", BigKey, ForeignKey("lists.id")),
    Column("reason", String(20), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    # Two partial keys, because NULL (all lists) is distinct from NULL in a plain one.
    Index(
        "uq_suppressions_all_lists",
        "email_key",
        "reason",
        unique=True,
        sqlite_where=text("list_id IS NULL"),
        postgresql_where=text("list_id IS NULL"),
    ),
    Index(
        "uq_suppressions_one_list",
        "email_key",
        "list_id",
        "reason",
        unique=True,
        sqlite_where=text("list_id IS NOT NULL"),
        postgresql_where=text("list_id IS NOT NULL"),
    ),
    one_of("reason", ("hard_bounce", "complaint", "unsubscribed", "manual", "domain")),
)

erasures = Table(
    "erasures",
    metadata,
    Column("address_hash", LargeBinary(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

former_addresses = Table(
    "former_addresses",
    metadata,
    # Addresses that a reader moved away from for good, as keyed hashes: whoever is erased is so at these as well.
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False),
    Column("address_hash", LargeBinary(32), primary_key=True),
    sqlite_with_rowid=False,
)

attribute_types = Table(
    "attribute_types",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    # What a choice may be; empty for every other kind.
    Column("choices", JsonObject, nullable=False),
    # Whether readers see it in their preferences and may change it there.
    Column("public", Boolean, nullable=False, server_default=false()),
    one_of("kind", ("text", "number", "date", "yes_no", "choice")),
)

segments = Table(
    "segments",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("list_id", BigKey, ForeignKey("lists.id"), nullable=False),
    Column("slug", String(80), nullable=False),
    Column("name", Text, nullable=False),
    Column("tree", JsonObject, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("list_id", "slug"),
)

engagements = Table(
    "engagements",
    metadata,
    Column("list_id", BigKey, ForeignKey("lists.id"), primary_key=True, autoincrement=False),
    Column("subscriber_id", BigKey, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False),
    Column("opened_at", UtcDateTime),
    Column("clicked_at", UtcDateTime),
    sqlite_with_rowid=False,
)

imports = Table(
    "imports",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("list_id", BigKey, ForeignKey("lists.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    # Where the file lies for whoever carries the import out; empty when it came through a pipe.
    Column("path", Text, nullable=False, server_default=""),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("options", JsonObject, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("by", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", UtcDateTime),
    Column("rows_done", BigInteger, nullable=False, server_default="0"),
    Column("bytes_done", BigInteger, nullable=False, server_default="0"),
    Column("tally", JsonObject, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "state", "created_at"),
    Index(None, "list_id", "sha256"),
    one_of("state", ("waiting", "running", "done", "failed", "stopped")),
)

import_problems = Table(
    "import_problems",
    metadata,
    Column("import_id", BigKey, ForeignKey("imports.id"), primary_key=True, autoincrement=False),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("column", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
