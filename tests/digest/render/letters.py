"""One letter of each kind, with values that are true to life."""

from __future__ import annotations

from collections.abc import Mapping

from digest.model.letter import DeskLetter, Kind
from digest.render.letters import Letter
from subscribers.model import LetterKind

_KEY = "k" * 70
VALUES: Mapping[Kind, Mapping[str, str]] = {
    LetterKind.CONFIRM: {"url": f"https://digest.example/c/{_KEY}", "hours": "48"},
    LetterKind.LINKS: {
        "preferences": f"https://digest.example/p/{_KEY}",
        "unsubscribe": f"https://digest.example/u/{_KEY}",
    },
    LetterKind.WELCOME: {
        "preferences": f"https://digest.example/p/{_KEY}",
        "unsubscribe": f"https://digest.example/u/{_KEY}",
    },
    LetterKind.GOODBYE: {"url": "https://digest.example/subscribe"},
    LetterKind.ADDRESS: {"url": f"https://digest.example/a/{_KEY}", "hours": "24"},
    LetterKind.MOVED: {"url": f"https://digest.example/b/{_KEY}", "days": "7"},
    LetterKind.EXPORT: {"url": f"https://digest.example/d/{_KEY}", "hours": "1"},
    LetterKind.ERASE: {"url": f"https://digest.example/e/{_KEY}", "hours": "2"},
    DeskLetter.SIGN_IN: {"url": f"https://digest.example/desk/link/{'k' * 43}"},
    DeskLetter.DEVICE: {
        "url": "https://digest.example/desk/me",
        "browser": "Firefox, Linux",
        "time": "2022-04-08 05:12 UTC",
    },
    DeskLetter.TRIAL: {"url": "https://digest.example/desk/trial", "code": "042517"},
    DeskLetter.READY: {
        "url": "https://digest.example/desk/world/2022-04-08",
        "edition": "world/2022-04-08",
        "subject": "Rockets hit Kramatorsk station; Pakistan is to vote",
        "stories": "13",
        "blockers": "0",
        "warnings": "2",
        "rule": "send_if_checks_pass",
        "time": "05:58",
    },
    DeskLetter.ALERT: {
        "url": "https://digest.example/desk/system",
        "what": "world/2022-04-08 is held",
        "why": "The newest story is 31 hours old: 4 of 26 sources could not be read since yesterday evening.",
        "next": "look at the sources' health, then run `digest compose world --again`",
        "time": "05:12",
    },
}


def letter(kind: Kind, language: str = "en", **values: str) -> Letter:
    """A letter with the values above, and `values` in place of some."""
    return Letter(kind=kind, language=language, values={**VALUES[kind], **values})
