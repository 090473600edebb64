"""Mail and webhook reach the operator over real connections; what fails is said without the address."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from digest.model.alarm import Alarm, AlarmLevel, Reminder, Trouble
from digest.model.errors import ConfigError, Permanent, RenderFailed, Transient
from digest.model.newsletter import WhenNobodyApproves
from digest.notify.mail import MailBell
from digest.notify.webhook import HttpMonitor, WebhookBell
from digest.settings import load_settings
from digest.wiring import open_bells, open_monitor
from tests.servers.smtp_sink import Fault, SmtpSink

NOW = datetime(2026, 11, 22, 6, 20, tzinfo=UTC)
KEY = b"a key of thirty-two bytes, quite"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
ALARM = Alarm(
    id=7,
    trouble=Trouble(
        key="world/2026-11-22/held",
        level=AlarmLevel.CRITICAL,
        what="world/2026-11-22 is held: nobody gets it",
        why="3 stories, 4 are wanted",
        next_step="digest show world/2026-11-22",
    ),
    since=NOW,
)
REMINDER = Reminder(
    edition="world/2026-11-22",
    newsletter="world",
    subject="Ferry aground off Harwich",
    stories=14,
    blockers=0,
    warnings=1,
    rule=WhenNobodyApproves.HOLD,
    by="05:58 (Europe/London)",
    url="http://127.0.0.1:8025/desk/e/world/2026-11-22",
    at=NOW,
)
CONFIG = """\
site: {{base_url: "http://127.0.0.1:8025", list_domain: digest.example}}
alarms:
  mail: {{to: [ops@news.example, night@news.example], sender: digest@news.example, port: {port}}}
newsletters:
  - slug: world
    name: The World Brief
    list: world
    zone: Europe/London
    sender: {{name: The World Brief, email: brief@digest.example}}
    publisher: The World Brief
    postal_address: 1 Sample Street, Exampleton
    sections: [{{slug: world, title: World, match: [World]}}]
"""


@contextmanager
def listening(status: int = 204) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """The address of a real HTTP server that answers `status`, and what it was sent."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hush-hush", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_mail_of_the_configuration_reaches_every_operator(tmp_path: Path) -> None:
    with SmtpSink() as sink:
        (tmp_path / "config.yaml").write_text(CONFIG.format(port=sink.port))
        (bell,) = open_bells(load_settings(tmp_path / "config.yaml"))
        bell.ring(ALARM)
        assert [taken.reader for taken in sink.taken] == ["ops@news.example", "night@news.example"]
        assert sink.complaints == []
        message = email.message_from_bytes(sink.taken[0].content, policy=policy.default)
    assert "held" in message["Subject"]
    assert message["From"].addresses[0].addr_spec == "digest@news.example"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",)).get_content()
    for said in (ALARM.trouble.what, ALARM.trouble.why, ALARM.trouble.next_step):
        assert said.casefold() in " ".join(text.split()).casefold()
    assert "http://127.0.0.1:8025/desk/e/world/2026-11-22\r\n" in text, "the page of the edition it is about"


@pytest.mark.parametrize(("fault", "kind"), [(Fault.MAIL_CLOSING, Transient), (Fault.DROP_BEFORE_DATA, Transient)])
def test_a_relay_that_fails_is_tried_later(fault: Fault, kind: type[Exception]) -> None:
    with SmtpSink(faults=[fault]) as sink, pytest.raises(kind, match=r"alarms\.mail"):
        plain_bell(sink.port).ring(ALARM)


def test_one_refused_operator_does_not_keep_it_from_the_other() -> None:
    with SmtpSink(replies={"ops@news.example": "550 5.1.1 no such user"}) as sink:
        plain_bell(sink.port, "ops@news.example", "night@news.example").ring(ALARM)
        assert [taken.reader for taken in sink.taken] == ["night@news.example"]
        with pytest.raises(Permanent, match="takes no address"):
            plain_bell(sink.port, "ops@news.example").ring(ALARM)


def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    with SmtpSink(users={"ops": "right"}) as sink, pytest.raises(Permanent, match="user name and password"):
        MailBell(
            host="127.0.0.1", port=sink.port, security="none", sender="d@news.example", to=["o@news.example"],
            write=written, write_reminder=written_reminder, username="ops", password="wrong", timeout=5,
        ).ring(ALARM)  # fmt: skip


def plain_bell(port: int, *to: str) -> MailBell:
    return MailBell(
        host="127.0.0.1", port=port, security="none", sender="digest@news.example", to=to or ("ops@news.example",),
        write=written, write_reminder=written_reminder, timeout=5,
    )  # fmt: skip


def written(alarm: Alarm, to: str) -> bytes:
    return f"To: {to}\r\nSubject: {alarm.trouble.what}\r\n\r\nx\r\n".encode()


def written_reminder(reminder: Reminder, to: str) -> bytes:
    return f"To: {to}\r\nSubject: {reminder.subject}\r\n\r\nx\r\n".encode()


def test_a_reminder_says_by_mail_what_waits_and_what_happens_otherwise(tmp_path: Path) -> None:
    with SmtpSink() as sink:
        (tmp_path / "config.yaml").write_text(CONFIG.format(port=sink.port))
        (bell,) = open_bells(load_settings(tmp_path / "config.yaml"))
        bell.remind(REMINDER)
        bell.remind(replace(REMINDER, rule=WhenNobodyApproves.SEND_IF_CHECKS_PASS, by="06:00 (Europe/London)"))
        assert [taken.reader for taken in sink.taken] == ["ops@news.example", "night@news.example"] * 2
        held, sent = (
            " ".join(message.get_body(("plain",)).get_content().split())
            for message in (
                email.message_from_bytes(taken.content, policy=policy.default)
                for taken in (sink.taken[0], sink.taken[2])
            )
        )
    assert "If nobody approves it by 05:58 (Europe/London), it is held." in held
    assert "http://127.0.0.1:8025/desk/e/world/2026-11-22" in held
    assert "If nobody acts, it goes out at 06:00 (Europe/London)." in sent


def test_the_webhook_hears_of_a_reminder_as_a_notice_and_not_as_an_alarm() -> None:
    with listening() as (url, taken):
        bell = WebhookBell(url=url, secret=SECRET, clock=lambda: NOW)
        bell.remind(REMINDER)
        bell.remind(REMINDER)
    (headers, body), (again, _) = taken
    assert headers["webhook-id"] == again["webhook-id"], "the same for every try"
    said = json.loads(body)
    assert (said["type"], said["data"]["otherwise"]) == ("edition.waiting", "held")
    assert said["data"]["edition"] == "world/2026-11-22"


def test_the_webhook_is_signed_as_the_standard_says() -> None:
    with listening() as (url, taken):
        WebhookBell(url=url, secret=SECRET, clock=lambda: NOW).ring(ALARM)
    ((headers, body),) = taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    said = json.loads(body)
    assert said["type"] == "alarm.begun"
    assert said["data"]["key"] == "world/2026-11-22/held"


def test_what_got_worse_is_news_of_its_own_by_mail_and_by_the_webhook(tmp_path: Path) -> None:
    worse = replace(ALARM, told_at=NOW, worse_at=NOW + timedelta(hours=2))
    news = (ALARM, worse, worse, replace(worse, worse_at=NOW + timedelta(hours=3)))
    with listening() as (url, taken):
        bell = WebhookBell(url=url, secret=SECRET, clock=lambda: NOW)
        for alarm in news:
            bell.ring(alarm)
    said = [json.loads(body) for _, body in taken]
    assert [one["type"] for one in said] == ["alarm.begun", "alarm.worse", "alarm.worse", "alarm.worse"]
    assert [one["timestamp"][11:16] for one in said] == ["06:20", "08:20", "08:20", "09:20"]
    assert {one["data"]["since"] for one in said} == {NOW.isoformat()}
    begun, first, same, second = (headers["webhook-id"] for headers, _ in taken)
    assert first == same, "the same for every try"
    assert len({begun, first, second}) == 3
    with SmtpSink() as sink:
        (tmp_path / "config.yaml").write_text(CONFIG.format(port=sink.port))
        (mail,) = open_bells(load_settings(tmp_path / "config.yaml"))
        for alarm in news:
            mail.ring(alarm)
        mails = [email.message_from_bytes(one.content, policy=policy.default) for one in sink.taken[::2]]
    assert ["Worse since" in one["Subject"] for one in mails] == [False, True, True, True]
    assert len({one["Message-ID"] for one in mails}) == 3
    assert ALARM.trouble.next_step in mails[1].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("ahead", "signed"),
    [
        (timedelta(hours=2), NOW - timedelta(hours=2)),
        (timedelta(hours=-2), NOW + timedelta(hours=2)),
        (timedelta(minutes=30), NOW),
        (None, NOW),
    ],
)
def test_what_tells_of_a_wrong_clock_is_signed_by_the_right_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: timedelta | None, signed: datetime
) -> None:
    """Who checks a signature refuses one that is more than five minutes off."""
    (tmp_path / "config.yaml").write_text(CONFIG.format(port=25))
    with listening() as (url, taken):
        monkeypatch.setenv("DIGEST_ALARMS__WEBHOOK__URL", url)
        monkeypatch.setenv("DIGEST_ALARMS__WEBHOOK__SECRET", SECRET)
        bells = open_bells(load_settings(tmp_path / "config.yaml"), lambda: ahead, lambda: NOW)
        next(bell for bell in bells if bell.name == "webhook").ring(ALARM)
    assert taken[0][0]["webhook-timestamp"] == str(int(signed.timestamp()))


@pytest.mark.parametrize(("status", "kind"), [(500, Transient), (429, Transient), (404, Permanent), (302, Permanent)])
def test_what_the_other_side_refuses_is_said_without_its_address(status: int, kind: type[Exception]) -> None:
    with listening(status) as (url, _), pytest.raises(kind, match=str(status)) as caught:
        HttpMonitor(url=url, timeout=5).beat("world/2026-11-22")
    assert "hush" not in str(caught.value)


def test_nobody_listening_is_tried_later() -> None:
    with listening() as (url, _):
        pass
    with pytest.raises(Transient, match=r"alarms\.heartbeat_url: no answer") as caught:
        HttpMonitor(url=url, timeout=2).beat("world/2026-11-22")
    assert "hush" not in str(caught.value)


def test_the_monitor_of_the_environment_hears_the_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(port=25))
    with listening() as (url, taken):
        monkeypatch.setenv("DIGEST_ALARMS__HEARTBEAT_URL", url)
        settings = load_settings(tmp_path / "config.yaml")
        assert "hush" not in repr(settings)
        monitor = open_monitor(settings)
        assert monitor is not None
        monitor.beat("world/2026-11-22")
    assert taken[0][1] == b"world/2026-11-22"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_webhook_needs_a_good_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(port=25))
    monkeypatch.setenv("DIGEST_ALARMS__WEBHOOK__URL", "https://ops.example/hook")
    monkeypatch.setenv("DIGEST_ALARMS__WEBHOOK__SECRET", secret)
    with pytest.raises(ConfigError, match="needs a secret"):
        load_settings(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL__TO", '["Ops Team <ops@news.example>"]'),
        ("MAIL__TO", '["ops"]'),
        ("MAIL__TO", '["bj\u00f6rn@news.example"]'),
        ("MAIL__TO", '["ops@news.example\\r\\nRCPT TO:<x@y.example>"]'),
        ("MAIL__HOST", "relay..example"),
        ("MAIL__HOST", "x" * 70 + ".example"),
        ("WEBHOOK__URL", "https://ops.example:port/hush"),
        ("WEBHOOK__URL", "https://[ops/hush"),
        ("WEBHOOK__URL", "https://snow\u2603.example/hush"),
        ("HEARTBEAT_URL", "https://m.example:abc/hush"),
        ("HEARTBEAT_URL", "monitor.example/hush"),
    ],
)
def test_a_way_that_can_never_work_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(port=25))
    monkeypatch.setenv(f"DIGEST_ALARMS__{name}", value)
    monkeypatch.setenv("DIGEST_ALARMS__WEBHOOK__SECRET", SECRET)
    with pytest.raises(ConfigError, match=r"(?i)alarms") as refused:
        load_settings(tmp_path / "config.yaml")
    assert "hush" not in str(refused.value)


def test_an_address_that_cannot_be_written_does_not_keep_it_from_the_others() -> None:
    def careful(alarm: Alarm, to: str) -> bytes:
        if to == "bad":
            raise RenderFailed("block 1", "no such address")
        return written(alarm, to)

    with SmtpSink() as sink:
        bell = MailBell(
            host="127.0.0.1", port=sink.port, security="none", sender="d@news.example",
            to=["bad", "o@news.example"], write=careful, write_reminder=written_reminder, timeout=5,
        )  # fmt: skip
        bell.ring(ALARM)
        assert [taken.reader for taken in sink.taken] == ["o@news.example"]


def test_an_alarm_that_was_never_stored_is_named_by_its_hour() -> None:
    """A receiver drops what repeats an id: the second outage must not look like the first."""
    with listening() as (url, taken):
        bell = WebhookBell(url=url, secret=SECRET, clock=lambda: NOW)
        for since in (NOW, NOW + timedelta(hours=1)):
            bell.ring(replace(ALARM, id=0, since=since))
    assert len({headers["webhook-id"] for headers, _ in taken}) == 2
