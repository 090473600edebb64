"""Previews on disk: an edition's HTML and text as a reader would get them, with sample values in the slots."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digest.model.edition import Edition
from digest.model.mail import Rendered, Slot, Variant
from digest.model.newsletter import Newsletter
from digest.render.engine import Engine
from digest.render.gallery import gallery
from digest.render.slots import Filler, greeting
from digest.wiring import templates_dir

if TYPE_CHECKING:
    from digest.ports import App

SAMPLE_READER = "Ada"
FOLDER = "preview"
"""Below var_dir."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was written. `html` is None for a variant that is text only."""

    rendered: Rendered
    html: Path | None
    text: Path


def write_preview(app: App, edition: Edition, variant: Variant, folder: Path) -> Preview:
    """Write `NEWSLETTER-DATE.html` and `.txt`: the frozen bytes where there are any (P12), else a fresh rendering."""
    rendered = _rendered(app, edition, variant)
    filler = Filler(rendered)
    values = _sample_values(app, edition, variant)
    stem = f"{edition.id.newsletter}-{edition.id.date.isoformat()}"
    if variant != Variant(language=edition.language):
        stem += "." + variant.key.replace(":", "-")
    folder.mkdir(parents=True, exist_ok=True)
    html = _write(folder / f"{stem}.html", filler.html(values)) if rendered.html else None
    return Preview(rendered=rendered, html=html, text=_write(folder / f"{stem}.txt", filler.text(values)))


def write_gallery(app: App, newsletter: Newsletter, folder: Path) -> Path:
    """Write `gallery-NEWSLETTER.html`: every block and letter in the newsletter's colours, in every light."""
    logo = newsletter.theme.logo
    content = app.pictures.get(logo.name) if logo and app.pictures else None
    folder.mkdir(parents=True, exist_ok=True)
    page = gallery(Engine(templates_dir()), newsletter, logo=content or b"")
    return _write(folder / f"gallery-{newsletter.slug}.html", page)


def _rendered(app: App, edition: Edition, variant: Variant) -> Rendered:
    with app.read() as tx:
        frozen = tx.editions.frozen(edition.id, variant.key)
    if frozen is not None:
        return frozen
    newsletter = app.newsletters[edition.id.newsletter]
    return app.renderer.render(edition, newsletter, variant, view_url=app.links.view(edition.id))


def _sample_values(app: App, edition: Edition, variant: Variant) -> dict[Slot, str]:
    # Links of nobody: the pages behind them answer that they are not valid.
    return {
        Slot.NAME: greeting(variant.language, SAMPLE_READER, otherwise=edition.language),
        Slot.UNSUBSCRIBE: f"{app.help_url}u/preview",
        Slot.PREFERENCES: f"{app.help_url}p/preview",
        Slot.VIEW: app.links.view(edition.id),
    }


def _write(path: Path, content: str) -> Path:
    """Whole or not at all: a browser that looks at it meanwhile sees the old one."""
    part = path.with_name(path.name + ".part")
    part.write_text(content, "utf-8")
    os.replace(part, path)
    return path
