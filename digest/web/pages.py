"""Pages: templates set with the words, links and headers that every page of ours has, error pages included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response

from digest.render.engine import Engine
from digest.render.words import Words
from digest.web.assets import Assets
from digest.web.words import words_accepted

READER_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Content-Security-Policy of a reader's page: there is no script, so none may run."""

PRIVATE = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "content-security-policy": READER_POLICY,
}
"""Headers of whatever belongs to one person, or says that something went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLinks:
    """Addresses that every page needs, as paths on our own site."""

    home: str
    editions: str
    style: str
    icon: str


class Pages:
    """Sets pages. `base_url` may have a path: a proxy then takes it off before a request comes here."""

    def __init__(self, templates: Path, base_url: str) -> None:
        self._engine = Engine(templates)
        self.assets = Assets(templates / "web" / "static")
        self.prefix = urlsplit(base_url).path.rstrip("/")
        self.links = SiteLinks(
            home=f"{self.prefix}/",
            editions=f"{self.prefix}/editions",
            style=f"{self.prefix}/static/{self.assets.name('site.css')}",
            icon=f"{self.prefix}/static/{self.assets.name('icon.svg')}",
        )

    def fill(self, template: str, words: Words, **values: object) -> str:
        """Set a template of templates/web. Raises RenderFailed."""
        return self._engine.fill(f"web/{template}", words=words, say=words.say, links=self.links, **values)

    def private(self, template: str, words: Words, *, status: int = 200, **values: object) -> Response:
        """A page for one person: kept nowhere, found by no search engine, told to no other site."""
        return HTMLResponse(self.fill(template, words, **values), status, headers=PRIVATE)

    def refusal(self, request: HTTPConnection, status: int) -> Response:
        """The page of an error: the same for everybody in one language, whatever was asked for."""
        words = words_accepted(request.headers.get("accept-language", ""))
        title, text = _REFUSALS.get(status, _REFUSALS[404 if status < 500 else 500])(words)
        page = self.private("error.html.j2", words, status=status, title=title, text=text)
        page.headers["vary"] = "Accept-Language"
        return page


_REFUSALS: dict[int, Callable[[Words], tuple[str, str]]] = {
    400: lambda words: (
        words.say("That could not be read"),
        words.say("Open the link in the mail once more and try again there."),
    ),
    403: lambda words: (
        words.say("That did not come from this site"),
        words.say("Open the link in the mail once more and press the button there."),
    ),
    404: lambda words: (
        words.say("There is no such page"),
        words.say("If a link in a mail led here, a part of it may be missing: open the mail and press it there."),
    ),
    405: lambda words: (
        words.say("That cannot be done here"),
        words.say("Open the link in the mail once more and press the button there."),
    ),
    413: lambda words: (
        words.say("That is too much at once"),
        words.say("Open the link in the mail once more and try again there."),
    ),
    503: lambda words: (
        words.say("Too many at once"),
        words.say("More people are here than we can take in. Please try again in a few minutes."),
    ),
    500: lambda words: (
        words.say("Something is broken here"),
        words.say("The fault is ours, and it has been noted. Please try again in a few minutes."),
    ),
}
"""Title and text by status; what is not here is said as 404 or 500."""
