"""Explain: the trace of one pick, from what is stored: its stories, its owners' votes, its rivals (P13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from digest.editorial.events.dedupe import copies
from digest.editorial.picking.rank import counting
from digest.model.edition import Edition, EditionId, ScoredEvent
from digest.model.errors import NotFound
from digest.model.event import Event
from digest.model.story import Story
from digest.ports import App

_StoriesOf = Callable[[Iterable[str]], Mapping[str, Story]]

RIVALS = 3
"""Candidates shown that came nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One part of the score in which two candidates differ: `own` - `other`, largest first."""

    name: str
    own: float
    other: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A candidate that came near: `behind` is how much its score is lower (negative: it is higher)."""

    scored: ScoredEvent
    behind: float
    why: str
    """Why it does not stand in this place, in words."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a pick stands where it stands."""

    edition: EditionId
    scored: ScoredEvent
    candidates: int
    stories: tuple[Story, ...]
    """As far as they are still stored, in the order of closeness to the event's centre."""
    missing: int
    """Stories of the event that are stored no more."""
    copies: frozenset[str]
    counting: frozenset[str]
    """Ids of the stories that count as coverage, as the score has it."""
    votes: tuple[tuple[str, tuple[str, ...]], ...]
    """Owner -> its outlets that report the event; each owner counts once."""
    above: tuple[Rival, ...]
    """The picks that stand next above it, the nearest last; their `why` says what they have more."""
    rivals: tuple[Rival, ...]
    """Those next below by score, and those that scored higher and were left out."""


def explain(app: App, edition: EditionId, rank: int) -> Explanation:
    """The trace of the pick of this rank, 1 = the lead. Raises NotFound with the ranks there are."""
    with app.read() as tx:
        return explained(tx.editions.get(edition), edition, rank, tx.stories.get)


def explained(found: Edition | None, name: EditionId, rank: int, stories_of: _StoriesOf) -> Explanation:
    """The same from an edition and a look-up of stories by id."""
    if found is None:
        raise NotFound(f"there is no edition {name}; `digest status` lists those there are")
    pick = next((one for one in found.scored if one.rank == rank), None)
    if pick is None:
        last = max((one.rank for one in found.scored), default=0)
        there = f"its picks have the ranks 1 to {last}" if last else "nothing was picked for it"
        raise NotFound(f"{name} has no pick of rank {rank}; {there}")
    by_id = stories_of(pick.stories)
    stories = tuple(by_id[one] for one in pick.stories if one in by_id)
    copied = frozenset(copies(stories) if pick.copies is None else pick.copies)
    happening = Event(id=pick.event, stories=stories, copies=copied)
    counted = counting(happening)
    return Explanation(
        edition=found.id,
        scored=pick,
        candidates=len(found.scored),
        stories=stories,
        missing=len(pick.stories) - len(stories),
        copies=copied,
        counting=frozenset(story.id for story in counted),
        votes=_votes(counted),
        above=_above(pick, found.scored),
        rivals=_rivals(pick, found.scored),
    )


def _votes(stories: Sequence[Story]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_owner: dict[str, dict[str, None]] = {}
    for story in stories:
        by_owner.setdefault(story.origin.owner, {})[story.origin.outlet] = None
    return tuple((owner, tuple(outlets)) for owner, outlets in by_owner.items())


def _above(pick: ScoredEvent, scored: Sequence[ScoredEvent]) -> tuple[Rival, ...]:
    higher = sorted((one for one in scored if 0 < one.rank < (pick.rank or 0)), key=lambda one: one.rank or 0)
    return tuple(_rival(pick, one) for one in higher[-RIVALS:])


def _rivals(pick: ScoredEvent, scored: Sequence[ScoredEvent]) -> tuple[Rival, ...]:
    """The nearest that scored higher and were left out, then the nearest below, whether picked or not."""
    ranked = sorted((one for one in scored if one.event != pick.event), key=lambda one: -one.score)
    above = [one for one in ranked if one.score > pick.score and not one.rank][-RIVALS:]
    below = [one for one in ranked if one.score <= pick.score and (not one.rank or one.rank > pick.rank)][:RIVALS]
    return tuple(_rival(pick, one) for one in (*above, *below))


def _rival(pick: ScoredEvent, other: ScoredEvent) -> Rival:
    """Another candidate beside this pick, and why it stands where it stands and not here."""
    behind = pick.score - other.score
    differences = _differences(pick, other)
    above = 0 < (other.rank or 0) < (pick.rank or 0)
    if other.left_out:
        why = other.left_out
    elif behind == 0 or (behind < 0 and not above):
        why = "equal score: the one with the newer report comes first"
    elif behind > 0 and above:
        why = f"its score is {behind:.2f} lower: its section or an editor put it there"
    else:
        why = f"its score is {abs(behind):.2f} {'lower' if behind > 0 else 'higher'}"
        most = next((one for one in differences if (one.own > one.other) is (behind > 0)), None)
        if most is not None:
            why += f", most of it {most.name}: {most.other:+.2f} against {most.own:+.2f}"
    return Rival(scored=other, behind=behind, why=why, differences=differences)


def _differences(pick: ScoredEvent, other: ScoredEvent) -> tuple[Difference, ...]:
    own = {part.name: part.value for part in pick.parts}
    others = {part.name: part.value for part in other.parts}
    found = [Difference(name=name, own=own.get(name, 0.0), other=others.get(name, 0.0)) for name in {**own, **others}]
    differing = [one for one in found if abs(one.own - one.other) >= 0.005]
    return tuple(sorted(differing, key=lambda one: -abs(one.own - one.other)))
