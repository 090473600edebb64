"""Ports of what is published: editions, the archive, reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from digest.model.change import Change, Decision, Edit, SecondAsked, Waiver
from digest.model.correction import Correction
from digest.model.edition import Edition, EditionId, EditionStatus, ListedEdition, Telling
from digest.model.look import Look, LookChange
from digest.model.mail import Rendered
from digest.model.newcomer import Arrivals
from digest.model.report import Clicked, LogLine, Slow, SubjectTried, TomorrowNote, ZoneProgress
from digest.model.report import Heard as HeardOf


class Editions(Protocol):
    """Editions, their frozen renderings, and who did what."""

    def get(self, edition: EditionId) -> Edition | None:
        """The newest version, or None."""

    def standing(self, edition: EditionId) -> tuple[EditionStatus, str] | None:
        """Status and reason, without reading the edition itself; None where it is not there."""

    def standings(self, editions: Iterable[EditionId]) -> Mapping[EditionId, tuple[EditionStatus, str]]:
        """The same of several; those that are not there are left out."""

    def put(self, edition: Edition, *, expected_version: int, expected: EditionStatus | None = None) -> None:
        """Store a new version; `expected_version` is the one it follows (0 = none). Raises Lost.

        With `expected`, only if it still has that status too.
        """

    def lock(self, edition: EditionId) -> None:
        """Keep other writers from this edition until the end of the transaction."""

    def version(self, edition: EditionId, version: int) -> Edition | None:
        """One version as it was stored, or None."""

    def put_edit(self, edition: EditionId, edit: Edit, change: Change | None) -> None:
        """Remember what an editor did; `change` is None for an undo."""

    def edits(self, edition: EditionId) -> tuple[Edit, ...]:
        """What editors did to it, newest first."""

    def waive(self, edition: EditionId, waiver: Waiver) -> None:
        """Let a warning stand; again: the newer reason counts."""

    def unwaive(self, edition: EditionId, finding: str) -> bool:
        """The warning counts again. True where it was waived."""

    def waivers(self, edition: EditionId) -> tuple[Waiver, ...]: ...

    def decide(self, edition: EditionId, decision: Decision) -> None:
        """Remember an approval, a hold or a skip."""

    def decision(self, edition: EditionId) -> Decision | None:
        """The newest that was not taken back, or None."""

    def undecide(self, edition: EditionId, decision: Decision, *, by: str, now: datetime) -> None:
        """It was taken back. Raises Lost where somebody else did so first."""

    def ask_second(self, edition: EditionId, asked: SecondAsked) -> None:
        """Somebody waits for a second person; whoever asked first for this version stays the first."""

    def unask_second(self, edition: EditionId, version: int) -> bool:
        """Nobody waits for a second person for this version any more. False where nobody did."""

    def second_asked(self, edition: EditionId, version: int) -> SecondAsked | None:
        """Who asked for a second person for this version, or None."""

    def last_second_asked(self, edition: EditionId) -> SecondAsked | None:
        """The same for the newest version that somebody asked for."""

    def change(self, edition: Edition, *, expected: EditionStatus) -> None:
        """Store status, reason and approval of `edition`, only if it still has `expected`. Raises Lost."""

    def freeze(self, edition: Edition, rendered: Sequence[Rendered], *, mark: str = "") -> None:
        """Keep the exact bytes of every variant of this version; those of a correction under its mark."""

    def frozen(self, edition: EditionId, variant: str) -> Rendered | None:
        """The frozen rendering of the newest version, by variant key."""

    def frozen_variants(self, edition: EditionId) -> tuple[str, ...]: ...

    def before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """Editions of this newsletter dated before `day` that were sent (or began to), newest first."""

    def last_before(self, newsletter: str, day: date) -> EditionId | None:
        """The newest of these, by name."""

    def shown_before(self, newsletter: str, day: date, limit: int) -> tuple[Edition, ...]:
        """The same editions with what readers saw of them, and none of their candidates."""

    def told_before(self, newsletter: str, day: date, limit: int) -> tuple[Telling, ...]:
        """What those editions told, the newest edition first; `limit` counts editions."""

    def recent(self, limit: int) -> tuple[Edition, ...]:
        """Newest editions of all newsletters, newest first."""

    def listed(self, newsletters: Collection[str], limit: int, *, before: date | None) -> tuple[ListedEdition, ...]:
        """Newest editions of these newsletters, dated before `before`, by name, without what they hold."""

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


class ArrivalBook(Protocol):
    """What came in after each edition was composed."""

    def of(self, edition: EditionId) -> Arrivals | None:
        """As they were last looked at, or None."""

    def keep(self, edition: EditionId, arrivals: Arrivals) -> None:
        """Remember them in place of what was known."""


class ArchiveBook(Protocol):
    """What readers may look up of the editions that are out."""

    def shown(self, newsletters: Collection[str], *, before: date, limit: int) -> tuple[Edition, ...]:
        """Editions that are offered to everybody, dated before `before`, newest first, without their candidates."""

    def next_shown(self, newsletter: str, day: date) -> Edition | None:
        """The first one of this newsletter after `day` that is offered to everybody, without its candidates."""

    def names(self, newsletters: Collection[str], *, limit: int) -> tuple[EditionId, ...]:
        """The names of such editions alone, newest first."""

    def unindexed(self, limit: int) -> tuple[Edition, ...]:
        """Editions that are out and whose words are not kept, or those of another version."""

    def index(self, edition: Edition, words: Collection[str]) -> None:
        """Keep the words by which this version is found."""

    def search(
        self, terms: Sequence[str], newsletters: Collection[str], *, before: date, limit: int
    ) -> tuple[Edition, ...]:
        """Shown editions that hold a word beginning with each of `terms` (folded), newest first, without candidates."""

    def correct(self, edition: EditionId, correction: Correction) -> int:
        """Put a note on top of the edition's page. Returns its id."""

    def correction(self, edition: EditionId, correction: int) -> Correction | None:
        """One note on this edition, or None."""

    def approve_correction(self, correction: int, *, by: str, now: datetime) -> bool:
        """It may be mailed. False where somebody said so before, or it is gone."""

    def ask_second(self, correction: int, asked: SecondAsked) -> bool:
        """Somebody waits for a second person; the first who asked stays so. False where it is gone, or mailed."""

    def unask_second(self, correction: int) -> bool:
        """Nobody waits for a second person any more. False where nobody did, or it was mailed."""

    def take_back(self, edition: EditionId, correction: int) -> bool:
        """Take the note off the page. False where it is gone, or was mailed."""

    def corrections(self, names: Collection[EditionId]) -> Mapping[EditionId, tuple[Correction, ...]]:
        """The notes on each of these editions that has any, newest first."""


class Looks(Protocol):
    """What the desk set of each newsletter's appearance, over the configuration."""

    def newest(self) -> Mapping[str, LookChange]:
        """The look that counts, by newsletter; those that were never set are not there."""

    def put(self, newsletter: str, look: Look, *, by: str, now: datetime) -> None:
        """It counts from now on."""

    def take_back(self, newsletter: str, change: int) -> bool:
        """The one before counts again. False where this is not the newest any more."""


class Reports(Protocol):
    """What came back after a mailing, counted, and the log of who did what."""

    def heard(self, mailing: int) -> tuple[HeardOf, ...]:
        """What came back, by kind, people and machines apart."""

    def clicked(self, mailing: int, limit: int) -> tuple[Clicked, ...]:
        """The links that most people pressed, machines left out."""

    def subjects(self, mailing: int) -> tuple[SubjectTried, ...]:
        """How two subjects did, the first one first; empty where there was one."""

    def slowest(self, mailing: int, limit: int) -> tuple[Slow, ...]:
        """The domains that were served last, with how many of their readers had to wait for another try."""

    def zones(self, mailing: int, own: str) -> tuple[ZoneProgress, ...]:
        """How far it is by zone and hour, in the order of the hours; `own` is the zone of readers who named none.

        It reads every delivery. Empty where the rows of a mailing were let go.
        """

    def calls(self, mailing: int) -> tuple[tuple[datetime, datetime, datetime], ...]:
        """(due_at, first call, last call) of every wave that was begun, in order."""

    def reasons(self, mailing: int, limit: int) -> tuple[tuple[str, int], ...]:
        """What was said most often with bounces, refusals and complaints."""

    def log(self, *, before: int | None, limit: int, newsletters: tuple[str, ...] | None = None) -> tuple[LogLine, ...]:
        """Newest first, older than the line `before`; of these newsletters' editions only, unless None."""

    def lines_since(self, since: datetime, *events: str, about: str) -> tuple[LogLine, ...]:
        """Lines of these kinds since then, newest first; `about` = their thing, or ends in `/`: what is below."""

    def last_line(self, event: str) -> LogLine | None:
        """The newest line of the log of this kind."""

    def note(self, note: TomorrowNote) -> None: ...

    def take_note_back(self, newsletter: str, note: int) -> bool:
        """False where it is gone already."""

    def notes(self, newsletter: str, limit: int) -> tuple[TomorrowNote, ...]: ...
