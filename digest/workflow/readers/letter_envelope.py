"""The envelope of single letters: what is the same for every one of a newsletter."""

from __future__ import annotations

from datetime import datetime

from digest.model.mail import Envelope
from digest.model.newsletter import Newsletter
from digest.ports import App


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
