"""Builders of test data: a newsletter, an app on a real database, an approved edition, readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from sqlalchemy import insert

from digest.model.edition import Edition, EditionId, EditionSection, EditionStatus, LeadBlock, Told
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Newsletter, Schedule, Section, Sender
from digest.model.throttle import Rates
from digest.ports import App, Asks, FeedbackReader, Provider, Renderer, Source
from digest.render.links import SignedLinks
from digest.render.slots import OF_EVERY_MAIL
from digest.store.tx import Store
from digest.wiring import Quiet, open_letters, open_renderer
from subscribers import lists as memberships
from subscribers import store as readers
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.model import OptIn, Preferences
from subscribers.tables import subscribers, subscriptions
from tests.fakes import MORNING, FakeClock

DAY = date(2026, 11, 23)
EDITION = EditionId(newsletter="world", date=DAY)
KEY = b"a key for tests, 32 bytes long.."
LETTERS = open_letters()
"""One for all: it holds no state."""
RENDERER = open_renderer()
"""One for all: it holds no state but its compiled templates."""


def newsletter(**changes: object) -> Newsletter:
    """A newsletter of two sections, sent at six in London, everybody at once."""
    made = Newsletter(
        slug="world",
        name="The World Brief",
        list="world",
        language="en",
        zone="Europe/London",
        sender=Sender(name="The World Brief", email="brief@digest.example"),
        publisher="The World Brief Ltd",
        postal_address="1 Sample Street, Exampleton",
        sections=(
            Section(slug="world", title="World", match=("World",)),
            Section(slug="asia", title="Asia", match=("Asia",)),
        ),
        schedule=Schedule(compose_at=time(4, 55), approve_at=time(5, 58), send_at=time(6, 0), reader_hours=False),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields are the caller's business


def app_on(
    store: Store,
    *,
    provider: Provider,
    clock: FakeClock | None = None,
    sources: Mapping[str, Source] | None = None,
    renderer: Renderer | None = None,
    feedback: Mapping[str, FeedbackReader] | None = None,
    owner: str = "test",
    gone: frozenset[str] = frozenset(),
    providers: Mapping[str, Provider] | None = None,
    rates: Mapping[str, Rates] | None = None,
    **changes: object,
) -> App:
    """An App on a real store; `changes` go to the newsletter."""
    clock = clock or FakeClock()
    return App(
        clock=clock,
        begin=store.begin,
        read=store.read,
        sources=sources or {},
        provider=provider,
        feedback=feedback or {},
        renderer=renderer or RENDERER,
        links=SignedLinks("https://digest.example", [KEY]),
        newsletters={"world": newsletter(**changes)},
        progress=Quiet(),
        wait=clock.wait,
        stopping=lambda: False,
        owner=owner,
        is_gone=gone.__contains__,
        list_domain="digest.example",
        help_url="https://digest.example/",
        unsubscribe_mailto="",
        providers=providers or {},
        rates=rates or {},
        letters=LETTERS,
        asks=Asks(key=KEY, erasure_key=KEY),
    )


def told(number: int = 1, **changes: object) -> Told:
    """A story as it is told."""
    made = Told(
        event=f"event{number}",
        story=f"story{number}",
        headline=f"Headline number {number}",
        blurb=f"The blurb of story {number} says what happened.",
        url=f"https://outlet.example/{number}",
        outlet="The Outlet",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as above


def edition(status: EditionStatus = EditionStatus.READY, *, version: int = 1) -> Edition:
    """An edition of one story."""
    return Edition(
        id=EDITION,
        version=version,
        status=status,
        subject="One thing happened",
        preheader="And this is what it was about, in a line",
        sections=(EditionSection(slug="lead", title="", blocks=(LeadBlock(told=told()),)),),
        scored=(),
        language="en",
        composed_at=FakeClock().now,
        inputs_sha256="0" * 64,
    )


def frozen(variant: Variant) -> Rendered:
    """A small rendering with every slot in both parts."""
    tokens = {slot: f"-{slot}-0123456789abcdef0123-" for slot in OF_EVERY_MAIL}
    body = " ".join(tokens.values())
    return Rendered(
        variant=variant,
        subject="One thing happened",
        preheader="And more",
        html=f"<html><body><p>{body} —</p></body></html>",
        text=f"{body} —\n",
        slot_tokens=tokens,
        sha256="f" * 64,
    )


def approve_plainly(store: Store, *variants: Variant, status: EditionStatus = EditionStatus.APPROVED) -> None:
    """Put an approved edition with small frozen renderings, without any editorial work."""
    made = edition(status)
    with store.begin() as tx:
        tx.editions.put(made, expected_version=0)
        tx.editions.freeze(made, [frozen(variant) for variant in variants or (Variant(language="en"),)])


def people(
    store: Store, count: int, *, start: int = 1, preferences: Preferences | None = None, timezone: str = ""
) -> list[int]:
    """`count` active readers of the list `world`: reader1@example.test and so on. Returns their ids."""
    now = FakeClock().now
    ids = []
    with store.begin() as tx:
        conn = tx.connection
        mail_list = readers.ensure_list(conn, "world", "World", OptIn.SINGLE, now)
        for number in range(start, start + count):
            reader = readers.add_subscriber(
                conn,
                parse_address(f"reader{number}@example.test", allow_reserved=True),
                now=now,
                name=f"Reader {number}",
                language="en",
                timezone=timezone,
            )
            memberships.subscribe(
                conn, reader.id, mail_list, Basis(method="form"), now, preferences=preferences or Preferences()
            )
            ids.append(reader.id)
    return ids


def crowd(store: Store, count: int) -> list[str]:
    """So many active readers of the list `world`, written at once: r0@example.test and so on. Their addresses."""
    with store.begin() as tx:
        conn = tx.connection
        mail_list = readers.ensure_list(conn, "world", "World", OptIn.SINGLE, MORNING)
        addresses = [f"r{number}@example.test" for number in range(count)]
        conn.execute(
            insert(subscribers),
            [
                {
                    "email": address, "email_key": address, "fold_key": address, "domain": "example.test",
                    "attributes": {}, "created_at": MORNING, "updated_at": MORNING,
                }
                for address in addresses
            ],
        )  # fmt: skip
        ids = conn.execute(subscribers.select().with_only_columns(subscribers.c.id)).scalars().all()
        conn.execute(
            insert(subscriptions),
            [
                {"subscriber_id": one, "list_id": mail_list.id, "state": "active", "since": MORNING, "sections": ()}
                for one in ids
            ],
        )
    return addresses
