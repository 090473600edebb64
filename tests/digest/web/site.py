"""The real web application on a real server, with a real database behind it, for one test."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time as time_module
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select, text

from digest.model.delivery import PlannedGroup
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.mail import Batch, Variant
from digest.model.newsletter import Newsletter, Schedule
from digest.ports import App
from digest.providers.hits import Hits
from digest.providers.sendgrid_events import SendGridEvents
from digest.render.links import SignedLinks
from digest.settings import Settings
from digest.store.pictures import PictureFolder
from digest.store.tables import deliveries
from digest.store.tx import Store
from digest.web.app import create_web
from digest.web.health import Clockwork
from digest.web.server import listening
from digest.wiring import open_renderer
from subscribers.consent import Consent, history
from subscribers.letter_tables import letters
from subscribers.model import Preferences, Subscriber, Subscription
from subscribers.store import get_subscription
from subscribers.tables import lists, metadata, subscribers
from subscribers.tokens import Purpose
from tests import builders
from tests.digest.render import editions
from tests.fakes import FakeClock, ScriptedProvider
from tests.servers.sendgrid_hooks import HookSigner

TODAY = date(2026, 11, 23)
PICTURE = f"{'a' * 40}.jpg"
"""The one picture that every site has."""
SIGNER = HookSigner()
"""Signs what SendGrid would post."""
LINKS = tuple(f"https://outlet.example/{number}?a=1&b=2" for number in range(5))
"""Where the tracked links of every published edition lead."""
RENDERER = open_renderer()
"""One for all: it holds no state, and finds its templates once."""

TLS = ssl.create_default_context()
"""Read once: there is no TLS here, and reading the certificates takes longer than a page."""
FROM_PAGE = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form on our own page."""


@dataclass(kw_only=True)
class Site:
    """A running site and what a test wants to know of it."""

    url: str
    web: FastAPI
    store: Store
    app: App
    clock: FakeClock
    client: httpx.Client
    reader: int
    list_id: int

    def token(self, page: str, *, reader: int | None = None, version: int = 1) -> str:
        """The path of a signed link: `/u/…` or `/p/…`."""
        links = self.app.links
        made = links.unsubscribe if page == "u" else links.preferences
        return made(reader or self.reader, self.list_id, version).removeprefix(self.url)

    def who(self) -> str:
        """The track key of the reader's delivery of the newest mailing."""
        with self.store.engine.connect() as conn:
            newest = deliveries.c.mailing_id.desc()
            row = conn.execute(select(deliveries.c.mailing_id, deliveries.c.seq).order_by(newest)).first()
        mailing, seq = row or (1, 1)
        return self.app.links.track_key(mailing, seq)

    def tracked(self, number: int, *, who: str = "", day: date = TODAY) -> str:
        """The path of a tracked link of that day's edition."""
        edition = EditionId(newsletter="world", date=day)
        return self.app.links.tracked_link(edition, number, who or self.who()).removeprefix(self.url)

    def ending(self, purpose: Purpose, *, about: int = 0, version: int = 1, hours: float = 2) -> str:
        """The path of a signed link that ends in so many hours."""
        until = self.clock() + timedelta(hours=hours)
        return self.app.links.ending(purpose, self.reader, about, version, until).removeprefix(self.url)

    def letters(self) -> list[tuple[str, str]]:
        """(kind, state) of every letter that was ever queued, oldest first."""
        with self.store.read() as tx:
            rows = tx.connection.execute(select(letters.c.kind, letters.c.state).order_by(letters.c.id))
            return [(row.kind, row.state) for row in rows]

    def settled(self, *, within: float = 20) -> None:
        """Wait until what pages left for afterwards is done."""
        until = time_module.monotonic() + within
        left = self.web.state.leaves
        while any(one.waiting for one in left) and time_module.monotonic() < until:
            time_module.sleep(0.005)
        assert not any(one.waiting for one in left)

    def mails(self) -> list[Batch]:
        """What the provider was given, one call each."""
        provider = self.app.provider
        assert isinstance(provider, ScriptedProvider)
        return provider.calls

    def link(self, part: str, *, mail: int = -1) -> str:
        """The path of the link of a mail whose address has `/part/` in it."""
        found = re.search(rf"{re.escape(self.url)}(/{part}/\S+)", self.mails()[mail].rendered.text)
        assert found is not None
        return found[1]

    def subscription(self) -> Subscription:
        """The reader's subscription as it stands."""
        with self.store.read() as tx:
            found = get_subscription(tx.connection, self.reader, self.list_id)
        assert found is not None
        return found

    def subscriber(self) -> Subscriber:
        """The reader as they stand."""
        with self.store.read() as tx:
            found = tx.audience.reader(self.reader)
        assert found is not None
        return found

    def consents(self) -> list[Consent]:
        """The record of what the reader agreed to."""
        with self.store.read() as tx:
            return history(tx.connection, self.reader)

    def publish(self, edition: Edition, *, due: datetime | None = None) -> Edition:
        """Store an edition with a mailing, as it is while it is being sent or after it was.

        The reader is left out of it, or waits for the hour `due`.
        """
        variant = Variant(language="en")
        made = replace(edition, status=EditionStatus.SENT if edition.status is EditionStatus.DRAFT else edition.status)
        with self.store.begin() as tx:
            tx.editions.put(made, expected_version=0)
            tx.editions.freeze(made, [builders.frozen(variant)])
            tx.tracking.keep_links(made, LINKS)
            tx.ledger.plan(
                edition=str(made.id), list_slug="world",
                groups=[PlannedGroup(variant=variant.key, due_at=due, subscribers=[self.reader])] if due else (),
                skipped={} if due else {"paused": [self.reader]},
                chunk_size=10, now=self.clock(),
            )  # fmt: skip
        return made


def everything(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with site.store.engine.connect() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(text(f"SELECT * FROM {table.name}"))]  # noqa: S608
            for table in metadata.sorted_tables
        }


def edition_of(day: date, *, subject: str = "", newsletter: str = "world", **changes: object) -> Edition:
    """The full edition of twelve stories, of that day."""
    more = {"subject": subject or f"What happened on {day:%d %B}", **changes}
    return editions.edition(id=EditionId(newsletter=newsletter, date=day), **more)


def own_newsletter(**changes: object) -> Newsletter:
    """A newsletter with the sections of the sample edition, delivered at each reader's own hour."""
    return builders.newsletter(
        **{
            "sections": editions.NEWSLETTER.sections,
            "tagline": editions.NEWSLETTER.tagline,
            "schedule": Schedule(compose_at=time(4, 55), approve_at=time(5, 58), send_at=time(6, 0)),
            **changes,
        }
    )


def settings_for(folder: Path, url: str, **site: object) -> Settings:
    """Settings of one newsletter, its database in `folder`."""
    return Settings.model_validate(
        {
            "var_dir": folder,
            "desk": site.pop("desk", {}),
            "api": site.pop("api", {}),
            "site": {"base_url": url, **site},
            "storage": {"url": f"sqlite:///{folder / 'digest.db'}"},
            "provider": {"kind": "outbox", "outbox": {"path": folder / "outbox"}},
            "newsletters": [
                {
                    "slug": "world", "name": "The World Brief", "list": "world", "zone": "Europe/London",
                    "sender": {"name": "The World Brief", "email": "brief@digest.example"},
                    "publisher": "The Digest Desk", "postal_address": "12 Example Street",
                    "sections": [{"slug": "world", "title": "World"}, {"slug": "asia", "title": "Asia"}],
                }
            ],
        }
    )  # fmt: skip


@contextmanager
def running(
    store: Store,
    folder: Path,
    *,
    newsletters: tuple[Newsletter, ...] = (),
    preferences: Preferences | None = None,
    language: str = "en",
    clockwork: Clockwork | None = None,
    host: str = "127.0.0.1",
    change: Callable[[App], App] = lambda app: app,
    **site: object,
) -> Iterator[Site]:
    """A site with one reader. `newsletters` default to one with the sections of the sample edition."""
    clock = FakeClock()
    with listening("127.0.0.1", 0) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        app = builders.app_on(store, provider=ScriptedProvider(), clock=clock, renderer=RENDERER)
        shown = newsletters or (own_newsletter(),)
        pictures = PictureFolder(folder / "pictures")
        pictures.put(PICTURE, b"pixels")
        app = replace(app, newsletters={one.slug: one for one in shown}, links=SignedLinks(url, [builders.KEY]))
        app = replace(
            app, pictures=pictures, feedback={"sendgrid": SendGridEvents(SIGNER.public_key), Hits.name: Hits()}
        )
        reader = builders.people(store, 1, preferences=preferences, timezone="Europe/Paris")[0]
        with store.begin() as tx:
            tx.connection.execute(subscribers.update().values(language=language))
            list_id = tx.connection.execute(select(lists.c.id)).scalar_one()
        app = change(app)
        web = create_web(app, settings_for(folder, url, **site), clockwork=clockwork, later=True)
        with _serving(web, listener), httpx.Client(base_url=url, timeout=60, verify=TLS) as client:
            yield Site(
                url=url,
                web=web,
                store=store,
                app=app,
                clock=clock,
                client=client,
                reader=reader,
                list_id=list_id,
            )


@contextmanager
def _serving(web: object, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        web, log_config=None, log_level="warning", access_log=False, server_header=False, proxy_headers=False, ws="none"
    )  # type: ignore[arg-type]  # a FastAPI is an ASGI application
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
