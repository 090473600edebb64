"""How long a rendering takes and how large it is: `python -m benchmarks.render`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mjml import mjml2html

from digest.model.edition import Edition, Told
from digest.model.mail import Envelope, Recipient, Rendered, Slot, Variant
from digest.render.dkim import DkimSigner
from digest.render.engine import Engine, compile_mjml
from digest.render.layout import lay_out
from digest.render.message import MessageTemplate, list_headers
from digest.render.palette import palette
from digest.render.pixels import LEAD, THUMB, cut
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, Substitutes, greeting, slot_tokens
from digest.render.words import words_for
from tests.digest.render.editions import BRIEFS, KRAMATORSK, LEAD_PICTURE, NEWSLETTER, STORIES, with_stories
from tests.digest.render.editions import THUMB as THUMB_PICTURE
from tests.digest.render.photographs import landscape, written
from tests.oracles import ask, installed

VIEW = "https://digest.example/world/2022-04-08"
READERS = 10_000


def main() -> None:
    """Print every figure with the bar that it is held to. Processor time: other work on the machine is not ours."""
    stories = [KRAMATORSK, *(story for section in STORIES.values() for story in section), *BRIEFS][:12]
    edition, variant = with_stories(stories), Variant(language="en")
    engine = _Recording(Path(__file__).parents[1] / "templates")
    renderer = EditionRenderer(engine, picture_host="https://digest.example/pictures/")
    rendered = renderer.render(edition, NEWSLETTER, variant, view_url=VIEW)
    _print_compiling(engine, edition, rendered)
    _print_sizes(renderer, rendered, stories)
    _print_readers(rendered)
    _print_pictures()


class _Recording(Engine):
    """Keeps the MJML that it compiled last."""

    source = ""

    def compile(self, template: str, **values: object) -> str:
        self.source = self.fill(template, **values)
        return super().compile(template, **values)


def _print_compiling(engine: _Recording, edition: Edition, rendered: Rendered) -> None:
    variant = rendered.variant
    sheet = lay_out(edition, NEWSLETTER, variant)
    look, tokens, say = palette(NEWSLETTER.theme, "en"), slot_tokens("x"), words_for("en").say
    plain = Engine(Path(__file__).parents[1] / "templates")

    def html() -> str:
        return plain.compile(
            "email/edition.mjml.j2", sheet=sheet, look=look, slots=tokens, page=None, padding="", say=say
        )

    _print_time("Jinja and MJML, 12 stories", html, "< 6 ms")
    # A fresh renderer each time: one that has rendered this before has the bytes at hand.
    _print_time(
        "the whole rendering, both parts",
        lambda: EditionRenderer(plain).render(edition, NEWSLETTER, variant, view_url=VIEW),
        "",
    )
    source = engine.source
    _print_time("MJML with our checks, on the clock", lambda: compile_mjml(source), "", time.perf_counter)
    ours = _print_time("MJML alone, on the clock", lambda: mjml2html(source, fonts={}), "", time.perf_counter)
    if missing := installed():
        print(f"{'the official MJML, on the clock':36} {missing}")
        return
    theirs = float(ask("mjml", {"mail": source}, "40")["mail"]["milliseconds"])
    print(f"{'the official MJML, on the clock':36} {theirs:9.2f} ms   {'>= 10 x ours':16} {theirs / ours:.1f} x")


def _print_sizes(renderer: EditionRenderer, rendered: Rendered, stories: list[Told]) -> None:
    print(f"{'HTML of 12 stories':36} {len(rendered.html.encode()) / 1000:9.1f} KB   <= 55 KB")
    print(f"{'text part':36} {len(rendered.text.encode()) / 1000:9.1f} KB")
    full = with_stories([_full(story, number) for number, story in enumerate(stories)])
    html = renderer.render(full, NEWSLETTER, Variant(language="en"), view_url=VIEW).html
    print(f"{'the same, pictures, 3 related each':36} {len(html.encode()) / 1000:9.1f} KB   <= 55 KB")
    many = with_stories([_tracked(stories[number % len(stories)], number) for number in range(24)])
    html = renderer.render(many, NEWSLETTER, Variant(language="en"), view_url=VIEW).html
    print(f"{'HTML of 24 with 400-character links':36} {len(html.encode()) / 1000:9.1f} KB   <= 95 KB")


def _full(story: Told, number: int) -> Told:
    """The story with all that there is room for: three related items, and a picture at every second one."""
    related = (KRAMATORSK.related * 3)[:3]
    picture = LEAD_PICTURE if number == 0 else THUMB_PICTURE if number % 2 else None
    return replace(story, related=related, picture=picture, image_alt="What is seen", image_credit=story.outlet)


def _tracked(story: Told, number: int) -> Told:
    """The story with links as long as a provider's click tracking makes them."""

    def lengthened(url: str) -> str:
        return f"{url}?{number}".ljust(400, "x")

    related = tuple(replace(one, url=lengthened(one.url)) for one in story.related)
    return replace(story, url=lengthened(story.url), related=related)


def _print_readers(rendered: Rendered) -> None:
    readers = [_reader(number) for number in range(READERS)]
    filler, substitutes = Filler(rendered), Substitutes(rendered)
    template = MessageTemplate(rendered, _envelope())
    _print_rate("slots filled, HTML", lambda reader: filler.html(reader.slots), readers, "10,000 < 0.5 s")
    _print_rate("slots filled, HTML and text", lambda r: (filler.html(r.slots), filler.text(r.slots)), readers, "")
    _print_rate("substitutions for a provider", lambda reader: substitutes.values(reader.slots), readers, "")
    _print_rate("list headers for a provider", lambda reader: list_headers(_ENVELOPE, reader), readers, "")
    _print_rate("whole messages built", template.build, readers, "")
    message = template.build(readers[0])
    print(f"{'one message':36} {len(message) / 1000:9.1f} KB")
    for name, key in (("RSA", rsa.generate_private_key(65537, 2048)), ("Ed25519", Ed25519PrivateKey.generate())):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signer = DkimSigner(domain="digest.example", selector="d", key=pem)
        _print_time(f"one DKIM signature, {name}", partial(signer.signed, message), "")


def _print_pictures() -> None:
    photograph = written(landscape(2400, 1600), quality=90)
    for name, frame in (("lead", LEAD), ("thumbnail", THUMB)):
        encoded = cut("x", photograph, frame)
        _print_time(f"one picture, {name}, {encoded.kept.size / 1000:.0f} KB", partial(cut, "x", photograph, frame), "")


def _print_time(
    name: str, work: Callable[[], object], bar: str, clock: Callable[[], float] = time.process_time
) -> float:
    """Prints, and returns the median in milliseconds."""
    work()
    taken = []
    for _ in range(60):
        start = clock()
        work()
        taken.append((clock() - start) * 1000)
    print(f"{name:36} {statistics.median(taken):9.2f} ms   {bar:16} best {min(taken):.2f} ms")
    return statistics.median(taken)


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


_ENVELOPE = _envelope()


if __name__ == "__main__":
    main()
