"""How long a rendering takes and how large it is: `python -m benchmarks.render`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from digest.model.mail import Envelope, Recipient, Slot, Variant
from digest.render.engine import Engine
from digest.render.layout import lay_out
from digest.render.message import MessageTemplate
from digest.render.palette import palette
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, Substitutes, greeting, slot_tokens
from digest.render.words import words_for
from tests.digest.render.editions import BRIEFS, KRAMATORSK, NEWSLETTER, STORIES, with_stories

VIEW = "https://digest.example/world/2022-04-08"
READERS = 10_000


def main() -> None:
    """Print every figure with the bar that it is held to. Processor time: other work on the machine is not ours."""
    stories = [KRAMATORSK, *(story for section in STORIES.values() for story in section), *BRIEFS][:12]
    edition, variant = with_stories(stories), Variant(language="en")
    engine = Engine(Path(__file__).parents[1] / "templates")
    renderer = EditionRenderer(engine)
    rendered = renderer.render(edition, NEWSLETTER, variant, view_url=VIEW)

    sheet = lay_out(edition, NEWSLETTER, variant)
    look, tokens, say = palette(NEWSLETTER.theme, "en"), slot_tokens("x"), words_for("en").say

    def html() -> str:
        return engine.compile(
            "email/edition.mjml.j2", sheet=sheet, look=look, slots=tokens, page=None, padding="", say=say
        )

    _print_time("Jinja and MJML, 12 stories", html, "< 6 ms")
    _print_time(
        "the whole rendering, both parts",
        lambda: renderer.render(edition, NEWSLETTER, variant, view_url=VIEW),
        "",
    )
    print(f"{'HTML of 12 stories':36} {len(rendered.html.encode()) / 1000:9.1f} KB   <= 55 KB")
    print(f"{'text part':36} {len(rendered.text.encode()) / 1000:9.1f} KB")

    readers = [_reader(number) for number in range(READERS)]
    filler, substitutes = Filler(rendered), Substitutes(rendered)
    template = MessageTemplate(rendered, _envelope())
    _print_rate("slots filled, HTML", lambda reader: filler.html(reader.slots), readers, "10,000 < 0.5 s")
    _print_rate("slots filled, HTML and text", lambda r: (filler.html(r.slots), filler.text(r.slots)), readers, "")
    _print_rate("substitutions for a provider", lambda reader: substitutes.values(reader.slots), readers, "")
    _print_rate("whole messages built", template.build, readers, "")
    print(f"{'one message':36} {len(template.build(readers[0])) / 1000:9.1f} KB")


def _print_time(name: str, work: Callable[[], object], bar: str) -> None:
    work()
    taken = []
    for _ in range(60):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    print(f"{name:36} {statistics.median(taken):9.2f} ms   {bar:16} best {min(taken):.2f} ms")


def _print_rate(name: str, work: Callable[[Recipient], object], readers: list[Recipient], bar: str) -> None:
    start = time.process_time()
    for reader in readers:
        work(reader)
    seconds = time.process_time() - start
    print(f"{name:36} {seconds:9.2f} s    {bar:16} {len(readers) / seconds:,.0f} a second")


def _reader(number: int) -> Recipient:
    leave = f"https://digest.example/u/{'k' * 70}{number}"
    return Recipient(
        delivery=f"k{number}",
        email=f"reader{number}@readers.example",
        name=f"Zoë {number}",
        slots={
            Slot.NAME: greeting("en", f"Zoë {number}"),
            Slot.UNSUBSCRIBE: leave,
            Slot.PREFERENCES: f"https://digest.example/p/{'k' * 70}{number}",
            Slot.VIEW: VIEW,
        },
        unsubscribe_url=leave,
    )


def _envelope() -> Envelope:
    return Envelope(
        edition="world/2022-04-08",
        newsletter="world",
        newsletter_name=NEWSLETTER.name,
        list_id="world.digest.example",
        from_name=NEWSLETTER.sender.name,
        from_email=NEWSLETTER.sender.email,
        reply_to="",
        archive_url="https://digest.example/",
        help_url="",
        unsubscribe_mailto="leave@digest.example",
        date=datetime(2022, 4, 8, 5, 0, tzinfo=UTC),
        message_domain="digest.example",
    )


if __name__ == "__main__":
    main()
