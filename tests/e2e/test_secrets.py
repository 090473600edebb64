"""T17: keys and addresses that are marked go through every path that fails, and no line that anybody reads has a mark.

The other side is hostile: it repeats what it was sent, headers and all, in every answer. What is searched: both
streams of the commands (also with DIGEST_DEBUG and --json), the log of a morning by the clock, what the operator is
told, the metrics, and what the errors themselves hold, their causes too.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import re
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import structlog
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest

from digest.cli import cli
from digest.cli.trial import trial_batch
from digest.logs import configure_logs
from digest.model.errors import AdapterError, DigestError
from digest.ports import App
from digest.scheduler import Scheduler
from digest.settings import load_settings
from digest.sources.fetch import Fetcher, Limits
from digest.sources.guard import Guard
from digest.sources.pace import Pace
from digest.summarise.chat import ChatSummariser
from digest.web.metrics import StateCollector
from digest.wiring import open_app, open_provider, open_suppressions, utc_now
from digest.workflow.feedback.events import receive
from subscribers.model import LetterKind
from tests.digest.cli.desk import READERS, Desk
from tests.e2e.test_apart import late_in_the_morning
from tests.fakes import FakeClock
from tests.servers.smtp_sink import SmtpSink

MARK = "c4n4ry"
KEY = f"{MARK}Key{'0123456789abcdef' * 2}"
WHSEC = "whsec_" + base64.b64encode(f"{MARK} of thirty bytes or more".encode()).decode()
STATUSES = (400, 401, 403, 404, 413, 422, 429, 500, 503, 200)
"""200 with a body that is no answer of any provider's."""


class Echo(BaseHTTPRequestHandler):
    """Answers whatever comes with a status by turns and with everything it was told."""

    turns: ClassVar[list[int]]

    def do_POST(self) -> None:
        """Any request at all."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        login = self.headers.get("authorization", "").removeprefix("Basic ")
        with contextlib.suppress(ValueError):
            login = base64.b64decode(login, validate=True).decode("latin-1")
        said = f"{login} {self.headers} {self.path} {body.decode('utf-8', 'replace')}"
        answer = json.dumps({"message": said, "errors": [{"message": said}], "Message": said}).encode()
        self.turns.append(self.turns.pop(0))
        self.send_response(self.turns[-1])
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_DELETE = do_POST  # noqa: N815 - the names that http.server asks for

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def echo(*statuses: int, handler: type[Echo] = Echo) -> Iterator[str]:
    """The address of a server that answers with these by turns."""

    class Turns(handler):  # type: ignore[misc,valid-type]
        turns: ClassVar[list[int]] = list(statuses)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Turns)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def variables(kind: str, url: str) -> dict[str, str]:
    """The environment of an installation whose every secret bears the mark."""
    own = {
        "sendgrid": {"API_KEY": f"SG.{KEY}", "BASE_URL": url},
        "mailgun": {"API_KEY": KEY, "WEBHOOK_SIGNING_KEY": KEY, "DOMAIN": "mg.digest.example", "BASE_URL": url},
        "postmark": {"SERVER_TOKEN": KEY, "WEBHOOK_PASSWORD": KEY, "BASE_URL": url},
        "resend": {"API_KEY": f"re_{KEY}", "WEBHOOK_SECRET": WHSEC, "BASE_URL": url},
        "ses": {"ACCESS_KEY_ID": "AKIAEXAMPLE", "SECRET_ACCESS_KEY": KEY, "REGION": "eu-west-1", "ENDPOINT_URL": url},
        "smtp": {"USERNAME": f"{MARK}-user", "PASSWORD": KEY, "PORT": url.rpartition(":")[2]},
    }[kind]
    return {
        "DIGEST_PROVIDER__KIND": kind,
        **{f"DIGEST_PROVIDER__{kind.upper()}__{name}": value for name, value in own.items()},
        "DIGEST_ALARMS__WEBHOOK__URL": f"{url if kind != 'smtp' else 'http://127.0.0.1:9'}/hook/{MARK}",
        "DIGEST_ALARMS__WEBHOOK__SECRET": WHSEC,
        "DIGEST_ALARMS__HEARTBEAT_URL": f"{url if kind != 'smtp' else 'http://127.0.0.1:9'}/beat/{MARK}",
        "DIGEST_SECRET_KEYS": f"{MARK}{'k' * 40}",
    }


def marked(text: str) -> list[str]:
    """Every place where a mark can be read, as it is or as base64 hides it."""
    hidden = [
        base64.b64encode(secret.encode()).decode().rstrip("=")
        for secret in (f"api:{KEY}", f"digest:{KEY}", KEY, f"SG.{KEY}", f"\0{MARK}-user\0{KEY}")
    ]
    found = re.finditer("|".join([MARK, re.escape(WHSEC[6:]), *map(re.escape, hidden)]), text, re.IGNORECASE)
    return [text[max(0, one.start() - 120) : one.end() + 40] for one in found]


def whole(error: BaseException) -> str:
    """Everything that a log with tracebacks or a debugger's report would show of it."""
    return "".join([*traceback.format_exception(error), repr(error), repr(getattr(error, "raw", ""))])


def house(folder: Path) -> tuple[Desk, str]:
    """A newsroom whose readers bear the mark, at ten in the morning, and its edition."""
    desk = Desk(folder=folder)
    desk.configure(window_hours=6)
    desk.write_sources()
    rows = re.sub(r"^(\w+)@", rf"{MARK}-\1@", READERS, flags=re.MULTILINE)
    said = desk.import_readers(rows)
    assert marked(said.stdout + said.stderr) == []
    return desk, late_in_the_morning(desk)


@contextmanager
def listening_in() -> Iterator[io.StringIO]:
    """What this process logs meanwhile, as `digest serve` would."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    configure_logs(lines, json=True)
    try:
        yield lines
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


@contextmanager
def other_side(kind: str, *statuses: int) -> Iterator[str]:
    """A hostile provider: HTTP, or SMTP that repeats the password and the readers."""
    if kind != "smtp":
        with echo(*statuses) as url:
            yield url
        return
    replies = {
        f"{MARK}-{name}@readers.example": f"550 5.1.1 <{MARK}-{name}@readers.example> unknown"
        for name in ("ada", "cho")
    }
    # The first login is refused in words that hold the password; whoever comes again is let in.
    with SmtpSink(
        users={f"{MARK}-user": KEY}, replies=replies, login_reply=f"535 {KEY} of {MARK}-user is wrong"
    ) as sink:
        yield f"smtp://127.0.0.1:{sink.port}"


@pytest.mark.parametrize("kind", ["sendgrid", "mailgun", "postmark", "resend", "ses"])
def test_no_error_of_a_provider_has_a_mark(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not in a chained cause, which a log with a traceback would show."""
    desk, _ = house(tmp_path)
    with echo(*STATUSES) as url:
        for name, value in variables(kind, url).items():
            monkeypatch.setenv(name, value)
        with contextlib.chdir(desk.folder):
            settings = load_settings(Path("config.yaml"))
        provider = open_provider(settings)
        batch = trial_batch(settings, utc_now())
        recipients = tuple(
            type(one)(delivery=one.delivery, email=f"{MARK}@readers.example", name=one.name, slots=one.slots,
                      unsubscribe_url=one.unsubscribe_url)
            for one in batch.recipients
        )  # fmt: skip
        batch = type(batch)(chunk=batch.chunk, envelope=batch.envelope, rendered=batch.rendered, recipients=recipients)
        errors: list[DigestError] = []
        notes = ""
        with listening_in() as log:
            for _ in STATUSES:
                try:
                    receipt = provider.send(batch)
                    notes += f"{receipt.note} {list(receipt.refused.values())}"
                except AdapterError as error:
                    errors.append(error)
            for feed in open_suppressions(settings).values():
                try:
                    list(feed.pages(utc_now()))
                except DigestError as error:
                    errors.append(error)
            provider.close()
    # The rest of the answers is about one reader, and stands in the receipts.
    assert len(errors) >= 5
    assert marked(notes + "".join(map(whole, errors)) + log.getvalue()) == []


def test_what_is_fetched_and_asked_for_tells_no_mark() -> None:
    """The address of a feed that holds a key, and a model's service that repeats our key and what it was to read."""
    errors: list[DigestError] = []
    with echo(*STATUSES) as url, listening_in() as log:
        summariser = ChatSummariser(base_url=url, model="m", api_key=KEY)
        trusted = Guard(trusted={url.removeprefix("http://")})
        door = Fetcher(
            user_agent="digest/0.1", guard=trusted, limits=Limits(retries=0), pace=Pace(interval=0.0), robots=False
        )
        asks: tuple[Callable[[], object], ...] = (
            lambda: summariser.summarise([f"{MARK}@readers.example wrote"], language="en", limit=200),
            lambda: door.get(f"{url}/feed.xml?key={KEY}"),
        )
        for ask in asks:
            for _ in STATUSES:
                try:
                    ask()
                except DigestError as error:
                    errors.append(error)
        summariser.close()
    assert len(errors) >= 2 * (len(STATUSES) - 1)
    assert marked("".join(map(whole, errors)) + log.getvalue()) == []


COMMANDS = (("status",), ("audit",), ("show",), ("doctor", "--online"), ("feedback", "sync"), ("feedback", "status"))


@pytest.mark.parametrize("kind", ["sendgrid", "mailgun", "postmark", "resend", "ses", "smtp"])
def test_a_morning_that_fails_tells_no_mark(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, edition = house(tmp_path)
    desk.confirm()
    refusing = {f"{MARK}@operator.example": f"550 {MARK}@operator.example"}
    with other_side(kind, 500, 400, 503) as url, SmtpSink(replies=refusing) as relay:
        for name, value in variables(kind, url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DIGEST_ALARMS__MAIL__TO", json.dumps([f"{MARK}@operator.example"]))
        monkeypatch.setenv("DIGEST_ALARMS__MAIL__SENDER", "digest@digest.example")
        monkeypatch.setenv("DIGEST_ALARMS__MAIL__PORT", str(relay.port))
        with contextlib.chdir(desk.folder), listening_in() as log, open_app(load_settings(Path("config.yaml"))) as app:
            heard = morning(app)
        assert "phase.ended" in log.getvalue()
        assert "operator.unreachable" in log.getvalue()
        for command in COMMANDS:
            for more, debug in (((), "1"), (("--json",), "")):
                about = (edition,) if command in (("audit",), ("show",)) else ()
                with contextlib.chdir(desk.folder):
                    done = CliRunner().invoke(cli, [*command, *about, *more], env={"DIGEST_DEBUG": debug})
                heard.append(f"{command}: {done.exit_code} {done.stdout} {done.stderr}")
    assert marked("\n".join([*heard, log.getvalue()])) == []


def morning(app: App) -> list[str]:
    """A morning by the clock, a letter, a false webhook; everything that is kept or shown of them."""
    clock = FakeClock(utc_now())
    app = replace(app, clock=clock, wait=clock.wait)
    with app.begin() as tx:
        for reader in tx.audience.readers_at([f"{MARK}-ada@readers.example"]):
            tx.audience.queue_letter(
                LetterKind.GOODBYE, reader, address=f"{MARK}-ada@readers.example", now=clock.now - timedelta(minutes=5)
            )
    clockwork = Scheduler(app)
    # Its own waiting is of the machine's clock.
    clockwork._app = replace(clockwork._app, wait=clock.wait)
    for _ in range(3):
        clockwork.sweep_now()
        clockwork.housework_now()
        clock.wait(300)
    heard = []
    for name in app.feedback:
        try:
            receive(app, name, {"authorization": f"Basic {KEY}"}, f"{MARK}@readers.example {KEY}".encode())
        except DigestError as error:
            heard.append(whole(error))
    with app.read() as tx:
        heard += [str(alarm.trouble) for alarm in tx.alarms.standing()]
        heard += [run.note for run in tx.runs.recent(100)]
        heard += [str(line) for line in tx.reports.log(before=None, limit=100)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(app, clockwork))
    return [*heard, generate_latest(registry).decode()]


def test_a_database_out_of_reach_tells_no_password(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    desk.configure()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for command in (("status",), ("doctor",), ("doctor", "--json"), ("run", "world"), ("db", "check")):
        url = f"postgresql+psycopg://digest:{KEY}@127.0.0.1:{port}/digest"
        with contextlib.chdir(tmp_path):
            done = CliRunner().invoke(cli, list(command), env={"DIGEST_DEBUG": "1", "DIGEST_STORAGE__URL": url})
        assert done.exit_code != 0
        assert marked(done.stdout + done.stderr) == [], command
