"""Tracked links on a real server: they lead to stored addresses only, and count only whom they may."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from digest.model.edition import EditionId
from digest.model.newsletter import Tracking
from digest.providers.hits import Hits
from digest.render.links import SignedLinks
from digest.store.tables import feedback, hook_posts
from digest.web.tracking import PIXEL
from digest.workflow.feedback.events import apply_posts
from digest.workflow.feedback.tracking import NOBODY
from subscribers.model import Preferences
from subscribers.tables import metadata, subscriptions
from tests.builders import KEY
from tests.digest.web.site import LINKS, TODAY, Site, edition_of, own_newsletter

PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
BOTH = Tracking(opens=True, clicks=True)
Start = Callable[..., Site]


@pytest.fixture
def site(start: Start) -> Site:
    """A site that counts, with an edition out."""
    made = start(newsletters=(own_newsletter(tracking=BOTH),))
    made.publish(edition_of(TODAY))
    return made


def events(site: Site) -> list[tuple[str, bool, str, str]]:
    """(kind, machine, rule, address) of what was counted."""
    apply_posts(site.app)
    with site.store.engine.connect() as conn:
        rows = conn.execute(
            select(feedback.c.kind, feedback.c.machine, feedback.c.detail, feedback.c.url).order_by(feedback.c.id)
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_link_leads_to_its_stored_address_and_is_counted_once(site: Site) -> None:
    for _ in range(3):
        answer = site.client.get(site.tracked(2), headers=PERSON)
        assert answer.status_code == 302
        assert answer.headers["location"] == LINKS[2]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert events(site) == [("clicked", False, "", LINKS[2])]


def test_the_picture_is_one_and_counts_an_open(site: Site) -> None:
    answer = site.client.get(f"/o/{site.who()}.gif", headers=PERSON)
    assert answer.content == PIXEL
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert events(site) == [("opened", False, "", "")]


def test_no_damaged_or_made_up_token_leads_anywhere(site: Site) -> None:
    good = site.tracked(2)
    who, number, mac = good.removeprefix("/c/").split(".")
    yesterday = EditionId(newsletter="world", date=TODAY - timedelta(days=1))
    delivery = site.app.links.delivery_key(1, 1)
    bad = [
        good[:-1],
        good + "a",
        good.upper(),
        f"/c/{who}.3.{mac}",
        f"/c/{who}.02.{mac}",
        f"/c/{who}.٢.{mac}",
        f"/c/{who}.2.",
        f"/c/{who}",
        f"/c/.2.{mac}",
        f"/c/{'b' if who[0] == 'a' else 'a'}{who[1:]}.{number}.{mac}",
        f"/c/{delivery}.{number}.{mac}",
        site.app.links.tracked_link(yesterday, 2, who).removeprefix(site.url),
        site.tracked(len(LINKS)),
        "/c/https://evil.example/",
        f"/c/{who}.2.{mac}?url=https://evil.example",
    ]
    for path in bad[:-1]:
        answer = site.client.get(path, headers=PERSON)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers
    assert site.client.get(bad[-1], headers=PERSON).headers["location"] == LINKS[2]
    for picture in (f"/o/{who[:-1]}.gif", f"/o/{delivery}.gif", "/o/x.gif"):
        assert site.client.get(picture).status_code == 404
    assert [row[0] for row in events(site)] == ["clicked"]


def test_machines_are_counted_apart_with_the_rule(site: Site) -> None:
    site.client.head(site.tracked(0), headers=PERSON)
    site.clock.wait(60)
    site.client.get(site.tracked(1), headers={"user-agent": "bingbot/2.0"})
    site.client.get(f"/o/{site.who()}.gif", headers={"user-agent": "Mozilla/5.0"})
    assert events(site) == [
        ("clicked", True, "head", LINKS[0]),
        ("clicked", True, "robot", LINKS[1]),
        ("opened", True, "apple_privacy", ""),
    ]
    with site.store.read() as tx:
        counts = tx.tracking.counts(1)
    assert counts == {"clicked": {"head": 1, "robot": 1}, "opened": {"apple_privacy": 1}}


@pytest.mark.parametrize("applied_between", [False, True])
def test_a_scanner_that_looks_like_a_person_is_known_by_its_haste(site: Site, applied_between: bool) -> None:
    for number in range(4):
        site.client.get(site.tracked(number), headers=PERSON)
        site.clock.wait(1)
        if applied_between:
            apply_posts(site.app)
    site.clock.wait(3600)
    site.client.get(site.tracked(4), headers=PERSON)
    assert [row[1:3] for row in events(site)] == [(True, "burst")] * 4 + [(False, "")]


def test_a_reader_who_wants_no_tracking_is_led_on_and_not_counted(start: Start) -> None:
    site = start(newsletters=(own_newsletter(tracking=BOTH),), preferences=Preferences(tracking_off=True))
    site.publish(edition_of(TODAY))
    assert site.client.get(site.tracked(0), headers=PERSON).headers["location"] == LINKS[0]
    assert site.client.get(f"/o/{site.who()}.gif", headers=PERSON).status_code == 200
    with site.store.engine.begin() as conn:
        assert not conn.execute(select(hook_posts)).all()
        conn.execute(update(subscriptions).values(tracking_off=False))
    site.client.get(site.tracked(0), headers=PERSON)
    assert len(events(site)) == 1


def test_nobodys_link_leads_on_and_counts_nothing(site: Site) -> None:
    nobody = site.app.links.track_key(1, NOBODY)
    assert site.client.get(site.tracked(1, who=nobody), headers=PERSON).headers["location"] == LINKS[1]
    assert events(site) == []


@pytest.mark.parametrize("tracking", [Tracking(), Tracking(opens=True), Tracking(clicks=True)])
def test_only_what_is_switched_on_is_counted(start: Start, tracking: Tracking) -> None:
    site = start(newsletters=(own_newsletter(tracking=tracking),))
    site.publish(edition_of(TODAY))
    assert site.client.get(site.tracked(0), headers=PERSON).status_code == 302
    assert site.client.get(f"/o/{site.who()}.gif", headers=PERSON).status_code == 200
    expected = {name for name, on in (("clicked", tracking.clicks), ("opened", tracking.opens)) if on}
    assert {row[0] for row in events(site)} == expected


def test_a_get_writes_nothing_but_that_it_came(site: Site) -> None:
    """P4: the tables of statistics, and no other."""

    def everything() -> dict[str, list[tuple[object, ...]]]:
        with site.store.engine.connect() as conn:
            return {table.name: [tuple(row) for row in conn.execute(select(table))] for table in metadata.sorted_tables}

    before = everything()
    site.client.get(site.tracked(0), headers=PERSON)
    site.client.get(f"/o/{site.who()}.gif", headers=PERSON)
    after = everything()
    assert {name for name in after if after[name] != before[name]} == {"hook_posts"}
    apply_posts(site.app)
    changed = {name for name in after if everything()[name] != before[name]}
    assert changed <= {"hook_posts", "feedback", "deliveries", "engagements"}


def test_neither_agent_nor_address_is_kept_nor_a_token_logged(site: Site, log: io.StringIO) -> None:
    site.client.get(site.tracked(0), headers={**PERSON, "x-forwarded-for": "203.0.113.7"})
    with site.store.engine.connect() as conn:
        (body,) = conn.scalars(select(hook_posts.c.body))
    assert set(json.loads(body)) == {"delivery", "kind", "at", "url", "rule"}
    assert "Firefox" not in body.decode()
    assert site.who() not in log.getvalue()
    assert "203.0.113.7" not in log.getvalue()


def test_nobody_can_post_a_hit(site: Site) -> None:
    answer = site.client.post(f"/hooks/{Hits.name}", content=b"{}")
    assert answer.status_code == 403
    assert events(site) == []


def test_the_archive_is_never_tracked(site: Site) -> None:
    page = site.client.get(f"/editions/world/{TODAY}").text
    assert "/c/" not in page
    assert "/o/" not in page


def test_keys_that_were_replaced_still_lead_on(site: Site) -> None:
    newer = SignedLinks(site.url, [KEY, b"a newer key, 32 bytes long......"])
    who = site.who()
    assert newer.read_track_key(who) == site.app.links.read_track_key(who)
    mac = site.tracked(1).rpartition(".")[2]
    assert newer.is_link(EditionId(newsletter="world", date=TODAY), 1, mac)
