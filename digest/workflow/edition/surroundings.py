"""Looks at what is around an edition: who would get it, what was sent before, whether its pictures are there."""

from __future__ import annotations

from datetime import timedelta

from digest.model.edition import Edition, PictureBlock
from digest.model.errors import AdapterError, NotFound
from digest.model.newsletter import Newsletter
from digest.ports import App, Pictures, Tx
from digest.render.surroundings import Surroundings

WEEK = timedelta(days=7)
COMPARED = 14
"""Editions back that an edition is compared with."""


def look_around(
    app: App, tx: Tx, newsletter: Newsletter, edition: Edition, *, readers: int | None = None
) -> Surroundings:
    """The facts that the checks of an edition's day need; links are not followed here, nor pictures looked for.

    `readers` is the size of the audience, where it is known: counting a million takes a while.
    """
    before = tx.editions.shown_before(newsletter.slug, edition.id.date, COMPARED)
    lately = [str(one.id) for one in before if edition.id.date - one.id.date <= WEEK]
    mailings = tx.ledger.mailings_of(lately) if lately else ()
    return Surroundings(
        audience=_readers(tx, newsletter) if readers is None else readers,
        audiences_before=tuple(mailing.count for mailing in mailings if not mailing.correction),
        sent_before=before,
    )


def _readers(tx: Tx, newsletter: Newsletter) -> int:
    try:
        return tx.audience.counts(newsletter.list).get("active", 0)
    except NotFound:
        return 0


def missing_pictures(pictures: Pictures | None, edition: Edition, newsletter: Newsletter) -> tuple[str, ...]:
    """The pictures that it shows, its logo among them, and that are not there. Outside of any transaction: they may
    lie in a bucket. What cannot be asked for now is missing.
    """
    if pictures is None:
        return ()
    shown = [told.picture for told in edition.told]
    shown += [b.picture for section in edition.sections for b in section.blocks if isinstance(b, PictureBlock)]
    shown.append(newsletter.theme.logo)
    names = dict.fromkeys(picture.name for picture in shown if picture is not None)
    return tuple(name for name in names if not _is_there(pictures, name))


def _is_there(pictures: Pictures, name: str) -> bool:
    try:
        return pictures.get(name) is not None
    except AdapterError:
        return False
