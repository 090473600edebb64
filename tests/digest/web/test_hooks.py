"""The door for webhooks: genuine posts are kept whole and answered at once, everybody else learns nothing."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from digest.ports import FeedbackReader
from digest.providers.mailgun_events import MailgunEvents
from digest.providers.postmark_events import PostmarkEvents
from digest.providers.resend_events import ResendEvents
from digest.providers.sendgrid_events import SendGridEvents
from digest.providers.ses_events import SesEvents
from digest.store.tables import hook_posts
from tests.digest.web.conftest import Start
from tests.digest.web.site import SIGNER, Site
from tests.fakes import MORNING
from tests.servers.sendgrid_hooks import HookSigner, post


def kept(site: Site) -> list[bytes]:
    """The posts that wait to be applied."""
    with site.store.engine.connect() as conn:
        return list(conn.scalars(select(hook_posts.c.body)))


def test_a_genuine_post_is_kept_byte_for_byte(site: Site) -> None:
    body = post([{"event": "processed", "note": "é\u2028"}])
    assert body.endswith(b"\r\n")
    answer = site.client.post("/hooks/sendgrid", content=body, headers=SIGNER.headers(body, MORNING))
    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(site) == [body]


def test_a_post_that_is_not_genuine_is_not_kept(site: Site) -> None:
    body = post([])
    for headers in (
        {},
        HookSigner().headers(body, MORNING),
        SIGNER.headers(body + b" ", MORNING),
        {**SIGNER.headers(body, MORNING), "X-Twilio-Email-Event-Webhook-Timestamp": "1600112502"},
    ):
        assert site.client.post("/hooks/sendgrid", content=body, headers=headers).status_code == 403
    assert kept(site) == []


JUNK = (b"junk", b"", b"[]", b"\xff\x00", b'{"signature": 7}', b'{"Type": []}', b"[" * 5_000, b'{"a":' * 5_000)


def test_anybodys_junk_is_not_accepted_and_breaks_nothing(start: Start) -> None:
    """Some sign inside of the body, which cannot be read here."""
    readers: dict[str, FeedbackReader] = {
        "sendgrid": SendGridEvents(SIGNER.public_key),
        "ses": SesEvents(topics=["arn:aws:sns:eu-west-1:1:digest"], certificate=lambda _url: b""),
        "mailgun": MailgunEvents("a-signing-key-of-our-account"),
        "postmark": PostmarkEvents(username="digest", password="a-long-pass-word-of-ours"),
        "resend": ResendEvents("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    }
    site = start(change=lambda app: replace(app, feedback=readers))
    for provider in readers:
        for body in JUNK:
            answer = site.client.post(f"/hooks/{provider}", content=body)
            assert answer.status_code == 403, (provider, body[:20])
    assert kept(site) == []


def test_a_provider_without_a_hook_has_no_page(site: Site) -> None:
    assert site.client.post("/hooks/mailgun", content=b"{}").status_code == 404


def test_a_get_is_refused(site: Site) -> None:
    assert site.client.get("/hooks/sendgrid").status_code == 405
