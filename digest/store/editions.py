"""Editions, every version of each, and the frozen bytes of what was approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Row, insert, select, update

from digest.model.edition import TRANSITIONS, Edition, EditionId, EditionStatus
from digest.model.errors import IllegalTransition, Lost, NotFound
from digest.model.mail import Rendered
from digest.store.codec import from_json, to_json
from digest.store.tables import edition_versions, editions, mailings, renderings
from subscribers.tables import insert_into


class StoredEditions:
    """The port `Editions` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def get(self, edition: EditionId) -> Edition | None:
        """The newest version, or None."""
        row = self._conn.execute(select(editions).where(editions.c.name == str(edition))).first()
        return edition_from(row) if row else None

    def put(self, edition: Edition, *, expected_version: int) -> None:
        """Store a new version; `expected_version` is the one it follows (0 = none). Raises Lost."""
        row = {
            "name": str(edition.id),
            "newsletter": edition.id.newsletter,
            "date": edition.id.date,
            "version": edition.version,
            "status": edition.status,
            "reason": edition.reason,
            "approved_by": edition.approved_by,
            "approved_at": edition.approved_at,
            "content": to_json(edition),
        }
        if expected_version == 0:
            statement = insert_into(self._conn, editions).values(row).on_conflict_do_nothing()
            changed = len(self._conn.execute(statement.returning(editions.c.name)).all())
        else:
            changed = self._conn.execute(
                update(editions)
                .where(editions.c.name == row["name"], editions.c.version == expected_version)
                .values(row)
            ).rowcount
        if changed != 1:
            raise Lost(
                f"edition {edition.id} is no longer at version {expected_version}: "
                "somebody changed it first; read it again"
            )
        self._conn.execute(
            insert(edition_versions).values(name=row["name"], version=edition.version, content=row["content"])
        )

    def change(self, edition: Edition, *, expected: EditionStatus) -> None:
        """Store status, reason and approval of `edition`, only if it still has `expected`. Raises Lost."""
        if edition.status not in TRANSITIONS[expected]:
            raise IllegalTransition(f"edition {edition.id} is {expected}: it cannot become {edition.status}")
        changed = self._conn.execute(
            update(editions)
            .where(
                editions.c.name == str(edition.id),
                editions.c.version == edition.version,
                editions.c.status == expected,
            )
            .values(
                status=edition.status,
                reason=edition.reason,
                approved_by=edition.approved_by,
                approved_at=edition.approved_at,
            )
        ).rowcount
        if changed != 1:
            raise Lost(f"edition {edition.id} is no longer {expected}: somebody changed it first; read it again")

    def freeze(self, edition: Edition, rendered: Sequence[Rendered]) -> None:
        """Keep the exact bytes of every variant of this version; what is frozen already stays as it is."""
        for one in rendered:
            self._conn.execute(
                insert_into(self._conn, renderings)
                .values(
                    name=str(edition.id),
                    version=edition.version,
                    variant=one.variant.key,
                    sha256=one.sha256,
                    content=to_json(one),
                )
                .on_conflict_do_nothing()
            )

    def frozen(self, edition: EditionId, variant: str) -> Rendered | None:
        """The frozen rendering of the newest version, by variant key."""
        content = self._conn.scalar(
            select(renderings.c.content)
            .join(editions, (editions.c.name == renderings.c.name) & (editions.c.version == renderings.c.version))
            .where(renderings.c.name == str(edition), renderings.c.variant == variant)
        )
        return from_json(Rendered, content) if content is not None else None

    def frozen_variants(self, edition: EditionId) -> tuple[str, ...]:
        """Keys of all frozen variants of the newest version, sorted."""
        return tuple(
            self._conn.scalars(
                select(renderings.c.variant)
                .join(editions, (editions.c.name == renderings.c.name) & (editions.c.version == renderings.c.version))
                .where(renderings.c.name == str(edition))
                .order_by(renderings.c.variant)
            )
        )

    def before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """Editions of this newsletter dated before `day` that have a mailing, newest first."""
        rows = self._conn.execute(
            select(editions)
            .join(mailings, mailings.c.edition == editions.c.name)
            .where(editions.c.newsletter == newsletter, editions.c.date < day)
            .order_by(editions.c.date.desc())
            .limit(limit)
        )
        return tuple(edition_from(row) for row in rows)

    def recent(self, limit: int) -> tuple[Edition, ...]:
        """Newest editions of all newsletters, newest first."""
        rows = self._conn.execute(select(editions).order_by(editions.c.date.desc(), editions.c.name).limit(limit))
        return tuple(edition_from(row) for row in rows)

    def require(self, edition: EditionId) -> Edition:
        """The newest version; raises NotFound."""
        found = self.get(edition)
        if found is None:
            raise NotFound(f"there is no edition {edition}; make it with `digest compose {edition.newsletter}`")
        return found


def edition_from(row: Row[tuple[object, ...]]) -> Edition:
    """The edition of a whole row of `editions`."""
    content = dict(row._mapping["content"])
    # The columns are what conditional updates change: they win over the document.
    content.update(
        status=row._mapping["status"],
        reason=row._mapping["reason"],
        approved_by=row._mapping["approved_by"],
        approved_at=row._mapping["approved_at"],
    )
    return from_json(Edition, content)
