"""A signed webhook for alarms, and the sign of life: two small posts to addresses that the operator chose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

import httpx

from digest.model.alarm import Alarm, News, Reminder
from digest.model.errors import Permanent, Transient

SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret of this standard begins
TIMEOUT = 10.0
"""Seconds, for the whole exchange's steps each."""


class WebhookBell:
    """The port `Bell` as a post, signed as Standard Webhooks 1.0.0 says (HMAC-SHA-256 over id.time.body)."""

    name = "webhook"

    def __init__(self, *, url: str, secret: str, clock: Callable[[], datetime], timeout: float = TIMEOUT) -> None:
        self._url = url
        self._key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        self._clock = clock
        self._timeout = timeout

    def ring(self, alarm: Alarm) -> None:
        """One try. Raises Transient (no answer, 5xx, 429) or Permanent."""
        body = json.dumps(
            {
                "type": f"alarm.{alarm.news}",
                "timestamp": alarm.at.isoformat(),
                "data": {
                    "key": alarm.trouble.key,
                    "level": alarm.trouble.level.value,
                    "what": alarm.trouble.what,
                    "why": alarm.trouble.why,
                    "next": alarm.trouble.next_step,
                    "since": alarm.since.isoformat(),
                },
            },
            ensure_ascii=False,
        ).encode()
        # What was never in the database has no number: its beginning tells one outage from the next.
        which = alarm.id or f"{alarm.trouble.key}-{alarm.since:%Y%m%dT%H%M%SZ}"
        # It begins and is over once, and may get worse several times.
        news = f"{alarm.news}_{alarm.at:%Y%m%dT%H%M%SZ}" if alarm.news is News.WORSE else alarm.news
        self._sign_and_post(f"alarm_{which}_{news}", body)

    def remind(self, reminder: Reminder) -> None:
        """One try, under the same id for the same edition. Raises Transient (no answer, 5xx, 429) or Permanent."""
        body = json.dumps(
            {
                "type": "edition.waiting",
                "timestamp": reminder.at.isoformat(),
                "data": {
                    "edition": reminder.edition,
                    "subject": reminder.subject,
                    "stories": reminder.stories,
                    "blockers": reminder.blockers,
                    "warnings": reminder.warnings,
                    "rule": reminder.rule.value,
                    "otherwise": "held" if reminder.held else "sent",
                    "by": reminder.by,
                    "url": reminder.url,
                },
            },
            ensure_ascii=False,
        ).encode()
        self._sign_and_post(f"remind_{reminder.edition}", body)

    def _sign_and_post(self, name: str, body: bytes) -> None:
        seconds = str(int(self._clock().timestamp()))
        signed = hmac.new(self._key, b".".join((name.encode(), seconds.encode(), body)), hashlib.sha256).digest()
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": seconds,
            "webhook-signature": "v1," + base64.b64encode(signed).decode(),
        }
        _post("alarms.webhook", self._url, body, headers, self._timeout)


class HttpMonitor:
    """The port `Monitor`: a post to a monitor's own address, such as healthchecks gives for each check."""

    def __init__(self, *, url: str, timeout: float = TIMEOUT, place: str = "alarms.heartbeat_url") -> None:
        self._url = url
        self._timeout = timeout
        self._place = place

    def beat(self, edition: str) -> None:
        """One try. Raises Transient or Permanent."""
        _post(self._place, self._url, edition.encode(), {"content-type": "text/plain"}, self._timeout)


def _post(place: str, url: str, body: bytes, headers: dict[str, str], timeout: float) -> None:
    # The address may hold a secret, as those of monitors and chats do: no message repeats it (P10).
    try:
        with httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client:
            status = client.post(url, content=body, headers=headers).status_code
    except httpx.HTTPError as error:
        raise Transient(f"{place}: no answer ({type(error).__name__})") from error
    except (httpx.InvalidURL, ValueError) as error:
        raise Permanent(f"{place}: that is no address that can be posted to ({type(error).__name__})") from None
    if status in (408, 429) or status >= 500:
        raise Transient(f"{place}: answered {status}")
    if not 200 <= status < 300:
        raise Permanent(f"{place}: answered {status}; look whether the address is right")
