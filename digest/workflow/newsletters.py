"""The newsletter of a slug: asked for by every room, and by pages that should not load what composes."""

from __future__ import annotations

from digest.model.errors import NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App


def newsletter_of(app: App, slug: str) -> Newsletter:
    """The newsletter, or NotFound with the names there are."""
    found = app.newsletters.get(slug)
    if found is None:
        raise NotFound(f"there is no newsletter {slug!r}; config.yaml has: {', '.join(app.newsletters)}")
    return found
