"""Signing up: the form here, in a frame and on other sites; one answer for everybody; and the button that confirms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.model.errors import NotFound
from digest.model.newsletter import Newsletter
from digest.render.words import Words
from digest.web.afterwards import Afterwards
from digest.web.clients import Clients
from digest.web.forms import Fields
from digest.web.pages import PRIVATE, READER_POLICY
from digest.web.reader.calendar import coming
from digest.web.reader.front import imprint, present
from digest.web.reader.library import Library
from digest.web.reader.people import masked, title_of, words_of
from digest.web.reader.signup_form import LANGUAGE_NAMES, SignUpForm, choices_of, typed
from digest.web.words import words_for
from digest.workflow.readers.letters import send_letters
from digest.workflow.readers.signup import Ask, confirm, confirming, sign_up
from digest.workflow.readers.subscribe import Reader
from subscribers.address import AddressError, EmailAddress, parse_address
from subscribers.model import SubscriptionState
from subscribers.signup import SignUp
from subscribers.tokens import TokenOver

FASTEST = timedelta(seconds=2)
"""Nobody types an address faster: what comes sooner is asked to press once more."""
SLOWEST = timedelta(hours=24)
"""A form that is older has to be pressed once more."""
_WITH_A_LETTER = frozenset({SignUp.CONFIRM, SignUp.WELCOME, SignUp.LINKS})

_log = structlog.stdlib.get_logger("digest.web")


def subscribe_pages(
    library: Library, clients: Clients, afterwards: Afterwards, *, embed_on: tuple[str, ...]
) -> APIRouter:
    """`/subscribe…` and `/y/{token}`."""
    router = APIRouter()
    page = _Subscribe(library, clients, afterwards, embed_on)

    @router.api_route("/subscribe", methods=["GET", "HEAD"])
    def choose(lang: str = "") -> Response:
        return page.choose(lang)

    @router.api_route("/subscribe/{newsletter}", methods=["GET", "HEAD"])
    def form(newsletter: str, lang: str = "") -> Response:
        return page.form(page.offered(newsletter), lang)

    @router.post("/subscribe/{newsletter}")
    def take(request: Request, newsletter: str, fields: Fields) -> Response:
        return page.take(request, page.offered(newsletter), typed(fields, page.offered(newsletter)))

    @router.api_route("/subscribe/{newsletter}/embed", methods=["GET", "HEAD"])
    def embedded(newsletter: str, lang: str = "") -> Response:
        return page.form(page.offered(newsletter), lang, framed=True)

    @router.post("/subscribe/{newsletter}/embed")
    def take_embedded(request: Request, newsletter: str, fields: Fields) -> Response:
        return page.take(request, page.offered(newsletter), typed(fields, page.offered(newsletter)), framed=True)

    @router.api_route("/subscribe/{newsletter}/code", methods=["GET", "HEAD"])
    def code(newsletter: str) -> Response:
        return page.code(page.offered(newsletter))

    @router.api_route("/y/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        try:
            return page.question(confirming(library.app, token), token)
        except TokenOver:
            return page.over()

    @router.post("/y/{token}")
    def answer(token: str) -> Response:
        try:
            reader = confirm(library.app, token)
        except TokenOver:
            return page.over()
        afterwards.do(lambda: send_letters(library.app))
        return page.confirmed(reader, token)

    return router


class _Subscribe:
    """The faces of these pages."""

    def __init__(self, library: Library, clients: Clients, afterwards: Afterwards, embed_on: tuple[str, ...]) -> None:
        self._library = library
        self._app = library.app
        self._pages = library.pages
        self._clients = clients
        self._afterwards = afterwards
        self._embed_on = embed_on

    def offered(self, slug: str) -> Newsletter:
        """The newsletter, if it is offered to everybody. Raises NotFound."""
        with self._app.read() as tx:
            found = next((one for one in self._library.offered(tx) if one.slug == slug), None)
        if found is None:
            raise NotFound(f"no newsletter {slug} is offered")
        return found

    def choose(self, language: str) -> Response:
        """The only newsletter's form, or all of them to choose from."""
        with self._app.read() as tx:
            offered = self._library.offered(tx)
            latest = {one.slug: tuple(self._library.latest(tx, one, 1)) for one in offered}
        if not offered:
            raise NotFound("no newsletter is offered")
        if len(offered) == 1:
            return self.form(offered[0], language)
        words = words_for(language, offered[0].language)
        html = self._pages.fill(
            "reader/front.html.j2",
            words,
            title=words.say("Our newsletters"),
            description=" · ".join(one.name for one in offered),
            canonical=self._app.help_url + "subscribe",
            indexed=True,
            fronts=[present(self._library, one, latest[one.slug]) for one in offered],
            form=SignUpForm(),
            languages=LANGUAGE_NAMES,
            rows=[],
            feeds=self._library.feeds(offered),
            imprint=imprint(offered[0]),
        )
        return HTMLResponse(html, headers={"content-security-policy": READER_POLICY})

    def form(self, newsletter: Newsletter, language: str, *, framed: bool = False) -> Response:
        """The form, empty."""
        empty = SignUpForm(language=words_for(language, newsletter.language).language, stamp=self._stamp())
        return self._form(newsletter, empty, framed=framed)

    def take(self, request: Request, newsletter: Newsletter, form: SignUpForm, *, framed: bool = False) -> Response:
        """What was sent: shown again where a person has to look at it, else the one answer for everybody."""
        words = words_for(form.language)
        try:
            address = parse_address(form.email)
        except AddressError:
            flaw = words.say("This is no e-mail address that we can write to. It looks like name@example.org.")
            again = replace(form, flaw=flaw, stamp=self._stamp())
            return self._form(newsletter, again, framed=framed, status=422)
        if not self._in_time(form.stamp):
            return self._form(newsletter, replace(form, again=True, stamp=self._stamp()), framed=framed)
        if not form.trapped and not self._leave_for_later(request, newsletter, form, address):
            return self._pages.refusal(request, 503)
        return self._page(
            "reader/asked.html.j2",
            words,
            newsletter,
            framed=framed,
            title=words.say("Look into your mailbox: %(name)s", name=newsletter.name),
            typed=address.shown,
            back=self._address(newsletter, framed=framed),
        )

    def _leave_for_later(
        self, request: Request, newsletter: Newsletter, form: SignUpForm, address: EmailAddress
    ) -> bool:
        """Neither the words nor the time of the answer say whether the address is known (T15)."""
        client = self._clients.of(request)
        ask = Ask(
            newsletter=newsletter.slug,
            address=address,
            language=form.language,
            sections=form.sections,
            page=str(request.url.path)[:200],
        )

        def work() -> None:
            found = sign_up(self._app, ask, client=client)
            _log.info("signup", newsletter=newsletter.slug, result=found.value)
            if found in _WITH_A_LETTER:
                send_letters(self._app)

        return self._afterwards.do(work)

    def code(self, newsletter: Newsletter) -> Response:
        """What to copy into another site's page."""
        words = words_for(newsletter.language)
        return self._page(
            "reader/code.html.j2",
            words,
            newsletter,
            title=words.say("Put this form on your site: %(name)s", name=newsletter.name),
            address=self._app.links.subscribe(newsletter.slug),
            framed_on=self._embed_on,
        )

    def question(self, reader: Reader, token: str) -> Response:
        """Not confirmed yet: one button. Confirmed before: it says so."""
        if reader.subscription.state is SubscriptionState.ACTIVE:
            return self._settled(reader)
        words, name = words_of(reader), title_of(reader)
        if reader.subscription.state is SubscriptionState.ENDED:
            # Who left since does not come back by an old letter.
            return self.over(reader)
        return self._pages.private(
            "reader/press.html.j2",
            words,
            title=words.say("Do you want %(name)s?", name=name),
            name=name,
            text=words.say("One press, and it comes to this address from now on."),
            address=masked(reader.subscriber),
            action=f"{self._pages.prefix}/y/{token}",
            button=words.say("Yes, send it to me"),
            fine=words.say("If you did not ask for it, close this page: nothing comes, and the address is forgotten."),
        )

    def confirmed(self, reader: Reader, token: str) -> Response:
        """The press is done."""
        if reader.subscription.state is not SubscriptionState.ACTIVE:
            return self.over(reader)
        return self._settled(reader)

    def _settled(self, reader: Reader) -> Response:
        words, name, subscriber = words_of(reader), title_of(reader), reader.subscriber
        return self._pages.private(
            "reader/settled.html.j2",
            words,
            title=words.say("You get %(name)s", name=name),
            name=name,
            coming=coming(self._app, words, reader),
            address=masked(subscriber),
            preferences=self._app.links.preferences(subscriber.id, reader.mail_list.id, subscriber.link_version),
            home=self._pages.links.home,
        )

    def over(self, reader: Reader | None = None) -> Response:
        """The link is over: whoever has it may ask again."""
        first = reader.newsletter if reader and reader.newsletter else next(iter(self._app.newsletters.values()))
        words = words_of(reader) if reader else words_for(first.language)
        return self._pages.private(
            "reader/over.html.j2",
            words,
            status=410,
            title=words.say("This link is over"),
            name=first.name,
            text=words.say("It worked for a while only. Sign up again, and a new one comes at once."),
            again=f"{self._pages.prefix}/subscribe/{first.slug}",
            button=words.say("Sign up again"),
        )

    def _form(self, newsletter: Newsletter, form: SignUpForm, *, framed: bool, status: int = 200) -> Response:
        words = words_for(form.language)
        said = words.say("Get %(name)s by mail", name=newsletter.name)
        if form.flaw:
            said = words.say("Not sent yet: %(name)s", name=newsletter.name)
        return self._page(
            "reader/subscribe.html.j2",
            words,
            newsletter,
            framed=framed,
            status=status,
            title=said,
            form=form,
            one=present(self._library, newsletter, (), language=words.language),
            sections=choices_of(newsletter, words.language, form.sections),
            languages=LANGUAGE_NAMES,
            language=newsletter.language,
            action=self._address(newsletter, framed=framed),
        )

    def _page(
        self,
        template: str,
        words: Words,
        newsletter: Newsletter,
        *,
        framed: bool = False,
        status: int = 200,
        **values: object,
    ) -> Response:
        html = self._pages.fill(
            template,
            words,
            name=newsletter.name,
            framed=framed,
            feeds=self._library.feeds([newsletter]),
            imprint=imprint(newsletter),
            **values,
        )
        headers = dict(PRIVATE)
        del headers["x-robots-tag"]
        if framed:
            ancestors = " ".join(self._embed_on) or "'none'"
            headers["content-security-policy"] = READER_POLICY.replace(
                "frame-ancestors 'none'", f"frame-ancestors {ancestors}"
            )
            headers["x-robots-tag"] = "noindex"
        return HTMLResponse(html, status, headers=headers)

    def _address(self, newsletter: Newsletter, *, framed: bool) -> str:
        return f"{self._pages.prefix}/subscribe/{newsletter.slug}{'/embed' if framed else ''}"

    def _stamp(self) -> str:
        return self._app.links.stamp(self._app.clock())

    def _in_time(self, stamp: str) -> bool:
        made: datetime | None = self._app.links.read_stamp(stamp)
        return made is not None and FASTEST <= self._app.clock() - made <= SLOWEST
