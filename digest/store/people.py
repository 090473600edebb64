"""People: who works at the desk, their sessions, one-time links, and how often somebody may try."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, case, delete, insert, select, update

from digest.model.errors import Lost, NotFound
from digest.model.person import LinkKind, Person, Role, Session
from digest.store.desk_tables import people, person_links, person_sessions, sign_in_tries
from subscribers.tables import insert_into


class StoredPeople:
    """The port `People` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, person: Person) -> Person:
        """A new person; the id is the database's. Raises Lost where the address is taken."""
        row = {
            "email": person.email,
            "name": person.name,
            "roles": tuple(sorted(person.roles)),
            "newsletters": person.newsletters,
            "language": person.language,
            "created_at": person.created_at,
        }
        statement = insert_into(self._conn, people).values(row).on_conflict_do_nothing().returning(people.c.id)
        made = self._conn.scalar(statement)
        if made is None:
            raise Lost(f"{person.email} is one of the people already")
        return self.require(made)

    def get(self, person: int) -> Person | None:
        """By id, or None."""
        row = self._conn.execute(select(people).where(people.c.id == person)).first()
        return _person(row) if row else None

    def require(self, person: int) -> Person:
        """By id. Raises NotFound."""
        found = self.get(person)
        if found is None:
            raise NotFound(f"there is no person {person}; `digest people list` shows who there is")
        return found

    def by_email(self, email: str) -> Person | None:
        """By address, whatever its case."""
        row = self._conn.execute(select(people).where(people.c.email == email.strip().lower())).first()
        return _person(row) if row else None

    def everybody(self) -> tuple[Person, ...]:
        """All of them, those who left last."""
        rows = self._conn.execute(select(people).order_by(people.c.left_at.is_not(None), people.c.email))
        return tuple(_person(row) for row in rows)

    def change(self, person: Person) -> None:
        """Store name, roles, newsletters, language and whether they left."""
        self._conn.execute(
            update(people)
            .where(people.c.id == person.id)
            .values(
                name=person.name,
                roles=tuple(sorted(person.roles)),
                newsletters=person.newsletters,
                language=person.language,
                left_at=person.left_at,
            )
        )

    def password_of(self, person: int) -> str:
        """The hash, or empty."""
        return self._conn.scalar(select(people.c.password_hash).where(people.c.id == person)) or ""

    def set_password(self, person: int, password_hash: str) -> None:
        """Keep the hash of a new password."""
        self._conn.execute(update(people).where(people.c.id == person).values(password_hash=password_hash))

    def totp_of(self, person: int) -> tuple[str, str]:
        """(key of the authenticator app, key that was shown and not confirmed yet), each empty where there is none."""
        row = self._conn.execute(select(people.c.totp_key, people.c.totp_pending).where(people.c.id == person)).one()
        return row.totp_key, row.totp_pending

    def set_totp(self, person: int, *, key: str, pending: str) -> None:
        """Keep the keys of an authenticator app; empty = none."""
        self._conn.execute(update(people).where(people.c.id == person).values(totp_key=key, totp_pending=pending))

    def by_subject(self, subject: str) -> Person | None:
        """Whom another house knows by this name, or None."""
        row = self._conn.execute(select(people).where(people.c.subject == subject)).first() if subject else None
        return _person(row) if row else None

    def link_subject(self, person: int, subject: str) -> bool:
        """Another house knows them by this name. False where it knows them by another one already."""
        linked = update(people).where(people.c.id == person, people.c.subject == "").values(subject=subject)
        return self._conn.execute(linked).rowcount == 1

    def unlink_subject(self, person: int) -> None:
        """No house knows them any more."""
        self._conn.execute(update(people).where(people.c.id == person).values(subject=""))

    def use_step(self, person: int, step: int) -> bool:
        """A code of this half minute is used. False where it, or a later one, was used already."""
        used = update(people).where(people.c.id == person, people.c.totp_step < step).values(totp_step=step)
        return self._conn.execute(used).rowcount == 1

    def open_session(self, person: int, token_hash: bytes, *, browser: str, now: datetime) -> Session:
        """A new session, proved now."""
        row = {"person_id": person, "created_at": now, "seen_at": now, "proved_at": now, "browser": browser}
        made = self._conn.execute(
            insert(person_sessions).values(token_hash=token_hash, **row).returning(person_sessions)
        ).one()
        self._conn.execute(update(people).where(people.c.id == person).values(signed_in_at=now))
        return _session(made)

    def session(self, token_hash: bytes) -> tuple[Person, Session] | None:
        """Whose session it is, however old; None where there is none."""
        row = self._conn.execute(select(person_sessions).where(person_sessions.c.token_hash == token_hash)).first()
        if row is None:
            return None
        found = _session(row)
        return self.require(found.person), found

    def sessions(self, person: int) -> tuple[Session, ...]:
        """Newest first."""
        rows = self._conn.execute(
            select(person_sessions)
            .where(person_sessions.c.person_id == person)
            .order_by(person_sessions.c.created_at.desc(), person_sessions.c.id.desc())
        )
        return tuple(_session(row) for row in rows)

    def seen(self, session: int, *, now: datetime, proved: bool = False) -> None:
        """It did something now; with `proved`, after its person said again who they are."""
        values = {"seen_at": now, "proved_at": now} if proved else {"seen_at": now}
        self._conn.execute(update(person_sessions).where(person_sessions.c.id == session).values(values))

    def end_sessions(self, person: int, *, only: int | None = None, but: int | None = None) -> int:
        """End one, all, or all but one of somebody's sessions. Returns how many."""
        wanted = delete(person_sessions).where(person_sessions.c.person_id == person)
        if only is not None:
            wanted = wanted.where(person_sessions.c.id == only)
        if but is not None:
            wanted = wanted.where(person_sessions.c.id != but)
        return self._conn.execute(wanted).rowcount

    def put_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """A new one-time link; older ones of this kind work no more."""
        self.forget_links(person, kind)
        self.add_link(person, kind, token_hash, expires_at=expires_at, browser_hash=browser_hash)

    def add_link(
        self, person: int, kind: LinkKind, token_hash: bytes, *, expires_at: datetime, browser_hash: bytes | None = None
    ) -> None:
        """One more one-time link: who asks in another's name ends none of theirs."""
        self._conn.execute(
            insert(person_links).values(
                token_hash=token_hash, person_id=person, kind=kind, expires_at=expires_at, browser_hash=browser_hash
            )
        )

    def forget_links(self, person: int, *kinds: LinkKind) -> None:
        """Links of these kinds (all, unless named) work no more."""
        self._conn.execute(
            delete(person_links).where(
                person_links.c.person_id == person, person_links.c.kind.in_(kinds or tuple(LinkKind))
            )
        )

    def link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """Whose link it is, where it still works. Uses nothing up."""
        found = self._conn.scalar(
            select(person_links.c.person_id).where(
                person_links.c.token_hash == token_hash,
                person_links.c.kind == kind,
                person_links.c.used_at.is_(None),
                person_links.c.expires_at > now,
                person_links.c.browser_hash.is_(None) | (person_links.c.browser_hash == browser_hash),
            )
        )
        return self.get(found) if found is not None else None

    def use_link(
        self, kind: LinkKind, token_hash: bytes, *, now: datetime, browser_hash: bytes | None = None
    ) -> Person | None:
        """The same, and it works no more: one of two who come at once gets the person."""
        used = self._conn.execute(
            update(person_links)
            .where(
                person_links.c.token_hash == token_hash,
                person_links.c.kind == kind,
                person_links.c.used_at.is_(None),
                person_links.c.expires_at > now,
                person_links.c.browser_hash.is_(None) | (person_links.c.browser_hash == browser_hash),
            )
            .values(used_at=now)
            .returning(person_links.c.person_id)
        ).first()
        return self.get(used.person_id) if used is not None else None

    def try_once(self, key: bytes, *, burst: int, every: float, now: datetime) -> int:
        """Take one try of `burst`, which come back one `every` so many seconds. 0, or the seconds to wait."""
        at = now.timestamp()
        table = sign_in_tries
        statement = insert_into(self._conn, table).values(key=key, tokens=burst - 1.0, filled_at=at)
        grown = table.c.tokens + (at - table.c.filled_at) / every
        full = case((grown > burst, float(burst)), else_=grown)
        taken = self._conn.execute(
            # One statement: of fifty tries at once, no more than there are tokens get through.
            statement.on_conflict_do_update(
                index_elements=["key"], set_={"tokens": full - 1.0, "filled_at": at}, where=full >= 1.0
            ).returning(table.c.key)
        ).first()
        if taken is not None:
            return 0
        left = self._conn.scalar(select(grown).where(table.c.key == key)) or 0.0
        return max(1, round((1.0 - left) * every))

    def give_try_back(self, key: bytes) -> None:
        """Put back the one that was taken for what turned out right; more than its burst are never counted."""
        table = sign_in_tries
        self._conn.execute(update(table).where(table.c.key == key).values(tokens=table.c.tokens + 1.0))


def _person(row: Row[tuple[object, ...]]) -> Person:
    found = row._mapping
    return Person(
        id=found["id"],
        email=found["email"],
        name=found["name"],
        roles=frozenset(Role(role) for role in found["roles"]),
        newsletters=found["newsletters"],
        language=found["language"],
        has_password=bool(found["password_hash"]),
        has_totp=bool(found["totp_key"]),
        created_at=found["created_at"],
        signed_in_at=found["signed_in_at"],
        left_at=found["left_at"],
    )


def _session(row: Row[tuple[object, ...]]) -> Session:
    found = row._mapping
    return Session(
        id=found["id"],
        person=found["person_id"],
        created_at=found["created_at"],
        seen_at=found["seen_at"],
        proved_at=found["proved_at"],
        browser=found["browser"],
    )
