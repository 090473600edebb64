"""Tokens of the API, and the answers to requests that may come twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from digest.model.api_token import ApiToken, Scope
from digest.model.errors import Lost
from digest.ports import Answered
from digest.store.api_tables import api_answers, api_tokens
from subscribers.tables import insert_into


class StoredTokens:
    """The port `Tokens` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, token: ApiToken, token_hash: bytes) -> ApiToken:
        """A new token; the id is the database's. Raises Lost where the name is taken."""
        row = {
            "name": token.name,
            "prefix": token.prefix,
            "token_hash": token_hash,
            "scopes": tuple(sorted(token.scopes)),
            "lists": token.lists,
            "created_by": token.created_by,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        statement = insert_into(self._conn, api_tokens).values(row).on_conflict_do_nothing(index_elements=["name"])
        made = self._conn.execute(statement.returning(api_tokens)).first()
        if made is None:
            raise Lost(f"a token is called {token.name!r} already, or was; choose another name")
        return _token(made)

    def everything(self) -> tuple[ApiToken, ...]:
        """All of them, revoked ones too, by name."""
        return tuple(_token(row) for row in self._conn.execute(select(api_tokens).order_by(api_tokens.c.name)))

    def by_name(self, name: str) -> ApiToken | None:
        """The token called so, or None."""
        row = self._conn.execute(select(api_tokens).where(api_tokens.c.name == name)).first()
        return _token(row) if row else None

    def by_prefix(self, prefix: str) -> tuple[ApiToken, bytes] | None:
        """The token with this beginning, and its hash to compare with; None where there is none."""
        row = self._conn.execute(select(api_tokens).where(api_tokens.c.prefix == prefix)).first()
        return (_token(row), row.token_hash) if row else None

    def used(self, token: int, *, now: datetime) -> None:
        """It was used."""
        self._conn.execute(update(api_tokens).where(api_tokens.c.id == token).values(used_at=now))

    def revoke(self, token: int, *, now: datetime) -> bool:
        """It works no more. False where it was revoked already."""
        gone = self._conn.execute(
            update(api_tokens).where(api_tokens.c.id == token, api_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        return gone.rowcount == 1

    def reserve(
        self, token: int, key_hash: bytes, request_hash: bytes, *, now: datetime, stale: datetime
    ) -> Answered | None:
        """None: this request is the first under its key, and is to be done. Otherwise what the first one came to.

        A first one that began before `stale` and never ended died: its place is taken over.
        """
        row = {"token_id": token, "key_hash": key_hash, "request_hash": request_hash, "at": now}
        statement = insert_into(self._conn, api_answers).values(row).on_conflict_do_nothing()
        if self._conn.execute(statement.returning(api_answers.c.token_id)).first() is not None:
            return None
        mine = (api_answers.c.token_id == token, api_answers.c.key_hash == key_hash)
        taken = self._conn.execute(
            update(api_answers)
            .where(
                *mine,
                api_answers.c.request_hash == request_hash,
                api_answers.c.status.is_(None),
                api_answers.c.at < stale,
            )
            .values(at=now)
        )
        if taken.rowcount == 1:
            return None
        found = self._conn.execute(select(api_answers).where(*mine)).one()
        return Answered(
            same=found.request_hash == request_hash, status=found.status, body=found.body, location=found.location
        )

    def answered(self, token: int, key_hash: bytes, *, status: int, body: str, location: str) -> None:
        """Keep the answer for whoever asks again."""
        self._conn.execute(
            update(api_answers)
            .where(api_answers.c.token_id == token, api_answers.c.key_hash == key_hash)
            .values(status=status, body=body, location=location)
        )

    def forget(self, token: int, key_hash: bytes) -> None:
        """The request came to nothing and may be made again under its key."""
        self._conn.execute(
            delete(api_answers).where(api_answers.c.token_id == token, api_answers.c.key_hash == key_hash)
        )

    def forget_answers(self, before: datetime, limit: int) -> int:
        """Let go of answers from before then. Returns how many went."""
        some = select(api_answers.c.key_hash).where(api_answers.c.at < before).limit(limit)
        return self._conn.execute(
            delete(api_answers).where(api_answers.c.at < before, api_answers.c.key_hash.in_(some))
        ).rowcount


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    found = row._mapping
    known = {scope.value for scope in Scope}
    return ApiToken(
        id=found["id"],
        name=found["name"],
        prefix=found["prefix"],
        # A scope of another version of the program allows nothing here.
        scopes=frozenset(Scope(word) for word in found["scopes"] if word in known),
        lists=found["lists"],
        created_by=found["created_by"],
        created_at=found["created_at"],
        expires_at=found["expires_at"],
        used_at=found["used_at"],
        revoked_at=found["revoked_at"],
    )
