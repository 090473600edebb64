"""Machines that open every link of every mail, and machines that guess: nothing changes, nothing is found."""

from __future__ import annotations

import random
import re
import string
from datetime import timedelta
from html import unescape

import httpx
import pytest

from subscribers.tables import lists
from subscribers.tokens import LinkSigner, Purpose, TokenError
from tests import builders
from tests.digest.web.site import FROM_PAGE, TODAY, Site, edition_of, everything
from tests.fakes import FakeClock

ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


def press(site: Site, path: str, **fields: str) -> None:
    answer = site.client.post(path, data=fields, headers=FROM_PAGE)
    assert answer.status_code == 200
    site.settled()


def every_letter(site: Site) -> None:
    """One mail of every kind, by the ways that readers take."""
    with site.store.begin() as tx:
        tx.connection.execute(lists.update().values(opt_in="double"))
    stamp = site.app.links.stamp(site.clock() - timedelta(seconds=9))
    press(site, "/subscribe/world", email="new@news.example.org", stamp=stamp)
    press(site, site.link("y"))
    site.clock.now += timedelta(hours=25)
    stamp = site.app.links.stamp(site.clock() - timedelta(seconds=9))
    press(site, "/subscribe/world", email="new@news.example.org", stamp=stamp)
    own = site.link("p")
    press(site, own + "/data")
    press(site, own + "/erase")
    press(site, own + "/address", email="newer@news.example.org")
    press(site, site.link("a"))


def test_a_scanner_that_opens_every_link_of_every_letter_twice_changes_nothing(site: Site) -> None:
    """P4, T11."""
    site.publish(edition_of(TODAY))
    every_letter(site)
    assert [kind for kind, state in site.letters() if state == "sent"] == [
        "confirm", "welcome", "links", "export", "erase", "address", "moved",
    ]  # fmt: skip
    links = {
        unescape(link).removeprefix(site.url)
        for mail in site.mails()
        for body in (mail.rendered.html, mail.rendered.text, mail.recipients[0].unsubscribe_url)
        for link in ADDRESS.findall(body)
        if link.startswith(site.url)
    }
    assert {link.split("/")[1] for link in links} >= {"y", "p", "u", "d", "e", "a", "b", "editions"}
    before = everything(site)
    for link in sorted(links) * 2:
        for method in ("GET", "HEAD"):
            assert site.client.request(method, link, follow_redirects=True).status_code == 200, link.split("/")[1]
    site.settled()
    assert everything(site) == before


def guesses(count: int, seed: int, good: str) -> list[str]:
    """Tokens that are not ours: random ones, and ours with one character changed, left out, added or moved."""
    rng = random.Random(seed)
    letters = string.ascii_letters + string.digits + "-_."

    def one() -> str:
        kind = rng.randrange(6)
        at = rng.randrange(len(good))
        if kind == 0:
            return "".join(rng.choices(letters, k=rng.randrange(1, 110)))
        if kind == 1:
            head = ".".join(str(rng.randrange(1, 10**6)) for _ in range(rng.choice((3, 4))))
            return f"{head}.{''.join(rng.choices(letters[:-1], k=43))}"
        if kind == 2:
            return good[:at] + rng.choice(letters) + good[at + 1 :]
        if kind == 3:
            return good[:at] + good[at + 1 :]
        if kind == 4:
            return good[:at] + rng.choice(letters) + good[at:]
        return good[:at] + good[at:].swapcase()

    return [token for token in (one() for _ in range(count)) if token != good]


def accepted(count: int) -> int:
    """How many of so many guesses a signer takes, each for every purpose."""
    signer = LinkSigner([builders.KEY])
    now = FakeClock().now
    found = 0
    for purpose in Purpose:
        until = now + timedelta(hours=1)
        ends = purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VIEW)
        good = signer.sign(purpose, 1, 1, 1, until=None if ends else until)
        for token in guesses(count // len(Purpose), len(good), good):
            try:
                signer.read(purpose, token, now)
            except TokenError:
                continue
            found += 1
    return found


def test_no_guess_is_taken() -> None:
    """T13; a hundred thousand of them in the long form."""
    assert accepted(8_000) == 0


@pytest.mark.soak
def test_none_of_a_hundred_thousand_guesses_is_taken() -> None:
    assert accepted(100_000) == 0


def test_every_guess_gets_the_same_page_and_status(site: Site) -> None:
    missing = site.client.get("/no/such/page")
    good = {page: site.token(page).rpartition("/")[2] for page in "up"}
    good |= {"y": site.ending(Purpose.CONFIRM, about=site.list_id).rpartition("/")[2]}
    answers: list[httpx.Response] = []
    for page, token in good.items():
        for guess in guesses(60, 7, token):
            answers.append(site.client.get(f"/{page}/{guess}"))
            answers.append(site.client.post(f"/{page}/{guess}", headers=FROM_PAGE))
    # A dot segment is a path of its own to whoever reads it; it leads nowhere as well.
    assert {answer.status_code for answer in answers} <= {404, 405}
    assert {answer.text for answer in answers if answer.status_code == 404} == {missing.text}
