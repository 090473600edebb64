"""Stories of one happening become one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from digest.editorial.dedupe import Text, copied
from digest.editorial.languages import UNKNOWN
from digest.editorial.vectors import similarities, word_vectors
from digest.model.event import Event
from digest.model.story import Story

CUT = 0.15
"""Mean cosine from which two groups of stories are one event."""
GRAPH_CUT = 0.20
LARGE = 5_000
"""Above so many stories the neighbour graph takes over."""
NEIGHBOURS = 20

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """A text to be grouped. Title or text may be empty; `published` None = unknown."""

    id: str
    title: str
    text: str = ""
    language: str = UNKNOWN
    published: datetime | None = None
    url: str = ""


def cluster(docs: Sequence[Doc], *, cut: float = CUT, large: int = LARGE) -> list[int]:
    """The event of every document, as a number counted from 0 in order of appearance.

    The grouping does not depend on the order of `docs`.
    """
    order = sorted(range(len(docs)), key=lambda index: (docs[index].id, docs[index].title, docs[index].text))
    _, labels, _ = _grouped([docs[index] for index in order], cut, large)
    by_place = dict(zip(order, labels.tolist(), strict=True))
    seen: dict[int, int] = {}
    return [seen.setdefault(by_place[place], len(seen)) for place in range(len(docs))]


def _grouped(docs: Sequence[Doc], cut: float, large: int) -> tuple[csr_matrix, Labels, dict[int, int]]:
    """Vectors, labels, and copy -> original; a copy follows its original and is not weighed again."""
    first = copied(
        [Text(id=doc.id, title=doc.title, body=doc.text, url=doc.url, published=doc.published) for doc in docs]
    )
    vectors = word_vectors([(doc.title, doc.text) for doc in docs])
    labels = np.zeros(len(docs), np.int64)
    originals = np.array([index for index in range(len(docs)) if index not in first], np.int64)
    if len(originals):
        some = vectors[originals]
        labels[originals] = _by_graph(some) if len(originals) > large else _by_linkage(some, cut)
    for copy, original in first.items():
        labels[copy] = labels[original]
    return vectors, labels, first


def _by_linkage(vectors: csr_matrix, cut: float) -> Labels:
    """Average-link agglomeration, exact, within the parts that any pair at the cut holds together."""
    cosines = similarities(vectors, vectors)
    _, parts = connected_components(csr_matrix(cosines >= cut), directed=False)
    labels = np.zeros(len(parts), np.int64)
    taken = 0
    for part in range(int(parts.max()) + 1):
        members = np.flatnonzero(parts == part)
        within = _agglomerate(cosines[np.ix_(members, members)], cut)
        labels[members] = taken + within
        taken += int(within.max()) + 1
    return labels


def _agglomerate(cosines: NDArray[np.float32], cut: float) -> Labels:
    if len(cosines) == 1:
        return np.zeros(1, np.int64)
    distances = 1.0 - cosines.astype(np.float64)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(np.maximum(distances, 0.0), checks=False), method="average")
    labels: Labels = fcluster(tree, t=1.0 - cut, criterion="distance").astype(np.int64) - 1
    return labels


def _by_graph(vectors: csr_matrix) -> Labels:
    """20 nearest neighbours and Louvain communities."""
    graph = networkx.Graph()
    height = vectors.shape[0]
    graph.add_nodes_from(range(height))
    spread = np.bincount(vectors.indices, minlength=vectors.shape[1])
    # Words in more than a twentieth of all texts tell no two happenings apart, and make the product dense.
    telling = vectors[:, np.flatnonzero(spread <= max(50, height // 20))]
    transposed = telling.T.tocsr()
    for start in range(0, height, 512):
        block = (telling[start : start + 512] @ transposed).tocsr()
        for row in range(block.shape[0]):
            low, high = block.indptr[row], block.indptr[row + 1]
            columns, values = block.indices[low:high], block.data[low:high]
            keep = (values >= GRAPH_CUT) & (columns != start + row)
            columns, values = columns[keep], values[keep]
            nearest = np.lexsort((columns, -values))[:NEIGHBOURS]
            for place in nearest:
                graph.add_edge(start + row, int(columns[place]), weight=float(values[place]))
    labels = np.zeros(height, np.int64)
    for number, members in enumerate(networkx.community.louvain_communities(graph, seed=1)):
        labels[list(members)] = number
    return labels


def group(stories: Sequence[Story], *, cut: float = CUT, large: int = LARGE) -> tuple[Event, ...]:
    """Events within each language, in order of their earliest story. Every story is in exactly one event.

    An event's id is that of the story seen first, so a story that comes later joins without renaming anything.
    Stories of unknown language are tried with the most frequent one.
    """
    ordered = sorted(stories, key=lambda story: (story.first_seen, story.published_at, story.id))
    spoken = Counter(story.language for story in ordered if story.language != UNKNOWN)
    usual = min(spoken, key=lambda language: (-spoken[language], language)) if spoken else UNKNOWN
    by_language: dict[str, list[Story]] = {}
    for story in ordered:
        by_language.setdefault(usual if story.language == UNKNOWN else story.language, []).append(story)
    events = [event for language in sorted(by_language) for event in _events(by_language[language], cut, large)]
    return tuple(sorted(events, key=lambda event: (event.first_seen, event.id)))


def _doc(story: Story) -> Doc:
    return Doc(
        id=story.id, title=story.headline, text=story.text or story.standfirst, language=story.language,
        published=story.published_at, url=story.url,
    )  # fmt: skip


def _events(stories: Sequence[Story], cut: float, large: int) -> list[Event]:
    # Sorted by publication: the earliest published of several copies is the original.
    by_time = sorted(stories, key=lambda story: (story.published_at, story.first_seen, story.id))
    vectors, labels, first = _grouped([_doc(story) for story in by_time], cut, large)
    members: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(place)
    return [_event(by_time, vectors, places, first) for places in members.values()]


def _event(stories: Sequence[Story], vectors: csr_matrix, places: list[int], first: dict[int, int]) -> Event:
    originals = [place for place in places if place not in first]
    centre = np.asarray(vectors[originals].mean(axis=0)).ravel()
    nearness = {place: round(float(vectors[place].dot(centre)[0]), 6) for place in places}
    best = sorted(
        places,
        key=lambda place: (
            place in first,
            stories[place].origin.aggregator,
            not stories[place].url,
            -nearness[place],
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
