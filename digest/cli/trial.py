"""A tiny edition and one message of it, for `digest doctor` to try templates and providers with."""

from __future__ import annotations

from datetime import datetime

from digest.model.edition import Edition, EditionId, EditionSection, EditionStatus, LeadBlock, StoryBlock, Told
from digest.model.mail import Batch, Envelope, Recipient, Slot, Variant
from digest.model.newsletter import Newsletter
from digest.settings import Settings
from digest.wiring import open_renderer


def trial_edition(newsletter: Newsletter, now: datetime) -> Edition:
    """An edition with a lead and one story, which says that it is a trial."""
    told = Told(
        event="trial",
        story="trial",
        headline="A trial of the templates",
        blurb="Nothing has happened: `digest doctor` looks whether an edition can be rendered.",
        url="https://example.org/trial",
        outlet="Digest",
        language=newsletter.language,
    )
    return Edition(
        id=EditionId(newsletter=newsletter.slug, date=now.date()),
        version=1,
        status=EditionStatus.DRAFT,
        subject="A trial of the templates",
        preheader="Nothing has happened, and nobody is mailed",
        sections=(
            EditionSection(slug="lead", title="", blocks=(LeadBlock(told=told),)),
            EditionSection(
                slug=newsletter.sections[0].slug, title=newsletter.sections[0].title, blocks=(StoryBlock(told=told),)
            ),
        ),
        scored=(),
        language=newsletter.language,
        composed_at=now,
        inputs_sha256="",
    )


def trial_batch(settings: Settings, now: datetime) -> Batch:
    """One message of the first newsletter's trial edition to its own sender."""
    newsletter = settings.newsletters[0].newsletter()
    edition = trial_edition(newsletter, now)
    page = settings.site.base_url.rstrip("/") + "/trial"
    rendered = open_renderer().render(edition, newsletter, Variant(language=newsletter.language), view_url=page)
    slots = dict.fromkeys(Slot, page) | {Slot.NAME: newsletter.name}
    return Batch(
        chunk="trial",
        envelope=Envelope(
            edition=str(edition.id),
            newsletter=newsletter.slug,
            newsletter_name=newsletter.name,
            list_id=f"{newsletter.list}.{settings.domain_of_lists}",
            from_name=newsletter.sender.name,
            from_email=newsletter.sender.email,
            reply_to=newsletter.sender.reply_to,
            archive_url=page,
            help_url=page,
            unsubscribe_mailto=settings.site.unsubscribe_mailto,
            date=now,
            message_domain=settings.domain_of_lists,
        ),
        rendered=rendered,
        recipients=(
            Recipient(
                delivery="trial", email=newsletter.sender.email, name=newsletter.name, slots=slots, unsubscribe_url=page
            ),
        ),
    )
