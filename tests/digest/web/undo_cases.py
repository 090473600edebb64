"""What is done at the desk by one form and taken back by another: the presses, and where all is seen to be as before.

Changes of an edition, which "undo" takes back, and what needs a browser or a sending have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from digest.model.person import Role
from digest.web.desk.access import EDITION
from digest.workflow.edition.desk import findings_of
from digest.workflow.readers.imports import recent_imports
from tests import builders
from tests.desk_people import PASSWORD, signed_in
from tests.digest.web.desk_site import DESK, DeskSite

LIST = "/desk/audience/lists/world"
WEBHOOK = "/desk/webhooks/{webhook}"


@dataclass(frozen=True, kw_only=True)
class Press:
    """A form that is sent. A path or value that is known only then is a function."""

    path: str | Callable[[], str]
    fields: dict[str, object] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that is done by one form and taken back by another."""

    do: Press
    back: Press
    look: Callable[[], object]
    """What is as it was, afterwards."""
    first: tuple[Press, ...] = ()
    """Before anything is looked at."""
    after: tuple[Press, ...] = ()
    """Puts the place right for the other cases."""


def cases(place: DeskSite) -> dict[str, Case]:
    """By the address of the form, as the table has it."""
    return {
        **dict(_decisions(place)), **dict(_people(place)), **dict(_audience(place)), **dict(_sources(place)),
        **dict(_look(place)), **dict(_machines(place)),
    }  # fmt: skip


def _press(path: str | Callable[[], str], **fields: object) -> Press:
    return Press(path=path, fields=fields)


def _decisions(place: DeskSite) -> Iterator[tuple[str, Case]]:
    def version() -> str:
        return str(place.now().version)

    def stands() -> object:
        now = place.now()
        return now.status, now.approved_by, now.reason

    def told() -> object:
        return place.now().sections

    def waived() -> object:
        with place.site.store.read() as tx:
            return [one.finding for one in tx.editions.waivers(builders.EDITION)]

    back = _press(f"{DESK}/take-back", version=version)
    for form in ("approve", "hold", "skip"):
        do = _press(f"{DESK}/{form}", version=version, reason="a strike")
        yield f"{EDITION}/{form}", Case(do=do, back=back, look=stands)
    approve = _press(f"{DESK}/approve", version=version)
    yield f"{EDITION}/take-back", Case(first=(approve,), do=back, back=approve, look=stands, after=(back,))
    lead = _press(f"{DESK}/change", version=version, do="lead", event=place.edition.told[2].event)
    undo = _press(f"{DESK}/undo", version=version)
    yield f"{EDITION}/undo", Case(first=(lead,), do=undo, back=lead, look=told, after=(undo,))
    warning = next(one for one in findings_of(place.site.app, builders.EDITION) if not one.blocks).key
    yield (
        f"{EDITION}/waive",
        Case(
            do=_press(f"{DESK}/waive", finding=warning, reason="it may"),
            back=_press(f"{DESK}/waive", finding=warning, do="unwaive"),
            look=waived,
        ),
    )


def _people(place: DeskSite) -> Iterator[tuple[str, Case]]:
    store = place.site.store
    bob = signed_in(place.site.app, Role.EDITOR, email="bob@desk.example", name="Bob").person

    def people() -> object:
        with store.read() as tx:
            return [(one.email, one.roles, one.newsletters, one.left_at is None) for one in tx.people.everybody()]

    def here() -> object:
        with store.read() as tx:
            return [(one.email, one.roles) for one in tx.people.everybody() if one.left_at is None]

    def language() -> object:
        with store.read() as tx:
            return [one.language for one in tx.people.everybody()]

    def of_eve() -> str:
        with store.read() as tx:
            return f"/desk/people/{max(one.id for one in tx.people.everybody())}/end"

    number = f"/desk/people/{bob.id}"
    end, back = _press(f"{number}/end"), _press(f"{number}/give-back")
    yield (
        "/desk/people/{person}/change",
        Case(
            do=_press(f"{number}/change", role="analyst"), back=_press(f"{number}/change", role="editor"), look=people
        ),
    )
    yield "/desk/people/{person}/end", Case(do=end, back=back, look=people)
    yield "/desk/people/{person}/give-back", Case(first=(end,), do=back, back=end, look=people, after=(back,))
    invite = _press("/desk/people/invite", email="eve@desk.example", role="editor")
    yield "/desk/people/invite", Case(do=invite, back=_press(of_eve), look=here)
    yield (
        "/desk/me/language",
        Case(
            do=_press("/desk/me/language", language="fr"), back=_press("/desk/me/language", language=""), look=language
        ),
    )


def _audience(place: DeskSite) -> Iterator[tuple[str, Case]]:
    def segments() -> object:
        with place.site.store.read() as tx:
            return [(one.slug, one.name, one.predicate) for one in tx.readership.segments(place.site.list_id)]

    def going() -> object:
        over = ("done", "failed", "stopped")
        return [one.id for one in recent_imports(place.site.app) if one.state not in over]

    def newest() -> str:
        return f"/desk/audience/imports/{max(one.id for one in recent_imports(place.site.app))}/go-on"

    yield (
        "/desk/audience/lists/{list}/segments",
        Case(
            do=_press(f"{LIST}/segments", slug="french", name="French", what1="language", value1="fr", group1="1"),
            back=_press(f"{LIST}/segments", slug="french", do="remove"),
            look=segments,
        ),
    )
    file = {"file": ("readers.csv", b"email\nnew@mail.example\n")}
    yield (
        "/desk/audience/lists/{list}/import",
        Case(
            do=Press(path=f"{LIST}/import", fields={"consent": "a form"}, files=file),
            back=_press(newest, do="stop"),
            look=going,
        ),
    )


def _sources(place: DeskSite) -> Iterator[tuple[str, Case]]:
    def read() -> object:
        with place.site.store.read() as tx:
            return [one.source for one in tx.sources.changes() if not one.off]

    def added(outlet: str) -> Press:
        url = f"https://{outlet.lower()}.example/feed.xml"
        return _press("/desk/sources/add", url=url, kind="feed", outlet=outlet, language="en")

    def turned(outlet: str, do: str) -> Press:
        return _press(f"/desk/sources/{outlet.lower()}/switch", do=do)

    yield "/desk/sources/add", Case(do=added("Gazette"), back=turned("Gazette", "off"), look=read)
    yield (
        "/desk/sources/{source}/switch",
        Case(first=(added("Herald"),), do=turned("Herald", "off"), back=turned("Herald", "on"), look=read),
    )


def _look(place: DeskSite) -> Iterator[tuple[str, Case]]:
    def looks() -> object:
        with place.site.store.read() as tx:
            return {slug: one.look for slug, one in tx.looks.newest().items()}

    def newest() -> str:
        with place.site.store.read() as tx:
            return str(tx.looks.newest()["world"].id)

    keep = _press("/desk/look/world", do="keep", theme="plain", publisher="A New Publisher", accent="#123456")
    back = _press("/desk/look/world/take-back", change=newest)
    yield "/desk/look/{newsletter}", Case(do=keep, back=back, look=looks)
    yield "/desk/look/{newsletter}/take-back", Case(first=(keep,), do=back, back=keep, look=looks, after=(back,))


def _machines(place: DeskSite) -> Iterator[tuple[str, Case]]:
    proof = {"password": PASSWORD}

    def working() -> object:
        with place.site.store.read() as tx:
            return [(one.scopes, one.lists) for one in tx.tokens.everything() if one.alive(place.site.clock())]

    def hooks() -> object:
        with place.site.store.read() as tx:
            return [
                (one.url, one.kinds, one.lists, one.with_address, one.paused_at) for one in tx.webhooks.everything()
            ]

    def at(form: str) -> Callable[[], str]:
        def path() -> str:
            with place.site.store.read() as tx:
                return f"/desk/webhooks/{max(one.id for one in tx.webhooks.everything())}/{form}"

        return path

    def token(form: str, name: str) -> Press:
        return _press(f"/desk/tokens/{form}", name=name, scope="lists:read", **proof)

    yield (
        "/desk/tokens/create",
        Case(do=token("create", "the board"), back=token("revoke", "the board"), look=working),
    )
    yield (
        "/desk/tokens/revoke",
        Case(
            first=(token("create", "wall"),), do=token("revoke", "wall"), back=token("create", "new wall"),
            look=working, after=(token("revoke", "new wall"),),
        ),
    )  # fmt: skip
    told = {"url": "https://hooks.example/in", "kind": "subscriber.unsubscribed", "list": "world", **proof}
    add, remove = _press("/desk/webhooks/add", **told), _press(at("remove"), **proof)
    yield "/desk/webhooks/add", Case(do=add, back=remove, look=hooks)
    for form, do, back in (
        ("change", _press(at("change"), url="https://other.example/", **proof), _press(at("change"), **told)),
        ("move", _press(at("move"), do="pause"), _press(at("move"), do="resume")),
        ("remove", remove, add),
    ):
        yield f"{WEBHOOK}/{form}", Case(first=(add,), do=do, back=back, look=hooks, after=(remove,))
