"""A correction as a mail: an edition of one note, in the newsletter's own frame, with its footer and its links."""

from __future__ import annotations

from dataclasses import replace

from digest.model.correction import Correction
from digest.model.edition import Edition, EditionSection, NoteBlock
from digest.model.newsletter import Newsletter
from digest.render.words import words_for

_PREHEADER = 120
"""Characters."""


def correction_edition(edition: Edition, newsletter: Newsletter, note: Correction, *, language: str) -> Edition:
    """What is mailed to readers of that language; never stored as an edition. The note itself is not translated."""
    words = words_for(language)
    said = words.say("A correction to our edition of %(day)s:", day=words.full_date(edition.id.date))
    web = words.say("The edition on the web carries the same note.")
    block = NoteBlock(text=f"{said}\n\n{note.text}\n\n{web}", signed=newsletter.name)
    return replace(
        edition,
        subject=words.say("Correction: %(subject)s", subject=edition.subject),
        preheader=note.text[:_PREHEADER],
        sections=(EditionSection(slug="lead", title="", blocks=(block,)),),
    )
