"""The desk's door: letters with a sign-in link, passkeys, and first halves of steps that take two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, insert, select, update

from digest.model.door import STEP_LIFE, LetterEnd, Passkey, PersonLetter, Step, StepKind
from digest.model.errors import Lost
from digest.model.person import LIFE
from digest.store.desk_tables import person_links, person_sessions, sign_in_tries
from digest.store.door_tables import door_steps, passkeys, person_letters
from subscribers.tables import insert_into

LETTERS_KEPT = timedelta(days=7)
TRIES_KEPT = timedelta(days=2)
"""All tries have come back long before."""


class StoredDoor:
    """The port `DoorBook` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def queue_letter(self, person: int, *, browser_hash: bytes, now: datetime) -> None:
        """A sign-in link is to be mailed."""
        row = {"person_id": person, "browser_hash": browser_hash, "queued_at": now, "not_before": now}
        self._conn.execute(insert(person_letters).values(row))

    def claim_letter(self, *, now: datetime) -> PersonLetter | None:
        """The next one that is due, claimed for good: who claims it and dies leaves it unsent."""
        table = person_letters
        due = (
            select(table.c.id)
            .where(table.c.state == "waiting", table.c.not_before <= now)
            .order_by(table.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._conn.execute(
            update(table)
            .where(table.c.id == due.scalar_subquery(), table.c.state == "waiting")
            .values(state="sending", attempt=table.c.attempt + 1)
            .returning(table)
        ).first()
        if row is None:
            return None
        return PersonLetter(
            id=row.id,
            person=row.person_id,
            browser_hash=row.browser_hash,
            queued_at=row.queued_at,
            attempt=row.attempt,
        )

    def put_letter_back(self, letter: int, *, not_before: datetime, note: str) -> None:
        """It was certainly not sent: once more, later."""
        self._conn.execute(
            update(person_letters)
            .where(person_letters.c.id == letter, person_letters.c.state == "sending")
            .values(state="waiting", not_before=not_before, note=note[:300])
        )

    def settle_letter(self, letter: int, end: LetterEnd, *, now: datetime, note: str) -> None:
        """It is over."""
        self._conn.execute(
            update(person_letters)
            .where(person_letters.c.id == letter, person_letters.c.state == "sending")
            .values(state=end, settled_at=now, note=note[:300])
        )

    def begin_step(self, key_hash: bytes, step: Step, *, now: datetime) -> None:
        """Keep the first half of a step, for `STEP_LIFE`. What is over goes."""
        self._conn.execute(delete(door_steps).where(door_steps.c.expires_at <= now))
        row = {"kind": step.kind, "person_id": step.person, "secret": dict(step.secret), "expires_at": now + STEP_LIFE}
        statement = insert_into(self._conn, door_steps).values(key_hash=key_hash, **row)
        # A browser that begins once more means the new one.
        self._conn.execute(statement.on_conflict_do_update(index_elements=["key_hash"], set_=row))

    def step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The first half that this browser began; it stays."""
        row = self._conn.execute(
            select(door_steps).where(
                door_steps.c.key_hash == key_hash, door_steps.c.kind == kind, door_steps.c.expires_at > now
            )
        ).first()
        return _step(row) if row else None

    def end_step(self, key_hash: bytes, kind: StepKind, *, now: datetime) -> Step | None:
        """The same, and it is gone: of two second halves at once, one finds it."""
        row = self._conn.execute(
            delete(door_steps).where(door_steps.c.key_hash == key_hash, door_steps.c.kind == kind).returning(door_steps)
        ).first()
        return _step(row) if row and row.expires_at > now else None

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep it. Raises Lost where this authenticator is somebody's already."""
        row = {
            "person_id": passkey.person,
            "credential_id": passkey.credential_id,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "name": passkey.name,
            "created_at": passkey.created_at,
        }
        statement = insert_into(self._conn, passkeys).values(row).on_conflict_do_nothing().returning(passkeys.c.id)
        if self._conn.scalar(statement) is None:
            raise Lost("that passkey is known already")

    def passkey(self, credential_id: bytes) -> Passkey | None:
        """By the id that the authenticator gave it."""
        row = self._conn.execute(select(passkeys).where(passkeys.c.credential_id == credential_id)).first()
        return _passkey(row) if row else None

    def passkeys_of(self, person: int) -> tuple[Passkey, ...]:
        """Somebody's, oldest first."""
        rows = self._conn.execute(select(passkeys).where(passkeys.c.person_id == person).order_by(passkeys.c.id))
        return tuple(_passkey(row) for row in rows)

    def count_passkey(self, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
        """It was used. False where it has counted on since it was read: two used one count."""
        used = update(passkeys).where(passkeys.c.id == passkey.id, passkeys.c.sign_count == passkey.sign_count)
        return self._conn.execute(used.values(sign_count=sign_count, used_at=now)).rowcount == 1

    def name_passkey(self, person: int, passkey: int, name: str) -> bool:
        """Call one of somebody's by this name. False where it is none of theirs."""
        own = (passkeys.c.id == passkey) & (passkeys.c.person_id == person)
        return self._conn.execute(update(passkeys).where(own).values(name=name)).rowcount == 1

    def remove_passkeys(self, person: int, *, only: int | None = None) -> int:
        """Forget one, or all of somebody's. Returns how many."""
        wanted = delete(passkeys).where(passkeys.c.person_id == person)
        if only is not None:
            wanted = wanted.where(passkeys.c.id == only)
        return self._conn.execute(wanted).rowcount

    def tidy(self, now: datetime) -> Mapping[str, int]:
        """Forget what is over: links, sessions, steps, letters, tries. What went, by name."""
        steps, tries, letters = door_steps.c, sign_in_tries.c, person_letters.c
        over = {
            "steps": delete(door_steps).where(steps.expires_at <= now),
            "sign-in links": delete(person_links).where(person_links.c.expires_at <= now - LETTERS_KEPT),
            "sessions": delete(person_sessions).where(person_sessions.c.created_at <= now - LIFE),
            "sign-in letters": delete(person_letters).where(letters.queued_at <= now - LETTERS_KEPT),
            "tries": delete(sign_in_tries).where(tries.filled_at <= (now - TRIES_KEPT).timestamp()),
        }
        return {name: self._conn.execute(statement).rowcount for name, statement in over.items()}


def _step(row: Row[tuple[object, ...]]) -> Step:
    found = row._mapping
    return Step(kind=StepKind(found["kind"]), person=found["person_id"], secret=found["secret"])


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    found = row._mapping
    return Passkey(
        id=found["id"],
        person=found["person_id"],
        credential_id=found["credential_id"],
        public_key=found["public_key"],
        sign_count=found["sign_count"],
        name=found["name"],
        created_at=found["created_at"],
        used_at=found["used_at"],
    )
