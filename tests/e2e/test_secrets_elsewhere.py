"""T17, the doors beside the provider's: OpenID, a bucket, imports, the API, webhooks out; no mark in a log or an error.

As in `test_secrets` the other side is hostile: it repeats what it was sent in every answer.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import Text, cast, update

from digest.cli import cli
from digest.identity.openid import OpenId
from digest.model.api_token import Scope
from digest.model.errors import DigestError
from digest.model.webhook import PostState
from digest.objects.bucket import Bucket
from digest.ports import App, Tx
from digest.scheduler import Scheduler
from digest.settings import load_settings
from digest.sources.exchange import Exchange
from digest.store.tx import Store
from digest.wiring import open_app, utc_now
from digest.workflow.clock.alarms import troubles
from digest.workflow.clock.webhooks import add_webhook, tell
from digest.workflow.staff.tokens import create
from subscribers.tables import subscribers
from tests import builders
from tests.databases import fresh_engine
from tests.digest.notify.test_hooks import door
from tests.digest.web.api_calls import caller
from tests.digest.web.site import running
from tests.e2e.test_secrets import KEY, MARK, STATUSES, Echo, echo, house, listening_in, marked, whole
from tests.fakes import FakeClock, ScriptedProvider

ADDRESS = f"{MARK}-ada@readers.example"
ASKS = len(STATUSES)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with listening_in() as lines:
        yield lines


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Store(engine)


def errors_of(*asks: Callable[[], object]) -> list[DigestError]:
    """What each of these is refused with, one ask for each status of the other side."""
    found: list[DigestError] = []
    for ask in asks:
        for _ in range(ASKS):
            try:
                ask()
            except DigestError as error:
                found.append(error)
    return found


@contextmanager
def echoing_issuer() -> Iterator[str]:
    """An OpenID provider whose configuration is in order, and which repeats everything else."""

    class Issuer(Echo):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server asks for
            if "openid-configuration" not in self.path:
                self.do_POST()
                return
            own = f"http://{self.headers['host']}"
            body = json.dumps(
                {"issuer": own, "authorization_endpoint": f"{own}/auth", "token_endpoint": f"{own}/token",
                 "jwks_uri": f"{own}/keys", "userinfo_endpoint": f"{own}/me"}
            ).encode()  # fmt: skip
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with echo(*STATUSES, handler=Issuer) as url:
        yield url


def test_an_openid_provider_that_repeats_our_secret(log: io.StringIO) -> None:
    with echoing_issuer() as url:
        openid = OpenId(
            issuer=url, client_id="digest", client_secret=KEY, groups_claim="groups",
            exchange=Exchange(user_agent="test", trusted=[url.removeprefix("http://")]), clock=utc_now,
        )  # fmt: skip
        redirect = "https://digest.example/desk/sign-in/oidc/back"
        errors = errors_of(
            lambda: openid.identity(f"{MARK}-code", redirect=redirect, verifier=f"{MARK}-verifier", nonce=f"{MARK}-n")
        )
    assert len(errors) == ASKS, "every answer is refused, also the one that is no answer"
    assert marked("".join(map(whole, errors)) + log.getvalue()) == []


def test_a_bucket_that_repeats_our_keys(log: io.StringIO) -> None:
    with echo(*STATUSES) as url:
        bucket = Bucket(
            bucket="news", prefix="", region="eu-west-1", endpoint_url=url, access_key_id=f"AKIA{MARK}",
            secret_access_key=KEY, timeout=5.0,
        )  # fmt: skip
        errors = errors_of(
            lambda: bucket.get(f"{MARK}/secret"),
            lambda: bucket.has(f"{MARK}/secret"),
            lambda: bucket.put("editions/world", ADDRESS.encode(), media_type="text/html", cache="no-cache"),
        )
        bucket.close()
    assert len(errors) >= 2 * ASKS
    # What was asked for stands in the error; the keys and what was to be kept do not.
    said = "".join(map(whole, errors)) + log.getvalue()
    assert marked(said.replace(f"{MARK}/secret", "")) == []


def test_webhooks_out_to_somebody_who_repeats_what_he_is_told(store: Store, log: io.StringIO) -> None:
    clock = FakeClock()
    app = replace(builders.app_on(store, provider=ScriptedProvider(), clock=clock), wait=clock.wait)
    with echo(500, 429, 404) as url:
        app = replace(app, hooks=door(url.removeprefix("http://")))
        made = add_webhook(app, f"{url}/hook/{KEY}", with_address=True, by="test")
        clock.now += timedelta(seconds=1)
        builders.people(store, 2)
        with store.begin() as tx:
            tx.connection.execute(update(subscribers).values(email=MARK + cast(subscribers.c.id, Text) + "@r.example"))
        parked = 0
        while not parked:
            parked = tell(app).parked
            clock.now += timedelta(hours=12)
    with store.read() as tx:
        notes = [one.note for one in tx.webhooks.posts(made.id, PostState.PARKED, limit=50)]
        heard = [str(one) for one in troubles(app, tx, clock.now)]
        heard += [f"{line.event} {line.detail}" for line in tx.reports.log(before=None, limit=100)]
    assert notes
    assert any("parked" in one for one in heard)
    assert marked("\n".join([*notes, *heard, log.getvalue()])) == []


ROWS = (
    f"email,name\n{ADDRESS},Ada\n{MARK}@@readers.example,Bo\n{MARK} no address,Cy\n",
    f'email,name\n{ADDRESS},"Ada\n{MARK}-bo@readers.example,Bo\n',
    f"{MARK}-email,{MARK}-name\n{ADDRESS},Ada\n",
    f"email,name\n{ADDRESS},Ada\0{MARK}\n",
    f"email,email\n{ADDRESS},{ADDRESS}\n",
)
"""Addresses that are none, a quote that never closes, titles that are not known, half a byte, two of one title."""


def test_imports_that_fail(tmp_path: Path, log: io.StringIO) -> None:
    desk, _ = house(tmp_path)
    for number, rows in enumerate(ROWS):
        for encoding in ("utf-8", "utf-16"):
            file = tmp_path / f"{number}.csv"
            file.write_bytes(rows.encode(encoding))
            for more in ((), ("--background",), ("--dry-run",)):
                command = ["subscribers", "import", str(file), "--list", "world", "--consent", "asked", *more]
                with contextlib.chdir(desk.folder):
                    # What it prints is the report that the operator asked for, with the lines of the file in it.
                    CliRunner().invoke(cli, command, env={"DIGEST_DEBUG": "1"})
    with contextlib.chdir(desk.folder), open_app(load_settings(Path("config.yaml"))) as app:
        assert Scheduler(app).imports_now() > 0
        with app.read() as tx:
            heard = [f"{line.event} {line.detail}" for line in tx.reports.log(before=None, limit=100)]
    assert "import.turn" in log.getvalue()
    assert marked("\n".join([*heard, log.getvalue()])) == []


def test_problems_of_the_api(store: Store, tmp_path: Path, log: io.StringIO) -> None:
    secret = create(
        builders.app_on(store, provider=ScriptedProvider()), "test", scopes=tuple(Scope), lists=(), expires_at=None,
        by="test",
    ).secret  # fmt: skip

    def broken(app: App) -> App:
        def begin() -> AbstractContextManager[Tx]:
            # A key is known by its looks, or where it is configured.
            raise RuntimeError(f"{ADDRESS} dgt_{KEY}")

        return replace(app, begin=begin, read=begin)

    with running(store, tmp_path) as site:
        answers = [_asked(caller(site, secret)), _asked(caller(site, f"dgt_{KEY}"))]
    with store.begin() as tx:
        tx.connection.execute(update(subscribers).values(email=f"{MARK}-1@readers.example"))
    with running(store, tmp_path, change=broken) as other:
        answers.append(_asked(caller(other, secret)))
    assert {400, 401, 404, 422, 500} <= {status for asked in answers for status, _ in asked}
    assert marked(log.getvalue()) == []
    assert "request.failed" in log.getvalue()
    # Whoever asks may be told what they asked; nobody is told a key, or what went wrong inside.
    assert KEY not in str(answers)
    assert ADDRESS not in str(answers[2])


def _asked(client: httpx.Client) -> list[tuple[int, str]]:
    """Everything that can be asked in a wrong way, with marks in every place."""
    strange: tuple[tuple[str, str, object], ...] = (
        ("GET", f"/subscribers?email={ADDRESS}&cursor={KEY}", None),
        ("GET", f"/subscribers/{ADDRESS}", None),
        ("POST", "/subscribers", {"email": f"{MARK}@@readers.example"}),
        ("POST", "/subscribers", {"email": ADDRESS, MARK: KEY}),
        ("POST", "/subscribers", f"{ADDRESS} {KEY}"),
        ("POST", f"/lists/{MARK}/subscriptions", {"email": ADDRESS}),
        ("POST", "/webhooks", {"url": f"https://{MARK}.example/{KEY}", "kinds": [MARK]}),
        ("PUT", f"/segments/{MARK}", {"rule": {MARK: ADDRESS}}),
        ("DELETE", f"/suppressions/{ADDRESS}", None),
        ("GET", f"/{MARK}/{KEY}", None),
    )
    with client:
        found = [client.request(method, path, json=body) for method, path, body in strange]
        found.append(client.post("/subscribers", content=f"{{{ADDRESS}".encode()))
        found.append(client.post("/subscribers", json={"email": ADDRESS}, headers={"idempotency-key": KEY * 9}))
    return [(one.status_code, one.text) for one in found]
