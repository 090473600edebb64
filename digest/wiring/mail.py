"""Where mail goes out: one opener per kind of provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from digest.model.errors import ConfigError, MissingLibrary, Unauthorised
from digest.model.mail import Batch, Capabilities, Receipt
from digest.model.throttle import Rates
from digest.ports import Provider
from digest.settings import ENV_PREFIX, Dkim, ProviderSettings, Settings

if TYPE_CHECKING:
    from digest.render.dkim import DkimSigner


def stays_here(settings: Settings) -> bool:
    """True where the provider is on this machine: a rehearsal, in which reserved addresses are welcome."""
    provider = settings.provider
    if provider.kind == "outbox":
        return True
    host = provider.smtp.host if provider.kind == "smtp" else urlsplit(provider.sendgrid.base_url).hostname
    return host in ("127.0.0.1", "localhost", "::1")


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
        raise MissingLibrary("provider.kind ses", str(error)) from error

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


def mail_leaves(settings: Settings) -> bool:
    """True where a provider is in use that mails anybody: the outbox keeps everything on this machine."""
    return kinds_in_use(settings) != {"outbox"}


def kinds_in_use(settings: Settings) -> frozenset[str]:
    """Every provider that mail may go out by."""
    return frozenset({settings.provider.kind, *(kind for one in settings.newsletters for kind in one.providers)})


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
