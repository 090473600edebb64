"""Stories of one happening become one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digest.editorial.events.dedupe import copied, last_versions, precedence
from digest.editorial.events.vectors import Nearness
from digest.editorial.kinds.fillers import filler
from digest.editorial.kinds.genres import is_aside
from digest.editorial.kinds.rubrics import without_rubrics
from digest.editorial.text.doc import Doc, doc_of, encode
from digest.editorial.text.languages import UNKNOWN
from digest.model.event import Event
from digest.model.story import Story

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CUT = 0.15
"""Mean nearness from which two groups of stories are one event; measured in docs/why/events.md."""
GRAPH_CUT = 0.20
"""Nearness from which two stories are neighbours in a large set."""
LARGE = 5_000
"""Above so many stories the neighbour graph takes over."""
NEIGHBOURS = 20
_BLOCK = 512
_EDGE = -0.2
"""What a story at the edge of its event has in place of what would make it fit to lead."""
_FEW = 64
"""Of parts with so many stories all pairs are written down; larger ones are looked at in blocks."""

Labels = NDArray[np.int64]


def cluster(docs: Sequence[Doc], *, cut: float = CUT, large: int = LARGE) -> list[int]:
    """The event of every document, as a number counted from 0 in order of appearance.

    The grouping does not depend on the order of `docs`.
    """
    order = sorted(range(len(docs)), key=lambda index: (docs[index].id, docs[index].title, docs[index].text))
    _, labels, _ = _grouped([docs[index] for index in order], cut, large)
    by_place = dict(zip(order, labels.tolist(), strict=True))
    seen: dict[int, int] = {}
    return [seen.setdefault(by_place[place], len(seen)) for place in range(len(docs))]


def _grouped(docs: Sequence[Doc], cut: float, large: int) -> tuple[Nearness, Labels, dict[int, int]]:
    """Nearness, labels, and copy -> original; a copy follows its original and is not weighed again."""
    encoded = encode(docs)
    nearness = Nearness.of(*without_rubrics(docs, encoded))
    first = _of_one_place(copied(docs, encoded), docs, nearness)
    labels = np.zeros(len(docs), np.int64)
    originals = np.array([index for index in range(len(docs)) if index not in first], np.int64)
    if len(originals):
        small = len(originals) <= large
        labels[originals] = _by_linkage(nearness, originals, cut) if small else _by_graph(nearness, originals)
    for copy, original in first.items():
        labels[copy] = labels[original]
    return nearness, labels, first


def _of_one_place(first: dict[int, int], docs: Sequence[Doc], nearness: Nearness) -> dict[int, int]:
    """The copies without those that tell of another place in the same words, as short reports of two shootings do."""
    if not first:
        return first
    copy, original = (np.array(side, np.int64) for side in zip(*sorted(first.items()), strict=True))
    apart = copy[nearness.disagreement.elsewhere(copy, original)].tolist()
    kept = {place: first[place] for place in first if place not in set(apart)}
    # Of those that are left there may be several, of one place, and copies of each other.
    again = copied([docs[place] for place in apart])
    return kept | {apart[place]: apart[other] for place, other in again.items()}


def _by_linkage(nearness: Nearness, rows: Labels, cut: float) -> Labels:
    """Average-link agglomeration, exact, within the parts that any pair at the cut holds together."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    cosines = nearness.between(rows, rows)
    # A disagreement only takes away: what is apart without it stays so, and needs no look.
    _, parts = connected_components(csr_matrix(cosines >= cut), directed=False)
    together = _members(parts)
    _doubt(cosines, nearness, rows, together)
    labels = np.zeros(len(parts), np.int64)
    taken = 0
    for members in together:
        within = _agglomerate(cosines[np.ix_(members, members)], cut)
        labels[members] = taken + within
        taken += int(np.max(within)) + 1
    return labels


def _members(parts: Labels) -> list[Labels]:
    """The places of each part."""
    order = np.argsort(parts, kind="stable").astype(np.int64)
    return np.split(order, np.flatnonzero(np.diff(parts[order])) + 1) if len(order) else []


def _doubt(cosines: NDArray[np.float32], nearness: Nearness, rows: Labels, together: Sequence[Labels]) -> None:
    """Lower the nearness of the pairs within each part by what their texts disagree about."""
    few = [members for members in together if 1 < len(members) <= _FEW]
    if few:
        # Each pair once: two texts disagree both ways.
        pairs = [np.triu_indices(len(members), 1) for members in few]
        left = np.concatenate([members[one] for members, (one, _) in zip(few, pairs, strict=True)])
        right = np.concatenate([members[other] for members, (_, other) in zip(few, pairs, strict=True)])
        cosines[left, right] *= nearness.disagreement.of_pairs(rows[left], rows[right])
        cosines[right, left] = cosines[left, right]
    for members in together:
        for start in range(0, len(members) if len(members) > _FEW else 0, _BLOCK):
            block = members[start : start + _BLOCK]
            cosines[np.ix_(block, members)] *= nearness.disagreement.between(rows[block], rows[members])


def _agglomerate(cosines: NDArray[np.float32], cut: float) -> Labels:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(cosines) == 1:
        return np.zeros(1, np.int64)
    if float(np.min(cosines)) >= cut:
        return np.zeros(len(cosines), np.int64)  # whichever are joined first, their mean is above the cut as well
    distances = 1.0 - cosines.astype(np.float64)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(np.maximum(distances, 0.0), checks=False), method="average")
    labels: Labels = fcluster(tree, t=1.0 - cut, criterion="distance").astype(np.int64) - 1
    return labels


def _by_graph(nearness: Nearness, rows: Labels) -> Labels:
    """20 nearest neighbours and Louvain communities."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(len(rows)))
    for left, right in _candidates(nearness.words[rows]):
        near = nearness.of_pairs(rows[left], rows[right]) * nearness.disagreement.of_pairs(rows[left], rows[right])
        order = np.lexsort((right, -near, left))
        left, right, near = left[order], right[order], near[order]
        place = np.arange(len(left)) - np.searchsorted(left, left)
        keep = (near >= GRAPH_CUT) & (place < NEIGHBOURS)
        graph.add_weighted_edges_from(
            zip(left[keep].tolist(), right[keep].tolist(), near[keep].astype(float).tolist(), strict=True)
        )
    labels = np.zeros(len(rows), np.int64)
    for number, members in enumerate(networkx.community.louvain_communities(graph, seed=1)):
        labels[list(members)] = number
    return labels


def _candidates(words: csr_matrix) -> Iterator[tuple[Labels, Labels]]:
    """Blocks of (row, other row) pairs: for each row the 2 x NEIGHBOURS rows with the nearest words."""
    height = words.shape[0]
    spread = np.bincount(words.indices, minlength=words.shape[1])
    # Words in more than a fiftieth of all texts tell no two happenings apart, and make the product dense.
    telling = words[:, np.flatnonzero(spread <= max(50, height // 50))]
    transposed = telling.T.tocsr()
    for start in range(0, height, _BLOCK):
        block = (telling[start : start + _BLOCK] @ transposed).tocsr()
        left = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr)) + start
        right, near = block.indices.astype(np.int64), block.data
        keep = (near >= GRAPH_CUT / 4) & (left != right)
        left, right, near = left[keep], right[keep], near[keep]
        order = np.lexsort((right, -near, left))
        left, right = left[order], right[order]
        nearest = np.arange(len(left)) - np.searchsorted(left, left) < 2 * NEIGHBOURS
        yield left[nearest], right[nearest]


def group(
    stories: Sequence[Story], *, known: Mapping[str, str] | None = None, cut: float = CUT, large: int = LARGE
) -> tuple[Event, ...]:
    """Events within each language, in order of their earliest story. Every story is in exactly one event.

    `known` are events that were formed before, as story id -> event id: their stories stay together and apart as they
    are, and their ids stay; a story that comes later joins one of them or begins another. A new event's id is that of
    its story seen first. Stories of unknown language are tried with the most frequent one.
    """
    ordered = sorted(stories, key=lambda story: (story.first_seen, story.published_at, story.id))
    spoken = Counter(story.language for story in ordered if story.language != UNKNOWN)
    usual = min(spoken, key=lambda language: (-spoken[language], language)) if spoken else UNKNOWN
    by_language: dict[str, list[Story]] = {}
    for story in ordered:
        by_language.setdefault(usual if story.language == UNKNOWN else story.language, []).append(story)
    told_apart = known or {}
    events = [
        event for language in sorted(by_language) for event in _events(by_language[language], told_apart, cut, large)
    ]
    return tuple(sorted(_named(events, told_apart), key=lambda event: (event.first_seen, event.id)))


def _events(stories: Sequence[Story], known: Mapping[str, str], cut: float, large: int) -> list[Event]:
    ordered = sorted(stories, key=precedence)  # the first of several copies is the original
    nearness, labels, copied_from = _grouped([doc_of(story) for story in ordered], cut, large)
    first = last_versions(ordered, copied_from)
    members: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(place)
    kept = _as_known(ordered, members.values(), known)
    return [_event(ordered, nearness.words, places, first) for places in kept]


def _as_known(stories: Sequence[Story], groups: Iterable[list[int]], known: Mapping[str, str]) -> list[list[int]]:
    """The groups with every known story in its own event, and the new ones with the most of those beside them."""
    joined: dict[str, list[int]] = {}
    fresh: list[list[int]] = []
    for places in groups:
        before = Counter(known[stories[place].id] for place in places if stories[place].id in known)
        if not before:
            fresh.append(places)
            continue
        home = min(before, key=lambda event: (-before[event], event))
        for place in places:
            joined.setdefault(known.get(stories[place].id, home), []).append(place)
    return [*map(sorted, joined.values()), *fresh]


def _named(events: Sequence[Event], known: Mapping[str, str]) -> list[Event]:
    """The events under the names that they had, of several with one name the largest; new names are free ones."""
    had = [(event, name) for event in events for name in {known.get(story.id, "") for story in event.stories} if name]
    had.sort(key=lambda pair: (-len(pair[0].stories), pair[0].id, pair[1]))
    names: dict[str, str] = {}
    for event, name in had:
        if event.id not in names and name not in names.values():
            names[event.id] = name
    taken = {*known.values(), *names.values()}
    found: list[Event] = []
    for event in events:
        name = names.get(event.id, "")
        if not name:
            seen = sorted(event.stories, key=lambda story: (story.first_seen, story.published_at, story.id))
            name = next((story.id for story in seen if story.id not in taken), f"{event.id}-2")
            taken.add(name)
        found.append(event if name == event.id else replace(event, id=name))
    return found


def _event(stories: Sequence[Story], vectors: csr_matrix, places: list[int], first: dict[int, int]) -> Event:
    if len(places) == 1:
        # Most events are one story: there is nothing to weigh.
        alone = stories[places[0]]
        return Event(id=alone.id, stories=(alone,), copies=frozenset())
    # What copies a story of another event stands for itself here.
    first = {place: first[place] for place in places if first.get(place) in places}
    originals = [place for place in places if place not in first]
    centre = np.asarray(vectors[originals].mean(axis=0)).ravel()
    newest = max(stories[place].published_at for place in places)
    central = {place: round(float(vectors[place].dot(centre)[0]), 6) for place in places}
    # Who stands at the edge of the event does not lead it for being a wire's or the latest.
    near = max(central.values()) / 2
    worth = {
        place: value + (_telling(stories[place], newest) if value >= near else -0.2) for place, value in central.items()
    }
    mended = [place for place in places if stories[place].corrects and central[place] >= near]
    since = max((stories[place].published_at for place in mended), default=None)
    best = sorted(
        places,
        key=lambda place: (
            bool(filler(stories[place])),
            # What was told before a correction may be what was withdrawn, whoever told it.
            since is not None and place not in mended and stories[place].published_at <= since,
            place in first,
            stories[place].origin.aggregator,
            not stories[place].url,
            -worth[place],
            stories[place].published_at,
            stories[place].id,
        ),
    )
    earliest = min((stories[place] for place in places), key=lambda s: (s.first_seen, s.published_at, s.id))
    return Event(
        id=earliest.id,
        stories=tuple(stories[place] for place in best),
        copies=frozenset(stories[place].id for place in places if place in first),
    )


def _telling(story: Story, newest: datetime) -> float:
    """What makes a story fit to stand for its event beside being central: a wire's plain report, a late one."""
    hours = (newest - story.published_at).total_seconds() / 3600
    aside = is_aside(story.headline, story.section)
    late = max(0.0, 1 - hours / 24) * story.is_dated
    return 0.06 * story.origin.wire + 0.06 * late - 0.2 * aside - 0.1 * (len(story.text) < 200)
