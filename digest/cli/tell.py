"""Editions, accounts and mailings as JSON documents and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from digest.cli.output import print_table, say
from digest.model.delivery import Account, Chunk, Mailing
from digest.model.edition import Edition, ScoredEvent
from digest.model.event import Part
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.model.report import ZoneProgress
    from digest.ports import Refusal
    from digest.workflow.stories.collect import Collected


def account_document(account: Account) -> dict[str, Any]:
    """The accounting, with the keys that tools rely on."""
    return {
        "planned": account.planned,
        "ready": account.ready,
        "sending": account.sending,
        "accepted": account.accepted,
        "delivered": account.delivered,
        "bounced": account.bounced,
        "complained": account.complained,
        "rejected": account.rejected,
        "skipped": dict(account.skipped),
        "in_doubt": account.in_doubt,
        "held": account.held,
        "unconfirmed": account.unconfirmed,
        "adds_up": account.adds_up,
    }


def print_account(account: Account) -> None:
    """The accounting as a table; lines with nobody in them are left out."""
    document = account_document(account)
    rows: list[tuple[str, int, str]] = []
    for key, number in document.items():
        if key == "skipped":
            if account.skipped:
                reasons = ", ".join(f"{reason} {count}" for reason, count in account.skipped.items())
                rows.append(("skipped", sum(account.skipped.values()), reasons))
        elif key not in ("planned", "adds_up") and number:
            rows.append((key.replace("_", " "), number, _MEANING.get(key, "")))
    sum_line = "adds up" if account.adds_up else f"DOES NOT ADD UP: {account.lost} lost"
    rows.append(("planned", account.planned, sum_line))
    print_table(("Readers", "Number", ""), rows, right=("Number",))


def zone_document(one: ZoneProgress) -> dict[str, Any]:
    """How far a mailing is in one zone, at one hour of it."""
    from digest.workflow.hours import known_zone

    return {
        "zone": one.zone,
        "hour": f"{one.due_at.astimezone(ZoneInfo(known_zone(one.zone) or 'UTC')):%Y-%m-%d %H:%M}",
        "due_at": one.due_at.isoformat(),
        "planned": one.planned,
        "sent": one.sent,
        "waiting": one.waiting,
        "held": one.held,
        "in_doubt": one.in_doubt,
        "left_out": one.left_out,
    }


def print_zones(zones: Sequence[Mapping[str, Any]]) -> None:
    """The same as a table, in the order of the hours."""
    keys = ("planned", "sent", "waiting", "held", "in_doubt", "left_out")
    names = ("Planned", "Sent", "Waiting", "Held", "Doubt", "Out")
    # The day only where it is not the same everywhere: a terminal has eighty columns.
    days = {one["hour"].partition(" ")[0] for one in zones}
    hours = [one["hour"] if len(days) > 1 else one["hour"].partition(" ")[2] for one in zones]
    rows = [(one["zone"], hour, *(one[key] or "" for key in keys)) for one, hour in zip(zones, hours, strict=True)]
    print_table(("Zone", "There", *names), rows, right=names)


_MEANING = {
    "ready": "wait for their hour or for another try",
    "sending": "in a call, or in one that was killed",
    "accepted": "taken by the provider, no news yet",
    "rejected": "refused by the provider",
    "in_doubt": "the provider never answered",
    "held": "wait for a person",
    "unconfirmed": "taken, and no event ever came",
}


def parts_in_words(parts: Iterable[Part]) -> str:
    """`coverage +2.08 (7 outlets), wires +0.55 (2 wires)`."""
    return ", ".join(f"{part.name} {part.value:+.2f}" + (f" ({part.detail})" if part.detail else "") for part in parts)


def picks_of(edition: Edition) -> list[ScoredEvent]:
    """What was picked, the lead first."""
    return sorted((scored for scored in edition.scored if scored.rank), key=lambda scored: scored.rank)


def print_picks(edition: Edition, newsletter: Newsletter | None) -> None:
    """The edition as a table: rank, headline, score, and why: section, parts, outlets, wires."""
    rows = []
    for scored in picks_of(edition):
        section = newsletter.section_titled(scored.section) if newsletter else scored.section
        why = f"{section}: {parts_in_words(scored.parts)}"
        rows.append((scored.rank, scored.headline, f"{scored.score:.2f}", why))
    if not rows:
        say("No story was picked.")
        return
    print_table(("#", "Headline", "Score", "Why"), rows, right=("#", "Score"))


def print_candidates(edition: Edition) -> None:
    """What was not picked, and why not."""
    rows = [
        (f"{scored.score:.2f}", scored.headline, scored.left_out or "not picked")
        for scored in edition.scored
        if not scored.rank
    ]
    if rows:
        print_table(("Score", "Not picked", "Why not"), rows, right=("Score",))


def pick_document(scored: ScoredEvent) -> dict[str, Any]:
    """One pick or candidate."""
    return {
        "rank": scored.rank,
        "event": scored.event,
        "headline": scored.headline,
        "score": scored.score,
        "parts": [{"name": part.name, "value": part.value, "detail": part.detail} for part in scored.parts],
        "why": scored.why,
        "section": scored.section,
        "outlets": list(scored.outlets),
        "wires": list(scored.wires),
        "stories": list(scored.stories),
        "left_out": scored.left_out,
    }


def edition_document(edition: Edition) -> dict[str, Any]:
    """The whole edition, its name first."""
    from digest.store.codec import to_json

    document: dict[str, Any] = to_json(edition)
    document.pop("id")
    return {"edition": str(edition.id), **document}


def mailing_document(mailing: Mailing) -> dict[str, Any]:
    """A mailing without its account."""
    return {
        "state": mailing.state.value,
        "list": mailing.list,
        "planned_at": mailing.planned_at.isoformat(),
        "readers": mailing.count,
        "reason": mailing.reason,
    }


def chunk_document(chunk: Chunk) -> dict[str, Any]:
    """A chunk that waits for somebody or something."""
    return {
        "chunk": chunk.id,
        "variant": chunk.variant,
        "state": chunk.state.value,
        "due_at": chunk.due_at.isoformat(),
        "readers": chunk.size,
        "attempt": chunk.attempt,
        "note": chunk.note,
    }


def refusal_document(refusal: Refusal) -> dict[str, str]:
    """What could not be read, and why."""
    return {"source": refusal.source, "path": refusal.path, "reason": refusal.reason}


def collected_document(found: Collected) -> dict[str, Any]:
    """What a collection brought."""
    return {
        "sources": found.sources,
        "entries": found.entries,
        "new": found.new,
        "known": found.known,
        "failed": [refusal_document(one) for one in found.failed],
        "unreadable": [refusal_document(one) for one in found.unreadable],
        "refused": [refusal_document(one) for one in found.refused],
        "resting": [refusal_document(one) for one in found.resting],
        "silent": [refusal_document(one) for one in found.silent],
        "unchanged": found.unchanged,
        "completed": found.completed,
        "incomplete": [refusal_document(one) for one in found.incomplete],
        "beyond_pages": found.beyond,
    }


def refusal_lines(found: Collected) -> list[str]:
    """Every source and document that brought nothing, one line each."""
    groups: Mapping[str, Sequence[Refusal]] = {
        "source failed": found.failed,
        "unreadable": found.unreadable,
        "no story": found.refused,
        "not asked": found.resting,
        "silent": found.silent,
        "left short": found.incomplete,
    }
    lines: list[str] = []
    for word, refusals in groups.items():
        for one in refusals:
            place = one.source if one.path == one.source else f"{one.source}, {one.path}"
            lines.append(f"{word}: {place}: {one.reason}")
    return lines
