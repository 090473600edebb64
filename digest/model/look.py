"""Look: what the desk set of a newsletter's appearance. The configuration stays the base; empty = as it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model.errors import DigestError
from digest.model.newsletter import Newsletter
from digest.model.picture import KeptPicture

COLOURS = ("accent", "accent_dark", "page", "page_dark")
_COLOUR = re.compile(r"\A#[0-9a-fA-F]{6}\Z")
_LONGEST = 300
"""Characters of a line of the footer."""


class IllegalLook(DigestError):
    """A value that no newsletter can wear; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The desk's own values; empty ones are the configuration's."""

    theme: str = ""
    accent: str = ""
    accent_dark: str = ""
    page: str = ""
    page_dark: str = ""
    publisher: str = ""
    postal_address: str = ""
    logo: KeptPicture | None = None
    no_logo: bool = False
    """The name stands at the head, although the configuration has a logo."""

    def __post_init__(self) -> None:
        for name in COLOURS:
            value = getattr(self, name)
            if value and not _COLOUR.match(value):
                raise IllegalLook(f"{name}: {value[:40]!r} is no colour; write it as #9b2226")
        if any(len(value) > _LONGEST for value in (self.publisher, self.postal_address)):
            raise IllegalLook(f"publisher and footer address have at most {_LONGEST} characters")

    @property
    def named(self) -> tuple[str, ...]:
        """The names of what is set here."""
        words = ("theme", *COLOURS, "publisher", "postal_address")
        return (*(name for name in words if getattr(self, name)), *(("logo",) if self.logo or self.no_logo else ()))

    def on(self, newsletter: Newsletter) -> Newsletter:
        """The newsletter as it looks with it."""
        theme = newsletter.theme
        return replace(
            newsletter,
            publisher=self.publisher or newsletter.publisher,
            postal_address=self.postal_address or newsletter.postal_address,
            theme=replace(
                theme,
                name=self.theme or theme.name,
                **{name: getattr(self, name) or getattr(theme, name) for name in COLOURS},
                logo=None if self.no_logo else self.logo or theme.logo,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookChange:
    """A look as somebody set it."""

    id: int
    newsletter: str
    look: Look
    by: str
    at: datetime
