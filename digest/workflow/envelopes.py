"""Envelopes: what is the same for every message of an edition, and for every single letter of a newsletter."""

from __future__ import annotations

from datetime import datetime

from digest.model.edition import EditionId
from digest.model.mail import Envelope
from digest.model.newsletter import Newsletter
from digest.ports import App


def envelope_of(
    app: App, newsletter: Newsletter, edition: EditionId, planned_at: datetime, *, on_list: str = ""
) -> Envelope:
    """What is the same for every message of the edition's mailing.

    `on_list` is the list that it was planned for; empty for the one that the newsletter has now.
    """
    return Envelope(
        edition=str(edition),
        newsletter=newsletter.slug,
        newsletter_name=newsletter.name,
        list_id=f"{on_list or newsletter.list}.{app.list_domain}",
        from_name=newsletter.sender.name,
        from_email=newsletter.sender.email,
        reply_to=newsletter.sender.reply_to,
        archive_url=app.links.view(edition),
        help_url=app.help_url,
        unsubscribe_mailto=app.unsubscribe_mailto,
        date=planned_at,
        message_domain=app.list_domain,
    )


def letter_envelope(app: App, newsletter: Newsletter, at: datetime) -> Envelope:
    """What is the same for every letter of a newsletter. `at` stays the same for every try."""
    return Envelope(
        edition="",
        newsletter=newsletter.slug,
        newsletter_name=newsletter.name,
        list_id="",
        from_name=newsletter.sender.name,
        from_email=newsletter.sender.email,
        reply_to=newsletter.sender.reply_to,
        archive_url="",
        help_url="",
        unsubscribe_mailto="",
        date=at,
        message_domain=app.list_domain,
        letter=True,
    )
