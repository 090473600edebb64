"""The tables of the desk: its people, how they sign in, and what they did to an edition."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from digest.model.person import LinkKind
from subscribers.tables import BigKey, JsonObject, SlugSet, UtcDateTime, metadata, one_of

people = Table(
    "people",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("roles", SlugSet, nullable=False),
    Column("newsletters", SlugSet, nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default=""),
    # Argon2id with its parameters and salt; empty = they sign in by link only.
    Column("password_hash", Text, nullable=False, server_default=""),
    # The key of their authenticator app (RFC 6238, base32); empty = none. The pending one was shown, not confirmed.
    Column("totp_key", String(64), nullable=False, server_default=""),
    Column("totp_pending", String(64), nullable=False, server_default=""),
    # The half minute of the last code that was used: none is taken twice.
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    # How another house (OpenID Connect) names them: issuer and subject; empty = none has yet.
    Column("subject", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("signed_in_at", UtcDateTime),
    Column("left_at", UtcDateTime),
    # A session names a person by id: an id must never come back for somebody else.
    sqlite_autoincrement=True,
)

person_sessions = Table(
    "person_sessions",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    # SHA-256 of the cookie: who reads this table can sign in with nothing of it.
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("proved_at", UtcDateTime, nullable=False),
    Column("browser", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

person_links = Table(
    "person_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # SHA-256 of the cookie of the browser that asked; a link for another browser is no use to it.
    Column("browser_hash", LargeBinary(32)),
    Column("used_at", UtcDateTime),
    one_of("kind", LinkKind),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    # SHA-256 of what is limited: an account, a client, both.
    Column("key", LargeBinary(32), primary_key=True),
    Column("tokens", Float, nullable=False),
    # Seconds since 1970: arithmetic on it is the same on both databases.
    Column("filled_at", Float, nullable=False),
)

edition_edits = Table(
    "edition_edits",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    # The version that the change made, and the one it was made of.
    Column("version", Integer, primary_key=True),
    Column("base_version", Integer, nullable=False),
    Column("change", JsonObject, nullable=False),
    Column("words", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # The version whose change this one takes back.
    Column("undoes", Integer),
)

edition_waivers = Table(
    "edition_waivers",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    # SHA-256 over the check and its message, 16 digits: a message that changes is a new finding.
    Column("finding", String(16), primary_key=True),
    Column("check", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

desk_notes = Table(
    "desk_notes",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("newsletter", String(64), nullable=False),
    Column("edition", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "newsletter", "at"),
    sqlite_autoincrement=True,
)

edition_decisions = Table(
    "edition_decisions",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("name", String(80), ForeignKey("editions.name"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("was", String(10), nullable=False),
    Column("was_reason", Text, nullable=False, server_default=""),
    Column("became", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Taken back: it counts no more, and stays to be read.
    Column("undone_by", Text, nullable=False, server_default=""),
    Column("undone_at", UtcDateTime),
)

seconds_asked = Table(
    "seconds_asked",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    # An approval is of a version: another one has to be asked for anew.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

edition_arrivals = Table(
    "edition_arrivals",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("content", JsonObject, nullable=False),
)

source_changes = Table(
    "source_changes",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("off", Boolean, nullable=False),
    # The fields of a source that the desk added; empty for one of the configuration.
    Column("added", JsonObject, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
