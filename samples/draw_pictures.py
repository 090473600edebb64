"""Draws the pictures of the samples: quiet landscapes, one for each story that shows one, always the same bytes.

`python samples/draw_pictures.py` writes them beside the documents that name them. No photograph of a real event is
among the samples, and none of these pretends to be one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1104, 621
_FINE = 2
"""Drawn so many times as large, so that edges are smooth."""
_GRAIN = 5
Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw


def _sky(*stops: Colour) -> Image.Image:
    """A gradient from the top down."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(list(stops))
    return column.resize((WIDTH * _FINE, HEIGHT * _FINE), Image.Resampling.BICUBIC)


def _x(share: float) -> float:
    return share * WIDTH * _FINE


def _y(share: float) -> float:
    return share * HEIGHT * _FINE


def _ridge(draw: Draw, base: float, height: float, colour: Colour, seed: int, waves: int = 5) -> None:
    """A line of hills that fills everything below it."""
    chance = random.Random(seed)
    parts = [
        (chance.uniform(0.6, 1) / (n + 1), chance.uniform(1, 2.4) * (n + 1), chance.uniform(0, 7)) for n in range(waves)
    ]
    points = []
    for step in range(201):
        share = step / 200
        rise = sum(size * math.sin(share * speed * math.pi + start) for size, speed, start in parts)
        points.append((_x(share), _y(base - height * rise / 2)))
    draw.polygon([*points, (_x(1), _y(1)), (0, _y(1))], fill=colour)


def _disc(draw: Draw, x: float, y: float, radius: float, colour: Colour) -> None:
    size = radius * HEIGHT * _FINE
    draw.ellipse((_x(x) - size, _y(y) - size, _x(x) + size, _y(y) + size), fill=colour)


def _box(draw: Draw, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    draw.rectangle((_x(left), _y(top), _x(right), _y(bottom)), fill=colour)


def _station() -> Image.Image:
    """Rails that meet at the horizon before sunrise, an empty platform, poles and wires."""
    image = _sky((44, 58, 84), (92, 104, 130), (214, 164, 130), (240, 205, 160), (120, 110, 110))
    draw = ImageDraw.Draw(image)
    _ridge(draw, 0.60, 0.05, (86, 90, 108), 3)
    _box(draw, 0, 0.605, 1, 1, (70, 68, 74))
    for shift in (-0.02, 0.36):
        draw.polygon(
            [(_x(0.52), _y(0.605)), (_x(0.525), _y(0.605)), (_x(0.60 + shift), _y(1)), (_x(0.34 + shift), _y(1))],
            fill=(84, 80, 82),
        )
        for sleeper in range(1, 26):
            depth = (sleeper / 26) ** 2.2
            y, half = 0.605 + 0.395 * depth, 0.15 * depth + 0.002
            middle = 0.522 + (0.47 + shift - 0.522) * depth
            _box(draw, middle - half, y, middle + half, y + 0.012 * depth + 0.001, (58, 52, 52))
        for side in (-0.085, 0.085):
            draw.polygon(
                [
                    (_x(0.522), _y(0.605)),
                    (_x(0.523), _y(0.605)),
                    (_x(0.476 + shift + side), _y(1)),
                    (_x(0.464 + shift + side), _y(1)),
                ],
                fill=(216, 190, 166),
            )
    draw.polygon(
        [(_x(0), _y(0.80)), (_x(0.50), _y(0.607)), (_x(0.512), _y(0.607)), (_x(0.16), _y(1)), (_x(0), _y(1))],
        fill=(128, 118, 114),
    )
    draw.line([(_x(0.512), _y(0.607)), (_x(0.16), _y(1))], fill=(226, 200, 120), width=10)
    for number in range(6):
        depth = (1 - number / 6) ** 2
        x, top, bottom = 0.535 + 0.40 * depth, 0.60 - 0.50 * depth - 0.03, 0.61 + 0.16 * depth
        _box(draw, x, top, x + 0.006 * depth + 0.001, bottom, (40, 40, 52))
        _box(
            draw,
            x - 0.05 * depth,
            top + 0.03 * depth,
            x + 0.006 * depth,
            top + 0.03 * depth + 0.006 * depth + 0.001,
            (40, 40, 52),
        )
    draw.line([(_x(0.90), _y(0.07)), (_x(0.535), _y(0.57))], fill=(52, 52, 64), width=3)
    return image


def _assembly() -> Image.Image:
    """Rows of seats around a speaker's desk under a round light."""
    image = _sky((38, 52, 66), (64, 84, 92), (96, 112, 106), (50, 60, 60))
    draw = ImageDraw.Draw(image)
    _box(draw, 0.40, 0.0, 0.60, 0.52, (196, 160, 84))
    _disc(draw, 0.5, 0.22, 0.13, (222, 196, 132))
    _disc(draw, 0.5, 0.22, 0.09, (120, 140, 132))
    _box(draw, 0.44, 0.44, 0.56, 0.52, (52, 74, 70))
    for row in range(9):
        y, width = 0.56 + 0.055 * row, 0.52 + 0.14 * row
        shade = 1 - 0.05 * row
        for seat in range(15 + row):
            middle = 0.5 + (seat - (14 + row) / 2) * width / (15 + row)
            bend = 0.05 * abs(middle - 0.5) * (1 + 0.1 * row)
            colour = (int(72 * shade), int(104 * shade), int(112 * shade))
            _box(draw, middle - 0.013 - 0.001 * row, y - bend, middle + 0.013 + 0.001 * row, y - bend + 0.04, colour)
    return image


def _lakes() -> Image.Image:
    """Lakes and firs in the blue hour, a trail in the sky."""
    image = _sky((36, 62, 96), (96, 134, 168), (206, 210, 206), (236, 214, 190))
    draw = ImageDraw.Draw(image)
    draw.line([(_x(0.12), _y(0.10)), (_x(0.70), _y(0.30))], fill=(226, 230, 236), width=5)
    _ridge(draw, 0.52, 0.06, (110, 136, 152), 11)
    _ridge(draw, 0.58, 0.05, (70, 98, 116), 12)
    _box(draw, 0, 0.62, 1, 0.86, (150, 172, 184))
    for number in range(14):
        y = 0.64 + 0.015 * number
        _box(draw, 0.1 + 0.05 * (number % 4), y, 0.5 + 0.06 * (number % 5), y + 0.003, (186, 200, 204))
    chance = random.Random(5)
    for base, colour, count in ((0.66, (40, 66, 80), 40), (0.93, (22, 42, 54), 26)):
        _ridge(draw, base, 0.04, colour, int(base * 100))
        for _ in range(count):
            x, size = chance.uniform(0, 1), chance.uniform(0.06, 0.12) * (1 if base < 0.7 else 2.2)
            for part in range(3):
                top, wide = base - size * (1 - 0.25 * part), 0.10 * size * (1 + 0.7 * part)
                draw.polygon(
                    [(_x(x), _y(top)), (_x(x - wide), _y(top + size * 0.45)), (_x(x + wide), _y(top + size * 0.45))],
                    fill=colour,
                )
            _box(draw, x - 0.002, base - size * 0.2, x + 0.002, base + 0.06, colour)
    return image


def _coast() -> Image.Image:
    """An old harbour on a hill by the sea at dawn: roofs, a tower, a minaret."""
    image = _sky((58, 74, 104), (156, 138, 142), (244, 190, 140), (250, 216, 168), (120, 150, 168))
    draw = ImageDraw.Draw(image)
    _disc(draw, 0.30, 0.62, 0.07, (255, 232, 190))
    _box(draw, 0, 0.64, 1, 1, (92, 124, 148))
    for number in range(22):
        y = 0.655 + 0.016 * number
        _box(draw, 0.30 - 0.012 * number, y, 0.30 + 0.011 * number, y + 0.004, (222, 190, 160))
    chance = random.Random(21)
    for row in range(4):
        for number in range(12):
            left = 0.50 + 0.045 * number + chance.uniform(-0.01, 0.01)
            top = 0.60 - 0.05 * row * (1 - abs(number - 7) / 11) - chance.uniform(0, 0.03)
            shade = 62 + 14 * (3 - row)
            _box(draw, left, top, left + 0.042, 0.80, (shade + 20, shade, shade - 6))
            if chance.random() < 0.5:
                _box(draw, left + 0.012, top + 0.025, left + 0.02, top + 0.05, (244, 206, 140))
    _box(draw, 0.755, 0.20, 0.785, 0.62, (74, 60, 58))
    draw.polygon([(_x(0.75), _y(0.20)), (_x(0.77), _y(0.12)), (_x(0.79), _y(0.20))], fill=(74, 60, 58))
    _box(draw, 0.866, 0.26, 0.88, 0.62, (82, 68, 64))
    draw.polygon([(_x(0.862), _y(0.27)), (_x(0.873), _y(0.17)), (_x(0.884), _y(0.27))], fill=(82, 68, 64))
    _ridge(draw, 0.84, 0.03, (44, 52, 64), 9)
    return image


def _court() -> Image.Image:
    """A white building with a long row of pillars before green hills."""
    image = _sky((120, 156, 186), (186, 206, 214), (240, 232, 214))
    draw = ImageDraw.Draw(image)
    _ridge(draw, 0.46, 0.16, (128, 152, 146), 31)
    _ridge(draw, 0.56, 0.10, (92, 122, 106), 32)
    _box(draw, 0, 0.80, 1, 1, (118, 142, 98))
    _box(draw, 0.14, 0.46, 0.86, 0.80, (238, 234, 224))
    _box(draw, 0.11, 0.42, 0.89, 0.47, (250, 247, 238))
    _box(draw, 0.36, 0.33, 0.64, 0.42, (228, 222, 210))
    draw.pieslice((_x(0.42), _y(0.22), _x(0.58), _y(0.46)), 180, 360, fill=(216, 208, 192))
    for number in range(15):
        left = 0.165 + 0.0465 * number
        _box(draw, left, 0.49, left + 0.026, 0.80, (166, 160, 150))
    _box(draw, 0.10, 0.795, 0.90, 0.83, (214, 206, 192))
    draw.polygon(
        [(_x(0.44), _y(0.83)), (_x(0.56), _y(0.83)), (_x(0.70), _y(1)), (_x(0.30), _y(1))], fill=(206, 198, 182)
    )
    return image


def _city() -> Image.Image:
    """Towers of a city in rain, most windows lit."""
    image = _sky((70, 80, 98), (112, 120, 134), (166, 166, 168), (120, 124, 132))
    draw = ImageDraw.Draw(image)
    chance = random.Random(41)
    for layer, (shade, low, high) in enumerate(((138, 0.35, 0.55), (104, 0.25, 0.60), (66, 0.40, 0.75))):
        x = -0.02
        while x < 1:
            wide, top = chance.uniform(0.035, 0.08), chance.uniform(low, high)
            _box(draw, x, top, x + wide, 1, (shade - 8, shade, shade + 12))
            if layer:
                for row in range(int((0.95 - top) / 0.035)):
                    for column in range(int(wide / 0.014)):
                        if chance.random() < 0.34:
                            left, high_up = x + 0.005 + 0.014 * column, top + 0.02 + 0.035 * row
                            _box(draw, left, high_up, left + 0.007, high_up + 0.016, (232, 206, 150))
            x += wide + chance.uniform(0.0, 0.02)
    _box(draw, 0.615, 0.12, 0.622, 0.60, (84, 92, 106))
    _disc(draw, 0.6185, 0.30, 0.035, (96, 104, 118))
    _disc(draw, 0.6185, 0.52, 0.06, (96, 104, 118))
    for _ in range(260):
        x, y = chance.uniform(0, 1.05), chance.uniform(0, 1)
        draw.line([(_x(x), _y(y)), (_x(x - 0.006), _y(y + 0.035))], fill=(176, 182, 190), width=1)
    return image


def _river() -> Image.Image:
    """A wide river in dry land, one acacia."""
    image = _sky((196, 176, 150), (232, 206, 160), (244, 222, 180), (226, 186, 130))
    draw = ImageDraw.Draw(image)
    _disc(draw, 0.70, 0.34, 0.08, (255, 240, 208))
    _ridge(draw, 0.56, 0.04, (204, 160, 110), 51)
    _ridge(draw, 0.64, 0.03, (180, 132, 84), 52)
    draw.polygon(
        [
            (_x(0.62), _y(0.63)),
            (_x(0.70), _y(0.63)),
            (_x(0.42), _y(0.76)),
            (_x(0.95), _y(1)),
            (_x(0.10), _y(1)),
            (_x(0.30), _y(0.76)),
        ],
        fill=(150, 166, 164),
    )
    _box(draw, 0.205, 0.42, 0.217, 0.80, (70, 50, 38))
    draw.line([(_x(0.211), _y(0.56)), (_x(0.15), _y(0.42))], fill=(70, 50, 38), width=9)
    draw.line([(_x(0.211), _y(0.52)), (_x(0.28), _y(0.40))], fill=(70, 50, 38), width=9)
    for left, top, right, bottom in ((0.08, 0.34, 0.24, 0.43), (0.16, 0.30, 0.34, 0.40), (0.12, 0.37, 0.31, 0.44)):
        draw.ellipse((_x(left), _y(top), _x(right), _y(bottom)), fill=(84, 92, 58))
    return image


def _palms() -> Image.Image:
    """A shore with palms after the rain."""
    image = _sky((84, 112, 132), (150, 170, 176), (220, 214, 196), (214, 190, 160))
    draw = ImageDraw.Draw(image)
    _box(draw, 0, 0.58, 1, 1, (92, 142, 150))
    for number in range(16):
        y = 0.60 + 0.018 * number
        _box(draw, 0.05 * (number % 7), y, 0.35 + 0.06 * (number % 9), y + 0.004, (136, 178, 180))
    draw.polygon(
        [(_x(0), _y(0.86)), (_x(0.5), _y(0.80)), (_x(1), _y(0.70)), (_x(1), _y(1)), (_x(0), _y(1))],
        fill=(226, 204, 164),
    )
    for foot, lean, top in ((0.74, 0.08, 0.26), (0.84, 0.03, 0.34), (0.90, 0.09, 0.20)):
        points = [(_x(foot + lean * (step / 12) ** 2), _y(0.78 - (0.78 - top) * step / 12)) for step in range(13)]
        draw.line(points, fill=(70, 60, 50), width=16, joint="curve")
        for leaf in range(9):
            angle = math.pi * (0.05 + 0.9 * leaf / 8)
            crown = points[-1]
            tip = (crown[0] - math.cos(angle) * _x(0.085), crown[1] - math.sin(angle) * _y(0.08) + _y(0.06))
            middle = ((crown[0] + tip[0]) / 2, min(crown[1], tip[1]) - _y(0.035))
            draw.line([crown, middle, tip], fill=(52, 84, 66), width=12, joint="curve")
    return image


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "meridian-wire/pictures/station.jpg": _station,
    "meridian-wire/pictures/assembly.jpg": _assembly,
    "meridian-wire/pictures/court.jpg": _court,
    "northgate-press/pictures/lakes.jpg": _lakes,
    "northgate-press/pictures/coast.jpg": _coast,
    "northgate-press/pictures/palms.jpg": _palms,
    "pacific-observer/pictures/city.jpg": _city,
    "brussels-dispatch/pictures/river.jpg": _river,
}


def finished(image: Image.Image) -> Image.Image:
    """In its size, with the grain of a print."""
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    chance = random.Random(7)
    noise = Image.frombytes(
        "L",
        (WIDTH // 2, HEIGHT // 2),
        bytes(128 + chance.randint(-_GRAIN, _GRAIN) for _ in range(WIDTH // 2 * (HEIGHT // 2))),
    )
    grain = noise.resize((WIDTH, HEIGHT)).filter(ImageFilter.GaussianBlur(0.6))
    return Image.blend(small, Image.merge("RGB", (grain, grain, grain)), 0.06)


def main() -> None:
    """Write every picture."""
    folder = Path(__file__).parent / "sources"
    for name, draw in PICTURES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        finished(draw()).save(path, "JPEG", quality=68, optimize=True, progressive=True)
        print(f"{path.stat().st_size / 1000:5.1f} KB  samples/sources/{name}")


if __name__ == "__main__":
    main()
