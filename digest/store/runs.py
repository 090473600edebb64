"""The run ledger: the row that makes a phase happen once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, update

from digest.model.chore import ended
from digest.model.run import Phase, Run, RunKey, RunState
from digest.store.tables import runs
from subscribers.tables import insert_into

# Written once: every sender asks it before each call. By the primary key: an edition is dated within a day of its
# phases, in whatever zone.
_BEGAN_SINCE = (
    select(runs.c.phase)
    .where(
        runs.c.newsletter.in_(bindparam("newsletters", expanding=True)),
        runs.c.date >= bindparam("first", type_=runs.c.date.type),
        runs.c.started_at >= bindparam("since", type_=runs.c.started_at.type),
    )
    .limit(1)
)
_BEGAN_WITHIN = _BEGAN_SINCE.where(
    runs.c.date <= bindparam("last", type_=runs.c.date.type),
    runs.c.started_at < bindparam("until", type_=runs.c.started_at.type),
)


class StoredRuns:
    """The port `Runs` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def begin(
        self, key: RunKey, *, owner: str, now: datetime, lease_until: datetime, is_gone: Callable[[str], bool]
    ) -> bool:
        """True for exactly one caller. A failed run is taken over, and one that nobody owns any more."""
        fresh = {"state": RunState.RUNNING, "owner": owner, "lease_until": lease_until, "started_at": now}
        row = {"newsletter": key.newsletter, "date": key.date, "phase": key.phase, "slot": key.slot, **fresh}
        statement = insert_into(self._conn, runs).values(row).on_conflict_do_nothing()
        if self._conn.execute(statement.returning(runs.c.phase)).first() is not None:
            return True
        found = self._conn.execute(select(runs).where(_is(key))).one()
        free = found.state == RunState.FAILED or (
            found.state == RunState.RUNNING and (ended(found.lease_until, now, lease_until) or is_gone(found.owner))
        )
        if not free:
            return False
        taken = self._conn.execute(
            update(runs)
            # The attempt is the fence: of two who saw the same dead run, one changes the row.
            .where(_is(key), runs.c.attempt == found.attempt, runs.c.state == found.state)
            .values(**fresh, attempt=found.attempt + 1, finished_at=None, note="")
        )
        return taken.rowcount == 1

    def end(self, key: RunKey, *, owner: str, state: RunState, note: str, now: datetime) -> None:
        """Say how it went; only the owner's word counts, a run that was taken over is left alone."""
        self._conn.execute(
            update(runs)
            .where(_is(key), runs.c.owner == owner, runs.c.state == RunState.RUNNING)
            .values(state=state, note=note[:2000], finished_at=now)
        )

    def get(self, key: RunKey) -> Run | None:
        """The run, or None."""
        row = self._conn.execute(select(runs).where(_is(key))).first()
        return _run(row) if row else None

    def failed(self, since: date) -> tuple[Run, ...]:
        """Runs dated from `since` on that stand as failed, oldest first."""
        rows = self._conn.execute(
            select(runs).where(runs.c.date >= since, runs.c.state == RunState.FAILED).order_by(runs.c.started_at)
        )
        return tuple(_run(row) for row in rows)

    def began(self, newsletter: str, before: datetime) -> bool:
        """True where any phase of this newsletter began before then: there was a clock at work."""
        found = select(runs.c.phase).where(runs.c.newsletter == newsletter, runs.c.started_at < before).limit(1)
        return self._conn.execute(found).first() is not None

    def done(self, newsletters: Iterable[str], since: date) -> frozenset[RunKey]:
        """Keys of these that need nothing more, from `since` on."""
        rows = self._conn.execute(
            select(runs.c.newsletter, runs.c.date, runs.c.phase, runs.c.slot).where(
                runs.c.newsletter.in_(list(newsletters)),
                runs.c.date >= since,
                runs.c.state.in_((RunState.DONE, RunState.HELD, RunState.SKIPPED)),
            )
        )
        return frozenset(
            RunKey(newsletter=row.newsletter, date=row.date, phase=Phase(row.phase), slot=row.slot) for row in rows
        )

    def newest(self, newsletters: Iterable[str]) -> tuple[Run, ...]:
        """Of each phase of these the newest run, and the newest that ended well; newest first."""
        found: dict[RunKey, Run] = {}
        for newsletter in newsletters:
            for phase in Phase:
                # By the primary key, backwards: no run of longer ago is read.
                mine = select(runs).where(runs.c.newsletter == newsletter, runs.c.phase == phase)
                if phase is Phase.APPROVE:
                    # Somebody was reminded: that is no approval.
                    mine = mine.where(runs.c.slot == "")
                for wanted in (mine, mine.where(runs.c.state == RunState.DONE)):
                    row = self._conn.execute(wanted.order_by(runs.c.date.desc(), runs.c.slot.desc()).limit(1)).first()
                    if row is not None:
                        run = _run(row)
                        found[run.key] = run
        return tuple(sorted(found.values(), key=lambda run: run.started_at, reverse=True))

    def days(self, newsletter: str, since: date) -> frozenset[date]:
        """Days from `since` on for which this newsletter has any run: a clock was at work."""
        rows = self._conn.scalars(
            select(runs.c.date).where(runs.c.newsletter == newsletter, runs.c.date >= since).distinct()
        )
        return frozenset(rows)

    def between(self, since: datetime, until: datetime) -> bool:
        """True where any run began within this time."""
        found = select(runs.c.phase).where(runs.c.started_at >= since, runs.c.started_at < until).limit(1)
        return self._conn.execute(found).first() is not None

    def began_within(self, newsletters: Iterable[str], since: datetime, until: datetime | None) -> bool:
        """True where a phase of these, of a day about then, began within this time; `until` None = without end."""
        margin = timedelta(days=2)
        given: dict[str, object] = {
            "newsletters": list(newsletters), "first": (since - margin).date(), "since": since,
        }  # fmt: skip
        if until is None:
            return self._conn.execute(_BEGAN_SINCE, given).first() is not None
        given |= {"last": (until + margin).date(), "until": until}
        return self._conn.execute(_BEGAN_WITHIN, given).first() is not None

    def missed(self, newsletters: Iterable[str], since: date, *, noted_since: datetime, words: str) -> tuple[Run, ...]:
        """Sendings dated from `since` on, skipped with a note that begins so, noted since then; by date."""
        rows = self._conn.execute(
            select(runs)
            .where(
                runs.c.newsletter.in_(list(newsletters)),
                runs.c.date >= since,
                runs.c.started_at >= noted_since,
                runs.c.phase == Phase.SEND,
                runs.c.state == RunState.SKIPPED,
                runs.c.note.startswith(words, autoescape=True),
            )
            .order_by(runs.c.newsletter, runs.c.date)
        )
        return tuple(_run(row) for row in rows)

    def recent(self, limit: int) -> tuple[Run, ...]:
        """Newest runs first."""
        rows = self._conn.execute(select(runs).order_by(runs.c.started_at.desc()).limit(limit))
        return tuple(_run(row) for row in rows)


def _is(key: RunKey) -> ColumnElement[bool]:
    return and_(
        runs.c.newsletter == key.newsletter,
        runs.c.date == key.date,
        runs.c.phase == key.phase,
        runs.c.slot == key.slot,
    )


def _run(row: Row[tuple[object, ...]]) -> Run:
    found = row._mapping
    return Run(
        key=RunKey(newsletter=found["newsletter"], date=found["date"], phase=Phase(found["phase"]), slot=found["slot"]),
        state=RunState(found["state"]),
        owner=found["owner"],
        started_at=found["started_at"],
        finished_at=found["finished_at"],
        note=found["note"],
        attempt=found["attempt"],
    )
