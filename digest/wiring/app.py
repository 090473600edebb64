"""The whole: a store, and the bundle that workflow functions are given."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.model.errors import MissingLibrary, NotFound
from digest.ports import App, Asks, Imports, Jobs, Keep, Limits, Progress, Rounds
from digest.settings import Settings
from digest.wiring.bells import open_bells, open_hooks, open_monitor, open_monitors
from digest.wiring.feedback import open_feedback, open_lookups, open_mailbox, open_suppressions
from digest.wiring.identity import MARK_FILE, is_gone, owner_name, secret_keys, utc_now
from digest.wiring.later import later
from digest.wiring.mail import mail_leaves, open_providers, open_rates, stays_here
from digest.wiring.pages import open_letters, open_newsletter, open_pictures, open_renderer, templates_dir
from digest.wiring.people import open_house, open_vouching
from digest.wiring.sources import (
    open_added,
    open_clocks,
    open_door,
    open_fetcher,
    open_pages,
    open_sources,
    open_summariser,
)
from subscribers.limits import AskLimits

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from digest.store.tx import Store


GRACE_SECONDS = 20
"""How long requests and a sweep in hand may take after a stop was asked for; supervisors kill after 25 or more."""
JOURNAL = "calls"
"""Under var_dir: calls under way, for as long as they are."""
IMPORTS = "imports"
"""Under var_dir: files of readers, until they are brought in."""


class Quiet:
    """A progress that says nothing."""

    def start(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, task: str, steps: int = 1) -> None:
        """Nothing."""

    def finish(self, task: str, summary: str) -> None:
        """Nothing."""


def open_database(settings: Settings, *, patience: float | None = None) -> Engine:
    """The database that the settings name, through a pooler where they say so; nothing is looked at. ConfigError.

    `patience` in seconds is for a lock of somebody else's; None = as long as everything waits.
    """
    from digest.store.db import BUSY_SECONDS, open_engine

    storage = settings.storage
    return open_engine(
        storage.url, prepared=storage.prepared_statements, patience=BUSY_SECONDS if patience is None else patience
    )


def has_database(settings: Settings) -> bool:
    """Whether there is anything to look at; looking makes nothing. Raises ConfigError, StorageFailed."""
    from sqlalchemy.engine import make_url

    from digest.store import schema

    url = make_url(settings.storage.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return False
    engine = open_database(settings)
    try:
        return schema.current(engine) is not None
    finally:
        engine.dispose()


@contextmanager
def open_store(settings: Settings, *, make: bool = True) -> Iterator[Store]:
    """The database, with the schema brought to where the code is.

    With `make` False, for what only looks, one that is not there is not made: NotFound.
    """
    from digest.store import schema
    from digest.store.installation import recognise
    from digest.store.tx import Store

    if not make and not has_database(settings):
        where = settings.storage.url.rpartition("@")[2]
        raise NotFound(f"there is no database yet at {where}: `digest init` makes it, or the first `digest run`")
    store = Store(open_database(settings), jobs=open_jobs(settings))
    try:
        schema.upgrade(store.engine)
        if settings.engine == "procrastinate":
            install_queue(store)
        recognise(store.engine, utc_now())
        yield store
    finally:
        store.close()


def open_jobs(settings: Settings) -> Callable[[Connection], Jobs] | None:
    """The queue of a connection, None without an engine. Raises ConfigError where its library is missing."""
    if settings.engine == "none":
        return None
    try:
        from digest.jobs.queue import ProcrastinateJobs
    except ModuleNotFoundError as error:
        raise MissingLibrary("engine: procrastinate", str(error)) from error
    return ProcrastinateJobs


def install_queue(store: Store) -> None:
    """Make the engine's tables where they are missing or of an older version of it."""
    from digest.jobs.schema import install
    from digest.store import db

    with db.write(store.engine) as conn:
        install(conn)


@contextmanager
def open_app(settings: Settings, *, progress: Progress | None = None, make: bool = True) -> Iterator[App]:
    """Everything a workflow function may use, closed again at the end. `make` as for `open_store`."""
    from digest.render.links import SignedLinks
    from digest.store.installation import standing, vouched_at
    from digest.store.journal import FileJournal
    from digest.workflow.edition.looks import Dressed

    with open_store(settings, make=make) as store:
        providers = open_providers(settings)
        pictures = open_pictures(settings)
        # Missing templates are said now, and not when an edition is to be rendered.
        templates_dir()
        fetcher = later(lambda: open_fetcher(settings))
        summariser = open_summariser(settings)
        ask_time = open_clocks(settings)
        try:
            yield App(
                clock=utc_now,
                begin=store.begin,
                read=store.read,
                sources=open_sources(settings, fetcher),
                provider=providers[settings.provider.kind],
                providers=providers,
                rates=open_rates(settings),
                feedback=open_feedback(settings),
                renderer=later(lambda: open_renderer(settings.site.base_url, settings.site.pictures_url)),
                links=SignedLinks(settings.site.base_url, secret_keys(settings)),
                newsletters=Dressed(
                    {one.slug: open_newsletter(one, pictures.put_later) for one in settings.newsletters}, store.read
                ),
                progress=progress or Quiet(),
                wait=time.sleep,
                stopping=lambda: False,
                owner=owner_name(),
                is_gone=is_gone,
                list_domain=settings.domain_of_lists,
                help_url=settings.site.base_url.rstrip("/") + "/",
                unsubscribe_mailto=settings.site.unsubscribe_mailto,
                open_source=lambda added: open_added(added, fetcher),
                fetch=later(lambda: open_door(settings, fetcher)),
                pictures=pictures,
                pages=later(lambda: open_pages(settings, fetcher)),
                summariser=summariser,
                keep=Keep(**settings.retention.model_dump(), webhooks_days=settings.webhooks.keep_days),
                hooks=later(lambda: open_hooks(settings)),
                bells=open_bells(settings, ask_time),
                monitor=open_monitor(settings),
                monitors=open_monitors(settings),
                journal=FileJournal(settings.var_dir / JOURNAL),
                mailbox=open_mailbox(settings),
                suppressions=open_suppressions(settings),
                lookups=open_lookups(settings),
                rounds=Rounds(
                    bounces=timedelta(minutes=settings.bounces.every_minutes),
                    suppressions=timedelta(hours=settings.feedback.suppressions_hours),
                ),
                letters=later(lambda: open_letters(settings.site.base_url)),
                asks=open_asks(settings, store),
                imports=open_imports(settings, store),
                ask_domain=lambda: _against_domains(settings),
                trial=mail_leaves(settings),
                seeds=settings.desk.seeds,
                house=later(lambda: open_house(settings)) if settings.desk.sign_in.oidc.issuer else None,
                vouching=open_vouching(settings),
                paused=lambda: standing(store.engine, settings.var_dir / MARK_FILE),
                vouched_at=lambda: vouched_at(store.engine),
                ask_time=ask_time,
                hurry=store.hurry,
                limits=Limits(seconds=settings.fetching.collect_seconds, pages=settings.fetching.pages),
                drains=settings.workers.drains if settings.engine != "none" else 0,
                silent=timedelta(seconds=settings.workers.silent_seconds),
            )
        finally:
            for provider in providers.values():
                provider.close()
            pictures.close()
            if summariser is not None:
                summariser.close()


def _against_domains(settings: Settings) -> Sequence[str]:
    from digest.wiring.from_domain import against

    return against(settings)


def open_asks(settings: Settings, store: Store) -> Asks:
    """How strangers' asks are counted, and how the erased are known. Raises ConfigError, as `open_erasure_key`."""
    newest = secret_keys(settings)[-1]
    limits = AskLimits(per_client=settings.site.asks_per_client, in_all=settings.site.asks_in_all)
    return Asks(
        limits=limits,
        key=hmac.digest(newest, b"digest.asks", "sha256"),
        erasure_key=open_erasure_key(settings, store),
    )


def open_erasure_key(settings: Settings, store: Store) -> bytes:
    """The key of erasures. Raises ConfigError where no configured secret key opens it and somebody was erased."""
    from digest.store.lasting import lasting_key

    return lasting_key(store.engine, secret_keys(settings), utc_now())


def open_imports(settings: Settings, store: Store) -> Imports:
    """Imports of readers, with their files below var_dir."""
    from digest.store.imports import StoredImports

    return StoredImports(
        store.engine,
        settings.var_dir / IMPORTS,
        erasure_key=open_erasure_key(settings, store),
        allow_reserved=stays_here(settings),
    )
