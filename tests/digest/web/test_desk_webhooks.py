"""Webhooks at the desk: added, changed, paused, told again, ended; only by an admin who says once more who they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model.person import Role
from digest.model.webhook import Endpoint, PostState
from digest.store.tx import Store
from digest.workflow.clock.webhooks import tell
from subscribers.consent import Basis
from tests import builders
from tests.desk_people import PASSWORD
from tests.digest.notify.test_hooks import door
from tests.digest.web.desk_site import DeskSite, desk
from tests.digest.web.site import everything
from tests.servers.hook_receiver import HookReceiver, receiving


@pytest.fixture
def there() -> Iterator[HookReceiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def place(store: Store, tmp_path: Path, there: HookReceiver) -> Iterator[DeskSite]:
    with desk(store, tmp_path, compose=False, adapt=lambda app: replace(app, hooks=door(there.pair))) as made:
        yield made


def happen(place: DeskSite, number: int) -> None:
    """A reader comes and leaves."""
    place.site.clock.now += timedelta(minutes=1)
    reader = builders.people(place.site.store, 1, start=number)[0]
    with place.site.app.begin() as tx:
        on = tx.audience.list_of("world").id
        assert tx.audience.unsubscribe(reader, on, now=place.site.clock(), basis=Basis(method="page"))


def hook(place: DeskSite) -> Endpoint:
    with place.site.store.read() as tx:
        (found,) = tx.webhooks.everything()
    return found


def test_a_webhook_from_its_beginning_to_its_end(place: DeskSite, there: HookReceiver) -> None:
    with place.enter() as ann:
        assert "There is none yet." in ann.get("/desk/webhooks").text
        form = {"url": there.url, "kind": ["subscriber.unsubscribed", "no.such"], "list": "world"}
        made = ann.post("/desk/webhooks/add", data=form)
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
        assert secret is not None
        found = hook(place)
        assert (found.kinds, found.lists, found.with_address) == (("subscriber.unsubscribed",), ("world",), False)
        path = f"/desk/webhooks/{found.id}"
        page = ann.get(path).text
        assert secret[0] not in page
        assert there.url in ann.get("/desk/webhooks").text
        happen(place, 20)
        assert tell(place.site.app).sent == 1
        key = there.got[0].headers["webhook-id"]
        assert key in ann.get(path).text
        assert "Done." in ann.post(f"{path}/move", data={"do": "replay", "post": key}).text
        assert tell(place.site.app).sent == 1
        assert there.ids == [key, key]
        assert ann.post(f"{path}/move", data={"do": "replay", "post": "evt_none"}).status_code == 404
        assert "paused since" in ann.post(f"{path}/move", data={"do": "pause"}).text
        happen(place, 21)
        assert tell(place.site.app).sent == 0
        assert "paused since" not in ann.post(f"{path}/move", data={"do": "resume"}).text
        assert tell(place.site.app).sent == 1
        changed = ann.post(f"{path}/change", data={"url": there.url, "with_address": "1"})
        assert "Done." in changed.text
        assert (hook(place).kinds, hook(place).lists, hook(place).with_address) == ((), (), True)
        assert secret[0] in ann.post(f"{path}/secret", data={"do": "show"}).text
        assert secret[0] not in ann.post(f"{path}/secret", data={"do": "rotate"}).text
        assert "Done." in ann.post(f"{path}/remove").text
        assert ann.get(path).status_code == 404


def test_what_was_given_up_is_posted_again_and_a_disabled_one_told_again(place: DeskSite, there: HookReceiver) -> None:
    with place.enter() as ann:
        ann.post("/desk/webhooks/add", data={"url": there.url, "kind": "subscriber.unsubscribed"})
        path = f"/desk/webhooks/{hook(place).id}"
        happen(place, 20)
        there.answers = [410]
        assert tell(place.site.app).failed == 1
        page = ann.get(path).text
        assert "told nothing since" in page
        assert "answered 410" in page
        assert "told nothing since" not in ann.post(f"{path}/move", data={"do": "enable"}).text
        ann.post(f"{path}/move", data={"do": "replay"})
        assert tell(place.site.app).sent == 1
        with place.site.store.read() as tx:
            assert tx.webhooks.counts(hook(place).id)[PostState.PARKED] == 0


def test_who_sits_down_at_an_open_browser_adds_changes_reads_and_ends_nothing(
    place: DeskSite, there: HookReceiver
) -> None:
    with place.enter() as ann:
        ann.post("/desk/webhooks/add", data={"url": there.url})
        place.site.clock.now += timedelta(hours=1)
        path = f"/desk/webhooks/{hook(place).id}"
        before = everything(place.site)["webhook_endpoints"]
        for password in ("", "wrong"):
            for there_to, form in (("/desk/webhooks/add", {"url": there.url}), (f"{path}/change", {"url": there.url}),
                                   (f"{path}/secret", {"do": "show"}), (f"{path}/remove", {})):  # fmt: skip
                refused = ann.post(there_to, data={**form, "password": password})
                # After a few wrong ones it is too many tries.
                assert refused.status_code in (403, 429), there_to
                assert "whsec_" not in refused.text
        assert everything(place.site)["webhook_endpoints"] == before
        assert "Your password once more" in ann.get(path).text
        place.site.clock.now += timedelta(hours=1)
        assert "whsec_" in ann.post(f"{path}/secret", data={"do": "show", "password": PASSWORD}).text


def test_an_address_of_our_own_network_is_refused_aloud(place: DeskSite) -> None:
    with place.enter(Role.ADMIN) as ann:
        for wrong in ("https://192.168.0.1/", "http://hooks.example/", "javascript:alert(1)", ""):
            assert ann.post("/desk/webhooks/add", data={"url": wrong}).status_code == 422, wrong
