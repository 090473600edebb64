"""Where stories come in: sources, and the one door to the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest import __version__
from digest.ports import Fetches, Pages, Source, Summariser
from digest.settings import Settings, SourceSettings
from digest.wiring.identity import utc_now
from digest.wiring.later import LateMapping, later

if TYPE_CHECKING:
    from digest.model.added_source import AddedSource
    from digest.sources.fetch import Fetcher, Limits
    from digest.sources.pages import FetchPages


def open_sources(settings: Settings, fetcher: Fetcher | None = None) -> Mapping[str, Source]:
    """Every source by slug, in the order of the configuration; they share one HTTP door and its pace."""
    door = fetcher or later(lambda: open_fetcher(settings))
    return LateMapping({source.slug: partial(_open_source, source, door) for source in settings.sources})


def open_added(added: AddedSource, fetcher: Fetcher) -> Source:
    """A source that the desk added, through the same door and under the same rules as one of the configuration."""
    settings = SourceSettings.model_validate(
        {name: getattr(added, name) for name in ("slug", "kind", "url", "outlet", "section", "language")}
    )
    return _open_source(settings, fetcher)


def open_summariser(settings: Settings) -> Summariser | None:
    """The service that writes blurbs, or None where none is configured."""
    chosen = settings.summariser
    if chosen.kind == "none":
        return None
    from digest.summarise.chat import ChatSummariser

    return ChatSummariser(
        base_url=chosen.base_url,
        model=chosen.model,
        api_key=chosen.api_key.get_secret_value(),
        timeout=chosen.timeout_seconds,
    )


_WHOLE = ("folder", "page", "textdoc")
"""Kinds of sources whose entries are articles already: there is nothing to complete."""


def open_pages(settings: Settings, fetcher: Fetcher) -> Pages:
    """Where the articles of short entries are looked up."""
    from digest.sources.pages import ArticlePages

    default = settings.fetching.fetch_pages
    never: FetchPages = "never"
    rules = {one.slug: never if one.kind in _WHOLE else one.fetch_pages or default for one in settings.sources}
    # What the desk adds is completed as the default says.
    return ArticlePages(fetcher=fetcher, rules=rules, otherwise=default)


def open_door(settings: Settings, fetcher: Fetcher) -> Fetches:
    """Where pictures and links are fetched: the web, and the folders of the sources that are folders."""
    from digest.sources.pictures import Door

    return Door(fetcher, {one.slug: one.path for one in settings.sources if one.kind == "folder" and one.path})


def open_fetcher(
    settings: Settings, heard: Callable[[Mapping[str, str]], None] = lambda _: None, *, limits: Limits | None = None
) -> Fetcher:
    """The one HTTP door to the world; `heard` is shown the headers of every answer.

    `limits` in place of those of the configuration.
    """
    from digest.sources.fetch import Fetcher, Limits
    from digest.sources.guard import Guard

    fetching = settings.fetching
    return Fetcher(
        user_agent=f"digest/{__version__} (+{fetching.contact})",
        guard=Guard(trusted=fetching.trusted),
        limits=limits
        or Limits(
            connect_s=fetching.connect_seconds,
            request_s=fetching.request_seconds,
            source_s=fetching.source_seconds,
            max_bytes=fetching.max_bytes,
        ),
        heard=heard,
    )


def open_clocks(settings: Settings) -> Callable[[], timedelta | None]:
    """Asks the servers of the sources how far our clock is ahead of theirs; one of each host."""
    by_host = {urlsplit(one.url).hostname: one.url for one in settings.sources if one.kind != "folder" and one.url}
    if not by_host:
        return lambda: None
    from digest.sources.clocks import PATIENCE, OtherClocks

    return OtherClocks(
        tuple(by_host.values()),
        open_fetcher=lambda heard: open_fetcher(settings, heard, limits=PATIENCE),
        clock=utc_now,
    ).ahead


def _open_source(source: SourceSettings, fetcher: Fetcher) -> Source:
    opened: Source
    if source.kind == "folder":
        from digest.sources.folder import FolderSource

        opened = FolderSource(origin=source.origin(), path=str(source.path))
    else:
        from digest.sources.remote import RemoteSource

        opened = RemoteSource(origin=source.origin(), url=source.url, kind=source.kind, fetcher=fetcher)
    if source.section or source.language:
        from digest.sources.defaults import WithDefaults

        opened = WithDefaults(opened, section=source.section, language=source.language)
    return opened
