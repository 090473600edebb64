"""Alarms: which troubles stand, and whom they were told to, so that each is told once and not every minute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from digest.model.alarm import Alarm, AlarmLevel, News, Trouble
from digest.model.chore import CLOCKS_APART
from digest.store.tables import alarms, heartbeats
from subscribers.tables import insert_into

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
CALM = timedelta(minutes=15)
"""What came back so soon after it was over is told to be over only once it has stayed away for so long."""


class StoredAlarms:
    """The port `Alarms` on a connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def standing(self) -> tuple[Alarm, ...]:
        """Alarms whose trouble is not over, oldest first."""
        rows = self._conn.execute(select(alarms).where(alarms.c.over_at.is_(None)).order_by(alarms.c.id))
        return tuple(_alarm(row) for row in rows)

    def begin(self, trouble: Trouble, *, now: datetime) -> bool:
        """A trouble that is not known to stand becomes an alarm. False where it stands already.

        Where it comes back before anybody was told that it was over, it never was: it is news if it is worse.
        """
        known = select(alarms.c.id).where(alarms.c.key == trouble.key, alarms.c.over_at.is_(None))
        if self._conn.execute(known).first() is not None:
            return False
        if self._goes_on(trouble.key, now):
            return self.freshen(trouble, now=now)
        what, why, next_step = trouble.kept
        self._conn.execute(
            insert(alarms).values(
                key=trouble.key, level=trouble.level, what=what, why=why, next_step=next_step, size=trouble.size,
                since=now, try_at=now,
            )
        )  # fmt: skip
        return True

    def _goes_on(self, key: str, now: datetime) -> bool:
        """Whether its end was to be told later, and is taken back. Not while somebody tells it."""
        newest = select(func.max(alarms.c.id)).where(alarms.c.key == key).scalar_subquery()
        untold = (alarms.c.told_at.is_not(None), alarms.c.over_told_at.is_(None), alarms.c.tries == 0)
        back = update(alarms).where(alarms.c.id == newest, alarms.c.over_at > now - CALM, *untold)
        return self._conn.execute(back.values(over_at=None, try_at=now)).rowcount > 0

    def freshen(self, trouble: Trouble, *, now: datetime) -> bool:
        """An alarm that stands says from now on what this says. True where it got worse, for one caller."""
        standing = alarms.c.over_at.is_(None)
        row = self._conn.execute(select(alarms).where(alarms.c.key == trouble.key, standing)).first()
        if row is None:
            return False
        before = _alarm(row).trouble
        worse = trouble.is_worse_than(before)
        what, why, next_step = trouble.kept
        news = {"size": max(trouble.size, before.size), "worse_at": now} if worse else {}
        if worse and row.tries != 1:
            # After a first try the next is a minute away, and somebody may be at it: of two who tell it one is enough.
            news |= {"try_at": now, "tries": 0}
        changed = self._conn.execute(
            update(alarms)
            # Of two that see it grow in the same second one has news.
            .where(alarms.c.id == row.id, standing, alarms.c.level == before.level, alarms.c.size == before.size)
            .values(level=trouble.level, what=what, why=why, next_step=next_step, **news)
        )
        return worse and changed.rowcount == 1

    def end(self, keys: Collection[str], *, now: datetime, told: bool = False) -> int:
        """These troubles are over. One that nobody was told of is not told at all any more. Returns how many.

        `told`: nobody is told that it is over either, for its day has passed and nothing was mended. The end of one
        that comes and goes is told once it has stayed away for `CALM`.
        """
        if not keys:
            return 0
        standing = select(alarms.c.id, alarms.c.key, alarms.c.since).where(
            alarms.c.key.in_(keys), alarms.c.over_at.is_(None)
        )
        ended = 0
        for row in self._conn.execute(standing).all():
            try_at = now + CALM if self._came_back(row.key, row.since) else now
            done = self._conn.execute(
                update(alarms)
                .where(alarms.c.id == row.id, alarms.c.over_at.is_(None))
                .values(over_at=now, try_at=try_at, tries=0, over_told_at=now if told else None)
            )
            ended += done.rowcount
        return ended

    def _came_back(self, key: str, since: datetime) -> bool:
        """Whether another alarm of this key was over shortly before this one began."""
        before = select(alarms.c.id).where(
            alarms.c.key == key, alarms.c.over_at > since - CALM, alarms.c.over_at <= since
        )
        return self._conn.execute(before.limit(1)).first() is not None

    def to_tell(self, now: datetime) -> tuple[Alarm, ...]:
        """Alarms to be told as begun, as worse, or as over, whose time for a try has come; oldest first."""
        begun = alarms.c.over_at.is_(None) & or_(alarms.c.told_at.is_(None), alarms.c.worse_at.is_not(None))
        over = alarms.c.told_at.is_not(None) & alarms.c.over_at.is_not(None) & alarms.c.over_told_at.is_(None)
        rows = self._conn.execute(select(alarms).where(or_(begun, over), _due(now)).order_by(alarms.c.id))
        return tuple(_alarm(row) for row in rows)

    def claim(self, alarm: Alarm, *, now: datetime) -> bool:
        """Take one try at telling it: True for one caller. The next try, by anybody, comes later and later."""
        row = self._conn.execute(select(alarms.c.tries, alarms.c.try_at).where(alarms.c.id == alarm.id)).one()
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 10))
        taken = self._conn.execute(
            update(alarms)
            .where(alarms.c.id == alarm.id, alarms.c.tries == row.tries, _due(now))
            .values(tries=row.tries + 1, try_at=now + pause)
        )
        return taken.rowcount == 1

    def told(self, alarm: Alarm, *, now: datetime) -> None:
        """Somebody was told the news of this alarm; what got worse meanwhile is news again."""
        when = {News.BEGUN: {"told_at": now}, News.WORSE: {}, News.OVER: {"over_told_at": now}}[alarm.news]
        mine = alarms.c.id == alarm.id
        self._conn.execute(update(alarms).where(mine).values(tries=0, try_at=now, **when))
        if alarm.worse_at is not None:
            known = update(alarms).where(mine, alarms.c.worse_at == alarm.worse_at)
            self._conn.execute(known.values(worse_at=None))

    def beat(self, edition: str, now: datetime) -> bool:
        """This edition's heartbeat is sent. False where it was already."""
        statement = insert_into(self._conn, heartbeats).values(edition=edition, at=now).on_conflict_do_nothing()
        return self._conn.execute(statement.returning(heartbeats.c.edition)).first() is not None

    def beaten(self, editions: Collection[str]) -> frozenset[str]:
        """Those of these editions whose heartbeat was sent."""
        found = self._conn.scalars(select(heartbeats.c.edition).where(heartbeats.c.edition.in_(list(editions))))
        return frozenset(found)


def _due(now: datetime) -> ColumnElement[bool]:
    """Its next try has come; one that is further away than any pause was put off by a clock that was wrong."""
    return or_(alarms.c.try_at <= now, alarms.c.try_at > now + LONGEST_PAUSE + CLOCKS_APART)


def _alarm(row: Row[tuple[object, ...]]) -> Alarm:
    found = row._mapping
    trouble = Trouble(
        key=found["key"], level=AlarmLevel(found["level"]), what=found["what"], why=found["why"],
        next_step=found["next_step"], size=found["size"],
    )  # fmt: skip
    return Alarm(
        id=found["id"], trouble=trouble, since=found["since"], over_at=found["over_at"], told_at=found["told_at"],
        worse_at=found["worse_at"],
    )  # fmt: skip
