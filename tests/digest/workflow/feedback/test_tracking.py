"""Tracking from approval to the mail: its own variant, frozen with the others, and a reader's no always wins."""

from __future__ import annotations

from sqlalchemy import update

from digest.model.mail import Slot, Variant
from digest.model.newsletter import Tracking
from digest.ports import App
from digest.store.tx import Store
from digest.workflow.edition.review import approve
from digest.workflow.feedback.tracking import NOBODY
from digest.workflow.send.deliver import send
from digest.workflow.send.plan import plan
from subscribers.model import Preferences
from subscribers.tables import subscriptions
from tests.builders import EDITION, app_on, edition, people, told
from tests.fakes import ScriptedProvider

PLAIN = Variant(language="en")
BOTH = Tracking(opens=True, clicks=True)


def approved(store: Store, provider: ScriptedProvider, tracking: Tracking) -> App:
    """Two readers, the second of whom wants no tracking, and an approved edition."""
    people(store, 1)
    people(store, 1, start=2, preferences=Preferences(tracking_off=True))
    app = app_on(store, provider=provider, tracking=tracking)
    with store.begin() as tx:
        tx.editions.put(edition(), expected_version=0)
    approve(app, EDITION, by="an editor", despite_blockers=True)
    return app


def test_without_tracking_there_is_no_tracked_variant(store: Store) -> None:
    app = approved(store, ScriptedProvider(), Tracking())
    with app.read() as tx:
        assert tx.editions.frozen_variants(EDITION) == ("en:all",)
        assert tx.tracking.link(EDITION, 0) is None


def test_the_tracked_variant_is_frozen_beside_the_others_and_changes_none_of_them(store: Store) -> None:
    app = approved(store, ScriptedProvider(), BOTH)
    untracking = app_on(store, provider=ScriptedProvider())
    plain = untracking.renderer.render(
        edition(), untracking.newsletters["world"], PLAIN, view_url=app.links.view(EDITION)
    )
    with app.read() as tx:
        assert tx.editions.frozen_variants(EDITION) == ("en:all", "en:all:tracked")
        frozen = tx.editions.frozen(EDITION, "en:all")
        tracked = tx.editions.frozen(EDITION, "en:all:tracked")
        link = tx.tracking.link(EDITION, 0)
        assert tx.tracking.link(EDITION, 1) is None
    assert frozen == plain
    assert tracked is not None
    assert tracked.sha256 != plain.sha256
    assert "/c/" in tracked.html
    assert "/c/" in tracked.text
    assert "/o/" in tracked.html
    assert link == told().url


def test_who_said_no_is_not_tracked_not_even_after_the_plan(store: Store) -> None:
    provider = ScriptedProvider()
    app = approved(store, provider, BOTH)
    late = people(store, 1, start=3)[0]
    mailing = plan(app, EDITION)
    with store.begin() as tx:
        tx.connection.execute(
            update(subscriptions).where(subscriptions.c.subscriber_id == late).values(tracking_off=True)
        )
    send(app, EDITION)
    found = {
        reader.email.partition("@")[0]: reader.slots.get(Slot.TRACK)
        for batch in provider.calls
        for reader in batch.recipients
    }
    assert {batch.rendered.variant.key for batch in provider.calls} == {"en:all", "en:all:tracked"}
    assert found["reader2"] is None
    assert found["reader3"] == app.links.track_key(mailing.id, NOBODY)
    own = app.links.read_track_key(found["reader1"] or "")
    assert own is not None
    assert own[0] == mailing.id
    assert own[1] != NOBODY


def test_a_tracked_reader_gets_the_plain_mail_where_the_tracked_one_was_not_approved(store: Store) -> None:
    """Tracking was switched on between approval and plan: nothing unapproved goes out (P12)."""
    provider = ScriptedProvider()
    approved(store, provider, Tracking())
    app = app_on(store, provider=provider, tracking=BOTH)
    plan(app, EDITION)
    send(app, EDITION)
    assert {batch.rendered.variant.key for batch in provider.calls} == {"en:all"}
