"""The door for webhooks: genuine posts are kept whole and answered at once, everybody else learns nothing."""

from __future__ import annotations

from sqlalchemy import select

from digest.store.tables import hook_posts
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


def test_a_provider_without_a_hook_has_no_page(site: Site) -> None:
    assert site.client.post("/hooks/mailgun", content=b"{}").status_code == 404


def test_a_get_is_refused(site: Site) -> None:
    assert site.client.get("/hooks/sendgrid").status_code == 405
