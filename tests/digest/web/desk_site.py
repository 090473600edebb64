"""A running site with a morning's edition on it, and people of the desk who are signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from digest.model.edition import Edition
from digest.model.newsletter import Newsletter, Picking, Tracking
from digest.model.person import Role
from digest.ports import App, Provider
from digest.store.tx import Store
from digest.workflow.staff.entering import SignedIn
from tests import builders
from tests.desk_people import signed_in
from tests.digest.web.site import FROM_PAGE, TLS, Site, own_newsletter, running
from tests.morning import composed

DESK = f"/desk/e/{builders.EDITION}"
EARLY = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
"""Half an hour before the mail goes out."""


@dataclass(kw_only=True)
class DeskSite:
    """The site, its edition, and whoever is signed in."""

    site: Site
    edition: Edition

    def enter(self, *roles: Role, **more: object) -> httpx.Client:
        """A client of somebody with these roles, signed in; redirects are followed."""
        return self.client(signed_in(self.site.app, *roles, **more))  # type: ignore[arg-type]

    def client(self, entered: SignedIn) -> httpx.Client:
        """A client with this session."""
        return httpx.Client(
            base_url=self.site.url,
            cookies={"desk": entered.token},
            headers=FROM_PAGE,
            follow_redirects=True,
            timeout=60,
            verify=TLS,
        )

    def now(self) -> Edition:
        """The edition as it stands."""
        with self.site.store.read() as tx:
            found = tx.editions.get(builders.EDITION)
        assert found is not None
        return found


@contextmanager
def desk(
    store: Store,
    folder: Path,
    *,
    readers: int = 3,
    compose: bool = True,
    others: tuple[Newsletter, ...] = (),
    provider: Provider | None = None,
    adapt: Callable[[App], App] = lambda app: app,
    tracking: Tracking | None = None,
    **more: object,
) -> Iterator[DeskSite]:
    """A site at 05:30 of the day, with ten happenings collected and the edition composed."""
    newsletter = own_newsletter(picking=Picking(max_events=8, min_events=4, briefs=2))
    newsletter = replace(newsletter, schedule=replace(newsletter.schedule, reader_hours=False))
    newsletter = replace(newsletter, tracking=tracking or newsletter.tracking)

    def early(app: App) -> App:
        app.clock.now = EARLY  # type: ignore[attr-defined]  # the clock of tests
        return adapt(replace(app, provider=provider) if provider is not None else app)

    with running(store, folder, newsletters=(newsletter, *others), change=early, **more) as site:  # type: ignore[arg-type]
        builders.people(store, readers, start=2)
        made = composed(site.app) if compose else builders.edition()
        yield DeskSite(site=site, edition=made)
