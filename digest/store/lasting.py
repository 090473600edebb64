"""The key that erasures are remembered by: it stays the same while secret keys come and go.

It lies in the database, sealed under each secret key that was ever configured with it, and so any one of them opens it:
a key that signs links can be retired, and no erasure is forgotten. A copy of the database opens nothing.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, Engine, delete, func, select

from digest.model.errors import ConfigError
from digest.store import db
from digest.store.tables import lasting_keys
from subscribers.tables import erasures, former_addresses, insert_into


class KeyLost(ConfigError):
    """No secret key that is configured opens what erasures are remembered by."""

    def __init__(self, remembered: int) -> None:
        super().__init__(
            f"{remembered:,} erased addresses of this database are known by a secret key that is not configured: "
            "put it back, before the new one and a comma, for one start; then it can go. "
            "If it is lost for good: `digest db rekey`"
        )


def lasting_key(engine: Engine, secrets: Sequence[bytes], now: datetime) -> bytes:
    """The key of erasures. It is sealed under every secret key (oldest first) that does not open it yet.

    A database that has none yet takes the oldest secret key, by which its erasures were made so far. Raises KeyLost
    where none of the secret keys opens it and somebody was erased.
    """
    with db.read(engine) as conn:
        sealed = _sealed(conn)
    key = _opened(sealed, secrets)
    if key is not None and all(_name(secret) in sealed for secret in secrets):
        return key
    with db.write(engine) as conn:
        # Once more: another process may have been first.
        sealed = _sealed(conn)
        key = _opened(sealed, secrets)
        if key is None:
            if sealed and (count := remembered(conn)):
                raise KeyLost(count)
            key = secrets[0]
            conn.execute(delete(lasting_keys))
            sealed = {}
        _seal(conn, key, [secret for secret in secrets if _name(secret) not in sealed], now)
    return key


def rekey(conn: Connection, secrets: Sequence[bytes], now: datetime) -> int:
    """Start over where the key is lost. Returns how many erased addresses are not known any more, 0 if it is not."""
    sealed = _sealed(conn)
    if not sealed or _opened(sealed, secrets) is not None:
        return 0
    forgotten = remembered(conn)
    conn.execute(delete(lasting_keys))
    conn.execute(delete(erasures))
    conn.execute(delete(former_addresses))
    _seal(conn, secrets[0], secrets, now)
    return forgotten


def opened_by(conn: Connection, secrets: Sequence[bytes]) -> bool:
    """Whether the secret keys open it, or there is nothing to open."""
    sealed = _sealed(conn)
    return not sealed or _opened(sealed, secrets) is not None or remembered(conn) == 0


def remembered(conn: Connection) -> int:
    """How many addresses are known as hashes under this key."""
    found = [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in _HASHED]
    return sum(found)


_HASHED = (erasures, former_addresses)


def _sealed(conn: Connection) -> dict[str, bytes]:
    return {row.secret_id: row.sealed for row in conn.execute(select(lasting_keys))}


def _opened(sealed: dict[str, bytes], secrets: Sequence[bytes]) -> bytes | None:
    for secret in secrets:
        if _name(secret) in sealed:
            try:
                return _box(secret).decrypt(sealed[_name(secret)])
            except InvalidToken:
                # Two keys of one name: a chance of one in 2^64; the next one is tried.
                continue
    return None


def _seal(conn: Connection, key: bytes, secrets: Sequence[bytes], now: datetime) -> None:
    for secret in secrets:
        conn.execute(
            insert_into(conn, lasting_keys)
            .values(secret_id=_name(secret), sealed=_box(secret).encrypt(key), at=now)
            .on_conflict_do_nothing(index_elements=["secret_id"])
        )


def _name(secret: bytes) -> str:
    return hmac.digest(secret, b"digest.lasting.name", "sha256")[:8].hex()


def _box(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"digest.lasting.seal", "sha256")))
