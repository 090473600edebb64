"""Whether the mail provider is there and knows us, asked without mailing anybody."""

from __future__ import annotations

import os
import smtplib
import ssl
from typing import Literal

import httpx

from digest.cli.trial import trial_batch
from digest.model.errors import AdapterError, DigestError
from digest.settings import ENV_PREFIX, Resend, SendGrid, Settings, Smtp
from digest.wiring import open_mailbox, open_provider, open_suppressions, utc_now

Answer = tuple[Literal["ok", "warn", "fail"], str, str]
"""Level, what was found, what to do."""


def look(settings: Settings, *, online: bool) -> Answer:
    """The provider of the configuration. Raises OSError where the outbox cannot even be looked for."""
    match settings.provider.kind:
        case "outbox":
            return _outbox(settings)
        case "smtp":
            return _smtp(settings.provider.smtp)
        case "sendgrid":
            return _sendgrid(settings, online=online)
        case "mailgun" | "postmark" | "ses" as kind:
            return _by_its_lists(settings, kind, online=online)
        case "resend":
            return _resend(settings.provider.resend, online=online)


def bounces(settings: Settings, *, online: bool) -> Answer | None:
    """The mailbox that bounces come to; None where there is none, and none is needed."""
    chosen = settings.bounces
    if chosen.kind == "none":
        if settings.provider.kind != "smtp":
            return None
        fix = "set `bounces`, so that addresses that bounce or complain are not mailed for ever"
        return "warn", "SMTP tells of bounces by mail, and nobody reads it", fix
    name = f"{chosen.kind} {chosen.path or chosen.host}"
    if chosen.kind == "imap" and not chosen.password.get_secret_value():
        return "fail", f"{name}: no password", f"set {ENV_PREFIX}BOUNCES__PASSWORD"
    if chosen.kind == "imap" and not online:
        return "ok", f"{name}; --online tries it", ""
    try:
        mailbox = open_mailbox(settings)
        if mailbox is not None:
            # Looked at, with nothing read and nothing marked.
            mailbox.take(lambda _: None, limit=0)
    except DigestError as error:
        return "fail", str(error), "check `bounces` in the configuration"
    return "ok", f"{name} can be read", ""


def _by_its_lists(settings: Settings, kind: str, *, online: bool) -> Answer:
    """A key that may read the suppression lists is one that the provider knows; nobody is mailed by asking."""
    feed = open_suppressions(settings).get(kind)
    if feed is None:
        return "fail", f"{kind}: no key", f"see docs/reference/providers/{kind}.md for the variable to set"
    if not online:
        return "ok", f"{kind}: configured; --online tries the key", ""
    try:
        next(iter(feed.pages(utc_now())), None)
    except DigestError as error:
        return "fail", f"{kind}: {error}", "check the key and its rights"
    return "ok", f"{kind}: knows our key; its suppression list answers", "send an edition to a list of your own first"


def _resend(resend: Resend, *, online: bool) -> Answer:
    """Ask for our domains. A key that may only send is known by being refused as that."""
    key = resend.api_key.get_secret_value()
    if not key:
        return "fail", "resend: no key", f"set {ENV_PREFIX}PROVIDER__RESEND__API_KEY"
    if not online:
        return "ok", f"resend: a key is there ({resend.base_url}); --online tries it", ""
    mend = "check the key and provider.resend.base_url"
    try:
        answer = httpx.get(
            f"{resend.base_url.rstrip('/')}/domains",
            headers={"Authorization": f"Bearer {key}"},
            timeout=min(resend.timeout_seconds, 10.0),
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return "fail", f"resend: no answer ({type(error).__name__})", mend
    if answer.status_code == 200 or (answer.status_code == 401 and "restricted_api_key" in answer.text[:4000]):
        return "ok", "resend: knows our key", "send an edition to a list of your own first"
    if answer.status_code in (400, 401, 403):
        return "fail", f"resend: the key was refused ({answer.status_code})", mend
    return "warn", f"resend: answered {answer.status_code}", "digest doctor --online again, later"


def _outbox(settings: Settings) -> Answer:
    path = settings.provider.outbox.path
    place = path.resolve()
    while not place.exists():
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return "ok", f"outbox {path}: a Maildir, nobody is mailed", ""
    return "fail", f"outbox {path}: {place} cannot be written to", "mend its rights, or provider.outbox.path"


def _smtp(smtp: Smtp) -> Answer:
    """Connect, secure and log in as a sending would, and say goodbye."""
    name = f"smtp {smtp.host}:{smtp.port}"
    context = ssl.create_default_context()
    timeout = min(smtp.timeout_seconds, 10.0)
    try:
        if smtp.security == "tls":
            session: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=timeout, context=context)
        else:
            session = smtplib.SMTP(smtp.host, smtp.port, timeout=timeout)
        with session:
            session.ehlo()
            if smtp.security == "starttls":
                session.starttls(context=context)
                session.ehlo()
            if smtp.username:
                session.login(smtp.username, smtp.password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        return "fail", f"{name}: the login was refused ({error.smtp_code})", _smtp_login()
    except (OSError, smtplib.SMTPException) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return "fail", f"{name}: {words}", "check provider.smtp.host, .port and .security, and the firewall"
    return "ok", f"{name} answers" + (", and knows us" if smtp.username else ""), ""


def _smtp_login() -> str:
    return f"check provider.smtp.username and {ENV_PREFIX}PROVIDER__SMTP__PASSWORD"


def _sendgrid(settings: Settings, *, online: bool) -> Answer:
    sendgrid = settings.provider.sendgrid
    variable = f"{ENV_PREFIX}PROVIDER__SENDGRID__API_KEY"
    if not sendgrid.api_key.get_secret_value():
        return "fail", "sendgrid: no key", f"set {variable}"
    if online:
        return _sandbox_call(settings, sendgrid)
    if sendgrid.sandbox:
        return "warn", "sendgrid: sandbox is on, nobody is mailed", "set provider.sendgrid.sandbox to false to mail"
    return "ok", f"sendgrid: a key is there ({sendgrid.base_url}); --online tries it", ""


def _sandbox_call(settings: Settings, sendgrid: SendGrid) -> Answer:
    trying = settings.provider.model_copy(update={"sendgrid": sendgrid.model_copy(update={"sandbox": True})})
    provider = open_provider(settings.model_copy(update={"provider": trying}))
    try:
        provider.send(trial_batch(settings, utc_now()))
    except AdapterError as error:
        return "fail", f"sendgrid: {error}", "check the key, its rights (Mail Send) and provider.sendgrid.base_url"
    finally:
        provider.close()
    return "ok", f"sendgrid: {sendgrid.base_url} took a message in its sandbox", ""
