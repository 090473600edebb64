"""By address: an editor's own find, read through the one door, shown as it would be told, and then told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from digest.editorial.edition.compose import earlier_stories, scored_event, sent_events, tell
from digest.editorial.intake.addresses import address_key, article_key, canonical
from digest.editorial.intake.clean import plain, to_story
from digest.editorial.intake.owners import owner_of
from digest.editorial.picking.rank import rank
from digest.editorial.picking.related import related
from digest.model.added_source import LONGEST_OUTLET
from digest.model.change import IllegalEdit, Tell
from digest.model.edition import Edition, EditionId, ScoredEvent, Told
from digest.model.errors import AdapterError, BadDocument
from digest.model.event import Event
from digest.model.newsletter import Newsletter
from digest.model.story import Origin, Story
from digest.ports import App
from digest.workflow.edition.compose import ARCHIVED, REMEMBERED
from digest.workflow.edition.edit import edit
from digest.workflow.edition.review import require
from digest.workflow.newsletters import newsletter_of

SOURCE = "the-desk"
"""The source of what editors find themselves; a newsletter that reads every source has it as a candidate, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """An article as it would be told."""

    story: Story
    told: Told
    scored: ScoredEvent
    known: str = ""
    """The candidate of this edition that has the article already; empty where none has."""

    @property
    def seen(self) -> str:
        """Names what was shown: 16 hexadecimal digits; another headline, text or address has another name."""
        shown = (self.told.headline, self.told.blurb, self.told.url, self.told.outlet)
        return hashlib.sha256("\0".join(shown).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def find(app: App, edition: EditionId, url: str, *, outlet: str = "") -> Find:
    """Read an article and make of it what composing would have made. Changes nothing.

    `outlet` is its name as readers see it; the host where it is empty. Raises IllegalEdit with the reason.
    """
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
        ids = [story for one in found.scored for story in one.stories]
        stories = dict(tx.stories.get(ids))
        sent = tx.editions.before(newsletter.slug, edition.date, REMEMBERED)
        told_before = tx.editions.told_before(newsletter.slug, edition.date, ARCHIVED)
    story = _read(app, url, outlet)
    key = article_key(story.url)
    # Outside of any transaction: the web is slow, and what it brings is judged before anything is written.
    event = Event(id=hashlib.sha256(f"{SOURCE}\0{story.id}".encode()).hexdigest()[:16], stories=(story,))
    now = found.cutoff or found.composed_at
    earlier = sent_events(sent, edition.date)
    pick = rank([event], newsletter=newsletter, now=now, sent=earlier, today=edition.date)[0]
    links = related(
        pick, events=[event], earlier=earlier_stories(told_before), now=app.clock(), limit=newsletter.picking.related
    )
    return Find(
        story=story,
        told=tell(pick, links, newsletter),
        scored=scored_event(pick),
        known=next((one.event for one in found.scored for part in one.stories if _same(stories.get(part), key)), ""),
    )


def add_find(
    app: App, edition: EditionId, found: Find, section: str, *, by: str, expected_version: int
) -> Edition:  # fmt: skip
    """Tell it. What is told by another candidate already is refused: that one can be added."""
    newsletter = newsletter_of(app, edition.newsletter)
    if found.known:
        raise IllegalEdit(f"“{found.told.headline[:80]}” is among the candidates already: add it there")
    change = Tell(told=found.told, section=_section(newsletter, section or found.scored.section), scored=found.scored)
    made = edit(app, edition, change, by=by, expected_version=expected_version)
    with app.begin() as tx:
        # For splitting, explaining and composing anew; without it the edition itself still says everything.
        tx.stories.add([found.story])
    return made


def _read(app: App, url: str, outlet: str) -> Story:
    if (long := len(plain(outlet))) > LONGEST_OUTLET:
        raise IllegalEdit(f"the name of an outlet has at most {LONGEST_OUTLET} characters, and this one {long}")
    address = canonical(url)
    if not address:
        raise IllegalEdit("give the whole address of an article, such as https://example.org/news/1")
    if app.pages is None:
        raise IllegalEdit("this installation reads no articles from the web")
    try:
        entry = app.pages.read(address)
    except (AdapterError, BadDocument) as error:
        raise IllegalEdit(f"the article cannot be read: {error}") from error
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    name = plain(outlet) or host
    origin = Origin(source=SOURCE, outlet=name, owner=owner_of(address) or name)
    own = canonical(entry.url)
    # The page may name another address of itself, such as one without a tracker; never another site.
    if not own or address_key(own).partition("/")[0] != address_key(address).partition("/")[0]:
        entry = replace(entry, url=address)
    story = to_story(entry, origin, now=app.clock())
    if isinstance(story, str):
        raise IllegalEdit(f"that page is no story: {story}")
    return story


def _same(story: Story | None, key: str) -> bool:
    return story is not None and bool(key) and article_key(story.url) == key


def _section(newsletter: Newsletter, wanted: str) -> str:
    known = ("lead", "briefs", *(one.slug for one in newsletter.sections))
    return wanted if wanted in known else newsletter.sections[0].slug
