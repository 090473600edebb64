"""The tables of the desk's door: letters with a sign-in link, passkeys, first halves of steps that take two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from digest.model.door import StepKind
from subscribers.tables import BigKey, JsonObject, UtcDateTime, metadata, one_of

person_letters = Table(
    "person_letters",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    Column("browser_hash", LargeBinary(32), nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("settled_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "state", "not_before"),
    one_of("state", ("waiting", "sending", "sent", "doubtful", "dropped")),
    sqlite_autoincrement=True,
)

person_devices = Table(
    "person_devices",
    metadata,
    Column("person_id", BigKey, ForeignKey("people.id"), primary_key=True),
    # SHA-256 of the cookie by which a browser is known again.
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

person_notices = Table(
    "person_notices",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    Column("browser", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("person_id", BigKey, ForeignKey("people.id"), nullable=False, index=True),
    Column("credential_id", LargeBinary(1023), nullable=False, unique=True),
    # COSE: who reads it can check signatures, and make none.
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False, server_default="0"),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

door_steps = Table(
    "door_steps",
    metadata,
    # SHA-256 of the cookie of the browser that began.
    Column("key_hash", LargeBinary(32), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("person_id", BigKey, ForeignKey("people.id"), index=True),
    Column("secret", JsonObject, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    one_of("kind", StepKind),
)
