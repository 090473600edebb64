"""Signing up: one answer for everybody, one mail a day at most, one press to confirm, and a welcome."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from digest.workflow.clock.housework import do_housework
from subscribers.limits import AskLimits
from subscribers.model import SubscriptionState, SuppressionReason
from subscribers.tables import consents, lists, subscribers, subscriptions, suppressions
from subscribers.tokens import Purpose
from tests.digest.web.site import FROM_PAGE, TODAY, Site, edition_of

NEW = "ann@news.example.org"


def post(site: Site, email: str = NEW, **more: object) -> httpx.Response:
    """The form as a person sends it: some seconds after it was shown."""
    form = {"email": email, "stamp": site.app.links.stamp(site.clock() - timedelta(seconds=9)), **more}
    answer = site.client.post("/subscribe/world", data=form)
    site.settled()
    return answer


def rows(site: Site) -> int:
    """How many subscriptions there are."""
    with site.store.read() as tx:
        return len(tx.connection.execute(select(subscriptions.c.id)).all())


def double(site: Site) -> None:
    """The list of the test asks for a confirmation, as lists do."""
    with site.store.begin() as tx:
        tx.connection.execute(lists.update().values(opt_in="double"))


def test_from_the_form_to_the_welcome(site: Site) -> None:
    double(site)
    site.publish(edition_of(TODAY))
    form = site.client.get("/subscribe/world?lang=fr").text
    assert "Recevez-la par courriel" in form
    stamp = re.search(r'name="stamp" value="([^"]+)"', form)
    assert stamp is not None
    site.clock.wait(5)
    asked = site.client.post(
        "/subscribe/world",
        data={"email": NEW, "stamp": stamp[1], "language": "fr", "section": ["science"], "topics": "1"},
    )
    site.settled()
    assert asked.status_code == 200
    assert "Regardez dans votre boîte" in asked.text
    assert site.letters() == [("confirm", "sent")]
    mail = site.mails()[0]
    assert mail.recipients[0].email == NEW
    assert mail.recipients[0].name == ""
    assert mail.rendered.variant.language == "fr"
    link = site.link("y")
    page = site.client.get(link)
    assert "Oui, envoyez-la-moi" in page.text
    assert rows(site) == 2
    with site.store.read() as tx:
        states = tx.connection.execute(select(subscriptions.c.state).order_by(subscriptions.c.id)).scalars().all()
    assert states == ["active", "pending"], "opening the page confirms nothing"
    done = site.client.post(link, headers=FROM_PAGE)
    site.settled()
    assert "demain, mardi, 06:00 à London" in done.text
    assert site.letters() == [("confirm", "sent"), ("welcome", "sent")]
    welcome = site.mails()[1]
    assert "Rockets hit Kramatorsk" in welcome.rendered.html, "the latest edition is enclosed"
    assert welcome.envelope.letter
    assert welcome.recipients[0].unsubscribe_url.startswith(f"{site.url}/u/")
    # Again, and nothing more happens.
    assert site.client.post(link, headers=FROM_PAGE).status_code == 200
    site.settled()
    assert len(site.mails()) == 2
    with site.store.read() as tx:
        kept = tx.connection.execute(select(subscriptions).where(subscriptions.c.state == "active")).all()[-1]
        acts = tx.connection.execute(
            select(consents.c.act, consents.c.method, consents.c.evidence).where(
                consents.c.subscriber_id == kept.subscriber_id
            )
        ).all()
        accounts = tx.ledger.mailing(str(edition_of(TODAY).id))
    assert kept.sections == ("science",)
    assert [tuple(row) for row in acts] == [
        ("asked", "form", "/subscribe/world"),
        ("confirmed", "page", "confirmation letter"),
    ]
    assert accounts is not None
    assert accounts.count == 1, "a welcome is no delivery"


_OWN = ("date", "content-length", "x-request-id")
"""Headers that differ from answer to answer, whoever asks; the length with that of the address."""


def test_no_header_changes_where_the_links_of_a_mail_lead(site: Site) -> None:
    """T30: links come from `base_url` alone."""
    double(site)
    ours = site.token("u").rpartition("/u/")[0]
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "forwarded": "host=evil.example"}
    stamp = site.app.links.stamp(site.clock() - timedelta(seconds=9))
    answer = site.client.post("/subscribe/world", data={"email": NEW, "stamp": stamp}, headers=forged)
    site.settled()
    (mail,) = site.mails()
    assert "evil.example" not in f"{answer.text}{mail.rendered.text}{mail.rendered.html}"
    assert f"{ours}/y/" in mail.rendered.text


def test_the_answer_says_nothing_of_the_address(site: Site) -> None:
    """T15: new, known, left, suppressed, caught in the trap, over the limit: the same page, the same status."""
    with site.store.begin() as tx:
        tx.connection.execute(
            suppressions.insert().values(
                email_key="bad@news.example.org", reason=SuppressionReason.COMPLAINT.value, since=site.clock()
            )
        )
        tx.connection.execute(subscribers.update().values(email="reader@news.example.org"))
        tx.connection.execute(
            subscribers.update().values(
                email_key="reader@news.example.org", fold_key="reader@news.example.org", domain="news.example.org"
            )
        )
    answers = [
        post(site, "reader@news.example.org"),
        post(site, "bad@news.example.org"),
        post(site, "newcomer@news.example.org"),
        post(site, "newcomer@news.example.org"),
        post(site, "machine@news.example.org", website="http://spam.example"),
    ]
    said = {re.sub(r"[a-z]+@news\.example\.org", "", answer.text) for answer in answers}
    assert len(said) == 1
    assert {answer.status_code for answer in answers} == {200}
    same = {tuple(sorted((k, v) for k, v in a.headers.items() if k not in _OWN)) for a in answers}
    assert len(same) == 1
    assert [mail.recipients[0].email for mail in site.mails()] == [
        "reader@news.example.org", "newcomer@news.example.org",
    ]  # fmt: skip
    assert [kind for kind, _ in site.letters()] == ["links", "welcome"]
    assert "/p/" in site.mails()[0].rendered.text, "who is on the list gets the way to their own page"


@pytest.mark.parametrize("email", ["", "no", "a@b", "a b@news.example.org", "a@news.example.org\r\nBcc: b@c.example"])
def test_what_is_no_address_is_said_beside_the_field(site: Site, email: str) -> None:
    answer = post(site, email)
    assert answer.status_code == 422
    assert 'aria-describedby="email-flaw"' in answer.text
    assert rows(site) == 1


def test_a_form_that_comes_too_fast_too_late_or_from_elsewhere_is_shown_once_more(site: Site) -> None:
    stamp, now = site.app.links.stamp, site.clock()
    for wrong in ("", "1.a", stamp(now), stamp(now - timedelta(hours=25)), stamp(now + timedelta(hours=1)), "x" * 999):
        answer = site.client.post(
            "/subscribe/world",
            data={"email": NEW, "stamp": wrong, "section": "science"},
            headers={"origin": "https://other.example", "sec-fetch-site": "cross-site"},
        )
        assert answer.status_code == 200
        assert "Please press the button once more" in answer.text
        assert f'value="{NEW}"' in answer.text
        assert 'value="science" checked' in answer.text
        assert 'value="world" checked' not in answer.text
    site.settled()
    assert rows(site) == 1


def test_an_old_link_is_over_and_says_so(site: Site) -> None:
    double(site)
    post(site)
    link = site.link("y")
    site.clock.now += timedelta(hours=48)
    for answer in (site.client.get(link), site.client.post(link, headers=FROM_PAGE)):
        assert answer.status_code == 410
        assert "This link is over" in answer.text
    assert do_housework(site.app).forgotten["unconfirmed"] == 1
    assert rows(site) == 1
    with site.store.read() as tx:
        assert len(tx.connection.execute(select(subscribers.c.id)).all()) == 1, "nothing stays of who never confirmed"


def test_who_left_since_does_not_come_back_by_an_old_letter(site: Site) -> None:
    double(site)
    post(site)
    link = site.link("y")
    site.client.post(link, headers=FROM_PAGE)
    site.settled()
    site.client.post(site.link("u"), data={"List-Unsubscribe": "One-Click"})
    answer = site.client.post(link, headers=FROM_PAGE)
    assert answer.status_code == 410
    with site.store.read() as tx:
        states = tx.connection.execute(select(subscriptions.c.state).order_by(subscriptions.c.id)).scalars().all()
    assert states[-1] == SubscriptionState.ENDED


def test_the_frame_may_stand_on_named_sites_only(start: Callable[..., Site]) -> None:
    site = start(embed_on=("https://news.example", "https://other.example:8443"))
    for answer in (
        site.client.get("/subscribe/world/embed"),
        site.client.post("/subscribe/world/embed", data={"email": "no"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors https://news.example https://other.example:8443;" in policy
        assert "x-frame-options" not in answer.headers
    plain = site.client.get("/subscribe/world")
    assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
    assert plain.headers["x-frame-options"] == "DENY"
    code = site.client.get("/subscribe/world/code").text
    assert (
        f"&lt;form method=&quot;post&quot; action=&quot;{site.url}/subscribe/world&quot;&gt;".replace("&quot;", '"')
        in code
    )


def test_clients_are_told_apart_by_trusted_proxies_only(start: Callable[..., Site]) -> None:
    """T1: 20 an hour for a client; a header that nobody vouches for makes no new client."""
    site = start(change=lambda app: replace(app, asks=replace(app.asks, limits=AskLimits(per_client=2))))
    for number in range(4):
        site.client.post(
            "/subscribe/world",
            data={
                "email": f"a{number}@news.example.org",
                "stamp": site.app.links.stamp(site.clock() - timedelta(seconds=9)),
            },
            headers={"x-forwarded-for": f"203.0.113.{number}"},
        )
    site.settled()
    assert len(site.mails()) == 2


def bombing(site: Site, *, posts: int, clients: int) -> None:
    """So many posts for one address, each from one of so many clients, as many at once as the machine can."""
    stamp = site.app.links.stamp(site.clock() - timedelta(seconds=9))
    begin = threading.Barrier(16)

    def throw(worker: int) -> None:
        with httpx.Client(base_url=site.url, timeout=60) as client:
            begin.wait()
            for number in range(worker, posts, 16):
                ip = f"198.{18 + number % clients // 250}.7.{number % clients % 250 + 1}"
                answer = client.post(
                    "/subscribe/world", data={"email": NEW, "stamp": stamp}, headers={"x-forwarded-for": ip}
                )
                assert answer.status_code == 200

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(throw, worker) for worker in range(16)]:
            done.result()
    site.settled(within=300)
    do_housework(site.app)
    assert [mail.recipients[0].email for mail in site.mails()] == [NEW]
    assert site.letters() == [("confirm", "sent")]


def test_a_flood_of_posts_for_one_address_is_one_mail(start: Callable[..., Site]) -> None:
    """P8."""
    site = start(trusted_proxies=("127.0.0.1",))
    double(site)
    bombing(site, posts=160, clients=40)


@pytest.mark.soak
def test_five_thousand_posts_from_five_hundred_clients_are_one_mail(start: Callable[..., Site]) -> None:
    site = start(trusted_proxies=("127.0.0.1",))
    double(site)
    bombing(site, posts=5_000, clients=500)


def test_tokens_that_are_not_ours_are_one_page(site: Site) -> None:
    """T13: random, damaged, for another purpose or revoked: the same page and the same status as no page at all."""
    missing = site.client.get("/no/such/page").text
    good = site.ending(Purpose.CONFIRM, about=site.list_id)
    wrong = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("/y/", "/e/"),
        good.replace("/y/", "/u/"),
        site.token("u").replace("/u/", "/y/"),
        site.ending(Purpose.ERASE, version=2),
        site.ending(Purpose.CONFIRM, about=99),
        "/y/1.1.1.1.x",
        "/d/" + "9" * 300,
    ]
    for path in wrong:
        for answer in (site.client.get(path), site.client.post(path, headers=FROM_PAGE)):
            assert (answer.status_code, answer.text) == (404, missing), path
