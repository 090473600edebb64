"""The sign-up form: what stands in it, and what a stranger's answers mean. Pure but for the words of a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from digest.model.newsletter import Newsletter, Section
from digest.render.words import LANGUAGES
from digest.web.forms import text_of, texts_of

LANGUAGE_NAMES = (("en", "English"), ("fr", "Français"), ("es", "Español"), ("de", "Deutsch"), ("ar", "العربية"))
"""The languages of our own words, each in itself."""
LONGEST_TYPED = 320
"""Characters of an address that are shown back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChoice:
    """A tick box."""

    slug: str
    title: str
    chosen: bool
    language: str = ""
    """Of the title; empty = the newsletter's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpForm:
    """What stands in the form."""

    email: str = ""
    language: str = ""
    sections: tuple[str, ...] = ()
    """Slugs; empty = all of them."""
    stamp: str = ""
    """When the form was made, signed."""
    flaw: str = ""
    again: bool = False
    """It was sent too fast, too late or from another site: the button has to be pressed once more."""
    trapped: bool = False
    """The field that people do not see was filled in."""

    @property
    def open(self) -> bool:
        """Whether the choices are shown unfolded."""
        return bool(self.sections)


def choice_of(section: Section, language: str, *, chosen: bool) -> SectionChoice:
    """A tick box with the title for readers of that language."""
    return SectionChoice(
        slug=section.slug,
        title=section.title_in(language),
        chosen=chosen,
        language=language if language in section.titles else "",
    )


def choices_of(newsletter: Newsletter, language: str, chosen: tuple[str, ...] = ()) -> tuple[SectionChoice, ...]:
    """Its sections as tick boxes, in that language where they have a title in it; none chosen means all."""
    return tuple(choice_of(one, language, chosen=not chosen or one.slug in chosen) for one in newsletter.sections)


def typed(fields: FormData, newsletter: Newsletter) -> SignUpForm:
    """What somebody sent; whatever makes no sense is left out."""
    known = [section.slug for section in newsletter.sections]
    wanted = set(texts_of(fields, "section"))
    sections = tuple(slug for slug in known if slug in wanted)
    language = text_of(fields, "language")
    return SignUpForm(
        email=text_of(fields, "email")[:LONGEST_TYPED],
        language=language if language in LANGUAGES else newsletter.language,
        # All of them is the same as no choice: a section that is added later comes too.
        sections=() if len(sections) == len(known) else sections,
        stamp=text_of(fields, "stamp")[:200],
        trapped=bool(text_of(fields, "website")),
    )
