"""Colours and type of a theme, light and dark, and the contrast between two colours (WCAG 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from digest.model.errors import RenderFailed
from digest.model.newsletter import Theme

_HEX = re.compile(r"\A#[0-9a-fA-F]{6}\Z")

SERIF = "Georgia,'Times New Roman',serif"
SANS = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
ARABIC_SERIF = "Georgia,'Times New Roman','Noto Naskh Arabic',serif"
ARABIC_SANS = "-apple-system,'Segoe UI',Tahoma,Arial,'Noto Naskh Arabic',sans-serif"

LEAST_CONTRAST = 4.5
"""Of text on its ground, for text of any size (WCAG 2.2 AA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shades:
    """The colours of one scheme, each #rrggbb."""

    page: str
    card: str
    tint: str
    """Ground of the footer and of notes."""
    hair: str
    """Hairlines."""
    ink: str
    """Headlines."""
    body: str
    meta: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """A theme as it is set: two schemes of colours and two voices of type."""

    light: Shades
    dark: Shades
    headline_font: str
    text_font: str


_GROUNDS = {
    "newspaper": (
        Shades(
            page="#efece6", card="#ffffff", tint="#f6f3ed", hair="#e3dfd7",
            ink="#1b1b1b", body="#3a3a3a", meta="#5d5d5d", accent="",
        ),
        Shades(
            page="#141414", card="#1f1f1f", tint="#282623", hair="#3d3a36",
            ink="#f2efe9", body="#d8d3cb", meta="#b0aba2", accent="",
        ),
    ),
    "plain": (
        Shades(
            page="#ffffff", card="#ffffff", tint="#f4f4f5", hair="#e2e2e5",
            ink="#18181b", body="#36363b", meta="#5b5b62", accent="",
        ),
        Shades(
            page="#161618", card="#161618", tint="#222225", hair="#39393d",
            ink="#f2f2f4", body="#d5d5da", meta="#adadb5", accent="",
        ),
    ),
}  # fmt: skip
THEMES = tuple(_GROUNDS)
"""Names of the themes that exist."""


def palette(theme: Theme, language: str) -> Palette:
    """The palette of a theme. Raises RenderFailed where the theme's name or a colour is not one."""
    if theme.name not in _GROUNDS:
        raise RenderFailed("theme.name", f"{theme.name!r} is not a theme; choose {' or '.join(THEMES)}")
    light, dark = _GROUNDS[theme.name]
    own = {
        "accent": theme.accent,
        "accent_dark": theme.accent_dark,
        "page": theme.page or light.page,
        "page_dark": theme.page_dark or dark.page,
    }
    for name, colour in own.items():
        if not _HEX.match(colour):
            raise RenderFailed(f"theme.{name}", f"{colour!r} is not a colour; write it as #9b2226")
    serif, sans = (ARABIC_SERIF, ARABIC_SANS) if language == "ar" else (SERIF, SANS)
    return Palette(
        light=replace(light, accent=own["accent"].lower(), page=own["page"].lower()),
        dark=replace(dark, accent=own["accent_dark"].lower(), page=own["page_dark"].lower()),
        headline_font=serif if theme.name == "newspaper" else sans,
        text_font=sans,
    )


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours, 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def weak_pairs(shades: Shades) -> tuple[tuple[str, str, float], ...]:
    """(text, ground, ratio) of every pair in use that is below LEAST_CONTRAST."""
    pairs = [(text, ground) for text in ("ink", "body", "meta") for ground in ("card", "tint")]
    pairs += [("accent", "card"), ("accent", "tint")]
    rated = [(text, ground, contrast(getattr(shades, text), getattr(shades, ground))) for text, ground in pairs]
    return tuple(pair for pair in rated if pair[2] < LEAST_CONTRAST)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
