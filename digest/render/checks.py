"""What may be wrong with a rendering before it goes out: one small function per check, each naming the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from digest.model.edition import Edition
from digest.model.finding import Finding, Severity
from digest.model.mail import Envelope, Rendered, Slot
from digest.model.newsletter import Newsletter
from digest.render.message import refused_headers
from digest.render.palette import LEAST_CONTRAST, palette, weak_pairs
from digest.render.quoted import HALF

CLIPPED_AT = 102 * 1024
"""Bytes of HTML beyond which Gmail cuts a mail off, footer and unsubscribe link with it."""
LARGE_AT = 80 * 1024
"""Bytes of HTML from which links lengthened by tracking may reach that limit."""
LONG_SUBJECT = 60
"""Characters of a subject that are read whole on a telephone."""
LONG_PREHEADER = 140

_UNFINISHED = re.compile(r"\bTK\b|\{\{|\{%|<%|\bLorem ipsum\b", re.IGNORECASE)
_PLAIN_HTTP = re.compile(r'<img [^>]*src="(http://(?!127\.0\.0\.1[:/]|localhost[:/])[^"/]+)')
"""Not on this machine, where everything is a trial."""
_TAG_LEAK = re.compile(r"</?mj-|<script\b", re.IGNORECASE)
_ESCAPE_LEAK = re.compile(r'="[^"]*\\u\{[0-9a-f]+\}')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    rendered: Rendered
    edition: Edition
    newsletter: Newsletter

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """(name, content) of every part that this variant has."""
        text = ("text part", self.rendered.text)
        return (text,) if self.rendered.variant.text_only else (text, ("HTML part", self.rendered.html))


def check(rendered: Rendered, edition: Edition, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Everything that the checks have to say about one variant, the blockers first."""
    case = _Case(rendered=rendered, edition=edition, newsletter=newsletter)
    found = [finding for one in _CHECKS for finding in one(case)]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def check_headers(rendered: Rendered, envelope: Envelope) -> tuple[Finding, ...]:
    """What the header gate would refuse when the mailing is sent, while somebody can still mend it."""
    return tuple(
        _blocker(
            "header",
            f"The mail cannot be written: {refused}.",
            "Write the subject anew on the desk."
            if refused.place == "header Subject"
            else "Mend it in the newsletter's settings (name, sender) or the site's (domain, addresses).",
        )
        for refused in refused_headers(rendered, envelope)
    )


def _size(case: _Case) -> Iterator[Finding]:
    size = len(case.rendered.html.encode("utf-8", "replace"))
    if size > LARGE_AT:
        severity: Severity = "blocker" if size > CLIPPED_AT else "warning"
        yield Finding(
            id="size",
            severity=severity,
            message=f"The HTML part has {size / 1024:.0f} KB; Gmail cuts a mail off at 102 KB.",
            fix="Take out stories or shorten the blurbs.",
        )


def _whole_characters(case: _Case) -> Iterator[Finding]:
    """JSON may spell half of a character, and no mail can carry one."""
    heads = ("subject", case.rendered.subject), ("preheader", case.rendered.preheader)
    for name, content in (*heads, *case.parts):
        half = HALF.search(content)
        if half:
            yield _blocker(
                "half-character",
                f"The {name} holds half a character (U+{ord(half[0]):04X}), which no mail can carry.",
                "Write anew what stands there, or mend the template in templates/email.",
            )


def _personal_links(case: _Case) -> Iterator[Finding]:
    for name, content in case.parts:
        if case.rendered.slot_tokens.get(Slot.UNSUBSCRIBE, "\0") not in content:
            yield _blocker(
                "unsubscribe", f"The {name} has no unsubscribe link.", "Put slots.unsubscribe in its footer."
            )
        if case.rendered.slot_tokens.get(Slot.PREFERENCES, "\0") not in content:
            yield _warning(
                "preferences", f"The {name} has no preferences link.", "Put slots.preferences in its footer."
            )


def _imprint(case: _Case) -> Iterator[Finding]:
    for key, value in (
        ("publisher", case.newsletter.publisher),
        ("postal_address", case.newsletter.postal_address),
    ):
        if not value.strip():
            yield _blocker(
                key.replace("_", "-"),
                f"The newsletter {case.newsletter.slug!r} has no {key.replace('_', ' ')}, which the law asks for.",
                f"Set newsletters.{case.newsletter.slug}.{key} in the configuration.",
            )


def _parts_present(case: _Case) -> Iterator[Finding]:
    for name, content in case.parts:
        if not content.strip():
            yield _blocker("empty-part", f"The {name} is empty.", "Look at its template in templates/email.")


def _subject(case: _Case) -> Iterator[Finding]:
    """Too long to be read whole. An empty one, and one beyond all bounds, is a blocker of the edition itself."""
    subject = case.rendered.subject
    if len(subject) > LONG_SUBJECT:
        yield _warning(
            "subject",
            f"The subject has {len(subject)} characters; telephones show {LONG_SUBJECT}.",
            "Shorten it.",
            "subject",
        )


def _preheader(case: _Case) -> Iterator[Finding]:
    preheader = case.rendered.preheader
    if not preheader.strip():
        yield _warning(
            "preheader",
            "The line below the subject is empty.",
            "Write a preheader of 35 to 110 characters.",
            "preheader",
        )
    elif len(preheader) > LONG_PREHEADER:
        yield _warning("preheader", f"The preheader has {len(preheader)} characters.", "Cut it to 110.", "preheader")
    elif preheader.casefold() == case.rendered.subject.casefold():
        yield _warning(
            "preheader", "The preheader repeats the subject.", "Say in it what else is in the mail.", "preheader"
        )


def _unfinished(case: _Case) -> Iterator[Finding]:
    """Words of the newsletter's own; those of the edition are looked at with it, and a story may hold anything."""
    ours = {
        "name": case.newsletter.name,
        "tagline": " ".join((case.newsletter.tagline, *case.newsletter.taglines.values())),
        "publisher": case.newsletter.publisher,
        "postal address": case.newsletter.postal_address,
    }
    for place, text in ours.items():
        mark = _UNFINISHED.search(text)
        if mark:
            yield _blocker(
                "unfinished",
                f"The newsletter's {place} still holds {mark[0]!r}.",
                "Finish it in the configuration.",
            )


def _contrast(case: _Case) -> Iterator[Finding]:
    look = palette(case.newsletter.theme, case.rendered.variant.language)
    for scheme, shades in (("light", look.light), ("dark", look.dark)):
        for text, ground, ratio in weak_pairs(shades):
            yield _warning(
                "contrast",
                f"In {scheme} mode the contrast of {text} on {ground} is {ratio:.2f}; all can read {LEAST_CONTRAST}.",
                f"Choose a {'darker' if scheme == 'light' else 'lighter'} accent in the newsletter's theme.",
            )


def _insecure_pictures(case: _Case) -> Iterator[Finding]:
    address = _PLAIN_HTTP.search(case.rendered.html)
    if address:
        yield _warning(
            "picture-http",
            f"Pictures are loaded from {address[1]} without encryption: many mail programs will not show them.",
            "Set site.base_url to an https address.",
        )


def _charset(case: _Case) -> Iterator[Finding]:
    for name, content in case.parts:
        if content and max(content) <= "\u00ff":
            yield _warning(
                "charset",
                f"The {name} has no character beyond Latin-1: SendGrid would send it as ISO-8859-1, and Gmail clip it.",
                "Keep one such character, an em dash for instance, in its template.",
            )


def _leaks(case: _Case) -> Iterator[Finding]:
    tag = _TAG_LEAK.search(case.rendered.html)
    if tag:
        yield _blocker(
            "leak", f"The HTML part holds {tag[0]!r}, which has no place in a mail.", "Look at the block's template."
        )
    escape = _ESCAPE_LEAK.search(case.rendered.html)
    if escape:  # a warning: a story may have been written with one
        yield _warning(
            "leak", f"The HTML part holds {escape[0][-30:]!r} in an attribute.", "Compare it with the story's own text."
        )


def _left_out(case: _Case) -> Iterator[Finding]:
    for block in case.rendered.left_out:
        severity: Severity = "blocker" if block.startswith("lead ") else "warning"
        yield Finding(
            id="left-out",
            severity=severity,
            message=f"Could not be set and was left out: {block}",
            fix="Edit or replace the story, then compose again.",
        )


def _warned(case: _Case) -> Iterator[Finding]:
    for warning in case.rendered.warnings:
        yield _warning("rendering", f"{warning[:1].upper()}{warning[1:]}.", "Edit the story where that is a loss.")


def _blocker(name: str, message: str, fix: str) -> Finding:
    return Finding(id=name, severity="blocker", message=message, fix=fix)


def _warning(name: str, message: str, fix: str, place: str = "") -> Finding:
    return Finding(id=name, severity="warning", message=message, fix=fix, place=place)


_CHECKS: tuple[Callable[[_Case], Iterator[Finding]], ...] = (
    _size,
    _whole_characters,
    _personal_links,
    _imprint,
    _parts_present,
    _subject,
    _preheader,
    _unfinished,
    _contrast,
    _insecure_pictures,
    _charset,
    _leaks,
    _left_out,
    _warned,
)
