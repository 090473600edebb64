"""What every request passes: no GET changes anything, every answer has its headers, only our own pages may post."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from digest.ports import App
from digest.web.guards import LARGEST_BODY, BodyCap
from subscribers.tokens import Purpose
from tests.digest.web.routes import routes_of
from tests.digest.web.site import FROM_PAGE, PICTURE, TODAY, Site, edition_of, everything

HOSTILE = (
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
)


def _paths(site: Site, method: str) -> list[str]:
    """A working address for every route that takes `method`; the desk has a walk of its own for GET."""
    values = {
        "/u/{token}": site.token("u"),
        "/u/{token}/undo": site.token("u") + "/undo",
        "/u/{token}/instead": site.token("u") + "/instead",
        "/u/{token}/why": site.token("u") + "/why",
        "/p/{token}": site.token("p"),
        "/p/{token}/address": site.token("p") + "/address",
        "/p/{token}/data": site.token("p") + "/data",
        "/p/{token}/erase": site.token("p") + "/erase",
        "/y/{token}": site.ending(Purpose.CONFIRM, about=site.list_id),
        "/a/{token}": site.ending(Purpose.CHANGE_ADDRESS, about=1),
        "/b/{token}": site.ending(Purpose.UNDO_CHANGE, about=1),
        "/d/{token}": site.ending(Purpose.EXPORT),
        "/e/{token}": site.ending(Purpose.ERASE),
        "/feeds/{newsletter}.atom": "/feeds/world.atom",
        "/feeds/{newsletter}.json": "/feeds/world.json",
        "/subscribe/{newsletter}": "/subscribe/world",
        "/subscribe/{newsletter}/embed": "/subscribe/world/embed",
        "/subscribe/{newsletter}/code": "/subscribe/world/code",
        "/editions/{newsletter}/{day}": f"/editions/world/{TODAY}",
        "/c/{token}": site.tracked(0),
        "/o/{token}.gif": f"/o/{site.who()}.gif",
        "/hooks/{provider}": "/hooks/sendgrid",
        "/pictures/{name}": f"/pictures/{PICTURE}",
        "/static/{name}": "/static/" + site.client.get("/").text.partition("/static/")[2].partition('"')[0],
    }
    found = [route.path for route in routes_of(site.web) if method in route.methods]
    # The API has a walk of its own (test_api_access); what describes it is open to everybody.
    found = [
        path for path in found if not path.startswith("/api/v1/") or path in ("/api/v1/docs", "/api/v1/openapi.json")
    ]
    assert found
    if method == "GET":
        found = [path for path in found if not path.startswith("/desk")]
    return [_at_the_desk(values.get(path, path)) for path in found]


def _at_the_desk(path: str) -> str:
    for name, value in (
        ("newsletter", "world"),
        ("day", str(TODAY)),
        ("token", "x"),
        ("person", "1"),
        ("session", "1"),
        ("source", "x"),
        ("passkey", "1"),
        ("list", "world"),
        ("job", "1"),
        ("webhook", "1"),
        ("correction", "1"),
    ):
        path = path.replace(f"{{{name}}}", value) if path.startswith("/desk") else path
    return path


def test_no_safe_method_changes_anything(site: Site) -> None:
    """P4, on every route there is and will be."""
    site.publish(edition_of(TODAY))
    before = everything(site)
    assert len(before["deliveries"]) == 1
    for path in _paths(site, "GET"):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = site.client.request(method, path)
            good = 302 if path.startswith("/c/") else 200
            # The API says what an address takes.
            other = 204 if path.startswith("/api/") else 405
            assert answer.status_code == (other if method == "OPTIONS" else good), (method, path)
    assert everything(site) == before


def test_every_page_that_is_there_has_a_working_address_here(site: Site) -> None:
    """A new route with a parameter must be named in `_paths`, or the walk above would not see its page."""
    site.publish(edition_of(TODAY))
    assert not [path for method in ("GET", "POST") for path in _paths(site, method) if "{" in path]


@pytest.mark.parametrize("headers", HOSTILE)
def test_no_unsafe_method_from_elsewhere(site: Site, headers: dict[str, str]) -> None:
    """T10, on every route: 403 and nothing changed. Only the one-click body may come from anywhere."""
    before = everything(site)
    for path in _paths(site, "POST"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = site.client.request(method, path, headers=headers, data={"frequency": "daily", "section": "world"})
            # A method that a path does not have is refused whoever asks; a form without an address is none.
            refused = (403, 422) if path.startswith("/subscribe/") else (403,)
            assert answer.status_code in refused or (method != "POST" and answer.status_code == 405), (method, path)
    assert everything(site) == before


def test_every_answer_has_the_headers(site: Site) -> None:
    site.publish(edition_of(TODAY))
    answers = [site.client.get(path) for path in _paths(site, "GET")]
    answers += [
        site.client.get("/no/such/page"),
        site.client.get("/u/wrong"),
        site.client.post("/u/wrong", data={"List-Unsubscribe": "One-Click"}),
        site.client.post("/p/wrong"),
        site.client.get("/", headers={"host": "evil.example"}),
        site.client.request("DELETE", "/", headers=FROM_PAGE),
        site.client.post(site.token("p"), content=b"x" * (LARGEST_BODY + 1), headers=FROM_PAGE),
    ]
    assert {answer.status_code for answer in answers} == {200, 302, 400, 403, 404, 405, 413}
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'" in policy
        assert "unsafe-eval" not in policy
        assert ("'unsafe-inline'" in policy) == answer.url.path.startswith("/editions/world/"), answer.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers
        assert ("location" in answer.headers) == answer.url.path.startswith("/c/")
        assert "strict-transport-security" not in answer.headers
    for answer in answers:
        if answer.url.path[:3] in ("/u/", "/p/"):
            assert answer.headers["cache-control"] == "no-store"
            assert "noindex" in answer.headers["x-robots-tag"]


def test_https_is_kept_to_https(start: Callable[..., Site]) -> None:
    site = start(base_url="https://news.example", trusted_hosts=("other.example",))
    assert site.client.get("/").headers["strict-transport-security"].startswith("max-age=")


def test_only_our_own_host_names_are_answered(start: Callable[..., Site]) -> None:
    """T30; and no header can change the links of a page."""
    site = start(base_url="https://news.example", trusted_hosts=("other.example",))
    for host in ("127.0.0.1", "localhost:8025", "news.example", "NEWS.example", "other.example:443"):
        assert site.client.get("/", headers={"host": host}).status_code == 200, host
    for host in ("evil.example", "news.example.evil.example", "", "127.0.0.1.evil.example"):
        assert site.client.get("/", headers={"host": host}).status_code == 400, host
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example"}
    for path in ("/", site.token("u").removeprefix("https://news.example")):
        assert "evil" not in site.client.get(path, headers=forged).text


def test_a_body_that_is_too_large_is_refused_announced_or_not(site: Site) -> None:
    before = site.subscription()

    def endless() -> Iterator[bytes]:
        yield b"section="
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b"x" * 65536

    assert site.client.post(site.token("p"), content=b"a" * (LARGEST_BODY + 1), headers=FROM_PAGE).status_code == 413
    urlencoded = {**FROM_PAGE, "content-type": "application/x-www-form-urlencoded"}
    for path in (site.token("p"), site.token("u")):
        # A form's own limits are narrower, and speak first.
        assert site.client.post(path, content=endless(), headers=urlencoded).status_code == 400
    assert site.subscription() == before


def test_a_page_that_reads_its_body_in_a_stream_is_stopped_at_the_cap() -> None:
    """For pages that read no form, such as webhooks: no more than the cap is ever taken in."""
    given = 0

    async def chunks() -> Message:
        nonlocal given
        given += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def take_everything(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def nowhere(_message: Message) -> None:
        raise AssertionError("nothing is answered here")

    guard = BodyCap(take_everything, refuse=lambda _request, status: Response(status_code=status))
    with pytest.raises(HTTPException) as refused:
        asyncio.run(guard({"type": "http", "method": "POST", "headers": []}, chunks, nowhere))
    assert refused.value.status_code == 413
    assert given <= LARGEST_BODY + 2 * 65536


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nContent-Dispos", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"a=1&" * 150, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"", "text/plain"),
    ],
)
def test_a_broken_form_is_refused_with_a_page(site: Site, body: bytes, kind: str) -> None:
    before = site.subscription()
    for path in (site.token("p"), site.token("u") + "/nope", "/"):
        answer = site.client.post(path, content=body, headers={**FROM_PAGE, "content-type": kind})
        assert answer.status_code in (400, 404, 405, 422), (path, answer.status_code)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert site.subscription() == before


def test_a_defect_is_a_page_without_a_trace(start: Callable[..., Site]) -> None:
    def broken(app: App) -> App:
        @contextmanager
        def read() -> Iterator[object]:
            raise RuntimeError("the secret of reader1@example.test")
            yield

        return replace(app, read=read)  # type: ignore[arg-type]  # it never yields

    site = start(change=broken)
    for path in (site.token("u"), site.token("p"), "/", "/editions/world/2026-11-22"):
        answer = site.client.get(path)
        assert answer.status_code == 500
        assert "<h1>Something is broken here</h1>" in answer.text
        for word in ("secret", "Traceback", "RuntimeError", "reader1", path.strip("/") or "???"):
            assert word not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_error_pages_speak_the_browsers_language_and_echo_nothing(site: Site) -> None:
    path = "/<script>alert(1)</script>?q=%3Cb%3E"
    german = site.client.get(path, headers={"accept-language": "xx, de-AT;q=0.9, en;q=0.8"})
    arabic = site.client.get(path, headers={"accept-language": "ar"})
    strange = site.client.get(path, headers={"accept-language": "de;q=zero, ;q=, *" + "x" * 5000})
    assert "Diese Seite gibt es nicht" in german.text
    assert 'dir="rtl"' in arabic.text
    assert "There is no such page" in strange.text
    assert german.headers["vary"] == "Accept-Language"
    for answer in (german, arabic, strange):
        assert answer.status_code == 404
        assert "alert" not in answer.text


def test_a_method_that_a_page_does_not_have_names_those_it_has(site: Site) -> None:
    answer = site.client.delete("/", headers=FROM_PAGE)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert site.client.get(site.token("u") + "/undo").status_code == 405


def test_slow_clients_do_not_hold_up_the_others(site: Site) -> None:
    """T31: 200 connections that send a header line now and then."""
    port = httpx.URL(site.url).port
    lazy = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    try:
        for connection in lazy:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        answer = site.client.get("/health/live")
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() < 10
    finally:
        for connection in lazy:
            connection.close()


def test_static_files_are_kept_for_ever_under_a_name_that_changes(site: Site) -> None:
    style = site.client.get(next(path for path in _paths(site, "GET") if path.startswith("/static/")))
    assert style.status_code == 200
    assert "immutable" in style.headers["cache-control"]
    for name in ("site.css", "../site.css", "..%2f..%2fweb%2fpage.html.j2", "site.0000000000000000.css"):
        assert site.client.get(f"/static/{name}").status_code == 404
