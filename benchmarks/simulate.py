"""A hundred million readers on paper: `python -m benchmarks.simulate [--readers N] [--languages L] [--waves W]`.

Arithmetic from measured figures, each named with the benchmark that repeats it. It says what a day takes, what a year
grows to, and which part is full first. docs/why/scale.md tells what to change then.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

GB = 1e9
PER_THOUSAND = (0.1, 0.4)
"""Dollars that a provider asks for a thousand mails: an assumption, not looked up anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found on two cores that did nothing else."""

    plan_seconds: float = 7.5e-6
    """Seconds to plan a reader of ten million on PostgreSQL (`benchmarks.workers`)."""
    send_seconds: float = 27e-6
    """Processor of a worker for a reader: 13 µs for a SendGrid call (`benchmarks.delivery`), 5 µs for the claim, 9 µs
    for the gate that is asked again (`benchmarks.ledger`)."""
    event_seconds: float = 40e-6
    """Our processor for an event: 2 µs to verify and keep it, 38 µs to apply it (`benchmarks.delivery_events`)."""
    delivery_bytes: float = 150
    """A row of deliveries on PostgreSQL, indexes and all (`benchmarks.move`)."""
    feedback_bytes: float = 273
    """A row of feedback, indexes and all (`benchmarks.move`)."""
    reader_bytes: float = 557
    """A subscriber and one subscription, indexes and all (`benchmarks.move`)."""
    post_bytes: float = 350
    """An event as a provider posts it, kept as it came."""
    call_readers: int = 1_000
    """Readers in a call of the largest providers."""
    call_seconds: float = 0.5
    """One such call, out and back: an assumption, not measured here."""
    plan_bytes: float = 11
    """Memory of the planning process for a reader, beyond its base (`benchmarks.workers`, ten million)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is asked for."""

    readers: int
    languages: int
    waves: int
    events: float
    """Events of a provider for a reader and a day: processed, delivered, and what readers do."""
    per_hour: int
    """Readers that the provider takes in an hour."""
    busiest: float
    """Share of the readers in the busiest wave."""
    deliveries_days: int
    posts_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, and whether it fits into what there is."""

    what: str
    found: str
    room: str
    used: float
    """Share of the room that is taken; above 1 it does not fit."""


def lines(day: Day, one: Measured) -> Iterator[Line]:
    """The day, part by part."""
    hour = 3_600.0
    wave = day.readers * day.busiest
    plan = day.readers * one.plan_seconds
    yield Line(
        what="plan, one transaction", found=f"{plan / 60:,.0f} min", room="1 h before the first wave", used=plan / hour
    )
    memory = day.readers * one.plan_bytes / GB
    yield Line(what="memory of the plan", found=f"{memory:,.1f} GB", room="4 GB", used=memory / 4)
    sending = wave * one.send_seconds
    yield Line(
        what="busiest wave, cores of workers",
        found=f"{sending / hour:,.1f} cores",
        room="16 cores",
        used=sending / hour / 16,
    )
    calls = wave / one.call_readers * one.call_seconds
    yield Line(
        what="busiest wave, calls at the same time",
        found=f"{calls / hour:,.0f}",
        room="128 (16 workers of 8)",
        used=calls / hour / 128,
    )
    yield Line(
        what="the provider's limit in the busiest wave",
        found=f"{wave / 1e6:,.1f} M readers",
        room=f"{day.per_hour / 1e6:,.1f} M an hour",
        used=wave / day.per_hour,
    )
    events = day.readers * day.events
    applying = wave * day.events * one.event_seconds
    yield Line(
        what="events of the busiest hour, cores",
        found=f"{applying / hour:,.1f} cores",
        room="8 cores",
        used=applying / hour / 8,
    )
    deliveries = day.readers * one.delivery_bytes * day.deliveries_days / GB
    yield Line(what="deliveries that are kept", found=f"{deliveries:,.0f} GB", room="4,000 GB", used=deliveries / 4_000)
    feedback = events * one.feedback_bytes * day.deliveries_days / GB
    yield Line(what="events that are kept", found=f"{feedback:,.0f} GB", room="4,000 GB", used=feedback / 4_000)
    posts = events * one.post_bytes * day.posts_days / GB
    yield Line(what="posts of providers that are kept", found=f"{posts:,.0f} GB", room="4,000 GB", used=posts / 4_000)
    readers = day.readers * one.reader_bytes / GB
    yield Line(what="readers", found=f"{readers:,.0f} GB", room="256 GB (in memory)", used=readers / 256)
    # Deliveries and events of large mailings go by dropping the tables of their range: no row of them is deleted. What
    # goes row by row are the posts of providers; at worst each brings one event.
    gone = events / 86_400
    yield Line(
        what="rows that retention deletes one by one",
        found=f"{gone:,.0f} a second",
        room="20,000 a second",
        used=gone / 20_000,
    )
    variants = day.languages * 8
    yield Line(what="variants to render and approve", found=f"{variants:,}", room="500", used=variants / 500)


def main() -> None:
    """Print the day; what is full first stands on top."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=100_000_000)
    parser.add_argument("--languages", type=int, default=20)
    parser.add_argument("--waves", type=int, default=24)
    parser.add_argument("--events", type=float, default=2.5, help="Events for a reader and a day.")
    parser.add_argument("--per-hour", type=int, default=10_000_000, help="Readers a provider takes in an hour.")
    parser.add_argument("--deliveries-days", type=int, default=400)
    parser.add_argument("--posts-days", type=int, default=30)
    chosen = parser.parse_args()
    # Readers live where people live: the busiest of 24 hours has three times its share.
    day = Day(
        readers=chosen.readers,
        languages=chosen.languages,
        waves=chosen.waves,
        events=chosen.events,
        per_hour=chosen.per_hour,
        busiest=min(1.0, 3 / chosen.waves),
        deliveries_days=chosen.deliveries_days,
        posts_days=chosen.posts_days,
    )
    print(f"{day.readers:,} readers, {day.languages} languages, {day.waves} waves")
    for line in sorted(lines(day, Measured()), key=lambda one: -one.used):
        used = "does not fit" if line.used > 1 else f"{line.used:.0%}"
        # Variants do not grow with the readers.
        full = "" if line.what.startswith("variants") else f"full at {day.readers / line.used / 1e6:,.0f} M"
        print(f"{line.what:<44} {line.found:>18}   {line.room:<26} {used:<13} {full}".rstrip())
    least, most = (day.readers / 1_000 * price for price in PER_THOUSAND)
    cost = f"{least:,.0f} to {most:,.0f} dollars a day"
    print(f"provider's bill: {cost} (at {PER_THOUSAND[0]} to {PER_THOUSAND[1]} for a thousand mails: an assumption)")


if __name__ == "__main__":
    main()
