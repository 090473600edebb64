"""The trace of one pick: why it stands where it stands, and why others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from digest.cli.exits import Exit
from digest.cli.frame import Call, command, edition_argument
from digest.cli.output import print_json, print_table, say
from digest.model.edition import EditionId

if TYPE_CHECKING:
    from digest.model.story import Story
    from digest.workflow.edition.explain import Explanation, Rival


@command("explain", examples=("digest explain world/2026-11-22 1", "digest explain world/2026-11-22 3 --json"))
@edition_argument
@click.argument("rank", type=click.IntRange(1), metavar="RANK")
def explain(call: Call, edition: EditionId, rank: int) -> Exit:
    """Show why a pick stands where it stands.

    Its stories and who owns their outlets, the parts of its score, what nearly beat it, and why the next one lost.
    RANK 1 is the lead; `digest show` lists the ranks.
    """
    from digest.workflow.edition.explain import explained

    with call.store(make=False) as store, store.read() as tx:
        found = explained(tx.editions.get(edition), edition, rank, tx.stories.get)
    if call.json:
        print_json(_document(found))
    else:
        _print(found)
    return Exit.DONE


def _print(found: Explanation) -> None:
    from digest.cli.tell import parts_in_words

    scored = found.scored
    say(f"{found.edition}, rank {scored.rank} of {found.candidates} candidates: {scored.headline}")
    say()
    say(f"Score {scored.score:.2f}: {parts_in_words(scored.parts)}")
    votes = "; ".join(
        owner if outlets == (owner,) else f"{owner} ({', '.join(outlets)})" for owner, outlets in found.votes
    )
    say(f"Votes, one per owner: {len(found.votes)}: {votes}")
    if scored.wires:
        say(f"Wires: {', '.join(scored.wires)}")
    say()
    rows = [
        (f"{story.published_at:%m-%d %H:%M}", story.origin.outlet, story.headline, _mark(found, story))
        for story in found.stories
    ]
    print_table(("UTC", "Outlet", "Story", ""), rows)
    if found.missing:
        say(f"{found.missing} further stories are stored no more.")
    say()
    if found.above:
        above = [(str(one.scored.rank), one.scored.headline, f"{one.scored.score:.2f}", one.why) for one in found.above]
        print_table(("#", "What stands above it", "Score", "Why"), above, right=("#", "Score"))
        say()
    if not found.rivals:
        say("No other candidate came near.")
        return
    shown = [(one.scored.rank or "-", one.scored.headline, f"{one.scored.score:.2f}", one.why) for one in found.rivals]
    print_table(("#", "What nearly beat it", "Score", "Why it did not"), shown, right=("#", "Score"))


def _mark(found: Explanation, story: Story) -> str:
    from digest.editorial.kinds.fillers import filler

    if story.id in found.copies:
        return "copy, does not count"
    if story.origin.aggregator:
        return "aggregator, does not count"
    if story.id not in found.counting:
        return f"{filler(story)}, does not count"
    return "wire" if story.origin.wire else ""


def _document(found: Explanation) -> dict[str, Any]:
    from digest.cli.tell import pick_document

    return {
        "edition": str(found.edition),
        "pick": pick_document(found.scored),
        "candidates": found.candidates,
        "votes": [{"owner": owner, "outlets": list(outlets)} for owner, outlets in found.votes],
        "stories": [
            {
                "story": story.id,
                "outlet": story.origin.outlet,
                "owner": story.origin.owner,
                "headline": story.headline,
                "url": story.url,
                "published_at": story.published_at.isoformat(),
                "counts": story.id in found.counting,
            }
            for story in found.stories
        ],
        "missing": found.missing,
        "above": [_rival_document(one) for one in found.above],
        "rivals": [_rival_document(one) for one in found.rivals],
    }


def _rival_document(one: Rival) -> dict[str, Any]:
    return {
        "event": one.scored.event,
        "headline": one.scored.headline,
        "rank": one.scored.rank,
        "score": one.scored.score,
        "behind": round(one.behind, 4),
        "why": one.why,
        "differences": [{"part": each.name, "own": each.own, "other": each.other} for each in one.differences],
    }
