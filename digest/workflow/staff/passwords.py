"""Passwords: hashed with Argon2id, and refused where they are short or known to everybody."""

from __future__ import annotations

import re

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from digest.model.person import WeakPassword

SHORTEST = 10
"""Characters. Length is what helps; no rule asks for digits or signs."""
LONGEST = 256
"""A longer one is refused before it is hashed."""

# OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane. Five sign-ins at once must not fill a small machine.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$anOO6G4iSoiMrowsS2OdGg$8yQ56ZyoVjgvV5YqrN7MK7aclq2C3cjIFR0rw70/cNU"
"""A well-formed hash of no password: to be checked where there is none, so that the answer takes as long."""

_OWN_LETTERS = 4
"""Different letters that are left at least, without digits, known words and one's own names."""
_PARTS = re.compile(r"[\W_]+")
_KNOWN = (
    "password", "passw0rd", "123456", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "abc123",
    "monkey", "dragon", "football", "baseball", "master", "sunshine", "princess", "trustno1", "starwars", "whatever",
    "admin", "root", "digest", "newsletter", "newsroom", "editor", "changeme", "secret", "motdepasse", "passwort",
)  # fmt: skip
"""Words that guessers begin with, alone, repeated, or with digits around them."""


def hashed(password: str, *, about: tuple[str, ...] = ()) -> str:
    """The hash to keep. Raises WeakPassword; `about` are the person's own name and address, no password of theirs."""
    _refuse_weak(password, about)
    return _HASHER.hash(password)


def matches(kept: str, password: str) -> bool:
    """True where this is the password. Takes as long where there is none (`kept` empty)."""
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(kept or _NOBODY, password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def _refuse_weak(password: str, about: tuple[str, ...]) -> None:
    if len(password) < SHORTEST:
        raise WeakPassword(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise WeakPassword(f"a password has at most {LONGEST} characters")
    rest = "".join(letter for letter in password.casefold() if letter.isalpha())
    own = [part for text in about for part in _PARTS.split(text.casefold()) if len(part) > 2]
    for word in (*_KNOWN, *own):
        rest = rest.replace(word, "")
    if len(rest) < _OWN_LETTERS or len(set(rest)) < _OWN_LETTERS:
        raise WeakPassword("that password is among the first that guessers try: take another one")
