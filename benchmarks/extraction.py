"""Bodies from plain text: shingle F1 on crawled pages whose body is known.

    python -m benchmarks.extraction

Two sets of our own: the hand-made pages of tests/digest/sources/samples/textdoc, which the reader's tests also use, and
40 made ones: the full texts of the sample feeds between furniture of eight kinds (seeded), which it was not made for.
The one real page of the data folder beside the checkout is compared paragraph by paragraph, where it is there.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from digest.model.story import Entry
from digest.sources.detect import read_file
from digest.sources.textdoc import read_textdoc

ROOT = Path(__file__).parents[1]
HAND_MADE = ROOT / "tests" / "digest" / "sources" / "samples" / "textdoc"
FEEDS = ROOT / "samples" / "sources"
MADE = 40
RUN = 3
"""Words in a shingle."""

ABOVE = (
    ("Skip to content", "Home", "World", "Politics", "Opinion", "Sign in", "Subscribe"),
    ("Menu", "Search", "Latest", "Sport", "Weather", "", "Advertisement"),
    ("We use cookies to give you the best experience. Accept all | Manage", "", "BREAKING NEWS"),
    ("date 2022-04-08 WORLD",),
    ("Home > News > World", "Listen to this article", "4 min read"),
    ("The Daily Example", "Friday, 8 April 2022", "Today's paper | E-paper | Newsletters"),
    ("Share", "Facebook", "Twitter", "WhatsApp", "Copy link"),
    (),
)
BETWEEN = (
    ("Advertisement",), ("Read more: What we know so far",), ("Photo: A street in the capital [File]",), (),
    ("Story continues below",), ("Sign up to our newsletter",), (), ("Share this story",),
)  # fmt: skip
BELOW = (
    ("RELATED ARTICLES", "Ministers meet again on Monday", "LEAVE A REPLY", "Please enter your comment!"),
    ("© 2022 Example Media. All rights reserved.", "Terms of use", "Privacy policy", "Contact us"),
    ("20220408-093214", "Tags: world, politics", "Follow us on Twitter", "Download our app"),
    ("Most read", "1", "Storm closes the northern ports", "2", "The film that everybody watches"),
    ("More from World", "Ferry to the islands halted", "About us", "Careers", "Tel: +44 20 7946 0000"),
    ("Comments (14)", "Log in to comment", "Report an error"),
    ("Recommended for you", "Ten quiet beaches", "Newsletter", "Enter your email address", "Subscribe"),
    ("This article was amended on 9 April 2022.", "Reuse this content"),
)  # fmt: skip


def shingles(texts: Sequence[str]) -> set[tuple[str, ...]]:
    """All runs of RUN words."""
    words = " ".join(texts).split()
    return {tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1)}


def f1(wanted: Sequence[str], found: Sequence[str]) -> float:
    """Of shingles; 1.0 where both are empty."""
    one, other = shingles(wanted), shingles(found)
    if not one and not other:
        return 1.0
    return 2 * len(one & other) / (len(one) + len(other))


def hand_made() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Name, body as expected, body as read."""
    for page in sorted(HAND_MADE.glob("*.txt")):
        wanted = json.loads(page.with_suffix(".json").read_text("utf-8")).get("paragraphs")
        if wanted is not None:
            (entry,) = read_textdoc(page.name, page.read_bytes())
            yield page.name, tuple(wanted), entry.paragraphs


def made() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The same of full texts of the sample feeds between made furniture."""
    chance = random.Random(8)
    entries: list[Entry] = []
    for path in sorted(FEEDS.rglob("*")):
        if path.suffix in (".xml", ".atom", ".json"):
            entries += [one for one in read_file(str(path)) if sum(len(text.split()) for text in one.paragraphs) >= 60]
    for number, entry in enumerate(entries[:MADE]):
        body = list(entry.paragraphs)
        middle = chance.randrange(1, len(body)) if len(body) > 1 else 1
        inside = BETWEEN[chance.randrange(len(BETWEEN))]
        byline = ["By Our Correspondent", ""] if number % 3 == 0 else []
        lines = [
            *ABOVE[number % len(ABOVE)], "", entry.title, "", *byline,
            *_spaced(body[:middle]), *inside, "", *_spaced(body[middle:]), *BELOW[chance.randrange(len(BELOW))],
        ]  # fmt: skip
        (found,) = read_textdoc(f"made-{number}", "\n".join(lines).encode())
        yield f"made-{number:02}", entry.paragraphs, found.paragraphs


def _spaced(paragraphs: Sequence[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield paragraph
        yield ""


def report(name: str, pages: Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> float:
    """Print and return the mean F1."""
    scores = {page: f1(wanted, found) for page, wanted, found in pages}
    mean = sum(scores.values()) / len(scores)
    worst = min(scores, key=lambda page: scores[page])
    exact = sum(score == 1.0 for score in scores.values())
    print(
        f"{name}: {len(scores)} pages, shingle F1 {mean:.3f} in the mean, {exact} exact, "
        f"worst {scores[worst]:.3f} ({worst})"
    )
    return mean


def main() -> None:
    """Both sets, and the real page."""
    report("hand-made pages", hand_made())
    report("made pages", made())
    seeds = sorted((ROOT.parent / "shared" / "data" / "seed").glob("*.txt"))
    for seed in seeds:
        (entry,) = read_textdoc(seed.name, seed.read_bytes())
        print(f"real page: {len(entry.paragraphs)} paragraphs (its body has 10)")
    if not seeds:
        print("real page: not here, left out")


if __name__ == "__main__":
    main()
