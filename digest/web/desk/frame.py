"""What every request to the desk passes: who is it, may they, and is the edition one of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest.model.change import Outrun
from digest.model.edition import EditionId
from digest.model.errors import DigestError, NotFound
from digest.model.finding import Finding, sentence
from digest.model.newsletter import Newsletter
from digest.model.person import NotSignedIn, Permission, Person, Session, TooManyTries
from digest.ports import App
from digest.render.words import Words
from digest.settings import Settings
from digest.web.afterwards import Afterwards
from digest.web.clients import Clients
from digest.web.desk.access import BY_ADDRESS, Door, Entry, Whose
from digest.web.desk.arrived import Arrived
from digest.web.desk.beside import Beside
from digest.web.desk.call import Call
from digest.web.desk.counts import Counted, Counts
from digest.web.desk.figures import decided_words, status_words
from digest.web.desk.sendings import Sendings
from digest.web.desk.sentences import said
from digest.web.desk.tallies import Tallies
from digest.web.desk.typed import Field, kept_form, lost_files, shown, typed
from digest.web.desk.typed import standing as standing_texts
from digest.web.desk.words import desk_words
from digest.web.forms import Fields, readable
from digest.web.kept import Kept
from digest.web.pages import Pages
from digest.workflow.edition.desk import Standing, day_of, findings_of, standing, states_of
from digest.workflow.edition.holding import reason_mark
from digest.workflow.edition.review import standing_decision
from digest.workflow.newsletters import newsletter_of
from digest.workflow.readers.imports import import_of
from digest.workflow.staff.passkeys import party_of
from digest.workflow.staff.people import still_here, who
from subscribers.model import MailList

HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}
"""Of every page of the desk; the policy is the site's own: our script, our style, nothing from elsewhere."""
FINDINGS_FRESH = timedelta(seconds=30)


async def _file_of(request: Request) -> AsyncIterator[FormData]:
    async with request.form(max_files=1, max_fields=20, max_part_size=1_000_000) as form:
        yield readable(form)


WithFile = Annotated[FormData, Depends(_file_of)]
"""A form with a file; the site's cap on bodies bounds it."""


Answer = Callable[[Call], Response]


class Desk:
    """The desk's own door and frame. One for a web application."""

    def __init__(self, app: App, pages: Pages, settings: Settings, afterwards: Afterwards) -> None:
        self.app = app
        self.afterwards = afterwards
        self.beside = Beside()
        self.arrived = Arrived(app, self.beside)
        self.tallies = Tallies(app, self.beside)
        self.pages = pages
        self.settings = settings
        self.router = APIRouter()
        self.sendings = Sendings(app)
        secure = settings.site.base_url.startswith("https:")
        # Browsers take `__Host-` only over https: then no other host or path can set or see it.
        self.cookie = "__Host-desk" if secure else "desk"
        # The browser that began something at the door: a link, a passkey, a way through another house.
        self.browser_cookie = "__Host-desk-browser" if secure else "desk-browser"
        # The browser that somebody signed in with before: a new one is told to them by mail.
        self.device_cookie = "__Host-desk-device" if secure else "desk-device"
        self.party = party_of(settings.site.base_url)
        self._secure = secure
        self._clients = Clients(settings.site.trusted_proxies)
        self._counts = Counts(lambda slug: states_of(app, slug), afterwards)
        self._findings: Kept[tuple[Finding, ...]] = Kept(100, fresh=FINDINGS_FRESH)

    def warm(self) -> None:
        """Count and check what the first page would wait for, beside whatever else the server begins with: the readers
        and the newest mailing of every newsletter, and today's edition."""
        self._counts.warm({one.list for one in self.app.newsletters.values()}, now=self.app.clock())
        self.tallies.warm(self.app.newsletters.keys())
        self.beside.ask("checked", self._check_today)

    def _check_today(self) -> None:
        # What a process renders first takes several times as long as all that follows.
        for newsletter in self.app.newsletters.values():
            found = self.standing(EditionId(newsletter=newsletter.slug, date=day_of(newsletter, self.app.clock())))
            if found.edition is not None:
                self.findings(found)

    def counted(self, slug: str) -> Counted:
        """The readers of a list, counted lately; what is approved is counted anew, whatever was shown."""
        return self._counts.of(slug, now=self.app.clock())

    def standing(self, edition: EditionId) -> Standing:
        """Where an edition stands."""
        readers = self.counted(newsletter_of(self.app, edition.newsletter).list).active
        return standing(self.app, edition, readers=readers, account=self.tallies.account)

    def findings(self, found: Standing) -> tuple[Finding, ...]:
        """What the checks say of this version, at most half a minute ago."""
        version = found.edition.version if found.edition else 0
        return self._findings.get(
            (found.id, version, found.readers),
            lambda: findings_of(self.app, found.id, readers=found.readers),
            now=self.app.clock(),
        )

    def on(self, method: str, path: str, *, fields: Any = Fields) -> Callable[[Answer], Answer]:
        """Serve an address of the table by this function. An address that is not in the table is a KeyError.

        `fields` is how its form is read: an annotation that FastAPI fills.
        """
        entry = BY_ADDRESS[method, path]

        def register(answer: Answer) -> Answer:
            if method == "GET":

                def get(request: Request) -> Response:
                    return self._enter(entry, answer, request, FormData())

                self.router.add_api_route(path, get, methods=["GET", "HEAD"], response_model=None)
            else:

                def post(request: Request, sent: FormData) -> Response:
                    return self._enter(entry, answer, request, sent)

                # FastAPI reads from here how the body is read.
                post.__annotations__ = {"request": Request, "sent": fields, "return": Response}
                self.router.add_api_route(path, post, methods=["POST"], response_model=None)
            return answer

        return register

    def lost(self, request: Request, status: int) -> Response | None:
        """What no page of the desk has seen, refused in the desk's own frame; None where it is said as to everybody.

        Of an address that there is none of hears only who is signed in.
        """
        someone, session = self._who(request)
        words = desk_words(someone.language if someone else "", request.headers.get("accept-language", ""))
        why = self._why_lost(words, status)
        if not why or (someone is None and status in (404, 405)):
            return None
        call = Call(
            request=request, fields=FormData(), words=words, path=request.url.path, client=self._clients.of(request),
            someone=someone, a_session=session,
        )  # fmt: skip
        return self._problem(call, why, status=status)

    def _why_lost(self, words: Words, status: int) -> str:
        say, gone = words.say, words.say("There is no such page at the desk.")
        return {
            400: say("That could not be read. Reload the page, and send it once more."),
            403: say(
                "That was not sent from a page of ours. Open the desk at %(address)s, and send it from there.",
                address=self.settings.site.base_url,
            ),
            404: gone,
            405: gone,
            413: say(
                "That is more than is taken at once (1 MB), and nothing of it was kept. Go back and make it shorter; "
                "a larger file of readers is brought in by `digest subscribers import`."
            ),
        }.get(status, "")

    def _enter(self, entry: Entry, answer: Answer, request: Request, fields: FormData) -> Response:
        someone, session = self._who(request)
        own = someone.language if someone else ""
        words = desk_words(own, request.headers.get("accept-language", ""))
        call = Call(
            request=request, fields=fields, words=words, path=request.url.path, client=self._clients.of(request),
            someone=someone, a_session=session,
        )  # fmt: skip
        if entry.needs is not Door.OPEN:
            if someone is None or session is None:
                return self._to_the_door(call)
            if isinstance(entry.needs, Permission) and not someone.may(entry.needs):
                return self._refused(call)
            try:
                self._own_objects(entry, call)
            except NotFound:
                # Another one's newsletter, list or import and none at all are the same answer.
                return self._problem(call, words.say("There is nothing here, or it is not yours."), status=404)
            if entry.method == "POST":
                still_here(self.app, session)
        try:
            return answer(call)
        except Outrun as lost:
            return self._outrun(call, lost)
        except NotFound as gone:
            if someone is None:
                raise
            # In the desk's own frame, with the way back and what was typed.
            return self._problem(call, str(gone), status=404)
        except TooManyTries as many:
            text = words.say("Too many tries. Wait %(seconds)s seconds, then try again.", seconds=many.seconds)
            return self._problem(call, text, status=429)
        except NotSignedIn as wrong:
            return self._problem(call, words.say(_SAID.get(str(wrong), str(wrong)).replace("%", "%%")), status=403)
        except DigestError as error:
            return self._problem(call, str(error), status=422)

    def _who(self, request: Request) -> tuple[Person | None, Session | None]:
        token = request.cookies.get(self.cookie, "")
        if not token or len(token) > 200:
            return None, None
        try:
            return who(self.app, token)
        except NotSignedIn:
            return None, None

    def still_in(self, call: Call) -> bool:
        """True while whoever was let in to this edition still would be: for an answer that goes on for minutes."""
        someone, session = self._who(call.request)
        return (
            someone is not None
            and session is not None
            and session.id == call.session.id
            and someone.may(Permission.LOOK)
            and someone.works_on(call.edition.newsletter)
        )

    def _newsletter(self, call: Call) -> Newsletter:
        found = self.app.newsletters.get(call.param("newsletter"))
        if found is None or not call.person.works_on(found.slug):
            raise NotFound("no such newsletter")
        return found

    def _own_objects(self, entry: Entry, call: Call) -> None:
        """Raise NotFound where the path names what is another newsletter's."""
        for part, whose in entry.objects.items():
            if whose is Whose.NEWSLETTER:
                self._newsletter(call)
            elif whose is Whose.LIST:
                self.own_list(call, call.param(part))
            elif whose is Whose.IMPORT:
                self.own_list(call, import_of(self.app, call.number(part)).job.list_id)

    def own_list(self, call: Call, named: str | int) -> MailList:
        """The list of this slug or id, where one of the person's newsletters goes to it. Raises NotFound."""
        with self.app.read() as tx:
            found = tx.audience.list_of(named) if isinstance(named, str) else tx.audience.list_by_id(named)
        if found is None or not self.sees_list(call, found.slug):
            raise NotFound("no such list")
        return found

    def sees_list(self, call: Call, slug: str) -> bool:
        """True where this list is theirs too."""
        return call.person.works_on_all or slug in {one.list for one in self.newsletters(call)}

    def newsletters(self, call: Call) -> tuple[Newsletter, ...]:
        """Those that this person works on."""
        return tuple(one for one in self.app.newsletters.values() if call.person.works_on(one.slug))

    def newsletter(self, call: Call) -> Newsletter:
        """The one that the path names; the door has looked already that it is theirs."""
        return self._newsletter(call)

    def page(self, call: Call, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page in the desk's frame."""
        html = self.pages.fill(
            f"editor/{template}",
            call.words,
            count=call.words.count,
            tell=partial(said, call.words.language),
            sentence=sentence,
            call=call,
            person=call.someone,
            may=(call.someone.may if call.someone else lambda _: False),
            allowed=Permission,
            prefix=self.pages.prefix,
            asset=self.asset,
            house_name=self.settings.desk.sign_in.oidc.name if self.app.house is not None else "",
            desk_has_passkeys=self.party is not None,
            done=call.query("done"),
            **values,
        )
        return HTMLResponse(html, status, headers=HEADERS)

    def asset(self, file: str) -> str:
        """The address of a static file."""
        return f"{self.pages.prefix}/static/{self.pages.assets.name(file)}"

    def to(self, path: str, *, done: bool | str = False) -> RedirectResponse:
        """Go on to a page of ours; with `done` it says what was done: True, or a word of `edition.html.j2`."""
        target, mark, anchor = path.partition("#")
        if done:
            target += ("&" if "?" in target else "?") + f"done={'1' if done is True else done}"
        return RedirectResponse(f"{self.pages.prefix}{target}{mark}{anchor}", 303, headers=HEADERS)

    def set_cookie(self, answer: Response, name: str, value: str, *, seconds: int) -> None:
        """Sent to us only, read by no script; Lax: not with forms from elsewhere, but where a mail's link is opened."""
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")

    def with_session(self, answer: Response, token: str) -> Response:
        """Set the cookie of a session."""
        self.set_cookie(answer, self.cookie, token, seconds=7 * 24 * 3600)
        return answer

    def without_session(self, answer: Response) -> Response:
        """Take the cookie away."""
        answer.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def browser_token(self, call: Call) -> str:
        """What this browser is known by at the door, empty where it began nothing."""
        token = call.request.cookies.get(self.browser_cookie, "")
        return token if len(token) <= 100 else ""

    def with_browser(self, answer: Response, token: str) -> Response:
        """Set that cookie, for as long as a link works."""
        self.set_cookie(answer, self.browser_cookie, token, seconds=15 * 60)
        return answer

    def _to_the_door(self, call: Call) -> Response:
        if call.request.method != "POST":
            query = f"?{call.request.url.query}" if call.request.url.query else ""
            return self.to(f"/desk/sign-in?next={quote(call.path + query)}")
        # Nothing typed is lost: what was sent goes along through the door, and is offered again behind it.
        kept, lost = kept_form(call.path, call.fields), ""
        if typed(call.fields) and not kept:
            lost = call.words.say(
                "Your session has ended, and what you sent is too long to be kept here: go back in your browser, copy "
                "it, and sign in then."
            )
        elif lost_files(call.fields):
            lost = call.words.say("The file that you sent is not kept: choose it once more afterwards.")
        return self.page(call, "sign_in.html.j2", status=401, kept=kept, next="", problem="", email="", lost=lost)

    def resume(self, call: Call, path: str, fields: Sequence[Field]) -> Response:
        """What was typed before signing in, to be sent with one press."""
        return self.page(call, "resume.html.j2", path=path, kept=fields, shown=shown(call.words, fields))

    def _refused(self, call: Call) -> Response:
        text = call.words.say("Your role does not allow this. An admin can change it.")
        return self._problem(call, text, status=403)

    def _problem(self, call: Call, text: str, *, status: int) -> Response:
        text = said(call.words.language, text)
        kept = [one for one in shown(call.words, typed(call.fields)) if one[2] and one[1]]
        return self.page(call, "problem.html.j2", status=status, text=text, back=self._back(call), kept=kept)

    def _back(self, call: Call) -> str:
        """The page that a form was sent from, where it is one of ours."""
        came = urlsplit(call.request.headers.get("referer", ""))
        if came.netloc.lower() == call.request.headers.get("host", "").lower() and came.path.startswith("/desk"):
            return came.path + (f"?{came.query}" if came.query else "")
        return "/desk"

    def _outrun(self, call: Call, lost: Outrun) -> Response:
        """Both texts: how it stands now, and what was typed, which can be made of the new version with one press."""
        with self.app.read() as tx:
            edits = tx.editions.edits(lost.now.id)
            decision = standing_decision(tx, lost.now)
            begun = tx.ledger.mailing(str(lost.now.id)) is not None
        # Where the version is the one that was seen, it is a decision that was made meanwhile, or taken back.
        same = call.text("version") == str(lost.now.version)
        fields = typed(call.fields)
        return self.page(
            call, "outrun.html.j2", status=409, now=lost.now, kept=fields, shown=shown(call.words, fields),
            standing=standing_texts(call.words, lost.now, fields), event=call.text("event"), back=self._back(call),
            edit=edits[0] if edits and not same else None, same=same, begun=begun,
            decided=decided_words(call.words, decision) if same else "", pill=status_words(call.words, lost.now.status),
            seen=reason_mark(lost.now),
        )  # fmt: skip


_SAID = {
    "address and password do not belong together": "Address and password do not belong together.",
    "that is not your password": "That is not your password.",
    "that code is not right": "That code is not right.",
    "that passkey is not known here": "That passkey is not known here.",
}
"""What a refused sign-in says, in words that are translated."""
