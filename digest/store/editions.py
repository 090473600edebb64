"""Editions, every version of each, and the frozen bytes of what was approved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, bindparam, delete, insert, not_, or_, select, true, update

from digest.model.change import Change, Edit, Waiver
from digest.model.correction import MARK
from digest.model.edition import (
    TRANSITIONS,
    Edition,
    EditionId,
    EditionSection,
    EditionStatus,
    ListedEdition,
    Telling,
    told_in,
)
from digest.model.errors import IllegalTransition, Lost, NotFound
from digest.model.mail import Rendered
from digest.store.codec import from_json, to_json, to_whole_json
from digest.store.decisions import StoredDecisions
from digest.store.desk_tables import edition_edits, edition_waivers
from digest.store.tables import edition_versions, editions, mailings, renderings
from digest.store.wording import holds
from subscribers.tables import insert_into

_ITS_MAILING = and_(mailings.c.edition == editions.c.name, mailings.c.correction == 0)
_SHOWN = ("subject", "preheader", "language", "composed_at", "inputs_sha256")
_BY_NAME = select(editions).where(editions.c.name == bindparam("wanted"))
_WAIVER = ("finding", "check", "reason", "by", "at")


class StoredEditions(StoredDecisions):
    """The port `Editions` on a connection."""

    def get(self, edition: EditionId) -> Edition | None:
        """The newest version, or None."""
        row = self._conn.execute(_BY_NAME, {"wanted": str(edition)}).first()
        return edition_from(row) if row else None

    def standing(self, edition: EditionId) -> tuple[EditionStatus, str] | None:
        """Status and reason, without reading the edition itself; None where it is not there."""
        row = self._conn.execute(select(editions.c.status, editions.c.reason).where(editions.c.name == str(edition)))
        found = row.first()
        return (EditionStatus(found.status), found.reason) if found is not None else None

    def standings(self, editions_: Iterable[EditionId]) -> Mapping[EditionId, tuple[EditionStatus, str]]:
        """The same of several; those that are not there are left out."""
        by_name = {str(one): one for one in editions_}
        rows = self._conn.execute(
            select(editions.c.name, editions.c.status, editions.c.reason).where(editions.c.name.in_(list(by_name)))
        )
        return {by_name[row.name]: (EditionStatus(row.status), row.reason) for row in rows}

    def put(self, edition: Edition, *, expected_version: int, expected: EditionStatus | None = None) -> None:
        """Store a new version; `expected_version` is the one it follows (0 = none). Raises Lost.

        With `expected`, only if it still has that status too. Raises RenderFailed for a text that no mail can carry.
        """
        row = {
            "name": str(edition.id),
            "newsletter": edition.id.newsletter,
            "date": edition.id.date,
            "version": edition.version,
            "status": edition.status,
            "reason": edition.reason,
            "approved_by": edition.approved_by,
            "approved_at": edition.approved_at,
            "content": to_whole_json(edition),
        }
        if expected_version == 0:
            statement = insert_into(self._conn, editions).values(row).on_conflict_do_nothing()
            changed = len(self._conn.execute(statement.returning(editions.c.name)).all())
        else:
            wanted = update(editions).where(editions.c.name == row["name"], editions.c.version == expected_version)
            if expected is not None:
                wanted = wanted.where(editions.c.status == expected)
            changed = self._conn.execute(wanted.values(row)).rowcount
        if changed != 1:
            raise Lost(
                f"edition {edition.id} is no longer at version {expected_version}: "
                "somebody changed it first; read it again"
            )
        self._conn.execute(
            insert(edition_versions).values(name=row["name"], version=edition.version, content=row["content"])
        )

    def lock(self, edition: EditionId) -> None:
        """Keep other writers from this edition until the end of the transaction; SQLite has one writer anyhow."""
        self._conn.execute(select(editions.c.name).where(editions.c.name == str(edition)).with_for_update())

    def version(self, edition: EditionId, version: int) -> Edition | None:
        """One version as it was stored, or None."""
        content = self._conn.scalar(
            select(edition_versions.c.content).where(
                edition_versions.c.name == str(edition), edition_versions.c.version == version
            )
        )
        return from_json(Edition, content) if content is not None else None

    def put_edit(self, edition: EditionId, edit: Edit, change: Change | None) -> None:
        """Remember what an editor did; `change` is None for an undo."""
        self._conn.execute(
            insert(edition_edits).values(
                name=str(edition),
                version=edit.version,
                base_version=edit.base_version,
                change=to_json(change) if change is not None else {},
                words=edit.words,
                by=edit.by,
                at=edit.at,
                undoes=edit.undoes,
            )
        )

    def edits(self, edition: EditionId) -> tuple[Edit, ...]:
        """What editors did to it, newest first."""
        columns = (edition_edits.c[name] for name in ("version", "base_version", "words", "by", "at", "undoes"))
        rows = self._conn.execute(
            select(*columns).where(edition_edits.c.name == str(edition)).order_by(edition_edits.c.version.desc())
        )
        return tuple(Edit(**row._mapping) for row in rows)

    def waive(self, edition: EditionId, waiver: Waiver) -> None:
        """Let a warning stand; again: the newer reason counts."""
        row = {"name": str(edition), **{field: getattr(waiver, field) for field in _WAIVER}}
        statement = insert_into(self._conn, edition_waivers).values(row)
        changed = {name: statement.excluded[name] for name in ("reason", "by", "at")}
        self._conn.execute(statement.on_conflict_do_update(index_elements=["name", "finding"], set_=changed))

    def unwaive(self, edition: EditionId, finding: str) -> bool:
        """The warning counts again. True where it was waived."""
        gone = self._conn.execute(
            delete(edition_waivers).where(edition_waivers.c.name == str(edition), edition_waivers.c.finding == finding)
        )
        return gone.rowcount == 1

    def waivers(self, edition: EditionId) -> tuple[Waiver, ...]:
        """All of them, oldest first."""
        columns = (edition_waivers.c[name] for name in _WAIVER)
        rows = self._conn.execute(
            select(*columns).where(edition_waivers.c.name == str(edition)).order_by(edition_waivers.c.at)
        )
        return tuple(Waiver(**row._mapping) for row in rows)

    def change(self, edition: Edition, *, expected: EditionStatus) -> None:
        """Store status, reason and approval of `edition`, only if it still has `expected`; the same status with another
        reason too. Raises Lost."""
        if edition.status is not expected and edition.status not in TRANSITIONS[expected]:
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

    def freeze(self, edition: Edition, rendered: Sequence[Rendered], *, mark: str = "") -> None:
        """Keep the exact bytes of every variant of this version; what is frozen already stays as it is.

        Those of a correction stand beside them, their keys begun with its mark. Raises RenderFailed for a text that no
        mail can carry.
        """
        for one in rendered:
            self._conn.execute(
                insert_into(self._conn, renderings)
                .values(
                    name=str(edition.id),
                    version=edition.version,
                    variant=f"{mark}{one.variant.key}",
                    sha256=one.sha256,
                    content=to_whole_json(one),
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
                .where(renderings.c.name == str(edition), not_(renderings.c.variant.startswith(MARK)))
                .order_by(renderings.c.variant)
            )
        )

    def before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """Editions of this newsletter dated before `day` that have a mailing, newest first."""
        rows = self._conn.execute(
            select(editions)
            .join(mailings, _ITS_MAILING)
            .where(editions.c.newsletter == newsletter, editions.c.date < day)
            .order_by(editions.c.date.desc())
            .limit(limit)
        )
        return tuple(edition_from(row) for row in rows)

    def last_before(self, newsletter: str, day: date) -> EditionId | None:
        """The newest of these, by name."""
        found = self._conn.scalar(
            select(editions.c.date)
            .join(mailings, _ITS_MAILING)
            .where(editions.c.newsletter == newsletter, editions.c.date < day)
            .order_by(editions.c.date.desc())
            .limit(1)
        )
        return EditionId(newsletter=newsletter, date=found) if found is not None else None

    def shown_before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """The editions of `before` with what readers saw of them, and none of their candidates: a tenth of the work."""
        content = editions.c.content
        rows = self._conn.execute(
            select(
                editions.c.date, editions.c.version, editions.c.status, content["sections"].label("sections"),
                *(content[name].as_string().label(name) for name in _SHOWN),
            )
            .join(mailings, _ITS_MAILING)
            .where(editions.c.newsletter == newsletter, editions.c.date < day)
            .order_by(editions.c.date.desc())
            .limit(limit)
        )  # fmt: skip
        return tuple(
            Edition(
                id=EditionId(newsletter=newsletter, date=row.date),
                version=row.version,
                status=EditionStatus(row.status),
                sections=from_json(tuple[EditionSection, ...], row.sections),
                scored=(),
                composed_at=datetime.fromisoformat(row.composed_at),
                **{name: row._mapping[name] for name in _SHOWN if name != "composed_at"},
            )
            for row in rows
        )

    def told_before(self, newsletter: str, day: date, limit: int) -> tuple[Telling, ...]:
        """What those editions told, the newest edition first. Only their sections are read, not all candidates."""
        rows = self._conn.execute(
            select(editions.c.date, editions.c.content["sections"])
            .join(mailings, _ITS_MAILING)
            .where(editions.c.newsletter == newsletter, editions.c.date < day)
            .order_by(editions.c.date.desc())
            .limit(limit)
        )
        return tuple(
            Telling(date=row[0], told=told)
            for row in rows
            for told in told_in(from_json(tuple[EditionSection, ...], row[1]))
        )

    def recent(self, limit: int) -> tuple[Edition, ...]:
        """Newest editions of all newsletters, newest first."""
        rows = self._conn.execute(select(editions).order_by(editions.c.date.desc(), editions.c.name).limit(limit))
        return tuple(edition_from(row) for row in rows)

    def listed(self, newsletters: Collection[str], limit: int, *, before: date | None) -> tuple[ListedEdition, ...]:
        """Newest editions of these newsletters, dated before `before`, by name, without what they hold."""
        subject = editions.c.content["subject"].as_string()
        rows = self._conn.execute(
            select(
                editions.c.newsletter, editions.c.date, editions.c.version, editions.c.status, subject.label("subject")
            )
            .where(editions.c.newsletter.in_(newsletters), true() if before is None else editions.c.date < before)
            .order_by(editions.c.date.desc(), editions.c.name)
            .limit(limit)
        )
        return tuple(
            ListedEdition(
                id=EditionId(newsletter=row.newsletter, date=row.date),
                version=row.version,
                status=EditionStatus(row.status),
                subject=row.subject,
            )
            for row in rows
        )

    def page(
        self,
        newsletters: Collection[str],
        *,
        among: Collection[EditionStatus],
        after: EditionId | None,
        limit: int,
        since: date | None = None,
        until: date | None = None,
        terms: Sequence[str] = (),
    ) -> tuple[ListedEdition, ...]:
        """Editions of these newsletters that stand so (empty = in any way), the newest first, those after `after`.

        Dated `since` to `until`, both included, and holding a word that begins with each of `terms` (folded).
        """
        subject = editions.c.content["subject"].as_string()
        wanted = select(
            editions.c.newsletter, editions.c.date, editions.c.version, editions.c.status, subject.label("subject")
        ).where(editions.c.newsletter.in_(newsletters))
        if among:
            wanted = wanted.where(editions.c.status.in_([status.value for status in among]))
        wanted = wanted.where(*map(holds, terms))
        if since is not None:
            wanted = wanted.where(editions.c.date >= since)
        if until is not None:
            wanted = wanted.where(editions.c.date <= until)
        if after is not None:
            same_day = and_(editions.c.date == after.date, editions.c.newsletter > after.newsletter)
            wanted = wanted.where(or_(editions.c.date < after.date, same_day))
        rows = self._conn.execute(wanted.order_by(editions.c.date.desc(), editions.c.newsletter).limit(limit))
        return tuple(
            ListedEdition(
                id=EditionId(newsletter=row.newsletter, date=row.date),
                version=row.version,
                status=EditionStatus(row.status),
                subject=row.subject,
            )
            for row in rows
        )

    def require(self, edition: EditionId) -> Edition:
        """The newest version; raises NotFound."""
        found = self.get(edition)
        if found is None:
            raise NotFound(f"there is no edition {edition}; make it with `digest compose {edition.newsletter}`")
        return found


def edition_from(row: Row[tuple[object, ...]]) -> Edition:
    """The edition of a row of `editions`; its document may be without the candidates."""
    content = {"scored": (), **row._mapping["content"]}
    # The columns are what conditional updates change: they win over the document.
    content.update(
        status=row._mapping["status"],
        reason=row._mapping["reason"],
        approved_by=row._mapping["approved_by"],
        approved_at=row._mapping["approved_at"],
    )
    return from_json(Edition, content)
