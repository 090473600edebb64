"""Near-duplicates: does the exact count of shared word runs find syndicated copies, and what would MinHash find?

    python -m benchmarks.copies

A labelled set of our own: of every long sample story some copies as agencies' customers print them (another headline;
the last third cut; a paragraph of their own put in; one word in ten changed), and rewrites that are no copies (every
second word changed; other outlets' own reports of the same event). MinHash with 128 permutations over the same runs of
three words, both at a Jaccard of one half. A group is right where its stories have the same origin.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from digest.editorial.events.dedupe import COPY_JACCARD, copied
from digest.editorial.text.doc import Doc
from digest.editorial.text.words import tokens
from digest.sources.detect import read_file

SAMPLES = Path(__file__).parents[1] / "samples" / "sources"
PERMUTATIONS = 128
_LEAST_WORDS = 80
_PRIME = (1 << 61) - 1


def originals() -> list[Doc]:
    """Long English sample stories, copies among them left out."""
    docs = []
    for path in sorted(SAMPLES.rglob("*")):
        if path.suffix in (".xml", ".atom", ".json", ".txt", ".html") and "courrier" not in str(path):
            for entry in read_file(str(path)):
                text = " ".join(entry.paragraphs or (entry.standfirst,))
                if len(text.split()) >= _LEAST_WORDS and (entry.language or "en").startswith("en"):
                    name = f"{path.relative_to(SAMPLES)}-{entry.position}"
                    docs.append(Doc(id=name, title=entry.title, text=text, language="en"))
    same = copied(docs)
    return [doc for place, doc in enumerate(docs) if place not in same]


def variants(doc: Doc, filler: Sequence[str], chance: random.Random) -> Iterator[tuple[str, bool, Doc]]:
    """(what was done, whether it is a copy, the text)."""
    words = doc.text.split()
    title = f"Abroad today: {chance.choice(filler)} {chance.choice(filler)} {chance.choice(filler)} and more"

    def changed(share: float) -> str:
        return " ".join(chance.choice(filler) if chance.random() < share else word for word in words)

    own = " ".join(chance.choice(filler) for _ in range(len(words) // 4))
    made = (
        ("another headline", True, doc.text),
        ("last third cut", True, " ".join(words[: len(words) * 2 // 3])),
        ("a paragraph of their own", True, f"{doc.text} {own}"),
        ("one word in ten changed", True, changed(0.1)),
        ("every second word changed", False, changed(0.5)),
    )
    for name, copy, text in made:
        yield name, copy, Doc(id=f"{doc.id} {name}", title=title, text=text, language="en")


def minhash_pairs(docs: Sequence[Doc]) -> set[tuple[int, int]]:
    """Pairs in one group, groups held together by signatures that agree in half of their places or more."""
    chance = np.random.default_rng(1)
    factors = chance.integers(1, _PRIME, PERMUTATIONS, dtype=np.uint64)
    shifts = chance.integers(0, _PRIME, PERMUTATIONS, dtype=np.uint64)
    signatures = []
    for doc in docs:
        said = tokens(f"{doc.title} {doc.text}")
        runs = np.array(
            [crc32(" ".join(run).encode()) for run in zip(said, said[1:], said[2:], strict=False)], np.uint64
        )
        signatures.append(((runs[:, None] * factors + shifts) % np.uint64(_PRIME)).min(axis=0))
    table = np.array(signatures)
    near = [
        (one, other)
        for one, other in combinations(range(len(docs)), 2)
        if (table[one] == table[other]).mean() >= COPY_JACCARD
    ]
    rows, columns = zip(*near, strict=True)
    graph = coo_matrix((np.ones(len(near)), (rows, columns)), shape=(len(docs), len(docs)))
    group = connected_components(graph, directed=False)[1]
    return {(one, other) for one, other in combinations(range(len(docs)), 2) if group[one] == group[other]}


def main() -> None:
    """Found and wrong pairs of both, and of ours by what was done."""
    chance = random.Random(3)
    firsts = originals()
    filler = sorted({word for doc in firsts for word in re.findall(r"[a-z]{4,}", doc.text)})
    docs, origin, kinds = list(firsts), [doc.id for doc in firsts], [""] * len(firsts)
    for doc in firsts:
        for name, copy, made in variants(doc, filler, chance):
            docs.append(made)
            origin.append(doc.id if copy else made.id)
            kinds.append(name)
    began = time.process_time()
    found = copied(docs)
    seconds = time.process_time() - began
    root = [found.get(place, place) for place in range(len(docs))]
    pairs = {(one, other) for one, other in combinations(range(len(docs)), 2) if origin[one] == origin[other]}
    ours = {(one, other) for one, other in combinations(range(len(docs)), 2) if root[one] == root[other]}
    print(f"{len(firsts)} stories, {len(docs)} texts, {len(pairs)} pairs of copies")
    for name, told in (("exact count of runs", ours), ("MinHash, 128", minhash_pairs(docs))):
        print(f"  {name}: recall {len(told & pairs) / len(pairs):.3f}, precision {len(told & pairs) / len(told):.3f}")
    print(f"  exact count: {seconds:.2f} s of one core")
    for name in dict.fromkeys(kinds[len(firsts) :]):
        places = [place for place, kind in enumerate(kinds) if kind == name]
        joined = sum(
            docs[root[place]].id.startswith(docs[place].id.removesuffix(f" {name}"))
            for place in places
            if place in found
        )
        print(f"  {name}: {joined} of {len(places)} joined to their original")


if __name__ == "__main__":
    main()
