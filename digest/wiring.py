"""open_app(settings) -> App: the only place that knows which adapter is in use."""

from __future__ import annotations

import hmac
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from digest import __version__
from digest.model.errors import BadDocument, ConfigError, Unauthorised
from digest.model.feedback import BOUNCES, Feedback
from digest.model.identity import Vouching
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.newsletter import Newsletter
from digest.model.throttle import Rates
from digest.ports import (
    App,
    Asks,
    Bell,
    FeedbackReader,
    Fetches,
    HookDoor,
    House,
    Imports,
    Jobs,
    Keep,
    LetterWriter,
    Limits,
    Lookup,
    Mailbox,
    Monitor,
    Pages,
    Pictures,
    Progress,
    Provider,
    Renderer,
    Rounds,
    Source,
    Summariser,
    SuppressionFeed,
)
from digest.settings import ENV_PREFIX, Dkim, NewsletterSettings, ProviderSettings, Settings, SourceSettings
from subscribers.limits import AskLimits

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.model.added_source import AddedSource
    from digest.model.alarm import Alarm
    from digest.notify.mail import Write
    from digest.providers.sendgrid_calls import SendGridCalls
    from digest.render.dkim import DkimSigner
    from digest.render.pixels import Encoded
    from digest.sources.fetch import Fetcher
    from digest.sources.pages import FetchPages
    from digest.store.tx import Store

_PACKAGE = Path(__file__).resolve().parent
PICTURES = "pictures"
"""Under var_dir: the pictures of the editions, and logos."""
IMPORTS = "imports"
"""Under var_dir: files of readers, until they are brought in."""
MARK_FILE = "newest-mailing"
"""Under var_dir: the newest mailing, by which a database that was put back is known (P7)."""
KEY_FILE = "secret.key"
"""Under var_dir: made at the first start where no key is configured."""


class Quiet:
    """A progress that says nothing."""

    def start(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, task: str, steps: int = 1) -> None:
        """Nothing."""

    def finish(self, task: str, summary: str) -> None:
        """Nothing."""


def utc_now() -> datetime:
    """The one place that reads the machine's clock."""
    return datetime.now(UTC)


def templates_dir() -> Path:
    """The templates: beside the package in a checkout, inside of it when installed from a wheel."""
    for place in (_PACKAGE.parent / "templates", _PACKAGE / "_templates"):
        if (place / "email").is_dir():
            return place
    raise ConfigError(f"{_PACKAGE}: the templates are missing; install the package whole")


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The database, with the schema brought to where the code is."""
    from digest.store import schema
    from digest.store.db import open_engine
    from digest.store.installation import recognise
    from digest.store.tx import Store

    database = open_engine(settings.storage.url, prepared=settings.storage.prepared_statements)
    store = Store(database, jobs=open_jobs(settings))
    try:
        schema.upgrade(store.engine)
        if settings.engine == "procrastinate":
            install_queue(store)
        recognise(store.engine, utc_now())
        yield store
    finally:
        store.close()


def open_jobs(settings: Settings) -> Callable[[Connection], Jobs] | None:
    """The queue of a connection, None without an engine. Raises ConfigError where its library is missing."""
    if settings.engine == "none":
        return None
    try:
        from digest.jobs.queue import ProcrastinateJobs
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"engine: procrastinate needs the extra `engine` ({error}); install digest[engine]"
        ) from error
    return ProcrastinateJobs


def install_queue(store: Store) -> None:
    """Make the engine's tables where they are missing or of an older version of it."""
    from digest.jobs.schema import install
    from digest.store import db

    with db.write(store.engine) as conn:
        install(conn)


@contextmanager
def open_app(settings: Settings, *, progress: Progress | None = None) -> Iterator[App]:
    """Everything a workflow function may use, closed again at the end."""
    from digest.render.links import SignedLinks
    from digest.store.installation import standing
    from digest.store.pictures import PictureFolder

    with open_store(settings) as store:
        providers = open_providers(settings)
        pictures = PictureFolder(settings.var_dir / PICTURES)
        fetcher = open_fetcher(settings)
        summariser = open_summariser(settings)
        try:
            yield App(
                clock=utc_now,
                begin=store.begin,
                read=store.read,
                sources=open_sources(settings, fetcher),
                provider=providers[settings.provider.kind],
                providers=providers,
                rates=open_rates(settings),
                feedback=open_feedback(settings),
                renderer=open_renderer(settings.site.base_url, settings.site.pictures_url),
                links=SignedLinks(settings.site.base_url, secret_keys(settings)),
                newsletters={one.slug: open_newsletter(one, pictures) for one in settings.newsletters},
                progress=progress or Quiet(),
                wait=time.sleep,
                stopping=lambda: False,
                owner=owner_name(),
                is_gone=is_gone,
                list_domain=settings.domain_of_lists,
                help_url=settings.site.base_url.rstrip("/") + "/",
                unsubscribe_mailto=settings.site.unsubscribe_mailto,
                open_source=lambda added: open_added(added, fetcher),
                fetch=open_door(settings, fetcher),
                pictures=pictures,
                pages=open_pages(settings, fetcher),
                summariser=summariser,
                keep=Keep(**settings.retention.model_dump(), webhooks_days=settings.webhooks.keep_days),
                hooks=open_hooks(settings),
                bells=open_bells(settings),
                monitor=open_monitor(settings),
                mailbox=open_mailbox(settings),
                suppressions=open_suppressions(settings),
                lookups=open_lookups(settings),
                rounds=Rounds(
                    bounces=timedelta(minutes=settings.bounces.every_minutes),
                    suppressions=timedelta(hours=settings.feedback.suppressions_hours),
                ),
                letters=open_letters(settings.site.base_url),
                asks=open_asks(settings),
                imports=open_imports(settings, store),
                trial=mail_leaves(settings),
                seeds=settings.desk.seeds,
                house=open_house(settings),
                vouching=open_vouching(settings),
                paused=lambda: standing(store.engine, settings.var_dir / MARK_FILE),
                limits=Limits(seconds=settings.fetching.collect_seconds, pages=settings.fetching.pages),
                drains=settings.workers.drains if settings.engine != "none" else 0,
                silent=timedelta(seconds=settings.workers.silent_seconds),
            )
        finally:
            for provider in providers.values():
                provider.close()
            if summariser is not None:
                summariser.close()


def open_newsletter(one: NewsletterSettings, pictures: Pictures) -> Newsletter:
    """A newsletter, its logo among the pictures that we serve. Raises ConfigError where that is none."""
    newsletter = one.newsletter()
    encoded = read_logo(one)
    if encoded is None:
        return newsletter
    try:
        pictures.put(encoded.kept.name, encoded.content)
    except OSError as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {error}") from error
    return replace(newsletter, theme=replace(newsletter.theme, logo=encoded.kept))


def read_logo(one: NewsletterSettings) -> Encoded | None:
    """The logo of a newsletter as we serve it, None where it has none. Raises ConfigError that names key and path."""
    path = one.theme.logo
    if path is None:
        return None
    from digest.render.pixels import logo

    try:
        return logo(str(path), path.read_bytes())
    except OSError as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {path}: {error.strerror or error}") from error
    except BadDocument as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {error}") from error


def open_letters(base_url: str = "") -> LetterWriter:
    """Writes single letters, with the templates of the mail."""
    from digest.render.engine import Engine
    from digest.render.letters import LetterWriter as Writer

    return Writer(Engine(templates_dir()), picture_host=picture_host(base_url))


def open_asks(settings: Settings) -> Asks:
    """How strangers' asks are counted. The oldest key names the erased: it must find those of years ago."""
    keys = secret_keys(settings)
    limits = AskLimits(per_client=settings.site.asks_per_client, in_all=settings.site.asks_in_all)
    return Asks(limits=limits, key=hmac.digest(keys[-1], b"digest.asks", "sha256"), erasure_key=keys[0])


def open_imports(settings: Settings, store: Store) -> Imports:
    """Imports of readers, with their files below var_dir."""
    from digest.store.imports import StoredImports

    return StoredImports(
        store.engine,
        settings.var_dir / IMPORTS,
        erasure_key=secret_keys(settings)[0],
        allow_reserved=stays_here(settings),
    )


def stays_here(settings: Settings) -> bool:
    """True where the provider is on this machine: a rehearsal, in which reserved addresses are welcome."""
    provider = settings.provider
    if provider.kind == "outbox":
        return True
    host = provider.smtp.host if provider.kind == "smtp" else urlsplit(provider.sendgrid.base_url).hostname
    return host in ("127.0.0.1", "localhost", "::1")


def open_renderer(base_url: str = "", pictures_url: str = "") -> Renderer:
    """Jinja, MJML and the templates. Pictures are shown from below `base_url`; without one there are none.

    In mails they are shown from `pictures_url` where there is one; the page calls nobody but us.
    """
    from digest.render.engine import Engine
    from digest.render.renderer import EditionRenderer

    own = picture_host(base_url)
    in_mails = f"{pictures_url.rstrip('/')}/" if pictures_url else own
    subscribe = f"{base_url.rstrip('/')}/subscribe" if base_url else ""
    return EditionRenderer(
        Engine(templates_dir()), picture_host=in_mails, page_picture_host=own, subscribe_url=subscribe
    )


def picture_host(base_url: str) -> str:
    """The address that our own pictures start with, or empty."""
    return f"{base_url.rstrip('/')}/pictures/" if base_url else ""


def open_bells(settings: Settings) -> tuple[Bell, ...]:
    """The ways to the operator that are configured."""
    from digest.notify.mail import MailBell
    from digest.notify.webhook import WebhookBell

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
                username=mail.username,
                password=mail.password.get_secret_value(),
            )
        )
    if webhook.url:
        bells.append(WebhookBell(url=webhook.url, secret=webhook.secret.get_secret_value(), clock=utc_now))
    return tuple(bells)


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
    """Who expects a sign of life for each edition, if anybody does."""
    from digest.notify.webhook import HttpMonitor

    url = settings.alarms.heartbeat_url.get_secret_value()
    return HttpMonitor(url=url) if url else None


def _alarm_writer(settings: Settings) -> Write:
    from digest.model.newsletter import Sender
    from digest.notify.mail import key_of
    from digest.render.engine import Engine
    from digest.render.letters import Letter, LetterKind, LetterWriter, letter_message

    def write(alarm: Alarm, to: str) -> bytes:
        newsletter = settings.newsletters[0].newsletter()
        over = f"Over since {alarm.over_at:%H:%M} UTC: " if alarm.over_at is not None else ""
        instant = alarm.over_at or alarm.since
        letter = Letter(
            kind=LetterKind.ALERT,
            language="en",
            values={
                "url": settings.site.base_url.rstrip("/") + "/",
                "what": over + alarm.trouble.what,
                "why": alarm.trouble.why or "-",
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


def open_provider(settings: Settings) -> Provider:
    """Where mail goes out, as the configuration says."""
    return _PROVIDERS[settings.provider.kind](settings.provider)


def open_providers(settings: Settings) -> Mapping[str, Provider]:
    """Every provider that is in use, by kind: the configured one, and those that newsletters name."""
    kinds = {settings.provider.kind, *(kind for one in settings.newsletters for kind in one.providers)}
    opened: dict[str, Provider] = {}
    try:
        for kind in sorted(kinds):
            opened[kind] = _PROVIDERS[kind](settings.provider)
    except BaseException:
        for provider in opened.values():
            provider.close()
        raise
    return opened


def open_rates(settings: Settings) -> Mapping[str, Rates]:
    """How much each provider is given, by kind."""
    return {kind: Rates(**getattr(settings.provider, kind).rates.model_dump()) for kind in _PROVIDERS}


def _open_outbox(chosen: ProviderSettings) -> Provider:
    from digest.providers.outbox import OutboxProvider

    return OutboxProvider(chosen.outbox.path)


def _open_dkim(chosen: Dkim) -> DkimSigner | None:
    if not chosen.domain or chosen.key_file is None:
        return None
    from digest.render.dkim import DkimSigner

    try:
        return DkimSigner(domain=chosen.domain, selector=chosen.selector, key=chosen.key_file.read_bytes())
    except OSError as error:
        raise ConfigError(f"provider.smtp.dkim.key_file: {chosen.key_file} cannot be read: {error.strerror}") from error
    except ConfigError as error:
        raise ConfigError(f"provider.smtp.{error}") from error


def _open_smtp(chosen: ProviderSettings) -> Provider:
    from digest.providers.smtp import SmtpProvider

    return SmtpProvider(
        host=chosen.smtp.host,
        port=chosen.smtp.port,
        security=chosen.smtp.security,
        username=chosen.smtp.username,
        password=chosen.smtp.password.get_secret_value(),
        timeout=chosen.smtp.timeout_seconds,
        return_path=chosen.smtp.return_path,
        verp=chosen.smtp.verp,
        connections=chosen.smtp.connections,
        max_per_connection=chosen.smtp.messages_per_connection,
        dkim=_open_dkim(chosen.smtp.dkim),
    )


def _open_sendgrid(chosen: ProviderSettings) -> Provider:
    from digest.providers.sendgrid import SendGridProvider

    def opened(key: str) -> Provider:
        return SendGridProvider(
            api_key=key,
            base_url=chosen.sendgrid.base_url,
            timeout=chosen.sendgrid.timeout_seconds,
            sandbox=chosen.sendgrid.sandbox,
            events=bool(chosen.sendgrid.webhook_public_key),
            asm_group=chosen.sendgrid.asm_group,
            ip_pool=chosen.sendgrid.ip_pool,
            recall_minutes=chosen.sendgrid.recall_minutes,
        )

    return _with_key(opened, chosen.sendgrid.api_key, "SENDGRID__API_KEY")


def _open_ses(chosen: ProviderSettings) -> Provider:
    try:
        from digest.providers.ses import SesProvider
    except ModuleNotFoundError as error:
        raise ConfigError(f"provider.kind ses needs the extra `ses` ({error}); install digest[ses]") from error

    return SesProvider(
        region=chosen.ses.region,
        configuration_set=chosen.ses.configuration_set,
        access_key_id=chosen.ses.access_key_id,
        secret_access_key=chosen.ses.secret_access_key.get_secret_value(),
        endpoint_url=chosen.ses.endpoint_url,
        timeout=chosen.ses.timeout_seconds,
        events=bool(chosen.ses.topics),
    )


def _open_mailgun(chosen: ProviderSettings) -> Provider:
    from digest.providers.mailgun import MailgunProvider

    def opened(key: str) -> Provider:
        return MailgunProvider(
            domain=chosen.mailgun.domain,
            api_key=key,
            base_url=chosen.mailgun.base_url,
            timeout=chosen.mailgun.timeout_seconds,
            test_mode=chosen.mailgun.test_mode,
            events=bool(chosen.mailgun.webhook_signing_key),
        )

    return _with_key(opened, chosen.mailgun.api_key, "MAILGUN__API_KEY")


def _open_postmark(chosen: ProviderSettings) -> Provider:
    from digest.providers.postmark import PostmarkProvider

    def opened(key: str) -> Provider:
        return PostmarkProvider(
            server_token=key,
            message_stream=chosen.postmark.message_stream,
            base_url=chosen.postmark.base_url,
            timeout=chosen.postmark.timeout_seconds,
            events=bool(chosen.postmark.webhook_password),
        )

    return _with_key(opened, chosen.postmark.server_token, "POSTMARK__SERVER_TOKEN")


def _open_resend(chosen: ProviderSettings) -> Provider:
    from digest.providers.resend import ResendProvider

    def opened(key: str) -> Provider:
        return ResendProvider(
            api_key=key,
            base_url=chosen.resend.base_url,
            timeout=chosen.resend.timeout_seconds,
            events=bool(chosen.resend.webhook_secret),
        )

    return _with_key(opened, chosen.resend.api_key, "RESEND__API_KEY")


def _with_key(opened: Callable[[str], Provider], secret: SecretStr, variable: str) -> Provider:
    key = secret.get_secret_value()
    return opened(key) if key else _Keyless(opened("missing"), f"{ENV_PREFIX}PROVIDER__{variable}")


def open_feedback(settings: Settings) -> Mapping[str, FeedbackReader]:
    """Who may post to our webhooks: only providers whose proof we can check."""
    from digest.providers.hits import Hits

    readers: dict[str, FeedbackReader] = {Hits.name: Hits()}
    chosen = settings.provider
    if chosen.sendgrid.webhook_public_key:
        from digest.providers.sendgrid_events import SendGridEvents

        readers["sendgrid"] = SendGridEvents(chosen.sendgrid.webhook_public_key)
    if chosen.mailgun.webhook_signing_key:
        from digest.providers.mailgun_events import MailgunEvents

        readers["mailgun"] = MailgunEvents(chosen.mailgun.webhook_signing_key.get_secret_value())
    if chosen.postmark.webhook_password:
        from digest.providers.postmark_events import PostmarkEvents

        readers["postmark"] = PostmarkEvents(
            username=chosen.postmark.webhook_username, password=chosen.postmark.webhook_password.get_secret_value()
        )
    if chosen.resend.webhook_secret:
        from digest.providers.resend_events import ResendEvents

        readers["resend"] = ResendEvents(chosen.resend.webhook_secret.get_secret_value())
    if chosen.ses.topics:
        readers["ses"] = _SesHook(settings)
    if settings.bounces.kind != "none":
        from digest.providers.bounce_mail import BounceMail

        readers[BOUNCES] = BounceMail()
    return readers


def open_mailbox(settings: Settings) -> Mailbox | None:
    """Where bounces come in as mail, or None. Raises ConfigError."""
    chosen = settings.bounces
    if chosen.kind == "maildir" and chosen.path is not None:
        from digest.providers.maildir_box import MaildirBox

        return MaildirBox(chosen.path)
    if chosen.kind == "imap":
        from digest.providers.imap_box import ImapBox

        return ImapBox(
            host=chosen.host,
            port=chosen.port,
            security=chosen.security,
            username=chosen.username,
            password=chosen.password.get_secret_value(),
            folder=chosen.folder,
            done_folder=chosen.done_folder,
            timeout=chosen.timeout_seconds,
        )
    return None


def open_suppressions(settings: Settings) -> Mapping[str, SuppressionFeed]:
    """The providers in use whose lists of whom they mail no more can be read."""
    chosen, used = settings.provider, _kinds_in_use(settings)
    feeds: dict[str, SuppressionFeed] = {}
    if "sendgrid" in used and chosen.sendgrid.api_key.get_secret_value():
        from digest.providers.sendgrid_lists import SendGridLists

        feeds["sendgrid"] = SendGridLists(_sendgrid_calls(settings), asm_group=chosen.sendgrid.asm_group)
    if "mailgun" in used and chosen.mailgun.api_key.get_secret_value():
        from digest.providers.mailgun_lists import MailgunLists

        feeds["mailgun"] = MailgunLists(
            domain=chosen.mailgun.domain,
            api_key=chosen.mailgun.api_key.get_secret_value(),
            base_url=chosen.mailgun.base_url,
            timeout=chosen.mailgun.timeout_seconds,
        )
    if "postmark" in used and chosen.postmark.server_token.get_secret_value():
        from digest.providers.postmark_lists import PostmarkLists

        feeds["postmark"] = PostmarkLists(
            server_token=chosen.postmark.server_token.get_secret_value(),
            message_stream=chosen.postmark.message_stream,
            base_url=chosen.postmark.base_url,
            timeout=chosen.postmark.timeout_seconds,
        )
    if "ses" in used:
        from digest.providers.ses_lists import SesLists

        feeds["ses"] = SesLists(
            region=chosen.ses.region,
            access_key_id=chosen.ses.access_key_id,
            secret_access_key=chosen.ses.secret_access_key.get_secret_value(),
            endpoint_url=chosen.ses.endpoint_url,
            timeout=chosen.ses.timeout_seconds,
        )
    return feeds


def open_lookups(settings: Settings) -> Mapping[str, Lookup]:
    """The providers in use that can be asked about one message."""
    chosen = settings.provider
    if "sendgrid" not in _kinds_in_use(settings) or not (
        chosen.sendgrid.lookups and chosen.sendgrid.api_key.get_secret_value()
    ):
        return {}
    from digest.providers.sendgrid_activity import SendGridActivity

    return {"sendgrid": SendGridActivity(_sendgrid_calls(settings))}


def open_house(settings: Settings) -> House | None:
    """The OpenID provider that is configured, or None. It is asked for nothing before somebody signs in by it."""
    chosen = settings.desk.sign_in.oidc
    if not chosen.issuer:
        return None
    from digest.identity.openid import OpenId
    from digest.sources.exchange import Exchange

    agent = f"digest/{__version__} (+{settings.fetching.contact})"
    return OpenId(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=chosen.client_secret.get_secret_value(),
        groups_claim=chosen.groups_claim,
        exchange=Exchange(user_agent=agent, trusted=settings.fetching.trusted),
        clock=utc_now,
    )


def open_vouching(settings: Settings) -> Vouching:
    """Whom an OpenID provider may vouch for."""
    chosen = settings.desk.sign_in.oidc
    domains = tuple(one.lower() for one in chosen.allowed_domains)
    return Vouching(domains=domains, roles=tuple(chosen.roles.items()))


def mail_leaves(settings: Settings) -> bool:
    """True where a provider is in use that mails anybody: the outbox keeps everything on this machine."""
    return _kinds_in_use(settings) != {"outbox"}


def _kinds_in_use(settings: Settings) -> frozenset[str]:
    """Every provider that mail may go out by."""
    return frozenset({settings.provider.kind, *(kind for one in settings.newsletters for kind in one.providers)})


def _sendgrid_calls(settings: Settings) -> SendGridCalls:
    from digest.providers.sendgrid_calls import SendGridCalls

    chosen = settings.provider.sendgrid
    return SendGridCalls(
        api_key=chosen.api_key.get_secret_value(),
        base_url=chosen.base_url.rstrip("/").removesuffix("/v3"),
        timeout=chosen.timeout_seconds,
    )


class _SesHook:
    """Amazon's posts come by SNS: its certificate is fetched once, and a new subscription is confirmed by a visit."""

    name = "ses"

    def __init__(self, settings: Settings) -> None:
        from digest.providers.ses_events import SesEvents

        self._fetcher = open_fetcher(settings)
        self._certificates: dict[str, bytes] = {}
        self._inner = SesEvents(topics=settings.provider.ses.topics, certificate=self._certificate)

    def _certificate(self, url: str) -> bytes:
        if url not in self._certificates:
            self._certificates[url] = self._fetcher.get(url).content
        return self._certificates[url]

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raise Unauthorised unless the post is from one of our topics and fresh."""
        self._inner.verify(headers, body, now)
        if address := self._inner.confirmation(body):
            self._fetcher.get(address)

    def parse(self, body: bytes) -> tuple[Feedback, ...]:
        """The events of a post. Raises BadDocument."""
        return self._inner.parse(body)


class _Keyless:
    """A provider whose key is not set: everything but sending works, and sending says what is missing."""

    def __init__(self, inner: Provider, variable: str) -> None:
        self._inner = inner
        self._variable = variable

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    def send(self, batch: Batch) -> Receipt:
        """Raises Unauthorised, always."""
        raise Unauthorised(f"the {self.capabilities.name} provider has no key; set {self._variable}")

    def reserve(self) -> str:
        """Raises Unauthorised, always."""
        raise Unauthorised(f"the {self.capabilities.name} provider has no key; set {self._variable}")

    def cancel(self, reservation: str) -> None:
        """Raises Unauthorised, always."""
        raise Unauthorised(f"the {self.capabilities.name} provider has no key; set {self._variable}")

    def close(self) -> None:
        """Let go of the inner provider."""
        self._inner.close()


_PROVIDERS: Mapping[str, Callable[[ProviderSettings], Provider]] = {
    "outbox": _open_outbox,
    "smtp": _open_smtp,
    "sendgrid": _open_sendgrid,
    "ses": _open_ses,
    "mailgun": _open_mailgun,
    "postmark": _open_postmark,
    "resend": _open_resend,
}


def open_sources(settings: Settings, fetcher: Fetcher | None = None) -> Mapping[str, Source]:
    """Every source by slug, in the order of the configuration; they share one HTTP door and its pace."""
    fetcher = fetcher or open_fetcher(settings)
    return {source.slug: _open_source(source, fetcher) for source in settings.sources}


def open_added(added: AddedSource, fetcher: Fetcher) -> Source:
    """A source that the desk added, through the same door and under the same rules as one of the configuration."""
    settings = SourceSettings.model_validate(
        {name: getattr(added, name) for name in ("slug", "kind", "url", "outlet", "section", "language")}
    )
    return _open_source(settings, fetcher)


def open_summariser(settings: Settings) -> Summariser | None:
    """The service that writes blurbs, or None where none is configured."""
    chosen = settings.summariser
    if chosen.kind == "none":
        return None
    from digest.summarise.chat import ChatSummariser

    return ChatSummariser(
        base_url=chosen.base_url,
        model=chosen.model,
        api_key=chosen.api_key.get_secret_value(),
        timeout=chosen.timeout_seconds,
    )


_WHOLE = ("folder", "page", "textdoc")
"""Kinds of sources whose entries are articles already: there is nothing to complete."""


def open_pages(settings: Settings, fetcher: Fetcher) -> Pages:
    """Where the articles of short entries are looked up."""
    from digest.sources.pages import ArticlePages

    default = settings.fetching.fetch_pages
    never: FetchPages = "never"
    rules = {one.slug: never if one.kind in _WHOLE else one.fetch_pages or default for one in settings.sources}
    # What the desk adds is completed as the default says.
    return ArticlePages(fetcher=fetcher, rules=rules, otherwise=default)


def open_door(settings: Settings, fetcher: Fetcher) -> Fetches:
    """Where pictures and links are fetched: the web, and the folders of the sources that are folders."""
    from digest.sources.pictures import Door

    return Door(fetcher, {one.slug: one.path for one in settings.sources if one.kind == "folder" and one.path})


def open_fetcher(settings: Settings) -> Fetcher:
    """The one HTTP door to the world."""
    from digest.sources.fetch import Fetcher, Limits
    from digest.sources.guard import Guard

    fetching = settings.fetching
    return Fetcher(
        user_agent=f"digest/{__version__} (+{fetching.contact})",
        guard=Guard(trusted=fetching.trusted),
        limits=Limits(
            connect_s=fetching.connect_seconds,
            request_s=fetching.request_seconds,
            source_s=fetching.source_seconds,
            max_bytes=fetching.max_bytes,
        ),
    )


def _open_source(source: SourceSettings, fetcher: Fetcher) -> Source:
    opened: Source
    if source.kind == "folder":
        from digest.sources.folder import FolderSource

        opened = FolderSource(origin=source.origin(), path=str(source.path))
    else:
        from digest.sources.remote import RemoteSource

        opened = RemoteSource(origin=source.origin(), url=source.url, kind=source.kind, fetcher=fetcher)
    if source.section or source.language:
        from digest.sources.defaults import WithDefaults

        opened = WithDefaults(opened, section=source.section, language=source.language)
    return opened


def secret_keys(settings: Settings) -> list[bytes]:
    """The keys of signed links, oldest first; without configured ones, a key of our own is made and kept."""
    configured = settings.secret_keys.get_secret_value()
    if configured:
        keys = [key.strip().encode() for key in configured.split(",") if key.strip()]
        short = [key for key in keys if len(key) < 16]
        if short or not keys:
            raise ConfigError(f"{ENV_PREFIX}SECRET_KEYS: each key needs 16 characters or more, parted by commas")
        return keys
    path = settings.var_dir / KEY_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_EXCL: of two processes that start together, one makes the key and both read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(
            f"{path}: the secret key cannot be written: {error}; set var_dir to a folder of yours"
        ) from error
    key = path.read_text("ascii").strip().encode()
    if len(key) < 16:
        raise ConfigError(
            f"{path}: holds no key of 16 characters or more; restore it from a backup (old links need it)"
        )
    return [key]


def owner_name() -> str:
    """This process, so that another one on the same machine can tell whether it still lives."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """True where `owner` was a process of this very machine that runs no more; False where we cannot know."""
    machine, _, started = owner.rpartition("/")
    machine, _, pid = machine.rpartition("/")
    if machine != _machine() or not pid.isdigit() or started == "?":
        return False
    return _started(int(pid)) != started


def _machine() -> str:
    """Host, boot and process namespace: within them, a process number means one process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        boot, namespace = "", ""
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """When a process began, in clock ticks since boot; `gone` where there is none, `?` where nobody can say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return "gone" if Path("/proc/self/stat").exists() else "?"
    except OSError:
        return "?"
    # The command's name stands in parentheses and may hold spaces: count the fields after it.
    fields = stat.rpartition(")")[2].split()
    # A zombie runs no more; its parent has only not asked for its exit code yet.
    return "gone" if fields[0] in ("Z", "X") else fields[19]
