"""What renders: newsletters, letters, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digest.model.errors import BadDocument, ConfigError, MissingLibrary
from digest.model.newsletter import Newsletter
from digest.ports import LetterWriter, Renderer
from digest.settings import NewsletterSettings, Settings

if TYPE_CHECKING:
    from digest.objects.bucket import Bucket
    from digest.objects.pictures import BucketPictures
    from digest.render.pixels import Encoded
    from digest.store.pictures import PictureFolder


_PACKAGE = Path(__file__).resolve().parents[1]


PICTURES = "pictures"
"""Under var_dir: the pictures of the editions, and logos."""


def templates_dir() -> Path:
    """The templates: beside the package in a checkout, inside of it when installed from a wheel."""
    for place in (_PACKAGE.parent / "templates", _PACKAGE / "_templates"):
        if (place / "email").is_dir():
            return place
    raise ConfigError(f"{_PACKAGE}: the templates are missing; install the package whole")


def open_bucket(settings: Settings) -> Bucket:
    """The bucket of the configuration. Raises ConfigError where there is none, or no library for it."""
    chosen = settings.storage.objects
    if not chosen.bucket:
        raise ConfigError("storage.objects.bucket is empty: name a bucket first")
    try:
        from digest.objects.bucket import Bucket
    except ModuleNotFoundError as error:
        raise MissingLibrary("storage.objects", str(error)) from error
    return Bucket(
        bucket=chosen.bucket,
        prefix=chosen.prefix,
        region=chosen.region,
        endpoint_url=chosen.endpoint_url,
        access_key_id=chosen.access_key_id,
        secret_access_key=chosen.secret_access_key.get_secret_value(),
        timeout=chosen.timeout_seconds,
    )


def open_pictures(settings: Settings) -> PictureFolder | BucketPictures:
    """Where pictures are kept: the bucket where one is named, else a folder below var_dir."""
    if settings.storage.objects.bucket:
        from digest.objects.pictures import BucketPictures

        return BucketPictures(lambda: open_bucket(settings))
    from digest.store.pictures import PictureFolder

    return PictureFolder(settings.var_dir / PICTURES)


def open_newsletter(one: NewsletterSettings, put: Callable[[str, bytes], None]) -> Newsletter:
    """A newsletter, its logo put among the pictures that we serve. Raises ConfigError where that is none."""
    newsletter = one.newsletter()
    encoded = read_logo(one)
    if encoded is None:
        return newsletter
    try:
        put(encoded.kept.name, encoded.content)
    except OSError as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {error}") from error
    return replace(newsletter, theme=replace(newsletter.theme, logo=encoded.kept))


def read_logo(one: NewsletterSettings) -> Encoded | None:
    """The logo of a newsletter as we serve it, None where it has none. Raises ConfigError that names key and path."""
    path = one.theme.logo
    if path is None:
        return None
    from digest.render.pixels import logo

    try:
        return logo(str(path), path.read_bytes())
    except OSError as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {path}: {error.strerror or error}") from error
    except BadDocument as error:
        raise ConfigError(f"newsletters.{one.slug}.theme.logo: {error}") from error


def open_letters(base_url: str = "") -> LetterWriter:
    """Writes single letters, with the templates of the mail."""
    from digest.render.engine import Engine
    from digest.render.letters import LetterWriter as Writer

    return Writer(Engine(templates_dir()), picture_host=picture_host(base_url))


def open_renderer(base_url: str = "", pictures_url: str = "") -> Renderer:
    """Jinja, MJML and the templates. Pictures are shown from below `base_url`; without one there are none.

    In mails they are shown from `pictures_url` where there is one; the page calls nobody but us.
    """
    from digest.render.engine import Engine
    from digest.render.renderer import EditionRenderer

    own = picture_host(base_url)
    in_mails = f"{pictures_url.rstrip('/')}/" if pictures_url else own
    subscribe = f"{base_url.rstrip('/')}/subscribe" if base_url else ""
    return EditionRenderer(
        Engine(templates_dir()), picture_host=in_mails, page_picture_host=own, subscribe_url=subscribe
    )


def picture_host(base_url: str) -> str:
    """The address that our own pictures start with, or empty."""
    return f"{base_url.rstrip('/')}/pictures/" if base_url else ""
