"""Pictures: fetched once through the one HTTP door, encoded anew, kept, and shown from our own site only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from digest.model.edition import Block, Edition, EditionSection, LeadBlock, PictureBlock, StoryBlock
from digest.model.errors import AdapterError, BadDocument
from digest.model.newsletter import Newsletter
from digest.model.picture import KeptPicture
from digest.ports import App, Fetched, Fetches, Refusal
from digest.render.pixels import LEAD, THUMB, Frame, cut

ACCEPT = "image/jpeg, image/png, image/webp, image/gif;q=0.8"
DEADLINE_S = 30.0
"""For all pictures of an edition together: a morning does not wait for a slow one."""
THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A picture as one block needs it."""

    url: str
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrated:
    """The edition with its pictures, and those that it had to do without."""

    edition: Edition
    kept: int
    missing: tuple[Refusal, ...]


def illustrate(app: App, newsletter: Newsletter, edition: Edition, *, deadline: float = DEADLINE_S) -> Illustrated:
    """Fetch and keep what the edition shows: the lead's picture, every second story's, every picture block's.

    Safe to run twice: a picture that is kept in the right size is not fetched again, one that cannot be had is left
    out with its reason. `deadline` is in seconds. An app without a door or a place to keep them has no pictures, nor
    has a newsletter that wants none.
    """
    wanted = frozenset(_wanted(edition))
    if app.fetch is None or app.pictures is None or not newsletter.theme.pictures or not wanted:
        return Illustrated(edition=edition, kept=0, missing=())
    task = f"pictures {edition.id}"
    app.progress.start(task, len(wanted))
    kept: dict[Wanted, KeptPicture] = {}
    missing: list[Refusal] = []
    for one, fetched in _fetch(app.fetch, wanted, deadline):
        try:
            encoded = cut(one.url, fetched.result(timeout=0).content, one.frame)
            app.pictures.put(encoded.kept.name, encoded.content)
            kept[one] = encoded.kept
        except TimeoutError:
            missing.append(Refusal(source="", path=one.url, reason=f"took longer than {deadline:.0f} s"))
        except (AdapterError, BadDocument, OSError) as error:
            missing.append(Refusal(source="", path=one.url, reason=str(error)))
        app.progress.advance(task)
    app.progress.finish(task, f"{len(kept)} kept, {len(missing)} left out")
    sections = tuple(
        replace(section, blocks=tuple(_with_picture(block, place, kept) for place, block in _placed(section)))
        for section in edition.sections
    )
    return Illustrated(edition=replace(edition, sections=sections), kept=len(kept), missing=tuple(missing))


def _fetch(door: Fetches, wanted: frozenset[Wanted], deadline: float) -> Iterator[tuple[Wanted, Future[Fetched]]]:
    """Each with its answer, in a steady order; an answer that is not there by the deadline is not waited for."""
    pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="pictures")
    addresses = sorted({one.url for one in wanted})
    futures = {url: pool.submit(door.get, url, accept=ACCEPT) for url in addresses}
    wait(futures.values(), timeout=deadline)
    pool.shutdown(wait=False, cancel_futures=True)
    for one in sorted(wanted, key=lambda one: (one.url, one.frame.width)):
        yield one, futures[one.url]


def _wanted(edition: Edition) -> Iterator[Wanted]:
    for section in edition.sections:
        for place, block in _placed(section):
            frame, url, kept = _frame(block, place)
            if frame and url and not _fits(kept, frame):
                yield Wanted(url=url, frame=frame)


def _placed(section: EditionSection) -> Iterator[tuple[int, Block]]:
    """Each block with its place among the stories of its section."""
    place = 0
    for block in section.blocks:
        yield place, block
        place += isinstance(block, StoryBlock)


def _frame(block: Block, place: int) -> tuple[Frame | None, str, KeptPicture | None]:
    """The frame that the block shows a picture in (None where it shows none), its address, and what is kept."""
    match block:
        case LeadBlock(told=told):
            return LEAD, told.image_url, told.picture
        case StoryBlock(told=told):
            # Every second one: a column of thumbnails is a catalogue, not a front page.
            return (None if place % 2 else THUMB), told.image_url, told.picture
        case PictureBlock():
            return LEAD, block.image_url, block.picture
        case _:
            return None, "", None


def _fits(kept: KeptPicture | None, frame: Frame) -> bool:
    return kept is not None and (kept.width, kept.height) == (frame.width, frame.height)


def _with_picture(block: Block, place: int, kept: Mapping[Wanted, KeptPicture]) -> Block:
    frame, url, before = _frame(block, place)
    picture: KeptPicture | None = None
    if frame and url:
        picture = before if _fits(before, frame) else kept.get(Wanted(url=url, frame=frame))
    match block:
        case LeadBlock(told=told) | StoryBlock(told=told):
            return replace(block, told=replace(told, picture=picture))
        case PictureBlock():
            return replace(block, picture=picture)
        case _:
            return block
