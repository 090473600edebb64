"""Pictures decoded and encoded anew: what comes out holds pixels and nothing else of what came in. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from digest.model.errors import BadDocument
from digest.model.picture import LARGEST, KeptPicture

MOST_BYTES = 8_000_000
"""Of a picture that is read."""
MOST_PIXELS = 40_000_000
"""Of a picture that is decoded: 160 MB as colours. More is a bomb, or was never meant for a screen."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES = (62, 50, 40, 30, 18)
"""At twice the size it is shown at, the first is good to look at; the others are for pictures of grass."""
_PALEST = 255
_DEEP_GREY = ("I;16", "I;16B", "I;16L", "I")
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""The library's own, where the size in the header is far beyond ours. The warning is one where warnings are errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The size that a picture is cut to, in pixels, twice what is shown."""

    width: int
    height: int
    least: int
    """Narrower ones are not shown: enlarged, they would be blurred."""


LEAD = Frame(width=1104, height=621, least=552)
"""16:9 between the margins of the mail."""
THUMB = Frame(width=240, height=180, least=120)
"""4:3 beside a headline."""
LOGO = Frame(width=480, height=128, least=16)
"""A box that a logo is fitted into, not cut to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture that may be served. `content` is its bytes, `kept` what is remembered of it."""

    kept: KeptPicture
    content: bytes


def cut(path: str, content: bytes, frame: Frame) -> Encoded:
    """The picture as JPEG, cut to the frame around its middle. Raises BadDocument naming `path`."""
    with _opened(path, content, frame) as image:
        flat = _flat(image)
        if flat.width < frame.least or flat.height * frame.width < frame.least * frame.height:
            raise BadDocument(path, f"a picture of {flat.width} x {flat.height} pixels is too small to be shown here")
        # A little above the middle: that is where faces are.
        fitted = _bare(ImageOps.fit(flat, (frame.width, frame.height), Image.Resampling.LANCZOS, centering=(0.5, 0.4)))
        return _encoded(_small_enough(fitted), "jpg", fitted)


def logo(path: str, content: bytes) -> Encoded:
    """The picture as PNG with its transparency, made to fit into LOGO. Raises BadDocument naming `path`."""
    with _opened(path, content, LOGO) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
        upright.thumbnail((LOGO.width, LOGO.height), Image.Resampling.LANCZOS)
        # Halves have to be whole numbers: it is shown at half its pixels.
        even = _bare(upright.crop((0, 0, max(2, upright.width // 2 * 2), max(2, upright.height // 2 * 2))))
        written = BytesIO()
        even.save(written, "PNG", optimize=True)
        return _encoded(written.getvalue(), "png", even)


@contextmanager
def _opened(path: str, content: bytes, frame: Frame) -> Iterator[Image.Image]:
    """The first frame, its size known and bearable before a pixel is decoded."""
    if len(content) > MOST_BYTES:
        raise BadDocument(path, f"a picture of {len(content):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadDocument(path, f"{image.width:,} x {image.height:,} pixels are more than are decoded")
            image.seek(0)
            # A JPEG can be decoded at a fraction of its size, which saves nearly all of the time of a large one.
            image.draft("RGB", (frame.width, frame.height))
            image.load()
            yield image
    except UnidentifiedImageError as error:
        raise BadDocument(path, f"is no picture that we read ({', '.join(FORMATS)})") from error
    except (OSError, ValueError, SyntaxError, EOFError, *_BOMBS) as error:
        # What decoders raise on damaged files; they document none of it.
        raise BadDocument(path, f"is a damaged picture: {str(error)[:200]}") from error


def _bare(image: Image.Image) -> Image.Image:
    """The picture without what the file said of it: an encoder would write comments and profiles out again."""
    image.info = {}
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Upright, in plain colours, what is transparent on white."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode in _DEEP_GREY:
        upright = upright.point(lambda value: value * (1 / 256)).convert("L")
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    clear = upright.convert("RGBA")
    ground = Image.new("RGB", clear.size, (_PALEST, _PALEST, _PALEST))
    ground.paste(clear, mask=clear.getchannel("A"))
    return ground


def _small_enough(image: Image.Image) -> bytes:
    content = b""
    for quality in _QUALITIES:
        written = BytesIO()
        # Progressive: a slow line shows something early.
        image.save(written, "JPEG", quality=quality, progressive=True, optimize=True)
        content = written.getvalue()
        if len(content) <= LARGEST:
            break
    return content


def _encoded(content: bytes, ending: str, image: Image.Image) -> Encoded:
    name = f"{sha256(content).hexdigest()[:40]}.{ending}"
    return Encoded(
        kept=KeptPicture(name=name, width=image.width, height=image.height, size=len(content)), content=content
    )
