"""How often strangers may make us write: per address, per client and in all, decided where the ask is written down.

One INSERT counts and writes, so that a thousand posts at once are still counted one after the other. Nothing that
could be read is kept: addresses and clients are keyed hashes, and a day later they are gone.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, ScalarSelect, and_, delete, func, insert, literal, select, text

from subscribers.letter_tables import asks
from subscribers.tables import UtcDateTime

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

_LOCK = 0x6173_6B73
"""Any fixed number: on PostgreSQL the askers of one moment stand in line; SQLite has one writer anyway."""


class Admission(StrEnum):
    """May we write: yes, or which limit says no."""

    ADMITTED = "admitted"
    ADDRESS = "address"
    CLIENT = "client"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLimits:
    """Letters that strangers may cause: to one address in 24 hours, by one client in an hour, in all in an hour."""

    per_address: int = 1
    per_client: int = 20
    in_all: int = 2_000

    def __post_init__(self) -> None:
        if min(self.per_address, self.per_client, self.in_all) < 0:
            raise ValueError("a limit is a number from 0 up")


def client_hash(client: str, key: bytes) -> bytes:
    """32 bytes for a client: an IPv4 address, or the /64 network of an IPv6 one; other text as it stands."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return _hash(f"client {client}", key)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return client_hash(str(address.ipv4_mapped), key)
        return _hash(f"client {ipaddress.IPv6Network((int(address) >> 64 << 64, 64))}", key)
    return _hash(f"client {address}", key)


def admit(conn: Connection, fold_key: str, client: str, *, key: bytes, limits: AskLimits, now: datetime) -> Admission:
    """Write the ask down if all three limits allow it. What is refused leaves no trace.

    Within a write transaction; on PostgreSQL it waits for the askers before it. `key` is secret and stays the same
    for a day at least.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    address, asker = _hash(f"address {fold_key}", key), client_hash(client, key)
    to_address = _count(asks.c.address_hash == address, asks.c.at > now - DAY)
    by_client = _count(asks.c.client_hash == asker, asks.c.at > now - HOUR)
    in_all = _count(asks.c.at > now - HOUR)
    written = conn.execute(
        insert(asks)
        .from_select(
            ["at", "address_hash", "client_hash"],
            select(
                literal(now, UtcDateTime),
                literal(address, asks.c.address_hash.type),
                literal(asker, asks.c.client_hash.type),
            ).where(
                and_(
                    to_address < limits.per_address,
                    by_client < limits.per_client,
                    in_all < limits.in_all,
                )
            ),
        )
        .returning(asks.c.id)
    )
    if written.first() is not None:
        return Admission.ADMITTED
    counts = conn.execute(select(to_address, by_client)).one()
    if counts[0] >= limits.per_address:
        return Admission.ADDRESS
    return Admission.CLIENT if counts[1] >= limits.per_client else Admission.CEILING


def asks_since(conn: Connection, instant: datetime) -> int:
    """How many asks were admitted since then: what the ceiling is compared with."""
    return conn.execute(select(func.count()).select_from(asks).where(asks.c.at > instant)).scalar_one()


def forget_asks(conn: Connection, now: datetime) -> int:
    """Delete what no limit looks at any more. Returns how many."""
    return conn.execute(delete(asks).where(asks.c.at <= now - DAY)).rowcount


def _count(*conditions: object) -> ScalarSelect[int]:
    return select(func.count()).select_from(asks).where(*conditions).scalar_subquery()  # type: ignore[arg-type]


def _hash(words: str, key: bytes) -> bytes:
    return hmac.digest(key, words.encode("utf-8", "surrogateescape"), "sha256")
