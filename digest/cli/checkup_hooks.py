"""Whether what providers tell us reaches us: the key that proves their posts, and where they post to."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from digest.cli.checkup_provider import Answer
from digest.model.errors import DigestError, Unauthorised
from digest.settings import ENV_PREFIX, Settings
from digest.wiring import open_event_hooks, open_feedback

KEYS = {
    "sendgrid": "set provider.sendgrid.webhook_public_key: docs/how-to/sendgrid.md",
    "mailgun": f"set {ENV_PREFIX}PROVIDER__MAILGUN__WEBHOOK_SIGNING_KEY: docs/reference/providers/mailgun.md",
    "postmark": f"set {ENV_PREFIX}PROVIDER__POSTMARK__WEBHOOK_PASSWORD: docs/reference/providers/postmark.md",
    "resend": f"set {ENV_PREFIX}PROVIDER__RESEND__WEBHOOK_SECRET: docs/reference/providers/resend.md",
    "ses": "set provider.ses.topics: docs/reference/providers/ses.md",
}
"""The next step where a provider's posts cannot be believed for want of a key."""
_PLACE = "Settings, Mail Settings, Event Webhook"


def look(settings: Settings, *, online: bool) -> Answer | None:
    """The provider in use; None where it posts nothing. Raises ConfigError for a key that is none."""
    kind = settings.provider.kind
    if kind not in KEYS:
        return None
    if kind not in open_feedback(settings):
        found = f"{kind}: no key, so that no post of it is believed: bounces and complaints are not heard"
        return "warn", found, KEYS[kind]
    if kind != "sendgrid":
        return "ok", f"{kind}: posts are believed by their proof", ""
    if not online:
        return "ok", "sendgrid: the public key can be read; --online compares it", ""
    return _sendgrid(settings)


def unreachable(base_url: str) -> str:
    """Why our own pages do not answer at the address that stands in every mail, empty where they do."""
    try:
        answer = httpx.get(f"{base_url.rstrip('/')}/health/live", timeout=10, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no answer ({type(error).__name__})"
    return "" if answer.status_code == 200 else f"answered {answer.status_code} to /health/live"


def _sendgrid(settings: Settings) -> Answer:
    wanted = f"{settings.site.base_url.rstrip('/')}/hooks/sendgrid"
    try:
        hooks = open_event_hooks(settings)
    except Unauthorised as error:
        fix = "give the key the right to read the event webhook (user.webhooks.event.settings.read), or look by hand"
        return "warn", f"sendgrid: {error}", fix
    except DigestError as error:
        return "warn", f"sendgrid: {error}", "digest doctor --online again, later"
    here = [one for one in hooks if _same(one.url, wanted)]
    if not here:
        return "fail", f"sendgrid: no event webhook posts to {wanted}", f"{_PLACE}: add one with this address"
    hook = next((one for one in here if one.enabled), None)
    if hook is None:
        return "fail", f"sendgrid: the event webhook to {wanted} is switched off", f"{_PLACE}: switch it on"
    if not hook.public_key:
        found = "sendgrid: the event webhook does not sign, and what is not signed is refused"
        return "fail", found, f"{_PLACE}: switch on Signature verification, and set the key that it shows"
    if hook.public_key.strip() != settings.provider.sendgrid.webhook_public_key.strip():
        found = "sendgrid: the event webhook signs by another key than provider.sendgrid.webhook_public_key"
        return "fail", found, f"{_PLACE}: copy the key that it shows"
    if hook.missing:
        return "warn", f"sendgrid: the event webhook leaves out {', '.join(hook.missing)}", f"{_PLACE}: tick them"
    return "ok", f"sendgrid: its event webhook posts to {wanted}, signed by the key that is set here", ""


def _same(one: str, other: str) -> bool:
    """The same address; names and passwords in it, and a slash at the end, do not count."""
    left, right = urlsplit(one), urlsplit(other)
    return (left.scheme, left.hostname, left.port, left.path.rstrip("/")) == (
        right.scheme, right.hostname, right.port, right.path.rstrip("/"),
    )  # fmt: skip
