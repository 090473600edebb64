"""Leaving: the page, its button, the one-click POST of mail programs, the undo, and links that are not good."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from digest.workflow.readers.letters import send_letters
from subscribers.consent import Act, Basis
from subscribers.model import Frequency, SubscriptionState, SuppressionReason
from tests.digest.web.site import FROM_PAGE, Site, edition_of, own_newsletter

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ACTIVE, ENDED = SubscriptionState.ACTIVE, SubscriptionState.ENDED


def test_looking_at_the_page_changes_nothing(site: Site) -> None:
    for _ in range(3):
        page = site.client.get(site.token("u"))
        assert page.status_code == 200
    assert '<form method="post"' in page.text
    assert page.text.count("<button") == 5  # leave, or rather: Mondays only, or one of three pauses
    assert "r•••@example.test" in page.text
    assert "reader1@" not in page.text, "a forwarded mail must not show the address"
    assert site.subscription().state is ACTIVE


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}])
def test_one_click_as_mail_programs_do_it(site: Site, form: dict[str, object]) -> None:
    """RFC 8058: urlencoded or multipart, from anywhere, no cookie, no redirect, and again without harm."""
    for _ in range(2):
        answer = site.client.post(site.token("u"), headers={"origin": "https://mail.example"}, **form)  # type: ignore[arg-type]
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert "set-cookie" not in answer.headers
        assert site.subscription().state is ENDED
    acts = [(consent.act, consent.basis.method) for consent in site.consents()]
    assert acts[-1] == (Act.WITHDRAWN, "one_click")
    assert len([act for act, _ in acts if act is Act.WITHDRAWN]) == 1


def test_it_holds_before_the_next_provider_call(site: Site) -> None:
    """P3: the gate says no as soon as the answer is there."""
    site.client.post(site.token("u"), data=ONE_CLICK)
    with site.store.read() as tx:
        assert list(tx.audience.candidates("world", site.clock().date())) == []


def test_the_button_the_undo_and_the_way_to_preferences(site: Site) -> None:
    done = site.client.post(site.token("u"), headers=FROM_PAGE)
    assert done.status_code == 200
    assert "<title>Unsubscribed from The\u00a0World\u00a0Brief</title>" in done.text
    assert 'role="status"' in done.text
    assert f'action="{site.token("u")}/undo"' in done.text
    assert site.token("p") in done.text
    assert site.subscription().state is ENDED
    assert "Get it again" in site.client.get(site.token("u")).text

    for _ in range(2):
        back = site.client.post(site.token("u") + "/undo", headers=FROM_PAGE)
        assert back.status_code == 200
        assert "again</title>" in back.text
        assert site.subscription().state is ACTIVE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    ],
)
def test_the_button_on_a_page_of_others_does_nothing(site: Site, headers: dict[str, str]) -> None:
    assert site.client.post(site.token("u"), data={"any": "thing"}, headers=headers).status_code == 403
    assert site.client.post(site.token("u") + "/undo", headers=headers).status_code == 403
    assert site.subscription().state is ACTIVE


def test_a_browser_that_only_names_its_origin_is_believed(site: Site) -> None:
    assert site.client.post(site.token("u"), headers={"origin": site.url}).status_code == 200
    assert site.subscription().state is ENDED


def _damaged(token: str) -> dict[str, str]:
    page, rest = token[:3], token[3:]
    reader, mail_list, version, mac = rest.split(".")
    return {
        "cut": token[:-1],
        "longer": token + "A",
        "other mac": f"{page}{reader}.{mail_list}.{version}.{mac[::-1]}",
        "other reader": f"{page}{int(reader) + 1}.{mail_list}.{version}.{mac}",
        "other list": f"{page}{reader}.{int(mail_list) + 1}.{version}.{mac}",
        "other version": f"{page}{reader}.{mail_list}.{int(version) + 1}.{mac}",
        "leading nought": f"{page}0{rest}",
        "case": page + rest.swapcase(),
        "words": f"{page}unsubscribe",
        "encoded": f"{page}%00%0a{rest}",
        "long": page + "9" * 3000,
    }


@pytest.mark.parametrize("page", ["u", "p"])
def test_every_bad_link_is_one_and_the_same_page(site: Site, page: str) -> None:
    """T13: nobody learns whether a reader, a list or a version exists."""
    other = "p" if page == "u" else "u"
    bad = _damaged(site.token(page))
    bad["of the other page"] = f"/{page}/" + site.token(other)[3:]
    if page == "p":
        bad["revoked"] = site.token(page, version=2)
    bad["of nobody"] = site.token(page, reader=10**9)
    bad["never was"] = "/never-was"
    bodies = set()
    for path in bad.values():
        answers = [site.client.get(path), site.client.post(path, data=ONE_CLICK, headers=FROM_PAGE)]
        for answer in answers:
            assert answer.status_code == 404 or (path == "/never-was" and answer.status_code in (404, 405)), path
            assert "location" not in answer.headers
            bodies.add((answer.text, tuple(sorted(set(answer.headers.items()) - {("date", answer.headers["date"])}))))
    assert len(bodies) == 1
    assert "1.1.1" not in bodies.pop()[0]
    assert site.subscription().state is ACTIVE


def test_bad_links_take_one_class_of_time(site: Site) -> None:
    """A damaged link, a forged one and a revoked one: within milliseconds of each other, whatever is behind them."""

    def median(path: str) -> float:
        times = []
        for _ in range(15):
            begun = time.perf_counter()
            site.client.get(path)
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    good = site.token("u")
    paths = ["/u/nonsense", good[:-4] + "AAAA", site.token("u", version=9)]
    median(paths[0])
    medians = [median(path) for path in paths]
    assert max(medians) - min(medians) < 0.05, medians


@pytest.mark.parametrize("language", ["en", "fr", "es", "de", "ar"])
def test_it_speaks_the_readers_language(start: Callable[..., Site], language: str) -> None:
    site = start(language=language)
    page = site.client.get(site.token("u")).text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert ("Unsubscribe" in page) == (language == "en")


def test_somebody_who_left_long_ago_gets_the_same_page(site: Site) -> None:
    """A year later, with editions in between, the link still works."""
    site.client.post(site.token("u"), data=ONE_CLICK)
    site.publish(edition_of(site.clock().date()))
    site.clock.wait(400 * 86400)
    assert site.client.get(site.token("u")).status_code == 200
    assert site.client.post(site.token("u"), data=ONE_CLICK).status_code == 200


def test_nobody_who_leaves_is_written_to_unless_the_newsletter_says_so(site: Site) -> None:
    site.client.post(site.token("u"), headers=FROM_PAGE)
    assert site.subscription().state is ENDED
    assert site.letters() == []


def test_a_last_letter_once_a_day_and_only_to_who_has_left(start: Callable[..., Site]) -> None:
    site = start(newsletters=(replace(own_newsletter(), goodbye=True),))
    site.client.post(site.token("u"), headers=FROM_PAGE)
    assert site.letters() == [("goodbye", "waiting")]
    # Who comes back before it is written has not left.
    with site.store.begin() as tx:
        home = tx.audience.list_of("world")
        tx.audience.resubscribe(site.reader, home, now=site.clock(), basis=Basis(method="page"))
    send_letters(site.app)
    assert site.letters() == [("goodbye", "dropped")]
    for _ in range(2):
        site.client.post(site.token("u"), headers=FROM_PAGE)
        send_letters(site.app)
        with site.store.begin() as tx:
            tx.audience.resubscribe(site.reader, home, now=site.clock(), basis=Basis(method="page"))
    assert site.letters() == [("goodbye", "dropped"), ("goodbye", "sent")]
    assert site.link("subscribe") == "/subscribe/world"


def test_the_way_back_ends_and_the_page_says_when(site: Site) -> None:
    """A forwarded mail must not bring somebody back years later."""
    left = site.client.post(site.token("u"), headers=FROM_PAGE)
    assert "Undo it here until Monday 30 November" in left.text
    site.clock.wait(7 * 86400 - 1)
    assert "Get it again" in site.client.get(site.token("u")).text
    site.clock.wait(1)
    for answer in (
        site.client.get(site.token("u")),
        site.client.post(site.token("u") + "/undo", headers=FROM_PAGE),
        site.client.post(site.token("u") + "/instead", data={"choice": "4"}, headers=FROM_PAGE),
    ):
        assert "This link does not bring you back any more" in answer.text
        assert "<button" not in answer.text
        assert f'href="{site.url}/subscribe/world"' in answer.text
        assert site.subscription().state is ENDED


def test_who_is_suppressed_is_not_told_that_they_are_back(site: Site) -> None:
    site.client.post(site.token("u"), headers=FROM_PAGE)
    with site.store.begin() as tx:
        tx.audience.suppress(site.reader, SuppressionReason.COMPLAINT, now=site.clock())
    for press in ("/undo", "/instead"):
        answer = site.client.post(site.token("u") + press, data={"choice": "2"}, headers=FROM_PAGE)
        assert "Nothing is sent to this address" in answer.text
        assert site.subscription().state is ENDED


def test_one_click_of_a_program_that_does_not_say_what_it_sends(site: Site) -> None:
    sent = httpx.Request("POST", site.url + site.token("u"), content=b"List-Unsubscribe=One-Click")
    assert "content-type" not in sent.headers
    assert site.client.send(sent).status_code == 200
    assert site.subscription().state is ENDED
    broken = httpx.Request("POST", site.url + site.token("u"), content=b"&".join([b"a=1"] * 101))
    assert site.client.send(broken).status_code == 400


def test_nobody_is_offered_a_day_on_which_no_edition_comes(start: Callable[..., Site]) -> None:
    own = own_newsletter()
    site = start(newsletters=(replace(own, schedule=replace(own.schedule, days=("tue", "sat"))),))
    assert "Mondays only" not in site.client.get(site.token("u")).text
    choices = site.client.get(site.token("p")).text
    assert "Mondays only" not in choices
    assert "Monday to Friday" in choices
    asked = site.client.post(site.token("u") + "/instead", headers=FROM_PAGE, data={"choice": "weekly"})
    assert "one edition a week" not in asked.text
    assert site.subscription().preferences.frequency is Frequency.DAILY


def test_an_old_page_does_not_say_that_somebody_is_gone_who_is_back(site: Site) -> None:
    site.client.post(site.token("u"), headers=FROM_PAGE)
    site.client.post(site.token("u") + "/undo", headers=FROM_PAGE)
    said = site.client.post(site.token("u") + "/why", headers=FROM_PAGE, data={"reason": "other"})
    assert "still unsubscribed" not in said.text
    assert site.subscription().state is ACTIVE
