"""Pictures made for tests: a small landscape in any format, and what a stranger may send in its place."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw


def landscape(width: int = 1600, height: int = 1000, mode: str = "RGB") -> Image.Image:
    """Sky above, ground below, something red at the top left."""
    image = Image.new("RGB", (width, height), (120, 160, 210))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height // 2, width, height), fill=(60, 110, 60))
    draw.rectangle((0, 0, width // 4, height // 4), fill=(200, 30, 30))
    return image.convert(mode)


def written(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises `width` x `height` pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
