"""Pictures encoded anew: whatever came in, what goes out is small, upright, plain, and nothing but pixels."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digest.model.errors import BadDocument
from digest.model.picture import LARGEST
from digest.render.pixels import LEAD, LOGO, MOST_BYTES, THUMB, Frame, cut, logo
from tests.digest.render.photographs import bomb, landscape, written


def _pixels(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("frame", [LEAD, THUMB])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_format_becomes_a_jpeg_of_the_frames_size(kind: str, frame: Frame) -> None:
    encoded = cut("https://a.example/x", written(landscape(), kind), frame)
    image = _pixels(encoded.content)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (frame.width, frame.height))
    assert (encoded.kept.width, encoded.kept.height, encoded.kept.size) == (*image.size, len(encoded.content))
    assert encoded.kept.name.endswith(".jpg")
    red, green, _ = image.getpixel((2, 2))
    assert red > 150
    assert green < 90


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "RGBA", "1", "I;16"])
def test_every_kind_of_colour_is_read(mode: str) -> None:
    image = landscape(800, 600, "RGB" if mode == "I;16" else mode)
    if mode == "I;16":
        grey = landscape(800, 600, "L")
        image = Image.frombytes("I;16", grey.size, b"".join(bytes((0, value)) for value in grey.tobytes()))
    kind = "TIFF" if mode == "CMYK" else "PNG"
    content = written(image, "JPEG" if kind == "TIFF" else kind)
    sky, ground = (_pixels(cut("x", content, THUMB).content).getpixel(at) for at in ((200, 20), (200, 170)))
    assert sum(sky) > sum(ground) + 60


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (800, 600), (255, 0, 0, 0))
    assert _pixels(cut("x", written(clear, "PNG"), THUMB).content).getpixel((100, 100)) == (255, 255, 255)


def test_an_animation_is_its_first_frame() -> None:
    frames = [landscape(400, 300), Image.new("RGB", (400, 300), (0, 0, 0))]
    content = written(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert cut("x", content, THUMB).kept == cut("x", written(frames[0], "GIF"), THUMB).kept


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the left
    exif[0x010F] = "A maker of cameras"
    sideways = written(landscape().rotate(90, expand=True), "JPEG", exif=exif)
    content = cut("x", sideways, LEAD).content
    assert _pixels(content).getpixel((2, 2))[0] > 150
    assert b"A maker of cameras" not in content


def test_nothing_of_the_old_file_is_left() -> None:
    exif = Image.Exif()
    exif[0x8298] = "somebody's name"
    before = written(landscape(), "JPEG", exif=exif, comment=b"a note", icc_profile=b"p" * 500)
    assert b"somebody's name" in before
    content = cut("x", before + b"<script>appended</script>", LEAD).content
    for trace in (b"somebody's name", b"a note", b"ppppp", b"script", b"Exif"):
        assert trace not in content
    assert not _pixels(content).getexif()


def test_a_picture_of_noise_is_encoded_until_it_is_small() -> None:
    noise = Image.effect_noise((1104, 621), 120).convert("RGB")
    assert len(cut("x", written(noise, "PNG"), LEAD).content) <= LARGEST


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no picture that we read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that we read"),
        (b"GIF89a" + b"\0" * 40, "no picture that we read"),
        (written(landscape(), "BMP"), "no picture that we read"),
        (written(landscape(), "TIFF"), "no picture that we read"),
        (written(landscape())[:2000], "damaged"),
        (written(landscape(1, 1), "GIF"), "1 x 1 pixels is too small"),
        (written(landscape(500, 400)), "500 x 400 pixels is too small"),
        (written(landscape(2000, 40)), "2000 x 40 pixels is too small"),
        (bomb(6_400, 6_400), "more than are decoded"),
        (bomb(12_000, 9_000), "more than are decoded|damaged"),
        (bomb(60_000, 60_000), "damaged"),
        (b"\xff" * (MOST_BYTES + 1), "at most 8,000,000 are read"),
    ],
)
def test_what_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(BadDocument, match=reason) as refused:
        cut("https://a.example/x.jpg", content, LEAD)
    assert refused.value.path == "https://a.example/x.jpg"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.data())
def test_damage_is_refused_or_made_a_whole_picture(kind: str, data: st.DataObject) -> None:
    content = bytearray(written(landscape(640, 400), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        encoded = cut("x", bytes(content[: data.draw(st.integers(0, len(content)))]), THUMB)
    except BadDocument:
        return
    assert _pixels(encoded.content).size == (240, 180)


def test_equal_pictures_have_equal_names() -> None:
    one, same = (cut("x", written(landscape(), "PNG"), THUMB).kept for _ in range(2))
    other = cut("x", written(landscape().rotate(180), "PNG"), THUMB).kept
    assert one == same
    assert one.name != other.name


@pytest.mark.parametrize(("size", "made"), [((960, 256), (480, 128)), ((301, 99), (300, 98)), ((128, 512), (32, 128))])
def test_a_logo_keeps_its_shape_and_its_transparency(size: tuple[int, int], made: tuple[int, int]) -> None:
    clear = Image.new("RGBA", size, (10, 20, 30, 0))
    encoded = logo("logo.png", written(clear, "PNG"))
    image = _pixels(encoded.content)
    assert (image.format, image.size) == ("PNG", made)
    assert image.getpixel((1, 1))[3] == 0
    assert encoded.kept.name.endswith(".png")
    assert image.width <= LOGO.width
    assert image.height <= LOGO.height
