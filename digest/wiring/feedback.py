"""Where feedback comes back: webhooks, the mailbox of bounces, lists of suppressions, look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from digest.model.feedback import BOUNCES, Feedback
from digest.ports import FeedbackReader, Lookup, Mailbox, SuppressionFeed
from digest.settings import Settings
from digest.wiring.mail import kinds_in_use
from digest.wiring.sources import open_fetcher

if TYPE_CHECKING:
    from digest.providers.sendgrid_calls import SendGridCalls
    from digest.providers.sendgrid_hook import EventHook


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
    chosen, used = settings.provider, kinds_in_use(settings)
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
    if "sendgrid" not in kinds_in_use(settings) or not (
        chosen.sendgrid.lookups and chosen.sendgrid.api_key.get_secret_value()
    ):
        return {}
    from digest.providers.sendgrid_activity import SendGridActivity

    return {"sendgrid": SendGridActivity(_sendgrid_calls(settings))}


def open_event_hooks(settings: Settings) -> tuple[EventHook, ...]:
    """SendGrid's event webhooks, asked now. Raises Transient, Permanent or Unauthorised."""
    from digest.providers.sendgrid_hook import event_hooks

    return event_hooks(_sendgrid_calls(settings))


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
