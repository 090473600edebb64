"""Whom alarms and webhooks reach."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from digest import __version__
from digest.logs import redact
from digest.model.errors import MissingLibrary
from digest.ports import Bell, HookDoor, Monitor
from digest.settings import Settings
from digest.wiring.identity import secret_keys, utc_now
from digest.wiring.pages import templates_dir

if TYPE_CHECKING:
    from digest.model.alarm import Alarm, Reminder
    from digest.notify.mail import Write, WriteReminder


def open_bells(
    settings: Settings, ask_time: Callable[[], timedelta | None] = lambda: None, clock: Callable[[], datetime] = utc_now
) -> tuple[Bell, ...]:
    """The ways to the operator that are configured. `ask_time` says how far the clock is ahead of others, if known."""
    from digest.notify.mail import MailBell
    from digest.notify.webhook import WebhookBell
    from digest.workflow.belief import WRONG_BY

    def true_time() -> datetime:
        # Who checks a signature refuses one of another hour: the alarm about the clock would be told nobody.
        ahead = ask_time()
        return clock() if ahead is None or abs(ahead) <= WRONG_BY else clock() - ahead

    bells: list[Bell] = []
    mail, webhook = settings.alarms.mail, settings.alarms.webhook
    if mail.to:
        bells.append(
            MailBell(
                host=mail.host,
                port=mail.port,
                security=mail.security,
                sender=mail.sender,
                to=mail.to,
                write=_alarm_writer(settings),
                write_reminder=_reminder_writer(settings),
                username=mail.username,
                password=mail.password.get_secret_value(),
            )
        )
    if webhook.url:
        bells.append(WebhookBell(url=webhook.url, secret=webhook.secret.get_secret_value(), clock=true_time))
    return tuple(bells)


@contextmanager
def errors_told(settings: Settings) -> Iterator[None]:
    """Errors of the log go to Sentry, where one is configured. After `configure_logs`, which puts other ways aside.

    Raises ConfigError where the library is missing, or the address is none.
    """
    dsn = settings.alarms.sentry_dsn.get_secret_value()
    if not dsn:
        yield
        return
    try:
        from digest.notify.sentry import SentryHandler
    except ModuleNotFoundError as error:
        raise MissingLibrary("alarms.sentry_dsn", str(error)) from error
    handler = SentryHandler(dsn=dsn, release=f"digest@{__version__}", scrub=redact)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def open_hooks(settings: Settings) -> HookDoor:
    """The way out to webhooks: through the guard of the web's own door. The oldest key makes their secrets."""
    import httpx

    from digest.notify.hooks import Signer
    from digest.sources.guard import Guard
    from digest.sources.wire import CheckedTransport, Deadline

    chosen = settings.webhooks
    guard = Guard(trusted=chosen.trusted)
    tls = httpx.create_ssl_context(trust_env=False)
    return Signer(
        key=hmac.digest(secret_keys(settings)[0], b"digest.webhooks", "sha256"),
        open_transport=lambda: CheckedTransport(
            guard=guard, deadline=Deadline(chosen.timeout_seconds), ssl_context=tls
        ),
        check_host=guard.check_host,
        trusted=chosen.trusted,
        timeout=chosen.timeout_seconds,
    )


def open_monitor(settings: Settings) -> Monitor | None:
    """Who expects a sign of life for each edition of every newsletter, if anybody does."""
    from digest.notify.webhook import HttpMonitor

    url = settings.alarms.heartbeat_url.get_secret_value()
    return HttpMonitor(url=url) if url else None


def open_monitors(settings: Settings) -> Mapping[str, Monitor]:
    """Who expects one for each edition of a newsletter, by its slug."""
    from digest.notify.webhook import HttpMonitor

    return {
        slug: HttpMonitor(url=url.get_secret_value(), place=f"alarms.heartbeat_urls.{slug}")
        for slug, url in settings.alarms.heartbeat_urls.items()
    }


def _alarm_writer(settings: Settings) -> Write:
    from digest.model.alarm import News
    from digest.model.letter import DeskLetter
    from digest.model.newsletter import Sender
    from digest.notify.mail import key_of
    from digest.render.engine import Engine
    from digest.render.letters import Letter, LetterWriter, letter_message

    def write(alarm: Alarm, to: str) -> bytes:
        newsletter = settings.newsletters[0].newsletter()
        instant = alarm.at
        news = {
            News.BEGUN: "",
            News.WORSE: f"Worse since {instant:%H:%M} UTC: ",
            News.OVER: f"Over since {instant:%H:%M} UTC: ",
        }[alarm.news]
        letter = Letter(
            kind=DeskLetter.ALERT,
            language="en",
            values={
                "url": _where(settings, alarm.trouble.key),
                "what": news + alarm.trouble.what,
                "why": alarm.trouble.why[:1].upper() + alarm.trouble.why[1:] or "-",
                "next": "nothing, it is over" if alarm.over_at else alarm.trouble.next_step,
                "time": f"{instant:%Y-%m-%d %H:%M} UTC",
            },
        )
        written = LetterWriter(Engine(templates_dir())).write(letter, newsletter)
        sender = Sender(name=f"Digest: {newsletter.name}", email=settings.alarms.mail.sender)
        return letter_message(
            written, sender=sender, to=to, date=instant, key=key_of(alarm, instant), domain=settings.domain_of_lists
        )

    return write


def _where(settings: Settings, key: str) -> str:
    """The desk's page of what the alarm is about: the edition that its key names, or the desk."""
    from digest.model.edition import EditionId

    desk = settings.site.base_url.rstrip("/") + "/desk"
    newsletter, _, rest = key.partition("/")
    day = rest.partition("/")[0]
    try:
        return f"{desk}/e/{EditionId(newsletter=newsletter, date=date.fromisoformat(day))}"
    except ValueError:
        return desk


def _reminder_writer(settings: Settings) -> WriteReminder:
    from digest.model.letter import DeskLetter
    from digest.model.newsletter import Sender
    from digest.render.engine import Engine
    from digest.render.letters import Letter, LetterWriter, letter_message

    def write(reminder: Reminder, to: str) -> bytes:
        newsletter = next(one for one in settings.newsletters if one.slug == reminder.newsletter).newsletter()
        letter = Letter(
            kind=DeskLetter.READY,
            language="en",
            values={
                "url": reminder.url,
                "edition": reminder.edition,
                "subject": reminder.subject,
                "stories": str(reminder.stories),
                "blockers": str(reminder.blockers),
                "warnings": str(reminder.warnings),
                "rule": reminder.rule.value,
                "time": reminder.by,
            },
        )
        written = LetterWriter(Engine(templates_dir())).write(letter, newsletter)
        sender = Sender(name=f"Digest: {newsletter.name}", email=settings.alarms.mail.sender)
        key = f"remind-{reminder.edition.replace('/', '-')}"
        return letter_message(written, sender=sender, to=to, date=reminder.at, key=key, domain=settings.domain_of_lists)

    return write
